"""Random symbols: distributions with numbers or symbols as parameters."""

from __future__ import annotations

from collections.abc import Mapping
from numbers import Number
from typing import TYPE_CHECKING, Any

from .._core.frontend.distributions import make_functions
from .._core.frontend.namespaces import install
from .._core.registry import get_op
from .._core.types import DTypeLike, ShapeLike
from ..base import ArgumentValueError, _Null, _NullType
from ._create import create
from ._functions import make_function
from ._symbol import Symbol

if TYPE_CHECKING:
    from ._stubs.random import *  # noqa: F403


def _draw(distribution: str, parameters: Mapping[str, Any], /, shape: object, dtype: object, **kwargs: Any) -> Symbol:
    """A distribution of the given parameters: one for all draws when they are numbers, one an element for symbols."""
    values = list(parameters.values())
    if any(type(v) is not type(values[0]) for v in values) and any(isinstance(v, Symbol) for v in values):
        raise ArgumentValueError(
            f"{distribution}: parameters must have the same type, got {type(values[0])} and "
            f"{next(type(v) for v in values if type(v) is not type(values[0]))}"
        )
    if isinstance(values[0], Symbol):
        return _make(f"_sample_{distribution}", tuple(values), {}, shape, dtype, **kwargs)
    for v in values:
        if not isinstance(v, Number):
            raise ArgumentValueError(f"{distribution}: parameters must be Symbols or numbers, got {type(v)}")
    return _make(f"_random_{distribution}", (), parameters, shape, dtype, **kwargs)


def _make(
    op: str,
    inputs: tuple[Symbol, ...],
    parameters: Mapping[str, Any],
    /,
    shape: object,
    dtype: object,
    **kwargs: Any,
) -> Symbol:
    params = {**parameters, "shape": shape, "dtype": dtype, **kwargs}
    name, attr = params.pop("name", None), params.pop("attr", None)
    params = {k: v for k, v in params.items() if v is not _Null}
    return create(get_op(op), inputs, {}, params, name, attr, op)


def uniform(
    low: float | Symbol = 0,
    high: float | Symbol = 1,
    shape: ShapeLike | _NullType | None = _Null,
    dtype: DTypeLike | _NullType = _Null,
    **kwargs: Any,
) -> Symbol:
    """Uniformly distributed between ``low`` (included) and ``high`` (excluded).

    Parameters
    ----------
    low, high : float or Symbol
        With symbols, ``shape`` values are drawn for each of their elements.
    shape : int or tuple of int
    dtype : optional
        float32 when not given.
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, **kwargs)


def randn(*shape: int, **kwargs: Any) -> Symbol:
    """Normally distributed, of the shape given by position; ``loc``, ``scale`` and ``dtype`` by name."""
    kwargs.pop("data", None)  # MXNet accepts and ignores one
    return normal(shape=shape, **kwargs)  # noqa: F405


def exponential(
    scale: float | Symbol = 1,
    shape: ShapeLike | _NullType | None = _Null,
    dtype: DTypeLike | _NullType = _Null,
    **kwargs: Any,
) -> Symbol:
    """Exponentially distributed with mean ``scale``; see :func:`uniform`."""
    if not isinstance(scale, (Symbol, Number)):
        raise ValueError(f"exponential: scale must be a Symbol or a number, got {type(scale)}")
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, **kwargs)


def randint(
    low: int,
    high: int,
    shape: ShapeLike | _NullType | None = _Null,
    dtype: DTypeLike | _NullType = _Null,
    **kwargs: Any,
) -> Symbol:
    """Integers from ``low`` (included) to ``high`` (excluded), all equally likely."""
    for value in (low, high):
        if not isinstance(value, Number):
            raise TypeError(f"randint takes numbers for low and high, but got {type(value)}")
    return _make("_random_randint", (), {"low": low, "high": high}, shape, dtype, **kwargs)


def multinomial(
    data: Symbol,
    shape: ShapeLike | _NullType | None = _Null,
    get_prob: bool = True,
    dtype: DTypeLike = "int32",
    **kwargs: Any,
) -> Symbol:
    """Indices drawn with the probabilities in the last axis of ``data``.

    With ``get_prob`` there is a second output, the logarithm of the probability of each draw.
    """
    return _make("_sample_multinomial", (data,), {"get_prob": get_prob}, shape, dtype, **kwargs)


def shuffle(data: Symbol, **kwargs: Any) -> Symbol:
    """The slices of ``data`` along its first axis in random order."""
    return _make("_shuffle", (data,), {}, _Null, _Null, **kwargs)


if not TYPE_CHECKING:  # the stub has them
    globals().update(make_functions(__name__, _draw))

install(__name__, "random", make_function)
