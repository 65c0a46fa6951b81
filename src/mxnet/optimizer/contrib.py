"""Experimental optimizers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .._core.ops.optimizer import kernels
from ..base import ArgumentValueError
from ..ndarray import sparse
from ..ndarray.ndarray import NDArray, wrap
from ..ndarray.sparse import RowSparseNDArray
from ._base import Optimizer, Step

register = Optimizer.register

__all__ = ["GroupAdaGrad"]


@register
class GroupAdaGrad(Optimizer):
    """AdaGrad with one learning rate for each row of a matrix. It has no weight decay.

    Parameters
    ----------
    eps : float
        Keeps the denominator from zero.
    **kwargs
        See :class:`Optimizer`.
    """

    _bounds_to_zero = True
    _elementwise = False
    _numbers = Optimizer._numbers | {"float_stable_eps": "eps"}

    def __init__(self, eps: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: int | str, weight: NDArray) -> NDArray:
        """The sum of each row's mean squared gradients, of shape ``(rows, 1)``.

        Raises
        ------
        ValueError
            When the weight is not a matrix.
        """
        if len(weight.shape) != 2:
            raise ArgumentValueError(
                f"GroupAdaGrad needs weights of two axes, parameter {index!r} has shape {weight.shape}"
            )
        if isinstance(weight, RowSparseNDArray):
            return sparse.zeros("row_sparse", (weight.shape[0], 1), ctx=weight.context, dtype=weight.dtype)
        t = weight._t.data
        return wrap(torch.zeros((t.shape[0], 1), dtype=t.dtype, device=t.device), weight._ctx)

    def _lazy(self) -> bool:
        return True

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        if wd != 0:
            raise ArgumentValueError(f"Weight decay is not supported for GroupAdaGrad, got {wd} for {step.indices}")
        kernels.group_adagrad(w, g, *states, lr=lr, epsilon=self.float_stable_eps, **self._scaling())
