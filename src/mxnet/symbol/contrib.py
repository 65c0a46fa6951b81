"""Experimental operators over Symbols: those generated from the registry and a few written by hand."""

from __future__ import annotations

import math
from typing import Any

from .._core.frontend.namespaces import install
from .._core.frontend.sym import make_function
from .._core.registry import get_op
from . import op
from ._creation import full
from ._symbol import Symbol, create
from .random import uniform


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


def adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    rescale_grad: Any,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """One step of Adam with decoupled weight decay. ``rescale_grad`` is a number or a symbol of one element."""
    inputs = {"weight": weight, "grad": grad, "mean": mean, "var": var}
    params = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    return _adamw("_adamw_update", inputs, rescale_grad, {**params, "clip_gradient": clip_gradient, **kwargs}, name)


def mp_adamw_update(
    weight: Symbol,
    grad: Symbol,
    mean: Symbol,
    var: Symbol,
    weight32: Symbol,
    rescale_grad: Any,
    lr: float,
    eta: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0,
    clip_gradient: float = -1,
    out: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """:func:`adamw_update` for float16 weights with a float32 copy."""
    inputs = {"weight": weight, "grad": grad, "mean": mean, "var": var, "weight32": weight32}
    params = {"lr": lr, "eta": eta, "beta1": beta1, "beta2": beta2, "epsilon": epsilon, "wd": wd}
    return _adamw("_mp_adamw_update", inputs, rescale_grad, {**params, "clip_gradient": clip_gradient, **kwargs}, name)


def _adamw(op_name: str, inputs: dict[str, Symbol], rescale_grad: Any, params: dict[str, Any], name: Any) -> Symbol:
    scale = rescale_grad if isinstance(rescale_grad, Symbol) else full((1,), rescale_grad)
    return create(get_op(op_name), (), {**inputs, "rescale_grad": scale}, params, name, hint=op_name)


install(__name__, "contrib", make_function)
