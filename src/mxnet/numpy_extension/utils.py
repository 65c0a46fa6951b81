"""Files of ``mxnet.numpy`` arrays."""

from __future__ import annotations

from typing import Any

from ..ndarray import utils as _files
from ..numpy._array import as_kind, ndarray
from ..util import np_shape

__all__ = ["load", "save"]


def save(file: str, arr: Any) -> None:
    """Write arrays to a file of MXNet's format.

    Parameters
    ----------
    file : str
    arr : ndarray, list of ndarray, or dict of str to ndarray

    Raises
    ------
    TypeError
        When something is no :class:`mxnet.numpy.ndarray`.
    """
    arrays = [arr] if isinstance(arr, ndarray) else arr
    values = arrays.values() if isinstance(arrays, dict) else arrays
    for value in values:
        if not isinstance(value, ndarray):
            raise TypeError(f"save needs mxnet.numpy.ndarray, or a list or dict of them; got {type(value).__name__}")
    with np_shape(True):
        _files.save(file, arrays)


def load(file: str) -> Any:
    """Read a file of arrays: a list, or a dict where they have names."""
    with np_shape(True):
        found = _files.load(file)
    if isinstance(found, dict):
        return {name: as_kind(ndarray, x) for name, x in found.items()}
    return [as_kind(ndarray, x) for x in found]
