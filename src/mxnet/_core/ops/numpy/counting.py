"""Functions that count elements, and tell which there are and how many lie below a value."""

from typing import Any, Literal, Optional

import torch
from torch import Tensor

from ....base import OperatorValueError
from ...params import Double, Shape
from ...registry import Params, op
from ...shapes import ShapeRule, TypeRule
from .shape import lengths, one_axis


@op(
    "_npi_bincount",
    inputs=lambda p: ("data", "weights") if p.has_weights else ("data",),
    inert=("data",),
    opaque=True,
)
def bincount(
    data: Tensor, weights: Optional[Tensor] = None, *, minlength: int = 0, has_weights: bool = False
) -> Tensor:
    """How often each number from 0 up occurs among integers, in their type, or the sum of its weights, in theirs.

    Parameters
    ----------
    data : Tensor
        Integers along one axis, none of them negative.
    weights : Tensor, optional
        One for each.
    minlength : int
        The least length of the result.
    has_weights : bool
        Whether there are weights.
    """
    if minlength < 0:
        raise OperatorValueError(f"minlength must not be negative, got {minlength}")
    if data.ndim != 1 or data.is_floating_point() or data.dtype is torch.bool:
        raise OperatorValueError(
            f"data must be integers along one axis, got shape {tuple(data.shape)} of {str(data.dtype)[6:]}"
        )
    if weights is None:
        return torch.bincount(data, minlength=minlength).to(data.dtype)
    if weights.shape != data.shape:
        raise OperatorValueError(f"weights must have the shape {tuple(data.shape)}, got {tuple(weights.shape)}")
    counts = torch.bincount(data, minlength=minlength)
    return weights.new_zeros(counts.shape).index_add(0, data.long(), weights)


@bincount.infer_shape
def _(s: ShapeRule, p: Params) -> None:
    if p.has_weights:
        s.same("data", "weights")
    s.unify("output", (None,))


@bincount.infer_type
def _(t: TypeRule, p: Params) -> None:
    t.unify("output", t["weights" if p.has_weights else "data"])


def _asked_for(p: Params) -> tuple[str, ...]:
    count = 1 + p.return_index + p.return_inverse + p.return_counts
    return ("output",) if count == 1 else tuple([f"output{i}" for i in range(count)])


@op("_npi_unique", outputs=_asked_for, differentiable=False)
def unique(
    data: Tensor,
    *,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: Optional[int] = None,
) -> Any:
    """The different elements (or slices along an axis) in ascending order.

    On request also, in this order, where each comes first, which of them each element is, and how often it comes.
    """
    found, inverse, counts = torch.unique(data, return_inverse=True, return_counts=True, dim=axis)
    results = [found]
    if return_index:
        flat = inverse.reshape(-1)
        first = torch.full((counts.numel(),), flat.numel(), dtype=torch.int64, device=data.device)
        results.append(first.scatter_reduce(0, flat, torch.arange(flat.numel(), device=data.device), "amin"))
    if return_inverse:
        results.append(inverse.reshape(-1))
    if return_counts:
        results.append(counts)
    return results[0] if len(results) == 1 else results


@unique.infer_type
def _(t: TypeRule, p: Params) -> None:
    first, *others = t.outputs
    t.unify(first, t["data"])
    for name in others:
        t.unify(name, torch.int64)


@op("_npi_diag_indices_from", differentiable=False, result_type=torch.int64)
def diag_indices_from(data: Tensor) -> Tensor:
    """Positions of the main diagonal of an array whose axes have one length, a row an axis."""
    if data.ndim < 2 or len(set(data.shape)) != 1:
        raise OperatorValueError(f"data must have at least two axes of one length, got shape {tuple(data.shape)}")
    return torch.arange(data.shape[0], device=data.device).expand(data.ndim, -1).clone()


_DOUBLES = (torch.float32, torch.float64)


@op("_npi_percentile", inputs=lambda p: ("a", "q") if p.q_scalar is None else ("a",), inert=("q",))
def percentile(
    a: Tensor,
    q: Optional[Tensor] = None,
    *,
    axis: Optional[Shape] = None,
    interpolation: Literal["linear", "lower", "higher", "midpoint", "nearest"] = "linear",
    keepdims: bool = False,
    q_scalar: Optional[Double] = None,
) -> Tensor:
    """The values below which a part of the elements lies, over axes (all of them by default).

    Parameters
    ----------
    a : Tensor
    q : Tensor, optional
        The parts, in percent; the result has its axes before all others.
    axis : int or tuple of int, optional
    interpolation : str
        What to give where the value lies between two elements.
    keepdims : bool
        Keep the reduced axes with length 1.
    q_scalar : number, optional
        Given instead of ``q``.
    """
    if interpolation not in ("linear", "lower", "higher", "midpoint", "nearest"):
        raise OperatorValueError(f"unknown interpolation {interpolation!r}")
    values = a if a.dtype in _DOUBLES else a.float()
    if q is None:
        if q_scalar is None or not 0 <= q_scalar <= 100:
            raise OperatorValueError(f"q must be between 0 and 100, got {q_scalar}")
        places = torch.tensor(q_scalar / 100, dtype=values.dtype, device=a.device)
    else:
        places = q.to(values.dtype) / 100
        if q.numel() and q.device.type != "meta":
            low, high = [float(v) for v in torch.aminmax(q.detach())]
            if not 0 <= low <= high <= 100:
                raise OperatorValueError(f"q must be between 0 and 100, got {low} to {high}")
    axes = range(a.ndim) if axis is None else [one_axis(a, i) for i in lengths(axis)]
    kept = [i for i in range(a.ndim) if i not in axes]
    values = values.permute(*kept, *axes).flatten(len(kept)) if a.ndim else values.reshape(1)
    found = torch.quantile(values, places.reshape(-1), dim=-1, interpolation=interpolation)
    rest = tuple([1 if i in axes else n for i, n in enumerate(a.shape) if keepdims or i not in axes])
    return found.reshape(places.shape + rest)


@percentile.infer_type
def _(t: TypeRule, p: Params) -> None:
    if t["a"] is not None:
        t.unify("output", t["a"] if t["a"] in _DOUBLES else torch.float32)
