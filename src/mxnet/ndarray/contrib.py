"""Experimental operators over NDArrays: those generated from the registry and a few written by hand."""

from __future__ import annotations

from typing import Any

from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function
from ._array import NDArray


def isinf(data: NDArray) -> NDArray:
    """1 where an element is infinite, else 0."""
    return data.abs() == float("inf")  # type: ignore[attr-defined]


def isfinite(data: NDArray) -> NDArray:
    """1 where an element is neither infinite nor NaN, else 0."""
    from . import _arithmetic

    not_nan: Any = data == data
    return _arithmetic.FUNCTIONS["multiply"](not_nan, data.abs() != float("inf"))  # type: ignore[attr-defined]


def isnan(data: NDArray) -> NDArray:
    """1 where an element is NaN, else 0."""
    return data != data  # noqa: PLR0124  (NaN is what differs from itself)


install(__name__, "contrib", make_function)
