"""Experimental operators over NDArrays: those generated from the registry and a few written by hand."""

from __future__ import annotations

from typing import Any

from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function
from .._core.frontend.updates import make_functions
from . import _internal
from ._array import NDArray
from ._creation import full


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
    return data != data


_updates = make_functions(
    lambda name: getattr(_internal, name),
    lambda scale, weight: scale.as_in_context(weight.context) if isinstance(scale, NDArray)
    else full((1,), scale, ctx=weight.context),
)
adamw_update = _updates["adamw_update"]
mp_adamw_update = _updates["mp_adamw_update"]
multi_adamw_update = _updates["multi_adamw_update"]
multi_mp_adamw_update = _updates["multi_mp_adamw_update"]
multi_lamb_update = _updates["multi_lamb_update"]
multi_mp_lamb_update = _updates["multi_mp_lamb_update"]


install(__name__, "contrib", make_function)
