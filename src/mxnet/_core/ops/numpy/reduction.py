"""Functions that reduce axes: sums, means, extremes, and where they lie."""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Optional

import torch
from torch import Tensor

from ...dtypes import torch_dtype
from ...params import Double, DTypeOrNone, Shape
from ...registry import Display, OpDef, op
from ...shapes import TypeRule
from ...types import Axes, DTypeLike
from .families import promoted

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


_LISTED = "'float16', 'float32', 'float64', 'int32', 'int64', 'int8'},optional, default='None'"
_OF_SUMS = {"dtype": f"{{None, 'bool', {_LISTED}"}
_OF_DEVIATIONS = {"dtype": f"{{None, {_LISTED}"}


@op("_np_sum", display=Display(printed=_OF_SUMS))
def sum_(
    a: Tensor,
    *,
    axis: Optional[Shape] = None,
    dtype: DTypeOrNone = None,
    keepdims: bool = False,
    initial: Optional[Double] = None,
) -> Tensor:
    """Sum over axes (all of them by default); it has the type of the elements.

    Parameters
    ----------
    a : Tensor
    axis : int or tuple of int, optional
    dtype : optional
        The type to sum in; that of ``a`` by default (int64 for booleans).
    keepdims : bool
        Keep the reduced axes with length 1.
    initial : number, optional
        What the sum starts from.
    """
    axes, wanted = _axes(a, axis), _sum_type(a, dtype)
    working = _working(a, wanted)
    found = torch.sum(a, dim=axes, keepdim=keepdims, dtype=working) if axes else a.to(working)
    return (found if initial is None else found + initial).to(wanted)


@op(
    "_np_prod",
    aliases=("_np_product",),
    display=Display(listed=("axis", "dtype", "keepdims", "initial", "a"), printed=_OF_SUMS),
)
def prod(
    a: Tensor,
    *,
    axis: Optional[Shape] = None,
    dtype: DTypeOrNone = None,
    keepdims: bool = False,
    initial: Optional[Double] = None,
) -> Tensor:
    """Product over axes (all of them by default); arguments as those of :func:`sum`."""
    wanted = _sum_type(a, dtype)
    found = a.to(_working(a, wanted))
    for axis_ in sorted(_axes(a, axis), reverse=True):
        found = torch.prod(found, dim=axis_, keepdim=keepdims, dtype=found.dtype)
    return (found if initial is None else found * initial).to(wanted)


@op("_npi_mean", display=Display(printed=_OF_SUMS))
def mean(
    a: Tensor,
    *,
    axis: Optional[Shape] = None,
    dtype: DTypeOrNone = None,
    keepdims: bool = False,
    initial: Optional[Double] = None,
) -> Tensor:
    """Mean over axes (all of them by default); that of integers is float32.

    One of an integer type is the sum in that type, which may pass its limits, divided without a rest. ``initial`` is
    there for the sake of graphs, and None.
    """
    if initial is not None:
        raise ValueError(f"a mean has no initial value, got initial={initial}")
    wanted = _mean_type(a, dtype)
    axes = _axes(a, axis)
    if not axes:
        return a.to(wanted)
    if wanted is torch.bool:
        return torch.any(a != 0, dim=axes, keepdim=keepdims)
    if not wanted.is_floating_point:
        total = torch.sum(a, dim=axes, keepdim=keepdims, dtype=_working(a, wanted)).to(wanted)
        return torch.div(total, max(math.prod(a.shape[i] for i in axes), 1), rounding_mode="trunc")
    return torch.mean(a, dim=axes, keepdim=keepdims, dtype=_working(a, wanted, real=True)).to(wanted)


def _variance(a: Tensor, axis: Axes, dtype: DTypeLike, ddof: float, keepdims: bool) -> tuple[Tensor, torch.dtype]:
    wanted = _mean_type(a, dtype)
    axes = _axes(a, axis)
    values = a.to(_working(a, wanted, real=True))
    n = math.prod(a.shape[i] for i in axes)
    if axes:
        squares = (values - values.mean(dim=axes, keepdim=True)).square().sum(dim=axes, keepdim=keepdims)
    else:
        squares = values - values  # NaN of what is not finite
    return squares / max(n - ddof, 0), wanted


@op("_npi_var", display=Display(printed=_OF_DEVIATIONS), outputs=("var",))
def var(
    a: Tensor,
    *,
    axis: Optional[Shape] = None,
    dtype: DTypeOrNone = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> Tensor:
    """Variance over axes, the sum of squared deviations divided by ``n - ddof``."""
    found, wanted = _variance(a, axis, dtype, ddof, keepdims)
    return found.to(wanted)


@op("_npi_std", display=Display(printed=_OF_DEVIATIONS), outputs=("std",))
def std(
    a: Tensor,
    *,
    axis: Optional[Shape] = None,
    dtype: DTypeOrNone = None,
    ddof: int = 0,
    keepdims: bool = False,
) -> Tensor:
    """Standard deviation over axes, the root of :func:`var`."""
    found, wanted = _variance(a, axis, dtype, ddof, keepdims)
    return found.sqrt().to(wanted)


def _extreme(
    reduce: Callable[..., Tensor],
    combine: Callable[[Tensor, Tensor], Tensor],
    a: Tensor,
    axis: Axes,
    keepdims: bool,
    initial: float | None,
) -> Tensor:
    axes = _axes(a, axis)
    if any(a.shape[i] == 0 for i in axes):
        if initial is None:
            raise ValueError(f"an array of shape {tuple(a.shape)} has no largest or smallest element")
        return torch.full_like(a.sum(dim=axes, keepdim=keepdims), initial, dtype=a.dtype)
    found = reduce(a, dim=axes, keepdim=keepdims) if axes else a.clone()
    return found if initial is None else combine(found, torch.full_like(found, initial))


@op("_np_max", aliases=("_np_amax",))
def max_(
    a: Tensor, *, axis: Optional[Shape] = None, keepdims: bool = False, initial: Optional[Double] = None
) -> Tensor:
    """Largest element over axes (all of them by default), and not less than ``initial``."""
    return _extreme(torch.amax, torch.maximum, a, axis, keepdims, initial)


@op("_np_min", aliases=("_np_amin",))
def min_(
    a: Tensor, *, axis: Optional[Shape] = None, keepdims: bool = False, initial: Optional[Double] = None
) -> Tensor:
    """Smallest element over axes (all of them by default), and not more than ``initial``."""
    return _extreme(torch.amin, torch.minimum, a, axis, keepdims, initial)


def _truth(reduce: Callable[..., Tensor], a: Tensor, axis: Axes, keepdims: bool) -> Tensor:
    axes = _axes(a, axis)
    return reduce(a != 0, dim=axes, keepdim=keepdims) if axes else a != 0


@op("_np_all", result_type=torch.bool)
def all_(data: Tensor, *, axis: Optional[Shape] = None, keepdims: bool = False) -> Tensor:
    """Whether all elements over axes are other than zero."""
    return _truth(torch.all, data, axis, keepdims)


@op("_np_any", aliases=("_np_sometrue",), result_type=torch.bool)
def any_(data: Tensor, *, axis: Optional[Shape] = None, keepdims: bool = False) -> Tensor:
    """Whether any element over axes is other than zero."""
    return _truth(torch.any, data, axis, keepdims)


def _place(find: Callable[..., Tensor], a: Tensor, axis: int | None, keepdims: bool) -> Tensor:
    values = a.byte() if a.dtype == torch.bool else a
    return find(values, dim=axis, keepdim=keepdims)


@op("_npi_argmax", result_type=torch.int64)
def argmax(data: Tensor, *, axis: Optional[int] = None, keepdims: bool = False) -> Tensor:
    """Where the largest element lies along an axis, or in the flattened array, as int64."""
    return _place(torch.argmax, data, axis, keepdims)


@op("_npi_argmin", result_type=torch.int64)
def argmin(data: Tensor, *, axis: Optional[int] = None, keepdims: bool = False) -> Tensor:
    """Where the smallest element lies along an axis, or in the flattened array, as int64."""
    return _place(torch.argmin, data, axis, keepdims)


def _two_when_asked(p: SimpleNamespace) -> int:
    return 2 if p.returned else 1


@op(
    "_npi_average",
    inputs=lambda p: ("a", "weights") if p.weighted else ("a",),
    outputs=("output0", "output1"),
    visible=_two_when_asked,
)
def average(
    a: Tensor,
    weights: Optional[Tensor] = None,
    *,
    axis: Optional[Shape] = None,
    returned: bool = False,
    weighted: bool = True,
) -> tuple[Tensor, Tensor]:
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
    return found, total


def _typed(registered: OpDef, result: Callable[[Any], torch.dtype]) -> None:
    """Declare the type of the result: the parameter ``dtype``, or what follows from the type of the array."""

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        dtype = getattr(p, "dtype", None)
        given = t[registered.inputs[0]]
        if dtype is not None or given is not None:
            t.unify(t.outputs[0], dtype or result(given))


for _registered in (sum_, prod):
    _typed(_registered, lambda dtype: torch.int64 if dtype == torch.bool else dtype)
for _registered in (mean, var, std):
    _typed(_registered, lambda dtype: torch.float32 if dtype in _INTEGERS else dtype)
