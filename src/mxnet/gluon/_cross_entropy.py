"""The cross entropy of a matrix of predictions in one kernel, for the loss that most training loops call.

The numbers are those of ``log_softmax``, ``pick``, the sign and the mean, which cost five times as much for few rows.
"""

from __future__ import annotations

from typing import Any

import torch

from .._core.history import origin_of
from .._core.invoke import composed
from .._core.registry import get_op
from ..ndarray import NDArray
from ..numpy import ndarray

_log_softmax, _pick, _negative = get_op("log_softmax"), get_op("pick"), get_op("negative")
_DENSE = (NDArray, ndarray)
_NONE, _NEVER = 0, -100  # torch's numbers for "no reduction" and "ignore no class"


def suits(pred: Any, label: Any) -> bool:
    """Whether these are a dense float matrix, not subject to mixed precision, and a class for each of its rows."""
    return (
        type(pred) is type(label)
        and type(pred) in _DENSE
        and pred._t.ndim == 2
        and pred._t.is_floating_point()
        and label._t.shape in (pred._t.shape[:1], (pred._t.shape[0], 1))
        and pred._t.numel() > 0
        and pred._t.device == label._t.device
        and _log_softmax.cast_rule is None
    )


def cross_entropy(pred: NDArray, label: NDArray) -> NDArray:
    """Minus the logarithm of the softmax at the label, for each row; labels out of range count as the nearest class."""

    def operators() -> tuple[Any, ...]:
        logits = (_log_softmax, {"axis": -1}, [origin_of(pred)], 0)
        return _negative, {}, [(_pick, {"axis": -1}, [logits, origin_of(label)], 0)]

    return composed("cross_entropy", _per_row, (pred._t, label._t), pred, operators)


def _per_row(pred: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
    classes = label.detach().reshape(-1).to(torch.int64).clamp_(0, pred.shape[1] - 1)
    return torch._C._nn.cross_entropy_loss(pred, classes, None, _NONE, _NEVER, 0.0)
