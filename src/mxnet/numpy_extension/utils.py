"""Files of ``mxnet.numpy`` arrays."""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
import zlib
from typing import IO, Any

import numpy as onp

from .._core.errors import ArgumentTypeError
from .._core.files import atomic_write
from .._core.text import shortened
from ..base import MXNetError
from ..ndarray import utils as _files
from ..numpy._array import as_kind, ndarray
from ..numpy._creation import array
from ..util import np_shape

__all__ = ["load", "save", "savez"]


def save(file: str, arr: Any) -> None:
    """Write arrays to a file of MXNet's format.

    Parameters
    ----------
    file : str
    arr : ndarray, list of ndarray, or dict of str to ndarray

    Raises
    ------
    ValueError
        When it is none of these.
    TypeError
        When something in it is no :class:`mxnet.numpy.ndarray`, or a name is no text.
    """
    arrays = [arr] if isinstance(arr, ndarray) else arr
    if not isinstance(arrays, (dict, list, tuple)):
        raise ValueError(f"save needs an mxnet.numpy.ndarray, or a list or dict of them; got {type(arr).__name__}")
    if isinstance(arrays, dict) and not all(isinstance(name, str) for name in arrays):
        raise TypeError(f"save needs names that are texts, got {', '.join(map(repr, arrays))}")
    for value in arrays.values() if isinstance(arrays, dict) else arrays:
        _checked("save", value)
    with np_shape(True):
        _files.save(file, arrays)


def savez(file: str, *args: ndarray, **kwargs: ndarray) -> None:
    """Write arrays to a file of NumPy's format ``.npz``; those without a name are called ``arr_0``, ``arr_1``, ...

    Parameters
    ----------
    file : str
    *args, **kwargs : ndarray
    """
    arrays = {f"arr_{i}": x for i, x in enumerate(args)}
    twice = arrays.keys() & kwargs.keys()
    if twice:
        raise ValueError(f"savez got several arrays for the names {', '.join(sorted(twice))}")
    with atomic_write(file) as f:
        onp.savez(f, **{name: _checked("savez", x).asnumpy() for name, x in {**arrays, **kwargs}.items()})


def _checked(name: str, value: Any) -> ndarray:
    if not isinstance(value, ndarray):
        raise ArgumentTypeError(f"{name} needs mxnet.numpy.ndarray, got {type(value).__name__}")
    return value


def load(file: str) -> Any:
    """Read a file of arrays: a list, or a dict where they have names.

    Parameters
    ----------
    file : str
        Of MXNet's format, or NumPy's ``.npy`` and ``.npz``; which it is, its content says.
    """
    if not isinstance(file, str):
        raise TypeError(f"file must be a str, got {type(file).__name__}")
    if _is_numpys(file):
        return _from_numpy(file)
    with np_shape(True):
        found = _files.load(file)
    if isinstance(found, dict):
        return {name: as_kind(ndarray, x) for name, x in found.items()}
    return [as_kind(ndarray, x) for x in found]


def _is_numpys(file: str) -> bool:
    try:
        with open(file, "rb") as f:
            return f.read(4) in (b"\x93NUM", b"PK\x03\x04", b"PK\x05\x06")
    except OSError:
        return False  # the reader of MXNet's files says why


def _from_numpy(file: str) -> Any:
    """The arrays of a file that NumPy wrote; those of Python objects are refused."""
    try:
        with open(file, "rb") as f:
            if f.read(4) == b"\x93NUM":
                return [_read(f, os.fstat(f.fileno()).st_size)]
        with zipfile.ZipFile(file) as archive:
            found = {}
            for info in archive.infolist():
                with archive.open(info) as member:
                    found[info.filename.removesuffix(".npy")] = _read(member, info.file_size)
            return found
    except _DAMAGED as e:
        raise MXNetError(f"{file} is no file of arrays that NumPy wrote: {e}") from e


# What readers of damaged archives raise.
_DAMAGED = (
    ValueError, TypeError, OSError, EOFError, KeyError, OverflowError, NotImplementedError, RuntimeError,
    zipfile.BadZipFile, zlib.error, struct.error, IndexError,
)  # fmt: skip

_LONGEST_HEADER = 10_000
_ENTRIES = {  # of the header, which is the text of a dict
    "descr": re.compile(r"'descr': *'([<>|=]?[biuf][0-9]{1,2})'"),
    "fortran_order": re.compile(r"'fortran_order': *(True|False)"),
    "shape": re.compile(r"'shape': *\(([0-9, ]*)\)"),
}


def _read(f: IO[bytes], size: int) -> ndarray:
    """The array of a ``.npy`` of so many bytes; what it says of itself is compared with them before it is read."""
    f.seek(0)
    start = f.read(8)
    if start[:6] != b"\x93NUMPY" or start[6:] not in (b"\1\0", b"\2\0"):
        raise ValueError("it does not begin as such a file")
    (length,) = struct.unpack("<H", f.read(2)) if start[6] == 1 else struct.unpack("<I", f.read(4))
    if length > _LONGEST_HEADER:
        raise ValueError(f"its header takes {length} bytes")
    header = f.read(length).decode("latin1")
    found = {name: entry.search(header) for name, entry in _ENTRIES.items()}
    kind, order, lengths = (m and m.group(1) for m in found.values())
    if kind is None or order is None or lengths is None:
        raise ValueError(f"arrays with the header {shortened(header.strip())} are not read")
    shape, dtype = tuple(int(n) for n in lengths.split(",") if n.strip()), onp.dtype(kind)
    left = size - f.tell()
    if math.prod(shape) * dtype.itemsize != left or len(shape) > _MOST_AXES:
        raise ValueError(f"an array of shape {shape} and type {dtype} does not take {left} bytes")
    values = onp.frombuffer(f.read(left), dtype)
    return array(values.reshape(shape, order="F" if order == "True" else "C"))


_MOST_AXES = 32  # of an array of NumPy's
