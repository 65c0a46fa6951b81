"""Random arrays beyond NumPy's, and seeding (``mx.npx.random``)."""

from __future__ import annotations

from typing import Any

import torch

from .. import random as _random
from .._core.dtypes import torch_dtype
from .._core.ops.numpy import random as ops
from .._core.types import ContextLike, DTypeLike, ShapeLike
from ..context import Context
from ..ndarray._creation import _shape
from ..numpy import random as _np_random
from ..numpy._array import ndarray
from ..numpy._calls import is_symbol, refuse, run

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
    if not (isinstance(given, (ndarray, int, float)) or is_symbol(given)):
        raise refuse("bernoulli", given)
    is_array = not isinstance(given, (int, float))
    params = {
        "prob": None if is_array or prob is None else prob,
        "logit": None if is_array or logit is None else logit,
        "size": None if size is None else _shape(size),
        "ctx": str(_np_random._context("bernoulli", out, ctx, given)),
        "dtype": torch.float32 if dtype is None else torch_dtype(dtype),
        "is_logit": prob is None,
    }
    return run(ops.bernoulli, "bernoulli", [given] if is_array else [], params, out)


def uniform_n(
    low: float | ndarray = 0.0,
    high: float | ndarray = 1.0,
    batch_shape: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
) -> Any:
    """As :func:`mxnet.numpy.random.uniform`, with ``batch_shape`` put before the shape of the parameters."""
    return _np_random._draw("uniform_n", ops.uniform_n, {"low": low, "high": high}, batch_shape, dtype, ctx)


def normal_n(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    batch_shape: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
) -> Any:
    """As :func:`mxnet.numpy.random.normal`, with ``batch_shape`` put before the shape of the parameters."""
    return _np_random._draw("normal_n", ops.normal_n, {"loc": loc, "scale": scale}, batch_shape, dtype, ctx)
