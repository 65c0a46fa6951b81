"""A training loop with everything that goes on around it."""

from __future__ import annotations

import copy
import logging
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ...._core.descriptions import described_like
from ...._core.types import ContextLike
from ....context import Context, cpu, gpu, num_gpus
from ....metric import EvalMetric
from ....metric import Loss as LossMetric
from ...data import DataLoader
from ...loss import Loss
from ...trainer import Trainer
from ._events import _check_event_handlers
from .batch_processor import BatchProcessor
from .event_handler import (
    BatchBegin,
    BatchEnd,
    EpochBegin,
    EpochEnd,
    EventHandler,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    TrainBegin,
    TrainEnd,
    ValidationHandler,
)
from .utils import _check_handler_metric_ref, _check_metrics, _listed, _suggest_metric_for_loss

__all__ = ["Estimator"]

# The methods that events call, in the order in which _categorize_handlers gives handlers.
_EVENTS = {
    "train_begin": TrainBegin,
    "epoch_begin": EpochBegin,
    "batch_begin": BatchBegin,
    "batch_end": BatchEnd,
    "epoch_end": EpochEnd,
    "train_end": TrainEnd,
}


class Estimator:
    """Trains and evaluates a network.

    Parameters
    ----------
    net : Block
        The network to train.
    loss : Loss
        What to minimize.
    train_metrics, val_metrics : EvalMetric or list of EvalMetric, optional
        What to measure. In training: the loss, and the accuracy if the loss is ``SoftmaxCrossEntropyLoss``, unless
        given; in validation: the same as in training. "training" or "validation" is put before their names.
    initializer : Initializer, optional
        Initializes what is not yet initialized of the network.
    trainer : Trainer, optional
        Updates the parameters: SGD with a learning rate of 0.001 unless given.
    context : Context or list of Context, optional
        Where to train: on the first GPU if there is one, else on the CPU.
    val_net : Block, optional
        The network to evaluate in validation, usually one that shares its parameters with ``net``.
    val_loss : Loss, optional
        The loss in validation.
    batch_processor : BatchProcessor, optional
        Anything with methods ``fit_batch`` and ``evaluate_batch``, for batches of another form than data and label.

    Attributes
    ----------
    logger : logging.Logger
        Writes to ``sys.stdout``, and to whatever handlers are added to it.

    Raises
    ------
    ValueError
        For arguments of the wrong kind.
    AssertionError
        For a GPU that is not there.

    Examples
    --------
    >>> import mxnet as mx
    >>> from mxnet.gluon.contrib.estimator import Estimator
    >>> data = mx.gluon.data.ArrayDataset(mx.nd.ones((8, 3)), mx.nd.ones((8, 1)))
    >>> net = mx.gluon.nn.Dense(1, in_units=3)
    >>> net.initialize()
    >>> trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.1})
    >>> est = Estimator(net, mx.gluon.loss.L2Loss(), mx.metric.MSE(), trainer=trainer, context=mx.cpu())
    >>> est.logger.setLevel("WARNING")
    >>> est.fit(mx.gluon.data.DataLoader(data, batch_size=4), epochs=20)
    >>> name, value = est.train_metrics[0].get()
    >>> name, bool(value < 0.1)
    ('training mse', True)
    """

    logger: Any = None

    def __init__(
        self,
        net: Any,
        loss: Loss,
        train_metrics: Any = None,
        val_metrics: Any = None,
        initializer: Any = None,
        trainer: Trainer | None = None,
        context: ContextLike = None,
        val_net: Any = None,
        val_loss: Loss | None = None,
        batch_processor: Any = None,
    ) -> None:
        self.net = net
        self.loss = _checked("loss", loss, Loss, "loss.Loss")
        self._train_metrics = _check_metrics(train_metrics) or self._default_metrics()
        self._val_metrics = _check_metrics(val_metrics) or [copy.deepcopy(m) for m in self._train_metrics]
        for metric in self._train_metrics:
            metric.name = _prefixed("training", metric.name)
        for metric in self._val_metrics:
            metric.name = _prefixed("validation", metric.name)
        self.val_loss = self.loss if val_loss is None else _checked("val_loss", val_loss, Loss, "loss.Loss")
        self.val_net = net if val_net is None else val_net

        self.context = _check_context(context)
        self.logger = logging.Logger("Estimator", logging.INFO)
        self.logger.addHandler(logging.StreamHandler(sys.stdout))
        self._initialize(initializer)
        self.trainer = self._check_trainer(trainer)
        self.batch_processor = _check_batch_processor(batch_processor)
        self.max_epoch: int | None = None
        self.max_batch: int | None = None
        self.batch_axis = 0

    def _default_metrics(self) -> list[EvalMetric]:
        suggested = _suggest_metric_for_loss(self.loss)
        loss = LossMetric(self.loss.name.rstrip("0123456789"))
        return [loss] if suggested is None else [suggested, loss]

    def _initialize(self, initializer: object) -> None:
        if not all(p._data is not None or p._deferred_init for p in self.net.collect_params().values()):
            # Layers that are initialized already stay as they are.
            self.net.initialize(ctx=self.context, **({"init": initializer} if initializer else {}))
        elif initializer:
            warnings.warn(
                "initializer is not used: the parameters have values already. net.initialize(initializer, "
                "force_reinit=True) draws new ones",
                stacklevel=3,
            )

    def _check_trainer(self, trainer: object) -> Trainer:
        if trainer is None:
            warnings.warn("No trainer specified: SGD at a learning rate of 0.001 is used", stacklevel=3)
            return Trainer(self.net.collect_params(), "sgd", {"learning_rate": 0.001})
        return _checked("trainer", trainer, Trainer, "Trainer")

    # ------------------------------------------------------------------ facts

    @property
    def train_metrics(self) -> list[EvalMetric]:
        """The metrics of training."""
        return self._train_metrics

    @property
    def val_metrics(self) -> list[EvalMetric]:
        """The metrics of validation."""
        return self._val_metrics

    # ------------------------------------------------------------------ work

    def evaluate(self, val_data: DataLoader, batch_axis: int = 0, event_handlers: Any = None) -> None:
        """Measure the validation metrics.

        Parameters
        ----------
        val_data : DataLoader
            Batches of data and label.
        batch_axis : int
            The axis that is split over contexts.
        event_handlers : EventHandler or list of EventHandler, optional
            A :class:`MetricHandler` and a :class:`LoggingHandler` are added unless they are among them.

        Raises
        ------
        ValueError
            For other data than a ``DataLoader``, or handlers with metrics that are not the estimator's.
        """
        _checked("val_data", val_data, DataLoader, "data.DataLoader")
        for metric in self.val_metrics:
            metric.reset()
        tell = self._teller(self._prepare_default_validation_handlers(event_handlers))
        tell("epoch_begin")
        for batch in val_data:
            tell("batch_begin", batch=batch)
            _, label, pred, loss = self.batch_processor.evaluate_batch(self, batch, batch_axis)
            tell("batch_end", batch=batch, pred=pred, label=label, loss=loss)
        tell("epoch_end")

    @described_like(evaluate)
    def fit(
        self,
        train_data: DataLoader,
        val_data: DataLoader | None = None,
        epochs: int | None = None,
        event_handlers: Any = None,
        batches: int | None = None,
        batch_axis: int = 0,
    ) -> None:
        """Train the network, and validate it after each epoch if there is ``val_data``.

        Parameters
        ----------
        train_data, val_data : DataLoader
            Batches of data and label.
        epochs, batches : int, optional
            How long to train; one of the two.
        event_handlers : EventHandler or list of EventHandler, optional
            A :class:`StoppingHandler` is added, and a :class:`GradientUpdateHandler`, a :class:`MetricHandler`, a
            :class:`ValidationHandler` and a :class:`LoggingHandler` unless they are among them.

        Raises
        ------
        ValueError
            For other data than a ``DataLoader``, data without batches, anything but one positive number of epochs or
            batches, or handlers with metrics that are not the estimator's.
        """
        _checked("train_data", train_data, DataLoader, "data.DataLoader")
        if (not epochs) == (not batches):
            raise ValueError(f"fit takes either epochs or batches, got epochs={epochs} and batches={batches}")
        self.max_epoch = _check_count("epochs", epochs)
        self.max_batch = _check_count("batches", batches)
        self.batch_axis = batch_axis
        tell = self._teller(self._prepare_default_handlers(val_data, event_handlers))
        tell("train_begin")
        stop = False
        while not stop:
            tell("epoch_begin")
            for batch in _some(train_data):
                tell("batch_begin", batch=batch)
                _, label, pred, loss = self.batch_processor.fit_batch(self, batch, batch_axis)
                if tell("batch_end", batch=batch, pred=pred, label=label, loss=loss):
                    break
            stop = tell("epoch_end")
        tell("train_end")

    # ------------------------------------------------------------------ handlers

    def _prepare_default_handlers(self, val_data: object, event_handlers: object) -> list[EventHandler]:
        wanted: list[EventHandler] = [StoppingHandler(self.max_epoch, self.max_batch), GradientUpdateHandler()]
        wanted.append(MetricHandler(metrics=self.train_metrics))
        if val_data is not None:
            wanted.append(ValidationHandler(val_data=val_data, eval_fn=self.evaluate))
        wanted.append(LoggingHandler(metrics=self.train_metrics))
        return _completed(event_handlers, wanted, self.train_metrics + self.val_metrics)

    def _prepare_default_validation_handlers(self, event_handlers: object) -> list[EventHandler]:
        wanted = [MetricHandler(metrics=self.val_metrics), LoggingHandler(metrics=self.val_metrics)]
        return _completed(event_handlers, wanted, self.val_metrics)

    def _categorize_handlers(self, event_handlers: list[EventHandler]) -> tuple[list[Any], ...]:
        """Who hears of what: lists for the six events, in the order of ``_EVENTS``."""
        return tuple([h for h in event_handlers if isinstance(h, event)] for event in _EVENTS.values())

    def _teller(self, event_handlers: list[EventHandler]) -> Callable[..., bool]:
        """What calls a method of all handlers that hear of an event, and gives whether any of them wants to stop."""
        listeners = dict(zip(_EVENTS, self._categorize_handlers(event_handlers)))

        def tell(event: str, **facts: Any) -> bool:
            wishes = [getattr(h, event)(self, **facts) for h in listeners[event]]  # also after one that wants to stop
            return any(wishes)

        return tell


def _completed(given: object, wanted: Sequence[EventHandler], metrics: list[EvalMetric]) -> list[EventHandler]:
    """Handlers and those wanted of whose kind there are none, by priority; all must be about the same metrics."""
    handlers = _check_event_handlers(given)
    added = [w for w in wanted if isinstance(w, StoppingHandler) or not any(isinstance(h, type(w)) for h in handlers)]
    if handlers and added:
        for handler in handlers + added:
            _check_handler_metric_ref(handler, metrics)
    return sorted(handlers + added, key=lambda handler: getattr(handler, "priority", 0))


def _prefixed(phase: str, name: str) -> str:
    """The name of a metric in training or validation, whichever of the two it was called after so far."""
    for known in ("training ", "validation "):
        name = name.removeprefix(known)
    return f"{phase} {name}"


def _some(data: DataLoader) -> Iterator[Any]:
    """The batches of a loader, of which there must be some: else the training would go on for ever."""
    batch = None
    for batch in data:
        yield batch
    if batch is None:
        raise ValueError("train_data has no batches")


# ---------------------------------------------------------------------- checks of arguments


def _checked(name: str, value: Any, kind: type, called: str) -> Any:
    if not isinstance(value, kind):
        raise ValueError(f"{name}: expected a gluon.{called}, got {value!r}")
    return value


def _check_count(name: str, count: Any) -> int | None:
    if not count:
        return None
    if count != int(count) or count < 0:
        raise ValueError(f"{name} must be a positive integer, got {count}")
    return int(count)


def _check_context(context: ContextLike) -> list[Context]:
    gpus = num_gpus()
    if not context:
        if gpus > 1:
            warnings.warn(
                f"training on gpu(0), one of {gpus} GPUs; context=[mx.gpu(0), mx.gpu(1), ...] takes more of them",
                stacklevel=3,
            )
        return [gpu(0)] if gpus else [cpu()]
    contexts = _listed(Context, context, "context", "a Context such as mx.gpu(0),")
    for c in contexts:
        if c.device_type == "gpu" and c.device_id >= gpus:
            known = ", ".join(["mx.cpu()", *(str(gpu(i)) for i in range(gpus))])
            raise AssertionError(f"context {c} is not there; available: {known}")
    return contexts


def _check_batch_processor(batch_processor: object) -> Any:
    if batch_processor is None:
        return BatchProcessor()
    for method in ("fit_batch", "evaluate_batch"):
        if not callable(getattr(batch_processor, method, None)):
            raise ValueError(
                f"a batch processor needs fit_batch() and evaluate_batch(), {type(batch_processor).__name__} has no "
                f"{method}()"
            )
    return batch_processor
