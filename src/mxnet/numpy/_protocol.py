"""NumPy's own functions, called with ``mxnet.numpy`` arrays."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as onp

from ..context import current_context
from ._array import ndarray
from ._creation import array


def _counterpart(func: Callable[..., Any]) -> Any:
    """The function of this package of the same name and place, or None."""
    from . import linalg, multiarray

    home = (getattr(func, "__module__", None) or "").rpartition(".")[2]
    return getattr(linalg if home == "linalg" else multiarray, func.__name__, None)


def apply_ufunc(ufunc: Callable[..., Any], method: str, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """A call of a NumPy ufunc, such as ``numpy.exp(x)``."""
    fn = _counterpart(ufunc)
    if method != "__call__" or fn is None:
        return _on_host(getattr(ufunc, method), inputs, kwargs)
    out = kwargs.pop("out", None)
    if out is not None:
        kwargs["out"] = out[0]
    return fn(*inputs, **kwargs)


def apply_function(func: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> Any:
    """A call of a NumPy function, such as ``numpy.mean(x)``."""
    fn = _counterpart(func)
    return _on_host(func, args, kwargs) if fn is None else fn(*args, **kwargs)


def hosted(module: str, names: Sequence[str]) -> dict[str, Any]:
    """Functions of a module of NumPy's, as functions over arrays; names that it does not have are left out."""
    source = vars(importlib.import_module(module))
    return {name: _hosted(source[name], name) for name in names if name in source}


def _hosted(func: Callable[..., Any], name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return _on_host(func, args, kwargs)

    call.__name__ = call.__qualname__ = name
    call.__module__ = "mxnet.numpy"
    call.__doc__ = f"As NumPy's function ``{name}``, computed on the host and not recorded."
    return call


def _on_host(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
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
