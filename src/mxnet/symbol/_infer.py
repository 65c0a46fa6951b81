"""Inference as users see it: NumPy types and MXNet's spelling of unknown sizes."""

from __future__ import annotations

import operator
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from .._core.dtypes import TORCH_TO_NP, torch_dtype
from .._core.graph.build import keyword_mismatch
from .._core.graph.infer import Inferred, infer_shapes, infer_types, partial_shape, spelled_shape
from .._core.graph.node import Graph, Node
from .._core.state import state
from .._core.types import ShapeLike
from ..base import MXNetError

_LISTED = 10
_Lists = tuple[Any, Any, Any]  # of arguments, outputs, states; each a list or None


def shapes(graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], partial: bool) -> _Lists:
    """Implements ``Symbol.infer_shape`` and ``infer_shape_partial``."""
    numpy = state.np_shape

    def read(shape: ShapeLike, what: str) -> Any:
        if not isinstance(shape, tuple):
            raise TypeError(f"Arguments need to be shapes (tuple), but {what} is {type(shape)}.")
        return partial_shape(tuple([operator.index(d) for d in shape]), numpy)

    def is_open(shape: Any) -> bool:
        return (not shape and not (numpy and shape == ())) or (-1 if numpy else 0) in shape

    kind = _Kind("shape", read, lambda known: infer_shapes(graph, known, numpy), lambda s: spelled_shape(s, numpy))
    hint = " (0s in shape means unknown dimensions)"
    return _infer(kind, graph, args, kwargs, None if partial else is_open, hint)


def types(graph: Graph, args: Sequence[Any], kwargs: Mapping[str, Any], partial: bool) -> _Lists:
    """Implements ``Symbol.infer_type`` and ``infer_type_partial``."""
    kind = _Kind("type", lambda t, _: torch_dtype(t), lambda known: infer_types(graph, known), TORCH_TO_NP.get)
    return _infer(kind, graph, args, kwargs, None if partial else lambda t: t is None)


class _Kind(NamedTuple):
    """What is inferred: its word, and how it is read, found, and spelled for the user."""

    word: str
    read: Callable[[Any, str], Any]
    run: Callable[[dict[str, Any]], Inferred]
    spell: Callable[[Any], Any]


def _infer(
    kind: _Kind,
    graph: Graph,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
    is_open: Callable[[Any], bool] | None,
    hint: str = "",
) -> _Lists:
    """Match the given knowledge to variables, infer, and list what is known about arguments, outputs and states.

    Where something remains unknown and ``is_open`` is given, it warns of the arguments for which that holds, and gives
    nothing.
    """
    if args and kwargs:
        raise ValueError(f"Can only specify known argument {kind.word}s either by positional or kwargs way.")
    arguments, states = graph.arguments, graph.states
    known = _match(kind, arguments, states, args, kwargs)
    try:
        found = kind.run(known)
    except MXNetError as e:
        given = {**dict(zip((n.name for n in arguments), args)), **kwargs}
        listed = "".join(f"  {k}: {v}\n" for k, v in given.items())
        raise MXNetError(f"{e}\ninfer_{kind.word} error. Arguments:\n{listed}") from e
    of_arguments = [kind.spell(found.of(n)) for n in arguments]
    if is_open is not None and not found.complete:
        missing = [f"{node.name}: {value}" for node, value in zip(arguments, of_arguments) if is_open(value)]
        if len(missing) > _LISTED:
            missing = [*missing[:_LISTED], "..."]
        warnings.warn(
            f"Cannot decide {kind.word} for the following arguments{hint}. Consider providing them as input:\n\t"
            + "\n\t".join(missing),
            stacklevel=4,
        )
        return None, None, None
    return (
        of_arguments,
        [kind.spell(found[head]) for head in graph.heads],
        [kind.spell(found.of(n)) for n in states],
    )


def _match(
    kind: _Kind, arguments: Sequence[Node], states: Sequence[Node], args: Sequence[Any], kwargs: Mapping[str, Any]
) -> dict[str, Any]:
    what, read = kind.word, kind.read
    if args:
        if len(args) > len(arguments):
            raise MXNetError(f"infer_{what}: {len(args)} {what}s are given, but there are {len(arguments)} arguments")
        return {n.name: read(a, f"argument {i}") for i, (n, a) in enumerate(zip(arguments, args)) if a is not None}
    names = [n.name for n in (*arguments, *states)]
    if any(k not in names for k in kwargs):
        keyword_mismatch(f"infer_{what}", kwargs, names)
    return {k: read(v, repr(k)) for k, v in kwargs.items() if what == "shape" or v is not None}
