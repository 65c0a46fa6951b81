"""Batches, their descriptions, and the base of all iterators over them."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Sequence
from typing import Any

import numpy as np

from .._core.types import DTypeLike, ShapeLike
from ..base import mx_real_t
from ..ndarray import NDArray


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

    def __new__(
        cls, name: str, shape: ShapeLike, dtype: DTypeLike = mx_real_t, layout: str | None = "NCHW"
    ) -> DataDesc:
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
    def get_list(shapes: Sequence[tuple[str, Sequence[int]]], types: Any) -> list[DataDesc]:
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
        data: Sequence[NDArray] | None,
        label: Sequence[NDArray] | None = None,
        pad: int | None = None,
        index: Sequence[int] | np.ndarray | None = None,
        bucket_key: object = None,
        provide_data: Sequence[DataDesc | tuple[str, Sequence[int]]] | None = None,
        provide_label: Sequence[DataDesc | tuple[str, Sequence[int]]] | None = None,
    ) -> None:
        assert data is None or isinstance(data, (list, tuple)), "Data must be list of NDArrays"
        assert label is None or isinstance(label, (list, tuple)), "Label must be list of NDArrays"
        self.data: Any = data
        self.label: Any = label
        self.pad, self.index, self.bucket_key = pad, index, bucket_key
        self.provide_data, self.provide_label = provide_data, provide_label

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
        if not self.iter_next():
            raise StopIteration
        return DataBatch(self.getdata(), self.getlabel(), self.getpad(), self.getindex())

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


class HoldsBatch(DataIter):
    """An iterator whose current batch is an object: the getters read it."""

    current_batch: Any = None

    def getdata(self) -> Any:
        return self.current_batch.data

    def getlabel(self) -> Any:
        return self.current_batch.label

    def getindex(self) -> Any:
        return self.current_batch.index

    def getpad(self) -> Any:
        return self.current_batch.pad


for _class in (DataDesc, DataBatch, DataIter):
    _class.__module__ = "mxnet.io.io"  # where MXNet has them, and pickles name them
