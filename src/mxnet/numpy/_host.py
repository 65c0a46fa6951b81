"""NumPy's own functions over arrays: they run on the host, on copies."""

from __future__ import annotations

import contextlib
import importlib
import inspect
from collections.abc import Callable, Sequence
from typing import Any

import numpy as onp

from .._core.dtypes import torch_dtype
from .._core.numpy_aliases import ALIASES, meaning_of
from .._core.state import state
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
    """Run a function in NumPy on copies of the arrays, and give arrays of the same context.

    What it writes into the copies, through ``out`` or in place, is written into the arrays.

    Raises
    ------
    ValueError
        When a gradient would be lost: while recording, for arrays that depend on variables and a result of floats; and
        for results of types that there are no arrays of.
    """
    copies: dict[int, tuple[ndarray, onp.ndarray]] = {}

    def lower(value: Any) -> Any:
        if isinstance(value, ndarray):
            values = value.asnumpy()
            copies[id(values)] = value, values
            return values
        return type(value)([lower(v) for v in value]) if type(value) in (list, tuple) else value

    result = func(*lower(tuple(args)), **{k: lower(v) for k, v in kwargs.items()})
    given = [x for x, _ in copies.values()]
    ctx = given[0]._ctx if given else current_context()
    name = getattr(func, "__name__", str(func))
    follows = state.recording and any(x._t.requires_grad for x in given)

    def lift(value: Any) -> Any:
        if id(value) in copies:
            return _written(*copies[id(value)])
        if follows and isinstance(value, (onp.ndarray, onp.generic)) and value.dtype.kind == "f":
            raise ValueError(
                f"{name} runs in NumPy on the host and has no gradient; call it outside of autograd.record(), or give "
                "it detach()ed arrays"
            )
        if isinstance(value, onp.ndarray):
            return array(_of_known_type(name, value), ctx=ctx)
        if isinstance(value, tuple):  # named tuples too
            lifted = [lift(v) for v in value]
            return type(value)(*lifted) if hasattr(value, "_fields") else tuple(lifted)
        return [lift(v) for v in value] if isinstance(value, list) else value

    if result is None:  # functions such as numpy.put work in place
        for x, values in copies.values():
            _written(x, values)
        return None
    return lift(result)


def _written(x: ndarray, values: onp.ndarray) -> ndarray:
    """An array with the values of its copy, which a function may have written into."""
    if not onp.array_equal(x.asnumpy(), values, equal_nan=values.dtype.kind == "f"):
        x[...] = array(values, ctx=x._ctx)
    return x


def _of_known_type(name: str, values: onp.ndarray) -> onp.ndarray:
    """Values in the type of an array: integers and floats of other sizes in the largest that there is."""
    try:
        torch_dtype(values.dtype)
    except TypeError:
        wider = {"i": onp.int64, "u": onp.int64, "f": onp.float64}.get(values.dtype.kind)
        if wider is None:
            raise ValueError(
                f"{name} gives {values.dtype.name}, and there are no such arrays; give it NumPy's, by asnumpy()"
            ) from None
        return values.astype(wider)
    return values
