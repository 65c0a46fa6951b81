"""Which values of a metric are better, and ending a training when they stop getting better."""

from __future__ import annotations

import math
import warnings
from typing import Any

import numpy as np

from ....metric import CompositeEvalMetric, EvalMetric
from ._events import EpochEnd, TrainBegin, TrainEnd

# Parts of the names of metrics that get better as they get smaller.
_SMALLER_IS_BETTER = ("loss", "error", "mse", "mae", "entropy", "perplexity", "nll")


def check_monitor(monitor: Any, handler: str) -> None:
    """Raise ValueError for anything but a single metric."""
    if not isinstance(monitor, EvalMetric):
        raise ValueError(
            f"{handler}: monitor should be one of the estimator's train_metrics or val_metrics, got {monitor}"
        )
    if isinstance(monitor, CompositeEvalMetric):
        raise ValueError(f"{handler}: monitor should be a single metric, got {monitor}")


def comparison(mode: str, monitor: Any, handler: str) -> np.ufunc:
    """What is true of a better and a worse value of a metric: ``np.less`` or ``np.greater``.

    ``mode`` is ``"min"``, ``"max"``, or ``"auto"`` to go by the name of the metric; ``handler`` asks, for warnings.
    """
    if mode not in ("auto", "min", "max"):
        warnings.warn(f"{handler} mode {mode} is unknown, fallback to auto mode.", RuntimeWarning, stacklevel=3)
        mode = "auto"
    if mode == "auto":
        name = monitor.get()[0]
        smaller = any(part in str(name).lower() for part in _SMALLER_IS_BETTER)
        chosen, other = ("less", "max") if smaller else ("greater", "min")
        warnings.warn(
            f"`{chosen}` operator will be used to determine if {name} has improved. Please specify "
            f"`mode='{other}'` for the other one; either mode, given, disables this warning.",
            stacklevel=3,
        )
        mode = "min" if smaller else "max"
    return np.less if mode == "min" else np.greater


def worst(monitor_op: np.ufunc) -> float:
    """The value than which all others are better."""
    return math.inf if monitor_op is np.less else -math.inf


def current_value(monitor: EvalMetric, action: str) -> tuple[Any, Any]:
    """Name and value of a metric; the value is None, with a warning, when nobody updates the metric."""
    name, value = monitor.get()
    if np.isnan(value):
        warnings.warn(
            f"{action}: {name} has no value yet. Only the estimator's own train_metrics and val_metrics are updated",
            RuntimeWarning,
            stacklevel=3,
        )
        return name, None
    return name, value


class EarlyStoppingHandler(TrainBegin, EpochEnd, TrainEnd):
    """Ends a training when a metric has stopped getting better.

    Parameters
    ----------
    monitor : EvalMetric
        A metric out of ``estimator.train_metrics`` or ``estimator.val_metrics``.
    min_delta : float
        By how much it must get better to count.
    patience : int
        After how many epochs without getting better the training ends. 0 and 1 are the same.
    mode : str
        ``"min"`` if smaller values are better, ``"max"`` if larger ones are, ``"auto"`` to go by the metric's name.
    baseline : float, optional
        The value to start from.

    Raises
    ------
    ValueError
        For a monitor that is not a single metric.
    """

    def __init__(
        self,
        monitor: EvalMetric,
        min_delta: float = 0,
        patience: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
    ) -> None:
        check_monitor(monitor, "EarlyStoppingHandler")
        self.monitor, self.baseline, self.patience = monitor, baseline, patience
        self.monitor_op = comparison(mode, monitor, "EarlyStopping")
        self.min_delta = min_delta if self.monitor_op is np.greater else -min_delta
        self._reset()

    def _reset(self) -> None:
        self.wait = self.stopped_epoch = self.current_epoch = 0
        self.stop_training = False
        self.best = worst(self.monitor_op) if self.baseline is None else self.baseline

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Start anew."""
        self._reset()

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        """Look at the metric; True once it has not got better for ``patience`` epochs."""
        _, value = current_value(self.monitor, "Cannot stop early")
        epoch, self.current_epoch = self.current_epoch, self.current_epoch + 1
        if value is None:
            return self.stop_training
        if self.monitor_op(value - self.min_delta, self.best):
            self.best, self.wait = value, 0
            return self.stop_training
        self.wait += 1
        if self.wait >= self.patience:
            self.stop_training, self.stopped_epoch = True, epoch
        return self.stop_training

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log where the training was ended."""
        if self.stop_training:
            estimator.logger.info(
                "[Epoch %d] EarlyStoppingHandler: the training ends, %s has not got better",
                self.stopped_epoch,
                self.monitor.get()[0],
            )
