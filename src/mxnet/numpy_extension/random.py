"""Random arrays beyond NumPy's, and seeding (``mx.npx.random``)."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .. import random as _random
from .._core.dtypes import torch_dtype
from .._core.functions import compute
from .._core.rng import generator
from .._core.types import ContextLike, DTypeLike, ShapeLike
from ..context import Context
from ..ndarray._creation import _shape
from ..numpy import random as _np_random
from ..numpy._array import ndarray, wrap
from ..numpy._calls import refuse, write

__all__ = ["bernoulli", "normal_n", "seed", "uniform_n"]


def seed(seed: int, ctx: Context | str = "all") -> None:
    """Seed the generators of all contexts, or of one; as :func:`mxnet.random.seed`."""
    _random.seed(seed, ctx)


def bernoulli(
    prob: Any = None,
    logit: Any = None,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Ones with probability ``prob`` (or the sigmoid of ``logit``), else zeros; float32 by default.

    Exactly one of ``prob`` and ``logit`` is given, a number or an array.
    """
    if (prob is None) == (logit is None):
        raise ValueError(f"bernoulli: give prob or logit, not both, got prob={prob}, logit={logit}")
    given = prob if logit is None else logit
    if not isinstance(given, (ndarray, int, float)):
        raise refuse("bernoulli", given)
    where = _np_random._context("bernoulli", out, ctx, given)

    def run() -> Tensor:
        chance = given._t.detach() if isinstance(given, ndarray) else torch.tensor(float(given), device=where.device)
        chance = chance.sigmoid() if prob is None else chance
        if bool(((chance < 0) | (chance > 1)).any()):
            raise ValueError("prob must be between 0 and 1")
        drawn = torch.rand(
            chance.shape if size is None else _shape(size), generator=generator(where), device=where.device
        )
        return (drawn < chance).to(torch.float32 if dtype is None else torch_dtype(dtype))

    found = compute("bernoulli", run, (), {})
    return wrap(found, where) if out is None else write("bernoulli", out, found)


def _batch_size(batch_shape: Any, *parameters: Any) -> Any:
    """The shape of a batch of draws, each as large as the parameters together."""
    if batch_shape is None:
        return None
    shapes = [p.shape for p in parameters if isinstance(p, ndarray)]
    return (*_shape(batch_shape), *torch.broadcast_shapes(*shapes))


def uniform_n(
    low: float | ndarray = 0.0,
    high: float | ndarray = 1.0,
    batch_shape: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
) -> Any:
    """As :func:`mxnet.numpy.random.uniform`, with ``batch_shape`` put before the shape of the parameters."""
    return _np_random.uniform(low, high, _batch_size(batch_shape, low, high), dtype, ctx)


def normal_n(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    batch_shape: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
) -> Any:
    """As :func:`mxnet.numpy.random.normal`, with ``batch_shape`` put before the shape of the parameters."""
    return _np_random.normal(loc, scale, _batch_size(batch_shape, loc, scale), dtype, ctx)
