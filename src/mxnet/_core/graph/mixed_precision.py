"""Mixed precision: a pass that puts casts into a graph so that chosen operators run in float16 or bfloat16."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

import torch

from ...base import MXNetError
from ..dtypes import TORCH_TO_CODE, TORCH_TO_NAME
from ..ops.elemwise.copying import amp_cast, amp_multicast
from ..registry import OpDef
from .infer import infer_types, type_attr
from .node import Entry, Graph, Node

Conditions: TypeAlias = Mapping[str, Mapping[str, Collection[str]]]


def reduce_precision(
    graph: Graph,
    target: torch.dtype,
    *,
    low: Collection[str],
    full: Collection[str],
    widest: Collection[str],
    conditional: Conditions,
    excluded: Collection[str] = (),
    parameters: Collection[str] = (),
    cast_parameters: bool = False,
) -> Graph:
    """A copy of a float32 graph in which some operators run in a low precision, and which has float32 outputs.

    Parameters
    ----------
    graph : Graph
    target : torch.dtype
        ``float16`` or ``bfloat16``.
    low, full, widest : collection of str
        Operators (canonical names) that run in ``target``, in float32, or in the widest type of their inputs. Others
        take what comes.
    conditional : dict of str to dict of str to collection of str
        Operators that run in float32 when one of the parameters has one of the values.
    excluded : collection of str
        Names of nodes that stay in float32.
    parameters : collection of str
        Names of the variables that are parameters of the network, and so have a type of their own: it becomes their
        ``__dtype__``.
    cast_parameters : bool
        Whether parameters of low-precision operators are in low precision themselves; else they are cast at each run.
    """
    build = _Pass(target, parameters, cast_parameters)
    for old in graph.nodes:
        build.made[old] = new = old.copy(())
        kind = None if old.op is None else old.op.name
        if old.name in excluded or kind in full:
            build.full_precision(old, new)
        elif kind in low:
            build.low_precision(old, new)
        elif kind in widest:
            build.widest_type(old, new)
        elif old.op is not None and _meets(old, conditional.get(old.op.name, {})):
            build.full_precision(old, new, trust_variables=False)
        else:
            build.as_it_comes(old, new)
    result = Graph([build.cast(e, torch.float32) for e in graph.heads])
    _declare_types(result, target, parameters, cast_parameters)
    return result


def _meets(node: Node, conditions: Mapping[str, Collection[str]]) -> bool:
    return any(node.attrs.get(parameter) in values for parameter, values in conditions.items())


class _Pass:
    """The graph being built, and which outputs of the old graph are there in which of the two types."""

    def __init__(self, target: torch.dtype, parameters: Collection[str], cast_parameters: bool) -> None:
        self.target = target
        self.parameters = parameters
        self.cast_parameters = cast_parameters
        self.made: dict[Node, Node] = {}
        self.there: dict[torch.dtype, dict[Entry, Entry]] = {target: {}, torch.float32: {}}

    # ------------------------------------------------------------------ entries

    def raw(self, e: Entry) -> Entry:
        """An output of the old graph in the new one, in whatever type it has there."""
        return self.made[e[0]], e[1]

    def cast(self, e: Entry, dtype: torch.dtype) -> Entry:
        """The same in a given type; equal casts are made once."""
        known = self.there[dtype]
        if e not in known:
            name = f"{e[0].name}{_suffix(e)}_amp_cast_{TORCH_TO_NAME[dtype]}"
            known[e] = _node(amp_cast, name, [self.raw(e)], {"dtype": TORCH_TO_NAME[dtype]}), 0
        return known[e]

    def has(self, e: Entry, dtype: torch.dtype) -> bool:
        """Whether an output is known to be there in a type."""
        return e in self.there[dtype]

    def raw_type(self, e: Entry) -> torch.dtype | None:
        """The type in which an output is there without a cast, where that is known."""
        return next((t for t, known in self.there.items() if known.get(e) == self.raw(e)), None)

    def outputs_are(self, old: Node, types: Iterable[torch.dtype | None]) -> None:
        """Note the types in which a node gives its outputs."""
        for i, dtype in enumerate(types):
            if dtype in self.there:
                self.there[dtype][old, i] = self.raw((old, i))

    def is_parameter(self, e: Entry) -> bool:
        """Whether an entry is a parameter that may be kept in low precision."""
        return self.cast_parameters and e[0].is_variable and e[0].name in self.parameters

    # ------------------------------------------------------------------ kinds of nodes

    def full_precision(self, old: Node, new: Node, trust_variables: bool = True) -> None:
        """A node that runs in float32. Variables are float32, unless a low-precision operator has taken them over."""
        self.outputs_are(old, [torch.float32] * old.num_outputs)
        mutated = old.mutated_inputs()
        for i, e in enumerate(old.inputs):
            is_float32 = trust_variables and e[0].is_variable and self.raw_type(e) is not self.target
            keep = i in mutated or (is_float32 and not self.has(e, torch.float32))
            new.inputs.append(self.raw(e) if keep else self.cast(e, torch.float32))

    def low_precision(self, old: Node, new: Node) -> None:
        """A node that runs in the target type."""
        wanted, given = _types(old, self.target)
        self.outputs_are(old, given)
        mutated = old.mutated_inputs()
        for i, e in enumerate(old.inputs):
            # Some inputs are float32 beside low-precision data: gamma and beta of BatchNorm.
            if i in mutated or wanted[i] not in (self.target, None):
                new.inputs.append(self.raw(e))
                continue
            if self.is_parameter(e) and not self.has(e, self.target):
                self.there[self.target][e] = self.raw(e)
            new.inputs.append(self.cast(e, self.target))

    def widest_type(self, old: Node, new: Node) -> None:
        """A node that needs one type for all inputs: found now where all are known, else when it runs."""
        if not old.inputs:
            raise MXNetError(
                f"Operator {old.op.name if old.op else ''} (node {old.name!r}) has no inputs to find the widest type of"
            )
        types = [next((t for t in (torch.float32, self.target) if self.has(e, t)), None) for e in old.inputs]
        if None in types:
            first, count = old.inputs[0], len(old.inputs)
            name = f"{first[0].name}{_suffix(first)}_amp_multicast"
            inputs = [self.raw(e) for e in old.inputs]
            node = _node(amp_multicast, name, inputs, {"num_outputs": str(count)})
            new.inputs.extend((node, i) for i in range(count))
            return
        common = torch.float32 if torch.float32 in types else self.target
        self.outputs_are(old, [common] * old.num_outputs)
        new.inputs.extend(self.cast(e, common) for e in old.inputs)

    def as_it_comes(self, old: Node, new: Node) -> None:
        """A node that is left alone; its outputs are known when its first input is."""
        new.inputs.extend(self.raw(e) for e in old.inputs)
        if old.inputs:
            dtype = next((t for t, known in self.there.items() if known.get(old.inputs[0]) == new.inputs[0]), None)
            if dtype is not None:
                self.outputs_are(old, _types(old, dtype)[1])


def _suffix(e: Entry) -> str:
    """What tells the casts of several outputs apart: an output's name where MXNet has one, else its number."""
    node, index = e
    if node.op is None:
        return ""
    names = node.op.output_names(node.params)
    numbered = tuple(f"output{i}" for i in range(len(names)))
    named = node.op.display.output_named or (names != ("output",) and names != numbered)
    return f"_{names[index]}" if named else f"_{index}"


def _node(op: OpDef, name: str, inputs: list[Entry], attrs: dict[str, str]) -> Node:
    return Node(op, name, inputs, attrs, op.parse(attrs))


def _types(node: Node, first: torch.dtype) -> tuple[list[torch.dtype | None], list[torch.dtype | None]]:
    """Types of the inputs and outputs of a node whose first input has a given type."""
    inputs: list[Entry] = [(Node(None, str(i)), 0) for i in range(len(node.inputs))]
    alone = node.copy(inputs)
    count = node.num_outputs
    found = infer_types(Graph([(alone, i) for i in range(count)]), {"0": first})
    return [found[e] for e in inputs], [found[alone, i] for i in range(count)]


def _declare_types(graph: Graph, target: torch.dtype, parameters: Collection[str], cast: bool) -> None:
    """Write the parameters' types into their ``__dtype__``: the one their users need, float32 where these take any."""
    variables = [n for n in graph.variables if n.name in parameters]
    # What was declared for the float32 network holds no longer.
    for node in variables:
        node.attrs.pop("__dtype__", None)
    others = [n for n in graph.variables if n.name not in parameters]
    found = infer_types(graph, {n.name: type_attr(n) or torch.float32 for n in others})
    for node in variables:
        dtype = found.of(node) or (_type_cast_to(node, graph, target) if cast else torch.float32)
        node.attrs["__dtype__"] = str(TORCH_TO_CODE[dtype])


def _type_cast_to(variable: Node, graph: Graph, target: torch.dtype) -> torch.dtype:
    """The type of a variable that only casts read, which accept any: what they make of it, when they agree."""
    wanted = set()
    for node in graph.operators:
        if any(n is variable for n, _ in node.inputs):
            if node.op is amp_cast:
                wanted.add(node.params.dtype)
            elif all(n.is_variable for n, _ in node.inputs):
                wanted.add(target)
            else:
                wanted.add(torch.float32)
    return wanted.pop() if len(wanted) == 1 else torch.float32
