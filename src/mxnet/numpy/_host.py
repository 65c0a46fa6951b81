"""NumPy's own functions over arrays: they run on the host, on copies."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as onp

from .._core.numpy_aliases import ALIASES, meaning_of
from ..context import current_context
from ._array import ndarray
from ._creation import array


def hosted(module: str, names: Sequence[str]) -> dict[str, Any]:
    """Functions of a module of NumPy's, as functions over arrays; names that it does not have are left out."""
    found = {}
    for name in names:
        func = _numpys(module, name)
        if func is not None:
            found[name] = hosted_function(func, name)
    return found


def _numpys(module: str, name: str) -> Any:
    """A function of NumPy's, under its name of today where that has changed; None where there is none."""
    if module == "numpy" and name in ALIASES:
        with contextlib.suppress(AttributeError, ImportError):
            return meaning_of(name)
    return vars(importlib.import_module(module)).get(name)


def hosted_function(func: Callable[..., Any], name: str) -> Any:
    """A function over NumPy's arrays, as a function over arrays of this package."""

    def call(*args: Any, **kwargs: Any) -> Any:
        return on_host(func, args, kwargs)

    with contextlib.suppress(ValueError, TypeError):  # ufuncs and functions written in C have none
        call.__signature__ = inspect.signature(func)  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = name
    call.__module__ = "mxnet.numpy"
    call.__doc__ = f"As NumPy's function ``{name}``, computed on the host and not recorded."
    call.on_host = func  # type: ignore[attr-defined]
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
