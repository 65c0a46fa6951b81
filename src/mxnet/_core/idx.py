"""Files in the IDX format of MNIST: arrays of bytes behind a header of lengths."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from io import BufferedIOBase

import numpy as np

from ..base import MXNetError

_UNSIGNED_BYTE = 8
_MAX_AXES = 4
# Read at once, so that memory grows with what the file holds and not with what its header claims.
_PIECE = 1 << 24


def read_idx(path: str, axes: int | None = None) -> np.ndarray:
    """The array in an IDX file of unsigned bytes, which may be compressed (``.gz``).

    Parameters
    ----------
    path : str
    axes : int, optional
        How many axes it must have; 1 to 4 when not given.

    Raises
    ------
    OSError
        When the file cannot be opened.
    MXNetError
        When its header is none, or does not fit the file.
    """
    try:
        with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
            shape = _read_header(file, path, axes)
            size = math.prod(shape)
            if not size:
                raise _invalid(path, f"shape {shape} has no values")
            body = _read_at_most(file, size + 1)
    except (EOFError, zlib.error, gzip.BadGzipFile) as e:
        raise MXNetError(f"{path}: damaged gzip file: {e}") from None
    if len(body) != size:
        raise _invalid(
            path, f"shape {shape} needs {size} bytes, the file has {'more' if len(body) > size else len(body)}"
        )
    return np.frombuffer(body, np.uint8, size).reshape(shape)


def _invalid(path: str, message: str) -> MXNetError:
    return MXNetError(f"{path}: invalid mnist format, not a file of bytes behind their shape: {message}")


def _read_header(file: BufferedIOBase, path: str, axes: int | None) -> tuple[int, ...]:
    start = file.read(4)
    found = start[3] if len(start) == 4 else 0
    if start[:3] != bytes((0, 0, _UNSIGNED_BYTE)) or not (1 <= found <= _MAX_AXES if axes is None else found == axes):
        wanted = f"1 to {_MAX_AXES}" if axes is None else axes
        raise _invalid(path, f"expected {wanted} axes, it begins with {start.hex(' ') or 'nothing'}")
    lengths = file.read(4 * found)
    if len(lengths) < 4 * found:
        raise _invalid(path, "it ends inside its header")
    return struct.unpack(f">{found}I", lengths)


def _read_at_most(file: BufferedIOBase, size: int) -> bytearray:
    body = bytearray()
    while len(body) < size:
        piece = file.read(min(size - len(body), _PIECE))
        if not piece:
            break
        body += piece
    return body
