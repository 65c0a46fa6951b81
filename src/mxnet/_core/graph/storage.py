"""Which storage types the values of a graph have, and the gradients of its arguments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from .node import Entry, Node, topo_sort

Stypes = dict[tuple[int, int], str]

# How the attribute ``__storage_type__`` of a variable numbers them.
CODES = {"-1": None, "0": "default", "1": "row_sparse", "2": "csr"}


def declared(node: Node) -> str | None:
    """The storage type that a variable was made with, or None."""
    return CODES.get(node.attrs.get("__storage_type__", "-1"))


def infer_storage(heads: Sequence[Entry], known: Mapping[str, str]) -> Stypes:
    """The storage type of each value, by ``(id(node), output)``.

    Parameters
    ----------
    heads : sequence of Entry
    known : mapping of str to str
        Storage types of variables by name; others are what they were declared, else dense.
    """
    found: Stypes = {}
    for node in topo_sort(heads):
        if node.op is None:
            found[id(node), 0] = known.get(node.name) or declared(node) or "default"
            continue
        given = tuple([found[id(n), i] for n, i in node.inputs])
        first = None
        rule = node.op.sparse
        if rule is not None and (
            any(s != "default" for s in given) or (rule.makes_sparse is not None and rule.makes_sparse(node.params))
        ):
            first = rule.infer(given, node.params)
        for i in range(node.num_outputs):
            found[id(node), i] = "default"
        found[id(node), 0] = first or "default"
    return found


def infer_gradients(heads: Sequence[Entry], stypes: Stypes) -> dict[str, str]:
    """The storage type of the gradient of each variable, by name; of several uses it is their sum's.

    Gradients of outputs are stored as these.
    """
    arriving: dict[tuple[int, int], set[str]] = {}
    for node, i in heads:
        arriving.setdefault((id(node), i), set()).add(stypes[id(node), i])
    found = {}
    for node in reversed(topo_sort(heads)):
        parts = arriving.get((id(node), 0), {"default"})
        grad = "row_sparse" if parts == {"row_sparse"} else "default"
        if node.op is None:
            found[node.name] = grad
            continue
        rule = node.op.sparse
        given = tuple([stypes[id(n), i] for n, i in node.inputs])
        sent: Sequence[str] = ("default",) * len(given)
        if rule is not None and rule.infer_backward is not None and rule.infer(given, node.params) is not None:
            sent = rule.infer_backward(grad, given, node.params)
        for (source, i), stype in zip(node.inputs, sent):
            arriving.setdefault((id(source), i), set()).add(stype)
    return found
