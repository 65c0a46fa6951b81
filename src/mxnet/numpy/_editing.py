"""Functions that put elements in, leave some out, or go on with them beyond the edges.

Where each element of the result comes from is worked out by NumPy, over positions; the elements follow by one gather,
which is recorded.
"""

from __future__ import annotations

from typing import Any

import numpy as onp
import torch
from torch import Tensor

from .._core.ops.numpy.shape import lengths, one_axis
from .._core.types import ShapeLike
from ._calls import function


def _on_host(obj: Any) -> Any:
    """Positions as NumPy takes them: a slice, or integers."""
    if isinstance(obj, Tensor):
        return obj.cpu().numpy()
    return obj if isinstance(obj, slice) else onp.asarray(obj if onp.size(obj) else onp.zeros(0, onp.int64))


def _gathered(source: Tensor, axis: int, places: Any) -> Tensor:
    return source.index_select(axis, torch.as_tensor(onp.ascontiguousarray(places), device=source.device))


@function
def delete(arr: Tensor, obj: object, axis: int | None = None) -> Tensor:
    """Without the elements, or the slices along an axis, at positions.

    Parameters
    ----------
    arr : ndarray
    obj : int, slice, or integers
        An array of integers means positions from the front: others in it are overlooked.
    axis : int, optional
        By default the array is flattened.
    """
    source, at = (arr.reshape(-1), 0) if axis is None else (arr, one_axis(arr, axis))
    positions, n = _on_host(obj), source.shape[at]
    if isinstance(obj, Tensor) and obj.ndim:  # MXNet overlooks those that are negative or past the end
        positions = positions[(positions >= 0) & (positions < n)]
    return _gathered(source, at, onp.delete(onp.arange(n), positions))


@function
def insert(arr: Tensor, obj: object, values: Tensor, axis: int | None = None) -> Tensor:
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
    source, at = (arr.reshape(-1), 0) if axis is None else (arr, one_axis(arr, axis))
    new = torch.as_tensor(values, dtype=source.dtype, device=source.device)
    n = source.shape[at]
    positions = onp.arange(n)[obj] if isinstance(obj, slice) else _on_host(obj)
    if positions.size == 1:  # one position takes all the slices there are
        new = new.reshape((1,) * (source.ndim - new.ndim) + tuple(new.shape))
        new = new if positions.ndim else new.movedim(0, at)
        positions = onp.full(new.shape[at], positions.item())
    count = positions.size
    shape = list(source.shape)
    shape[at] = count
    places = onp.insert(onp.arange(n), positions, n + onp.arange(count))
    return _gathered(torch.cat([source, new.expand(shape)], dim=at), at, places)


@function
def resize(a: Tensor, new_shape: ShapeLike) -> Tensor:
    """In another shape, of any size: elements are repeated as often as needed, or cut off; without any, zeros."""
    shape = lengths(new_shape)
    size = int(onp.prod(shape, dtype=onp.int64))
    if not a.numel():
        return a.new_zeros(shape)
    return a.reshape(-1).repeat(-(-size // a.numel()))[:size].reshape(shape)


@function
def ediff1d(ary: Tensor, to_end: Any = None, to_begin: Any = None) -> Tensor:
    """Differences of neighbors among all elements, between ``to_begin`` and ``to_end``."""
    parts = [torch.diff(ary.reshape(-1))]
    if to_begin is not None:
        parts.insert(0, torch.as_tensor(to_begin, dtype=ary.dtype, device=ary.device).reshape(-1))
    if to_end is not None:
        parts.append(torch.as_tensor(to_end, dtype=ary.dtype, device=ary.device).reshape(-1))
    return torch.cat(parts)


_OF_POSITIONS = ("edge", "reflect", "symmetric", "wrap")
_EXTREMES = {"maximum": torch.amax, "minimum": torch.amin}


@function
def pad(x: Tensor, pad_width: Any, mode: str = "constant", **kwargs: Any) -> Tensor:
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
    allowed = {"constant": "constant_values", "reflect": "reflect_type", "symmetric": "reflect_type"}
    unknown = [k for k in kwargs if k != allowed.get(mode)]
    if mode not in ("constant", *_OF_POSITIONS, *_EXTREMES) or unknown:
        raise ValueError(f"unsupported mode {mode!r} or keywords {unknown}")
    if kwargs.get("reflect_type", "even") != "even":
        raise ValueError("reflect_type must be 'even'")
    widths = onp.broadcast_to(onp.asarray(pad_width), (x.ndim, 2)).tolist()
    if any(n < 0 for pair in widths for n in pair):
        raise ValueError("pad_width must not be negative")
    fills = onp.broadcast_to(onp.asarray(kwargs.get("constant_values", 0)), (x.ndim, 2)).tolist()
    for axis, (before, behind) in enumerate(widths):
        if mode in _OF_POSITIONS:
            x = _gathered(x, axis, onp.pad(onp.arange(x.shape[axis]), (before, behind), mode))  # type: ignore[call-overload]
            continue
        ends = []
        for count, fill in zip((before, behind), fills[axis]):
            shape = list(x.shape)
            shape[axis] = count
            one = x.new_tensor(fill) if mode == "constant" else _EXTREMES[mode](x, dim=axis, keepdim=True)
            ends.append(one.expand(shape))
        x = torch.cat([ends[0], x, ends[1]], dim=axis)
    return x


FUNCTIONS: dict[str, Any] = {f.__name__: f for f in (delete, ediff1d, insert, pad, resize)}
