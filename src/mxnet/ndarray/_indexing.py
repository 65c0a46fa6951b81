"""``x[key]`` and ``x[key] = value`` of NDArray.

A key is *basic* when it holds only integers, slices, ``None`` and ``...``, and *advanced* when it holds arrays. Basic
indexing gives a view on the same memory exactly when MXNet's does: when the selected elements lie side by side in
row-major order. Everything else gives a copy.
"""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, NoReturn

import numpy as np
import torch

from .._core import invoke as _invoke
from .._core.ops.indexing.places import check_bounds, forward_slice, out_of_bounds
from .._core.state import state
from ..base import MXNetError
from ._creation import _as_numpy, _from_numpy_copy

if TYPE_CHECKING:
    from .ndarray import NDArray

_ALL = slice(None)
_NUMBERS = (int, float, np.generic)

# ---------------------------------------------------------------------- reading


def getitem(nd: NDArray, key: Any) -> NDArray:
    """``nd[key]``.

    Raises
    ------
    IndexError
        For an index out of range, too many indices, two ellipses, or a mask of the wrong shape.
    ValueError
        For a key of a kind that cannot index, a slice step of zero, or index arrays that do not broadcast.
    """
    t = nd._t
    if type(key) is slice and key.start is None and key.stop is None and (key.step is None or key.step == 1):
        return nd
    if type(key) is tuple and not key:
        return nd
    simple = _simple_key(key, t.shape)
    if simple is not None:
        return _view(nd, t, simple)
    items = expand_key(key, t.shape)
    if any(_is_array(i) for i in items):
        return _take(nd, t, items)
    index, flips, contiguous = _basic_index(items, t.shape)
    if contiguous:
        return _view(nd, t, index)
    with torch.set_grad_enabled(state.recording):
        part = t[index]
        part = part.flip(flips) if flips else part.clone(memory_format=torch.contiguous_format)
        return _invoke.wrap(part, nd._ctx)


def _simple_key(key: Any, shape: tuple[int, ...]) -> Any:
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


def _view(nd: NDArray, t: torch.Tensor, index: Any) -> NDArray:
    """A part of the array on the same memory, differentiable while recording."""
    if not t.requires_grad:
        part = t[index]
    elif state.recording:
        with torch.enable_grad():
            part = t[index]
            return _invoke.wrap(part if part.ndim else part.reshape(1), nd._ctx)
    else:
        part = t.detach()[index]
    return _invoke.wrap(part if part.ndim else part.reshape(1), nd._ctx)


def _take(nd: NDArray, t: torch.Tensor, items: tuple[Any, ...]) -> NDArray:
    """Advanced indexing: always a copy."""
    with torch.set_grad_enabled(state.recording):
        index, flips = _advanced_index(items, t)
        part = (t.flip(flips) if flips else t)[index]
        return _invoke.wrap(part if part.ndim else part.reshape(1), nd._ctx)


# ---------------------------------------------------------------------- writing


def setitem(nd: NDArray, key: Any, value: Any) -> None:
    """``nd[key] = value``: write a number or anything array-like, broadcast and converted to the array's type.

    Axes that ``None`` adds to the key do not count; the value may have them or leave them out.

    Raises
    ------
    IndexError, ValueError
        As :func:`getitem`; ValueError also when the value does not broadcast to the selected part.
    TypeError
        When the value is not array-like.
    MXNetError
        When recording, for a write that would make the recorded gradients wrong.
    """
    t = nd._t
    if state.recording:
        source = getattr(value, "_t", None)
        if t.requires_grad or (source is not None and source.requires_grad):
            _set_recorded(nd, key, value)
            return
    t = t.data  # MXNet keeps no versions: what was recorded sees the new values
    if type(key) is slice and key == _ALL:
        _write(t, value)
    elif t.numel():
        _set(t, key, value)


def _set(t: torch.Tensor, key: Any, value: Any) -> None:
    """Write into plain memory."""
    if isinstance(key, (bool, np.bool_)):  # a mask without axes: everything or nothing
        if not key:
            return
        key = Ellipsis
    simple = _simple_key(key, t.shape)
    if simple is not None:
        part = t[simple]
        _write(part if part.ndim else part.reshape(1), value)
        return
    items = expand_key(key, t.shape)
    if any(_is_array(i) for i in items):
        _put(t, items, value)
        return
    index, flips, _ = _basic_index(items, t.shape)
    kept = [i for i in index if i is not None]
    part = t[tuple(kept)]
    if not part.ndim:
        part = part.reshape(1)
    if len(kept) == len(index):
        _write(part, value, flips)
        return
    shape = t[index].shape
    new_axes = _new_axes(index)
    _write(part, value, [f - sum(a < f for a in new_axes) for f in flips], new_axes, len(shape))


def _put(t: torch.Tensor, items: tuple[Any, ...], value: Any) -> None:
    """Write at advanced indices."""
    index, flips = _advanced_index(items, t)
    if flips or None in index:
        # Positions in row-major order put every kind of key on one simple path.
        places = torch.arange(t.numel(), device=t.device).reshape(t.shape)
        places = (places.flip(flips) if flips else places)[index]
        new_axes, ndim = _advanced_new_axes(items), places.ndim
        places = places.squeeze(new_axes)
        source = _as_tensor(value, t)
        if source.ndim > places.ndim:
            source = _drop_axes(source, new_axes, ndim)
        t.put_(places, _expanded(source, places.shape).to(t.dtype))
        return
    source = _as_tensor(value, t)
    if source.numel() == 1:
        t[index] = source.reshape(()).to(t.dtype)
        return
    shape = t.new_empty((1,)).expand(t.shape)[index].shape
    t[index] = _expanded(source, shape).to(t.dtype)


def _write(part: torch.Tensor, value: Any, flips: Any = (), new_axes: Any = (), ndim: int = 0) -> None:
    """Write a value into a view; ``new_axes`` are axes of length 1 which the key added (``ndim`` with them)."""
    if isinstance(value, _NUMBERS):
        fill(part, value)
        return
    source = _as_tensor(value, part)
    if new_axes and source.ndim > part.ndim:
        source = _drop_axes(source, new_axes, ndim)
    if source.shape != part.shape:
        source = _expanded(source, part.shape)
    if source.data_ptr() != part.data_ptr() or source.stride() != part.stride() or source.dtype != part.dtype or flips:
        if source.untyped_storage().data_ptr() == part.untyped_storage().data_ptr():
            source = source.clone()  # the two may overlap
        part.copy_(source.flip(flips) if flips else source)


def fill(t: torch.Tensor, value: Any) -> None:
    """Fill with a number; integers wrap around as MXNet's do."""
    if isinstance(value, np.generic):
        value = value.item()
    try:
        t.fill_(value)
    except (RuntimeError, TypeError, OverflowError):
        if not isinstance(value, (int, float)):
            _not_array_like(value)
        t.fill_(_from_numpy_copy(np.asarray(value), t.dtype).item())


def _as_tensor(value: Any, like: torch.Tensor) -> torch.Tensor:
    """A value as a tensor without history, on the device it is to be written to."""
    found = getattr(value, "_t", value)
    if not isinstance(found, torch.Tensor):
        try:
            values = _as_numpy(value)
        except TypeError:
            _not_array_like(value)
        if values.dtype.kind == "c":
            _not_array_like(value)
        found = _from_numpy_copy(values, like.dtype)
    return found.detach().to(like.device)


def _not_array_like(value: Any) -> NoReturn:
    raise TypeError(f"NDArray does not support assignment with non-array-like object {value!r} of type "
                    f"{type(value).__name__}") from None


def _expanded(source: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """Broadcast; surplus leading axes of length 1 are dropped."""
    given = source.shape
    while source.ndim > len(shape) and source.shape[0] == 1:
        source = source[0]
    try:
        return source.expand(shape)
    except RuntimeError:
        raise ValueError(f"cannot broadcast a value of shape {tuple(given)} to the indexed part, whose shape is "
                         f"{tuple(shape)}") from None


def _drop_axes(source: torch.Tensor, axes: Any, ndim: int) -> torch.Tensor:
    """Drop the axes of length 1 that stand where the key has None; ``ndim`` is the rank of the key's result."""
    offset = source.ndim - ndim
    return source.squeeze([a + offset for a in axes if a + offset >= 0])


# ---------------------------------------------------------------------- writing while recording

_IN_GRAPH = (
    "Assigning to NDArrays that are already in a computational graph will cause undefined behavior when evaluating "
    "gradients. Please call backward first to clear the graph or do this out side of a record section."
)
_IN_PLACE = "Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with autograd."


class _Overwrite(torch.autograd.Function):
    """Replaces the content of an array by a recorded value; the array then belongs to the value's graph."""

    @staticmethod
    def forward(ctx: Any, memory: list[torch.Tensor], value: torch.Tensor) -> torch.Tensor:
        ctx.dtype = value.dtype
        memory[0].copy_(value)
        return memory[0]

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        return None, grad.to(ctx.dtype)


def _set_recorded(nd: NDArray, key: Any, value: Any) -> None:
    """A write while recording that meets the graph, on either side.

    Variables cannot be written. A recorded value can only replace a whole array. Constants can be written anywhere;
    the array is a constant from then on.
    """
    t = nd._t
    source = getattr(value, "_t", None)
    whole = _covers(key, t.shape)
    if t.requires_grad and t.is_leaf and not (whole and isinstance(value, np.ndarray)):
        raise MXNetError(_IN_GRAPH)
    if source is None or not source.requires_grad:
        _set(t.data, key, value)
        if not t.is_leaf:
            nd._t = t.detach()
        return
    if not whole:
        raise MXNetError(_IN_PLACE)
    if source is not t:
        with torch.enable_grad():
            nd._t = _Overwrite.apply([t.data], _expanded(source, t.shape))


def _covers(key: Any, shape: tuple[int, ...]) -> bool:
    """Whether a key selects the whole array in its order."""
    items = expand_key(key, shape)
    if any(_is_array(i) for i in items):
        return False
    ranges = [_range(i, axis, n) for axis, (i, n) in enumerate(zip([i for i in items if i is not None], shape))]
    return all(r[1] == n and r[2] > 0 for r, n in zip(ranges, shape))


# ---------------------------------------------------------------------- keys


def _is_array(item: Any) -> bool:
    return item is not None and not isinstance(item, (slice, int))


def expand_key(key: Any, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """A key as one item an axis (and ``None`` where an axis is added): the ellipsis and implicit axes spelt out.

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


def _item(item: Any) -> Any:
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


def _is_mask(item: Any) -> bool:
    return getattr(item, "dtype", None) in (torch.bool, np.bool_)


def _range(item: int | slice, axis: int, n: int) -> tuple[int, int, int]:
    """First element, number of elements and step that an integer or a slice selects from ``n``."""
    if isinstance(item, int):
        if not -n <= item < n:
            out_of_bounds(item, axis, n)
        return item % n, 1, 1
    start, stop, step = item.indices(n)
    return start, len(range(start, stop, step)), step


def _basic_index(items: tuple[Any, ...], shape: tuple[int, ...]) -> tuple[tuple[Any, ...], list[int], bool]:
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
        start, count, step = r = _range(item, axis, shape[axis])
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
    return _is_contiguous([_range(s, axis, n) for axis, (s, n) in enumerate(zip(key, shape))], shape)


def _new_axes(index: tuple[Any, ...]) -> list[int]:
    """Positions in the result of the axes added by None, for a basic index."""
    kept = [i for i in index if not isinstance(i, int)]
    return [position for position, i in enumerate(kept) if i is None]


def _advanced_new_axes(items: tuple[Any, ...]) -> list[int]:
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


def _advanced_index(items: tuple[Any, ...], t: torch.Tensor) -> tuple[tuple[Any, ...], list[int]]:
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
            start, count, step = _range(item, axis, n)
            if step < 0:  # counted from the end of the flipped axis
                flips.append(axis)
                start, step = n - 1 - start, -step
            index.append(forward_slice(start, count, step))
        elif isinstance(item, int):
            # An integer beside arrays takes part in their broadcasting; torch would select with it first.
            index.append(torch.tensor([_range(item, axis, n)[0]], device=t.device))
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


def _mask_to_indices(mask: Any, axis: int, t: torch.Tensor) -> list[torch.Tensor]:
    """The positions where a mask is true, one index array for each of its axes."""
    for i, n in enumerate(mask.shape):
        if t.shape[axis + i] != n:
            raise IndexError(f"boolean index did not match indexed array along axis {axis + i}; size is "
                             f"{t.shape[axis + i]} but corresponding boolean size is {n}")
    if isinstance(mask, np.ndarray):
        return [torch.from_numpy(i).to(t.device) for i in mask.nonzero()]
    return list(mask.to(t.device).nonzero(as_tuple=True))
