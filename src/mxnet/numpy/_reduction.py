"""Functions that reduce axes: sums, means, extremes, and where they lie."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from .._core.dtypes import torch_dtype
from .._core.types import Axes, DTypeLike
from ._calls import function
from ._elementwise import promoted

_INTEGERS = (torch.bool, torch.uint8, torch.int8, torch.int32, torch.int64)


def _axes(x: Tensor, axis: Axes) -> tuple[int, ...]:
    """The axes to reduce, counted from the front."""
    if axis is None:
        return tuple(range(x.ndim))
    axes = (axis,) if isinstance(axis, int) else tuple(axis)
    if not x.ndim and axes in ((0,), (-1,)):  # as NumPy, which counts a number as a vector here
        return ()
    for a in axes:
        if not -x.ndim <= a < x.ndim:
            raise IndexError(f"axis {a} is out of bounds for an array of {x.ndim} axes")
    found = tuple(a % x.ndim for a in axes)
    if len(set(found)) != len(found):
        raise ValueError(f"an axis occurs twice in {axes}")
    return found


def _sum_type(x: Tensor, dtype: DTypeLike) -> torch.dtype:
    """Sums have the type of their elements, those of booleans are int64."""
    if dtype is not None:
        return torch_dtype(dtype)
    return torch.int64 if x.dtype == torch.bool else x.dtype


def _mean_type(x: Tensor, dtype: DTypeLike) -> torch.dtype:
    """Means of integers are float32."""
    if dtype is not None:
        return torch_dtype(dtype)
    return torch.float32 if x.dtype in _INTEGERS else x.dtype


def _working(x: Tensor, dtype: torch.dtype, real: bool = False) -> torch.dtype:
    """The type to compute in, before the result is rounded to ``dtype``: what both hold, real on request.

    Sums of float32 into float16 may pass its limits on the way, those into integers keep their fractions.
    """
    found = x.dtype if x.dtype == dtype else promoted(x.dtype, dtype)
    if found in (torch.float16, torch.bfloat16) and x.dtype != dtype:
        return torch.float32  # of integers, or into them
    return torch.float64 if real and not found.is_floating_point else found


@function(out=5, name="sum")
def sum_(
    a: Tensor, axis: Axes = None, dtype: DTypeLike = None, keepdims: bool = False, initial: float | None = None
) -> Tensor:
    """Sum over axes (all of them by default); it has the type of the elements.

    Parameters
    ----------
    a : ndarray
    axis : int or tuple of int, optional
    dtype : optional
        The type to sum in; that of ``a`` by default (int64 for booleans).
    keepdims : bool
        Keep the reduced axes with length 1.
    initial : number, optional
        What the sum starts from.
    out : ndarray, optional
    """
    axes, wanted = _axes(a, axis), _sum_type(a, dtype)
    working = _working(a, wanted)
    found = torch.sum(a, dim=axes, keepdim=keepdims, dtype=working) if axes else a.to(working)
    return (found if initial is None else found + initial).to(wanted)


@function(out=3)
def prod(a: Tensor, axis: Axes = None, dtype: DTypeLike = None, keepdims: bool = False) -> Tensor:
    """Product over axes (all of them by default); arguments as those of :func:`sum`."""
    wanted = _sum_type(a, dtype)
    found = a.to(_working(a, wanted))
    for axis_ in sorted(_axes(a, axis), reverse=True):
        found = torch.prod(found, dim=axis_, keepdim=keepdims, dtype=found.dtype)
    return found.to(wanted)


@function(out=3)
def mean(a: Tensor, axis: Axes = None, dtype: DTypeLike = None, keepdims: bool = False) -> Tensor:
    """Mean over axes (all of them by default); that of integers is float32.

    One of an integer type is the sum in that type, which may pass its limits, divided without a rest.
    """
    wanted = _mean_type(a, dtype)
    axes = _axes(a, axis)
    if not axes:
        return a.to(wanted)
    if not wanted.is_floating_point:
        total = torch.sum(a, dim=axes, keepdim=keepdims, dtype=_working(a, wanted)).to(wanted)
        return torch.div(total, max(math.prod(a.shape[i] for i in axes), 1), rounding_mode="trunc")
    return torch.mean(a, dim=axes, keepdim=keepdims, dtype=_working(a, wanted, real=True)).to(wanted)


def _variance(a: Tensor, axis: Axes, dtype: DTypeLike, ddof: int, keepdims: bool) -> tuple[Tensor, torch.dtype]:
    wanted = _mean_type(a, dtype)
    axes = _axes(a, axis)
    values = a.to(_working(a, wanted, real=True))
    n = math.prod(a.shape[i] for i in axes)
    if axes:
        squares = (values - values.mean(dim=axes, keepdim=True)).square().sum(dim=axes, keepdim=keepdims)
    else:
        squares = torch.zeros_like(values)
    return squares / max(n - ddof, 0), wanted


@function(out=3)
def var(a: Tensor, axis: Axes = None, dtype: DTypeLike = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Variance over axes, the sum of squared deviations divided by ``n - ddof``."""
    found, wanted = _variance(a, axis, dtype, ddof, keepdims)
    return found.to(wanted)


@function(out=3)
def std(a: Tensor, axis: Axes = None, dtype: DTypeLike = None, ddof: int = 0, keepdims: bool = False) -> Tensor:
    """Standard deviation over axes, the root of :func:`var`."""
    found, wanted = _variance(a, axis, dtype, ddof, keepdims)
    return found.sqrt().to(wanted)


def _extreme(reduce: Any, a: Tensor, axis: Axes, keepdims: bool) -> Tensor:
    axes = _axes(a, axis)
    if any(a.shape[i] == 0 for i in axes):
        raise ValueError(f"an array of shape {tuple(a.shape)} has no largest or smallest element")
    return reduce(a, dim=axes, keepdim=keepdims) if axes else a.clone()


@function(out=3, name="max")
def max_(a: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Largest element over axes (all of them by default)."""
    return _extreme(torch.amax, a, axis, keepdims)


@function(out=3, name="min")
def min_(a: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Smallest element over axes (all of them by default)."""
    return _extreme(torch.amin, a, axis, keepdims)


def _truth(reduce: Any, a: Tensor, axis: Axes, keepdims: bool) -> Tensor:
    axes = _axes(a, axis)
    return reduce(a != 0, dim=axes, keepdim=keepdims) if axes else a != 0


@function(out=3, name="all")
def all_(a: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over axes are other than zero."""
    return _truth(torch.all, a, axis, keepdims)


@function(out=3, name="any")
def any_(a: Tensor, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Whether any element over axes is other than zero."""
    return _truth(torch.any, a, axis, keepdims)


def _place(find: Callable[..., Any], a: Tensor, axis: int | None) -> Tensor:
    values = a.byte() if a.dtype == torch.bool else a
    return find(values, dim=axis)


@function(out=2)
def argmax(a: Tensor, axis: int | None = None) -> Tensor:
    """Where the largest element lies along an axis, or in the flattened array, as int64."""
    return _place(torch.argmax, a, axis)


@function(out=2)
def argmin(a: Tensor, axis: int | None = None) -> Tensor:
    """Where the smallest element lies along an axis, or in the flattened array, as int64."""
    return _place(torch.argmin, a, axis)


@function(out=3)
def cumsum(a: Tensor, axis: int | None = None, dtype: DTypeLike = None) -> Tensor:
    """Running sum along an axis, or of the flattened array."""
    values = a.reshape(-1) if axis is None else a
    return torch.cumsum(values, dim=0 if axis is None else axis, dtype=_sum_type(a, dtype))


@function(out=4)
def average(a: Tensor, axis: Axes = None, weights: Tensor | None = None, returned: bool = False) -> Any:
    """Mean over axes, weighted by ``weights`` (of the shape of ``a``, or one number an element of a single axis).

    With ``returned=True`` gives the mean and the sum of the weights.
    """
    values = a.to(_mean_type(a, None))
    axes = _axes(a, axis)
    if weights is None:
        found = values.mean(dim=axes) if axes else values
        total = torch.full_like(found, a.numel() // max(found.numel(), 1))
    else:
        w = weights.to(values.dtype)
        if w.shape != a.shape:
            if len(axes) != 1 or w.ndim != 1 or w.shape[0] != a.shape[axes[0]]:
                raise ValueError(f"weights of shape {tuple(w.shape)} do not fit an array of shape {tuple(a.shape)}")
            w = w.reshape([-1 if i == axes[0] else 1 for i in range(a.ndim)]).expand(a.shape)
        total = w.sum(dim=axes)
        found = (values * w).sum(dim=axes) / total
    return [found, total] if returned else found


FUNCTIONS: dict[str, Any] = {
    "all": all_,
    "amax": max_,
    "amin": min_,
    "any": any_,
    "argmax": argmax,
    "argmin": argmin,
    "average": average,
    "cumsum": cumsum,
    "max": max_,
    "mean": mean,
    "min": min_,
    "prod": prod,
    "product": prod,
    "sometrue": any_,
    "std": std,
    "sum": sum_,
    "var": var,
}
