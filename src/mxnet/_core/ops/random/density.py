"""Probability densities (or their logarithms) of samples under arrays of distributions.

The parameters have shape ``(...,)`` and the samples ``(..., *extra)``: ``extra`` samples for each distribution.
"""

import math
from types import SimpleNamespace

from torch import Tensor

from ....base import MXNetError
from ...registry import Display, OpDef, op
from ...shapes import ShapeRule


def _spread(sample: Tensor, *parameters: Tensor, event: int = 0) -> list[Tensor]:
    """The parameters with axes for the samples; ``event`` trailing axes belong to each single sample."""
    shape = parameters[0].shape
    batch = shape[: len(shape) - event]
    if (
        any(p.shape != shape for p in parameters)
        or sample.shape[: len(batch)] != batch
        or (event and (sample.ndim < len(shape) or sample.shape[-event:] != shape[len(batch) :]))
    ):
        shapes = ", ".join(str(tuple(p.shape)) for p in parameters)
        raise MXNetError(f"the shape of sample {tuple(sample.shape)} must begin with that of the parameters ({shapes})")
    if any(p.dtype != sample.dtype for p in parameters) or not sample.is_floating_point():
        raise MXNetError("sample and parameters must have the same floating-point data type")
    extra = (1,) * (sample.ndim - len(shape))
    return [p.reshape(*batch, *extra, *shape[len(batch) :]) for p in parameters]


def _result(log_density: Tensor, is_log: bool) -> Tensor:
    return log_density if is_log else log_density.exp()


def _shape_from_sample(density: OpDef) -> None:
    """The shape rule: the density has the shape of the samples."""

    @density.infer_shape
    def _(s: ShapeRule, p: SimpleNamespace) -> None:
        s.same("sample", "output")
        for name in s.inputs[2:]:
            s.same(s.inputs[1], name)


@op(
    "_random_pdf_uniform",
    aliases=("random_pdf_uniform",),
    inert=("sample",),
    display=Display(listed=("sample", "low", "is_log", "high")),
)
def pdf_uniform(sample: Tensor, low: Tensor, high: Tensor, *, is_log: bool = False) -> Tensor:
    """The density of the uniform distribution on ``[low, high)``; samples are taken to lie there."""
    low, high = _spread(sample, low, high)
    width = (high - low).expand(sample.shape)
    return _result(-width.log(), is_log)


@op("_random_pdf_normal", aliases=("random_pdf_normal",), display=Display(listed=("sample", "mu", "is_log", "sigma")))
def pdf_normal(sample: Tensor, mu: Tensor, sigma: Tensor, *, is_log: bool = False) -> Tensor:
    """The density of the normal distribution with mean ``mu`` and standard deviation ``sigma``."""
    mu, sigma = _spread(sample, mu, sigma)
    return _result(-0.5 * ((sample - mu) / sigma) ** 2 - (math.sqrt(2 * math.pi) * sigma).log(), is_log)


@op("_random_pdf_gamma", aliases=("random_pdf_gamma",), display=Display(listed=("sample", "alpha", "is_log", "beta")))
def pdf_gamma(sample: Tensor, alpha: Tensor, beta: Tensor, *, is_log: bool = False) -> Tensor:
    """The density of the gamma distribution with shape ``alpha`` and rate (not scale) ``beta``.

    Parameters
    ----------
    alpha
        The shape.
    beta
        The rate.
    """
    alpha, beta = _spread(sample, alpha, beta)
    return _result(alpha * beta.log() + (alpha - 1) * sample.log() - beta * sample - alpha.lgamma(), is_log)


@op("_random_pdf_exponential", aliases=("random_pdf_exponential",))
def pdf_exponential(sample: Tensor, lam: Tensor, *, is_log: bool = False) -> Tensor:
    """The density of the exponential distribution with rate ``lam``."""
    (lam,) = _spread(sample, lam)
    return _result(lam.log() - lam * sample, is_log)


@op("_random_pdf_poisson", aliases=("random_pdf_poisson",), inert=("sample",))
def pdf_poisson(sample: Tensor, lam: Tensor, *, is_log: bool = False) -> Tensor:
    """The probability of counts under the Poisson distribution with rate ``lam``."""
    (lam,) = _spread(sample, lam)
    sample = sample.detach()
    return _result(sample * lam.log() - (sample + 1).lgamma() - lam, is_log)


def _log_negative_binomial(sample: Tensor, k: Tensor, p: Tensor) -> Tensor:
    return (sample + k).lgamma() - (sample + 1).lgamma() - k.lgamma() + k * p.log() + sample * (1 - p).log()


@op(
    "_random_pdf_negative_binomial",
    aliases=("random_pdf_negative_binomial",),
    inert=("sample",),
    display=Display(listed=("sample", "k", "is_log", "p")),
)
def pdf_negative_binomial(sample: Tensor, k: Tensor, p: Tensor, *, is_log: bool = False) -> Tensor:
    """The probability of that many failures before ``k`` successes of probability ``p``.

    Parameters
    ----------
    k
        How many successes end the trials.
    """
    k, p = _spread(sample, k, p)
    return _result(_log_negative_binomial(sample.detach(), k, p), is_log)


@op(
    "_random_pdf_generalized_negative_binomial",
    aliases=("random_pdf_generalized_negative_binomial",),
    inert=("sample",),
    display=Display(listed=("sample", "mu", "is_log", "alpha")),
)
def pdf_generalized_negative_binomial(sample: Tensor, mu: Tensor, alpha: Tensor, *, is_log: bool = False) -> Tensor:
    """The probability of counts under the negative binomial distribution with mean ``mu`` and dispersion ``alpha``.

    Parameters
    ----------
    alpha
        The dispersion.
    """
    mu, alpha = _spread(sample, mu, alpha)
    return _result(_log_negative_binomial(sample.detach(), 1 / alpha, 1 / (mu * alpha + 1)), is_log)


@op("_random_pdf_dirichlet", aliases=("random_pdf_dirichlet",))
def pdf_dirichlet(sample: Tensor, alpha: Tensor, *, is_log: bool = False) -> Tensor:
    """The density of the Dirichlet distribution.

    Parameters
    ----------
    sample : Tensor
        Points of shape ``(..., *extra, k)`` whose last axis adds up to 1.
    alpha : Tensor
        Concentrations of shape ``(..., k)``.
    is_log : bool
        Give the logarithm of the density.
    """
    (alpha,) = _spread(sample, alpha, event=1)
    normalizer = alpha.sum(-1).lgamma() - alpha.lgamma().sum(-1)
    return _result(((alpha - 1) * sample.log()).sum(-1) + normalizer, is_log)


@pdf_dirichlet.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["sample"] is not None:
        s.unify("output", s["sample"][:-1])


for _density in (
    pdf_uniform,
    pdf_normal,
    pdf_gamma,
    pdf_exponential,
    pdf_poisson,
    pdf_negative_binomial,
    pdf_generalized_negative_binomial,
):
    _shape_from_sample(_density)
