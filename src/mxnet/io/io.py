"""The iterator interface of ``mx.io`` and the iterators over arrays, over other iterators and over files."""

from __future__ import annotations

import importlib
from collections import namedtuple
from concurrent.futures import Future
from typing import Any

import numpy as np

from .._core import logs
from .._core.threads import Workers
from ..base import mx_real_t
from ..ndarray import NDArray, concat, tile
from ..ndarray.sparse import CSRNDArray
from ._csv import CSVSource
from ._libsvm import LibSVMSource
from ._mnist import MNISTSource
from ._source import Batch, BatchSource, file_iterator
from .utils import _batch_axis, _getdata_by_idx, _h5_reader, _has_instance, _init_data, _is_h5, _reader


class DataDesc(namedtuple("DataDesc", ["name", "shape"])):
    """Name, shape, data type and layout of an input. It unpacks (and compares) as the pair ``(name, shape)``.

    Parameters
    ----------
    name : str
    shape : tuple of int
    dtype : numpy.dtype, optional
    layout : str, optional
        One letter an axis; ``N`` marks the axis over samples, along which a batch is split over devices.

    Examples
    --------
    >>> import mxnet as mx
    >>> name, shape = mx.io.DataDesc("data", (32, 16))
    >>> mx.io.DataDesc.get_batch_axis("TNC")
    1
    """

    dtype: Any
    layout: str | None

    def __new__(cls, name: str, shape: Any, dtype: Any = mx_real_t, layout: str | None = "NCHW") -> DataDesc:
        made = super().__new__(cls, name, shape)
        made.dtype = dtype
        made.layout = layout
        return made

    def __repr__(self) -> str:
        return f"DataDesc[{self.name},{self.shape},{self.dtype},{self.layout}]"

    @staticmethod
    def get_batch_axis(layout: str | None) -> int:
        """Which axis of a layout runs over samples: that of ``N``, 0 without a layout, -1 when there is none."""
        return 0 if layout is None else layout.find("N")

    @staticmethod
    def get_list(shapes: Any, types: Any) -> list[DataDesc]:
        """Descriptions from pairs (name, shape) and, if not None, pairs (name, dtype)."""
        if types is None:
            return [DataDesc(x[0], x[1]) for x in shapes]
        by_name = dict(types)
        return [DataDesc(x[0], x[1], by_name[x[0]]) for x in shapes]


class DataBatch:
    """One mini-batch.

    Parameters
    ----------
    data, label : list of NDArray
    pad : int, optional
        How many samples at the end are there only to fill the batch up.
    index : numpy.ndarray, optional
        The samples' numbers.
    bucket_key : optional
        The bucket of a :class:`~mxnet.module.BucketingModule`.
    provide_data, provide_label : list of DataDesc, optional
        Shapes, where they differ from batch to batch.
    """

    def __init__(
        self,
        data: Any,
        label: Any = None,
        pad: int | None = None,
        index: Any = None,
        bucket_key: Any = None,
        provide_data: Any = None,
        provide_label: Any = None,
    ) -> None:
        assert data is None or isinstance(data, (list, tuple)), "Data must be list of NDArrays"
        assert label is None or isinstance(label, (list, tuple)), "Label must be list of NDArrays"
        self.data: Any = data
        self.label: Any = label
        self.pad = pad
        self.index = index
        self.bucket_key = bucket_key
        self.provide_data = provide_data
        self.provide_label = provide_label

    def __str__(self) -> str:
        labels = [x.shape for x in self.label] if self.label else None
        return f"{type(self).__name__}: data shapes: {[x.shape for x in self.data]} label shapes: {labels}"


class DataIter:
    """The base of all iterators over batches.

    A subclass implements :meth:`next`, or :meth:`iter_next`, :meth:`getdata`, :meth:`getlabel` and :meth:`getpad`, and
    has the attributes ``provide_data`` and ``provide_label`` (lists of :class:`DataDesc`).

    Parameters
    ----------
    batch_size : int
    """

    provide_data: Any
    provide_label: Any

    def __init__(self, batch_size: int = 0) -> None:
        self.batch_size = batch_size

    def __iter__(self) -> DataIter:
        return self

    def __next__(self) -> DataBatch:
        return self.next()

    def reset(self) -> None:
        """Go back to the first batch."""

    def next(self) -> DataBatch:
        """The next batch; StopIteration after the last."""
        if self.iter_next():
            return DataBatch(data=self.getdata(), label=self.getlabel(), pad=self.getpad(), index=self.getindex())
        raise StopIteration

    def iter_next(self) -> bool:  # type: ignore[empty-body]
        """Go to the next batch; False when there is none."""

    def getdata(self) -> Any:
        """The data of the current batch."""

    def getlabel(self) -> Any:
        """The labels of the current batch."""

    def getindex(self) -> Any:
        """The sample numbers of the current batch, or None."""
        return None

    def getpad(self) -> Any:
        """How many samples of the current batch only fill it up."""


class _HoldsBatch(DataIter):
    """An iterator whose current batch is an object: the getters read it."""

    current_batch: Any = None

    def getdata(self) -> Any:
        """The data of the current batch."""
        return self.current_batch.data

    def getlabel(self) -> Any:
        """The labels of the current batch."""
        return self.current_batch.label

    def getindex(self) -> Any:
        """The sample numbers of the current batch, or None."""
        return self.current_batch.index

    def getpad(self) -> Any:
        """How many samples of the current batch only fill it up."""
        return self.current_batch.pad


class ResizeIter(_HoldsBatch):
    """Another iterator with a given number of batches an epoch: it starts over, or stops early.

    Parameters
    ----------
    data_iter : DataIter
    size : int
        Batches an epoch.
    reset_internal : bool
        Whether :meth:`reset` resets ``data_iter`` too.
    """

    def __init__(self, data_iter: DataIter, size: int, reset_internal: bool = True) -> None:
        super().__init__(data_iter.batch_size)
        self.data_iter = data_iter
        self.size = size
        self.reset_internal = reset_internal
        self.cur = 0
        self.provide_data = data_iter.provide_data
        self.provide_label = data_iter.provide_label
        if hasattr(data_iter, "default_bucket_key"):
            self.default_bucket_key = data_iter.default_bucket_key

    def reset(self) -> None:
        """Start another epoch."""
        self.cur = 0
        if self.reset_internal:
            self.data_iter.reset()

    def iter_next(self) -> bool:
        """Go to the next batch; False after ``size`` of them."""
        if self.cur == self.size:
            return False
        try:
            self.current_batch = self.data_iter.next()
        except StopIteration:
            self.data_iter.reset()
            self.current_batch = self.data_iter.next()
        self.cur += 1
        return True


def _next_or_none(data_iter: DataIter) -> DataBatch | None:
    """The next batch, None at the end (an exception that a thread can hand over)."""
    try:
        return data_iter.next()
    except StopIteration:
        return None


class PrefetchingIter(_HoldsBatch):
    """One or more iterators, each read ahead by a thread of its own, their batches joined.

    An exception in an iterator is raised by the :meth:`next` that would have given its batch.

    Parameters
    ----------
    iters : DataIter or list of DataIter
    rename_data, rename_label : list of dict of str to str, optional
        For each iterator, new names of its data and labels.
    """

    def __init__(self, iters: Any, rename_data: Any = None, rename_label: Any = None) -> None:
        super().__init__()
        self.iters = iters if isinstance(iters, list) else [iters]
        self.n_iter = len(self.iters)
        assert self.n_iter > 0, "at least one iterator is needed"
        self.rename_data = rename_data
        self.rename_label = rename_label
        self.batch_size = self.provide_data[0][1][0]
        self._pool = Workers(self.n_iter, "PrefetchingIter")
        self._coming: list[Future] = []
        self._fetch()

    def _fetch(self) -> None:
        self._coming = [self._pool.submit(_next_or_none, it) for it in self.iters]

    def _provided(self, attribute: str, rename: Any) -> list[Any]:
        given = [getattr(it, attribute) for it in self.iters]
        if rename is None:
            return sum(given, [])
        return [
            DataDesc(names[x.name], x.shape, x.dtype, x.layout) if isinstance(x, DataDesc) else DataDesc(*x)
            for names, descs in zip(rename, given)
            for x in descs
        ]

    @property
    def provide_data(self) -> list[Any]:
        """The data descriptions of all iterators."""
        return self._provided("provide_data", self.rename_data)

    @property
    def provide_label(self) -> list[Any]:
        """The label descriptions of all iterators."""
        return self._provided("provide_label", self.rename_label)

    def reset(self) -> None:
        """Go back to the first batch, when the threads are done with the one they read."""
        for f in self._coming:
            f.exception()  # waits; an error of a batch nobody will see is not raised
        for it in self.iters:
            it.reset()
        self._fetch()

    def iter_next(self) -> bool:
        """Go to the next batch; False when there is none."""
        batches = [f.result() for f in self._coming]
        done = [b is None for b in batches]
        if any(done):
            assert all(done), "Number of entry mismatches between iterators"
            return False
        first = batches[0]
        assert all(b.pad == first.pad for b in batches), "Number of entry mismatches between iterators"
        self.current_batch = DataBatch(
            sum([list(b.data) for b in batches], []),
            sum([list(b.label or []) for b in batches], []),
            first.pad,
            first.index,
            bucket_key=first.bucket_key,
            provide_data=self.provide_data,
            provide_label=self.provide_label,
        )
        self._fetch()
        return True

    def next(self) -> DataBatch:
        """The next batch; StopIteration after the last."""
        if self.iter_next():
            return self.current_batch
        raise StopIteration


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
        discarded.
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
        self.data = _init_data(data, allow_empty=False, default_name=data_name)
        self.label = _init_data(label, allow_empty=True, default_name=label_name)
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
                raise ValueError(f"{other} has shape {tuple(value.shape)}: fewer samples than the {count} of {name}")
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
        """Go to the next batch; False when there is none."""
        self.cursor += self.batch_size
        return self.cursor < self.num_data

    def next(self) -> DataBatch:
        """The next batch; StopIteration after the last."""
        if not self.iter_next():
            raise StopIteration
        data, label = self.getdata(), self.getlabel()
        if self.last_batch_handle != "pad" and self.cursor + self.batch_size > self.num_data:
            self._rest = {"data": data, "label": label}
            raise StopIteration
        return DataBatch(data=data, label=label, pad=self.getpad(), index=None)

    def _make_readers(self) -> None:
        """A function (start, stop) -> samples for each array. Made anew when the order of samples changes."""
        self._readers = {
            which: [_h5_reader(v, self._order) if _is_h5(v) else _reader(v, self._axis) for _, v in source]
            for which, source in (("data", self.data), ("label", self.label))
        }

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
        """The data of the current batch."""
        return self._batchify("data")

    def getlabel(self) -> list[Any]:
        """The labels of the current batch."""
        return self._batchify("label")

    def getpad(self) -> int:
        """How many samples of the current batch only fill it up ("roll_over": come from the last epoch)."""
        if self.last_batch_handle == "pad":
            return max(0, self.cursor + self.batch_size - self.num_data)
        return max(0, -self.cursor) if self.last_batch_handle == "roll_over" else 0

    def _begin_epoch(self) -> None:
        if self.shuffle:
            self._shuffle_data()
        self._make_readers()

    def _shuffle_data(self) -> None:
        np.random.shuffle(self.idx)
        self._order = self._order[self.idx]
        self.data = _getdata_by_idx(self.data, self.idx, self._axis)
        self.label = _getdata_by_idx(self.label, self.idx, self._axis)


class MXDataIter(_HoldsBatch):
    """Batches from a file. Made by :func:`CSVIter`, :func:`MNISTIter`, ...

    Parameters
    ----------
    handle : BatchSource
        What reads the file.
    data_name, label_name : str
        Names for ``provide_data`` and ``provide_label``.
    """

    def __init__(
        self, handle: BatchSource, data_name: str = "data", label_name: str = "softmax_label", **_: Any
    ) -> None:
        super().__init__()
        self.handle = handle
        self._debug_skip_load = False
        self.current_batch = self._read()  # tells the shapes
        self.first_batch = self.current_batch
        data, label = self.current_batch.data[0], self.current_batch.label[0]
        self.provide_data = [DataDesc(data_name, data.shape, data.dtype)]
        self.provide_label = [DataDesc(label_name, label.shape, label.dtype)]
        self.batch_size = data.shape[0]

    def __del__(self) -> None:
        handle = getattr(self, "handle", None)
        if handle is not None:
            handle.close()

    def _read(self) -> DataBatch:
        batch: Batch | None = self.handle.next()
        if batch is None:
            raise StopIteration
        return DataBatch(data=[batch.data], label=[batch.label], pad=batch.pad, index=batch.index)

    def debug_skip_load(self) -> None:
        """From the next batch on, give that one again and again: the speed of everything but reading."""
        self._debug_skip_load = True
        logs.root.info("Set debug_skip_load to be true, will simply return first batch")

    def reset(self) -> None:
        """Go back to the first batch."""
        self._at_begin = True
        self.first_batch = None
        self.handle.before_first()

    _at_begin = False

    def next(self) -> DataBatch:
        """The next batch; StopIteration after the last."""
        if self._debug_skip_load and not self._at_begin:
            return self.current_batch
        self._at_begin = False
        if self.first_batch is not None:
            self.current_batch, self.first_batch = self.first_batch, None
        else:
            self.current_batch = self._read()
        return self.current_batch

    def getdata(self) -> Any:
        """The data of the current batch: the array itself."""
        return self.current_batch.data[0]

    def getlabel(self) -> Any:
        """The labels of the current batch: the array itself."""
        return self.current_batch.label[0]

    def iter_next(self) -> bool:
        """Go to the next batch; False when there is none."""
        try:
            self.next()
        except StopIteration:
            return False
        return True


CSVIter = file_iterator("CSVIter", CSVSource, MXDataIter)
LibSVMIter = file_iterator("LibSVMIter", LibSVMSource, MXDataIter)
MNISTIter = file_iterator("MNISTIter", MNISTSource, MXDataIter)

# Iterators over images, made on first use: module and class of their source.
_IMAGE_ITERATORS = {
    "ImageDetRecordIter": ("_image_det", "ImageDetRecordSource"),
    "ImageRecordInt8Iter": ("_image_record", "ImageRecordInt8Source"),
    "ImageRecordIter": ("_image_record", "ImageRecordSource"),
    "ImageRecordIter_v1": ("_image_record", "ImageRecordSource"),
    "ImageRecordUInt8Iter": ("_image_record", "ImageRecordUInt8Source"),
    "ImageRecordUInt8Iter_v1": ("_image_record", "ImageRecordUInt8Source"),
}


def __getattr__(name: str) -> Any:
    if name not in _IMAGE_ITERATORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module, source = _IMAGE_ITERATORS[name]
    made = file_iterator(name, getattr(importlib.import_module(f".{module}", __package__), source), MXDataIter)
    globals()[name] = made
    return made


def __dir__() -> list[str]:
    return sorted({*globals(), *_IMAGE_ITERATORS})
