"""Operators that stretch axes of size 1."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Optional

from torch import Tensor

from ...params import Shape
from ...registry import op
from ...shapes import ShapeRule


def _axis(name: str, a: int, ndim: int) -> int:
    if not -ndim <= a < ndim:
        raise ValueError(f"{name} {a} is out of range for an array of {ndim} dimensions")
    return a % ndim


def _expand(data: Tensor, shape: Sequence[int]) -> Tensor:
    """Arrays own their memory, so a stretched one is a copy."""
    return data.expand(shape).contiguous() if tuple(data.shape) != tuple(shape) else data.clone()


@op("broadcast_axis", methods=("broadcast_axes",), aliases=("broadcast_axes",))
def broadcast_axis(data: Tensor, *, axis: Shape = (), size: Shape = ()) -> Tensor:
    """Stretch the axes ``axis``, which have size 1, to the sizes ``size``.

    Parameters
    ----------
    size
        The new sizes of these axes.
    """
    if len(axis) != len(size):
        raise ValueError(f"axis and size must have the same length, got {axis} and {size}")
    shape = list(data.shape)
    for a, n in zip(axis, size):
        a = _axis("axis", a, data.dim())
        if data.shape[a] != 1:
            raise ValueError(f"axis {a} must have size 1 to be broadcast, the shape is {tuple(data.shape)}")
        shape[a] = n
    return _expand(data, shape)


def _stretched(have: Sequence[int], want: Sequence[int]) -> tuple[int, ...]:
    """The shape after broadcasting, where a size 0 of the target means that of the array."""
    if len(have) != len(want):
        raise ValueError(f"an array of shape {tuple(have)} cannot be broadcast to {tuple(want)}: the ranks differ")
    shape = tuple([h if not w else w for h, w in zip(have, want)])
    for h, n in zip(have, shape):
        if h not in (1, n):
            raise ValueError(f"an array of shape {tuple(have)} cannot be broadcast to {tuple(want)}")
    return shape


@op("broadcast_to")
def broadcast_to(data: Tensor, *, shape: Shape = ()) -> Tensor:
    """Stretch axes of size 1 so that the array gets a shape of the same rank; 0 keeps a size."""
    return _expand(data, _stretched(data.shape, shape))


@op("broadcast_like", aliases=("_npx_broadcast_like",), inert=("rhs",), same_type=("lhs", "output"))
def broadcast_like(
    lhs: Tensor, rhs: Tensor, *, lhs_axes: Optional[Shape] = None, rhs_axes: Optional[Shape] = None
) -> Tensor:
    """Stretch axes of size 1 so that the array gets the shape of another.

    With ``lhs_axes`` and ``rhs_axes`` only those axes of ``lhs`` get the sizes of those axes of ``rhs``.

    Parameters
    ----------
    lhs_axes
        Axes of ``lhs`` to stretch; all when not given.
    rhs_axes
        The axes of ``rhs`` whose sizes they get.
    """
    if lhs_axes is None or rhs_axes is None:
        if lhs.dim() != rhs.dim():
            raise ValueError(f"lhs and rhs must have the same rank, got {tuple(lhs.shape)} and {tuple(rhs.shape)}")
        return _expand(lhs, _stretched(lhs.shape, rhs.shape))
    if len(lhs_axes) != len(rhs_axes) or not lhs_axes:
        raise ValueError(f"lhs_axes and rhs_axes must name equally many axes, got {lhs_axes} and {rhs_axes}")
    shape = list(lhs.shape)
    for a, b in zip(lhs_axes, rhs_axes):
        a, b = _axis("lhs_axes", a, lhs.dim()), _axis("rhs_axes", b, rhs.dim())
        if lhs.shape[a] != 1:
            raise ValueError(f"axis {a} of lhs must have size 1 to be broadcast, its shape is {tuple(lhs.shape)}")
        shape[a] = rhs.shape[b]
    return _expand(lhs, shape)


@op("element_mask", inert=("rhs",))
def element_mask(lhs: Tensor, rhs: Tensor) -> Tensor:
    """The examples of ``lhs`` times one number each, which gets no gradient (of MXNet before 0.9)."""
    if rhs.dim() != 1 or not lhs.dim() or rhs.shape[0] != lhs.shape[0]:
        raise ValueError(f"rhs must have one number an example of lhs, got {tuple(lhs.shape)} and {tuple(rhs.shape)}")
    return lhs * rhs.detach().reshape(-1, *[1] * (lhs.dim() - 1))


@element_mask.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("lhs", "output")
    if s["lhs"] is not None:
        s.unify("rhs", s["lhs"][:1])
