"""Functions called during training: checkpoints, logging of metrics and speed, progress."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from ._core import logs
from ._core.model import save_checkpoint
from .symbol import Symbol

__all__ = [
    "LogValidationMetricsCallback",
    "ProgressBar",
    "Speedometer",
    "do_checkpoint",
    "log_train_metric",
    "module_checkpoint",
]


def every(period: int, save: Callable[..., None]) -> Callable[..., None]:
    """An epoch-end callback that calls ``save(epochs done, symbol, parameters, states)`` every ``period`` epochs."""

    def _callback(iter_no: int, sym: Symbol | None = None, arg: Any = None, aux: Any = None) -> None:
        if (iter_no + 1) % int(max(1, period)) == 0:
            save(iter_no + 1, sym, arg, aux)

    return _callback


def module_checkpoint(
    mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False
) -> Callable[..., None]:
    """An epoch-end callback that lets a module save its checkpoint.

    Parameters
    ----------
    mod : BaseModule
    prefix : str
        What the names of the files begin with.
    period : int
        How many epochs there are between checkpoints.
    save_optimizer_states : bool
        Whether to save the optimizer's states too.
    """
    return every(period, lambda epoch, *_: mod.save_checkpoint(prefix, epoch, save_optimizer_states))


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """An epoch-end callback that saves symbol and parameters, to ``prefix-symbol.json`` and ``prefix-0001.params``.

    Parameters
    ----------
    prefix : str
        What the names of the files begin with.
    period : int
        How many epochs there are between checkpoints.
    """
    return every(period, lambda *network: save_checkpoint(prefix, *network))


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[Any], None]:
    """A batch-end callback that logs the training metric.

    Parameters
    ----------
    period : int
        How many batches there are between log lines.
    auto_reset : bool
        Whether the metric starts anew after each.
    """

    def _callback(param: Any) -> None:
        metric = param.eval_metric
        if metric is None or param.nbatch % period:
            return
        for pair in metric.get_name_value():
            logs.root.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, *pair)
        if auto_reset:
            metric.reset_local()

    return _callback


class Speedometer:
    """A batch-end callback that logs training speed and metrics every few batches.

    Parameters
    ----------
    batch_size : int
    frequent : int
        How many batches there are between log lines.
    auto_reset : bool
        Whether the metrics start anew after each, so that they say how the last ``frequent`` batches went.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.init = False
        self.tic = 0.0
        self.last_count = 0
        self.auto_reset = auto_reset

    def __call__(self, param: Any) -> None:
        """Count a batch; ``param`` has epoch, nbatch and eval_metric."""
        count = param.nbatch
        if self.last_count > count:  # a new epoch
            self.init = False
        self.last_count = count
        if not self.init:
            self.init = True
            self.tic = time.time()
        elif count % self.frequent == 0:
            self._log(param, count)
            self.tic = time.time()

    def _log(self, param: Any, count: int) -> None:
        seconds = time.time() - self.tic
        speed = self.frequent * self.batch_size / seconds if seconds else float("inf")
        if param.eval_metric is None:
            logs.root.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
            return
        values = param.eval_metric.get_name_value()
        first = 0
        if self.auto_reset:
            param.eval_metric.reset_local()
            first = count - self.frequent
        message = "Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec" + "\t%s=%f" * len(values)
        logs.root.info(message, param.epoch, first, count, speed, *[x for pair in values for x in pair])


class ProgressBar:
    """A batch-end callback that logs a bar of the share of batches done.

    Parameters
    ----------
    total : int
        How many batches an epoch has.
    length : int
        The length of the bar in characters.
    """

    def __init__(self, total: int, length: int = 80) -> None:
        self.bar_len = length
        self.total = total

    def __call__(self, param: Any) -> None:
        """Log the bar for batch ``param.nbatch``."""
        done = param.nbatch / float(self.total)
        filled = round(self.bar_len * done)
        bar = "=" * filled + "-" * (self.bar_len - filled)
        logs.root.info("[%s] %s%s\r", bar, math.ceil(100.0 * done), "%")


class LogValidationMetricsCallback:
    """An evaluation-end callback that logs the validation metrics."""

    def __call__(self, param: Any) -> None:
        """Log ``param.eval_metric``."""
        if not param.eval_metric:
            return
        for name, value in param.eval_metric.get_name_value():
            logs.root.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
