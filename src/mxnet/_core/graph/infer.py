"""Shape and type inference over a graph, forwards and backwards, to a fixed point.

Each node states what it knows about its inputs and outputs; what changes wakes up the nodes that share the array.
Forward inference runs the operator on ``meta`` tensors, so most operators need no rule of their own. What a node
concluded from the same knowledge is remembered across graphs: real networks repeat the same few layers.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import cache, partial
from types import SimpleNamespace
from typing import Any, NamedTuple

import torch

from ...base import MXNetError
from ..dtypes import CODE_TO_TORCH, TORCH_TO_NAME
from ..grad_mode import grad_mode
from ..params import LARGEST_SIZE, Shape, codec_for
from ..registry import OpDef
from ..shapes import Conflict, PartialShape, ShapeRule, TypeRule, is_known, show, unify
from .node import Entry, Graph, Node


class _Kind(NamedTuple):
    """What is inferred: shapes, or data types."""

    declared: Callable[[Node], Any]  # what the attributes of a variable say
    is_known: Callable[[Any], bool]  # whether there is nothing more to find out
    conclude: Callable[
        [Node, tuple[Any, ...]], tuple[Any, ...]
    ]  # what follows from what is known about a node's arrays
    caught: tuple[type[Exception], ...]  # what it raises for contradictions
    cache: dict[Hashable, tuple[Any, ...]]


_CACHE_LIMIT = 20_000
_MAX_RANK = 64
# Sizes that stand in for unknown dimensions: what the operator makes of them tells which dimensions depend on them.
# 1 and 2 are there because of broadcasting and of slices shorter than they claim.
_PROBES = (127, 2, 1)


class Inferred:
    """What is known about every array of a graph.

    Attributes
    ----------
    complete : bool
        Whether everything is known that a run needs: variables, outputs, and what flows between nodes.
    """

    def __init__(self, first: dict[Node, int], values: list[Any], complete: bool) -> None:
        self._first = first
        self._values = values
        self.complete = complete

    def __getitem__(self, entry: Entry) -> Any:
        node, index = entry
        return self._values[self._first[node] + index]

    def of(self, node: Node) -> Any:
        """What is known about the first output of a node."""
        return self._values[self._first[node]]


def infer_shapes(graph: Graph, known: Mapping[str, PartialShape], np_shape: bool = False) -> Inferred:
    """Infer the shapes of all arrays of a graph.

    Parameters
    ----------
    graph : Graph
    known : dict of str to partial shape
        What is known about variables, by name. A complete shape wins over the variable's own ``__shape__``.
    np_shape : bool
        How ``__shape__`` attributes spell unknown dimensions: -1 under NumPy shapes, 0 otherwise.

    Raises
    ------
    MXNetError
        For contradictions; the message names the node, the argument and both shapes.
    """
    return _infer(_shapes(np_shape), graph, known)


def infer_types(graph: Graph, known: Mapping[str, torch.dtype]) -> Inferred:
    """Infer the data types (``torch.dtype``) of all arrays of a graph; ``known`` maps variable names to types.

    Raises
    ------
    MXNetError
        For contradictions; the message names the node, the argument and both types.
    """
    return _infer(_TYPES, graph, known)


def _infer(kind: _Kind, graph: Graph, known: Mapping[str, Any]) -> Inferred:
    """Infer from what is known about variables by name."""

    def start(node: Node) -> Any:
        given = known.get(node.name)
        declared = None if kind.is_known(given) else kind.declared(node)
        return given if declared is None else declared

    return _run(kind, graph, start)


def infer_body_shapes(
    graph: Graph, inputs: Sequence[PartialShape], outputs: Sequence[PartialShape], np_shape: bool = False
) -> tuple[list[PartialShape], list[PartialShape]]:
    """Infer through the body of a control-flow operator, from what is known about its inputs and outputs.

    Parameters
    ----------
    graph : Graph
    inputs : list of partial shape
        Of all variables, in the order of the graph.
    outputs : list of partial shape
        Of the heads.
    np_shape : bool
        See :func:`infer_shapes`.

    Returns
    -------
    inputs, outputs : list of partial shape
        The same, with all that follows.

    Raises
    ------
    MXNetError
        For contradictions, and for another number of inputs or outputs than the graph has.
    """
    return _infer_body(_shapes(np_shape), graph, inputs, outputs)


def infer_body_types(
    graph: Graph, inputs: Sequence[torch.dtype | None], outputs: Sequence[torch.dtype | None]
) -> tuple[list[torch.dtype | None], list[torch.dtype | None]]:
    """As :func:`infer_body_shapes`, for data types."""
    return _infer_body(_TYPES, graph, inputs, outputs)


def _infer_body(
    kind: _Kind, graph: Graph, inputs: Sequence[Any], outputs: Sequence[Any]
) -> tuple[list[Any], list[Any]]:
    for what, given, expected in (("inputs", inputs, graph.variables), ("outputs", outputs, graph.heads)):
        if len(given) != len(expected):
            raise Conflict(f"the operator feeds {len(given)} {what} of a subgraph that has {len(expected)}")
    given_to = dict(zip(graph.variables, inputs))

    def start(node: Node) -> Any:
        given = given_to[node]
        return kind.declared(node) if given is None else given

    found = _run(kind, graph, start, outputs)
    return [found.of(v) for v in graph.variables], [found[h] for h in graph.heads]


def shape_attr(node: Node, np_shape: bool = False) -> PartialShape:
    """The partial shape a variable's ``__shape__`` attribute declares, if any."""
    text = node.attrs.get("__shape__")
    if text is None:
        return None
    try:
        sizes = codec_for(Shape).decode(text)
        if len(sizes) > _MAX_RANK:
            raise ValueError
    except ValueError:
        raise MXNetError(
            f"Invalid attribute: __shape__ of variable {node.name!r} is {text!r}, expected something like '(2, 3)'"
        ) from None
    return partial_shape(tuple(sizes), np_shape)


def partial_shape(shape: Sequence[int] | None, np_shape: bool) -> PartialShape:
    """MXNet's spelling of a partial shape to ours: there 0 (NumPy shapes: -1) is an unknown size and () no shape."""
    if shape is None or (not shape and not np_shape):
        return None
    for d in shape:
        if not -1 <= d <= LARGEST_SIZE:
            raise MXNetError(f"sizes are 0 or larger (-1: unknown), got {d} in shape {tuple(shape)}")
    return tuple([None if d < 0 or (d == 0 and not np_shape) else d for d in shape])


def spelled_shape(shape: PartialShape, np_shape: bool) -> tuple[int, ...] | None:
    """Our partial shape in MXNet's spelling; the inverse of :func:`partial_shape`."""
    if shape is None:
        return None if np_shape else ()
    if None not in shape:
        return shape
    unknown = -1 if np_shape else 0
    return tuple([unknown if d is None else d for d in shape])


def type_attr(node: Node) -> torch.dtype | None:
    """The data type a variable's ``__dtype__`` attribute declares, by MXNet's number of it."""
    text = node.attrs.get("__dtype__")
    if text is None or text == "-1":
        return None
    try:
        return CODE_TO_TORCH[int(text)]
    except (ValueError, KeyError):
        raise MXNetError(
            f"Invalid attribute: __dtype__ of variable {node.name!r} is {text!r}, expected one of the "
            f"codes {sorted(CODE_TO_TORCH)}"
        ) from None


# --------------------------------------------------------------------------------------------------- the fixed point


def _run(kind: _Kind, graph: Graph, start: Callable[[Node], Any], outputs: Sequence[Any] = ()) -> Inferred:
    """Let every node state what it knows, then wake up neighbors of what changed until nothing does.

    ``start`` says what is known about variables, ``outputs`` what about the heads.
    """
    nodes = graph.nodes
    first: dict[Node, int] = {}
    values: list[Any] = []
    needed: set[int] = set()
    slots: list[list[int]] = []  # of each node: the arrays it touches, inputs first
    users: list[list[int]] = []  # of each array: the nodes that touch it
    keys: list[Hashable] = []
    for number, node in enumerate(nodes):
        first[node] = base = len(values)
        if node.op is None:
            needed.add(base)
            values.append(start(node))
            users.append([])
            slots.append([])
            keys.append(None)
            continue
        count = node.num_outputs
        values.extend([None] * count)
        users.extend([number] for _ in range(count))
        touched = [first[n] + i for n, i in node.inputs]
        needed.update(touched)
        for slot in touched:
            users[slot].append(number)
        slots.append([*touched, *range(base, base + count)])
        stable = not (node.subgraphs or node.op.opaque)
        keys.append((id(node.op), frozenset(node.attrs.items())) if stable else None)
    needed.update(first[n] + i for n, i in graph.heads)
    for (node, index), value in zip(graph.heads, outputs):
        slot = first[node] + index
        values[slot] = value if values[slot] is None else _merge(node, values[slot], value)

    finished = [not touched for touched in slots]
    waiting: Sequence[int] = range(len(nodes))
    backwards = True
    while waiting:
        woken: set[int] = set()
        for number in waiting:
            if finished[number]:
                continue
            touched = slots[number]
            before = tuple([values[s] for s in touched])
            after = _concluded(kind, nodes[number], keys[number], before)
            finished[number] = all(map(kind.is_known, after))
            for slot, old, new in zip(touched, before, after):
                if new is not old and new != old:
                    # One array can be two inputs of a node, each of which taught us something.
                    values[slot] = new if values[slot] is old else _merge(nodes[number], values[slot], new)
                    woken.update(users[slot])
        # What a sweep concluded in its own direction has been used by it already: go the other way.
        waiting = sorted((n for n in woken if not finished[n]), reverse=backwards)
        backwards = not backwards
    return Inferred(first, values, all(kind.is_known(values[s]) for s in needed))


def _operator(node: Node) -> OpDef:
    assert node.op is not None
    return node.op


def _merge(node: Node, a: Any, b: Any) -> Any:
    if b is None:
        return a
    try:
        return unify(a, b) if isinstance(a, tuple) else a
    except ValueError as e:
        raise MXNetError(f"Error in operator {node.name}: Shape inconsistent: {e}") from None


def _fail(node: Node, error: Exception, before: Sequence[Any]) -> MXNetError:
    """The error of a node: which operator it is, what feeds it and what was known about that."""
    op = _operator(node)
    names = op.input_names(node.params)
    text = [show(v) if isinstance(v, tuple) else "?" if v is None else TORCH_TO_NAME[v] for v in before]
    fed = ", ".join(f"{n}={source.name} {v}" for n, (source, _), v in zip(names, node.inputs, text))
    return MXNetError(f"Error in operator {node.name}: {error} ({op.name}: {fed})")


def _concluded(kind: _Kind, node: Node, key: Hashable, before: tuple[Any, ...]) -> tuple[Any, ...]:
    """What is known about the inputs and outputs of a node, from what was known before; errors say which node."""
    full = (key, before)
    found = None if key is None else kind.cache.get(full)  # no key: subgraphs, or code of the user's
    if found is None:
        try:
            found = kind.conclude(node, before)
        except kind.caught as e:
            raise _fail(node, e, before) from e
        if key is not None:
            if len(kind.cache) >= _CACHE_LIMIT:
                kind.cache.clear()
            kind.cache[full] = found
    return found


# --------------------------------------------------------------------------------------------------- types


def _conclude_types(node: Node, before: tuple[Any, ...]) -> tuple[Any, ...]:
    op, p = _operator(node), node.params
    bodies = [partial(infer_body_types, g) for g in node.subgraphs]
    rule = TypeRule(op.input_names(p)[: len(node.inputs)], op.output_names(p), before, bodies)
    if op.infer_type_rule is not None:
        _to_fixed_point(op.infer_type_rule, rule, p)
    else:
        if not node.inputs:  # a creation operator
            rule.unify(rule.outputs[0], getattr(p, "dtype", None) or torch.float32)
        rule.same()
    return rule.values()


_TYPES = _Kind(type_attr, lambda dtype: dtype is not None, _conclude_types, (MXNetError,), {})


def _to_fixed_point(rule_fn: Callable[..., Any], rule: ShapeRule | TypeRule, p: SimpleNamespace) -> None:
    """Run a rule until it has nothing to add; each run can only add, so few suffice."""
    for _ in range(8):
        known = rule.values()
        rule_fn(rule, p)
        if rule.values() == known:
            return


# --------------------------------------------------------------------------------------------------- shapes


@cache
def _shapes(np_shape: bool) -> _Kind:
    declared, conclude = partial(shape_attr, np_shape=np_shape), partial(_conclude_shapes, np_shape=np_shape)
    return _Kind(declared, is_known, conclude, (ValueError, TypeError, IndexError, RuntimeError), {})


def _conclude_shapes(node: Node, before: tuple[Any, ...], np_shape: bool) -> tuple[Any, ...]:
    op, p = _operator(node), node.params
    count = len(node.inputs)
    outputs = op.output_names(p)
    bodies = [partial(infer_body_shapes, g, np_shape=np_shape) for g in node.subgraphs]
    rule = ShapeRule(op.input_names(p)[:count], outputs, before, bodies)
    if op.same_shape:
        rule.same()
        return rule.values()
    if op.infer_shape_rule is not None:
        _to_fixed_point(op.infer_shape_rule, rule, p)
        inferred = rule.values()
        if all(map(is_known, inferred[count:])):
            _check_sizes(outputs, inferred[count:])
            return inferred
        if op.opaque or bodies:  # not to be run for its shapes
            return inferred
    result = _open_shape(node, np_shape)
    if result is None:
        result = _forward(node, rule.values()[:count])
    if result is not None:
        _check_sizes(outputs, result)
        for name, shape in zip(outputs, result):
            if shape or np_shape:  # without NumPy shapes there are no 0-dimensional arrays: () says nothing
                rule.unify(name, shape)
    return rule.values()


def has_open_range(p: SimpleNamespace) -> bool:
    """Whether a creation operator takes its length from its users: ``arange(infer_range=True)`` without a stop."""
    return getattr(p, "infer_range", False) and p.stop is None


def _open_shape(node: Node, np_shape: bool) -> list[PartialShape] | None:
    """Creation operators may leave sizes open: ``zeros(shape=(0, 200))`` takes the batch size from its users."""
    if node.inputs:
        return None
    if has_open_range(node.params):
        return [(None,)]
    given = getattr(node.params, "shape", None)
    shape = partial_shape(given, np_shape) if isinstance(given, tuple) else None  # a gamma distribution's is a number
    return None if shape is None or is_known(shape) else [shape]


def _forward(node: Node, inputs: Sequence[PartialShape]) -> list[PartialShape] | None:
    """The shapes of the outputs as far as those of the inputs tell."""
    if all(map(is_known, inputs)):
        try:
            return _on_meta(node, inputs)
        except RuntimeError as e:
            # The shape depends on the data, or the operator needs data to run at all.
            if isinstance(e, NotImplementedError) or "meta tensor" in str(e):
                return None
            raise
    if _operator(node).infer_shape_rule is None and None not in inputs:
        return _probe(node, inputs)
    return None


def _check_sizes(names: Sequence[str], shapes: Sequence[PartialShape]) -> None:
    for name, shape in zip(names, shapes):
        if shape is not None and any(d is not None and d < 0 for d in shape):
            raise Conflict(f"{name} would have the shape {show(shape)}")


def _on_meta(node: Node, shapes: Sequence[PartialShape]) -> list[PartialShape]:
    """Run the operator on tensors that have a shape and no data."""
    types = _meta_types(node)
    tensors = [torch.empty(s, dtype=t, device="meta") for s, t in zip(shapes, types)]
    with grad_mode(False):
        results = _operator(node).call(tensors, node.params, False, None)
    return [tuple(r.shape) for r in results]


def _meta_types(node: Node) -> Sequence[torch.dtype]:
    """Types for a run on meta tensors: float32 except where the operator insists on another type."""
    count = len(node.inputs)
    if _operator(node).infer_type_rule is None:
        return (torch.float32,) * count
    unknown = (None,) * (count + node.num_outputs)
    return [t or torch.float32 for t in _conclude_types(node, unknown)[:count]]


def _probe(node: Node, shapes: Sequence[PartialShape]) -> list[PartialShape] | None:
    """What is sure about the outputs though some input dimensions are unknown.

    Runs the operator with several sizes in their place; output dimensions that come out the same each time do not
    depend on them. None when nothing can be said.
    """
    seen: list[list[PartialShape]] = []
    for size in _PROBES:
        try:
            seen.append(_on_meta(node, [tuple([size if d is None else d for d in s or ()]) for s in shapes]))
        except (ValueError, TypeError, IndexError, RuntimeError):
            return None
    merged: list[PartialShape] = []
    for variants in zip(*seen):
        if len({len(v) for v in variants}) > 1:
            merged.append(None)
        else:
            merged.append(tuple([d[0] if len(set(d)) == 1 else None for d in zip(*variants)]))
    return merged
