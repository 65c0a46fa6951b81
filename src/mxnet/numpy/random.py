"""Random arrays (``mx.np.random``).

Parameters are numbers or arrays, which are broadcast; ``size`` is the shape of the result, by default that of the
parameters. Continuous distributions are functions of uniform or normal numbers, through which gradients reach array
parameters. The generators are those of :func:`mxnet.random.seed`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

import torch
from torch import Tensor

from .._core.dtypes import torch_dtype
from .._core.functions import compute
from .._core.ops.numpy.families import promoted
from .._core.rng import generator
from .._core.types import ContextLike, DTypeLike, ShapeLike
from ..context import Context, chosen_context
from ..ndarray._creation import _shape
from ._array import ndarray, wrap
from ._calls import checked, refuse, write

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


# Gives uniform or normal numbers of the right shape and type, by ``torch.rand`` or ``torch.randn``.
Noise: TypeAlias = Callable[[Callable[..., Tensor]], Tensor]


def _float_type(dtype: DTypeLike) -> torch.dtype:
    found = torch.float32 if dtype is None else torch_dtype(dtype)
    if found not in _FLOATS:
        raise ValueError(f"dtype must be float16, float32 or float64, got {dtype!r}")
    return found


def _draw(
    name: str,
    fn: Callable[..., Tensor],
    parameters: tuple[Any, ...],
    size: ShapeLike | None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Draw by ``fn(new, *parameters)``, where ``new(kind)`` gives uniform or normal numbers of the right shape."""
    for value in parameters:
        if not isinstance(value, (ndarray, int, float)):
            raise refuse(name, value)
    where = _context(name, out, ctx, *parameters)

    def run(*values: Any) -> Tensor:
        kind = _float_type(dtype)
        if size is None:
            shape = torch.broadcast_shapes(*[v.shape for v in values if isinstance(v, Tensor)])
            shape = tuple(out.shape) if out is not None and not shape else shape
        else:
            shape = _shape(size)

        def new(draw: Callable[..., Tensor]) -> Tensor:
            return draw(shape, generator=generator(where), dtype=kind, device=where.device)

        values = tuple([v.to(where.device, kind) if isinstance(v, Tensor) else v for v in values])
        found = fn(new, *values)
        if found.shape != shape:
            raise ValueError(f"the parameters do not broadcast to size {shape}")
        return found

    result = compute(name, run, [v._t if isinstance(v, ndarray) else v for v in parameters], {})
    return wrap(result, where) if out is None else write(name, out, result)


def _positive(new: Noise) -> Tensor:
    """Uniform numbers in (0, 1], whose logarithm is finite."""
    return 1 - new(torch.rand)


def _not_negative(value: object, name: str) -> Any:
    """A parameter that must not be negative, such as a scale."""
    if not bool((torch.as_tensor(value) >= 0).all()):
        raise ValueError(f"{name} must not be negative")
    return value


def _above_zero(value: object, name: str) -> Any:
    """A parameter that must be positive, such as a shape."""
    if not bool((torch.as_tensor(value) > 0).all()):
        raise ValueError(f"{name} must be positive")
    return value


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
    return _draw("uniform", lambda new, a, b: a + (b - a) * new(torch.rand), (low, high), size, dtype, ctx, out)


def normal(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a normal distribution with this mean and standard deviation."""

    def draw(new: Noise, mean: float | ndarray, deviation: float | Tensor) -> Tensor:
        return mean + _not_negative(deviation, "scale") * new(torch.randn)

    return _draw("normal", draw, (loc, scale), size, dtype, ctx, out)


def lognormal(
    mean: float | ndarray = 0.0,
    sigma: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Exponentials of normally distributed numbers."""

    def draw(new: Noise, m: Tensor, s: Tensor) -> Tensor:
        return torch.exp(m + _not_negative(s, "sigma") * new(torch.randn))

    return _draw("lognormal", draw, (mean, sigma), size, dtype, ctx, out)


def logistic(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a logistic distribution."""

    def draw(new: Noise, m: Tensor, s: Tensor) -> Tensor:
        return m + _not_negative(s, "scale") * _logit(new(torch.rand))

    return _draw("logistic", draw, (loc, scale), size, None, ctx, out)


def _logit(u: Tensor) -> Tensor:
    return torch.special.logit(u, eps=torch.finfo(u.dtype).eps)


def gumbel(
    loc: float | ndarray = 0.0,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a Gumbel distribution."""

    def draw(new: Noise, m: Tensor, s: Tensor) -> Tensor:
        u = new(torch.rand).clamp_min(torch.finfo(torch.float32).tiny)
        return m - _not_negative(s, "scale") * torch.log(-torch.log(u))

    return _draw("gumbel", draw, (loc, scale), size, None, ctx, out)


def exponential(
    scale: float | ndarray = 1.0, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None
) -> Any:
    """Numbers of an exponential distribution with mean ``scale``."""

    def draw(new: Noise, s: Tensor) -> Tensor:
        return -_not_negative(s, "scale") * torch.log(_positive(new))

    return _draw("exponential", draw, (scale,), size, None, ctx, out)


def rayleigh(
    scale: float | ndarray = 1.0, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None
) -> Any:
    """Numbers of a Rayleigh distribution."""

    def draw(new: Noise, s: Tensor) -> Tensor:
        return _not_negative(s, "scale") * torch.sqrt(-2 * torch.log(_positive(new)))

    return _draw("rayleigh", draw, (scale,), size, None, ctx, out)


def weibull(a: Tensor, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None) -> Any:
    """Numbers of a Weibull distribution of shape ``a``."""

    def draw(new: Noise, k: int | Tensor) -> Tensor:
        return (-torch.log(_positive(new))) ** (1 / _above_zero(k, "a"))

    return _draw("weibull", draw, (a,), size, None, ctx, out)


def pareto(a: Tensor, size: ShapeLike | None = None, ctx: ContextLike = None, out: ndarray | None = None) -> Any:
    """Numbers of a Pareto distribution of the second kind (Lomax) of shape ``a``."""

    def draw(new: Noise, k: int | Tensor) -> Tensor:
        return _positive(new) ** (-1 / _above_zero(k, "a")) - 1

    return _draw("pareto", draw, (a,), size, None, ctx, out)


def power(a: Tensor, size: ShapeLike | None = None) -> Any:
    """Numbers in [0, 1] with density ``a * x**(a - 1)``."""
    return _draw("power", lambda new, k: new(torch.rand) ** (1 / _above_zero(k, "a")), (a,), size)


class _Gamma:
    """Draws from gamma distributions, called as torch's functions that draw."""

    def __init__(self, shape: ShapeLike) -> None:
        self._shape = shape

    def __call__(self, size: ShapeLike, generator: torch.Generator, dtype: torch.dtype, device: torch.device) -> Tensor:
        _above_zero(self._shape, "the shape of a gamma distribution")
        working = torch.float32 if dtype is torch.float16 else dtype
        parameter = torch.as_tensor(self._shape, dtype=working, device=device).expand(size)
        return torch._standard_gamma(parameter.contiguous(), generator=generator).to(dtype)


def gamma(
    shape: ShapeLike,
    scale: float | ndarray = 1.0,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
    out: ndarray | None = None,
) -> Any:
    """Numbers of a gamma distribution."""

    def draw(new: Noise, k: int | Tensor, s: Tensor) -> Tensor:
        return _above_zero(s, "scale") * new(_Gamma(k))

    return _draw("gamma", draw, (shape, scale), size, dtype, ctx, out)


def chisquare(
    df: float | ndarray, size: ShapeLike | None = None, dtype: DTypeLike = None, ctx: ContextLike = None
) -> Any:
    """Numbers of a chi-square distribution with ``df`` degrees of freedom."""
    return _draw("chisquare", lambda new, k: 2 * new(_Gamma(k / 2)), (df,), size, dtype, ctx)


def beta(
    a: float | ndarray,
    b: float | ndarray,
    size: ShapeLike | None = None,
    dtype: DTypeLike = None,
    ctx: ContextLike = None,
) -> Any:
    """Numbers of a beta distribution."""

    def draw(new: Noise, p: Tensor, q: Tensor) -> Tensor:
        x = new(_Gamma(p))
        return x / (x + new(_Gamma(q)))

    return _draw("beta", draw, (a, b), size, dtype, ctx)


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
    where = _context("randint", out, ctx)
    shape = _shape(() if size is None else size) if out is None or size is not None else out.shape
    kind = torch_dtype("int64" if dtype is None else dtype)
    if kind not in (torch.int32, torch.int64):
        raise ValueError(f"Operator randint: dtype must be int32 or int64, got {dtype!r}")
    found = compute(
        "randint",
        lambda: torch.randint(low, high, shape, generator=generator(where), dtype=kind, device=where.device),
        (),
        {},
    )
    return wrap(found, where) if out is None else write("randint", out, found)


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
    where = _context("choice", None, ctx, a)
    n = a.size if isinstance(a, ndarray) else int(a)
    shape = _shape(() if size is None else size)
    count = 1
    for length in shape:
        count *= length
    if n < 1 or (not replace and count > n):
        raise ValueError(
            f"Operator choice: cannot choose {count} of {n} elements{'' if replace else ' without replacement'}"
        )
    if p is not None and p.size != n:
        raise ValueError(f"Operator choice: p has {p.size} probabilities for {n} elements")
    source = generator(where)
    if p is not None:
        _not_negative(p._t.detach(), "Operator choice: p")
        places = torch.multinomial(p._t.detach().double(), count, replace, generator=source)
    elif replace:
        places = torch.randint(0, n, (count,), generator=source, device=where.device)
    else:
        places = torch.randperm(n, generator=source, device=where.device)[:count]
    found = places.reshape(shape)
    if isinstance(a, ndarray):
        found = a._t.detach().reshape(-1)[found]
    return wrap(found, where) if out is None else write("choice", out, found)


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
    where = _context("multinomial", None, None, pvals)
    chances = pvals._t.detach().double() if isinstance(pvals, ndarray) else torch.tensor(pvals, dtype=torch.float64)
    shape = _shape(() if size is None else size)
    if not len(chances):
        return wrap(torch.zeros((*shape, 0), dtype=torch.int64, device=where.device), where)
    if float(chances.sum()) > 1 + 1e-6 or bool((chances < 0).any()):
        raise ValueError("Operator multinomial: pvals must not be negative, nor sum to more than 1")
    rest = (1 - chances[:-1].sum()).clamp_min(0)  # the last outcome takes what is left
    chances = torch.cat([chances[:-1], rest[None]]).to(where.device)
    rows = 1
    for length in shape:
        rows *= length
    drawn = torch.multinomial(chances.expand(max(rows, 1), -1), max(n, 1), True, generator=generator(where))
    counts = torch.zeros((max(rows, 1), len(chances)), dtype=torch.int64, device=where.device)
    if n:
        counts.scatter_add_(1, drawn, torch.ones_like(drawn))
    return wrap(counts[:rows].reshape((*shape, len(chances))), where)


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

    return wrap(compute("multivariate_normal", run, (mean._t, cov._t), {}), where)
