"""Fluent methods: ``x.relu()`` for ``mx.nd.relu(x)`` and ``mx.sym.relu(x)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..registry import all_ops


def names() -> list[str]:
    """The methods that only forward to the function of the same name, for arrays and symbols alike."""
    return sorted(name for od in all_ops() for name in od.methods)


def install(cls: type, find: Callable[[str], Any], array_type: str) -> None:
    """Give a class the fluent methods it does not define itself; ``find`` gives the function of a name."""
    for name in names():
        if name not in vars(cls):
            setattr(cls, name, _method(name, find, array_type))


def _method(name: str, find: Callable[[str], Any], array_type: str) -> Any:
    fn: Any = None

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal fn
        if fn is None:
            fn = find(name)
        return fn(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"{array_type}.{name}"
    method.__doc__ = (
        f"``{name}`` of this {array_type}; the arguments are those of the function :func:`{name}` after the first."
    )
    return method
