"""Callbacks of training loops: checkpoints, progress and metrics."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable
from typing import Any

__all__ = ["LogValidationMetricsCallback", "ProgressBar", "Speedometer", "do_checkpoint", "log_train_metric", "module_checkpoint"]


def module_checkpoint(mod: Any, prefix: str, period: int = 1, save_optimizer_states: bool = False) -> Callable[..., None]:
    """An epoch-end callback that saves a module every ``period`` epochs, see :meth:`Module.save_checkpoint`."""
    period = max(1, int(period))

    def callback(epoch: int, sym: Any = None, arg: Any = None, aux: Any = None) -> None:
        if (epoch + 1) % period == 0:
            mod.save_checkpoint(prefix, epoch + 1, save_optimizer_states)

    return callback


def do_checkpoint(prefix: str, period: int = 1) -> Callable[..., None]:
    """An epoch-end callback that saves symbol and parameters every ``period`` epochs.

    The files are ``prefix-symbol.json`` and ``prefix-NNNN.params``, with the number of finished epochs.
    """
    period = max(1, int(period))

    def callback(epoch: int, sym: Any, arg: Any, aux: Any) -> None:
        if (epoch + 1) % period == 0:
            from .model import save_checkpoint

            save_checkpoint(prefix, epoch + 1, sym, arg, aux)

    return callback


def log_train_metric(period: int, auto_reset: bool = False) -> Callable[[Any], None]:
    """A batch-end callback that logs the training metric every ``period`` batches, and resets it if asked to."""

    def callback(param: Any) -> None:
        if param.nbatch % period == 0 and param.eval_metric is not None:
            for name, value in param.eval_metric.get_name_value():
                logging.info("Iter[%d] Batch[%d] Train-%s=%f", param.epoch, param.nbatch, name, value)
            if auto_reset:
                param.eval_metric.reset_local()

    return callback


class Speedometer:
    """A batch-end callback that logs samples a second, and the metrics.

    Parameters
    ----------
    batch_size : int
    frequent : int
        Log every so many batches.
    auto_reset : bool
        Reset the metrics after each line, so that each line covers its own batches only.
    """

    def __init__(self, batch_size: int, frequent: int = 50, auto_reset: bool = True) -> None:
        self.batch_size = batch_size
        self.frequent = frequent
        self.auto_reset = auto_reset
        self.init = False
        self.tic: float = 0
        self.last_count = 0

    def __call__(self, param: Any) -> None:
        """Count a batch; log when it is time to."""
        count = param.nbatch
        if self.last_count > count:  # a new epoch
            self.init = False
        self.last_count = count
        if not self.init:
            self.init = True
            self.tic = time.time()
            return
        if count % self.frequent:
            return
        elapsed = time.time() - self.tic
        speed = self.frequent * self.batch_size / elapsed if elapsed > 0 else float("inf")
        if param.eval_metric is None:
            logging.info("Iter[%d] Batch [%d]\tSpeed: %.2f samples/sec", param.epoch, count, speed)
        else:
            pairs = param.eval_metric.get_name_value()
            begin = 0
            if self.auto_reset:
                param.eval_metric.reset_local()
                begin = count - self.frequent
            values = "".join(f"\t{name}={value:f}" for name, value in pairs)
            logging.info("Epoch[%d] Batch [%d-%d]\tSpeed: %.2f samples/sec%s", param.epoch, begin, count, speed, values)
        self.tic = time.time()


class ProgressBar:
    """A batch-end callback that logs a bar of progress.

    Parameters
    ----------
    total : int
        The number of batches an epoch.
    length : int
        The number of characters of the bar.
    """

    def __init__(self, total: int, length: int = 80) -> None:
        self.bar_len = length
        self.total = total

    def __call__(self, param: Any) -> None:
        """Log the bar for the current batch."""
        done = param.nbatch / self.total
        filled = round(self.bar_len * done)
        logging.info("[%s] %s%%", "=" * filled + "-" * (self.bar_len - filled), math.ceil(100.0 * done))


class LogValidationMetricsCallback:
    """An evaluation-end callback that logs the validation metrics."""

    def __call__(self, param: Any) -> None:
        """Log each metric."""
        if not param.eval_metric:
            return
        for name, value in param.eval_metric.get_name_value():
            logging.info("Epoch[%d] Validation-%s=%f", param.epoch, name, value)
