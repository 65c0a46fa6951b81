"""Inference as users see it: NumPy types and MXNet's spelling of unknown sizes."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .._core.dtypes import TORCH_TO_NP, torch_dtype
from .._core.graph.build import keyword_mismatch
from .._core.graph.infer import Inferred, infer_shapes, infer_types, partial_shape, spelled_shape
from .._core.graph.node import Graph, Node
from .._core.state import state
from .._core.types import ShapeLike
from ..base import MXNetError

_LISTED = 10
_Lists = tuple[Any, Any, Any]  # of arguments, outputs, states; each a list or None


def np_shape() -> bool:
    """Whether NumPy shapes are in force (``mx.util.np_shape``)."""
    return state.np_shape


def shapes(graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], partial: bool) -> tuple[Any, Any, Any]:
    """Implements ``Symbol.infer_shape`` and ``infer_shape_partial``."""
    numpy = np_shape()

    def read(shape: ShapeLike, what: str) -> Any:
        if not isinstance(shape, tuple):
            raise TypeError(f"Arguments need to be shapes (tuple), but {what} is {type(shape)}.")
        return partial_shape(tuple([operator.index(d) for d in shape]), numpy)

    def run(known: dict[str, Any]) -> Inferred:
        return infer_shapes(graph, known, numpy)

    def unknown(shape: Any) -> bool:
        return (not shape and not (numpy and shape == ())) or (-1 if numpy else 0) in shape

    result, complete = _infer(graph, args, kwargs, "shape", read, run, lambda s: spelled_shape(s, numpy))
    if complete or partial:
        return result
    _warn(
        graph,
        "Cannot decide shape for the following arguments (0s in shape means unknown dimensions). ",
        result[0],
        unknown,
    )
    return None, None, None


def types(graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], partial: bool) -> tuple[Any, Any, Any]:
    """Implements ``Symbol.infer_type`` and ``infer_type_partial``."""

    def run(known: dict[str, Any]) -> Inferred:
        return infer_types(graph, known)

    result, complete = _infer(
        graph, args, kwargs, "type", lambda t, _: torch_dtype(t), run, lambda t: None if t is None else TORCH_TO_NP[t]
    )
    if complete or partial:
        return result
    _warn(graph, "Cannot decide type for the following arguments. ", result[0], lambda t: t is None)
    return None, None, None


def _infer(
    graph: Graph,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    what: str,
    read: Callable[[Any, str], Any],
    run: Callable[[dict[str, Any]], Inferred],
    spell: Callable[[Any], Any],
) -> tuple[tuple[list[Any], list[Any], list[Any]], bool]:
    """Match the given knowledge to variables, infer, and list what is known about arguments, outputs and states."""
    if args and kwargs:
        raise ValueError(f"Can only specify known argument {what}s either by positional or kwargs way.")
    arguments, states = graph.arguments, graph.states
    known = _match(arguments, states, args, kwargs, what, read)
    try:
        found = run(known)
    except MXNetError as e:
        given = {**dict(zip((n.name for n in arguments), args)), **kwargs}
        listed = "".join(f"  {k}: {v}\n" for k, v in given.items())
        raise MXNetError(f"{e}\ninfer_{what} error. Arguments:\n{listed}") from e
    result = (
        [spell(found.of(n)) for n in arguments],
        [spell(found[head]) for head in graph.heads],
        [spell(found.of(n)) for n in states],
    )
    return result, found.complete


def _match(
    arguments: Sequence[Node],
    states: Sequence[Node],
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    what: str,
    read: Callable[[Any, str], Any],
) -> dict[str, Any]:
    if args:
        if len(args) > len(arguments):
            raise MXNetError(f"infer_{what}: {len(args)} {what}s are given, but there are {len(arguments)} arguments")
        return {n.name: read(a, f"argument {i}") for i, (n, a) in enumerate(zip(arguments, args)) if a is not None}
    names = [n.name for n in (*arguments, *states)]
    if any(k not in names for k in kwargs):
        keyword_mismatch(f"infer_{what}", kwargs, names)
    return {k: read(v, repr(k)) for k, v in kwargs.items() if what == "shape" or v is not None}


def _warn(graph: Graph, message: str, found: Sequence[Any], unknown: Callable[[Any], bool]) -> None:
    listed = [f"{node.name}: {value}" for node, value in zip(graph.arguments, found) if unknown(value)]
    if len(listed) > _LISTED:
        listed = [*listed[:_LISTED], "..."]
    warnings.warn(f"{message}Consider providing them as input:\n\t" + "\n\t".join(listed), stacklevel=4)
