"""Batches of arrays in memory."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..base import OperatorValueError, mx_real_t
from ..ndarray import NDArray, concat, tile
from ..ndarray.sparse import CSRNDArray
from ._base import DataBatch, DataDesc, DataIter
from .utils import _batch_axis, _getdata_by_idx, _h5_reader, _has_instance, _init_data, _is_h5, _reader


class NDArrayIter(DataIter):
    """Batches from arrays in memory (or an HDF5 file).

    Parameters
    ----------
    data : array, list of arrays, or dict of str to array
        NDArray, numpy.ndarray, scipy.sparse.csr_matrix or h5py.Dataset. NumPy arrays become float32.
    label : the same, optional
    batch_size : int
    shuffle : bool
        Whether every :meth:`reset` draws a new order (with ``numpy.random``).
    last_batch_handle : str
        What becomes of samples that do not fill a batch: ``"pad"`` (the batch goes on with the first samples, its
        ``pad`` says how many), ``"discard"``, or ``"roll_over"`` (they begin the next epoch). Sparse data can only be
        discarded; its batches are dense.
    data_name, label_name : str
        Names of arrays that come without one.
    layout : str
        ``N`` marks the axis over samples.

    Notes
    -----
    Batches are copies: writing into one leaves the data set as it is.

    Examples
    --------
    >>> import mxnet as mx, numpy as np
    >>> it = mx.io.NDArrayIter(np.arange(10).reshape(5, 2), np.arange(5), batch_size=2)
    >>> [(b.label[0].asnumpy().tolist(), b.pad) for b in it]
    [([0.0, 1.0], 0), ([2.0, 3.0], 0), ([4.0, 0.0], 1)]
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        batch_size: int = 1,
        shuffle: bool = False,
        last_batch_handle: str = "pad",
        data_name: str = "data",
        label_name: str = "softmax_label",
        layout: str = "NCHW",
    ) -> None:
        super().__init__(batch_size)
        if last_batch_handle not in ("pad", "discard", "roll_over"):
            raise ValueError(f"last_batch_handle must be 'pad', 'discard' or 'roll_over', got {last_batch_handle!r}")
        if batch_size < 1:
            raise ValueError(f"batch_size must be at least 1, got {batch_size}")
        self.layout = layout
        self._axis = layout.find("N")
        if self._axis < 0:
            raise ValueError(f"layout must contain N, the axis over samples, got {layout!r}")
        self.data, self.label = (
            _init_data(given, allow_empty=optional, default_name=name)
            for given, optional, name in ((data, False, data_name), (label, True, label_name))
        )
        if _has_instance([*self.data, *self.label], CSRNDArray) and last_batch_handle != "discard":
            raise NotImplementedError(
                "`NDArrayIter` only supports ``CSRNDArray`` with `last_batch_handle` set to `discard`."
            )
        self.shuffle = shuffle
        self.last_batch_handle = last_batch_handle
        self.num_data = self._count_samples()
        self.idx = np.arange(self.num_data)
        self._order = self.idx.copy()  # which sample of the original data stands where, over all shuffles
        self.num_source = len(self.data) + len(self.label)
        self.cursor = -batch_size
        self._rest: dict[str, list[NDArray]] = {}  # "roll_over": what the last epoch left
        self.reset()

    def _count_samples(self) -> int:
        name, first = self.data[0]
        count = first.shape[_batch_axis(first, self._axis)]
        for other, value in [*self.data, *self.label]:
            if value.shape[_batch_axis(value, self._axis)] < count:
                raise OperatorValueError(
                    f"{other} has shape {tuple(value.shape)}: fewer samples than the {count} of {name}"
                )
        return count

    @property
    def data_list(self) -> list[Any]:
        """All arrays, data before labels."""
        return [value for _, value in [*self.data, *self.label]]

    def _describe(self, source: Any) -> list[DataDesc]:
        described = []
        for name, value in source:
            shape = list(value.shape)
            shape[_batch_axis(value, self._axis)] = self.batch_size
            dtype = mx_real_t if _is_h5(value) else value.dtype
            described.append(DataDesc(name, tuple(shape), dtype, layout=self.layout))
        return described

    @property
    def provide_data(self) -> list[DataDesc]:
        """Names, shapes and types of the data."""
        return self._describe(self.data)

    @property
    def provide_label(self) -> list[DataDesc]:
        """Names, shapes and types of the labels."""
        return self._describe(self.label)

    def hard_reset(self) -> None:
        """Go back to the first batch, dropping samples that were to roll over."""
        self._begin_epoch()
        self.cursor = -self.batch_size
        self._rest = {}

    def reset(self) -> None:
        """Go back to the first batch; with "roll_over", what the last epoch left comes first."""
        self._begin_epoch()
        if self.last_batch_handle == "roll_over" and self.num_data - self.batch_size < self.cursor < self.num_data:
            self.cursor -= self.num_data + self.batch_size
        else:
            self.cursor = -self.batch_size

    def iter_next(self) -> bool:
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        if not self.iter_next():
            raise StopIteration
        data, label = self.getdata(), self.getlabel()
        if self.last_batch_handle != "pad" and self.cursor + self.batch_size > self.num_data:
            self._rest = {"data": data, "label": label}
            raise StopIteration
        return DataBatch(data=data, label=label, pad=self.getpad(), index=None)

    def _take(self, which: str, start: int, stop: int) -> list[Any]:
        return [read(start, stop) for read in self._readers[which]]

    def _concat(self, first: list[Any], second: list[Any]) -> list[Any]:
        return [concat(a, b, dim=_batch_axis(a, self._axis)) for a, b in zip(first, second)]

    def _repeat(self, arrays: list[Any], times: int) -> list[Any]:
        reps = [[times if i == _batch_axis(a, self._axis) else 1 for i in range(a.ndim)] for a in arrays]
        return [tile(a, reps=tuple(r)) for a, r in zip(arrays, reps)]

    def _batchify(self, which: str) -> list[Any]:
        start = self.cursor
        stop = start + self.batch_size
        if 0 <= start and stop <= self.num_data:
            return self._take(which, start, stop)
        assert start < self.num_data, "DataIter needs reset."
        if start < 0:  # the first batch after an epoch that left samples
            assert which in self._rest, "next epoch should have cached data"
            return self._concat(self._rest[which], self._take(which, 0, min(stop, self.num_data)))
        batch = self._take(which, start, self.num_data)
        if self.last_batch_handle != "pad":
            return batch
        whole, rest = divmod(stop - self.num_data, self.num_data)
        if whole:
            batch = self._concat(batch, self._repeat(self._take(which, 0, self.num_data), whole))
        if rest:
            batch = self._concat(batch, self._take(which, 0, rest))
        return batch

    def getdata(self) -> list[Any]:
        return self._batchify("data")

    def getlabel(self) -> list[Any]:
        return self._batchify("label")

    def getpad(self) -> int:
        """How many samples of the current batch only fill it up ("roll_over": come from the last epoch)."""
        if self.last_batch_handle == "pad":
            return max(0, self.cursor + self.batch_size - self.num_data)
        return max(0, -self.cursor) if self.last_batch_handle == "roll_over" else 0

    def _begin_epoch(self) -> None:
        if self.shuffle:
            self._shuffle_data()
        # For each array a function (start, stop) -> samples, for the present order of samples.
        self._readers = {
            which: [_h5_reader(v, self._order) if _is_h5(v) else _reader(v, self._axis) for _, v in source]
            for which, source in (("data", self.data), ("label", self.label))
        }

    def _shuffle_data(self) -> None:
        np.random.shuffle(self.idx)
        self._order = self._order[self.idx]
        self.data = _getdata_by_idx(self.data, self.idx, self._axis)
        self.label = _getdata_by_idx(self.label, self.idx, self._axis)


NDArrayIter.__module__ = "mxnet.io.io"
