"""The graph of what was recorded, as a symbol."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any

from .._core.graph import build
from .._core.graph.attrs import attr_text
from .._core.graph.node import Entry, Graph, Node
from .._core.history import Origin, in_graph, origin_of
from .._core.registry import OpDef, get_op
from ..base import ArgumentTypeError, MXNetError
from ..ndarray import NDArray
from ._subgraph import call_params
from ._symbol import Symbol


def symbol_of(x: NDArray) -> Symbol:
    """The graph that an array was computed by; see :func:`mxnet.autograd.get_symbol`."""
    if not isinstance(x, NDArray):
        raise ArgumentTypeError(f"get_symbol expects an NDArray, got {type(x).__name__}")
    stands = in_graph(x)
    if stands is None or not stands.requires_grad:
        raise MXNetError("get_symbol: nothing was recorded for this array; compute it under autograd.record()")
    origin = origin_of(x)
    assert origin is not None
    nodes: dict[int, list[Entry]] = {}  # the outputs of each call
    counts = {"var": 0, "null": 0, "node": 0}
    waiting: list[Origin] = [origin]
    while waiting:  # inputs first; without recursion, since the past may be long
        op, params, inputs, _ = current = waiting[-1]
        known = isinstance(op, str) or _key(current) in nodes
        missing = [] if known else [i for i in inputs if i is not None and _key(i) not in nodes]
        if missing:
            waiting += reversed(missing)
            continue
        waiting.pop()
        if _key(current) in nodes:
            continue
        if isinstance(op, str):
            made = [(Node(None, f"{op}{counts[op]}"), 0)]
            counts[op] += 1
        elif isinstance(op, OpDef):
            made = _apply(op, _numbered(counts), params, [_entry(i, nodes) for i in inputs])
        elif isinstance(op, FunctionType):
            made = [_entry(inputs[0], nodes)]
            for name, values in op(*params):
                made = _apply(get_op(name), _numbered(counts), values, made)
        else:
            made = _called(op, inputs, nodes, counts)
        nodes[_key(current)] = made
    return Symbol([_entry(origin, nodes)])


def _key(origin: Origin) -> int:
    """What the origins of several outputs of one call have in common."""
    op, _, inputs, _ = origin
    return id(origin) if isinstance(op, str) else id(inputs)


def _numbered(counts: dict[str, int]) -> str:
    """A name for the next node."""
    counts["node"] += 1
    return f"node_{counts['node'] - 1}"


def _entry(origin: Origin | None, nodes: Mapping[int, list[Entry]]) -> Any:
    return None if origin is None else nodes[_key(origin)][origin[3]]


def _apply(
    op: OpDef, name: str, params: dict[str, Any], inputs: list[Any], subgraphs: Sequence[Graph] = ()
) -> list[Entry]:
    """The outputs of an operator."""
    attrs = {
        key: attr_text(value)
        for key, value in params.items()
        if key in op.params and not (value is None and op.defaults.get(key) is None)
    }
    if op.variadic in op.params:
        attrs.setdefault(op.variadic, str(len(inputs)))
    node = build.apply_op(op, name, attrs, inputs, {}, subgraphs)
    return [(node, i) for i in range(node.num_outputs)]


def _called(call: Any, inputs: Any, nodes: Mapping[int, list[Entry]], counts: dict[str, int]) -> list[Entry]:
    """The outputs of a graph that was called as one, a hybridized block for instance: one node, unless it is small."""
    graph = copy.copy(call._symbol)
    names = graph.list_inputs()
    if not call.shown_inline:
        entries = [_entry(i, nodes) for i in inputs]
        return _apply(get_op("_CachedOp"), _numbered(counts), call_params(graph), entries, [graph._graph])
    graph._compose(**{name: Symbol([_entry(i, nodes)]) for name, i in zip(names, inputs)})
    return list(graph._heads)
