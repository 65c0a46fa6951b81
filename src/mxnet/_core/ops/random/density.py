"""Probability densities (or their logarithms) of samples under arrays of distributions.

The parameters have shape ``(...,)`` and the samples ``(..., *extra)``: ``extra`` samples for each distribution.
"""

import math
from collections.abc import Callable
from inspect import Parameter, signature
from types import SimpleNamespace

from torch import Tensor

from ....base import MXNetError
from ...registry import Display, OpDef, op
from ...shapes import ShapeRule
from ..signatures import inputs, with_signature

_IS_LOG = Parameter("is_log", Parameter.KEYWORD_ONLY, default=False, annotation=bool)


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


def _density(name: str, *, inert: bool = False, event: int = 0) -> Callable[[Callable[..., Tensor]], OpDef]:
    """Declare the density of a distribution by a function that gives its logarithm.

    Parameters
    ----------
    inert : bool
        No gradient goes to the samples, which are counts or do not matter.
    event : int
        How many trailing axes belong to each single sample.
    """

    def register(log_density: Callable[..., Tensor]) -> OpDef:
        def run(sample: Tensor, *parameters: Tensor, is_log: bool = False) -> Tensor:
            spread = _spread(sample, *parameters, event=event)
            found = log_density(sample.detach() if inert else sample, *spread)
            return found if is_log else found.exp()

        form = signature(log_density)
        form = form.replace(parameters=[*form.parameters.values(), _IS_LOG])
        first, *others = inputs(form)[1:]
        density = op(
            f"_random_pdf_{name}",
            aliases=(f"random_pdf_{name}",),
            inert=("sample",) if inert else (),
            display=Display(listed=("sample", first, "is_log", *others)) if others else None,
        )(with_signature(run, f"pdf_{name}", form, log_density.__doc__))

        @density.infer_shape
        def _(s: ShapeRule, p: SimpleNamespace) -> None:
            if not event:
                s.same("sample", "output")
                s.same(first, *others)
            elif s["sample"] is not None:
                s.unify("output", s["sample"][:-event])

        return density

    return register


@_density("uniform", inert=True)
def _(sample: Tensor, low: Tensor, high: Tensor) -> Tensor:
    """The density of the uniform distribution on ``[low, high)``; samples are taken to lie there."""
    return -(high - low).expand(sample.shape).log()


@_density("normal")
def _(sample: Tensor, mu: Tensor, sigma: Tensor) -> Tensor:
    """The density of the normal distribution with mean ``mu`` and standard deviation ``sigma``."""
    return -0.5 * ((sample - mu) / sigma) ** 2 - (math.sqrt(2 * math.pi) * sigma).log()


@_density("gamma")
def _(sample: Tensor, alpha: Tensor, beta: Tensor) -> Tensor:
    """The density of the gamma distribution with shape ``alpha`` and rate (not scale) ``beta``.

    Parameters
    ----------
    alpha
        The shape.
    beta
        The rate.
    """
    return alpha * beta.log() + (alpha - 1) * sample.log() - beta * sample - alpha.lgamma()


@_density("exponential")
def _(sample: Tensor, lam: Tensor) -> Tensor:
    """The density of the exponential distribution with rate ``lam``."""
    return lam.log() - lam * sample


@_density("poisson", inert=True)
def _(sample: Tensor, lam: Tensor) -> Tensor:
    """The probability of counts under the Poisson distribution with rate ``lam``."""
    return sample * lam.log() - (sample + 1).lgamma() - lam


def _log_negative_binomial(sample: Tensor, k: Tensor, p: Tensor) -> Tensor:
    return (sample + k).lgamma() - (sample + 1).lgamma() - k.lgamma() + k * p.log() + sample * (1 - p).log()


@_density("negative_binomial", inert=True)
def _(sample: Tensor, k: Tensor, p: Tensor) -> Tensor:
    """The probability of that many failures before ``k`` successes of probability ``p``.

    Parameters
    ----------
    k
        How many successes end the trials.
    """
    return _log_negative_binomial(sample, k, p)


@_density("generalized_negative_binomial", inert=True)
def _(sample: Tensor, mu: Tensor, alpha: Tensor) -> Tensor:
    """The probability of counts under the negative binomial distribution with mean ``mu`` and dispersion ``alpha``.

    Parameters
    ----------
    alpha
        The dispersion.
    """
    return _log_negative_binomial(sample, 1 / alpha, 1 / (mu * alpha + 1))


@_density("dirichlet", event=1)
def _(sample: Tensor, alpha: Tensor) -> Tensor:
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
    normalizer = alpha.sum(-1).lgamma() - alpha.lgamma().sum(-1)
    return ((alpha - 1) * sample.log()).sum(-1) + normalizer
