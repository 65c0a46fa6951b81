"""RecordIO files: sequences of binary records, read in order or, with an index file, by key.

A record is stored in parts of ``uint32 magic, uint32 (kind << 29 | length), payload, zeros up to a multiple of four``.
Where the payload itself holds the magic number at a multiple of four, it is split there and the number left out, so
that a reader can find the beginning of a record from anywhere in a file.
"""

from __future__ import annotations

import numbers
import os
import struct
import warnings
from collections import namedtuple
from collections.abc import Iterator
from typing import Any

import numpy as np

from ._core import opencv
from ._core.errors import shown_as_mxnet_error
from ._core.files import local_path
from ._core.image_size import NotAnImageError
from ._core.text import lines_of, quoted
from .base import MXNetError

__all__ = ["IRHeader", "MXIndexedRecordIO", "MXRecordIO", "pack", "pack_img", "unpack", "unpack_img"]

_MAGIC = 0xCED7230A
_MAGIC_BYTES = struct.pack("<I", _MAGIC)
_PART = struct.Struct("<II")
_LENGTH_BITS = 29
_MAX_LENGTH = (1 << _LENGTH_BITS) - 1
# Kinds of parts: a whole record, or the first, a middle and the last part of a split one.
_WHOLE, _FIRST, _MIDDLE, _LAST = range(4)
# Longer reads are compared with the size of the file before memory is allocated for them.
_TRUSTED_LENGTH = 1 << 20


class MXRecordIO:
    """A RecordIO file, written or read in order.

    A reader survives pickling: the copy begins at the first record. In a process forked from the one that opened it,
    sequential reads and writes are refused, as the two would share one position.

    Parameters
    ----------
    uri : str
        Path of the file.
    flag : {"r", "w"}
        ``"w"`` empties the file.

    Raises
    ------
    MXNetError
        When the file cannot be opened, or while reading when it is damaged (the message says at which offset).

    Examples
    --------
    >>> import mxnet as mx, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.rec")
    >>> writer = mx.recordio.MXRecordIO(path, "w")
    >>> for i in range(2):
    ...     writer.write(b"record %d" % i)
    >>> writer.close()
    >>> reader = mx.recordio.MXRecordIO(path, "r")
    >>> reader.read(), reader.read(), reader.read()
    (b'record 0', b'record 1', None)
    """

    _buffering = 1 << 16

    is_open = False  # also for objects whose constructor failed

    def __init__(self, uri: str, flag: str) -> None:
        self.uri = uri
        self.flag = flag
        self.pid: int | None = None
        self.writable = False
        self.open()

    @property
    def handle(self) -> MXRecordIO:
        """What functions of ``mxnet.base._LIB`` take for this file."""
        return self

    def open(self) -> None:
        """Open the file; a constructor does this."""
        if self.flag not in ("r", "w"):
            raise ValueError(f"Invalid flag {self.flag}: expected 'r' or 'w'")
        try:
            self._file: Any = open(local_path(self.uri), self.flag + "b", buffering=self._buffering)
        except OSError as e:
            raise MXNetError(f"cannot open {self.uri!r}: {e.strerror or e}") from e
        self.writable = self.flag == "w"
        self.pid = os.getpid()
        self.is_open = True

    def close(self) -> None:
        """Close the file; it may be opened again."""
        if not self.is_open:
            return
        self.is_open = False
        if self.writable and self.pid != os.getpid():
            _discard(self._file)
        self.pid = None
        self._file.close()

    def reset(self) -> None:
        """Go back to the first record; a file opened for writing is emptied."""
        self.close()
        self.open()

    def __del__(self) -> None:
        self.close()

    def __getstate__(self) -> dict[str, Any]:
        if self.is_open and self.writable:
            raise RuntimeError(f"an open writer cannot be pickled: its copy would empty {self.uri!r}; close it first")
        state = dict(self.__dict__, pid=None)
        state.pop("_file", None)
        return state

    def __setstate__(self, d: dict[str, Any]) -> None:
        self.__dict__.update(d, is_open=False)
        if d["is_open"]:
            self.open()

    def _check_pid(self, allow_reset: bool = False) -> None:
        if not self.is_open and not allow_reset:
            raise MXNetError(f"{self.uri!r} is closed")
        if self.pid != os.getpid():
            if not allow_reset:
                raise RuntimeError("Forbidden operation in multiple processes")
            self.reset()

    def _check_mode(self, writable: bool) -> None:
        if self.writable != writable:
            raise AssertionError(f"{self.uri!r} was opened for {'writing' if self.writable else 'reading'}")

    def write(self, buf: bytes) -> None:
        """Append a record.

        Parameters
        ----------
        buf : bytes
            Less than 2**29 bytes.
        """
        self._check_mode(True)
        self._check_pid()
        if not isinstance(buf, (bytes, bytearray, memoryview)):
            raise TypeError(f"a record must be bytes, got {type(buf).__name__}")
        data = bytes(buf)
        if len(data) > _MAX_LENGTH:
            raise MXNetError(f"a record must have less than {_MAX_LENGTH + 1} bytes, got {len(data)}")
        write = self._file.write
        start = 0
        for at in _aligned_magics(data):
            write(_PART.pack(_MAGIC, (_MIDDLE if start else _FIRST) << _LENGTH_BITS | at - start))
            write(data[start:at])
            start = at + 4
        length = len(data) - start
        write(_PART.pack(_MAGIC, (_LAST if start else _WHOLE) << _LENGTH_BITS | length))
        write(data[start:] if start else data)
        if length % 4:
            write(bytes(-length % 4))

    def read(self) -> bytes | None:
        """The next record, or None after the last one.

        Raises
        ------
        MXNetError
            When the file is damaged here.
        """
        self._check_mode(False)
        self._check_pid()
        kind, data = self._read_part(first=True)
        if kind == _WHOLE or data is None:
            return data
        parts = [data]
        while kind != _LAST:
            kind, data = self._read_part(first=False)
            parts.append(data)
        return _MAGIC_BYTES.join(parts)

    def _read_part(self, first: bool) -> tuple[int, Any]:
        file = self._file
        header = file.read(8)
        if len(header) != 8:
            if not header and first:
                return _WHOLE, None
            raise self._damaged(len(header), "the file ends inside a record")
        magic, word = _PART.unpack(header)
        if magic != _MAGIC:
            raise self._damaged(8, f"a record must begin with {_MAGIC:#x}, got {magic:#x}")
        kind, length = word >> _LENGTH_BITS, word & _MAX_LENGTH
        if kind > _LAST or (kind in (_WHOLE, _FIRST)) != first:
            raise self._damaged(8, f"a part of kind {kind} does not belong here")
        padded = length + (-length % 4)
        if padded > _TRUSTED_LENGTH and padded > os.fstat(file.fileno()).st_size - file.tell():
            raise self._damaged(8, f"a record of {length} bytes does not fit in the file")
        data = file.read(padded)
        if len(data) != padded:
            raise self._damaged(8 + len(data), f"a record of {length} bytes does not fit in the file")
        return kind, data if padded == length else data[:length]

    def _damaged(self, back: int, message: str) -> MXNetError:
        return MXNetError(f"Invalid RecordIO file: {self.uri!r}, offset {self._file.tell() - back}: {message}")


def _file_offset(text: str) -> int:
    offset = int(text)
    if not 0 <= offset < 1 << 63:
        raise ValueError(offset)
    return offset


def _discard(file: Any) -> None:
    """Let what a forked process has inherited in a file's buffer go nowhere: it is the parent's to write."""
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, file.fileno())
    os.close(null)


def _aligned_magics(data: bytes) -> Iterator[int]:
    """Where, at multiples of four, a payload holds the magic number."""
    at = data.find(_MAGIC_BYTES)
    while at >= 0:
        if at % 4 == 0:
            yield at
            at = data.find(_MAGIC_BYTES, at + 4)
        else:
            at = data.find(_MAGIC_BYTES, at + 1)


class MXIndexedRecordIO(MXRecordIO):
    """A RecordIO file with an index file beside it, from which records are read by key.

    In a forked process the file is opened anew at the first :meth:`read_idx`, so readers may be handed to workers.

    Parameters
    ----------
    idx_path : str
        Path of the index file: lines of a key, a tab and the offset of its record.
    uri : str
        Path of the record file.
    flag : {"r", "w"}
    key_type : type
        What makes a key of its text.

    Attributes
    ----------
    keys : list
        The keys in the order of the index file.
    idx : dict
        The offset of each key's record.

    Examples
    --------
    >>> import mxnet as mx, tempfile, os
    >>> folder = tempfile.mkdtemp()
    >>> paths = os.path.join(folder, "x.idx"), os.path.join(folder, "x.rec")
    >>> writer = mx.recordio.MXIndexedRecordIO(*paths, "w")
    >>> for i in range(5):
    ...     writer.write_idx(i, b"record %d" % i)
    >>> writer.close()
    >>> mx.recordio.MXIndexedRecordIO(*paths, "r").read_idx(3)
    b'record 3'
    """

    _buffering = 1 << 13  # a random read would throw most of a longer buffer away

    def __init__(self, idx_path: str, uri: str, flag: str, key_type: Any = int) -> None:
        self.idx_path = idx_path
        self.idx: dict[Any, int] = {}
        self.keys: list[Any] = []
        self.key_type = key_type
        self.fidx: Any = None
        super().__init__(uri, flag)

    def open(self) -> None:
        """Open both files, and read the index."""
        super().open()
        self.idx = {}
        self.keys = []
        if self.writable:
            self.fidx = open(self.idx_path, "w", encoding="utf-8")
            return
        again = None
        for number, line in lines_of(self.idx_path):
            try:
                text, offset = line.strip().split("\t")[:2]
                key = self.key_type(text)
                position = _file_offset(offset)
            except ValueError:
                raise MXNetError(
                    f"Invalid index file: {self.idx_path!r}, line {number}: expected a key, a tab and an offset, "
                    f"got {quoted(line.strip())}"
                ) from None
            if again is None and key in self.idx:
                again = number, key
            self.idx[key] = position
            self.keys.append(key)
        self._warn_of_index(again)

    def _warn_of_index(self, again: tuple[int, Any] | None) -> None:
        """Say that some records cannot be read by a key."""
        if again is not None:
            warnings.warn(
                f"{self.idx_path}, line {again[0]}: the key {quoted(again[1])} has been there before; the last record "
                "of a key is the one that is read",
                stacklevel=5,
            )
        elif not self.keys and os.fstat(self._file.fileno()).st_size:
            warnings.warn(f"{self.idx_path} is empty, {self.uri} is not: no record has a key", stacklevel=5)

    def close(self) -> None:
        """Close both files."""
        if not self.is_open:
            return
        foreign = self.pid != os.getpid()
        super().close()
        if self.fidx is not None:
            if foreign:
                _discard(self.fidx)
            self.fidx.close()
            self.fidx = None

    def seek(self, idx: Any) -> None:
        """Go to the record of a key.

        Raises
        ------
        KeyError
            When the index has no such key.
        """
        self._check_mode(False)
        self._check_pid(allow_reset=True)
        # Systems refuse to go far beyond the end; what lies there is the end.
        self._file.seek(min(self.idx[idx], os.fstat(self._file.fileno()).st_size))

    def tell(self) -> int:
        """The offset at which the next record will be written."""
        self._check_mode(True)
        return self._file.tell()

    def read_idx(self, idx: Any) -> bytes:
        """The record of a key.

        Raises
        ------
        KeyError
            When the index has no such key.
        MXNetError
            When there is no record where the index says.
        """
        self.seek(idx)
        record = self.read()
        if record is None:
            raise MXNetError(
                f"{self.idx_path!r} does not belong to {self.uri!r}: key {quoted(idx)} is at offset {self.idx[idx]}, "
                "past the end of the file"
            )
        return record

    def write_idx(self, idx: Any, buf: bytes) -> None:
        """Append a record and its key."""
        key = self.key_type(idx)
        offset = self.tell()
        self.write(buf)
        self.fidx.write(f"{key}\t{offset}\n")
        self.idx[key] = offset
        self.keys.append(key)


# The type is named HEADER as in MXNet, where its representation shows it; the second name makes it picklable.
HEADER = namedtuple("HEADER", ["flag", "label", "id", "id2"])
IRHeader = HEADER
IRHeader.__doc__ = """What an image record begins with.

Parameters
----------
flag : int
    Number of labels when ``label`` is an array; :func:`pack` sets it.
label : float or array of float
id : int
    A number of the record.
id2 : int
    Higher bits of the number, usually 0.
"""

_IR_FORMAT = "<IfQQ"
_IR_SIZE = struct.calcsize(_IR_FORMAT)


def pack(header: Any, s: bytes) -> bytes:
    """Put a header before the bytes of an image or anything else.

    Parameters
    ----------
    header : IRHeader
        Or a tuple of its four values. A label that is not a number is stored as float32 values.
    s : bytes

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.recordio.unpack(mx.recordio.pack(mx.recordio.IRHeader(0, 4, 2574, 0), b"picture"))
    (HEADER(flag=0, label=4.0, id=2574, id2=0), b'picture')
    """
    _, label, number, number2 = IRHeader(*header)
    if isinstance(label, numbers.Number):
        return struct.pack(_IR_FORMAT, 0, label, number, number2) + s
    labels = np.asarray(label, dtype=np.float32)
    return struct.pack(_IR_FORMAT, labels.size, 0, number, number2) + labels.tobytes() + s


@shown_as_mxnet_error
class ShortRecordError(MXNetError, struct.error, ValueError):
    """A record that ends before what its header says; ``struct`` and NumPy find that out in MXNet."""


def unpack(s: bytes) -> tuple[Any, bytes]:
    """The header and the rest of a record that :func:`pack` made.

    Raises
    ------
    MXNetError
        When the record is too short for its header or its labels; also a ``struct.error`` and a ``ValueError``.
    """
    if len(s) < _IR_SIZE:
        raise ShortRecordError(f"an image record has at least {_IR_SIZE} bytes, got {len(s)}")
    flag, label, number, number2 = struct.unpack_from(_IR_FORMAT, s)
    end = _IR_SIZE + 4 * flag
    if flag:
        if len(s) < end:
            raise ShortRecordError(f"an image record with {flag} labels has at least {end} bytes, got {len(s)}")
        label = np.frombuffer(s, np.float32, flag, _IR_SIZE)
    return IRHeader(flag, label, number, number2), s[end:]


def unpack_img(s: bytes, iscolor: int = -1) -> tuple[Any, np.ndarray | None]:
    """The header and the decoded image (height, width, BGR channels) of a record; None, with a warning, if it is none.

    Parameters
    ----------
    s : bytes
    iscolor : int
        OpenCV's flag: 1 for color, 0 for gray, -1 as stored.

    Raises
    ------
    MXNetError
        When the record is too short, or its image claims to be too large.
    """
    header, data = unpack(s)
    where = f"image {header.id}: the {len(data)} bytes after the header are not an image"
    try:
        return header, opencv.imdecode(np.frombuffer(data, np.uint8), iscolor)
    except NotAnImageError as e:
        warnings.warn(f"{where}: {e}", stacklevel=2)
        return header, None
    except MXNetError as e:
        raise MXNetError(f"{where}: {e}") from e


def pack_img(header: Any, img: np.ndarray, quality: int = 95, img_fmt: str = ".jpg") -> bytes:
    """Encode an image and put a header before it.

    Parameters
    ----------
    header : IRHeader
    img : numpy.ndarray
        Height, width, BGR channels; or gray.
    quality : int
        1 to 100 for JPEG; the compression level 0 to 9 for PNG.
    img_fmt : str
        ``".jpg"``, ``".png"`` or another ending that OpenCV knows.

    Raises
    ------
    MXNetError
        When OpenCV cannot encode the image so.
    """
    cv2 = opencv.opencv()
    parameters = {
        ".jpg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".jpeg": [cv2.IMWRITE_JPEG_QUALITY, quality],
        ".png": [cv2.IMWRITE_PNG_COMPRESSION, quality],
    }.get(img_fmt.lower())
    try:
        done, encoded = opencv.call("imencode", img_fmt, img, parameters)
    except MXNetError as e:
        raise type(e)(f"cannot encode the image as {img_fmt}: {e}") from e
    if not done:
        raise MXNetError(f"cannot encode the image as {img_fmt}")
    return pack(header, encoded.tobytes())
