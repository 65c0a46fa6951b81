"""Rewriting passes: each takes a graph and gives a new one, leaving the old one alone."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from operator import getitem
from types import SimpleNamespace
from typing import Any

from ..ops.elemwise.copying import copy
from ..shapes import PartialShape, is_known
from .infer import has_open_range, infer_shapes
from .node import Entry, Graph, Node, rebuild


def remove_amp_cast(graph: Graph) -> Graph:
    """Leave out the casts that automatic mixed precision put between operators; those that are outputs stay."""
    casts = [n for n in graph.operators if n.op is not None and n.op.is_cast]
    return rebuild(graph, redirect=dict.fromkeys(casts, getitem)) if casts else graph


def resolve_sizes(graph: Graph, known: Mapping[str, PartialShape]) -> Graph:
    """Write sizes into creation operators that left some open, such as ``zeros(shape=(0, 200))``.

    Parameters
    ----------
    graph : Graph
    known : dict of str to tuple of int
        Shapes of the variables, from which the sizes are inferred.
    """
    shapes = infer_shapes(graph, known)
    found = {n: shapes.of(n) for n in deferred_sizes(graph) if is_known(shapes.of(n))}

    def change(old: Node, new: Node) -> None:
        if old in found:
            new.params = SimpleNamespace(**{**vars(old.params), **_sized(old.params, found[old])})

    return rebuild(graph, change)


def convolution_weights(graph: Graph) -> set[str]:
    """Names of the variables that are weights of two-dimensional convolutions with channels first."""
    found = set()
    for node in graph.operators:
        if node.op is not None and node.op.image_weight is not None and len(node.params.kernel) == 2:
            weight = node.inputs[node.op.inputs.index(node.op.image_weight)][0]
            if weight.op is None and node.params.layout in (None, "NCHW"):
                found.add(weight.name)
    return found


def deferred_sizes(graph: Graph) -> list[Node]:
    """The creation operators whose size nothing but their users tells."""
    return [n for n in graph.operators if not n.inputs and _is_deferred(n)]


def _sized(p: SimpleNamespace, shape: tuple[int, ...]) -> dict[str, Any]:
    """The parameters that give a creation operator this shape."""
    return {"stop": p.start + p.step * shape[0] / p.repeat} if has_open_range(p) else {"shape": shape}


def _is_deferred(node: Node) -> bool:
    if has_open_range(node.params):
        return True
    shape = getattr(node.params, "shape", 0)
    if isinstance(shape, (int, float)):  # there is none, or it is the number of a gamma distribution
        return False
    return not shape or any(d is None or d <= 0 for d in shape)


def eliminate_common(graph: Graph) -> Graph:
    """Compute equal expressions once. Gives the same graph when there are none.

    Nodes are equal when operator, attributes and inputs are. Operators that draw random numbers, behave differently in
    training, change an input or bring their own gradient (a loss counts as often as it occurs) are never merged.
    Outputs that have become one are told apart by a copy, as each is an
    array of its own to the caller.
    """
    made: dict[Hashable, Node] = {}
    replaced: dict[Node, Node] = {}
    for old in graph.nodes:
        inputs = [(replaced[n], i) for n, i in old.inputs]
        key: Hashable = old
        op = old.op
        if op is not None and not (
            op.rng_arg or op.train_arg or op.mutates or op.backward_fn or op.opaque or old.subgraphs
        ):
            key = (id(op), frozenset(old.attrs.items()), tuple(inputs))
        node = made.get(key)
        if node is None:
            node = made[key] = old.copy(inputs)
        replaced[old] = node
    if len(made) == len(graph.nodes):
        return graph
    result: list[Entry] = []
    for head in graph.heads:
        entry = replaced[head[0]], head[1]
        merged = any(entry == e for e, other in zip(result, graph.heads) if other[0] is not head[0])
        result.append(_copy_of(entry, head[0].name) if merged else entry)
    return Graph(result)


def _copy_of(entry: Entry, name: str) -> Entry:
    return Node(copy, f"{name}_copy", [entry], params=copy.parse({})), 0
