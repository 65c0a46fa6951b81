"""Fluent methods: ``x.relu()`` for ``mx.nd.relu(x)`` and ``mx.sym.relu(x)``."""

from __future__ import annotations

import sys
from typing import Any

from ..registry import all_ops


def names() -> list[str]:
    """The methods that only forward to the function of the same name, for arrays and symbols alike."""
    return sorted(name for od in all_ops() for name in od.methods)


def add_methods(cls: type, module: str) -> None:
    """Give a class the fluent methods it does not define itself, for functions of a module."""
    for name in names():
        if name not in vars(cls):
            setattr(cls, name, forwarding(cls, name, module, name))


def forwarding(cls: type, name: str, module: str, function: str) -> Any:
    """The method of a class that calls a function of a module with the object as its first argument."""
    fn: Any = None

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal fn
        if fn is None:
            fn = getattr(sys.modules[module], function)
        return fn(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"{cls.__name__}.{name}"
    method.__doc__ = (
        f"``{function}`` of this {cls.__name__}; the arguments are those of the function :func:`{function}` after the "
        "first."
    )
    return method
