"""Graphs and their nodes: walking over them, and copying them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeAlias

from ..registry import OpDef


class Node:
    """A variable (``op`` is None) or the application of an operator. Nodes are equal when they are the same.

    Attributes
    ----------
    op : OpDef or None
    name : str
    inputs : list of Entry
        The producing node and output number of each input.
    attrs : dict of str to str
        As MXNet stores and saves them: operator parameters and ``__hidden__`` user attributes.
    params : SimpleNamespace or None
        The decoded parameters of an operator.
    subgraphs : list of Graph
        The bodies of a control-flow operator.
    version : int
        How often a variable has been made the target of a mutating operator.
    in_versions : tuple of int
        The version of each input that the node reads; empty when all are 0. Saved in files.
    """

    __slots__ = ("attrs", "in_versions", "inputs", "name", "op", "params", "subgraphs", "version")

    def __init__(
        self,
        op: OpDef | None,
        name: str,
        inputs: Sequence[Entry] = (),
        attrs: dict[str, str] | None = None,
        params: SimpleNamespace | None = None,
    ) -> None:
        self.op = op
        self.name = name
        self.inputs: list[Entry] = list(inputs)
        self.attrs: dict[str, str] = {} if attrs is None else attrs
        self.params: Any = params
        self.subgraphs: list[Graph] = []
        self.version = 0
        self.in_versions: tuple[int, ...] = ()

    @property
    def is_variable(self) -> bool:
        """Whether this is an input of the graph."""
        return self.op is None

    @property
    def num_outputs(self) -> int:
        """How many outputs the node has, hidden ones included."""
        return 1 if self.op is None else len(self.op.output_names(self.params))

    @property
    def num_visible(self) -> int:
        """How many outputs a Symbol of this node shows."""
        return 1 if self.op is None else self.op.num_visible(self.params)

    def output_name(self, index: int) -> str:
        """The name under which ``list_outputs`` shows an output: ``fc1_output``."""
        if self.op is None:
            return self.name
        return f"{self.name}_{self.op.output_names(self.params)[index]}"

    def mutated_inputs(self) -> list[int]:
        """Positions of the inputs that the operator updates in place."""
        return [] if self.op is None else self.op.mutated_inputs(self.params, len(self.inputs))

    def update_versions(self) -> None:
        """Note which version of each variable input is read, counting up those that are mutated."""
        versions = [n.version for n, _ in self.inputs]
        for i in self.mutated_inputs():
            target = self.inputs[i][0]
            if target.is_variable:
                target.version += 1
                versions[i] = target.version
        self.in_versions = tuple(versions) if any(versions) else ()

    def copy(self, inputs: Sequence[Entry]) -> Node:
        """A node like this one, with other inputs."""
        new = Node(self.op, self.name, inputs, dict(self.attrs), self.params)
        new.subgraphs, new.version, new.in_versions = self.subgraphs, self.version, self.in_versions
        return new

    def __repr__(self) -> str:
        return f"<{'variable' if self.op is None else self.op.name} {self.name}>"


Entry: TypeAlias = tuple[Node, int]


def topo_sort(heads: Iterable[Entry]) -> list[Node]:
    """All nodes below the heads, inputs before their users, in MXNet's order: depth first, inputs in order.

    Iterative, so that graphs of any depth are fine.
    """
    order: list[Node] = []
    seen: set[Node] = set()
    for head, _ in heads:
        if head in seen:
            continue
        seen.add(head)
        stack = [(head, iter(head.inputs))]
        while stack:
            node, rest = stack[-1]
            for child, _ in rest:
                if child not in seen:
                    seen.add(child)
                    stack.append((child, iter(child.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order


class Graph:
    """Some outputs, and all nodes that they are computed from, whose order is found once.

    It is for graphs that are whole: whoever connects nodes otherwise makes a new one.

    Parameters
    ----------
    heads : iterable of Entry
        The outputs.
    """

    def __init__(self, heads: Iterable[Entry]) -> None:
        self.heads = list(heads)

    @cached_property
    def nodes(self) -> list[Node]:
        """All nodes, inputs before their users."""
        return topo_sort(self.heads)

    @cached_property
    def operators(self) -> list[Node]:
        """The nodes that compute something."""
        return [n for n in self.nodes if n.op is not None]

    @cached_property
    def variables(self) -> list[Node]:
        """The arguments and the auxiliary states, in the order of the graph."""
        return [n for n in self.nodes if n.op is None]

    @cached_property
    def states(self) -> list[Node]:
        """The auxiliary states: variables that some operator updates in place."""
        mutated = {n.inputs[i][0] for n in self.operators for i in n.mutated_inputs()}
        return [v for v in self.variables if v in mutated]

    @cached_property
    def arguments(self) -> list[Node]:
        """The other variables."""
        states = set(self.states)
        return [v for v in self.variables if v not in states]


def rebuild(
    graph: Graph,
    change: Callable[[Node, Node], None] | None = None,
    redirect: Mapping[Node, Callable[[list[Entry], int], Entry]] | None = None,
) -> Graph:
    """Copy a graph, changing it on the way.

    Parameters
    ----------
    graph : Graph
    change : callable, optional
        ``change(old, new)`` may edit the new node, whose inputs are already set.
    redirect : dict, optional
        A node -> function of its (new) inputs and of an output number, giving the entry that its users read instead of
        it. Heads keep the node itself.
    """
    made: dict[Node, Node] = {}

    def entry(e: Entry) -> Entry:
        node, index = e
        if redirect and node in redirect:
            return redirect[node](made[node].inputs, index)
        return made[node], index

    for old in graph.nodes:
        made[old] = new = old.copy([entry(e) for e in old.inputs])
        if change is not None:
            change(old, new)
    return Graph([(made[n], i) for n, i in graph.heads])
