"""How functions over tensors become functions over ``mxnet.numpy`` arrays.

A function of this package is written once, over torch tensors, with MXNet's signature; what is common to all of them is
here: taking tensors out of arrays, and ``out``. ``_core/functions.py`` runs them.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

import numpy as onp
import torch

from .._core.functions import compute, wrap_all
from .._core.history import with_past
from .._core.invoke import write_out
from .._core.state import state
from ..base import ArgumentTypeError
from ..ndarray._array import NDArray
from ._array import ndarray

NUMBERS = (float, int, onp.generic)  # bool is an int


def write(name: str, out: ndarray, value: torch.Tensor) -> ndarray:
    """Write a result into ``out``, converted to its type, and give ``out``."""
    if not isinstance(out, ndarray):
        raise TypeError(f"Operator {name}: out must be an mxnet.numpy.ndarray, got {type(out).__name__}")
    if value.dtype is torch.bool and out._t.dtype is not torch.bool:
        raise TypeError(f"Operator {name}: gives booleans, out is an array of {out.dtype}")
    write_out(name, out, value, state.recording)
    return with_past(out)


def refuse(name: str, value: object) -> TypeError:
    """The error for an argument that is no array of this package."""
    hint = "; use its as_np_ndarray()" if isinstance(value, NDArray) else ""
    return ArgumentTypeError(
        f"Operator {name}: type {type(value)} not supported, expected an mxnet.numpy.ndarray{hint}"
    )


def _tensors(name: str, value: object, found: list[ndarray]) -> Any:
    """An argument with tensors in the place of arrays, which are noted in ``found``."""
    if isinstance(value, ndarray):
        found.append(value)
        return value._t
    if type(value) is list or type(value) is tuple:
        return type(value)([_tensors(name, v, found) for v in value])
    if isinstance(value, (NDArray, onp.ndarray)):
        raise refuse(name, value)
    return value


def function(
    fn: Callable[..., Any] | None = None, *, out: int | None = None, name: str = "", numbers: bool = False
) -> Any:
    """Decorate a function over tensors so that it takes and gives arrays.

    Arrays may stand anywhere among the arguments, also in lists; one of them must be given. ``out`` is the position of
    a parameter of that name which MXNet's signature has, and which ``fn`` itself leaves out. With ``numbers`` the first
    argument may be a number, of which NumPy's function of the same name gives a number.
    """
    if fn is None:
        return functools.partial(function, out=out, name=name, numbers=numbers)
    shown = name or fn.__name__
    plain = fn

    @functools.wraps(fn)
    def call(*args: Any, **kwargs: Any) -> Any:
        target = None
        if out is not None:
            target = kwargs.pop("out", None)
            if len(args) > out:
                target, args = args[out], args[:out] + args[out + 1 :]
        found: list[ndarray] = []
        args = tuple([_tensors(shown, a, found) for a in args])
        if kwargs:
            kwargs = {k: _tensors(shown, v, found) for k, v in kwargs.items()}
        if not found:
            given = next(iter((*args, *kwargs.values())), None)
            if numbers and isinstance(given, NUMBERS):
                return getattr(onp, shown)(*args, **kwargs)
            if not (isinstance(given, (list, tuple)) and not given):
                raise refuse(shown, given)
        result = compute(shown, plain, args, kwargs)
        if target is not None:
            return write(shown, target, result)
        return wrap_all(result, ndarray, found[0]._ctx if found else None, found)

    signature = inspect.signature(fn)
    if out is not None:
        parameters = list(signature.parameters.values())
        parameters.insert(out, inspect.Parameter("out", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None))
        signature = signature.replace(parameters=parameters)
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = shown
    call.__module__ = "mxnet.numpy"
    return call
