"""Watching outputs, weights and gradients of executors during training."""

from __future__ import annotations

import re
from collections.abc import Callable
from math import sqrt
from typing import Any

from . import ndarray
from ._core import logs
from .base import py_str
from .ndarray import NDArray

__all__ = ["Monitor"]


def _size(x: NDArray) -> NDArray:
    """The root mean square of an array."""
    return ndarray.norm(x) / sqrt(x.size)


class Monitor:
    """Collects statistics of the arrays of executors, every few batches.

    Parameters
    ----------
    interval : int
        How many batches there are between collections.
    stat_func : callable, optional
        The statistic: takes an NDArray and gives one (or a list). The root mean square when not given.
    pattern : str
        A regular expression; arrays whose names match (from the beginning) are watched. ``".*weight|.*output"`` watches
        weights and outputs.
    sort : bool
        Whether results are sorted by name.
    monitor_all : bool
        Whether to watch operators' inputs too.

    Examples
    --------
    >>> import mxnet as mx
    >>> executor = mx.sym.exp(mx.sym.Variable("x"), name="y").bind(mx.cpu(), {"x": mx.nd.zeros((2,))})
    >>> monitor = mx.mon.Monitor(1)
    >>> monitor.install(executor)
    >>> monitor.tic()
    >>> _ = executor.forward()
    >>> [(name, float(value)) for batch, name, value in monitor.toc()]
    [('y_output', 1.0), ('x', 0.0)]
    """

    def __init__(
        self,
        interval: int,
        stat_func: Callable[[NDArray], Any] | None = None,
        pattern: str = ".*",
        sort: bool = False,
        monitor_all: bool = False,
    ) -> None:
        self.stat_func = stat_func or _size
        self.interval = interval
        self.activated = False
        self.queue: list[tuple[int, str, Any]] = []
        self.step = 0
        self.exes: list[Any] = []
        self.re_prog = re.compile(pattern)
        self.sort = sort
        self.monitor_all = monitor_all

    def stat_helper(self, name: str | bytes, array: NDArray) -> None:
        """What executors call with each array they compute."""
        if self.activated:
            self._collect(py_str(name), array)

    def _collect(self, name: str, array: NDArray) -> None:
        if self.re_prog.match(name) is not None:
            found = self.step, name, self.stat_func(array)
            self.queue.append(found)

    def install(self, exe: Any) -> None:
        """OutputMonitor an executor; several can be watched."""
        exe.set_monitor_callback(self.stat_helper, self.monitor_all)
        self.exes.append(exe)

    def tic(self) -> None:
        """Begin a batch: call before the forward pass."""
        if self.step % self.interval == 0:
            self._wait()
            self.queue = []
            self.activated = True
        self.step += 1

    def _wait(self) -> None:
        for exe in self.exes:
            for array in (*exe.arg_arrays, *exe.aux_arrays):
                array.wait_to_read()

    def toc(self) -> list[tuple[int, str, str]]:
        """End a batch.

        Returns
        -------
        list of tuple
            Batch number, name and statistic (as text, a tab after each number), of each array; empty in a batch that is
            not watched.
        """
        if not self.activated:
            return []
        self._wait()
        for exe in self.exes:
            symbol = exe._symbol
            for name, array in zip(symbol.list_arguments(), exe.arg_arrays):
                self._collect(name, array)
            for name, array in zip(symbol.list_auxiliary_states(), exe.aux_arrays):
                self._collect(name, array)
        self.activated = False
        queue, self.queue = self.queue, []
        if self.sort:
            queue.sort(key=lambda entry: entry[1])
        return [(step, name, _as_text(found)) for step, name, found in queue]

    def toc_print(self) -> None:
        """End a batch and log the results."""
        for step, name, text in self.toc():
            logs.root.info(f"Batch: {step:7d} {name:30s} {text:s}")


def _as_text(found: object) -> str:
    arrays = [found] if isinstance(found, NDArray) else found
    if not isinstance(arrays, list) or not all(isinstance(a, NDArray) for a in arrays):
        raise AssertionError(f"the statistic must be an NDArray or a list of them, got {found!r}")
    return "".join([f"{a.asscalar() if a.shape == (1,) else a.asnumpy()!s}\t" for a in arrays])
