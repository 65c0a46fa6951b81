"""The graph of what was recorded, as a symbol."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from .._core.graph import build
from .._core.graph.attrs import attr_text
from .._core.graph.node import Entry, Node
from .._core.registry import OpDef
from .._core.tape import Note, note_of
from ..base import MXNetError
from ..ndarray import NDArray
from ._symbol import Symbol


def symbol_of(x: NDArray) -> Symbol:
    """The graph that an array was computed by; see :func:`mxnet.autograd.get_symbol`."""
    if not isinstance(x, NDArray):
        raise TypeError(f"get_symbol expects an NDArray, got {type(x).__name__}")
    if not x._t.requires_grad:
        raise MXNetError("NDArray is not part of a computation graph. Did you forget to turn on recording?")
    note = note_of(x)
    assert note is not None
    nodes: dict[int, list[Entry]] = {}  # the outputs of each call
    counts = {"var": 0, "null": 0, "node": 0}
    waiting: list[Note] = [note]
    while waiting:  # inputs first; without recursion, since the past may be long
        op, params, inputs, _ = current = waiting[-1]
        missing = [] if _key(current) in nodes else [i for i in inputs if i is not None and _key(i) not in nodes]
        if missing:
            waiting += reversed(missing)
            continue
        waiting.pop()
        if _key(current) in nodes:
            continue
        if isinstance(op, OpDef):
            kind, begin = "node", "node_"
        elif isinstance(op, str):
            kind = begin = op
        else:
            nodes[_key(current)] = _composed(op, inputs, nodes)
            continue
        name = f"{begin}{counts[kind]}"
        counts[kind] += 1
        nodes[_key(current)] = [(Node(None, name), 0)] if kind != "node" else _apply(op, name, params, inputs, nodes)
    return Symbol([nodes[_key(note)][note[3]]])


def _key(note: Note) -> int:
    """What notes on several outputs of one call have in common."""
    op, _, inputs, _ = note
    return id(note) if isinstance(op, str) else id(inputs)


def _apply(op: OpDef, name: str, params: dict[str, Any], inputs: Any, nodes: Mapping[int, list[Entry]]) -> list[Entry]:
    """The outputs of an operator."""
    attrs = {key: attr_text(value) for key, value in params.items() if key in op.params and value is not None}
    if op.variadic in op.params:
        attrs.setdefault(op.variadic, str(len(inputs)))
    entries = [None if i is None else nodes[_key(i)][i[3]] for i in inputs]
    node = build.apply_op(op, name, attrs, entries, {})
    return [(node, i) for i in range(node.num_outputs)]


def _composed(call: Any, inputs: Any, nodes: Mapping[int, list[Entry]]) -> list[Entry]:
    """The outputs of a graph that was called as one, a hybridized block for instance."""
    graph = copy.copy(call._symbol)
    names = graph.list_inputs()
    graph._compose(**{name: Symbol([nodes[_key(i)][i[3]]]) for name, i in zip(names, inputs)})
    return list(graph._heads)
