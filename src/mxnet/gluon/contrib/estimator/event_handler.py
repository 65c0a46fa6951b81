"""What happens at the events of a training: metrics, validation, updates, logging, checkpoints, the end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from ...._core.descriptions import described_like
from ....metric import Loss as LossMetric
from ._checkpoint import CheckpointHandler
from ._events import BatchBegin, BatchEnd, EpochBegin, EpochEnd, EventHandler, TrainBegin, TrainEnd, _Periodic
from ._monitoring import EarlyStoppingHandler
from .utils import _check_metrics

__all__ = [
    "BatchBegin",
    "BatchEnd",
    "CheckpointHandler",
    "EarlyStoppingHandler",
    "EpochBegin",
    "EpochEnd",
    "EventHandler",
    "GradientUpdateHandler",
    "LoggingHandler",
    "MetricHandler",
    "StoppingHandler",
    "TrainBegin",
    "TrainEnd",
    "ValidationHandler",
]


class StoppingHandler(TrainBegin, BatchEnd, EpochEnd):
    """Ends a training after the number of epochs or batches that ``fit`` was asked for.

    Parameters
    ----------
    max_epoch, max_batch : int, optional
        Replaced by the estimator's own numbers when a training begins.
    """

    def __init__(self, max_epoch: int | None = None, max_batch: int | None = None) -> None:
        self._begin(max_epoch, max_batch)

    def _begin(self, max_epoch: int | None, max_batch: int | None) -> None:
        self.max_epoch, self.max_batch = max_epoch, max_batch
        self.current_epoch = self.current_batch = 0
        self.stop_training = False

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Take over the limits, and count from zero."""
        self._begin(estimator.max_epoch, estimator.max_batch)

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        """True after the last batch."""
        self.current_batch += 1
        self.stop_training |= self.current_batch == self.max_batch
        return self.stop_training

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> bool:
        """True after the last epoch."""
        self.current_epoch += 1
        self.stop_training |= self.current_epoch == self.max_epoch
        return self.stop_training


class MetricHandler(EpochBegin, BatchEnd):
    """Updates metrics after each batch, and resets them before each epoch.

    Parameters
    ----------
    metrics : EvalMetric or list of EvalMetric
        Those of the class :class:`mxnet.metric.Loss` get the loss, others label and prediction.
    priority : float
        Its place among the handlers: before those that read the metrics.
    """

    def __init__(self, metrics: Any, priority: float = -1000) -> None:
        self.metrics = _check_metrics(metrics)
        self.priority = priority

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Reset the metrics."""
        for metric in self.metrics:
            metric.reset()

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Update the metrics."""
        for metric in self.metrics:
            if isinstance(metric, LossMetric):
                metric.update(0, kwargs["loss"])
            else:
                metric.update(kwargs["label"], kwargs["pred"])


@described_like(MetricHandler)
class ValidationHandler(_Periodic):
    """Evaluates the network every few epochs or batches of a training.

    Parameters
    ----------
    val_data : DataLoader
        What to evaluate it on.
    eval_fn : callable
        Called with the keyword arguments ``val_data``, ``batch_axis`` and ``event_handlers``, as
        :meth:`Estimator.evaluate` takes them.
    epoch_period, batch_period : int, optional
        Evaluate after every so many epochs, and after every so many batches.
    event_handlers : EventHandler or list of EventHandler, optional
        Handlers for the evaluation.
    """

    def __init__(
        self,
        val_data: Any,
        eval_fn: Callable[..., Any],
        epoch_period: int | None = 1,
        batch_period: int | None = None,
        priority: float = -1000,
        event_handlers: Any = None,
    ) -> None:
        super().__init__(epoch_period, batch_period)
        self.eval_fn = eval_fn
        self.val_data, self.event_handlers = val_data, event_handlers
        self.priority = priority

    def _act(self, estimator: Any) -> None:
        given = {"batch_axis": estimator.batch_axis, "event_handlers": self.event_handlers}
        self.eval_fn(val_data=self.val_data, **given)


class LoggingHandler(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Logs metrics, learning rate and times to ``estimator.logger``.

    Parameters
    ----------
    log_interval : int or str
        ``"epoch"``, or a number of batches to log after, too.
    metrics : EvalMetric or list of EvalMetric, optional
        What to log.
    priority : float
        Its place among the handlers: after those that update metrics.

    Raises
    ------
    ValueError
        For another ``log_interval``.
    """

    def __init__(self, log_interval: Any = "epoch", metrics: Any = None, priority: float = math.inf) -> None:
        if log_interval != "epoch" and (not isinstance(log_interval, int) or log_interval < 1):
            raise ValueError(
                f"log_interval must be either a positive integer or the string 'epoch', got {log_interval!r}"
            )
        self.metrics = _check_metrics(metrics)
        self.log_interval, self.priority = log_interval, priority
        self._start_counting()

    def _start_counting(self) -> None:
        self.current_epoch = self.batch_index = self.processed_samples = 0
        self.log_interval_time = 0.0

    def train_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log what is about to happen."""
        self.train_start = time.time()
        kind, message = type(estimator.trainer.optimizer), "Training begin: optimizer %s, learning rate %.4f"
        estimator.logger.info(message, kind.__name__, estimator.trainer.learning_rate)
        epochs = estimator.max_epoch
        length = f"{epochs} epochs" if epochs else f"{estimator.max_batch} batches"
        estimator.logger.info("Train for %s.", length)
        self._start_counting()

    def train_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log time and final metrics."""
        took = time.time() - self.train_start
        self._log(estimator, f"Train finished using total {int(took)}s with {self.current_epoch} epochs. ")

    def epoch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log the learning rate, or that this is a validation."""
        self.epoch_start = time.time()
        if any("training" in metric.name for metric in self.metrics):  # what Estimator puts before the names
            message = "[Epoch %d] Begin, current learning rate: %.4f"
            estimator.logger.info(message, self.current_epoch, estimator.trainer.learning_rate)
        else:
            estimator.logger.info("Validation Begin")

    def epoch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log time and metrics."""
        took = time.time() - self.epoch_start
        self._log(estimator, f"[Epoch {self.current_epoch}] Finished in {took:.3f}s, ")
        self.current_epoch += 1
        self.batch_index = 0

    def batch_begin(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Take the time."""
        if self.log_interval != "epoch":
            self.batch_start = time.time()

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Log time and metrics after each interval, beginning with the first batch."""
        if self.log_interval != "epoch":
            self.log_interval_time += time.time() - self.batch_start
            self.processed_samples += len(kwargs["batch"][0])
            if self.batch_index % self.log_interval == 0:
                where = f"[Epoch {self.current_epoch}][Batch {self.batch_index}][Samples {self.processed_samples}] "
                self._log(estimator, f"{where}time/interval: {self.log_interval_time:.3f}s ")
                self.log_interval_time = 0.0
        self.batch_index += 1

    def _log(self, estimator: Any, message: str) -> None:
        values = [pair for metric in self.metrics for pair in metric.get_name_value()]
        message += ", ".join(f"{name}: {value:.4f}" for name, value in values)
        estimator.logger.info("%s", message.rstrip(", "))


class GradientUpdateHandler(BatchEnd):
    """Updates the parameters after each batch.

    Parameters
    ----------
    priority : float
        Its place among the handlers: the first one, unless told otherwise.
    """

    def __init__(self, priority: float = -2000) -> None:
        self.priority = priority

    def batch_end(self, estimator: Any, *args: Any, **kwargs: Any) -> None:
        """Call the trainer; gradients are divided by the number of losses."""
        loss = kwargs["loss"]
        estimator.trainer.step(sum(len(share) for share in (loss if isinstance(loss, (list, tuple)) else [loss])))
