"""A monitor of what flows through executors: statistics of outputs, parameters and states."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Callable
from typing import Any

from .base import py_str
from .ndarray import NDArray

__all__ = ["Monitor"]


def _root_mean_square(x: NDArray) -> NDArray:
    return x.norm() / math.sqrt(x.size)


class Monitor:
    """Collects a statistic of every array whose name matches a pattern.

    Parameters
    ----------
    interval : int
        Collect at every so many batches.
    stat_func : callable, optional
        From an NDArray to an NDArray or a list of them; the root of the mean square by default.
    pattern : str
        A regular expression that names have to match from their beginning.
    sort : bool
        Sort the results by name.
    monitor_all : bool
        Look at the inputs of operators too.

    Examples
    --------
    >>> import mxnet as mx
    >>> executor = mx.sym.square(mx.sym.Variable("x"), name="sq").bind(mx.cpu(), [mx.nd.array([1, 2])])
    >>> monitor = mx.mon.Monitor(1, stat_func=lambda a: a.sum(), pattern=".*output")
    >>> monitor.install(executor)
    >>> monitor.tic()
    >>> _ = executor.forward()
    >>> monitor.toc()
    [(1, 'sq_output', '5.0\\t')]
    """

    def __init__(self, interval: int, stat_func: Callable[[NDArray], Any] | None = None, pattern: str = ".*",
                 sort: bool = False, monitor_all: bool = False) -> None:
        self.interval = interval
        self.stat_func = stat_func or _root_mean_square
        self.re_prog = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all
        self.activated = False
        self.step = 0
        self.exes: list[Any] = []
        self.queue: list[tuple[int, str, Any]] = []

    def stat_helper(self, name: Any, array: Any) -> None:
        """Note the statistic of one array; executors call this."""
        if self.activated:
            self._note(py_str(name), NDArray(array, writable=False))

    def _note(self, name: str, array: NDArray) -> None:
        if self.re_prog.match(name):
            self.queue.append((self.step, name, self.stat_func(array)))

    def install(self, exe: Any) -> None:
        """Watch an executor; several may be watched."""
        exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """Begin a batch: call before the forward pass."""
        if self.step % self.interval == 0:
            self.queue = []
            self.activated = True
        self.step += 1

    def toc(self) -> list[tuple[int, str, str]]:
        """End a batch.

        Returns
        -------
        list of (int, str, str)
            Number of the batch, name, and statistic as text; empty for a batch that was not looked at.
        """
        if not self.activated:
            return []
        for exe in self.exes:
            symbol = exe._symbol
            for names, arrays in ((symbol.list_arguments(), exe.arg_arrays), (symbol.list_auxiliary_states(), exe.aux_arrays)):
                for name, array in zip(names, arrays):
                    self._note(name, array)
        self.activated = False
        collected, self.queue = self.queue, []
        if self.sort:
            collected.sort(key=lambda row: row[1])
        return [(step, name, _text(value)) for step, name, value in collected]

    def toc_print(self) -> None:
        """End a batch and log the results."""
        for step, name, value in self.toc():
            logging.info("Batch: %7d %30s %s", step, name, value)


def _text(value: Any) -> str:
    values = [value] if isinstance(value, NDArray) else value
    if not isinstance(values, list) or not all(isinstance(v, NDArray) for v in values):
        raise TypeError(f"stat_func must give an NDArray or a list of NDArrays, got {value!r}")
    return "".join(f"{v.asscalar() if v.shape == (1,) else v.asnumpy()}\t" for v in values)
