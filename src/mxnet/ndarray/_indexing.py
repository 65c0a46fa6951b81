"""``x[key]`` and ``x[key] = value`` of NDArray.

A key is *basic* when it holds only integers, slices, ``None`` and ``...``, and *advanced* when it holds arrays. Basic
indexing gives a view on the same memory exactly when MXNet's does: when the selected elements lie side by side in
row-major order. Everything else gives a copy.
"""

from __future__ import annotations

import operator
import reprlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.autograd.function import FunctionCtx

from .._core import integers
from .._core.grad_mode import grad_mode
from .._core.history import constant, origin_of, recorded
from .._core.host import tensor_of
from .._core.invoke import derive
from .._core.layout import same_memory
from .._core.registry import get_op
from .._core.state import state
from ..base import MXNetError
from ._array import NDArray
from ._index_keys import (
    advanced_index,
    axis_range,
    basic_index,
    expand_key,
    is_array,
    new_axes_of_advanced,
    new_axes_of_basic,
    simple_key,
    slice_is_contiguous,  # noqa: F401  (a method of NDArray)
)

_ALL = slice(None)
_GATHER = get_op("gather_nd")
_NUMBERS = (int, float, np.generic)

# ---------------------------------------------------------------------- reading


def getitem(nd: NDArray, key: object) -> NDArray:
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
    simple = simple_key(key, t.shape)
    if simple is not None:
        return _view(nd, simple)
    items = expand_key(key, t.shape)
    if any(is_array(i) for i in items):
        return _take(nd, t, items)
    index, flips, contiguous = basic_index(items, t.shape)
    if contiguous:
        return _view(nd, index)
    return derive(nd, _copied_part, (index, flips), nd._part, _as_operators, (index, flips, nd.shape, nd._least_shape))


def _view(nd: NDArray, index: object) -> NDArray:
    """A part of the array on the same memory, differentiable while recording."""
    t = nd._t
    if not integers.in_graph(t).requires_grad:
        return nd._part(t[index])
    return derive(nd, operator.getitem, (index,), nd._part, _as_operators, (index, (), nd.shape, nd._least_shape))


def _copied_part(t: torch.Tensor, index: object, flips: Sequence[int]) -> torch.Tensor:
    part = t[index]
    return part.flip(flips) if flips else part.clone(memory_format=torch.contiguous_format)


def _as_operators(
    index: object, flips: Sequence[int], given: tuple[int, ...], least: tuple[int, ...]
) -> list[tuple[str, dict[str, Any]]]:
    """The operators that do what a basic index does, with their parameters."""
    index = index if isinstance(index, tuple) else (index,)
    items = [i for i in index if i is not None]
    ranges = [axis_range(i, axis, n) for axis, (i, n) in enumerate(zip(items, given))]
    counts = iter([r[1] for r in ranges])
    lengths = [1 if i is None else next(counts) for i in index]
    shape = tuple([n for n, i in zip(lengths, index) if i is None or isinstance(i, slice)]) + given[len(items) :]
    begin = tuple([start for start, _, _ in ranges])
    end = tuple([start + (count - 1) * step + 1 for start, count, step in ranges])
    step = tuple([r[2] for r in ranges])
    shape = shape or least
    found: list[tuple[str, dict[str, Any]]] = [
        ("slice", {"begin": begin, "end": end, "step": step}),
        ("Reshape", {"shape": shape}) if shape else ("_np_reshape", {"newshape": shape}),
    ]
    return [*found, ("reverse", {"axis": tuple(flips)})] if flips else found


def _take(nd: NDArray, t: torch.Tensor, items: tuple[Any, ...]) -> NDArray:
    """Advanced indexing: always a copy."""
    return derive(nd, _taken, advanced_index(items, t), nd._part, _GATHER, {}, constant())


def _taken(t: torch.Tensor, index: object, flips: Sequence[int]) -> torch.Tensor:
    return (t.flip(flips) if flips else t)[index]


# ---------------------------------------------------------------------- writing


def setitem(nd: NDArray, key: object, value: object) -> None:
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
        if _is_recorded(t) or (source is not None and _is_recorded(source)):
            _set_recorded(nd, key, value)
            return
    t = t.data  # MXNet keeps no versions: what was recorded sees the new values
    if type(key) is slice and key == _ALL:
        _write(t, value)
    elif t.numel():
        _set(t, key, value)


def _set(t: torch.Tensor, key: object, value: object) -> None:
    """Write into plain memory."""
    if isinstance(key, (bool, np.bool_)):  # a mask without axes: everything or nothing
        if not key:
            return
        key = Ellipsis
    simple = simple_key(key, t.shape)
    if simple is not None:
        part = t[simple]
        _write(part if part.ndim else part.reshape(1), value)
        return
    items = expand_key(key, t.shape)
    if any(is_array(i) for i in items):
        _put(t, items, value)
        return
    index, flips, _ = basic_index(items, t.shape)
    kept = [i for i in index if i is not None]
    part = t[tuple(kept)]
    if not part.ndim:
        part = part.reshape(1)
    if len(kept) == len(index):
        _write(part, value, flips)
        return
    shape = t[index].shape
    new_axes = new_axes_of_basic(index)
    _write(part, value, [f - sum(a < f for a in new_axes) for f in flips], new_axes, len(shape))


def _put(t: torch.Tensor, items: tuple[Any, ...], value: object) -> None:
    """Write at advanced indices."""
    index, flips = advanced_index(items, t)
    if flips or None in index:
        # Positions in row-major order put every kind of key on one simple path.
        places = torch.arange(t.numel(), device=t.device).reshape(t.shape)
        places = (places.flip(flips) if flips else places)[index]
        new_axes, ndim = new_axes_of_advanced(items), places.ndim
        places = places.squeeze(new_axes)
        source = _apart(_as_tensor(value, t), t)
        if source.ndim > places.ndim:
            source = _drop_axes(source, new_axes, ndim)
        t.put_(places, _expanded(source, places.shape).to(t.dtype))
        return
    source = _apart(_as_tensor(value, t), t)
    index = tuple([_apart(i, t) if isinstance(i, torch.Tensor) else i for i in index])
    if source.numel() == 1:
        t[index] = source.reshape(()).to(t.dtype)
        return
    shape = t.new_empty((1,)).expand(t.shape)[index].shape
    t[index] = _expanded(source, shape).to(t.dtype)


def _write(part: torch.Tensor, value: object, flips: object = (), new_axes: object = (), ndim: int = 0) -> None:
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
        source = _apart(source, part)
        part.copy_(source.flip(flips) if flips else source)


def _apart(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """What is to be written, in memory that does not change with the writing."""
    return source.clone() if same_memory(source, target) else source


def fill(t: torch.Tensor, value: object) -> None:
    """Fill with a number; integers wrap around as MXNet's do."""
    if isinstance(value, np.generic):
        value = value.item()
    try:
        t.fill_(value)
    except (RuntimeError, TypeError, OverflowError):
        t.copy_(_as_tensor(value, t))


def _as_tensor(value: object, like: torch.Tensor) -> torch.Tensor:
    """A value as a tensor without history, on the device it is to be written to."""
    found = getattr(value, "_t", value)
    if not isinstance(found, torch.Tensor):
        try:
            found = tensor_of(value, like.dtype)
        except TypeError as e:
            raise TypeError(
                "NDArray does not support assignment with non-array-like object "
                f"{reprlib.repr(value)} of type {type(value).__name__}: {e}"
            ) from None
    return found.detach().to(like.device)


def _expanded(source: torch.Tensor, shape: tuple[int, ...]) -> torch.Tensor:
    """Broadcast; surplus leading axes of length 1 are dropped."""
    given = source.shape
    while source.ndim > len(shape) and source.shape[0] == 1:
        source = source[0]
    try:
        return source.expand(shape)
    except RuntimeError:
        raise ValueError(
            f"cannot broadcast a value of shape {tuple(given)} to the indexed part, whose shape is {tuple(shape)}"
        ) from None


def _drop_axes(source: torch.Tensor, axes: Any, ndim: int) -> torch.Tensor:
    """Drop the axes of length 1 that stand where the key has None; ``ndim`` is the rank of the key's result."""
    offset = source.ndim - ndim
    return source.squeeze([a + offset for a in axes if a + offset >= 0])


# ---------------------------------------------------------------------- writing while recording

_IN_GRAPH = (
    "writing into an array that a recorded result depends on would falsify its gradient; call backward() before, or "
    "write where nothing is recorded"
)
_IN_PLACE = "Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with a graph behind the array"


class _Overwrite(torch.autograd.Function):
    """Replaces the content of an array by a recorded value; the array then belongs to the value's graph."""

    @staticmethod
    def forward(ctx: FunctionCtx, memory: list[torch.Tensor], value: torch.Tensor) -> torch.Tensor:
        ctx.dtype = value.dtype
        memory[0].copy_(value)
        return memory[0]

    @staticmethod
    def backward(ctx: FunctionCtx, grad: torch.Tensor) -> Any:
        return None, grad.to(ctx.dtype)


def _set_recorded(nd: NDArray, key: object, value: Any) -> None:
    """A write while recording that meets the graph, on either side.

    Variables cannot be written. A recorded value can only replace a whole array. Constants can be written anywhere;
    the array is a constant from then on.
    """
    t = nd._t
    source = getattr(value, "_t", None)
    whole = _covers(key, t.shape)
    stands = integers.in_graph(t)
    if stands.requires_grad and stands.is_leaf and not (whole and isinstance(value, np.ndarray)):
        raise MXNetError(_IN_GRAPH)
    if source is None or not _is_recorded(source):
        _set(t.data, key, value)
        if not stands.is_leaf:
            nd._t = t.detach()
        return
    if not whole:
        raise MXNetError(_IN_PLACE)
    if source is not t:
        with grad_mode(True):
            source = _without_new_axes(source, key, t.shape)
            if not (t.is_floating_point() and source.is_floating_point()):
                source = integers.run(get_op("Cast").run, (source,), {"dtype": t.dtype})
            value_of = _expanded(source, t.shape)
            if t.is_floating_point():
                nd._t = _Overwrite.apply([t.data], value_of)
            else:
                t.data.copy_(_apart(value_of, t))
                nd._t = integers.follow(t.detach(), source, lambda p: _expanded(p, t.shape))
        recorded(nd, get_op("broadcast_like"), {}, [origin_of(value), constant()])


def _without_new_axes(source: torch.Tensor, key: Any, shape: tuple[int, ...]) -> torch.Tensor:
    """A value for a key that covers an array of ``shape``, without what stands where the key has None."""
    items = expand_key(key, shape)
    if None not in items:
        return source
    index, _, _ = basic_index(items, shape)
    axes, ndim = new_axes_of_basic(index), len([i for i in index if not isinstance(i, int)])
    part = _drop_axes(source, axes, ndim)
    return part if source.is_floating_point() else integers.follow(part, source, lambda p: _drop_axes(p, axes, ndim))


def _is_recorded(t: object) -> bool:
    return integers.in_graph(t).requires_grad


def _covers(key: object, shape: tuple[int, ...]) -> bool:
    """Whether a key selects the whole array in its order."""
    items = expand_key(key, shape)
    if any(is_array(i) for i in items):
        return False
    ranges = [axis_range(i, axis, n) for axis, (i, n) in enumerate(zip([i for i in items if i is not None], shape))]
    return all(r[1] == n and r[2] > 0 for r, n in zip(ranges, shape))
