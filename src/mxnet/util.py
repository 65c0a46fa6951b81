"""NumPy shape and array semantics, environment variables, and facts about GPUs."""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from ._core import logs
from ._core.state import state
from .base import MXNetError
from .context import Context

__all__ = [
    "get_cuda_compute_capability",
    "get_gpu_count",
    "get_gpu_memory",
    "getenv",
    "is_np_array",
    "is_np_shape",
    "np_array",
    "np_shape",
    "np_ufunc_legal_option",
    "reset_np",
    "set_module",
    "set_np",
    "set_np_shape",
    "setenv",
    "use_np",
    "use_np_array",
    "use_np_shape",
    "wrap_np_binary_func",
    "wrap_np_unary_func",
]


_announced: set[str] = set()


def _announce(kind: str, text: str) -> None:
    if kind not in _announced:
        _announced.add(kind)
        logs.root.info(text)


# ---------------------------------------------------------------------- NumPy shape semantics


def set_np_shape(active: bool) -> bool:
    """Turn NumPy shape semantics on or off in this thread, and say whether it was on.

    Under it ``()`` is the shape of a scalar, lengths of 0 are real lengths, and -1 and None mean unknown. Without it
    (the default), 0 means an unknown length and ``()`` an unknown shape.

    Raises
    ------
    ValueError
        When turning it off while NumPy array semantics is on, which needs it.
    """
    if active:
        _announce("shape", "NumPy-shape semantics is on: scalars and zero-size arrays have shapes of their own.")
    elif state.np_array:
        raise ValueError(
            "NumPy's shape semantics cannot be switched off while its array semantics is on; npx.reset_np() ends both"
        )
    before, state.np_shape = state.np_shape, bool(active)
    return before


def is_np_shape() -> bool:
    """Whether NumPy shape semantics is on in this thread."""
    return state.np_shape


class _Scope:
    """A ``with`` scope of one of the semantics; ``active=None`` changes nothing."""

    def __init__(self, name: str, active: bool | None, switch: Callable[[bool], Any]) -> None:
        self._name = name
        self._active = active
        self._switch = switch
        self._before: list[bool] = []

    def __enter__(self) -> _Scope:
        self._before.append(getattr(state, self._name))
        if self._active is not None and self._active != self._before[-1]:
            self._switch(self._active)
        return self

    def __exit__(self, *exc: object) -> None:
        before = self._before.pop()
        if self._active is not None and before != self._active:
            self._switch(before)


def np_shape(active: bool = True) -> _Scope:
    """A ``with`` scope with NumPy shape semantics on (or off); see :func:`set_np_shape`.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.util.np_shape():
    ...     mx.util.is_np_shape()
    True
    """
    return _Scope("np_shape", active, set_np_shape)


# ---------------------------------------------------------------------- NumPy array semantics


def _set_np_array(active: bool) -> bool:
    if active:
        _announce("array", "NumPy array semantics is on: new arrays are mxnet.numpy.ndarray.")
    before, state.np_array = state.np_array, bool(active)
    return before


class _NumpyArrayScope(_Scope):
    """What :func:`np_array` gives."""

    def __init__(self, is_np_array: bool) -> None:
        def switch(value: bool) -> None:
            state.np_array = value

        super().__init__("np_array", is_np_array, switch)
        self._is_np_array = is_np_array


def np_array(active: bool = True) -> _Scope:
    """A ``with`` scope in which Gluon makes ``mxnet.numpy.ndarray`` (or does not)."""
    return _NumpyArrayScope(active)


def is_np_array() -> bool:
    """Whether NumPy array semantics is on in this thread."""
    return state.np_array


def set_np(shape: bool = True, array: bool = True) -> None:
    """Turn both semantics on or off in this thread.

    Raises
    ------
    ValueError
        For array semantics without shape semantics.
    """
    if array and not shape:
        raise ValueError("set_np: array=True needs shape=True")
    _set_np_array(array)
    set_np_shape(shape)


def reset_np() -> None:
    """Turn both semantics off in this thread."""
    set_np(shape=False, array=False)


# ---------------------------------------------------------------------- decorators


def _scoped(target: object, scope: Callable[[], _Scope], decorator: str) -> Any:
    """A function that runs within a scope, or a class of which all methods and properties do."""
    if inspect.isclass(target):
        for name in dir(target):
            member = inspect.getattr_static(target, name)
            if inspect.isfunction(member):
                setattr(target, name, _scoped(member, scope, decorator))
            elif isinstance(member, (staticmethod, classmethod)) and inspect.isfunction(member.__func__):
                setattr(target, name, type(member)(_scoped(member.__func__, scope, decorator)))
            elif isinstance(member, property) and member.fget is not None:
                setattr(target, name, member.getter(_scoped(member.fget, scope, decorator)))
        return target
    if not callable(target):
        raise TypeError(f"{decorator} can only decorate classes and callable objects, got {type(target)}")

    @functools.wraps(target)
    def within(*args: Any, **kwargs: Any) -> Any:
        with scope():
            return target(*args, **kwargs)

    return within


def use_np_shape(func: Callable[..., Any]) -> Any:
    """Decorate a function, or all methods of a class, to run with NumPy shape semantics."""
    return _scoped(func, np_shape, "use_np_shape")


def use_np_array(func: Callable[..., Any]) -> Any:
    """Decorate a function, or all methods of a class, to run with NumPy array semantics."""
    return _scoped(func, np_array, "use_np_array")


def use_np(func: Callable[..., Any]) -> Any:
    """Decorate a function, or all methods of a class, to run with NumPy shape and array semantics."""
    return use_np_shape(use_np_array(func))


def set_module(module: str | None) -> Callable[[Any], Any]:
    """Decorate a function or class to say that it belongs to ``module``."""

    def decorate(func: Callable[..., Any]) -> Any:
        if module is not None:
            func.__module__ = module
        return func

    return decorate


# ---------------------------------------------------------------------- NumPy's ufunc keywords

_UFUNC_DEFAULTS = {"where": True, "casting": "same_kind", "order": "K", "dtype": None, "subok": True}
_UFUNC_DTYPES = ("int8", "uint8", "int32", "int64", "float16", "float32", "float64")


def np_ufunc_legal_option(key: str, value: object) -> bool:
    """Whether a NumPy ufunc would take ``key=value``."""
    if key == "where":
        return True
    if key == "casting":
        return value in ("no", "equiv", "safe", "same_kind", "unsafe")
    if key == "order":
        return isinstance(value, str)
    if key == "dtype":
        return value in _UFUNC_DTYPES or value in tuple(getattr(np, name) for name in _UFUNC_DTYPES)
    return key == "subok" and isinstance(value, bool)


def _check_ufunc_keywords(name: str, keywords: dict[str, Any]) -> None:
    for key, value in keywords.items():
        if key not in _UFUNC_DEFAULTS:
            raise TypeError(f"{key} is an invalid keyword to function '{name}'")
        if value != _UFUNC_DEFAULTS[key]:
            if np_ufunc_legal_option(key, value):
                raise NotImplementedError(f"{key}={value} is not implemented yet for operator {name}")
            raise TypeError(f"{key}={value} not understood for operator {name}")


def wrap_np_unary_func(func: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of one array take NumPy's ufunc keywords, as long as they have their default values."""

    @functools.wraps(func)
    def wrapped(x: Any, out: Any = None, **kwargs: Any) -> Any:
        _check_ufunc_keywords(func.__name__, kwargs)
        return func(x, out=out)

    return wrapped


def wrap_np_binary_func(func: Callable[..., Any]) -> Callable[..., Any]:
    """Let a function of two arrays take NumPy's ufunc keywords, as long as they have their default values."""

    @functools.wraps(func)
    def wrapped(x1: Any, x2: Any, out: Any = None, **kwargs: Any) -> Any:
        _check_ufunc_keywords(func.__name__, kwargs)
        return func(x1, x2, out=out)

    return wrapped


# ---------------------------------------------------------------------- environment and devices


def getenv(name: str) -> str | None:
    """The value of an environment variable, or None."""
    return os.environ.get(name)


def setenv(name: str, value: str | None) -> None:
    """Set an environment variable, or unset it with None."""
    if value is None:
        os.environ.pop(name, None)
    else:
        os.environ[name] = value


def get_gpu_count() -> int:
    """How many CUDA devices torch sees."""
    return torch.cuda.device_count()


def get_gpu_memory(gpu_dev_id: int) -> tuple[int, int]:
    """Free and total memory of a CUDA device, in bytes.

    Raises
    ------
    MXNetError
        When there is no such device.
    """
    return torch.cuda.mem_get_info(Context("gpu", gpu_dev_id).device)


def get_cuda_compute_capability(ctx: Context) -> int:
    """The compute capability of a GPU as one number, such as 90 for 9.0.

    Raises
    ------
    ValueError
        When ``ctx`` is not a GPU.
    OSError
        When there is no such device.
    """
    if ctx.device_type != "gpu":
        raise ValueError(f"ctx: only a GPU has a compute capability, got {ctx}")
    try:
        major, minor = torch.cuda.get_device_capability(ctx.device)
    except MXNetError as e:
        raise OSError(str(e)) from e
    return major * 10 + minor
