"""Which of NumPy's functions run in `mxnet.numpy` when they are called with its arrays."""

from __future__ import annotations

import functools
from collections.abc import Callable
from operator import attrgetter
from types import ModuleType
from typing import Any

import numpy as onp

from . import numpy as mx_np

# Functions that run there as well, but that MXNet does not list: its tests ask for a workload for each that is listed.
_UNLISTED = frozenset(
    "average deg2rad det divide histogram ldexp linspace log1p logspace moveaxis rad2deg radians rot90 row_stack "
    "slogdet svd".split()
)
_LISTED_AS_FUNCTIONS = ["isfinite", "isinf", "isnan"]  # ufuncs, which MXNet lists with the functions


def _names(module: ModuleType, ours: Any, is_one: Callable[[Any], bool]) -> list[str]:
    """The public names that both have, of functions of the wanted kind."""
    hidden = _UNLISTED.union(mx_np.fallback.__all__, _LISTED_AS_FUNCTIONS)
    return [n for n in ours.__all__ if is_one(vars(module).get(n)) and n not in hidden]


def _is_ufunc(func: Callable[..., Any]) -> bool:
    return isinstance(func, onp.ufunc)


def _is_function(func: Callable[..., Any]) -> bool:
    return hasattr(func, "_implementation")  # what NumPy's decorator for __array_function__ leaves


_NUMPY_ARRAY_FUNCTION_LIST = [
    *_names(onp, mx_np, _is_function),
    *_LISTED_AS_FUNCTIONS,
    *(f"linalg.{n}" for n in _names(onp.linalg, mx_np.linalg, _is_function) if n not in mx_np.fallback_linalg.__all__),
]
_NUMPY_ARRAY_UFUNC_LIST = _names(onp, mx_np, _is_ufunc)

# What runs instead of NumPy's functions, and instead of ufuncs by their names.
_NUMPY_ARRAY_FUNCTION_DICT = {attrgetter(n)(onp): attrgetter(n)(mx_np) for n in _NUMPY_ARRAY_FUNCTION_LIST}
_NUMPY_ARRAY_UFUNC_DICT = {n: getattr(mx_np, n) for n in _NUMPY_ARRAY_UFUNC_LIST}


def _under(protocol: str) -> Callable[[Callable[..., Any]], Callable[..., None]]:
    def decorate(func: Callable[..., Any]) -> Callable[..., None]:
        @functools.wraps(func)
        def run(*args: Any, **kwargs: Any) -> None:
            try:
                func(*args, **kwargs)
            except Exception as error:
                raise RuntimeError(f"{func.__name__} failed under NumPy's {protocol} protocol: {error}") from error

        return run

    return decorate


with_array_function_protocol = _under("array function")
with_array_ufunc_protocol = _under("array ufunc")
