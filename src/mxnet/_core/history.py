"""What is known of the past of arrays: by what they were computed while recording, and which of them live.

Torch's graph holds the gradients; it knows kernels, not operators, and not who holds its results.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import RLock
from typing import Any, TypeVar
from weakref import ref

from . import integers
from .array import Array

# By what operator an array was computed while recording, and from what: (operator, parameters, origins of the
# inputs, number of the output). Those of variables and constants have the kind of variable in place of the operator. It
# may also be a function which, called with the parameters, gives a chain of operators. Origins keep no array alive.
Origin = tuple[Any, Any, Sequence[Any], int]

# The arrays that were computed while recording: those that are new, and those that lived when the list of the new ones
# was looked through because it had become long.
_new: list[ref[Array]] = []
_older: list[ref[Array]] = []
LONG = 65536
_null: list[ref[Array]] = []  # arrays that were marked with ``grad_req="null"``
_sorting = RLock()  # only the end of the list of new ones may change without it

# What the eager call does itself: ``recorded`` without the call.
remember, count = _new.append, _new.__len__


def constant() -> Origin:
    """The origin of a value that depends on no variable."""
    kind = "null"  # a tuple of literals would be one object for all
    return kind, None, (), 0


def origin_of(x: Array | None) -> Origin | None:
    """By what an array was computed; one of which nothing was recorded is a constant from now on."""
    if x is None:
        return None
    try:
        return x._origin
    except AttributeError:
        origin = x._origin = constant()
        return origin


def mark_variable(x: Array) -> None:
    """Record that an array is a variable."""
    kind = "var"
    x._origin = (kind, None, (), 0)


def recorded(x: Array, op: object, params: object, inputs: Sequence[Any], number: int = 0) -> None:
    """Record by what an array was computed, and that it has a past for ``forget`` to find."""
    x._origin = (op, params, inputs, number)
    remember(ref(x))
    if count() > LONG:
        sort()


def mark_null(x: Array) -> None:
    """Record that a variable wants no gradient: its buffer is dropped when a graph that it is part of is forgotten."""
    _null.append(ref(x))


class _Inputs(list[Any]):
    """The origins of the inputs of a call whose outputs come from several nodes of torch's graph."""

    __slots__ = ("nodes",)
    nodes: set[Any]


def recorded_call(outputs: Sequence[Array], op: object, params: object, inputs: Sequence[Origin | None]) -> None:
    """Record by what call several arrays were computed: they are forgotten together."""
    nodes = [node_of(x) for x in outputs]
    different = {n for n in nodes if n is not None}
    if not different:
        return
    if len(different) > 1:
        inputs = _Inputs(inputs)
        inputs.nodes = different
    for i, (x, node) in enumerate(zip(outputs, nodes)):
        if node is not None:
            recorded(x, op, params, inputs, i)


A = TypeVar("A", bound=Array)


def with_past(x: A) -> A:
    """The array, recorded as computed, when it was, by something that is no operator unless its origin says so."""
    if node_of(x) is not None:
        recorded(x, *getattr(x, "_origin", constant()))
    return x


def in_graph(x: Array) -> Any:
    """The tensor that stands for an array in torch's graph; None for a sparse one that nothing was recorded of."""
    return integers.in_graph(x._t) if x.stype == "default" else x._store.proxy


def sort() -> None:
    """Look through the list of new arrays."""
    with _sorting:
        taken = _new[:]
        _older.extend(
            {id(r): r for r in taken if r() is not None}.values()
        )  # one may have been recorded again and again
        if len(_older) > LONG:
            _older[:] = {id(r): r for r in _older if r() is not None}.values()
        del _new[: len(taken)]


def forget(heads: Sequence[Array]) -> None:
    """Make constants of all arrays that others were computed from, and of these.

    What was computed from such an array before keeps what is left of its own past.
    """
    if _null:
        _drop_buffers(heads)
    todo = [node_of(x) for x in heads]
    with _sorting:
        taken = _new[:]
        waiting: dict[Any, list[Any]] = {}  # arrays by their node in torch's graph
        for r in _older + taken if _older else taken:
            x = r()
            if x is not None and (node := node_of(x)) is not None:
                inputs = x._origin[2]
                for n in inputs.nodes if type(inputs) is _Inputs else (node,):
                    waiting.setdefault(n, []).append(r)
        seen = set(todo)
        cut = set()
        while todo and waiting:
            node = todo.pop()
            for r in waiting.pop(node, ()):
                if (x := r()) is not None:
                    _cut(x)
                    cut.add(id(r))
            if waiting and node is not None:
                for before, _ in node.next_functions:
                    if before not in seen:
                        seen.add(before)
                        todo.append(before)
        _older[:] = [r for left in waiting.values() for r in left if id(r) not in cut]
        del _new[: len(taken)]


def _drop_buffers(heads: Sequence[Array]) -> None:
    """Make constants of the arrays without a gradient that others were computed from."""
    todo = [origin for x in heads if (origin := origin_of(x)) is not None]
    seen = {id(origin) for origin in todo}
    while todo:
        for before in todo.pop()[2]:
            if before is not None and id(before) not in seen:
                seen.add(id(before))
                todo.append(before)
    for r in _null[:]:
        x = r()
        if x is None or x._grad_req != "null":
            _null.remove(r)
        elif id(origin_of(x)) in seen:
            _null.remove(r)
            x._grad = None
            x._origin = constant()


def node_of(x: Array) -> Any:
    """The node of torch's graph that an array comes from; None for variables and constants."""
    try:
        t = x._plain
        return t.grad_fn if t.requires_grad else integers.in_graph(t).grad_fn if integers.proxies else None
    except AttributeError:  # a sparse array
        return getattr(x._store.proxy, "grad_fn", None)


def _cut(x: Array) -> None:
    """Make an array a constant, on the same memory."""
    try:
        x._t = x._plain.detach()
    except AttributeError:  # a sparse array
        x._store = x._store.detach()
    x._origin = constant()
