"""NumPy's own functions over arrays: they run on the host, on copies."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as onp

from ..context import current_context
from ._array import ndarray
from ._creation import array


def hosted(module: str, names: Sequence[str]) -> dict[str, Any]:
    """Functions of a module of NumPy's, as functions over arrays; names that it does not have are left out."""
    source = vars(importlib.import_module(module))
    return {name: _hosted(source[name], name) for name in names if name in source}


def _hosted(func: Callable[..., Any], name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return on_host(func, args, kwargs)

    call.__name__ = call.__qualname__ = name
    call.__module__ = "mxnet.numpy"
    call.__doc__ = f"As NumPy's function ``{name}``, computed on the host and not recorded."
    return call


def on_host(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """Run a function in NumPy on copies of the arrays, and give arrays of the same context."""
    contexts: list[Any] = []

    def lower(value: Any) -> Any:
        if isinstance(value, ndarray):
            contexts.append(value._ctx)
            return value.asnumpy()
        return type(value)([lower(v) for v in value]) if type(value) in (list, tuple) else value

    result = func(*lower(tuple(args)), **{k: lower(v) for k, v in kwargs.items()})
    ctx = contexts[0] if contexts else current_context()

    def lift(value: object) -> Any:
        if isinstance(value, onp.ndarray):
            return array(value, ctx=ctx)
        if isinstance(value, tuple):  # named tuples too
            return tuple([lift(v) for v in value])
        return [lift(v) for v in value] if isinstance(value, list) else value

    return lift(result)
