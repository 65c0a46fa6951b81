"""Functions that put elements in, leave some out, or go on with them beyond the edges."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as onp

from .._core.ops.indexing.take import take
from .._core.ops.numpy import editing as ops
from .._core.ops.numpy.creation import arange
from .._core.ops.numpy.shape import lengths
from .._core.ops.numpy.shape import reshape as reshape_op
from .._core.ops.shape.reshape import shape_array
from .._core.registry import OpDef
from .._core.types import ShapeLike
from ..base import ArgumentTypeError, OperatorIndexError, OperatorValueError
from ._array import ndarray
from ._calls import NUMBERS, checked, is_symbol, refuse, run
from ._creation import arange as numbers_up_to
from ._creation import array
from ._elementwise import FUNCTIONS as _elementwise


def _operand(name: str, arr: Any, value: Any, dtype: Any = None) -> Any:
    """An array or symbol beside another one; lists and NumPy's integers become arrays beside an array."""
    if isinstance(value, ndarray) or is_symbol(value):
        return value
    if isinstance(arr, ndarray) and isinstance(value, (list, tuple)):
        return array(value, dtype or arr.dtype, arr._ctx)
    raise refuse(name, value)


def _positions(name: str, arr: Any, obj: Any) -> tuple[dict[str, Any], Any]:
    """Where to edit, as parameters or as an array of positions."""
    if isinstance(obj, slice):
        return {"start": obj.start, "stop": obj.stop, "step": 1 if obj.step is None else obj.step}, None
    if isinstance(obj, (int, onp.integer)) and not isinstance(obj, bool):
        return {"int_ind": int(obj)}, None
    if isinstance(obj, onp.ndarray):
        obj = obj.tolist()
    return {}, _operand(name, arr, obj, "int64")


def _from_the_front(arr: Any, obj: Any, axis: int | None) -> Any:
    """Positions in a list, which may be counted from the end, none of them past it."""
    if not isinstance(arr, ndarray) or not isinstance(obj, (list, tuple, onp.ndarray)):
        return obj
    length = arr.size if axis is None else arr.shape[axis]
    try:
        return onp.arange(length)[onp.asarray(obj) if len(obj) else []].tolist()
    except IndexError as e:
        raise OperatorIndexError(f"Operator delete: {e}") from None


def delete(arr: ndarray, obj: Any, axis: int | None = None) -> ndarray:
    """Without the elements, or the slices along an axis, at positions.

    Parameters
    ----------
    arr : ndarray
    obj : int, slice, or integers
        An array of integers means positions from the front: others in it are overlooked.
    axis : int, optional
        By default the array is flattened.
    """
    where, positions = _positions("delete", arr, _from_the_front(arr, obj, axis))
    return run(ops.delete, "delete", [arr] if where else [arr, positions], {**where, "axis": axis})


def insert(arr: ndarray, obj: Any, values: Any, axis: int | None = None) -> ndarray:
    """With ``values`` put in before positions, along an axis.

    Parameters
    ----------
    arr : ndarray
    obj : int, slice, or integers
    values : ndarray or number
        Broadcast to as many slices as there are positions, and converted to the type of ``arr``.
    axis : int, optional
        By default the array is flattened.
    """
    where, positions = _positions("insert", arr, obj)
    params = {**where, "axis": axis}
    if isinstance(values, NUMBERS):
        params["val"] = values
        new = None
    else:
        new = _operand("insert", arr, values)
    od: OpDef = ops.insert_tensor if not where else ops.insert_slice if isinstance(obj, slice) else ops.insert_scalar
    return run(od, "insert", [arr, new] if where else [arr, new, positions], params)


def resize(a: ndarray, new_shape: ShapeLike) -> ndarray:
    """In another shape, of any size: elements are repeated as often as needed, or cut off; without any, zeros."""
    shape = lengths(new_shape)
    if min(shape, default=0) < 0:
        raise OperatorValueError(f"Operator resize: new_shape must not have negative lengths, got {new_shape}")
    if isinstance(a, ndarray):
        places = numbers_up_to(math.prod(shape), dtype="int64", ctx=a._ctx)
    elif is_symbol(a):
        places = a._apply(arange, (), {"start": 0, "stop": math.prod(shape), "dtype": "int64"})
    else:
        raise refuse("resize", a)
    flat = run(reshape_op, "resize", [a], {"newshape": -1})
    count = _elementwise["maximum"](run(shape_array, "resize", [flat], {}), 1)
    with_zero = run(ops.pad, "resize", [flat], {"pad_width": ((0, 1),)})  # which is what an empty array gives
    taken = run(take, "resize", [with_zero, _elementwise["mod"](places, count)], {"axis": 0, "mode": "clip"})
    return run(reshape_op, "resize", [taken], {"newshape": shape})


def ediff1d(ary: ndarray, to_end: Any = None, to_begin: Any = None) -> ndarray:
    """Differences of neighbors among all elements, between ``to_begin`` and ``to_end``."""
    arrays, params = [ary], {}
    for name, value in (("to_begin", to_begin), ("to_end", to_end)):
        if value is None or isinstance(value, NUMBERS):
            params[f"{name}_scalar"] = value
        else:
            params[f"{name}_arr_given"] = True
            arrays.append(_operand("ediff1d", ary, value))
    return run(ops.ediff1d, "ediff1d", arrays, params)


_KEYWORDS = {"constant": "constant_values", "reflect": "reflect_type", "symmetric": "reflect_type"}
_MODES = ("constant", "edge", "reflect", "symmetric", "wrap", "maximum", "minimum")


def pad(x: ndarray, pad_width: Any = None, mode: str = "constant", **kwargs: Any) -> ndarray:
    """Wider at the edges.

    Parameters
    ----------
    x : ndarray
    pad_width : int, pair of int, or one pair an axis
        How many elements come before and behind.
    mode : {"constant", "edge", "reflect", "symmetric", "wrap", "maximum", "minimum"}
    constant_values : number or pairs, optional
        For ``"constant"``; 0 by default.
    reflect_type : {"even"}, optional
    """
    unknown = [k for k in kwargs if k != _KEYWORDS.get(mode)]
    if mode not in _MODES or unknown:
        raise OperatorValueError(f"Operator pad: unsupported mode {mode!r} or keywords {unknown}")
    widths = onp.asarray(pad_width)
    if widths.dtype.kind not in "iu":
        raise ArgumentTypeError(f"Operator pad: pad_width must be made of integers, got {pad_width!r}")
    params: dict[str, Any] = {"mode": mode}
    if "reflect_type" in kwargs:
        params["reflect_type"] = kwargs["reflect_type"]
    fill = kwargs.get("constant_values", 0)
    if mode == "constant" and not isinstance(fill, NUMBERS):
        return _padded_apart(x, widths, fill)
    if mode == "constant":
        params["constant_value"] = fill
    return run(ops.pad, "pad", [x], {**params, "pad_width": _pairs(widths)})


def _pairs(widths: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(map(tuple, onp.atleast_2d(widths).tolist()))


def _padded_apart(x: Any, widths: Any, fill: Sequence[Any]) -> Any:
    """An array padded with another number at each edge; how many axes a symbol has is not known."""
    n = checked("pad", x).ndim
    pairs = onp.broadcast_to(widths, (n, 2))
    for at, value in onp.ndenumerate(onp.broadcast_to(onp.asarray(fill), (n, 2))):
        if pairs[at]:
            only = onp.zeros((n, 2), int)
            only[at] = pairs[at]
            x = run(ops.pad, "pad", [x], {"pad_width": _pairs(only), "constant_value": value.item()})
    return x if pairs.any() else x.copy()


FUNCTIONS: dict[str, Any] = {f.__name__: f for f in (delete, ediff1d, insert, pad, resize)}
