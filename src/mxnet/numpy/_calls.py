"""How functions over tensors become functions over ``mxnet.numpy`` arrays.

A function of this package is written once, over torch tensors, with MXNet's signature; what is common to all of them is
here: taking tensors out of arrays, recording, errors that name the function, ``out``, and wrapping.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import numpy as onp
import torch

from .._core import integers
from .._core.dtypes import torch_dtype
from .._core.history import constant, note_of, recorded, recorded_call, with_past
from .._core.invoke import compute as _compute
from .._core.invoke import write_out
from .._core.state import state
from .._core.tape import reach
from .._core.types import ContextLike
from ..ndarray._array import NDArray
from ._array import ndarray

_new = ndarray.__new__
NUMBERS = (float, int, onp.generic)  # bool is an int


def compute(name: str, fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run a function over tensors: recorded when recording, and with errors that name it."""
    if state.recording:
        return _compute(name, _with_integers, (fn, args, kwargs), {}, True, args)
    return _compute(name, fn, args, kwargs, False)


def _with_integers(fn: Callable[..., Any], args: Any, kwargs: Any) -> Any:
    """Run a function; integers that it makes of values with gradients, or is given, take part in the gradient."""
    dtype = kwargs.get("dtype")
    makes_integers = dtype is not None and not torch_dtype(dtype).is_floating_point
    if makes_integers or integers.active:
        tensors: list[Any] = []
        places = _places((args, kwargs), tensors)
        if integers.carried(tensors) or (makes_integers and any(t.requires_grad for t in tensors)):

            def call(given: Any, params: Any) -> Any:
                args, kwargs = _filled_in(places, iter(given))
                return fn(*args, **{**kwargs, **params})

            return integers.run(call, tensors, {} if dtype is None else {"dtype": torch_dtype(dtype)})
    result = fn(*args, **kwargs)
    if type(result) is torch.Tensor and not (result.requires_grad or result.is_floating_point()):
        tensors = []
        _places((args, kwargs), tensors)
        if not any(result is t for t in tensors):
            (result,) = reach((result,), tensors)
    return result


_TENSOR = object()


def _places(value: Any, found: list[Any]) -> Any:
    """Arguments with a mark in the place of each tensor, which is appended to ``found``."""
    if isinstance(value, torch.Tensor):
        found.append(value)
        return _TENSOR
    if type(value) in (list, tuple):
        return type(value)([_places(v, found) for v in value])
    if type(value) is dict:
        return {k: _places(v, found) for k, v in value.items()}
    return value


def _filled_in(value: Any, tensors: Iterator[Any]) -> Any:
    """Arguments with tensors in the place of the marks."""
    if value is _TENSOR:
        return next(tensors)
    if type(value) in (list, tuple):
        return type(value)([_filled_in(v, tensors) for v in value])
    if type(value) is dict:
        return {k: _filled_in(v, tensors) for k, v in value.items()}
    return value


def wrap_recorded(t: torch.Tensor, ctx: Any, sources: Iterable[Any]) -> ndarray:
    """An array of what a function has computed from arrays (others among ``sources`` do not matter)."""
    array = _new(ndarray)
    array._t = t
    array._ctx = ctx
    if state.recording and integers.in_graph(t).requires_grad:
        recorded(array, *constant()[:2], _notes(sources))
    return array


def _notes(sources: Iterable[Any]) -> list[Any]:
    return [note_of(x) for x in sources if isinstance(x, ndarray)]


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
    return TypeError(f"Operator {name}: type {type(value)} not supported, expected an mxnet.numpy.ndarray{hint}")


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


def _arrays(value: object, ctx: ContextLike, sources: list[ndarray]) -> Any:
    """A result with arrays in the place of tensors; what shares memory with an argument is copied first."""
    if isinstance(value, torch.Tensor):
        if not state.recording and (value._is_view() or any(value is x._t for x in sources)):
            value = value.clone(memory_format=torch.contiguous_format)
        return wrap_recorded(value, ctx, sources)
    if isinstance(value, (tuple, list)):
        made = [_arrays(v, ctx, sources) for v in value]
        if state.recording:
            recorded_call([x for x in made if isinstance(x, ndarray)], *constant()[:2], _notes(sources))
        return made if isinstance(value, list) else tuple(made)
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
        return _arrays(result, found[0]._ctx if found else None, found)

    signature = inspect.signature(fn)
    if out is not None:
        parameters = list(signature.parameters.values())
        parameters.insert(out, inspect.Parameter("out", inspect.Parameter.POSITIONAL_OR_KEYWORD, default=None))
        signature = signature.replace(parameters=parameters)
    call.__signature__ = signature  # type: ignore[attr-defined]
    call.__name__ = call.__qualname__ = shown
    call.__module__ = "mxnet.numpy"
    return call
