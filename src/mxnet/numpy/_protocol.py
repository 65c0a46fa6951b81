"""NumPy's own functions, called with ``mxnet.numpy`` arrays."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from typing import Any

from . import linalg, multiarray
from ._array import ndarray
from ._host import on_host


def _counterpart(func: Callable[..., Any]) -> Any:
    """The function of this package of the same name and place, or None."""
    home = (getattr(func, "__module__", None) or "").rpartition(".")[2]
    return getattr(linalg if home == "linalg" else multiarray, func.__name__, None)


def _array_ufunc(self: ndarray, ufunc: Callable[..., Any], method: str, *inputs: Any, **kwargs: Any) -> Any:
    """``numpy.exp(x)`` is ``mxnet.numpy.exp(x)``; with keywords that this does not know it runs on the host."""
    fn = _counterpart(ufunc)
    if method != "__call__" or fn is None or not _KEYWORDS.issuperset(kwargs):
        return on_host(getattr(ufunc, method), inputs, kwargs)
    out = kwargs.pop("out", None)
    if out is not None:
        kwargs["out"] = out[0]
    return fn(*inputs, **kwargs)


# Those of ufuncs that are not about what is computed.
_KEYWORDS = frozenset(("out", "casting", "order", "subok"))


def _array_function(self: ndarray, func: Callable[..., Any], types: object, args: Any, kwargs: dict[str, Any]) -> Any:
    """``numpy.mean(x)`` is ``mxnet.numpy.mean(x)``; what has no counterpart runs in NumPy on the host."""
    fn = _counterpart(func)
    if fn is None or getattr(fn, "on_host", None) or not _fits(fn, args, kwargs):
        return on_host(func, args, kwargs)
    result = fn(*args, **kwargs)
    return _named(func, result) if type(result) is tuple else result


def _fits(fn: Callable[..., Any], args: Any, kwargs: dict[str, Any]) -> bool:
    """Whether a function takes these arguments; NumPy's may have more."""
    try:
        _signature(fn).bind(*args, **kwargs)
    except TypeError:
        return False
    return True


_signature = functools.cache(inspect.signature)


def _named(func: Callable[..., Any], results: tuple[Any, ...]) -> Any:
    """Several results in the named tuple that this version of NumPy gives, as ``EighResult`` of ``eigh``."""
    known = getattr(getattr(func, "_implementation", None), "__globals__", {})
    kind = next((kind for name, kind in known.items() if name.lower() == f"{func.__name__}result"), None)
    return results if kind is None else kind(*results)


def install() -> None:
    """Have NumPy hand calls of its functions on ndarrays to the functions here."""
    setattr(ndarray, "__array_ufunc__", _array_ufunc)  # noqa: B010
    # Static as MXNet's, whose callers pass the array; NumPy asks the class for it and does so too.
    setattr(ndarray, "__array_function__", staticmethod(_array_function))  # noqa: B010
