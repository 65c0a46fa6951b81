"""Functions that arrange elements anew: shapes, joining, splitting, repeating, turning."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as onp
import torch
from torch import Tensor

from .._core.ops.numpy.families import promoted
from .._core.types import Axes, ShapeLike
from ._array import _row_major, ndarray
from ._calls import NUMBERS, function
from ._creation import full


def _one_axis(x: Tensor, axis: int, extra: int = 0) -> int:
    n = x.ndim + extra
    if not -n <= axis < n:
        raise IndexError(f"axis {axis} is out of bounds for {n} axes")
    return axis % n


def _lengths(shape: ShapeLike) -> tuple[int, ...]:
    return (shape,) if isinstance(shape, int) else tuple(int(n) for n in shape)


@function(out=3)
def reshape(a: Tensor, newshape: ShapeLike, order: str = "C") -> Tensor:
    """The same elements in another shape; one length may be -1 and follows from the others."""
    _row_major(order)
    target = _lengths(newshape)
    if any(n < -1 for n in target):
        raise ValueError(f"newshape {target} has lengths below -1")
    return a.reshape(target)


@function(numbers=True)
def ravel(x: Tensor, order: str = "C") -> Tensor:
    """All elements along one axis."""
    _row_major(order)
    return x.reshape(-1)


@function
def transpose(a: Tensor, axes: Any = None) -> Tensor:
    """The axes in another order, reversed by default."""
    if axes is None or axes == ():
        return a.permute(tuple(reversed(range(a.ndim))))
    order = _lengths(axes)
    if len(set(order)) < len(order):
        raise ValueError(f"an axis occurs twice in axes {order}")
    return a.permute(order)


@function
def swapaxes(a: Tensor, axis1: int, axis2: int) -> Tensor:
    """Two axes exchanged."""
    return a.swapaxes(_one_axis(a, axis1), _one_axis(a, axis2))


@function
def moveaxis(a: Tensor, source: int | Sequence[int], destination: int | Sequence[int]) -> Tensor:
    """Axes moved to other places; the rest keep their order."""
    return torch.moveaxis(a, source, destination)


@function
def expand_dims(a: Tensor, axis: int) -> Tensor:
    """A new axis of length 1."""
    return a.unsqueeze(_one_axis(a, axis, 1))


@function(out=2)
def squeeze(a: Tensor, axis: Axes = None) -> Tensor:
    """Without its axes of length 1, or without some of them."""
    if axis is None:
        return a.squeeze()
    if not a.ndim and axis in (0, -1):  # as NumPy, which counts a number as a vector here
        return a
    axes = [_one_axis(a, i) for i in _lengths(axis)]
    for i in axes:
        if a.shape[i] != 1:
            raise ValueError(f"cannot drop axis {i}, whose length is {a.shape[i]}")
    return a.squeeze(axes)


def broadcast_to(array: Tensor, shape: ShapeLike) -> Any:
    """An array repeated along axes until it has ``shape``, or an array of one number.

    -2 in ``shape`` keeps the length of an axis.
    """
    return full(shape, array) if isinstance(array, NUMBERS) else _broadcast_to(array, shape)


@function(name="broadcast_to")
def _broadcast_to(array: Any, shape: ShapeLike) -> Tensor:
    target = _lengths(shape)
    kept = (1,) * (len(target) - array.ndim) + tuple(array.shape)
    return array.expand([k if n == -2 else n for n, k in zip(target, kept)]).clone()


@function
def broadcast_arrays(*args: Any) -> Any:
    """Several arrays, each broadcast to their common shape."""
    return [x.clone() for x in torch.broadcast_tensors(*args)]


# ---------------------------------------------------------------------- joining


def _of_one_type(arrays: Any) -> list[Tensor]:
    if isinstance(arrays, Tensor):
        return list(arrays.unbind(0))
    arrays = list(arrays)
    if not arrays:
        raise ValueError("needs at least one array")
    dtype = arrays[0].dtype
    for x in arrays:
        dtype = dtype if x.dtype == dtype else promoted(dtype, x.dtype)
    return [x.to(device=arrays[0].device, dtype=dtype) for x in arrays]


@function(out=2)
def concatenate(seq: Sequence[Tensor], axis: int | None = 0) -> Tensor:
    """Join arrays along an axis that they have (None: all elements along one axis)."""
    arrays = _of_one_type(seq)
    if axis is None:
        return torch.cat([x.reshape(-1) for x in arrays])
    return torch.cat(arrays, dim=_one_axis(arrays[0], axis))


@function(out=2)
def stack(arrays: Sequence[Tensor], axis: int = 0) -> Tensor:
    """Join arrays of one shape along a new axis."""
    parts = _of_one_type(arrays)
    return torch.stack(parts, dim=_one_axis(parts[0], axis, 1))


@function(out=1)
def vstack(arrays: Sequence[Tensor]) -> Tensor:
    """Join arrays along the first axis; those of one axis are rows."""
    return torch.vstack(_of_one_type(arrays))


@function
def row_stack(arrays: Sequence[Tensor]) -> Tensor:
    """Join arrays along the first axis; those of one axis are rows."""
    return torch.vstack(_of_one_type(arrays))


@function
def hstack(arrays: Sequence[Tensor]) -> Tensor:
    """Join arrays along the second axis, or the first where there is no other."""
    return torch.hstack(_of_one_type(arrays))


@function
def dstack(arrays: Sequence[Tensor]) -> Tensor:
    """Join arrays along the third axis."""
    return torch.dstack(_of_one_type(arrays))


@function
def column_stack(tup: Sequence[Tensor]) -> Tensor:
    """Join arrays along the second axis; those of one axis are columns."""
    return torch.column_stack(_of_one_type(tup))


@function
def append(arr: Tensor, values: Tensor, axis: int | None = None) -> Tensor:
    """``values`` behind ``arr`` along an axis (None: all elements along one axis)."""
    arrays = _of_one_type([arr, values])
    if axis is None:
        return torch.cat([x.reshape(-1) for x in arrays])
    return torch.cat(arrays, dim=_one_axis(arr, axis))


# ---------------------------------------------------------------------- splitting


def _parts(ary: Tensor, where: object, axis: int, equal: bool) -> list[Tensor]:
    axis = _one_axis(ary, axis)
    if isinstance(where, int):
        if where < 1:
            raise ValueError(f"the number of sections must be positive, got {where}")
        if equal and ary.shape[axis] % where:
            raise ValueError("array split does not result in an equal division")
        pieces = torch.tensor_split(ary, where, dim=axis)
    elif isinstance(where, (list, tuple, set)):
        pieces = torch.tensor_split(ary, [int(i) for i in where], dim=axis)
    else:
        raise ValueError(
            f"indices_or_sections must be an int, or a tuple, list or set of ints, got {type(where).__name__}"
        )
    return [p.clone() for p in pieces]


@function
def split(ary: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> Any:
    """Cut into a number of equal sections, or at the given positions; gives a list."""
    return _parts(ary, indices_or_sections, axis, equal=True)


@function
def array_split(ary: Tensor, indices_or_sections: int | Sequence[int], axis: int = 0) -> Any:
    """As :func:`split`, but the first sections are one longer where the length cannot be divided."""
    return _parts(ary, indices_or_sections, axis, equal=False)


@function
def hsplit(ary: Tensor, indices_or_sections: int | Sequence[int]) -> Any:
    """:func:`split` along the second axis, or the first where there is no other."""
    return _parts(ary, indices_or_sections, min(1, ary.ndim - 1), equal=True)


@function
def vsplit(ary: Tensor, indices_or_sections: int | Sequence[int]) -> Any:
    """:func:`split` along the first axis of an array of two or more axes."""
    if ary.ndim < 2:
        raise ValueError("vsplit only works on arrays of 2 or more dimensions")
    return _parts(ary, indices_or_sections, 0, equal=True)


@function
def dsplit(ary: Tensor, indices_or_sections: int | Sequence[int]) -> Any:
    """:func:`split` along the third axis."""
    if ary.ndim < 3:
        raise ValueError("dsplit only works on arrays of 3 or more dimensions")
    return _parts(ary, indices_or_sections, 2, equal=True)


# ---------------------------------------------------------------------- repeating and turning


@function
def repeat(a: Tensor, repeats: int, axis: int | None = None) -> Tensor:
    """Each element, or each slice along an axis, several times."""
    if axis is None:
        return a.reshape(-1).repeat_interleave(repeats)
    return a.repeat_interleave(repeats, dim=_one_axis(a, axis))


@function
def tile(A: Tensor, reps: int | Sequence[int]) -> Tensor:
    """The array several times side by side, along each axis."""
    return torch.tile(A, _lengths(reps))


@function(out=2, numbers=True)
def flip(m: Tensor, axis: Axes = None) -> Tensor:
    """Elements in reverse order along axes (all of them by default)."""
    return m.flip(tuple(range(m.ndim)) if axis is None else [_one_axis(m, i) for i in _lengths(axis)])


@function
def fliplr(m: Tensor) -> Tensor:
    """Elements in reverse order along the second axis."""
    return m.flip(_one_axis(m, 1))


@function
def flipud(m: Tensor) -> Tensor:
    """Elements in reverse order along the first axis."""
    return m.flip(_one_axis(m, 0))


@function
def roll(a: Tensor, shift: int | Sequence[int], axis: Axes = None) -> Tensor:
    """Elements moved along axes, those that leave at one end coming back at the other."""
    if axis is None:
        return torch.roll(a, int(shift) if isinstance(shift, int) else sum(shift))
    shifts, axes = onp.broadcast_arrays(shift, axis)
    return torch.roll(a, shifts.ravel().tolist(), axes.ravel().tolist()) if axes.size else a


@function
def rot90(m: Tensor, k: int = 1, axes: Any = (0, 1)) -> Tensor:
    """A plane of two axes, turned by 90 degrees ``k`` times."""
    return torch.rot90(m, k, _lengths(axes))


def _at_least(count: int, widen: Any) -> Any:
    @function(name=f"atleast_{count}d")
    def at_least(*arys: Any) -> Any:
        made = [widen(x) for x in arys]
        return made[0] if len(made) == 1 else made

    at_least.__doc__ = f"Arrays with axes of length 1 added until they have {count}; one array, or a list of several."
    return at_least


def shape(a: ndarray) -> tuple[int, ...]:
    """The shape of an array."""
    return a.shape


@function(out=1)
def copy(a: Tensor) -> Tensor:
    """A copy."""
    return a.clone()


def meshgrid(*xi: ndarray, **kwargs: Any) -> list[ndarray]:
    """Grids of coordinates from vectors of them.

    Parameters
    ----------
    *xi : ndarray of one axis
    indexing : {"xy", "ij"}
        Whether the first vector runs along the second axis, or along the first.
    """
    indexing = kwargs.pop("indexing", "xy")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"indexing must be 'xy' or 'ij', got {indexing!r}")
    kwargs.pop("copy", None)
    if kwargs.pop("sparse", False):
        raise NotImplementedError("meshgrid does not support sparse=True")
    if kwargs:
        raise TypeError(f"meshgrid got unknown keywords: {', '.join(kwargs)}")
    return list(_grids(*xi, swap=indexing == "xy"))


@function(name="meshgrid")
def _grids(*xi: Any, swap: bool) -> Any:
    vectors = [torch.atleast_1d(x) for x in xi]
    shape = [x.numel() for x in vectors]
    grids = [x.reshape([-1 if i == j else 1 for j in range(len(xi))]).expand(shape) for i, x in enumerate(vectors)]
    return [g.swapaxes(0, 1).clone() if swap and len(xi) > 1 else g.clone() for g in grids]


FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (
        append, array_split, broadcast_arrays, broadcast_to, column_stack, concatenate, copy, dsplit, dstack,
        expand_dims, flip, fliplr, flipud, hsplit, hstack, meshgrid, moveaxis, ravel, repeat, reshape, roll, rot90,
        row_stack, shape, split, squeeze, stack, swapaxes, tile, transpose, vsplit, vstack,
        _at_least(1, torch.atleast_1d), _at_least(2, torch.atleast_2d), _at_least(3, torch.atleast_3d),
    )
}  # fmt: skip
