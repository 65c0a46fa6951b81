"""Metrics made of other metrics, of losses, and of functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias, Union

from .._core.defaults import Defaults
from .._core.types import Names
from ..ndarray import NDArray
from ._base import EvalMetric, alias, as_single, check_label_shapes, create_registered, register, working

__all__ = ["Caffe", "CompositeEvalMetric", "CustomMetric", "Loss", "Torch", "create", "np"]

# What :func:`create` makes a metric of.
MetricLike: TypeAlias = Union[str, Callable[..., Any], EvalMetric, Mapping[str, Any], list[Any]]


def create(metric: MetricLike, *args: Any, **kwargs: Any) -> EvalMetric:
    """Make a metric.

    Parameters
    ----------
    metric : str, callable, list or EvalMetric
        A name, a configuration (``get_config()`` or its JSON), a function over NumPy arrays ``(label, pred)``, a list
        of any of these, or a metric, which is given back.
    *args, **kwargs
        For the metric's constructor.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.metric.create(["acc", mx.metric.create("top_k_acc", top_k=5)]).get()[0]
    ['accuracy', 'top_k_accuracy_5']
    """
    if callable(metric):
        return CustomMetric(metric, *args, **kwargs)
    if isinstance(metric, list):
        return CompositeEvalMetric([create(child, *args, **kwargs) for child in metric])
    return create_registered(metric, *args, **kwargs)


@register
@alias("composite")
class CompositeEvalMetric(EvalMetric):
    """Several metrics of the same predictions.

    Parameters
    ----------
    metrics : list, optional
        Metrics, or what :func:`create` makes metrics of.
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def __init__(
        self,
        metrics: list[Any] | None = None,
        name: str = "composite",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        self.metrics = [create(m) for m in metrics or []]
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def add(self, metric: MetricLike) -> None:
        """Add a metric."""
        self.metrics.append(create(metric))

    def get_metric(self, index: int) -> EvalMetric:
        """The metric of an index.

        Raises
        ------
        ValueError
            When there are not so many.
        """
        try:
            return self.metrics[index]
        except IndexError:
            raise ValueError(f"Metric index {index} is out of range 0 and {len(self.metrics)}") from None

    def update_dict(self, labels: dict[str, NDArray], preds: dict[str, NDArray]) -> None:
        if self.label_names is not None:
            labels = {name: x for name, x in labels.items() if name in self.label_names}
        if self.output_names is not None:
            preds = {name: x for name, x in preds.items() if name in self.output_names}
        for metric in self.metrics:
            metric.update_dict(labels, preds)

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch."""
        for metric in self.metrics:
            metric.update(labels, preds)

    def reset(self) -> None:
        """Start all metrics anew; what the metrics are resets when they are made."""
        super().reset()
        for metric in self.metrics:
            metric.reset()

    def reset_local(self) -> None:
        """Start the local pairs of all metrics anew."""
        for metric in self.metrics:
            metric.reset_local()

    def get(self) -> tuple[list[str], list[float]]:
        """Names and local values."""
        return _joined([metric.get() for metric in self.metrics])

    def get_global(self) -> tuple[list[str], list[float]]:
        """Names and global values."""
        return _joined([metric.get_global() for metric in self.metrics])

    def get_config(self) -> dict[str, Any]:
        """A dictionary from which :func:`create` makes an equal metric."""
        return {**super().get_config(), "metrics": [m.get_config() for m in self.metrics]}


def _joined(results: list[tuple[Any, Any]]) -> tuple[list[str], list[float]]:
    names: list[str] = []
    values: list[float] = []
    for name, value in results:
        names.extend([name] if isinstance(name, str) else name)
        values.extend(value if isinstance(value, (list, tuple)) else [value])
    return names, values


@register
class Loss(Defaults, EvalMetric):
    """The mean of the predictions, which are losses.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def __init__(self, name: str = "loss", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def update(self, _: object, preds: Any) -> None:
        """Add a batch; labels are not looked at."""
        for pred in [preds] if isinstance(preds, NDArray) else preds:
            _, loss = working(pred)
            self._add(as_single(loss).sum(), pred.size)


@register
class Torch(Loss, name="torch"):
    """The mean of losses that a torch criterion has computed."""


@register
class Caffe(Loss, name="caffe"):
    """The mean of losses that a Caffe layer has computed."""


@register
class CustomMetric(EvalMetric):
    """The mean of a function of labels and predictions.

    Parameters
    ----------
    feval : callable
        ``feval(label, pred)`` over NumPy arrays, giving a value, or a sum and a count.
    name : str, optional
        The function's name when not given.
    allow_extra_outputs : bool
        Whether there may be more predictions than labels.
    output_names, label_names
        As for :class:`EvalMetric`.

    Examples
    --------
    >>> import mxnet as mx
    >>> metric = mx.metric.CustomMetric(lambda label, pred: abs(label - pred).max(), name="worst")
    >>> metric.update([mx.nd.array([1, 2])], [mx.nd.array([1, 5])])
    >>> metric.get()
    ('worst', 3.0)
    """

    def __init__(
        self,
        feval: Callable[..., Any],
        name: str | None = None,
        allow_extra_outputs: bool = False,
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        if name is None:
            name = getattr(feval, "__name__", type(feval).__name__)
            if "<" in name:
                name = f"custom({name})"
        config = {"feval": feval, "allow_extra_outputs": allow_extra_outputs, "has_global_stats": True}
        super().__init__(name, output_names, label_names, **config)
        self._feval = feval
        self._allow_extra_outputs = allow_extra_outputs

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch."""
        given = (labels, preds) if self._allow_extra_outputs else check_label_shapes(labels, preds, True)
        for label, pred in zip(*given):
            result = self._feval(label.asnumpy(), pred.asnumpy())
            total, count = result if isinstance(result, tuple) else (result, 1)
            self._add(total, count)

    def get_config(self) -> dict[str, Any]:
        """Refused: a function cannot be written down."""
        raise NotImplementedError("CustomMetric cannot be serialized")


def np(numpy_feval: Callable[..., Any], name: str | None = None, allow_extra_outputs: bool = False) -> CustomMetric:
    """A metric of a function of NumPy arrays; see :class:`CustomMetric`.

    Parameters
    ----------
    numpy_feval : callable
        ``numpy_feval(label, pred)``.
    name : str, optional
    allow_extra_outputs : bool
    """

    def feval(label: NDArray, pred: NDArray) -> Any:
        return numpy_feval(label, pred)

    feval.__name__ = numpy_feval.__name__
    return CustomMetric(feval, name, allow_extra_outputs)
