"""Datasets: what has a length and gives a sample for an index."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

from ... import recordio
from ...ndarray.ndarray import NDArray
from .sampler import FilterSampler, Sampler, SequentialSampler

__all__ = ["ArrayDataset", "Dataset", "RecordFileDataset", "SimpleDataset"]


class Dataset:
    """A sequence of samples. Subclasses define ``__getitem__`` and ``__len__``.

    Lists and arrays can take the place of a dataset in samplers, loaders and :class:`ArrayDataset`.

    Examples
    --------
    >>> from mxnet.gluon.data import SimpleDataset
    >>> numbers = SimpleDataset(list(range(10)))
    >>> list(numbers.filter(lambda x: x % 2 == 0).transform(lambda x: x * x).take(3))
    [0, 4, 16]
    """

    def __getitem__(self, idx: int) -> Any:
        raise NotImplementedError

    def __len__(self) -> int:
        raise NotImplementedError

    def filter(self, fn: Callable[[Any], Any]) -> Dataset:
        """The samples for which ``fn(sample)`` is true.

        Every sample is looked at once, now; transformations before the filter run again whenever a sample is read.
        """
        return _SampledDataset(self, FilterSampler(fn, self))

    def shard(self, num_shards: int, index: int) -> Dataset:
        """One of ``num_shards`` contiguous parts of about equal length.

        Parameters
        ----------
        num_shards : int
            The first parts are longer by one when the length is not a multiple of this.
        index : int
            Which part, from 0.

        Notes
        -----
        Shuffle after sharding, if every worker is to see samples of its own.
        """
        if num_shards <= 0 or not 0 <= index < num_shards:
            raise AssertionError(
                f"shard: num_shards must be positive and index below it and not negative, got num_shards={num_shards} "
                f"and index={index}"
            )
        short, longer = divmod(len(self), num_shards)
        start = short * index + min(index, longer)
        return _SampledDataset(self, SequentialSampler(short + (index < longer), start))

    def take(self, count: int | None) -> Dataset:
        """The first ``count`` samples; all of them when there are fewer, or ``count`` is None."""
        if count is not None and count < 0:
            raise ValueError(f"take: count must not be negative, got {count}")
        return _SampledDataset(self, SequentialSampler(len(self) if count is None else min(count, len(self))))

    def sample(self, sampler: Sampler) -> Dataset:
        """The samples at the indices that a sampler gives, in its order."""
        if not isinstance(sampler, Sampler):
            raise TypeError(f"Invalid sampler type: {type(sampler)}. Expected gluon.data.Sampler instead.")
        return _SampledDataset(self, sampler)

    def transform(self, fn: Callable[..., Any], lazy: bool = True) -> Dataset:
        """Every sample passed through a function.

        Parameters
        ----------
        fn : callable
            Takes the sample, or its parts as arguments when it is a tuple.
        lazy : bool
            Call ``fn`` whenever a sample is read. If false, call it for all samples now, once; what is random in it
            then stays the same in each epoch.
        """
        transformed = _LazyTransformDataset(self, fn)
        return transformed if lazy else SimpleDataset([transformed[i] for i in range(len(transformed))])

    def transform_first(self, fn: Callable[[Any], Any], lazy: bool = True) -> Dataset:
        """As :meth:`transform`, with the first part of each sample only: data, say, without its label."""
        return self.transform(_TransformFirstClosure(fn), lazy)


class SimpleDataset(Dataset):
    """The elements of a list, an array or anything else with ``len()`` and ``[]``."""

    def __init__(self, data: Any) -> None:
        self._data = data

    def __len__(self) -> int:
        return len(self._data)

    def __getitem__(self, idx: int) -> Any:
        return self._data[idx]


class _LazyTransformDataset(SimpleDataset):
    """Samples that pass through a function when they are read."""

    def __init__(self, data: Any, fn: Callable[..., Any]) -> None:
        super().__init__(data)
        self._fn = fn

    def __getitem__(self, idx: int) -> Any:
        sample = self._data[idx]
        return self._fn(*sample) if isinstance(sample, tuple) else self._fn(sample)


class _TransformFirstClosure:
    """Applies a function to its first argument; unlike a nested function it can be pickled."""

    def __init__(self, fn: Callable[[Any], Any]) -> None:
        self._fn = fn

    def __call__(self, x: Any, *rest: Any) -> Any:
        return (self._fn(x), *rest) if rest else self._fn(x)


class _SampledDataset(Dataset):
    """The samples that a sampler has chosen."""

    def __init__(self, dataset: Any, sampler: Sampler) -> None:
        self._dataset = dataset
        self._sampler = sampler
        self._indices = list(sampler)

    def __len__(self) -> int:
        return len(self._indices)

    def __getitem__(self, idx: int) -> Any:
        return self._dataset[self._indices[idx]]


class ArrayDataset(Dataset):
    """Several datasets, lists or arrays of the same length side by side: sample ``i`` is ``(x1[i], x2[i], ...)``.

    With one of them, samples are its elements rather than tuples.

    Parameters
    ----------
    *args : Dataset, list or array
    """

    def __init__(self, *args: Any) -> None:
        if not args:
            raise AssertionError("ArrayDataset: Needs at least 1 arrays")
        self._length = len(args[0])
        self._data = []
        for i, data in enumerate(args):
            if len(data) != self._length:
                raise AssertionError(
                    f"ArrayDataset: the arrays must be equally long, array[0] has {self._length} elements, array[{i}] "
                    f"has {len(data)}"
                )
            # Labels, mostly: elements of a vector are wanted as numbers.
            self._data.append(data.asnumpy() if isinstance(data, NDArray) and data.ndim == 1 else data)

    def __getitem__(self, idx: int) -> Any:
        if len(self._data) == 1:
            return self._data[0][idx]
        return tuple([data[idx] for data in self._data])

    def __len__(self) -> int:
        return self._length


class RecordFileDataset(Dataset):
    """The records of a RecordIO file as bytes, in the order of its index file.

    Parameters
    ----------
    filename : str
        Path of the ``.rec`` file, which has an ``.idx`` file beside it.

    Raises
    ------
    MXNetError
        When one of the files cannot be read.
    """

    def __init__(self, filename: str) -> None:
        self.filename = filename
        self.idx_file = f"{os.path.splitext(filename)[0]}.idx"
        self._record = recordio.MXIndexedRecordIO(self.idx_file, filename, "r")

    def __getitem__(self, idx: int) -> Any:
        return self._record.read_idx(self._record.keys[idx])

    def __len__(self) -> int:
        return len(self._record.keys)


class _DownloadedDataset(Dataset):
    """A published dataset: arrays of data and labels that ``_get_data`` reads from a folder.

    The folder is made when it is not there; ``transform`` takes data and label of a sample.
    """

    def __init__(self, root: str, transform: Callable[..., Any] | None) -> None:
        self._transform = transform
        self._data: Any = None
        self._label: Any = None
        self._root = os.path.expanduser(root)
        os.makedirs(self._root, exist_ok=True)
        self._get_data()

    def __getitem__(self, idx: int) -> Any:
        sample = self._data[idx], self._label[idx]
        return sample if self._transform is None else self._transform(*sample)

    def __len__(self) -> int:
        return len(self._label)

    def _get_data(self) -> None:
        raise NotImplementedError
