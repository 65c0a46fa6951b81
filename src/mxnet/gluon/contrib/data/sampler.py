"""Samplers beyond those of ``gluon.data``."""

from __future__ import annotations

from collections.abc import Iterator

from ...data.sampler import Sampler

__all__ = ["IntervalSampler"]


class IntervalSampler(Sampler):
    """Indices in strides: 0, ``interval``, ... below ``length``; with ``rollover`` then from 1, from 2, and so on.

    Parameters
    ----------
    length : int
    interval : int
        Not more than ``length``.
    rollover : bool
        Go on until all indices have been given.

    Examples
    --------
    >>> from mxnet.gluon.contrib.data import IntervalSampler
    >>> list(IntervalSampler(7, interval=2))
    [0, 2, 4, 6, 1, 3, 5]
    >>> list(IntervalSampler(7, interval=2, rollover=False))
    [0, 2, 4, 6]
    """

    def __init__(self, length: int, interval: int, rollover: bool = True) -> None:
        if not 0 < interval <= length:
            raise AssertionError(f"Interval {interval} must be positive and smaller than or equal to length {length}")
        self._length, self._interval, self._rollover = length, interval, rollover

    def __iter__(self) -> Iterator[int]:
        for start in range(self._interval if self._rollover else 1):
            yield from range(start, self._length, self._interval)

    def __len__(self) -> int:
        return self._length if self._rollover else -(-self._length // self._interval)
