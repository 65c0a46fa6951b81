"""Random arrays (``mx.np.random``).

Parameters are numbers or arrays, which are broadcast; ``size`` is the shape of the result, by default that of the
parameters. Gradients reach array parameters of continuous distributions. The generators are those of
:func:`mxnet.random.seed`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from .._core.dtypes import torch_dtype
from .._core.invoke import compute
from .._core.opdef import OpDef
from .._core.ops.indexing.take import take
from .._core.ops.numpy import random as ops
from .._core.ops.numpy.families import promoted
from .._core.ops.random.distributions import random_randint
from .._core.rng import generator
from .._core.state import state
from .._core.types import ContextLike, DTypeLike, ShapeLike
from ..context import Context, chosen_context
from ..ndarray._creation import _shape
from ..util import np_shape
from ._array import ndarray, wrap
from ._calls import checked, is_symbol, refuse, run
from ._elementwise import FUNCTIONS as _elementwise

__all__ = [
    "beta", "chisquare", "choice", "exponential", "gamma", "gumbel", "logistic", "lognormal", "multinomial",
    "multivariate_normal", "normal", "pareto", "power", "rand", "randint", "randn", "rayleigh", "shuffle", "uniform",
    "weibull",
]  # fmt: skip

_FLOATS = (torch.float16, torch.float32, torch.float64)


def _context(name: str, out: ndarray | None, ctx: ContextLike, *values: Any) -> Context:
    """Where to draw: on the context of ``out``, the one that is asked for, that of the parameters, or the current."""
    if out is not None:
        ctx = checked(name, out)._ctx
    elif ctx is None:
        ctx = next((v._ctx for v in values if isinstance(v, ndarray)), None)
    return chosen_context(ctx)


def _float_type(dtype: DTypeLike) -> torch.dtype:
    found = torch.float32 if dtype is None else torch_dtype(dtype)
    if found not in _FLOATS:
        raise ValueError(f"dtype must be float16, float32 or float64, got {dtype!r}")
    return found


def _draw(
    name: str,
    od: OpDef,
    parameters: dict[str, Any],
    size: ShapeLike | None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Draw by an operator, of which parameters that are arrays or symbols are inputs."""
    arrays = []
    given: dict[str, Any] = {}
    for key, value in parameters.items():
        is_array = isinstance(value, ndarray) or is_symbol(value)
        if not is_array and not isinstance(value, (int, float)):
            raise refuse(name, value)
        given[key] = None if is_array else value
        if is_array:
            arrays.append(value)
    if size is None and out is not None and not arrays:
        size = checked(name, out).shape
    given["size"] = None if size is None else _shape(size) or None
    if "dtype" in od.params:
        given["dtype"] = _float_type(dtype)
    if od.has_ctx:
        given["ctx"] = str(_context(name, out, ctx, *arrays))
    return run(od, name, arrays, given, out)


def uniform(
    low: float | ndarray = 0.0,
    high: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers between ``low`` and ``high``, all as likely.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.np.random.uniform(0, 1, size=(2, 3)).shape
    (2, 3)
    """
    return _draw("uniform", ops.uniform, {"low": low, "high": high}, size, dtype, ctx, out)


def normal(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a normal distribution with this mean and standard deviation."""
    return _draw("normal", ops.normal, {"loc": loc, "scale": scale}, size, dtype, ctx, out)


def lognormal(
    mean: float | ndarray = 0.0,
    sigma: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Exponentials of normally distributed numbers."""
    return _elementwise["exp"](normal(mean, sigma, size, dtype, ctx), out)


def logistic(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a logistic distribution."""
    return _draw("logistic", ops.logistic, {"loc": loc, "scale": scale}, size, None, ctx, out)


def gumbel(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a Gumbel distribution."""
    return _draw("gumbel", ops.gumbel, {"loc": loc, "scale": scale}, size, None, ctx, out)


def exponential(
    scale: float | ndarray = 1.0, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None
) -> Any:
    """Numbers of an exponential distribution with mean ``scale``."""
    return _draw("exponential", ops.exponential, {"scale": scale}, size, None, ctx, out)


def rayleigh(
    scale: float | ndarray = 1.0, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None
) -> Any:
    """Numbers of a Rayleigh distribution."""
    return _draw("rayleigh", ops.rayleigh, {"scale": scale}, size, None, ctx, out)


def weibull(a: Tensor, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None) -> Any:
    """Numbers of a Weibull distribution of shape ``a``."""
    return _draw("weibull", ops.weibull, {"a": a}, size, None, ctx, out)


def pareto(a: Tensor, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None) -> Any:
    """Numbers of a Pareto distribution of the second kind (Lomax) of shape ``a``."""
    return _draw("pareto", ops.pareto, {"a": a}, size, None, ctx, out)


def power(a: Tensor, size: ShapeLike | None = None) -> Any:
    """Numbers in [0, 1] with density ``a * x**(a - 1)``."""
    return _draw("power", ops.power, {"a": a}, size)


def gamma(
    shape: float | ndarray,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a gamma distribution."""
    return _draw("gamma", ops.gamma, {"shape": shape, "scale": scale}, size, dtype, ctx, out)


def chisquare(
    df: float | ndarray, size: ShapeLike | None = None, dtype: DTypeLike = None, ctx: ContextLike = None
) -> Any:
    """Numbers of a chi-square distribution with ``df`` degrees of freedom."""
    return gamma(df / 2, 2, size, dtype, ctx)


def beta(
    a: float | ndarray,
    b: float | ndarray,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
) -> Any:
    """Numbers of a beta distribution."""
    if size is None and not (is_symbol(a) or is_symbol(b)):
        size = torch.broadcast_shapes(*[v.shape for v in (a, b) if isinstance(v, ndarray)])
    x = gamma(a, 1, size, dtype, ctx)
    return x / (x + gamma(b, 1, size, dtype, ctx))


def rand(*size: int, **kwargs: Any) -> Any:
    """Uniform numbers between 0 and 1, of the shape given one length an argument."""
    return uniform(0, 1, size=size, **kwargs)


def randn(*size: int, **kwargs: Any) -> Any:
    """Normal numbers of mean 0 and deviation 1, of the shape given one length an argument."""
    return normal(0, 1, size=size, **kwargs)


def randint(
    low: int,
    high: int | None = None,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Integers from ``low`` up to, but without, ``high`` (from 0 when one bound is given), int64 by default."""
    if high is None:
        low, high = 0, low
    if not low < high:
        raise ValueError(f"Operator randint: low must be below high, got {low} and {high}")
    kind = torch_dtype("int64" if dtype is None else dtype)
    if kind not in (torch.int32, torch.int64):
        raise ValueError(f"Operator randint: dtype must be int32 or int64, got {dtype!r}")
    shape = _shape(() if size is None else size) if out is None or size is not None else checked("randint", out).shape
    params = {"low": low, "high": high, "shape": shape, "ctx": str(_context("randint", out, ctx)), "dtype": kind}
    with np_shape():  # the classic operator has no arrays without axes
        return run(random_randint, "randint", [], params, out)


def choice(
    a: int | ndarray,
    size: ShapeLike | None = None,
    replace: bool = True,
    p: ndarray | None = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Elements of an array, or numbers below ``a``, drawn at random.

    Parameters
    ----------
    a : int or ndarray of one axis
    size : int or tuple of int, optional
        One element by default.
    replace : bool
        Whether one may be drawn several times.
    p : ndarray, optional
        The probability of each; equal by default.
    """
    is_array = isinstance(a, ndarray) or is_symbol(a)
    arrays = [x for x in (a if is_array else None, p) if x is not None]
    params = {
        "a": None if is_array else int(a),
        "size": None if size is None else _shape(size) or None,
        "ctx": str(_context("choice", None, ctx, a)),
        "replace": replace,
        "weighted": p is not None,
    }
    if not is_array:
        return run(ops.choice, "choice", arrays, params, out)
    return run(take, "choice", [a, run(ops.choice, "choice", arrays, params)], {}, out)


def shuffle(x: ndarray) -> None:
    """Put the slices along the first axis in random order, in place."""
    if not isinstance(x, ndarray):
        raise refuse("shuffle", x)
    order = torch.randperm(x.shape[0], generator=generator(x._ctx), device=x._t.device)
    x._t.data.copy_(x._t.detach()[order])


def multinomial(n: int, pvals: ndarray | Sequence[float], size: ShapeLike | None = None, **kwargs: Any) -> ndarray:
    """How often each outcome comes in ``n`` experiments, as int64; ``pvals`` are their probabilities."""
    if kwargs:
        raise TypeError(f"multinomial got unknown keywords: {', '.join(kwargs)}")
    params = {"n": n, "size": None if size is None else _shape(size)}
    if isinstance(pvals, ndarray) or is_symbol(pvals):
        return run(ops.multinomial, "multinomial", [pvals], params)
    return run(ops.multinomial, "multinomial", [], {**params, "pvals": tuple(pvals)})


def multivariate_normal(
    mean: ndarray, cov: ndarray, size: ShapeLike | None = None, check_valid: object = None, tol: object = None
) -> Any:
    """Vectors of a normal distribution with this mean and this (positive definite) covariance matrix."""
    if check_valid is not None or tol is not None:
        raise NotImplementedError("multivariate_normal does not support check_valid and tol")
    for value in (mean, cov):
        if not isinstance(value, ndarray):
            raise refuse("multivariate_normal", value)
    where = mean._ctx

    def run(m: Tensor, c: Tensor) -> Tensor:
        batch = torch.broadcast_shapes(m.shape[:-1], c.shape[:-2])
        shape = (*(() if size is None else _shape(size)), *batch, m.shape[-1])
        kind = promoted(m.dtype, c.dtype)
        working = torch.promote_types(kind, torch.float32)  # there is no float16 Cholesky factor
        noise = torch.randn(shape, generator=generator(where), dtype=working, device=where.device)
        return m + (torch.linalg.cholesky(c.to(working)) @ noise[..., None])[..., 0].to(kind)

    return wrap(compute("multivariate_normal", run, (mean._t, cov._t), {}, state.recording), where)
