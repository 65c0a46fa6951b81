"""Data iterators (``mx.io``): batches from arrays in memory and from files, resized, joined and prefetched."""

from typing import Any

from . import io, utils
from .io import (
    CSVIter,
    DataBatch,
    DataDesc,
    DataIter,
    LibSVMIter,
    MNISTIter,
    MXDataIter,
    NDArrayIter,
    PrefetchingIter,
    ResizeIter,
)
from .utils import _getdata_by_idx, _has_instance, _init_data

__all__ = [
    "CSVIter",
    "DataBatch",
    "DataDesc",
    "DataIter",
    "ImageDetRecordIter",
    "ImageRecordInt8Iter",
    "ImageRecordIter",
    "ImageRecordIter_v1",
    "ImageRecordUInt8Iter",
    "ImageRecordUInt8Iter_v1",
    "LibSVMIter",
    "MNISTIter",
    "MXDataIter",
    "NDArrayIter",
    "PrefetchingIter",
    "ResizeIter",
    "_getdata_by_idx",
    "_has_instance",
    "_init_data",
    "io",
    "utils",
]


def __getattr__(name: str) -> Any:
    if name in __all__:  # iterators over images are made on first use
        return getattr(io, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
