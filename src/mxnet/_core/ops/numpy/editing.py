"""Putting elements in, leaving some out, and going on with them beyond the edges.

Where each element of the result comes from is worked out by NumPy, over positions; the elements follow by one gather,
which has a gradient.
"""

from inspect import signature
from typing import Any, Literal, Optional

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import OperatorValueError
from ...params import Double, Shapes
from ...registry import Display, OpDef, Params, op
from ..elemwise.scalar import held
from ..signatures import with_signature, without
from .shape import one_axis


def _gathered(source: Tensor, axis: int, places: Any) -> Tensor:
    return source.index_select(axis, torch.as_tensor(np.ascontiguousarray(places), device=source.device))


def _along(arr: Tensor, axis: int | None) -> tuple[Tensor, int]:
    """The array, flattened without an axis, and the axis to edit."""
    return (arr.reshape(-1), 0) if axis is None else (arr, one_axis(arr, axis))


def _on_host(obj: Tensor) -> Any:
    """Positions as NumPy takes them: integers, or booleans. Shapes are inferred with any."""
    if obj.device.type == "meta":
        return np.zeros(obj.shape, np.int64)
    found = obj.cpu().numpy() if obj.dtype is torch.bool else obj.to(torch.int64).cpu().numpy()
    return found if found.size else np.zeros(0, np.int64)


def _says_where(p: Params) -> bool:
    """Whether parameters hold the position or the slice."""
    return any(v is not None for v in (p.int_ind, p.start, p.stop, p.step))


def _chosen(int_ind: int | None, start: int | None, stop: int | None, step: int | None) -> Any:
    return slice(start, stop, step) if int_ind is None else int_ind


@op(
    "_npi_delete",
    inputs=lambda p: ("arr",) if _says_where(p) else ("arr", "obj"),
    inert=("obj",),
    same_type=("arr", "output"),
)
def delete(
    arr: Tensor,
    obj: Optional[Tensor] = None,
    *,
    start: Optional[int] = None,
    stop: Optional[int] = None,
    step: Optional[int] = None,
    int_ind: Optional[int] = None,
    axis: Optional[int] = None,
) -> Tensor:
    """An array without the elements, or the slices along an axis, at positions.

    Parameters
    ----------
    arr : Tensor
    obj : Tensor, optional
        Positions from the front: others in it are overlooked.
    start, stop, step : int, optional
        A slice of positions.
    int_ind : int, optional
        One position.
    axis : int, optional
        By default the array is flattened.
    """
    source, at = _along(arr, axis)
    n = source.shape[at]
    if obj is None:
        positions = _chosen(int_ind, start, stop, step)
    else:
        if obj.device.type == "meta":
            raise NotImplementedError("how many positions there are in the array depends on their values")
        positions = _on_host(obj)
        if obj.ndim and obj.dtype is not torch.bool:  # MXNet overlooks those that are negative or past the end
            positions = positions[(positions >= 0) & (positions < n)]
    return _gathered(source, at, np.delete(np.arange(n), positions))


def _inserted(arr: Tensor, values: Any, positions: Any, axis: int | None) -> Tensor:
    """An array with values put in before positions (an int, a slice, or NumPy's integers)."""
    source, at = _along(arr, axis)
    new = torch.as_tensor(values, dtype=source.dtype, device=source.device)
    n = source.shape[at]
    places = np.arange(n)[positions] if isinstance(positions, slice) else np.asarray(positions)
    if places.size == 1:  # one position takes all the slices there are
        new = new.reshape((1,) * (source.ndim - new.ndim) + tuple(new.shape))
        new = new if places.ndim else new.movedim(0, at)
        places = np.full(new.shape[at], places.item())
    shape = list(source.shape)
    shape[at] = places.size
    joined = torch.cat([source, new.expand(shape)], dim=at)
    return _gathered(joined, at, np.insert(np.arange(n), places, n + np.arange(places.size)))


def _insert(
    arr: Tensor,
    values: Optional[Tensor] = None,
    obj: Optional[Tensor] = None,
    *,
    val: Optional[Double] = None,
    start: Optional[int] = None,
    stop: Optional[int] = None,
    step: Optional[int] = None,
    int_ind: Optional[int] = None,
    axis: Optional[int] = None,
) -> Tensor:
    new = held(val, arr.dtype) if val is not None else values
    return _inserted(arr, new, _chosen(int_ind, start, stop, step) if obj is None else _on_host(obj), axis)


_OBJ = """
    obj : Tensor
        The positions."""


def _insertion(name: str, what: str, by_array: bool = False) -> OpDef:
    """Register an insertion at a position or a slice, both of which are parameters, or at those in an array."""

    def insert(*arrays: Tensor, **given: Any) -> Tensor:
        if by_array and (len(arrays) < 3 or arrays[2] is None):
            raise OperatorValueError("obj must be given")
        return _insert(*arrays, **given)

    form, places, obj = signature(_insert), ("obj",) if by_array else (), _OBJ if by_array else ""
    doc = f"""An array with values put in before {what}, along an axis.

    Parameters
    ----------
    arr : Tensor
    values : Tensor, optional
        Broadcast to as many slices as there are positions, and converted to the type of ``arr``.{obj}
    val : number, optional
        Given instead of ``values``.
    start, stop, step, int_ind : int, optional
        The slice of positions, or the position; they mean nothing where an array has them.
    axis : int, optional
        By default the array is flattened.
    """
    return op(
        name,
        inputs=lambda p: ("arr", "values", *places) if p.val is None else ("arr", *places),
        inert=places,
        same_type=("arr", "output"),
    )(with_signature(insert, name, form if by_array else without(form, "obj"), doc))


insert_scalar = _insertion("_npi_insert_scalar", "a position")
insert_slice = _insertion("_npi_insert_slice", "those in a slice")
insert_tensor = _insertion("_npi_insert_tensor", "the positions in another array", by_array=True)


def _ends(p: Params) -> tuple[str, ...]:
    return ("input1", "input2", "input3")[: 1 + p.to_begin_arr_given + p.to_end_arr_given]


@op("_npi_ediff1d", inputs=_ends, same_type=("input1", "output"))
def ediff1d(
    input1: Tensor,
    input2: Optional[Tensor] = None,
    input3: Optional[Tensor] = None,
    *,
    to_begin_arr_given: bool = False,
    to_end_arr_given: bool = False,
    to_begin_scalar: Optional[Double] = None,
    to_end_scalar: Optional[Double] = None,
) -> Tensor:
    """Differences of neighbors among all elements, between what comes before and what comes behind them.

    Parameters
    ----------
    input1 : Tensor
    input2, input3 : Tensor, optional
        What comes before, then what comes behind, if they are arrays.
    to_begin_arr_given, to_end_arr_given : bool
        Whether they are.
    to_begin_scalar, to_end_scalar : number, optional
        What comes before and behind, if it is a number.
    """
    arrays = [x for x in (input2, input3) if x is not None]

    def part(given: bool, number: float | None) -> list[Tensor]:
        if given:
            return [arrays.pop(0).to(input1.dtype).reshape(-1)]
        return [] if number is None else [input1.new_full((1,), held(number, input1.dtype))]

    before = part(to_begin_arr_given, to_begin_scalar)
    behind = part(to_end_arr_given, to_end_scalar)
    return torch.cat([*before, torch.diff(input1.reshape(-1)), *behind])


_EXTREMES = {"maximum": torch.amax, "minimum": torch.amin}


@op(
    "_npi_pad",
    display=Display(
        printed={
            "mode": "{'constant', 'edge', 'maximum', 'minimum', 'reflect', 'symmetric'},optional, default='constant'"
        }
    ),
)
def pad(
    data: Tensor,
    *,
    pad_width: Shapes,
    mode: Literal["constant", "edge", "maximum", "minimum", "reflect", "symmetric", "wrap"] = "constant",
    constant_value: Double = 0.0,
    reflect_type: str = "even",
) -> Tensor:
    """An array that is wider at the edges.

    Parameters
    ----------
    data : Tensor
    pad_width : pairs of int
        How many elements come before and behind, along each axis or along all of them.
    mode : str
    constant_value : number
        For ``"constant"``.
    reflect_type : {"even"}
    """
    if reflect_type != "even":
        raise OperatorValueError(f"reflect_type must be 'even', got {reflect_type!r}")
    widths = np.broadcast_to(np.asarray(pad_width), (data.ndim, 2)).tolist()
    if any(n < 0 for pair in widths for n in pair):
        raise OperatorValueError(f"pad_width must not be negative, got {pad_width}")
    if mode == "constant":
        return F.pad(data, [n for pair in reversed(widths) for n in pair], value=held(constant_value, data.dtype))
    for axis, (before, behind) in enumerate(widths):
        if mode in _EXTREMES:
            shape = list(data.shape)
            ends = []
            for shape[axis] in (before, behind):
                ends.append(_EXTREMES[mode](data, dim=axis, keepdim=True).expand(shape))
            data = torch.cat([ends[0], data, ends[1]], dim=axis)
        elif before or behind:
            places = np.pad(np.arange(data.shape[axis]), (before, behind), mode)
            data = _gathered(data, axis, places)
    return data if any(map(any, widths)) else data.clone()
