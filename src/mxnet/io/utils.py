"""Turning what users give an iterator (arrays, lists, dictionaries, HDF5 data sets) into named sources of batches."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch

from ..ndarray import NDArray, array
from ..ndarray.ndarray import wrap
from ..ndarray.sparse import CSRNDArray
from ..ndarray.sparse import array as sparse_array


def _is_h5(value: object) -> bool:
    """Whether a value is an HDF5 data set; h5py is not imported for the question."""
    h5py = sys.modules.get("h5py")
    return h5py is not None and isinstance(value, h5py.Dataset)


def _is_scipy(value: object) -> bool:
    """Whether a value is a sparse matrix of scipy, which is not imported for the question."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and sparse.issparse(value)


def _init_data(data: object, allow_empty: bool, default_name: str) -> list[tuple[str, Any]]:
    """Name the arrays of an iterator.

    Parameters
    ----------
    data : array-like, list of array-like, dict of str to array-like, or None
    allow_empty : bool
        Whether None and an empty list are fine.
    default_name : str
        The name of a single array; several in a list are called ``_0_name``, ``_1_name``, ...

    Returns
    -------
    list of (str, NDArray or h5py.Dataset)
        Sorted by name. NumPy and scipy arrays are converted, NDArrays and HDF5 data sets kept.
    """
    if data is None:
        data = []
    if isinstance(data, (np.ndarray, NDArray)) or _is_h5(data) or _is_scipy(data):
        data = [data]
    if isinstance(data, (list, tuple)):
        if len(data) == 1:
            data = {default_name: data[0]}
        else:
            data = {f"_{i}_{default_name}": d for i, d in enumerate(data)}
    if not isinstance(data, dict):
        raise TypeError(
            "Input must be NDArray, numpy.ndarray, h5py.Dataset, a list of them or dict with them as values, "
            f"got {type(data).__name__}"
        )
    if not data and not allow_empty:
        raise AssertionError(f"{default_name}: at least one array is needed")
    return [(name, _as_source(name, data[name])) for name in sorted(data)]


def _as_source(name: str, value: object) -> Any:
    if isinstance(value, NDArray) or _is_h5(value):
        return value
    try:
        return array(value)
    except Exception as e:
        raise TypeError(
            f"Invalid type {type(value)} for {name}, should be NDArray, numpy.ndarray or h5py.Dataset ({e})"
        ) from e


def _has_instance(data: Sequence[tuple[str, Any]], dtype: Any) -> bool:
    """Whether any of the named arrays is of a type."""
    return any(isinstance(value, dtype) for _, value in data)


def _batch_axis(value: Any, axis: int) -> int:
    """The axis that runs over samples; arrays with too few axes (labels of a ``TNC`` iterator) use their first."""
    return axis if axis < len(value.shape) else 0


def _getdata_by_idx(data: Sequence[tuple[str, Any]], idx: np.ndarray, axis: int = 0) -> list[tuple[str, Any]]:
    """The named arrays with their samples in the order ``idx``; HDF5 data sets stay, they are read in order later."""
    return [(name, value if _is_h5(value) else _reordered(value, idx, axis)) for name, value in data]


def _reordered(value: Any, idx: np.ndarray, axis: int) -> Any:
    if isinstance(value, CSRNDArray):
        return sparse_array(value.asscipy()[idx], value.context)
    t = value._t.detach()
    order = torch.from_numpy(np.ascontiguousarray(idx)).to(t.device)
    return wrap(t.index_select(_batch_axis(value, axis), order), value.context)


def _reader(value: Any, axis: int) -> Callable[[int, int], Any]:
    """A function (start, stop) -> copy of these samples; a copy, so that writing into a batch leaves the data set."""
    if isinstance(value, CSRNDArray):  # a batch at a time is made dense
        return lambda start, stop: value[start:stop].tostype("default")
    t, ctx, axis = value._t.detach(), value.context, _batch_axis(value, axis)
    copy = torch.narrow_copy
    return lambda start, stop: wrap(copy(t, axis, start, stop - start), ctx)


def _h5_reader(value: Any, order: np.ndarray) -> Callable[[int, int], NDArray]:
    """The same for an HDF5 data set, whose samples are read in the given order; h5py wants increasing numbers."""

    def read(start: int, stop: int) -> NDArray:
        rows, place = np.unique(order[start:stop], return_inverse=True)
        return array(value[rows][place])

    return read
