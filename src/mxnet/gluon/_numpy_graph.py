"""Graphs of blocks that are given arrays of ``mx.np``: of which kinds their symbols and results are."""

from __future__ import annotations

import functools
import warnings
from collections.abc import Sequence
from typing import Any

from ..ndarray import NDArray
from ..numpy import ndarray
from ..symbol import Symbol
from ._block import Block
from ._flatten import flatten


@functools.cache
def _numpy_symbol() -> type[Symbol]:
    return type(Symbol([]).as_np_ndarray())


def as_kind(kind: type[Symbol], symbol: Symbol) -> Symbol:
    """A symbol as a classic one or as one that stands for an ``mx.np`` array."""
    return symbol if type(symbol) is kind else kind(symbol._heads)


def kind_of(args: Any) -> type[Symbol]:
    """The kind of symbol that stands for the first array in nested arguments, or of the first symbol."""
    for a in args:
        if isinstance(a, Symbol):
            return type(a)
        if isinstance(a, NDArray):
            return _numpy_symbol() if isinstance(a, ndarray) else Symbol
        if isinstance(a, (list, tuple)) and a:
            return kind_of(a)
    return Symbol


def kinds_of(args: Sequence[Any]) -> list[bool]:
    """Of nested arrays, in order, whether each is one of ``mx.np``; None is left out."""
    return [isinstance(a, ndarray) for a in flatten(args, "input")[0] if a is not None]


def in_kinds(out: Any, kinds: Sequence[bool]) -> Any:
    """The outputs of a graph, an array or a list, as the kinds of arrays that the block gives."""
    outputs = [out] if isinstance(out, NDArray) else out
    made = [o.as_np_ndarray() if numpy else o.as_nd_ndarray() for o, numpy in zip(outputs, kinds)]
    return made[0] if len(made) == 1 else made


def tell(block: Block, reason: str) -> None:
    """Warn, once a block, that it runs without a graph."""
    if block._told_of_numpy:
        return
    warnings.warn(
        f"{type(block).__name__} {block.name!r} runs on mx.np arrays as if it had not been hybridized: there is no "
        f"graph of it ({reason}). The results are those of the block without graph.",
        stacklevel=5,
    )
    block.apply(lambda part: setattr(part, "_told_of_numpy", True))
