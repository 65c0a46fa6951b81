"""Functions that arrange elements anew: shapes, joining, repeating, turning."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Optional

import torch
from torch import Tensor

from ...params import OpenShape, Shape
from ...registry import Display, OpDef, op
from ...shapes import TypeRule
from ...types import ShapeLike
from .families import all_of_one_type


def one_axis(x: Tensor, axis: int, extra: int = 0) -> int:
    """An axis counted from the front; ``extra`` axes are about to be added."""
    n = x.ndim + extra
    if not -n <= axis < n:
        raise IndexError(f"axis {axis} is out of bounds for {n} axes")
    return axis % n


def lengths(shape: ShapeLike) -> tuple[int, ...]:
    """A shape or list of axes as a tuple; a single number counts as one."""
    return (shape,) if isinstance(shape, int) else tuple(map(int, shape))


def row_major(order: str) -> None:
    """Refuse orders of elements other than that of rows."""
    if order not in ("C", "K"):
        raise NotImplementedError(f"only row-major order (C) is supported, got {order!r}")


@op("_np_reshape", aliases_input=True)
def reshape(a: Tensor, *, newshape: Shape, order: str = "C") -> Tensor:
    """The same elements in another shape; one length may be -1 and follows from the others."""
    row_major(order)
    target = lengths(newshape)
    if min(target, default=0) < -1:
        raise ValueError(f"newshape {target} has lengths below -1")
    return a.reshape(target)


@op(
    "_np_transpose",
    aliases_input=True,
    display=Display(printed={"axes": "Shape(tuple), optional, default=None"}),
)
def transpose(a: Tensor, *, axes: Optional[Shape] = None) -> Tensor:
    """The axes in another order, reversed by default."""
    if axes is None or axes == ():
        return a.permute(tuple(reversed(range(a.ndim))))
    order = lengths(axes)
    if len(set(order)) < len(order):
        raise ValueError(f"an axis occurs twice in axes {order}")
    return a.permute(order)


@op("_np_moveaxis", aliases_input=True)
def moveaxis(a: Tensor, *, source: Shape, destination: Shape) -> Tensor:
    """Axes moved to other places; the rest keep their order."""
    return torch.moveaxis(a, source, destination)


@op("_np_squeeze", aliases_input=True)
def squeeze(a: Tensor, *, axis: Optional[Shape] = None) -> Tensor:
    """Without its axes of length 1, or without some of them."""
    if axis is None:
        return a.squeeze()
    if not a.ndim and axis in (0, -1, (0,), (-1,)):  # as NumPy, which counts a number as a vector here
        return a
    axes = [one_axis(a, i) for i in lengths(axis)]
    for i in axes:
        if a.shape[i] != 1:
            raise ValueError(f"cannot drop axis {i}, whose length is {a.shape[i]}")
    return a.squeeze(axes)


@op("_npi_broadcast_to")
def broadcast_to(array: Tensor, *, shape: OpenShape = ()) -> Tensor:
    """An array repeated along axes until it has ``shape``; -2 keeps the length of an axis."""
    target = lengths(shape)
    kept = (1,) * (len(target) - array.ndim) + tuple(array.shape)
    return array.expand([k if n == -2 else n for n, k in zip(target, kept)]).clone()


@op("_np_copy", same_shape=True)
def copy(a: Tensor) -> Tensor:
    """A copy."""
    return a.clone(memory_format=torch.contiguous_format)


# ---------------------------------------------------------------------- joining


def _promotes(registered: OpDef) -> OpDef:
    """Declare that the inputs may have several types, and the result that to which they are promoted."""

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        known = [t[name] for name in t.inputs]
        if None not in known:
            t.unify(t.outputs[0], all_of_one_type([torch.empty(0, dtype=d, device="meta") for d in known])[0].dtype)

    return registered


# What MXNet prints of those that share its parameters of joining, though not all look at them.
_JOINING = Display(
    listed=("data", "num_args", "dim"), printed={"num_args": "int, required", "dim": "int, optional, default='1'"}
)


@op("_npi_concatenate", variadic="num_args", display=_JOINING, outputs=("out",))
def concatenate(*data: Tensor, axis: Optional[int] = 0) -> Tensor:
    """Join arrays along an axis that they have (None: all elements along one axis)."""
    arrays = all_of_one_type(data)
    if axis is None:
        return torch.cat([x.reshape(-1) for x in arrays])
    return torch.cat(arrays, dim=one_axis(arrays[0], axis))


@op(
    "_npi_stack",
    variadic="num_args",
    display=Display(listed=("data", "axis", "num_args")),
)
def stack(*data: Tensor, axis: int = 0) -> Tensor:
    """Join arrays of one shape along a new axis."""
    parts = all_of_one_type(data)
    return torch.stack(parts, dim=one_axis(parts[0], axis, 1))


@op("_npi_vstack", variadic="num_args")
def vstack(*data: Tensor) -> Tensor:
    """Join arrays along the first axis; those of one axis are rows."""
    return torch.vstack(all_of_one_type(data))


@op("_npi_hstack", variadic="num_args", display=_JOINING, outputs=("out",))
def hstack(*data: Tensor) -> Tensor:
    """Join arrays along the second axis, or the first where there is no other."""
    return torch.hstack(all_of_one_type(data))


@op("_npi_dstack", variadic="num_args", display=_JOINING, outputs=("out",))
def dstack(*data: Tensor) -> Tensor:
    """Join arrays along the third axis."""
    return torch.dstack(all_of_one_type(data))


@op("_npi_column_stack", variadic="num_args")
def column_stack(*data: Tensor) -> Tensor:
    """Join arrays along the second axis; those of one axis are columns."""
    return torch.column_stack(all_of_one_type(data))


for _registered in (concatenate, stack, vstack, hstack, dstack, column_stack):
    _promotes(_registered)

# ---------------------------------------------------------------------- turning


@op("_npi_flip", display=Display(printed={"axis": "Shape(tuple), required"}))
def flip(data: Tensor, *, axis: Optional[Shape] = None) -> Tensor:
    """Elements in reverse order along axes (all of them by default)."""
    return data.flip(tuple(range(data.ndim)) if axis is None else [one_axis(data, i) for i in lengths(axis)])


@op("_np_roll")
def roll(data: Tensor, *, shift: Optional[Shape] = None, axis: Optional[Shape] = None) -> Tensor:
    """Elements moved along axes, those that leave at one end coming back at the other."""
    if shift is None:
        raise ValueError("shift must be given")
    if axis is None:
        return torch.roll(data, int(shift) if isinstance(shift, int) else sum(shift))
    shifts, axes = lengths(shift), lengths(axis)
    count = max(len(shifts), len(axes))
    if not axes:
        return data.clone()
    shifts, axes = (v * count if len(v) == 1 else v for v in (shifts, axes))
    return torch.roll(data, shifts, axes)


@op("_npi_rot90")
def rot90(data: Tensor, *, k: int = 1, axes: Optional[Shape] = None) -> Tensor:
    """A plane of two axes (the first two by default), turned by 90 degrees ``k`` times."""
    return torch.rot90(data, k, (0, 1) if axes is None else lengths(axes))


def _outputs(p: SimpleNamespace) -> tuple[str, ...]:
    return ("output",) if p.num_args == 1 else tuple([f"output{i}" for i in range(p.num_args)])


def _at_least(count: int, widen: Callable[[Tensor], Tensor]) -> OpDef:
    @op(f"_np_atleast_{count}d", variadic="num_args", outputs=_outputs, aliases_input=True)
    def at_least(*arys: Tensor, num_args: int) -> list:
        found = [widen(x) for x in arys]
        return found[0] if num_args == 1 else found

    at_least.fn.__doc__ = f"Arrays with axes of length 1 added until they have {count}."
    return at_least


atleast_1d = _at_least(1, torch.atleast_1d)
atleast_2d = _at_least(2, torch.atleast_2d)
atleast_3d = _at_least(3, torch.atleast_3d)
