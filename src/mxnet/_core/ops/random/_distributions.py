"""How each distribution is drawn: ``draw(out, rng, *parameters)``.

``out`` has shape, device and the floating-point type to compute in; it may be filled or ignored. Parameters are
numbers, or tensors that broadcast to it. Parameters outside a distribution's domain give meaningless numbers here,
never a crash or an endless loop; operators check those that are numbers.
"""

from typing import Any

import torch
from torch import Generator, Tensor

# The largest rate of a Poisson draw: counts beyond it are no longer whole numbers in any floating-point type.
_MOST = 2.0**53


def uniform(out: Tensor, rng: Any, low: Any, high: Any) -> Tensor:
    """Between ``low`` and ``high``."""
    if isinstance(low, Tensor):
        return out.uniform_(generator=rng).mul_(high - low).add_(low)
    return out.uniform_(low, high, generator=rng)


def normal(out: Tensor, rng: Generator, mu: Any, sigma: Any) -> Tensor:
    """With mean ``mu`` and standard deviation ``sigma``."""
    if isinstance(mu, Tensor):
        return out.normal_(generator=rng).mul_(sigma).add_(mu)
    return out.normal_(mu, sigma, generator=rng)


def exponential(out: Tensor, rng: Generator, lam: Any) -> Tensor:
    """With rate ``lam``."""
    if isinstance(lam, Tensor):
        return out.exponential_(generator=rng).div_(lam)
    return out.exponential_(lam, generator=rng)


def _filled(out: Tensor, value: object) -> Tensor:
    return out.copy_(value) if isinstance(value, Tensor) else out.fill_(value)


def gamma(out: Tensor, rng: Generator, alpha: Any, beta: Any) -> Tensor:
    """With shape ``alpha`` and scale ``beta``."""
    return torch._standard_gamma(_filled(out, alpha), generator=rng).mul_(beta)


def poisson(out: Tensor, rng: Generator, lam: Any) -> Tensor:
    """With rate ``lam``; rates below zero and NaN count as zero, since torch's CUDA kernel would end the process."""
    rate = torch.nan_to_num(_filled(out, lam), nan=0.0, posinf=_MOST, neginf=0.0)
    return torch.poisson(rate.clamp_(0.0, _MOST), generator=rng)


def negative_binomial(out: Tensor, rng: Generator, k: Any, p: Any) -> Tensor:
    """The number of failures before ``k`` successes of probability ``p``."""
    return poisson(out, rng, gamma(out, rng, k, (1 - p) / p))


def generalized_negative_binomial(out: Tensor, rng: Generator, mu: Any, alpha: Any) -> Tensor:
    """With mean ``mu`` and variance ``mu + alpha * mu**2``."""
    if isinstance(alpha, Tensor):
        rate = gamma(out, rng, 1 / alpha, mu * alpha)
        return poisson(out, rng, torch.where(alpha == 0, mu, rate))
    return poisson(out, rng, mu if alpha == 0 else gamma(out, rng, 1 / alpha, mu * alpha))
