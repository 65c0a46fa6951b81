"""Reductions over any axes: sums, products, extrema, norms."""

from collections.abc import Callable, Sequence
from typing import Annotated, Any, Optional

import torch
from torch import Tensor

from ...params import DTypeOf, Shape
from ...registry import Display, Gradients, OpDef, Params, Tensors, op
from ...shapes import TypeRule
from .axes import at_least_1d, reduced_axes


def reduction(
    name: str, fn: Callable[..., Any], doc: str, *aliases: str, whole: Callable[..., Tensor] | None = None
) -> OpDef:
    """Register a reduction with the parameters ``axis``, ``keepdims`` and ``exclude``.

    Parameters
    ----------
    fn : callable
        ``fn(data, axes, keepdims)`` gets the axes to reduce, at least one unless the array has none.
    whole : callable, optional
        A faster way from a whole array of floats to one number.
    """

    def run(data: Tensor, *, axis: Optional[Shape] = None, keepdims: bool = False, exclude: bool = False) -> Tensor:
        if whole is not None and not axis and not keepdims and data.is_floating_point():
            return whole(data).reshape(1)
        axes = reduced_axes(data.dim(), axis, exclude)
        if not axes and data.dim():  # each element on its own
            return fn(data.unsqueeze(-1), (data.dim(),), False)
        result = fn(data, axes, keepdims)
        return result if result.dim() else result.reshape(1)

    run.__doc__ = (
        f"{doc}\n\n``axis`` (one, several, or all of them by default) is reduced away; with ``exclude`` all "
        "others are. ``keepdims`` leaves\naxes of size 1. The type stays; a single number has the shape "
        "``(1,)``."
    )
    return op(name, aliases=aliases, methods=not name.startswith("_"))(run)


def _sum(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    if data.is_floating_point():
        return torch.sum(data, axes, keepdims)
    return torch.sum(data, axes, keepdims, dtype=data.dtype)


def _count(data: Tensor, axes: Sequence[int]) -> int:
    count = 1
    for a in axes:
        count *= data.shape[a]
    return count


def _mean(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    if data.is_floating_point():
        if _count(data, axes) == 1:  # as in losses, whose last axis has often been picked from
            return data.clone() if keepdims else data.squeeze(axes).clone()
        return torch.mean(data, axes, keepdims)
    total = _sum(data, axes, keepdims)
    if data.dtype is torch.bool:
        return total
    count = _count(data, axes)
    # The sum may have wrapped around: as in MXNet it is held in the type of the data.
    return torch.div(total.long(), count, rounding_mode="trunc").to(data.dtype) if count else total


def _prod(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    # Torch multiplies over one axis at a time.
    if len(axes) == data.dim():
        result = torch.prod(data, dtype=data.dtype)
        return result.reshape((1,) * data.dim()) if keepdims else result
    for a in reversed(axes):
        data = torch.prod(data, a, keepdims, dtype=data.dtype)
    return data


def _nansum(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    if data.is_floating_point():
        return torch.nansum(data, axes, keepdims)
    return _sum(data, axes, keepdims)


def _nanprod(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    if data.is_floating_point():
        data = torch.where(torch.isnan(data), torch.ones((), dtype=data.dtype, device=data.device), data)
    return _prod(data, axes, keepdims)


def _nonempty(data: Tensor) -> None:
    if data.numel() == 0:
        raise ValueError(f"data must have elements, got the shape {tuple(data.shape)}")


def _max(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    _nonempty(data)
    return torch.amax(data, axes, keepdims)


def _min(data: Tensor, axes: Sequence[int], keepdims: bool) -> Tensor:
    _nonempty(data)
    return torch.amin(data, axes, keepdims)


reduction("sum", _sum, "Sum.", "sum_axis", "_sparse_sum", whole=torch.sum)
reduction("mean", _mean, "Mean; of integers rounded toward zero.", "_sparse_mean", whole=torch.mean)
reduction("prod", _prod, "Product.", whole=torch.prod)
reduction("nansum", _nansum, "Sum in which NaN counts as 0.", whole=torch.nansum)
reduction("nanprod", _nanprod, "Product in which NaN counts as 1.")
reduction("_square_sum", lambda data, axes, keepdims: _sum(data * data, axes, keepdims), "Sum of squares.")
maximum = reduction("max", _max, "Maximum. The gradient goes to every element that equals it.", "max_axis")
minimum = reduction("min", _min, "Minimum. The gradient goes to every element that equals it.", "min_axis")


@maximum.backward
@minimum.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    """Torch shares the gradient among equal elements; MXNet gives each of them all of it."""
    data = inputs[0]
    shape = list(data.shape)
    for a in reduced_axes(data.dim(), p.axis, p.exclude):
        shape[a] = 1
    return ((data == outputs[0].reshape(shape)) * grads[0].reshape(shape),)


NormType = Annotated[Any, DTypeOf("float16", "float32", "float64", "int8", "int32", "int64")]


@op("norm", methods=True, aliases=("_sparse_norm",))
def norm(
    data: Tensor,
    *,
    ord: int = 2,
    axis: Optional[Shape] = None,
    out_dtype: Optional[NormType] = None,
    keepdims: bool = False,
) -> Tensor:
    """Norm over ``axis`` (by default over all elements), as one vector also over several axes.

    ``ord`` is 1 (sum of magnitudes) or 2 (square root of the sum of squares). The gradient at zero is zero.

    Parameters
    ----------
    ord
        1 or 2.
    out_dtype
        The type of the result, by name.
    """
    if ord not in (1, 2):
        raise ValueError(f"ord must be 1 or 2, got {ord}")
    axes = reduced_axes(data.dim(), axis)
    wide = data if data.is_floating_point() else data.float()
    result = torch.linalg.vector_norm(wide, ord, axes, keepdims)
    return at_least_1d(result).to(out_dtype or data.dtype)


@norm.infer_type
def _(t: TypeRule, p: Params) -> None:
    if p.out_dtype is None:
        t.same()
    else:
        t.unify("output", p.out_dtype)


@op("moments", display=Display(input_named=True), outputs=("output0", "output1"))
def moments(data: Tensor, *, axes: Optional[Shape] = None, keepdims: bool = False) -> tuple:
    """Mean and variance (of the whole population) over ``axes``, which must be given."""
    if not axes:
        raise ValueError("axes must name the axes to reduce, got none; name all of them for global moments")
    over = reduced_axes(data.dim(), axes)
    if data.is_floating_point():
        mean = torch.mean(data, over, True)
        var = torch.mean(torch.square(data - mean), over, keepdims)
    else:
        mean = _mean(data, over, True)
        var = _mean(torch.square(data - mean), over, keepdims)
    if not keepdims:
        mean = mean.reshape(var.shape)
    return at_least_1d(mean), at_least_1d(var)
