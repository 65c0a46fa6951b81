"""Random numbers: drawing arrays, and seeding (``mx.random``)."""

from __future__ import annotations

from ._core import rng
from .base import integer_types
from .context import Context
from .ndarray.random import (
    exponential,
    gamma,
    generalized_negative_binomial,
    multinomial,
    negative_binomial,
    normal,
    poisson,
    randint,
    randn,
    shuffle,
    uniform,
)

__all__ = [
    "exponential",
    "gamma",
    "generalized_negative_binomial",
    "multinomial",
    "negative_binomial",
    "normal",
    "poisson",
    "randint",
    "randn",
    "seed",
    "shuffle",
    "uniform",
]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Seed the random generators of operators such as ``Dropout`` and of the functions of this module.

    Parameters
    ----------
    seed_state : int
    ctx : Context or str
        The context whose generator to seed. ``"all"`` seeds those of all contexts, each with a number of its own;
        devices that are seeded one by one with one number draw the same numbers.

    Raises
    ------
    ValueError
        When the seed is not an integer.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.random.seed(128)
    >>> a = mx.nd.random.normal(shape=2)
    >>> mx.random.seed(128)
    >>> (mx.nd.random.normal(shape=2) == a).asnumpy().tolist()
    [1.0, 1.0]
    """
    if not isinstance(seed_state, integer_types):
        raise ValueError(f"seed_state must be int, got {seed_state!r}")
    if isinstance(ctx, str) and ctx == "all":
        rng.seed_all(int(seed_state))
    else:
        rng.seed_context(Context(ctx), int(seed_state))
