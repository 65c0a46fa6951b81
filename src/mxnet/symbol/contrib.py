"""Experimental operators over Symbols: those generated from the registry and a few written by hand."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .._core.frontend.namespaces import install
from .._core.frontend.sym import make_function
from .._core.frontend.updates import make_functions
from . import _internal, op
from ._creation import full
from ._symbol import Symbol
from .random import uniform

if TYPE_CHECKING:
    from ._stubs.contrib import *  # noqa: F403


def rand_zipfian(true_classes: Symbol, num_sampled: int, range_max: int) -> tuple[Symbol, Symbol, Symbol]:
    """Draw classes whose frequency falls with their number, for sampled losses.

    Class ``k`` has the probability ``(log(k + 2) - log(k + 1)) / log(range_max + 1)``.

    Parameters
    ----------
    true_classes : Symbol
        The classes of the examples, 1-dimensional.
    num_sampled : int
        How many to draw.
    range_max : int
        How many classes there are.

    Returns
    -------
    samples, expected_count_true, expected_count_sample : Symbol
        The draws, and how often the true and the drawn classes are expected among them.
    """
    log_range = math.log(range_max + 1)
    draws = op.cast(op.exp(uniform(0, log_range, shape=(num_sampled,), dtype="float64")) - 1, dtype="int64")
    samples = draws % range_max

    def expected(classes: Symbol) -> Symbol:
        real = op.cast(classes, dtype="float64")
        return op.log((real + 2.0) / (real + 1.0)) / log_range * num_sampled

    return samples, expected(true_classes), expected(samples)


_updates = make_functions(
    lambda name: getattr(_internal, name),
    lambda scale, weight: scale if isinstance(scale, Symbol) else full((1,), scale),
)
adamw_update = _updates["adamw_update"]
mp_adamw_update = _updates["mp_adamw_update"]


install(__name__, "contrib", make_function)
