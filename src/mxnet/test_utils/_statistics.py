"""Statistical tests of random generators."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

__all__ = ["chi_square_check", "gen_buckets_probs_with_ppf", "mean_check", "var_check", "verify_generator"]


def gen_buckets_probs_with_ppf(ppf: Callable[[float], float], nbuckets: int) -> tuple[list[Any], list[float]]:
    """Intervals that a distribution hits equally often.

    Parameters
    ----------
    ppf : callable
        The quantile function, the inverse of the cumulative distribution.
    nbuckets : int

    Returns
    -------
    list of tuple, list of float
        The intervals and their probabilities.
    """
    if nbuckets <= 0:
        raise AssertionError(f"nbuckets must be positive, got {nbuckets}")
    edges = [ppf(i / float(nbuckets)) for i in range(nbuckets + 1)]
    return list(zip(edges[:-1], edges[1:])), [1.0 / nbuckets] * nbuckets


def mean_check(generator: Callable[[int], Any], mu: float, sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the mean of samples is within three standard errors of ``mu``."""
    error = 3 * sigma / np.sqrt(nsamples)
    return bool(abs(np.array(generator(nsamples)).mean() - mu) < error)


def var_check(generator: Callable[[int], Any], sigma: float, nsamples: int = 1000000) -> bool:
    """Whether the variance of samples is within three standard errors (of a normal distribution) of ``sigma**2``."""
    error = 3 * np.sqrt(2 * sigma**4 / (nsamples - 1))
    return bool(abs(np.array(generator(nsamples)).var(ddof=1) - sigma**2) < error)


def chi_square_check(
    generator: Callable[[int], Any], buckets: list[Any], probs: Sequence[float], nsamples: int = 1000000
) -> tuple[float, np.ndarray, np.ndarray]:
    """Pearson's chi-square test of a generator.

    Parameters
    ----------
    generator : callable
        ``generator(n)`` draws ``n`` samples.
    buckets : list
        Intervals in ascending order that cover the distribution, or the values of a discrete one.
    probs : list of float
        The probability of each bucket.
    nsamples : int

    Returns
    -------
    p : float
        The probability of a deviation as large as the observed one (> 0.05: nothing speaks against the generator).
    obs_freq, expected_freq : numpy.ndarray
        Observed and expected numbers of samples in each bucket.

    Examples
    --------
    >>> import numpy as np
    >>> from mxnet.test_utils import chi_square_check
    >>> draw = lambda n: np.random.randint(0, 2, n)
    >>> p, observed, expected = chi_square_check(draw, [0, 1], [0.5, 0.5], 1000)
    >>> expected.tolist()
    [500, 500]
    """
    try:
        from scipy.special import gammaincc
    except ImportError:
        raise ImportError("chi_square_check needs SciPy: pip install remx[sparse]") from None
    if not isinstance(buckets, list) or len(probs) != len(buckets):
        raise AssertionError(f"buckets must be a list with one probability each, got {len(probs)} for {buckets!r}")
    samples = np.array(generator(nsamples)).reshape(-1)
    expected = (nsamples * np.array(probs, dtype=np.float32)).astype(np.int32)
    if isinstance(buckets[0], (list, tuple)):
        edges = np.array(buckets, dtype=np.float32).reshape(-1)
        if not (np.diff(edges) >= 0).all():
            raise AssertionError(f"buckets must be ascending intervals that do not overlap, got {buckets}")
        # Counting what lies beyond each edge is several times faster than searching each sample's place.
        beyond = [np.count_nonzero(samples >= edge) for edge in (-np.inf, *edges.tolist())]
        observed = np.array(beyond[:-1:2]) - np.array(beyond[2::2])
    else:
        observed = np.array([np.count_nonzero(samples == value) for value in buckets])
    statistic = float(((observed - expected) ** 2 / expected).sum())
    return float(gammaincc((len(buckets) - 1) / 2, statistic / 2)), observed, expected


def verify_generator(
    generator: Callable[[int], Any],
    buckets: list[Any],
    probs: Sequence[float],
    nsamples: int = 1000000,
    nrepeat: int = 5,
    success_rate: float = 0.2,
    alpha: float = 0.05,
) -> list[float]:
    """Assert that a generator passes enough of several chi-square tests.

    Parameters
    ----------
    generator, buckets, probs, nsamples
        As in :func:`chi_square_check`.
    nrepeat : int
        How many tests to run.
    success_rate : float
        The share of them that must pass.
    alpha : float
        A test passes when its p value is larger.

    Returns
    -------
    list of float
        The p values.
    """
    results = [chi_square_check(generator, buckets, probs, nsamples) for _ in range(nrepeat)]
    values: Any
    values, observed, expected = ([r[i] for r in results] for i in range(3))
    if sum(p > alpha for p in values) < nrepeat * success_rate:
        raise AssertionError(
            f"Generator test fails, Chi-square p={values}, obs_freq={observed}, "
            f"expected_freq={expected}.\nbuckets={buckets}, probs={probs}"
        )
    return values
