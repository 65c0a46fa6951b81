"""Draws from continuous and counting distributions: with numbers as parameters, like an array, and an array's elements.

Each distribution is three operators: ``_random_X(shape=)``, ``_random_X_like(data)`` and ``_sample_X(parameters)``,
which draws ``shape`` numbers for each element of its inputs. None has a gradient.
"""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ctx, DTypeOf, Long, Shape
from ...registry import Device, Display, Generator, OpDef, op
from ..init.creation import checked_shape, known_shape
from . import _distributions as draw

FloatType = Annotated[Any, DTypeOf("None", "float16", "float32", "float64")]
IntType = Annotated[Any, DTypeOf("None", "int32", "int64")]


def _domain(holds: bool, rule: str, *values: float) -> None:
    if not holds:
        raise MXNetError(f"{rule}, got {' and '.join(map(str, values))}")


def _check_uniform(low: float, high: float) -> None:
    _domain(high >= low, "low should be at most high", low, high)


def _check_normal(loc: float, scale: float) -> None:
    _domain(scale > 0, "scale should be positive", scale)


def _check_gamma(alpha: float, beta: float) -> None:
    _domain(alpha > 0, "alpha parameter in gamma distribution has to be positive", alpha)
    _domain(beta > 0, "beta parameter in gamma distribution has to be positive", beta)


def _check_exponential(lam: float) -> None:
    _domain(lam > 0, "lambda parameter in exponential distribution has to be positive", lam)


def _check_poisson(lam: float) -> None:
    _domain(lam >= 0, "lambda parameter in poisson distribution has to be non-negative", lam)


def _check_negative_binomial(k: float, p: float) -> None:
    _domain(k >= 0, "k should not be negative", k)
    _domain(0 < p <= 1, "p should be in (0, 1]", p)


def _check_generalized_negative_binomial(mu: float, alpha: float) -> None:
    _domain(mu >= 0, "mu should not be negative", mu)
    _domain(alpha >= 0, "alpha should not be negative", alpha)


# ---------------------------------------------------------------------- what the three forms share


def _working(dtype: torch.dtype) -> torch.dtype:
    """The type to compute in: drawing in half precision would show its few possible values."""
    return dtype if dtype in (torch.float32, torch.float64) else torch.float32


def _empty(shape: object, dtype: torch.dtype, device: torch.device) -> Tensor:
    """An array to fill."""
    return torch.empty(known_shape(shape or (), device), dtype=dtype, device=device)


def _fill(
    distribution: Callable[..., Tensor],
    shape: object,
    dtype: torch.dtype | None,
    device: torch.device,
    rng: Generator,
    *parameters: float,
) -> Tensor:
    dtype = dtype or torch.float32
    out = _empty(shape, _working(dtype), device)
    return out.to(dtype) if out.is_meta else distribution(out, rng, *parameters).to(dtype)


def _fill_like(distribution: Callable[..., Tensor], data: Tensor, rng: Generator, *parameters: float) -> Tensor:
    if not data.is_floating_point():
        raise MXNetError(f"only floating point types are supported, not {str(data.dtype)[6:]}")
    return _fill(distribution, data.shape or (1,), data.dtype, data.device, rng, *parameters)


def _fill_each(
    distribution: Callable[..., Tensor], shape: object, dtype: torch.dtype | None, rng: Generator, *parameters: Tensor
) -> Tensor:
    """``shape`` draws for each element of the parameters."""
    first = parameters[0]
    for other in parameters[1:]:
        if other.shape != first.shape or other.dtype != first.dtype:
            raise MXNetError(
                f"the parameters must have one shape and data type, got {tuple(first.shape)} "
                f"{str(first.dtype)[6:]} and {tuple(other.shape)} {str(other.dtype)[6:]}"
            )
    if 0 in shape:
        raise MXNetError(f"shape parameter must be non-zero within each dimension, got {shape}")
    shape = checked_shape(shape)
    dtype = dtype or torch.float32
    out = torch.empty(checked_shape((*first.shape, *shape)), dtype=_working(dtype), device=first.device)
    if out.is_meta:
        return out.to(dtype)
    spread = [p.to(out.dtype).reshape(*p.shape, *(1,) * len(shape)) for p in parameters]
    return distribution(out, rng, *spread).to(dtype)


def _rules(sampler: OpDef) -> None:
    """The rules of ``_sample_X``: the parameters agree; the draws have the type that is asked for."""

    @sampler.infer_shape
    def _(s: Any, p: SimpleNamespace) -> None:
        s.same(*s.inputs)
        if s[s.inputs[0]] is not None:
            s.unify("output", (*s[s.inputs[0]], *p.shape))

    @sampler.infer_type
    def _(t: Any, p: SimpleNamespace) -> None:
        t.same(*t.inputs)
        t.unify("output", p.dtype or torch.float32)


# ---------------------------------------------------------------------- numbers as parameters


@op("_random_uniform", aliases=("random_uniform", "uniform"), differentiable=False)
def random_uniform(
    *,
    low: float = 0.0,
    high: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw uniformly from ``[low, high)``."""
    _check_uniform(low, high)
    return _fill(draw.uniform, shape, dtype, device, rng, low, high)


@op("_random_normal", aliases=("random_normal", "normal"), differentiable=False)
def random_normal(
    *,
    loc: float = 0.0,
    scale: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw from the normal distribution with mean ``loc`` and standard deviation ``scale``.

    Parameters
    ----------
    scale
        The standard deviation.
    """
    _check_normal(loc, scale)
    return _fill(draw.normal, shape, dtype, device, rng, loc, scale)


@op("_random_gamma", aliases=("random_gamma",), differentiable=False)
def random_gamma(
    *,
    alpha: float = 1.0,
    beta: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw from the gamma distribution with shape ``alpha`` and scale ``beta``.

    Parameters
    ----------
    alpha
        The shape.
    beta
        The scale.
    """
    _check_gamma(alpha, beta)
    return _fill(draw.gamma, shape, dtype, device, rng, alpha, beta)


@op("_random_exponential", aliases=("random_exponential",), differentiable=False)
def random_exponential(
    *,
    lam: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw from the exponential distribution with rate ``lam``."""
    _check_exponential(lam)
    return _fill(draw.exponential, shape, dtype, device, rng, lam)


@op("_random_poisson", aliases=("random_poisson",), differentiable=False)
def random_poisson(
    *,
    lam: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw from the Poisson distribution with rate ``lam``; the counts are floating-point numbers."""
    _check_poisson(lam)
    return _fill(draw.poisson, shape, dtype, device, rng, lam)


@op("_random_negative_binomial", aliases=("random_negative_binomial",), differentiable=False)
def random_negative_binomial(
    *,
    k: int = 1,
    p: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw the number of failures before ``k`` successes of probability ``p``, as floating-point numbers.

    Parameters
    ----------
    k
        How many successes end the trials.
    """
    _check_negative_binomial(k, p)
    return _fill(draw.negative_binomial, shape, dtype, device, rng, k, p)


@op("_random_generalized_negative_binomial", aliases=("random_generalized_negative_binomial",), differentiable=False)
def random_generalized_negative_binomial(
    *,
    mu: float = 1.0,
    alpha: float = 1.0,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: FloatType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw from the negative binomial distribution with mean ``mu`` and dispersion ``alpha``.

    Parameters
    ----------
    alpha
        The dispersion.
    """
    _check_generalized_negative_binomial(mu, alpha)
    return _fill(draw.generalized_negative_binomial, shape, dtype, device, rng, mu, alpha)


@op("_random_randint", aliases=("random_randint", "_npi_random_randint"), differentiable=False)
def random_randint(
    *,
    low: Long,
    high: Long,
    shape: Shape = None,
    ctx: Ctx = "",
    dtype: IntType = None,
    rng: Generator = None,
    device: Device = None,
) -> Tensor:
    """Draw whole numbers from ``low`` up to but without ``high``, int32 unless ``dtype`` says otherwise."""
    _domain(high > low, "low must be less than high in the distribution of whole numbers", low, high)
    out = _empty(shape, dtype or torch.int32, device)
    info = torch.iinfo(out.dtype)
    if low < info.min or high - 1 > info.max:
        raise MXNetError(f"low {low} and high {high} do not fit the data type {str(out.dtype)[6:]}")
    return out if out.is_meta else torch.randint(low, high, out.shape, generator=rng, dtype=out.dtype, device=device)


@random_randint.infer_type
def _(t: Any, p: SimpleNamespace) -> None:
    t.unify("output", p.dtype or torch.int32)


# ---------------------------------------------------------------------- like an array


@op("_random_uniform_like", differentiable=False, same_shape=True, display=Display(listed=("low", "high", "data")))
def random_uniform_like(data: Tensor, *, low: float = 0.0, high: float = 1.0, rng: Generator = None) -> Tensor:
    """Draw uniformly from ``[low, high)``, in the shape and type of ``data``."""
    _check_uniform(low, high)
    return _fill_like(draw.uniform, data, rng, low, high)


@op("_random_normal_like", differentiable=False, same_shape=True, display=Display(listed=("loc", "scale", "data")))
def random_normal_like(data: Tensor, *, loc: float = 0.0, scale: float = 1.0, rng: Generator = None) -> Tensor:
    """Draw from the normal distribution, in the shape and type of ``data``.

    Parameters
    ----------
    scale
        The standard deviation.
    """
    _check_normal(loc, scale)
    return _fill_like(draw.normal, data, rng, loc, scale)


@op("_random_gamma_like", differentiable=False, same_shape=True, display=Display(listed=("alpha", "beta", "data")))
def random_gamma_like(data: Tensor, *, alpha: float = 1.0, beta: float = 1.0, rng: Generator = None) -> Tensor:
    """Draw from the gamma distribution, in the shape and type of ``data``.

    Parameters
    ----------
    alpha
        The shape.
    beta
        The scale.
    """
    _check_gamma(alpha, beta)
    return _fill_like(draw.gamma, data, rng, alpha, beta)


@op("_random_exponential_like", differentiable=False, same_shape=True, display=Display(listed=("lam", "data")))
def random_exponential_like(data: Tensor, *, lam: float = 1.0, rng: Generator = None) -> Tensor:
    """Draw from the exponential distribution, in the shape and type of ``data``."""
    _check_exponential(lam)
    return _fill_like(draw.exponential, data, rng, lam)


@op("_random_poisson_like", differentiable=False, same_shape=True, display=Display(listed=("lam", "data")))
def random_poisson_like(data: Tensor, *, lam: float = 1.0, rng: Generator = None) -> Tensor:
    """Draw from the Poisson distribution, in the shape and type of ``data``."""
    _check_poisson(lam)
    return _fill_like(draw.poisson, data, rng, lam)


@op("_random_negative_binomial_like", differentiable=False, same_shape=True, display=Display(listed=("k", "p", "data")))
def random_negative_binomial_like(data: Tensor, *, k: int = 1, p: float = 1.0, rng: Generator = None) -> Tensor:
    """Draw from the negative binomial distribution, in the shape and type of ``data``.

    Parameters
    ----------
    k
        How many successes end the trials.
    """
    _check_negative_binomial(k, p)
    return _fill_like(draw.negative_binomial, data, rng, k, p)


@op(
    "_random_generalized_negative_binomial_like",
    differentiable=False,
    same_shape=True,
    display=Display(listed=("mu", "alpha", "data")),
)
def random_generalized_negative_binomial_like(
    data: Tensor, *, mu: float = 1.0, alpha: float = 1.0, rng: Generator = None
) -> Tensor:
    """Draw from the generalized negative binomial distribution, in the shape and type of ``data``.

    Parameters
    ----------
    alpha
        The dispersion.
    """
    _check_generalized_negative_binomial(mu, alpha)
    return _fill_like(draw.generalized_negative_binomial, data, rng, mu, alpha)


# ---------------------------------------------------------------------- an array's elements as parameters


@op(
    "_sample_uniform",
    aliases=("sample_uniform",),
    differentiable=False,
    display=Display(listed=("low", "shape", "dtype", "high")),
)
def sample_uniform(
    low: Tensor, high: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None
) -> Tensor:
    """Draw ``shape`` numbers from each interval ``[low, high)``."""
    return _fill_each(draw.uniform, shape, dtype, rng, low, high)


@op(
    "_sample_normal",
    aliases=("sample_normal",),
    differentiable=False,
    display=Display(listed=("mu", "shape", "dtype", "sigma")),
)
def sample_normal(
    mu: Tensor, sigma: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None
) -> Tensor:
    """Draw ``shape`` numbers from each normal distribution with mean ``mu`` and standard deviation ``sigma``."""
    return _fill_each(draw.normal, shape, dtype, rng, mu, sigma)


@op(
    "_sample_gamma",
    aliases=("sample_gamma",),
    differentiable=False,
    display=Display(listed=("alpha", "shape", "dtype", "beta")),
)
def sample_gamma(
    alpha: Tensor, beta: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None
) -> Tensor:
    """Draw ``shape`` numbers from each gamma distribution with shape ``alpha`` and scale ``beta``.

    Parameters
    ----------
    alpha
        The shape.
    beta
        The scale.
    """
    return _fill_each(draw.gamma, shape, dtype, rng, alpha, beta)


@op("_sample_exponential", aliases=("sample_exponential",), differentiable=False)
def sample_exponential(lam: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None) -> Tensor:
    """Draw ``shape`` numbers from each exponential distribution with rate ``lam``."""
    return _fill_each(draw.exponential, shape, dtype, rng, lam)


@op("_sample_poisson", aliases=("sample_poisson",), differentiable=False)
def sample_poisson(lam: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None) -> Tensor:
    """Draw ``shape`` numbers from each Poisson distribution with rate ``lam``."""
    return _fill_each(draw.poisson, shape, dtype, rng, lam)


@op(
    "_sample_negative_binomial",
    aliases=("sample_negative_binomial",),
    differentiable=False,
    display=Display(listed=("k", "shape", "dtype", "p")),
)
def sample_negative_binomial(
    k: Tensor, p: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None
) -> Tensor:
    """Draw ``shape`` numbers of failures before ``k`` successes of probability ``p``.

    Parameters
    ----------
    k
        How many successes end the trials.
    """
    return _fill_each(draw.negative_binomial, shape, dtype, rng, k, p)


@op(
    "_sample_generalized_negative_binomial",
    aliases=("sample_generalized_negative_binomial",),
    differentiable=False,
    display=Display(listed=("mu", "shape", "dtype", "alpha")),
)
def sample_generalized_negative_binomial(
    mu: Tensor, alpha: Tensor, *, shape: Shape = (), dtype: FloatType = None, rng: Generator = None
) -> Tensor:
    """Draw ``shape`` numbers from each negative binomial distribution with mean ``mu`` and dispersion ``alpha``.

    Parameters
    ----------
    alpha
        The dispersion.
    """
    return _fill_each(draw.generalized_negative_binomial, shape, dtype, rng, mu, alpha)


for _sampler in (
    sample_uniform,
    sample_normal,
    sample_gamma,
    sample_exponential,
    sample_poisson,
    sample_negative_binomial,
    sample_generalized_negative_binomial,
):
    _rules(_sampler)
