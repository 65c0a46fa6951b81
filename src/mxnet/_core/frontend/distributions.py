"""The random functions of ``mx.nd`` and ``mx.sym`` that differ in the parameters of their distribution only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base import _Null
from .binding import with_signature

# Name, parameters with their default values, and what is drawn.
DISTRIBUTIONS: tuple[tuple[str, dict[str, float], str], ...] = (
    ("normal", {"loc": 0, "scale": 1}, "the normal distribution with mean ``loc`` and standard deviation ``scale``"),
    ("poisson", {"lam": 1}, "the Poisson distribution with rate ``lam``, as floating-point numbers"),
    ("gamma", {"alpha": 1, "beta": 1}, "the gamma distribution with shape ``alpha`` and scale ``beta``"),
    (
        "negative_binomial",
        {"k": 1, "p": 1},
        "the negative binomial distribution: how many failures come before ``k`` successes of probability ``p``",
    ),
    (
        "generalized_negative_binomial",
        {"mu": 1, "alpha": 1},
        "the negative binomial distribution with mean ``mu`` and dispersion ``alpha``",
    ),
)


def make_functions(module: str, draw: Callable[..., Any], **tail: Any) -> dict[str, Any]:
    """The functions of a module by name.

    Parameters
    ----------
    module : str
    draw : callable
        ``draw(distribution, parameters, shape=, dtype=, ...)`` does what they all do.
    **tail
        Its further arguments, with their default values.
    """
    return {name: _function(module, draw, name, parameters, what, tail) for name, parameters, what in DISTRIBUTIONS}


def _function(
    module: str, draw: Callable[..., Any], name: str, parameters: dict[str, float], what: str, tail: dict[str, Any]
) -> Any:
    def call(given: dict[str, Any]) -> Any:
        return draw(name, {p: given.pop(p) for p in parameters}, **given)

    arguments = {**parameters, "shape": _Null, "dtype": _Null, **tail}
    fn = with_signature(name, arguments, f"Draw from {what}; see :func:`uniform`.", call)
    fn.__module__ = module
    return fn
