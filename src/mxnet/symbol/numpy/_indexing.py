"""Parts of symbols that stand for arrays of ``mx.np``: the nodes that ``x[1:, ..., None]`` consists of."""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as onp

from ..._core.ops.indexing.slice import slice_
from ..._core.ops.numpy.codes import reshape
from ..._core.ops.numpy.shape import moveaxis
from ..._core.ops.shape.reshape import expand_dims

_REST, _KEEP, _DROP = -4, -2, -3  # codes of ``npx.reshape``: all other axes, one axis, one axis of length 1


def part(x: Any, key: Any) -> Any:
    """``x[key]`` of a symbol; how many axes it has is not known."""
    items = list(key) if isinstance(key, tuple) else [key]
    if not all(map(_is_allowed, items)):
        raise IndexError(f"symbols are indexed by integers, slices, None, ... and tuples of these, got {key!r}")
    if isinstance(key, slice):
        begin, end = [[v] if v is None else v for v in (key.start, key.stop)]
        return x._apply(slice_, [x], {"begin": begin, "end": end, "step": key.step})
    left, right = items, []
    if Ellipsis in items:
        place = items.index(Ellipsis)
        left, right = items[:place], items[place + 1 :]
        if Ellipsis in right:
            raise IndexError("an index can only have a single ellipsis ('...')")
    if right:
        x = _last_axes(x, [i for i in right if i is not None])
        x = _new_axes(x, right, -1)
    chosen = [i for i in left if i is not None]
    if chosen:
        x = _first_axes(x, chosen)
    return _new_axes(x, left, 1)


def _is_allowed(item: Any) -> bool:
    return item is None or item is Ellipsis or isinstance(item, (int, onp.integer, slice)) and type(item) is not bool


def _first_axes(x: Any, items: Sequence[Any]) -> Any:
    """What the first axes are restricted to; those with an integer are dropped."""
    begin: list[int | None] = []
    end: list[int | None] = []
    step: list[int | None] = []
    codes = []
    for item in items:
        if isinstance(item, slice):
            begin.append(item.start)
            end.append(item.stop)
            step.append(item.step)
            codes.append(_KEEP)
        else:
            place = operator.index(item)
            begin.append(place)
            end.append(None if place == -1 else place + 1)
            step.append(1)
            codes.append(_DROP)
    steps = {} if step == [1] else {"step": step}
    y = x._apply(slice_, [x], {"begin": begin, "end": end, **steps})
    return x._apply(reshape, [y], {"newshape": (*codes, _REST)})


def _last_axes(x: Any, items: Sequence[Any]) -> Any:
    """As :func:`_first_axes`, of the last axes."""
    if not items:
        return x
    n = len(items)
    places = tuple(range(n))
    y = x._apply(moveaxis, [x], {"source": tuple(i - n for i in places), "destination": places})
    y = _first_axes(y, items)
    kept = tuple(range(sum(isinstance(i, slice) for i in items)))
    if not kept:
        return y
    return x._apply(moveaxis, [y], {"source": kept, "destination": tuple(i - len(kept) for i in kept)})


def _new_axes(x: Any, items: Sequence[Any], side: int) -> Any:
    """Axes of length 1 where items are None, counted from the first axis (``side`` 1) or from the last one (-1)."""
    axis = 0 if side > 0 else -1
    for item in items[::side]:
        if item is None:
            x = x._apply(expand_dims, [x], {"axis": axis})
        if item is None or isinstance(item, slice):
            axis += side
    return x
