"""Cutting the bodies of loops and branches out of the graph that a user's function has built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._core.graph.node import Entry, Graph, Node
from ..attribute import AttrScope
from . import op
from ._creation import var
from ._symbol import Symbol

_MARK = "__subgraph_name__"


class Body:
    """The graph that a user's function over symbols describes.

    Parameters
    ----------
    name : str
        What its name begins with, which marks the nodes that the function makes.
    arguments : list of Symbol
        What the function is called with; it sees a variable for each.
    build : callable
        ``build(variables) -> (outputs, states, result)``.
    copy_shared : bool
        Whether a state with the name of an output becomes a copy of it.

    Attributes
    ----------
    graph : Symbol
        The outputs, then the states. It shares no node with the graph around it.
    inputs : list of (int or None, Entry)
        What each of its variables, in order, stands for: the number of an argument, and a value of the graph around
        it, or a variable that the function has made.
    result : object
        What else ``build`` gave.
    num_outputs, num_states : int
    kind : class
        Of what kind the results are, as those of the function.
    """

    def __init__(
        self,
        name: str,
        arguments: Sequence[Symbol],
        build: Callable[[list[Symbol]], tuple[list[Symbol], list[Symbol], Any]],
        copy_shared: bool = False,
    ) -> None:
        name = _unique_name(name)
        with AttrScope(**{_MARK: name}):
            variables = [type(s)(var(f"{s.name}-{s._heads[0][1]}")._heads) for s in arguments]
            outputs, states, self.result = build(variables)
            self.kind = next((type(s) for s in (*outputs, *states)), Symbol)
            shared = {s.name for s in outputs} if copy_shared else set()
            heads = _distinct(outputs, states, shared, name)
        self.num_outputs, self.num_states = len(outputs), len(states)
        numbers = {v._heads[0][0]: i for i, v in enumerate(variables)}
        graph, inputs = _cut(heads, name)
        self.graph = graph
        self.inputs = [
            (None, entry) if number is None else (number, arguments[number]._heads[0])
            for entry in inputs
            for number in (numbers.get(entry[0]),)
        ]


def _unique_name(name: str) -> str:
    outer = AttrScope._current.value._attr.get(_MARK)
    if outer:
        name = f"{outer}${name}"
    number = AttrScope._subgraph_names[name]
    AttrScope._subgraph_names[name] += 1
    return f"{name}{number}"


def _distinct(outputs: list[Symbol], states: list[Symbol], shared: set[str | None], name: str) -> list[Entry]:
    """The heads of a body, with a copy in the place of each that is an input, or nothing that the body computes."""
    inputs = {n.name for n in Graph([s._heads[0] for s in (*outputs, *states)]).variables}

    def head(s: Symbol, taken: set[str | None]) -> Entry:
        node = s._heads[0][0]
        if node.name in inputs or node.name in taken or node.attrs.get(_MARK) != name:
            return op.identity(s)._heads[0]
        return s._heads[0]

    return [head(s, set()) for s in outputs] + [head(s, shared) for s in states]


def _cut(heads: Sequence[Entry], name: str) -> tuple[Symbol, list[Entry]]:
    """Copy what was made in a scope; each value from outside becomes a variable.

    Returns
    -------
    graph : Symbol
    inputs : list of Entry
        What each variable of the graph is outside of it.
    """
    made: dict[Node, Node] = {}
    fed: dict[Node, Entry] = {}
    cut: dict[Entry, Node] = {}

    def inner(entry: Entry) -> Entry:
        node, index = entry
        if node in made:
            return made[node], index
        variable = cut.get(entry)
        if variable is None:
            variable = cut[entry] = Node(None, node.output_name(index))
            fed[variable] = entry
        return variable, 0

    for old in Graph(heads).nodes:
        if old.attrs.get(_MARK) != name:
            continue
        made[old] = new = old.copy([inner(e) for e in old.inputs])
        if old.op is None:
            fed[new] = (old, 0)
    body = Symbol([inner(h) for h in heads])
    return body, [fed[v] for v in body._graph.variables]


def call_params(graph: Symbol) -> dict[str, Any]:
    """The parameters of a ``_CachedOp`` node that calls a graph."""
    names = graph.list_inputs()
    states = set(graph.list_auxiliary_states())
    return {
        "num_args": len(names) + 1,
        "num_outputs": len(graph._heads),
        "state_locs": tuple([i for i, n in enumerate(names) if n in states]),
    }
