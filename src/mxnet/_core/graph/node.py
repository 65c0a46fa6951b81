"""Nodes of the graph, walking over them, and copying them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from ..registry import OpDef


class Node:
    """A variable (``op`` is None) or the application of an operator.

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
    subgraphs : list of list of Entry
        The bodies of a control-flow operator, each as its outputs.
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
        params: Any = None,
    ) -> None:
        self.op = op
        self.name = name
        self.inputs: list[Entry] = list(inputs)
        self.attrs: dict[str, str] = {} if attrs is None else attrs
        self.params: Any = params
        self.subgraphs: list[list[Entry]] = []
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

    def __repr__(self) -> str:
        return f"<{'variable' if self.op is None else self.op.name} {self.name}>"


Entry: TypeAlias = tuple[Node, int]


def topo_sort(heads: Iterable[Entry]) -> list[Node]:
    """All nodes below the heads, inputs before their users, in MXNet's order: depth first, inputs in order.

    Iterative, so that graphs of any depth are fine.
    """
    order: list[Node] = []
    seen: set[int] = set()
    for head, _ in heads:
        if id(head) in seen:
            continue
        seen.add(id(head))
        stack = [(head, iter(head.inputs))]
        while stack:
            node, rest = stack[-1]
            for child, _ in rest:
                if id(child) not in seen:
                    seen.add(id(child))
                    stack.append((child, iter(child.inputs)))
                    break
            else:
                order.append(node)
                stack.pop()
    return order


def auxiliary_ids(nodes: Iterable[Node]) -> set[int]:
    """``id`` of each variable that some operator updates in place: the auxiliary states."""
    found = set()
    for node in nodes:
        for i in node.mutated_inputs():
            source = node.inputs[i][0]
            if source.is_variable:
                found.add(id(source))
    return found


def split_variables(nodes: Sequence[Node]) -> tuple[list[Node], list[Node]]:
    """The arguments and the auxiliary states among the nodes, each in order."""
    aux = auxiliary_ids(nodes)
    arguments: list[Node] = []
    states: list[Node] = []
    for n in nodes:
        if n.op is None:
            (states if id(n) in aux else arguments).append(n)
    return arguments, states


def rebuild(
    heads: Sequence[Entry],
    change: Callable[[Node, Node], None] | None = None,
    redirect: dict[int, Callable[[list[Entry], int], Entry]] | None = None,
) -> list[Entry]:
    """Copy a graph, changing it on the way.

    Parameters
    ----------
    heads : list of Entry
    change : callable, optional
        ``change(old, new)`` may edit the new node, whose inputs are already set.
    redirect : dict, optional
        ``id`` of a node -> function of its (new) inputs and of an output number, giving the entry that its users read
        instead of it. Heads keep the node itself.
    """
    made: dict[int, Node] = {}

    def entry(e: Entry) -> Entry:
        node, index = e
        if redirect and id(node) in redirect:
            return redirect[id(node)](made[id(node)].inputs, index)
        return made[id(node)], index

    for old in topo_sort(heads):
        new = Node(old.op, old.name, [entry(e) for e in old.inputs], dict(old.attrs), old.params)
        new.subgraphs = old.subgraphs
        new.version, new.in_versions = old.version, old.in_versions
        made[id(old)] = new
        if change is not None:
            change(old, new)
    return [(made[id(n)], i) for n, i in heads]
