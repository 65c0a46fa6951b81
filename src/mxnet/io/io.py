"""The iterator interface of ``mx.io`` and the iterators over arrays, over other iterators and over files."""

from __future__ import annotations

import importlib
from concurrent.futures import Future
from typing import Any

from .._core import logs
from .._core.threads import Workers
from ..base import OperatorTypeError
from ._arrays import NDArrayIter  # noqa: F401
from ._base import DataBatch, DataDesc, DataIter, HoldsBatch
from ._csv import CSVSource
from ._libsvm import LibSVMSource
from ._mnist import MNISTSource
from ._source import Batch, BatchSource, file_iterator


def check_iterator(argument: str, given: object, *needed: str, kind: str = "a DataIter") -> None:
    """Raise TypeError for what is no iterator over batches; anything that has what is needed is one."""
    missing = [name for name in needed if not hasattr(given, name)]
    if missing:
        raise OperatorTypeError(f"{argument} must be {kind}, got {type(given).__name__}, which has no {missing[0]}")


class ResizeIter(HoldsBatch):
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
        check_iterator("data_iter", data_iter, "batch_size", "provide_data", "provide_label", "next", "reset")
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
        more = self.cur != self.size
        if more:
            batch = _next_or_none(self.data_iter)
            if batch is None:  # its epoch is shorter than ours
                self.data_iter.reset()
                batch = self.data_iter.next()
            self.current_batch = batch
            self.cur += 1
        return more


def _next_or_none(data_iter: DataIter) -> DataBatch | None:
    """The next batch, None at the end (an exception that a thread can hand over)."""
    try:
        return data_iter.next()
    except StopIteration:
        return None


class PrefetchingIter(HoldsBatch):
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
        for it in self.iters:
            check_iterator("iters", it, "provide_data", "provide_label", "next", "reset")
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
        batches = [f.result() for f in self._coming]
        done = [b is None for b in batches]
        if any(done):
            assert all(done), "Number of entry mismatches between iterators"
            return False
        first = batches[0]
        assert all(b.pad == first.pad for b in batches), "Number of entry mismatches between iterators"
        data = [x for b in batches for x in b.data]
        label = [x for b in batches for x in b.label or []]
        described = self.provide_data, self.provide_label
        self.current_batch = DataBatch(data, label, first.pad, first.index, first.bucket_key, *described)
        self._fetch()
        return True

    def next(self) -> DataBatch:
        if self.iter_next():
            return self.current_batch
        raise StopIteration


class MXDataIter(HoldsBatch):
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
        check_iterator("handle", handle, "next", "before_first", "close", kind="a BatchSource")
        super().__init__()
        self.handle = handle
        self._debug_skip_load = False
        self.first_batch: DataBatch | None = self._read()  # tells the shapes
        self.current_batch = first = self.first_batch
        self.provide_data, self.provide_label = (
            [DataDesc(name, x.shape, x.dtype)] for name, x in ((data_name, first.data[0]), (label_name, first.label[0]))
        )
        self.batch_size = self.provide_data[0].shape[0]

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
        self._at_begin = True
        self.first_batch = None
        self.handle.before_first()

    _at_begin = False

    def next(self) -> DataBatch:
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
