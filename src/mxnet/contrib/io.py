"""Adapters between kinds of data iterators."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from .. import ndarray as nd
from ..io import DataDesc, DataIter

__all__ = ["DataLoaderIter"]


class DataLoaderIter(DataIter):
    """A data iterator over a loader, such as Gluon's ``DataLoader``, for modules to train on.

    A last batch that is smaller than the first is filled up with zeros and says so in its ``pad``.

    Parameters
    ----------
    loader : iterable of (data, label)
        Batches as NDArrays, NumPy arrays or torch tensors. The first one sets batch size and shapes. An iterable that
        can be gone through only once serves one epoch.
    data_name, label_name : str
    dtype : str
        What data and labels are cast to.

    Examples
    --------
    >>> import mxnet as mx
    >>> batches = [(mx.nd.ones((4, 3)), mx.nd.zeros((4,))), (mx.nd.ones((1, 3)), mx.nd.zeros((1,)))]
    >>> [batch.pad for batch in mx.contrib.io.DataLoaderIter(batches)]
    [0, 3]
    """

    def __init__(
        self, loader: Iterable[Any], data_name: str = "data", label_name: str = "softmax_label", dtype: Any = "float32"
    ) -> None:
        self._loader = loader
        rest = iter(loader)
        first = next(rest, None)
        if first is None:
            raise ValueError("loader gives no batch, so that batch size and shapes are unknown")
        data, label = first
        super().__init__(int(data.shape[0]))
        self.dtype = dtype
        self.provide_data = [DataDesc(data_name, tuple(data.shape), dtype)]
        self.provide_label = [DataDesc(label_name, tuple(label.shape), dtype)]
        self._current_batch: Any = None
        # Going on from the first batch spares a loader with workers a second start.
        self._iter = itertools.chain([first], rest)
        self._fresh = True

    def reset(self) -> None:
        """Start another epoch."""
        if not self._fresh:
            self._iter = itertools.chain(self._loader)
            self._fresh = True

    def iter_next(self) -> bool:
        self._fresh = False
        self._current_batch = next(self._iter, None)
        return self._current_batch is not None

    def getdata(self) -> list[nd.NDArray]:
        """The data of the current batch, as a list of one array."""
        return [self._array(self._current_batch[0])]

    def getlabel(self) -> list[nd.NDArray]:
        """The labels of the current batch, as a list of one array."""
        return [self._array(self._current_batch[1])]

    def _array(self, part: object) -> nd.NDArray:
        part = part.astype(self.dtype) if isinstance(part, nd.NDArray) else nd.array(part, dtype=self.dtype)
        if part.shape[0] == self.batch_size:
            return part
        filled = nd.zeros((self.batch_size, *part.shape[1:]), part.context, self.dtype)
        filled[: part.shape[0]] = part
        return filled

    def getpad(self) -> int:
        return self.batch_size - int(self._current_batch[0].shape[0])

    def getindex(self) -> None:
        """None: a loader does not say which samples a batch holds."""
        return None
