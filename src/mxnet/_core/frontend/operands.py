"""What the functions of ``mx.np`` take besides arrays: symbols, of which they make nodes of a graph."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Sequence
from typing import Any

from ..opdef import OpDef


class GraphOperand:
    """The base of symbols with NumPy's semantics."""

    __slots__ = ()

    @classmethod
    def _apply(cls, od: OpDef, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        """An operator applied to symbols of this class: a symbol, or a list where there are several outputs."""
        raise NotImplementedError


class _Making(threading.local):
    kind: type[GraphOperand] | None = None


making = _Making()  # of what class the results are that functions without inputs give now; None: arrays


def in_graphs(fn: Callable[..., Any], kind: type[GraphOperand], refuse: Callable[[Any], None]) -> Any:
    """A function that makes something of no array, such as ``zeros``, with nodes of graphs as its results.

    ``refuse`` raises for what is no node after all.
    """

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        before, making.kind = making.kind, kind
        try:
            result = fn(*args, **kwargs)
        finally:
            making.kind = before
        refuse(result)
        return result

    return call
