"""Which storage types the values of a graph have, and the gradients of its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

from .node import Entry, Graph, Node

Stypes: TypeAlias = dict[Entry, str]

# How the attribute ``__storage_type__`` of a variable numbers them.
CODES = {"-1": None, "0": "default", "1": "row_sparse", "2": "csr"}


def declared(node: Node) -> str | None:
    """The storage type that a variable was made with, or None."""
    return CODES.get(node.attrs.get("__storage_type__", "-1"))


def infer_storage(graph: Graph, known: Mapping[str, str]) -> Stypes:
    """The storage type of each value, by entry.

    Parameters
    ----------
    graph : Graph
    known : mapping of str to str
        Storage types of variables by name; others are what they were declared, else dense.
    """
    found: Stypes = {}
    for node in graph.nodes:
        if node.op is None:
            found[node, 0] = known.get(node.name) or declared(node) or "default"
            continue
        given = tuple([found[e] for e in node.inputs])
        first = None
        rule = node.op.sparse
        if rule is not None and (any(s != "default" for s in given) or rule.applies_to_dense(node.params)):
            first = rule.infer(given, node.params)
        for i in range(node.num_outputs):
            found[node, i] = "default"
        found[node, 0] = first or "default"
    return found


def infer_gradients(graph: Graph, stypes: Stypes) -> dict[str, str]:
    """The storage type of the gradient of each variable, by name; of several uses it is their sum's.

    Gradients of outputs are stored as these.
    """
    arriving: dict[Entry, set[str]] = {}
    for head in graph.heads:
        arriving.setdefault(head, set()).add(stypes[head])
    found = {}
    for node in reversed(graph.nodes):
        parts = arriving.get((node, 0), {"default"})
        grad = "row_sparse" if parts == {"row_sparse"} else "default"
        if node.op is None:
            found[node.name] = grad
            continue
        rule = node.op.sparse
        given = tuple([stypes[e] for e in node.inputs])
        sent: Sequence[str] = ("default",) * len(given)
        if rule is not None and rule.infer_backward is not None and rule.infer(given, node.params) is not None:
            sent = rule.infer_backward(grad, given, node.params)
        for source, stype in zip(node.inputs, sent):
            arriving.setdefault(source, set()).add(stype)
    return found
