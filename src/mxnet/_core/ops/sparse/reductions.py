"""Sums over sparse arrays."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Optional

import torch
from torch import Tensor

from ...registry import OpDef
from ...sparse.dispatch import Rule, add_rule
from ...sparse.storage import Csr, Rows
from ..reduce.axes import reduced_axes


def _axis(p: SimpleNamespace) -> Optional[int]:
    """The one axis of a matrix that is reduced, or None."""
    axis = p.axis
    if axis is None or len(axis) != 1:
        return None
    return reduced_axes(2, axis)[0] % 2


def _along(x: Csr, axis: int) -> Tensor:
    """The sum of a matrix along an axis."""
    rows = x.rows()
    total = torch.zeros(x.shape[1 - axis], dtype=x.dtype, device=x.device)
    return total.index_add_(0, rows if axis else x.indices, x.values)


def _reduction(od: OpDef, mean: bool) -> Rule:
    """The sum or mean of a csr matrix along one axis."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
        return "default" if stypes == ("csr",) and _axis(p) is not None and not (p.keepdims or p.exclude) else None

    def run(inputs: Any, p: SimpleNamespace) -> Tensor:
        x = inputs[0]
        axis: Any = _axis(p)
        total = _along(x, axis)
        if mean:
            total = (total / max(x.shape[axis], 1)).to(x.dtype)
        return total

    return Rule(infer, run)


add_rule("sum", _reduction, False)
add_rule("mean", _reduction, True)


def _norm(od: OpDef) -> Rule:
    """The Euclidean norm of all stored values, or of those of a csr matrix along one axis."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
        if stypes[0] == "default" or p.ord != 2 or p.out_dtype is not None:
            return None
        along = stypes[0] == "csr" and _axis(p) is not None and not p.keepdims
        return "default" if along or not p.axis else None

    def run(inputs: Any, p: SimpleNamespace) -> Tensor:
        x, axis = inputs[0], _axis(p)
        if axis is not None:
            return _along(x.with_values(x.values * x.values), axis).sqrt()
        total = od.fn(x.values.reshape(-1), ord=2)
        return total.reshape((1,) * x.ndim) if p.keepdims else total

    return Rule(infer, run)


add_rule("norm", _norm)


def _infer_squares(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
    axis = _axis(p)
    if stypes != ("row_sparse",) or axis is None or p.exclude:
        return None
    return "row_sparse" if axis == 1 and p.keepdims else "default"


def _run_squares(inputs: Sequence[Any], p: SimpleNamespace) -> Any:
    x = inputs[0]
    if x.ndim != 2:
        raise ValueError(f"data must be a matrix, got shape {x.shape}")
    x.check_places()
    if _axis(p) == 0:
        return (x.values * x.values).sum(0, keepdim=p.keepdims)
    sums = (x.values * x.values).sum(1)
    if p.keepdims:
        return Rows((x.shape[0], 1), sums[:, None], x.indices)
    return torch.zeros(x.shape[0], dtype=x.dtype, device=x.device).index_copy_(0, x.indices, sums)


def _squares_gradient(
    grads: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], p: SimpleNamespace, needed: Sequence[bool]
) -> Any:
    x, grad = inputs[0], grads[0]
    if _axis(p) == 0:
        factor = grad.reshape(1, -1)
    elif isinstance(grad, Rows):
        factor = grad.at(x.indices)
    else:
        factor = grad.reshape(-1, 1).index_select(0, x.indices)
    return (x.with_values(2 * factor * x.values),)


def _square_sum(od: OpDef) -> Rule:
    return Rule(_infer_squares, _run_squares, _squares_gradient, lambda grad, stypes, p: ("row_sparse",), strict=True)


add_rule("_square_sum", _square_sum)
