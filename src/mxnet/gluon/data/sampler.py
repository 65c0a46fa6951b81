"""Samplers: in which order a dataset is read, and how the samples are grouped into batches."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Any

import numpy as np

__all__ = ["BatchSampler", "FilterSampler", "RandomSampler", "Sampler", "SequentialSampler"]


class Sampler:
    """An order of indices: what can be iterated again and again, and has a length.

    Subclasses define ``__iter__`` and ``__len__``.
    """

    def __iter__(self) -> Iterator[Any]:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError


class SequentialSampler(Sampler):
    """The indices ``start, start + 1, ..., start + length - 1``.

    Parameters
    ----------
    length : int
    start : int
    """

    def __init__(self, length: int, start: int = 0) -> None:
        self._length, self._start = length, start

    def __iter__(self) -> Iterator[int]:
        return iter(range(self._start, self._start + self._length))

    def __len__(self) -> int:
        return self._length


class RandomSampler(Sampler):
    """All indices below ``length`` in another random order at each iteration, drawn from NumPy's global generator.

    Parameters
    ----------
    length : int
    """

    def __init__(self, length: int) -> None:
        self._length = length

    def __iter__(self) -> Iterator[int]:
        order = np.arange(self._length)
        np.random.shuffle(order)
        return iter(order.tolist())  # Python's integers travel to workers ten times faster than NumPy's

    def __len__(self) -> int:
        return self._length


class FilterSampler(Sampler):
    """The indices of those samples of a dataset for which a function is true, found out once, at construction.

    Parameters
    ----------
    fn : callable
        Takes a sample, gives a truth value.
    dataset : Dataset
    """

    def __init__(self, fn: Callable[[Any], Any], dataset: Any) -> None:
        self._fn, self._dataset = fn, dataset
        self._indices = [i for i in range(len(dataset)) if fn(dataset[i])]

    def __iter__(self) -> Iterator[int]:
        return iter(self._indices)

    def __len__(self) -> int:
        return len(self._indices)


class BatchSampler(Sampler):
    """Groups the indices of another sampler into lists of ``batch_size``.

    Parameters
    ----------
    sampler : Sampler
    batch_size : int
    last_batch : {"keep", "discard", "rollover"}
        What becomes of indices that are left over when they do not fill a batch: a shorter batch, nothing, or the
        beginning of the next iteration.

    Raises
    ------
    ValueError
        When ``last_batch`` is something else, or ``batch_size`` is no positive number.

    Examples
    --------
    >>> from mxnet.gluon.data import BatchSampler, SequentialSampler
    >>> list(BatchSampler(SequentialSampler(10), 3, "keep"))
    [[0, 1, 2], [3, 4, 5], [6, 7, 8], [9]]
    >>> rolling = BatchSampler(SequentialSampler(10), 4, "rollover")
    >>> [len(list(rolling)), next(iter(rolling))]
    [2, [8, 9, 0, 1]]
    """

    def __init__(self, sampler: Sampler | Sequence[int], batch_size: int, last_batch: str = "keep") -> None:
        if last_batch not in ("keep", "discard", "rollover"):
            raise ValueError(f"last_batch must be 'keep', 'discard' or 'rollover', got {last_batch!r}")
        if batch_size != int(batch_size) or batch_size < 1:
            raise ValueError(f"batch_size must be a positive integer, got {batch_size!r}")
        self._sampler, self._batch_size, self._last_batch = sampler, int(batch_size), last_batch
        self._prev: list[Any] = []

    def __iter__(self) -> Iterator[list[Any]]:
        indices = chain(self._prev, self._sampler)
        self._prev = []
        while len(batch := list(islice(indices, self._batch_size))) == self._batch_size:
            yield batch
        if self._last_batch == "rollover":
            self._prev = batch
        elif batch and self._last_batch == "keep":
            yield batch

    def __len__(self) -> int:
        count, size = len(self._sampler), self._batch_size
        if self._last_batch == "keep":
            return -(-count // size)
        return (count + len(self._prev)) // size if self._last_batch == "rollover" else count // size
