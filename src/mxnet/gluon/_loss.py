"""What all losses have in common: the base class, weights, and a few expressions."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .. import ndarray
from ..base import ArgumentTypeError, numeric_types
from ._types import Operand
from .block import HybridBlock

TINY = 1e-12  # keeps logarithms and quotients finite


def reshape_like(F: ModuleType, x: Any, y: Any) -> Any:
    """``x`` in the shape of ``y``: labels of shape (N,) for predictions of shape (N, 1)."""
    if F is ndarray:
        return x if x.shape == y.shape else x.reshape(y.shape)
    return F.reshape_like(x, y)


def log1p_exp_minus_abs(F: ModuleType, x: Operand) -> Any:
    """``log(1 + exp(-|x|))``, the part of a logistic loss that neither overflows nor loses digits."""
    return F.Activation(-F.abs(x), act_type="softrelu")


def greater(F: ModuleType, x: Operand, number: float) -> Any:
    """1 where ``x`` is above a number, else 0, in the type of ``x``."""
    return F._internal._greater_scalar(x, scalar=number)


def scaled(F: ModuleType, x: Operand, factor: Any) -> Any:
    """``x`` times a factor that broadcasts: arrays by ``*``, since `mx.np` promotes types and operators do not."""
    return x * factor if F is ndarray else F.broadcast_mul(x, factor)


def apply_weighting(F: ModuleType, loss: Any, weight: float | None = None, sample_weight: Any = None) -> Any:
    """A loss times the weight of each sample, which broadcasts to it, where there are some, and times a number."""
    if sample_weight is not None:
        loss = scaled(F, loss, sample_weight)
    if weight is None:
        return loss
    if not isinstance(weight, numeric_types):
        raise ArgumentTypeError(f"weight must be a number, got {weight!r}")
    return loss * weight


class Loss(HybridBlock):
    """The base of losses.

    Parameters
    ----------
    weight : float, optional
        Factor of the loss.
    batch_axis : int
        Axis of the samples.
    """

    _shown = "batch_axis={_batch_axis}, w={_weight}"

    def __init__(self, weight: float | None, batch_axis: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._weight = weight
        self._batch_axis = batch_axis

    def _weighted(self, F: ModuleType, loss: object, sample_weight: object | None = None, scale: float = 1.0) -> Any:
        """``loss`` times the weights."""
        weight = self._weight
        if weight is not None and not isinstance(weight, numeric_types):
            raise ArgumentTypeError(f"{type(self).__name__}: weight must be a number, got {weight!r}")
        return apply_weighting(F, loss, None if weight is None else weight * scale, sample_weight)

    def _mean(self, F: ModuleType, loss: object, sample_weight: object | None = None, scale: float = 1.0) -> Any:
        """``loss`` times the weights, averaged over each sample."""
        return F.mean(self._weighted(F, loss, sample_weight, scale), axis=self._batch_axis, exclude=True)
