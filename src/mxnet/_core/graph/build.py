"""Building graphs: applying an operator to inputs, and putting one graph in the place of another's variables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NoReturn

from ...base import MXNetError
from ..registry import OpDef
from ..spelling import suggestion
from ..text import shortened
from .attrs import initialize_variables, parse_params
from .node import Entry, Graph, Node


def keyword_mismatch(what: str, given: Iterable[str], candidates: Sequence[str]) -> NoReturn:
    """Raise for a keyword that names none of the candidates, suggesting the nearest."""
    wrong = next(k for k in given if k not in candidates)
    listed = shortened("\n".join(f"\t[{i}]{c}" for i, c in enumerate(candidates)))
    hint = suggestion(wrong, candidates)
    raise MXNetError(f"{what}: Keyword argument name {wrong} not found{hint}\nCandidate arguments:\n{listed}")


def apply_op(
    op: OpDef,
    name: str,
    attrs: dict[str, str],
    positional: Sequence[Entry | None],
    named: Mapping[str, Entry],
    subgraphs: Sequence[Graph] = (),
) -> Node:
    """A node that applies an operator; inputs that are not given become variables ``{name}_{input}``.

    Such a variable inherits the attributes of the operator: MXNet's initializers and optimizers look at them.

    Raises
    ------
    MXNetError
        For bad parameters, too many inputs, or a keyword that is not an input.
    """
    if len(subgraphs) != len(op.subgraphs):
        wanted = ", ".join(op.subgraphs) or "none"
        raise MXNetError(f"Operator {op.name} (node {name!r}): {len(subgraphs)} subgraphs are given, expected {wanted}")
    params = parse_params(op, attrs, name)
    names = op.input_names(params)
    if len(positional) > len(names):
        raise MXNetError(
            f"Operator {op.name} (node {name!r}): Incorrect number of arguments, requires {len(names)}, "
            f"provided {len(positional)}"
        )
    for key in named:
        if key not in names:
            keyword_mismatch(f"Operator {op.name} (node {name!r})", named, names)
    inputs: list[Entry] = []
    for i, input_name in enumerate(names):
        entry = positional[i] if i < len(positional) else None
        if entry is None:
            entry = named.get(input_name)
        elif input_name in named:
            raise MXNetError(f"Operator {op.name} (node {name!r}): input {input_name} is given by position and by name")
        inputs.append(missing_input(name, input_name, attrs) if entry is None else entry)
    node = Node(op, name, inputs, attrs, params)
    node.subgraphs = list(subgraphs)
    initialize_variables(node)
    node.update_versions()
    return node


def missing_input(node_name: str, input_name: str, attrs: dict[str, str]) -> Entry:
    """The variable that stands for an input nobody has given."""
    return Node(None, f"{node_name}_{input_name}" if node_name else input_name, attrs=dict(attrs)), 0


def is_atomic(heads: Sequence[Entry]) -> bool:
    """Whether this is a lone operator which has not been applied to inputs yet."""
    return (
        bool(heads)
        and heads[0][0].op is not None
        and not heads[0][0].inputs
        and all(n is heads[0][0] for n, _ in heads)
    )


def apply_atomic(node: Node, name: str | None, positional: Sequence[Entry], named: Mapping[str, Entry]) -> None:
    """Give an operator without inputs its inputs, in place."""
    applied = apply_op(node.op, name or node.name, node.attrs, positional, named, node.subgraphs)  # type: ignore[arg-type]
    node.name, node.inputs, node.in_versions = applied.name, applied.inputs, applied.in_versions


def substitute(heads: list[Entry], replacements: Mapping[str, Entry]) -> list[Entry]:
    """Put entries in the place of variables, in place, by the variables' names.

    Returns
    -------
    list of Entry
        The heads, where variables among them have been replaced too.

    Raises
    ------
    MXNetError
        When a name is none of the graph's variables.
    """
    graph = Graph(heads)
    instead = {n: replacements[n.name] for n in graph.variables if n.name in replacements}
    names = [n.name for n in graph.variables]
    if any(key not in names for key in replacements):
        keyword_mismatch("Symbol.Compose", replacements, names)
    for node in graph.operators:
        if any(source in instead for source, _ in node.inputs):
            node.inputs = [instead.get(source, (source, i)) for source, i in node.inputs]
            node.update_versions()
    return [instead.get(n, (n, i)) for n, i in heads]
