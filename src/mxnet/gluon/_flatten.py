"""Nested lists of inputs and outputs: made flat for a graph, and put together again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .._core.text import quoted
from ..context import Context
from ..ndarray import NDArray
from ..symbol import Symbol

# What a flat list was: 0 an array, n > 1 so many outputs of one symbol, -1 None, a list of formats a list.
Format = Any
_DEEPEST = 32  # nested lists in a file


def flatten(args: object, inout_str: str) -> tuple[list[Any], Format]:
    """A nested list of arrays, symbols and None as a flat one, and its format; ValueError when it holds anything else.

    ``inout_str`` is ``"input"`` or ``"output"``, for the error.
    """
    if isinstance(args, NDArray):
        return [args], 0
    if isinstance(args, Symbol):
        count = len(args.list_outputs())
        return [args], count if count > 1 else 0
    if args is None:
        return [None], -1
    if not isinstance(args, (list, tuple)):
        raise ValueError(
            f"{inout_str} of a hybridized block: expected a (nested) list of Symbol or NDArray, got {args} "
            f"({type(args)})"
        )
    flat: list[Any] = []
    formats = []
    for a in args:
        part, fmt = flatten(a, inout_str)
        flat += part
        formats.append(fmt)
    return flat, formats


def regroup(args: Sequence[Any], fmt: Format) -> Any:
    """Undo :func:`flatten`: the nested list that a flat one stands for.

    ValueError when there is an array where the format has None, or ``args`` is no list.
    """
    if not isinstance(fmt, int) and not isinstance(args, (list, tuple)):
        raise ValueError(f"output of a hybridized block: expected a list for format {fmt}, got {args} ({type(args)})")
    return _take(list(args), 0, fmt)[0]


def flat_as(args: object, stored: Format, name: str) -> list[Any]:
    """The arrays in the arguments of a block, nested as its graph has it; trailing None may be missing."""
    flat, fmt = flatten(args, "input")
    if fmt != stored:
        shared = min(len(fmt), len(stored))
        rest = (fmt if len(fmt) > len(stored) else stored)[shared:]
        if not rest or fmt[:shared] != stored[:shared] or any(f != -1 for f in rest):
            raise ValueError(
                f"{name}: arguments are nested otherwise than in the call that the graph was built for: "
                f"format {fmt}, expected {stored}"
            )
    return [a for a in flat if a is not None]


def checked_format(fmt: object, depth: int = 0) -> Format:
    """A format that came out of a file; TypeError when it is none, or nested more deeply than any block's."""
    if type(fmt) is int:
        return fmt
    if not isinstance(fmt, list) or depth > _DEEPEST:
        raise TypeError(f"expected numbers in at most {_DEEPEST} lists as a format, got {quoted(fmt)}")
    return [checked_format(f, depth + 1) for f in fmt]


def _take(args: list[Any], start: int, fmt: Format) -> tuple[Any, int]:
    """What a format says begins at ``start``, and where the next part begins."""
    if isinstance(fmt, int):
        if fmt == 0:
            return args[start], start + 1
        if fmt == -1:
            if args[start] is not None:
                raise ValueError(
                    f"a hybridized block was built with None in the place of this argument, got {args[start]}; "
                    "hybridize() again to build it for an array"
                )
            return None, start + 1
        if fmt < -1:
            raise ValueError(f"Unsupported encoded format {fmt}.")
        return args[start : start + fmt], start + fmt
    found = []
    for f in fmt:
        part, start = _take(args, start, f)
        found.append(part)
    return found, start


class Kinds:
    """What nested arguments consist of: whether there are symbols and arrays, and the contexts in order, each once."""

    __slots__ = ("arrays", "contexts", "symbols")

    def __init__(self, args: object) -> None:
        self.symbols = False
        self.arrays = False
        self.contexts: list[Context] = []
        self._look(args)

    def _look(self, args: Any) -> None:
        for a in args:
            if isinstance(a, NDArray):
                self.arrays = True
                if a._ctx not in self.contexts:
                    self.contexts.append(a._ctx)
            elif isinstance(a, Symbol):
                self.symbols = True
            elif isinstance(a, (list, tuple)):
                self._look(a)


def gather_type_ctx_info(args: object) -> tuple[bool, bool, set[Context], Context | None]:
    """Whether there are symbols, whether there are arrays, their contexts, and the first of these."""
    kinds = Kinds(args if isinstance(args, (list, tuple)) else (args,))
    return kinds.symbols, kinds.arrays, set(kinds.contexts), kinds.contexts[0] if kinds.contexts else None
