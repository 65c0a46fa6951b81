"""Experimental operators over NDArrays: those generated from the registry and a few written by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function
from .._core.frontend.updates import make_functions
from ..context import Context, current_context
from . import _internal
from ._array import NDArray
from ._creation import full
from .random import uniform

if TYPE_CHECKING:
    from ._stubs.contrib import *  # noqa: F403


def rand_zipfian(
    true_classes: NDArray, num_sampled: int, range_max: int, ctx: Context | None = None
) -> tuple[NDArray, NDArray, NDArray]:
    """Draw classes whose frequency falls with their number, for sampled losses.

    Class ``k`` has the probability ``(log(k + 2) - log(k + 1)) / log(range_max + 1)``.

    Parameters
    ----------
    true_classes : NDArray
        The classes of the examples, 1-dimensional.
    num_sampled : int
        How many to draw.
    range_max : int
        How many classes there are.
    ctx : Context, optional
        Where to draw; the current context when not given.

    Returns
    -------
    samples, expected_count_true, expected_count_sample : NDArray
        The draws (int64), and how often the true and the drawn classes are expected among them (float64).
    """
    ctx = ctx or current_context()
    log_range = math.log(range_max + 1)
    draws = uniform(0, log_range, shape=(num_sampled,), dtype="float64", ctx=ctx)
    samples = (draws.exp() - 1).astype("int64") % range_max

    def expected(classes: NDArray) -> NDArray:
        real = classes.astype("float64")
        return ((real + 2.0) / (real + 1.0)).log() / log_range * num_sampled

    return samples, expected(true_classes.as_in_context(ctx)), expected(samples)


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
    lambda scale, weight: (
        scale.as_in_context(weight.context) if isinstance(scale, NDArray) else full((1,), scale, ctx=weight.context)
    ),
)
adamw_update = _updates["adamw_update"]
mp_adamw_update = _updates["mp_adamw_update"]
multi_adamw_update = _updates["multi_adamw_update"]
multi_mp_adamw_update = _updates["multi_mp_adamw_update"]
multi_lamb_update = _updates["multi_lamb_update"]
multi_mp_lamb_update = _updates["multi_mp_lamb_update"]


install(__name__, "contrib", make_function)
