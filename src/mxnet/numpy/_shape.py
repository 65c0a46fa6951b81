"""Functions that arrange elements anew: shapes, joining, splitting, repeating, turning."""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Sequence
from operator import or_ as operator_or
from typing import Any

import numpy as onp
import torch

from .._core.errors import OperatorValueError
from .._core.ops.numpy import shape as ops
from .._core.ops.numpy.elementwise import UNARY
from .._core.ops.numpy.selection import where as where_op
from .._core.ops.numpy.shape import lengths
from .._core.ops.numpy.splitting import dsplit as dsplit_op
from .._core.ops.numpy.splitting import hsplit as hsplit_op
from .._core.ops.shape.join import repeat as repeat_op
from .._core.ops.shape.join import tile as tile_op
from .._core.ops.shape.permute import swap_axis
from .._core.ops.shape.reshape import expand_dims as expand_dims_op
from .._core.ops.shape.split import split_v2
from .._core.registry import OpDef
from .._core.types import Axes, ShapeLike
from ._array import ndarray
from ._calls import NUMBERS, checked, is_symbol, operator, operators, run
from ._creation import full

reshape = operator(ops.reshape, "reshape", "a, newshape, order='C', out=None")
transpose = operator(ops.transpose, "transpose", "a, axes=None")
_concatenate = operator(ops.concatenate, "concatenate", "seq, axis=0, out=None")


def ravel(x: Any, order: str = "C") -> Any:
    """All elements along one axis."""
    if isinstance(x, NUMBERS):
        return onp.asarray(x).ravel()
    return run(ops.reshape, "ravel", [x], {"newshape": -1, "order": order})


def swapaxes(a: ndarray, axis1: int, axis2: int) -> ndarray:
    """Two axes exchanged."""
    return run(swap_axis, "swapaxes", [a], {"dim1": axis1, "dim2": axis2})


def expand_dims(a: ndarray, axis: int) -> ndarray:
    """A new axis of length 1."""
    return run(expand_dims_op, "expand_dims", [a], {"axis": axis})


def broadcast_to(array: Any, shape: ShapeLike) -> Any:
    """An array repeated along axes until it has ``shape``, or an array of one number.

    -2 in ``shape`` keeps the length of an axis.
    """
    if isinstance(array, NUMBERS):
        return full(shape, array)
    return run(ops.broadcast_to, "broadcast_to", [array], {"shape": shape})


def broadcast_arrays(*args: ndarray) -> list[ndarray]:
    """Several arrays, each broadcast to their common shape."""
    if any(map(is_symbol, args)):
        return _like_all(args)
    shape = tuple(torch.broadcast_shapes(*[checked("broadcast_arrays", x).shape for x in args]))
    return [broadcast_to(x, shape) for x in args]


def _like_all(symbols: Sequence[Any]) -> list[Any]:
    """Symbols, each broadcast to the common shape, which something made of all of them has."""
    common = functools.reduce(operator_or, [run(UNARY["isnan"], "broadcast_arrays", [x], {}) for x in symbols])
    return [run(where_op, "broadcast_arrays", [common, x, x], {}) for x in symbols]


def append(arr: ndarray, values: ndarray, axis: int | None = None) -> ndarray:
    """``values`` behind ``arr`` along an axis (None: all elements along one axis)."""
    return _concatenate([arr, values], axis)


# ---------------------------------------------------------------------- splitting


def _parts(
    name: str, ary: ndarray, where: object, axis: int, equal: bool = True, op: OpDef = split_v2
) -> list[ndarray]:
    known = not is_symbol(ary)
    # No length where there is no such axis: the operator says so.
    found = checked(name, ary).shape[axis:][:1] if known else ()
    length = found[0] if found else 0
    params: dict[str, Any] = {"indices": (), "axis": axis, "squeeze_axis": False}
    if isinstance(where, int):
        if where < 1:
            raise OperatorValueError(f"Operator {name}: the number of sections must be positive, got {where}")
        if known and equal and length % where:
            raise OperatorValueError(f"Operator {name}: array split does not result in an equal division")
        params["sections"] = where
    elif isinstance(where, (list, tuple, set)):
        # As NumPy, which allows positions past the end and out of order: such parts are empty.
        starts = [int(i) for i in where]
        if known:
            starts = [min(max(i + length if i < 0 else i, 0), length) for i in starts]
            if sorted(starts) != starts:
                return _unordered(ary, [int(i) for i in where], axis)
        params["indices"] = (0, *starts)
    else:
        raise OperatorValueError(
            f"Operator {name}: indices_or_sections must be an int, or a tuple, list or set of ints, "
            f"got {type(where).__name__}"
        )
    parts = run(op, name, [ary], params)
    return parts if isinstance(parts, list) else [parts]


def _axes(ary: ndarray, name: str) -> float:
    """How many axes there are; any number of a symbol."""
    return math.inf if is_symbol(ary) else checked(name, ary).ndim


def _unordered(ary: ndarray, indices: list[int], axis: int) -> list[ndarray]:
    """Parts between positions that do not ascend, some of which are empty."""
    before = (slice(None),) * (axis % ary.ndim)
    bounds = itertools.pairwise((None, *indices, None))
    keys = [(*before, slice(begin, end)) for begin, end in bounds]
    return [ary[key].copy() for key in keys]


def split(ary: ndarray, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[ndarray]:
    """Cut into a number of equal sections, or at the given positions; gives a list."""
    return _parts("split", ary, indices_or_sections, axis)


def array_split(ary: ndarray, indices_or_sections: int | Sequence[int], axis: int = 0) -> list[ndarray]:
    """As :func:`split`, but the first sections are one longer where the length cannot be divided."""
    return _parts("array_split", ary, indices_or_sections, axis, equal=False)


def hsplit(ary: ndarray, indices_or_sections: int | Sequence[int]) -> list[ndarray]:
    """:func:`split` along the second axis, or the first where there is no other."""
    return _parts("hsplit", ary, indices_or_sections, 1 if _axes(ary, "hsplit") > 1 else 0, op=hsplit_op)


def vsplit(ary: ndarray, indices_or_sections: int | Sequence[int]) -> list[ndarray]:
    """:func:`split` along the first axis of an array of two or more axes."""
    if _axes(ary, "vsplit") < 2:
        raise OperatorValueError("Operator vsplit: vsplit only works on arrays of 2 or more dimensions")
    return _parts("vsplit", ary, indices_or_sections, 0)


def dsplit(ary: ndarray, indices_or_sections: int | Sequence[int]) -> list[ndarray]:
    """:func:`split` along the third axis."""
    if _axes(ary, "dsplit") < 3:
        raise OperatorValueError("Operator dsplit: dsplit only works on arrays of 3 or more dimensions")
    return _parts("dsplit", ary, indices_or_sections, 2, op=dsplit_op)


# ---------------------------------------------------------------------- repeating and turning


def repeat(a: ndarray, repeats: int, axis: int | None = None) -> ndarray:
    """Each element, or each slice along an axis, several times."""
    return run(repeat_op, "repeat", [a], {"repeats": repeats, "axis": axis})


def tile(A: ndarray, reps: int | Sequence[int]) -> ndarray:
    """The array several times side by side, along each axis."""
    counts = lengths(reps)
    tiled = run(tile_op, "tile", [A], {"reps": [n or 1 for n in counts]})
    if 0 not in counts:
        return tiled
    key = (..., *[slice(None) if n else slice(0) for n in counts])  # the classic operator makes no empty arrays
    return tiled[key]


def flip(m: Any, axis: Axes = None, out: ndarray | None = None) -> Any:
    """Elements in reverse order along axes (all of them by default)."""
    if isinstance(m, NUMBERS):
        return onp.flip(m, axis)
    return run(ops.flip, "flip", [m], {"axis": axis}, out)


def fliplr(m: ndarray) -> ndarray:
    """Elements in reverse order along the second axis."""
    return run(ops.flip, "fliplr", [m], {"axis": 1})


def flipud(m: ndarray) -> ndarray:
    """Elements in reverse order along the first axis."""
    return run(ops.flip, "flipud", [m], {"axis": 0})


def shape(a: ndarray) -> tuple[int, ...]:
    """The shape of an array."""
    return checked("shape", a).shape


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
    n = len(xi)
    places = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else range(n)  # the axis of each vector
    lines = [reshape(x, [-1 if i == place else 1 for i in range(n)]) for x, place in zip(xi, places)]
    return broadcast_arrays(*lines) if lines else []


FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (
        append, array_split, broadcast_arrays, broadcast_to, dsplit, expand_dims, flip, fliplr, flipud, hsplit,
        meshgrid, ravel, repeat, reshape, shape, split, swapaxes, tile, transpose, vsplit, _concatenate,
    )
}  # fmt: skip
FUNCTIONS.update(
    operators(
        {
            "atleast_1d": (ops.atleast_1d, "*arys"),
            "atleast_2d": (ops.atleast_2d, "*arys"),
            "atleast_3d": (ops.atleast_3d, "*arys"),
            "column_stack": (ops.column_stack, "tup"),
            "copy": (ops.copy, "a, out=None"),
            "dstack": (ops.dstack, "arrays"),
            "hstack": (ops.hstack, "arrays"),
            "moveaxis": (ops.moveaxis, "a, source, destination"),
            "roll": (ops.roll, "a, shift, axis=None"),
            "rot90": (ops.rot90, "m, k=1, axes=(0,1)"),
            "row_stack": (ops.vstack, "arrays"),
            "squeeze": (ops.squeeze, "a, axis=None, out=None"),
            "stack": (ops.stack, "arrays, axis=0, out=None"),
            "vstack": (ops.vstack, "arrays, out=None"),
        }
    )
)
