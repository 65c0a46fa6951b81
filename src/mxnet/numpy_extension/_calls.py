"""Registered operators as functions over ``mxnet.numpy`` arrays."""

from __future__ import annotations

from typing import Any

from .._core.registry import get_op
from ..ndarray._array import NDArray, make_function
from ..numpy._array import ndarray
from ..numpy._calls import refuse


def _check(name: str, value: object) -> None:
    if isinstance(value, NDArray):
        if not isinstance(value, ndarray):
            raise refuse(name, value)
    elif isinstance(value, (list, tuple)):
        for v in value:
            _check(name, v)


def operator(name: str, shown: str, module: str) -> Any:
    """The function of an operator, which takes and gives ``mxnet.numpy`` arrays."""
    plain = make_function(get_op(name), shown)

    def call(*args: Any, **kwargs: Any) -> Any:
        for a in args:
            _check(shown, a)
        for a in kwargs.values():
            _check(shown, a)
        return plain(*args, **kwargs)  # results are of the kind of the inputs

    call.__wrapped__ = plain  # type: ignore[attr-defined]  # inspect takes the signature from it
    call.__name__ = call.__qualname__ = shown
    call.__module__ = module
    call.__doc__ = plain.__doc__
    return call
