"""The base class of metrics, and how they see the arrays they are given."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy
import torch
from torch import Tensor

from .. import registry
from .._core.text import quoted, shortened
from .._core.types import Names
from ..base import UnknownNameError
from ..ndarray import NDArray

__all__ = ["EvalMetric", "alias", "check_label_shapes", "register"]

# Arrays up to this size are handled by NumPy, whose calls cost half of torch's; larger ones profit from threads.
_SMALL = 1 << 16


def check_label_shapes(labels: Any, preds: Any, wrap: bool = False, shape: bool = False) -> tuple[Any, Any]:
    """Check that there are as many labels as predictions.

    Parameters
    ----------
    labels, preds : list of NDArray, or NDArray
    wrap : bool
        Whether to put single arrays into lists.
    shape : bool
        Whether to compare shapes instead of lengths.

    Returns
    -------
    tuple
        Labels and predictions.

    Raises
    ------
    ValueError
        With both lengths or shapes.
    """
    label_shape, pred_shape = (labels.shape, preds.shape) if shape else (len(labels), len(preds))
    if label_shape != pred_shape:
        raise ValueError(f"Shape of labels {label_shape} does not match shape of predictions {pred_shape}")
    if wrap:
        labels = [labels] if isinstance(labels, NDArray) else labels
        preds = [preds] if isinstance(preds, NDArray) else preds
    return labels, preds


def as_tensor(x: Any) -> Tensor:
    """The tensor of an array, without its history."""
    t = x._t if isinstance(x, NDArray) else torch.as_tensor(x)
    return t.detach() if t.requires_grad else t


def working(*arrays: Any) -> tuple[Any, ...]:
    """Arrays as what to compute on, after the module that has the functions for it: NumPy or torch.

    Small arrays on the CPU become NumPy views. All others become tensors on the device of the last one (the
    prediction), on which results stay until somebody asks for them.
    """
    tensors = [as_tensor(x) for x in arrays]
    device = tensors[-1].device
    if device.type == "cpu" and tensors[-1].numel() <= _SMALL and tensors[0].device == device:
        return (numpy, *[t.numpy() if t.dtype != torch.bfloat16 else t.float().numpy() for t in tensors])
    # A copy to the host has to be there when it is read; one to a device is waited for by what runs there.
    return (torch, *[t.to(device, non_blocking=device.type != "cpu") for t in tensors])


def pairs(labels: Sequence[NDArray], preds: Sequence[NDArray]) -> Iterator[Any]:
    """Each label beside its prediction, as :func:`working` gives them."""
    for label, pred in zip(*check_label_shapes(labels, preds, True)):
        yield working(label, pred)


def as_index(x: Any) -> Any:
    """Whole numbers, rounded toward zero."""
    return x.astype(numpy.int64) if isinstance(x, numpy.ndarray) else x.long()


def as_double(x: Any) -> Any:
    """Numbers in double precision (where the device has it)."""
    if isinstance(x, numpy.ndarray):
        return x.astype(numpy.float64)
    return x.to(torch.float32 if x.device.type == "mps" else torch.float64)


def as_single(x: Any) -> Any:
    """Numbers in at least single precision, so that sums of many do not lose them."""
    if isinstance(x, numpy.ndarray):
        return x.astype(numpy.float32) if x.dtype == numpy.float16 else x
    return x.float() if x.dtype in (torch.float16, torch.bfloat16) else x


def _tally(name: str, doc: str) -> Any:
    """An attribute that first takes in what is still on its way from a device."""
    slot = "_" + name

    def read(self: EvalMetric) -> Any:
        if self._pending:
            self._settle()
        return getattr(self, slot)

    def write(self: EvalMetric, value: object) -> None:
        if self._pending:
            self._settle()
        setattr(self, slot, value)

    return property(read, write, doc=doc)


class EvalMetric:
    """Base class of evaluation metrics.

    A metric adds up a sum and a count, batch by batch; its value is their quotient. There are two pairs of them: the
    local one can be reset in between (by :class:`~mxnet.callback.Speedometer`, say), the global one covers the whole
    epoch. Results of arrays on a GPU stay there until somebody asks for the value: :meth:`update` does not wait for the
    device.

    Parameters
    ----------
    name : str
        What the metric is called in logs.
    output_names, label_names : list of str, optional
        Which predictions and labels :meth:`update_dict` picks; all when not given.
    has_global_stats : bool
        Whether the metric keeps the global pair.
    **kwargs
        Further arguments of the constructor, for :meth:`get_config`.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Largest(mx.metric.EvalMetric):
    ...     def update(self, labels, preds):
    ...         for pred in preds:
    ...             self.sum_metric += pred.max().item()
    ...             self.num_inst += 1
    >>> metric = Largest("largest")
    >>> metric.update([], [mx.nd.array([1, 4]), mx.nd.array([2, 0])])
    >>> metric.get()
    ('largest', 3.0)
    """

    _pending: dict[torch.device, list[Any]] | None = None

    sum_metric = _tally("sum_metric", "The local sum.")
    num_inst = _tally("num_inst", "The local count.")
    global_sum_metric = _tally("global_sum_metric", "The sum since the last :meth:`reset`.")
    global_num_inst = _tally("global_num_inst", "The count since the last :meth:`reset`.")

    def __init__(
        self,
        name: str,
        output_names: Names = None,
        label_names: Names = None,
        **kwargs: Any,
    ) -> None:
        self._has_global_stats = kwargs.pop("has_global_stats", False)
        self.name, self._kwargs = str(name), kwargs
        self.output_names, self.label_names = output_names, label_names
        self.reset()

    def __str__(self) -> str:
        return f"EvalMetric: {dict(self.get_name_value())}"

    def get_config(self) -> dict[str, Any]:
        """A dictionary from which :func:`create` makes an equal metric: ``create(**config)``."""
        return {
            **self._kwargs,
            "metric": type(self).__name__,
            "name": self.name,
            "output_names": self.output_names,
            "label_names": self.label_names,
        }

    # ------------------------------------------------------------------ adding up

    def update_dict(self, label: dict[str, NDArray], pred: dict[str, NDArray]) -> None:
        """Add a batch whose labels and predictions are given by name."""
        preds = self._named(pred, self.output_names, "output_names")
        labels = self._named(label, self.label_names, "label_names")
        self.update(labels, preds)

    def _named(self, arrays: dict[str, NDArray], names: Sequence[str] | None, argument: str) -> list[NDArray]:
        if names is None:
            return list(arrays.values())
        for name in names:
            if name not in arrays:
                present = shortened(", ".join(arrays))
                raise UnknownNameError(f"{type(self).__name__}: {argument} has {quoted(name)}, the batch has {present}")
        return [arrays[name] for name in names]

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch.

        Parameters
        ----------
        labels, preds : list of NDArray
            One label array for each prediction array.
        """
        raise NotImplementedError(f"{type(self).__name__} must define update")

    def _add(self, total: Any, count: Any) -> None:
        """Add to both pairs. Tensors on a device are added there, and fetched when the value is asked for."""
        if isinstance(total, Tensor):
            if total.device.type != "cpu":
                self._defer(total, count)
                return
            total = total.item()
        elif isinstance(total, numpy.generic):
            total = total.item()
        if isinstance(count, (Tensor, numpy.generic)):
            count = count.item()
        self._sum_metric += total
        self._num_inst += count
        self._global_sum_metric += total
        self._global_num_inst += count

    def _defer(self, total: Tensor, count: Any) -> None:
        total = as_double(total) if total.is_floating_point() else total
        if self._pending is None:
            self._pending = {}
        found = self._pending.get(total.device)
        if found is None:
            self._pending[total.device] = [total, count]
        else:
            found[0] = found[0] + total
            found[1] = found[1] + count

    def _settle(self) -> None:
        """Fetch from the devices what has been added up there."""
        pending, self._pending = self._pending, None
        for total, count in (pending or {}).values():
            self._add(total.cpu(), count if isinstance(count, int) else count.cpu())

    def reset(self) -> None:
        """Start anew."""
        self._pending = None
        self._sum_metric = self._global_sum_metric = 0.0
        self._num_inst = self._global_num_inst = 0

    def reset_local(self) -> None:
        """Start the local pair anew."""
        self.num_inst = 0
        self.sum_metric = 0.0

    # ------------------------------------------------------------------ values

    def get(self) -> tuple[Any, Any]:
        """Name and local value (NaN when there was no batch)."""
        return self.name, self._value(self.num_inst, self.sum_metric)

    def get_global(self) -> tuple[Any, Any]:
        """Name and global value; the local one when the metric does not keep a global pair."""
        if not self._has_global_stats:
            return self.get()
        return self.name, self._value(self.global_num_inst, self.global_sum_metric)

    def _value(self, count: Any, total: Any) -> float:
        return total / count if count else float("nan")

    def get_name_value(self) -> list[tuple[str, float]]:
        """Pairs of name and local value."""
        return _pairs(*self.get())

    def get_global_name_value(self) -> list[tuple[str, float]]:
        """Pairs of name and global value."""
        return _pairs(*self.get_global()) if self._has_global_stats else self.get_name_value()


def _pairs(name: object, value: object) -> list[tuple[str, float]]:
    names = name if isinstance(name, list) else [name]
    values = value if isinstance(value, list) else [value]
    return list(zip(names, values))


register = registry.get_register_func(EvalMetric, "metric")
alias = registry.get_alias_func(EvalMetric, "metric")
create_registered = registry.get_create_func(EvalMetric, "metric")
