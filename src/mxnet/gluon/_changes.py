"""What parameters hold may be kept by blocks and trainers, for speed: how they notice that it was exchanged."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class Changes:
    """How often any parameter got other arrays, or any block other parameters; whoever keeps some compares.

    Attributes
    ----------
    count : int
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


changes = Changes()


def _counted(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        changes.count += 1
        return method(*args, **kwargs)

    return call


def _counting(base: Any, *methods: str) -> Any:
    """A subclass of a container, each change of which is counted."""
    return type(base.__name__, (base,), {"__slots__": (), **{m: _counted(getattr(base, m)) for m in methods}})


class WatchedList(  # type: ignore[misc]
    _counting(
        list,
        *("__setitem__", "__delitem__", "__iadd__", "__imul__", "append", "clear", "extend", "insert", "pop"),
        *("remove", "reverse", "sort"),
    )
):
    """The arrays of a parameter, one a context."""

    __slots__ = ()


class WatchedDict(  # type: ignore[misc]
    _counting(dict, "__setitem__", "__delitem__", "__ior__", "clear", "pop", "popitem", "setdefault", "update")
):
    """The parameters of a block, by attribute."""

    __slots__ = ()


def watched(arrays: Any) -> Any:
    """A list of arrays as one that counts its changes; None stays None."""
    return arrays if arrays is None or type(arrays) is WatchedList else WatchedList(arrays)
