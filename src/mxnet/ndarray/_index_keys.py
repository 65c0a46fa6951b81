"""Indexing keys: their parts spelled out, and turned into what torch takes."""

from __future__ import annotations

import operator
from typing import Any

import numpy as np
import torch

from .._core.ops.indexing.places import check_bounds, forward_slice, out_of_bounds

_ALL = slice(None)


def simple_key(key: Any, shape: tuple[int, ...]) -> Any:
    """A key of the most frequent kinds, made fit for torch: an integer, several integers, a slice without steps.

    They all select one piece of memory. None for other kinds.
    """
    kind = type(key)
    if kind is int or isinstance(key, (int, np.integer)):
        key = operator.index(key)
        n = shape[0]
        if not -n <= key < n:
            out_of_bounds(key, 0, n)
        return key
    if kind is slice:
        return key if key.step is None or key.step == 1 else None
    if kind is tuple and key and len(key) <= len(shape):
        for axis, i in enumerate(key):
            if type(i) is not int:
                return None
            n = shape[axis]
            if not -n <= i < n:
                out_of_bounds(i, axis, n)
        return key
    return None


def is_array(item: object) -> bool:
    """Whether a part of an expanded key is an index array."""
    return item is not None and not isinstance(item, (slice, int))


def expand_key(key: object, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key as one item an axis (and ``None`` where an axis is added): the ellipsis and implicit axes spelled out.

    Integers become ``int``, arrays become NumPy arrays or tensors, and a mask stands for as many axes as it has.
    """
    items: list[Any] = []
    ellipsis = None
    used = 0
    for item in key if isinstance(key, tuple) else (key,):
        if item is None:
            items.append(None)
        elif item is Ellipsis:
            if ellipsis is not None:
                raise IndexError("Cannot use more than one ellipsis (`...`) for indexing")
            ellipsis = len(items)
        else:
            item = _item(item)
            items.append(item)
            used += item.ndim if _is_mask(item) else 1
    if used > len(shape):
        raise IndexError(f"too many indices ({used}) for array with {len(shape)} dimensions")
    fill_in = (_ALL,) * (len(shape) - used)
    at = len(items) if ellipsis is None else ellipsis
    return (*items[:at], *fill_in, *items[at:])


def _item(item: object) -> Any:
    """One part of a key in its plain form: an int, a slice, a NumPy array or a tensor."""
    if isinstance(item, slice):
        if item.step is not None and item.step == 0:
            raise ValueError("slice step cannot be zero")
        return item
    if isinstance(item, (int, np.integer)):
        return operator.index(item)
    found = getattr(item, "_t", item)
    if isinstance(found, (list, tuple, range)):
        found = np.asarray(found) if len(found) else np.zeros(0, np.int64)
        if found.dtype == object:
            raise ValueError(f"NDArray does not support slicing with key {item!r}: it is not an array of integers")
    if isinstance(found, torch.Tensor):
        found = found.detach()
    elif not isinstance(found, np.ndarray) or found.dtype.kind not in "iufb":
        raise ValueError(f"NDArray does not support slicing with key {item!r} of type {type(item)}.")
    if _is_mask(found):
        return found
    if found.ndim == 0:
        return int(found)
    return found.astype(np.int64) if isinstance(found, np.ndarray) else found.to(torch.int64)


def _is_mask(item: object) -> bool:
    return getattr(item, "dtype", None) in (torch.bool, np.bool_)


def axis_range(item: int | slice, axis: int, n: int) -> tuple[int, int, int]:
    """First element, number of elements and step that an integer or a slice selects from ``n``."""
    if isinstance(item, int):
        if not -n <= item < n:
            out_of_bounds(item, axis, n)
        return item % n, 1, 1
    start, stop, step = item.indices(n)
    return start, len(range(start, stop, step)), step


def basic_index(items: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[tuple[Any, ...], list[int], bool]:
    """Turn basic items into an index with positive steps, the result's axes to flip, and whether MXNet gives a view."""
    index: list[Any] = []
    flips: list[int] = []
    ranges = []
    axis = position = 0
    for item in items:
        if item is None:
            index.append(None)
            position += 1
            continue
        start, count, step = r = axis_range(item, axis, shape[axis])
        ranges.append(r)
        if isinstance(item, int):
            index.append(start)
        else:
            if step < 0 and count > 1:
                flips.append(position)
            index.append(forward_slice(start, count, step))
            position += 1
        axis += 1
    return tuple(index), flips, _is_contiguous(ranges, shape)


def _is_contiguous(ranges: list[tuple[int, int, int]], shape: tuple[int, ...]) -> bool:
    """Whether ranges over all axes select elements that lie side by side in row-major order."""
    total = 1
    for _, count, _ in ranges:
        total *= count
    if total <= 1:
        return True
    partial = False  # an axis to the right is not taken whole
    for (_, count, step), n in zip(reversed(ranges), reversed(shape)):
        if count > 1 and (step != 1 or partial):
            return False
        partial = partial or count < n
    return True


def slice_is_contiguous(key: tuple[slice, ...], shape: tuple[int, ...]) -> bool:
    """Whether indexing with one slice an axis gives a view on the same memory."""
    return _is_contiguous([axis_range(s, axis, n) for axis, (s, n) in enumerate(zip(key, shape))], shape)


def new_axes_of_basic(index: tuple[Any, ...]) -> list[int]:
    """Positions in the result of the axes added by None, for a basic index."""
    kept = [i for i in index if not isinstance(i, int)]
    return [position for position, i in enumerate(kept) if i is None]


def new_axes_of_advanced(items: tuple[Any, ...]) -> list[int]:
    """Positions in the result of the axes added by None, for an advanced key (integers count as arrays)."""
    items = tuple(part for i in items for part in ([i] * i.ndim if _is_mask(i) else [i]))
    arrays = [p for p, i in enumerate(items) if i is not None and not isinstance(i, slice)]
    block = max(1 if isinstance(items[p], int) or _is_mask(items[p]) else items[p].ndim for p in arrays)
    adjacent = arrays[-1] - arrays[0] == len(arrays) - 1
    found = []
    position = 0 if adjacent else block
    for p, item in enumerate(items):
        if p in arrays:
            position += block if adjacent and p == arrays[0] else 0
        else:
            if item is None:
                found.append(position)
            position += 1
    return found


def advanced_index(items: tuple[Any, ...], t: torch.Tensor) -> tuple[tuple[Any, ...], list[int]]:
    """Turn a key with arrays into a torch index, and the array's axes to flip before it is applied."""
    index: list[Any] = []
    flips: list[int] = []
    axis = 0
    for item in items:
        if item is None:
            index.append(None)
            continue
        if _is_mask(item):
            index += _mask_to_indices(item, axis, t)
            axis += item.ndim
            continue
        n = t.shape[axis]
        if isinstance(item, slice):
            start, count, step = axis_range(item, axis, n)
            if step < 0:  # counted from the end of the flipped axis
                flips.append(axis)
                start, step = n - 1 - start, -step
            index.append(forward_slice(start, count, step))
        elif isinstance(item, int):
            # An integer beside arrays takes part in their broadcasting; torch would select with it first.
            index.append(torch.tensor([axis_range(item, axis, n)[0]], device=t.device))
        else:
            where = torch.from_numpy(item) if isinstance(item, np.ndarray) else item
            check_bounds(where, axis, n)
            index.append(where.to(t.device))
        axis += 1
    try:
        np.broadcast_shapes(*[tuple(i.shape) for i in index if isinstance(i, torch.Tensor)])
    except ValueError:
        shapes = ", ".join(str(tuple(i.shape)) for i in index if isinstance(i, torch.Tensor))
        raise ValueError(f"index arrays of shapes {shapes} are not broadcastable to one shape") from None
    return tuple(index), flips


def check_boolean_array_dimension(array_shape: tuple[int, ...], axis: int, bool_shape: tuple[int, ...]) -> None:
    """Raise IndexError when a boolean index does not fit the axes it is applied to."""
    for i, n in enumerate(bool_shape):
        if array_shape[axis + i] != n:
            raise IndexError(
                f"boolean index did not match indexed array along axis {axis + i}; size is {array_shape[axis + i]} "
                f"but corresponding boolean size is {n}"
            )


def _mask_to_indices(mask: Any, axis: int, t: torch.Tensor) -> list[torch.Tensor]:
    """The positions where a mask is true, one index array for each of its axes."""
    check_boolean_array_dimension(t.shape, axis, mask.shape)
    if isinstance(mask, np.ndarray):
        return [torch.from_numpy(i).to(t.device) for i in mask.nonzero()]
    return list(mask.to(t.device).nonzero(as_tuple=True))
