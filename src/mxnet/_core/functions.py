"""Eager calls of functions over tensors that are no operators, such as those of ``mxnet.numpy``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import torch

from . import integers
from .array import Array
from .dtypes import torch_dtype
from .history import constant, origin_of, recorded, recorded_call
from .invoke import compute as _compute
from .state import state
from .tape import reach
from .types import ContextLike

_NO_PARAMS: dict[str, Any] = {}
_new = object.__new__


def compute(name: str, fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Run a function over tensors: recorded when recording, and with errors that name it."""
    if state.recording:
        return _compute(name, _with_integers, (fn, args, kwargs), _NO_PARAMS, True, args)
    return _compute(name, fn, args, kwargs, False)


def _with_integers(fn: Callable[..., Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Run a function; integers that it makes of values with gradients, or is given, take part in the gradient."""
    dtype = kwargs.get("dtype")
    makes_integers = dtype is not None and not torch_dtype(dtype).is_floating_point
    if makes_integers or integers.proxies:
        tensors: list[Any] = []
        places = _places((args, kwargs), tensors)
        if integers.has_proxy(tensors) or (makes_integers and any(t.requires_grad for t in tensors)):

            def call(given: Sequence[torch.Tensor], params: dict[str, Any]) -> Any:
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


def wrap(t: torch.Tensor, kind: type[Array], ctx: Any, sources: Sequence[Any]) -> Any:
    """An array of a kind, of what a function has computed from arrays; others among ``sources`` do not matter."""
    array = _new(kind)
    array._t = t
    array._ctx = ctx
    if state.recording and integers.in_graph(t).requires_grad:
        recorded(array, *constant()[:2], _notes(sources))
    return array


def _notes(sources: Sequence[Any]) -> list[Any]:
    return [origin_of(x) for x in sources if isinstance(x, Array)]


def wrap_all(value: object, kind: type[Array], ctx: ContextLike, sources: Sequence[Array]) -> Any:
    """A result with arrays in the place of tensors; what shares memory with a source is copied first."""
    if isinstance(value, torch.Tensor):
        if not state.recording and (value._is_view() or any(value is x._t for x in sources)):
            value = value.clone(memory_format=torch.contiguous_format)
        return wrap(value, kind, ctx, sources)
    if isinstance(value, (tuple, list)):
        made = [wrap_all(v, kind, ctx, sources) for v in value]
        if state.recording:
            recorded_call([x for x in made if isinstance(x, Array)], *constant()[:2], _notes(sources))
        return made if isinstance(value, list) else tuple(made)
    return value
