"""MXNet's array file format (``.params``): every layout it ever wrote is read, the current one is written.

A file is a list of arrays and a list of names, little endian::

    uint64 0x112, uint64 reserved, uint64 n, n arrays, uint64 m (0 or n), m names (uint64 length, UTF-8)

An array, by the first word it begins with:

========== =====================================================================================================
V3, V2     int32 storage type; sparse: the shape of the stored values; shape; int32 device kind and number;
           int32 type code; sparse: for each index array its type code and shape; values; index arrays
V1         shape; device; type code; values
(older)    the word itself is the number of axes; uint32 lengths; device; type code; values
========== =====================================================================================================

A shape is an int32 count and int64 lengths. V3 is V2 written under NumPy shape semantics, where no axes mean a scalar
and not an array that was never allocated.

Files are not trusted: every length is compared with what is left of the file before anything is allocated.
"""

from __future__ import annotations

import io
import os
import stat
import struct
from collections.abc import Iterable
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import torch

from ..base import MXNetError
from ..context import Context
from . import invoke as _invoke
from .dtypes import CODE_TO_TORCH, TORCH_TO_CODE
from .files import atomic_write, local_path

if TYPE_CHECKING:
    from ..ndarray.ndarray import NDArray

LIST_MAGIC = 0x112
V1, V2, V3 = 0xF993FAC8, 0xF993FAC9, 0xF993FACA
MAX_AXES = 32  # what NumPy 1 can hold; also the number that tells the oldest layout from a damaged word

# storage type -> its code, and how many index arrays it has
_STYPES = {"default": (0, 0), "row_sparse": (1, 1), "csr": (2, 2)}
_STYPE_OF = {code: (stype, n_aux) for stype, (code, n_aux) in _STYPES.items()}
# Kinds of devices that MXNet knows; arrays on any other (mps) are written as living on the CPU.
_DEVICES = frozenset((1, 2, 3, 5))

_U32, _I32, _U64 = struct.Struct("<I"), struct.Struct("<i"), struct.Struct("<Q")
_I32x2, _U64x2, _U64x3 = struct.Struct("<ii"), struct.Struct("<QQ"), struct.Struct("<QQQ")


class StoredArray(NamedTuple):
    """The plain parts of an array in a file."""

    stype: str
    shape: tuple[int, ...]
    data: torch.Tensor
    aux: tuple[torch.Tensor, ...]  # csr: indptr, indices; row_sparse: indices
    device: tuple[int, int]  # kind and number


# ---------------------------------------------------------------------- reading


class Reader:
    """A cursor over a file or buffer of known size; reading past the end raises MXNetError with the offset."""

    __slots__ = ("_file", "_name", "offset", "size")

    def __init__(self, file: IO[bytes], size: int, name: str) -> None:
        self._file = file
        self._name = name
        self.size = size
        self.offset = 0

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def error(self, message: str, offset: int | None = None) -> MXNetError:
        """An error that says where in which file."""
        at = self.offset if offset is None else offset
        return MXNetError(f"Invalid NDArray file format: {self._name}, offset {at}: {message}")

    def _claim(self, n: int, what: str) -> None:
        left = self.size - self.offset
        if n > left:
            raise self.error(f"{n} bytes are expected for {what}, but only {left} are left")

    def take(self, n: int, what: str) -> bytes:
        """The next ``n`` bytes."""
        self._claim(n, what)
        data = self._file.read(n)
        if len(data) != n:
            raise self.error(f"the file ended while {what} was read")
        self.offset += n
        return data

    def unpack(self, layout: struct.Struct, what: str) -> Any:
        """The next numbers: one of them, or a tuple."""
        found = layout.unpack(self.take(layout.size, what))
        return found[0] if len(found) == 1 else found

    def tensor(self, shape: tuple[int, ...], dtype: torch.dtype, what: str) -> torch.Tensor:
        """The next values, read straight into a new tensor."""
        n = dtype.itemsize
        for length in shape:
            n *= length
        self._claim(n, what)
        # NumPy has no bfloat16, so its bits are read as integers.
        t = torch.empty(shape, dtype=torch.int16 if dtype is torch.bfloat16 else dtype)
        if n and self._file.readinto(t.numpy()) != n:  # type: ignore[attr-defined]
            raise self.error(f"the file ended while {what} was read")
        self.offset += n
        if dtype is torch.bfloat16:
            return t.view(torch.bfloat16)
        return t.view(torch.uint8).ne(0) if dtype is torch.bool else t

    def shape(self, count: int, wide: bool, what: str) -> tuple[int, ...]:
        """The next ``count`` lengths, 64 bits each or 32."""
        if not 0 <= count <= MAX_AXES:
            raise self.error(f"{what} has {count} axes", self.offset - 4)
        start = self.offset
        size = 8 if wide else 4
        shape = struct.unpack(f"<{count}{'q' if wide else 'I'}", self.take(size * count, what))
        for i, length in enumerate(shape):
            if length < 0:
                raise self.error(f"{what} has the negative length {length}", start + size * i)
        return shape


def read_array(r: Reader) -> StoredArray:
    """The next array, in any layout.

    Raises
    ------
    MXNetError
        When it is damaged; the message says where.
    """
    start = r.offset
    magic = r.unpack(_U32, "an array")
    stype, n_aux = "default", 0
    if magic in (V2, V3):
        code = r.unpack(_I32, "the storage type")
        if code not in _STYPE_OF:
            raise r.error(f"unknown storage type {code}", r.offset - 4)
        stype, n_aux = _STYPE_OF[code]
        if n_aux:
            data_shape = r.shape(r.unpack(_I32, "the shape of the values"), True, "the shape of the values")
        axes = r.unpack(_I32, "the shape")
        if axes == -1 or (axes == 0 and magic == V2):
            raise r.error("an array that was never allocated has no values", start)
        shape = r.shape(axes, True, "the shape")
    elif magic == V1 or magic <= MAX_AXES:
        axes = r.unpack(_U32, "the shape") if magic == V1 else magic
        if axes == 0:
            raise r.error("an array that was never allocated has no values", start)
        shape = r.shape(axes, magic == V1, "the shape")
    else:
        raise r.error(f"unknown array layout {magic:#010x}", start)
    device = r.unpack(_I32x2, "the context")
    dtype = _dtype(r, "the type code")
    if not n_aux:
        return StoredArray("default", shape, r.tensor(shape, dtype, "the values"), (), device)
    kinds = []
    for _ in range(n_aux):
        kinds.append((_index_dtype(r), r.shape(r.unpack(_I32, "an index shape"), True, "an index shape")))
    data = r.tensor(data_shape, dtype, "the values")
    aux = tuple(r.tensor(aux_shape, kind, "the indices") for kind, aux_shape in kinds)
    return StoredArray(stype, shape, data, aux, device)


def _dtype(r: Reader, what: str) -> torch.dtype:
    code = r.unpack(_I32, what)
    try:
        return CODE_TO_TORCH[code]
    except KeyError:
        raise r.error(f"unknown type code {code}", r.offset - 4) from None


def _index_dtype(r: Reader) -> torch.dtype:
    dtype = _dtype(r, "the type code of the indices")
    if dtype.is_floating_point or dtype is torch.bool:
        raise r.error(f"indices are integers, not {dtype}", r.offset - 4)
    return dtype


def read_list(r: Reader) -> tuple[list[NDArray], list[str]]:
    """All arrays of a file and their names (none when it was saved from a list)."""
    magic, _ = r.unpack(_U64x2, "the header")
    if magic != LIST_MAGIC:
        raise r.error(f"not an array file: it begins with {magic:#x}, not {LIST_MAGIC:#x}", 0)
    count = r.unpack(_U64, "the number of arrays")
    if count > (r.size - r.offset) // 4:
        raise r.error(f"{count} arrays do not fit in the file", r.offset - 8)
    arrays = [make_array(r, r.offset) for _ in range(count)]
    n_names = r.unpack(_U64, "the number of names")
    if n_names not in (0, count):
        raise r.error(f"{n_names} names for {count} arrays", r.offset - 8)
    names = []
    for _ in range(n_names):
        length = r.unpack(_U64, "the length of a name")
        text = r.take(length, "a name")
        try:
            names.append(text.decode("utf-8"))
        except UnicodeDecodeError:
            raise r.error("a name is not UTF-8", r.offset - length) from None
    return arrays, names


def make_array(r: Reader, start: int) -> NDArray:
    """Read the next array as an NDArray, on the device it was saved from where there is one, else on the CPU."""
    stored = read_array(r)
    kind, number = stored.device
    if kind == 2 and 0 <= number < torch.cuda.device_count():
        ctx = Context("gpu", number)
        stored = stored._replace(data=stored.data.to(ctx.device), aux=tuple(a.to(ctx.device) for a in stored.aux))
    else:
        ctx = Context("cpu", 0)
    if stored.stype == "default":
        return _invoke.wrap(stored.data, ctx)
    from ..ndarray.sparse import from_parts

    try:
        return from_parts(stored.stype, stored.shape, stored.data, list(stored.aux), ctx)
    except MXNetError as e:
        raise r.error(str(e), start) from None


def open_reader(fname: str) -> Reader:
    """A reader of a file, which ``with`` closes."""
    path = local_path(fname)
    try:
        file = open(path, "rb")
        try:
            info = os.fstat(file.fileno())
            if stat.S_ISREG(info.st_mode):
                return Reader(file, info.st_size, repr(fname))
            data = file.read()  # a pipe has no size
        except BaseException:
            file.close()
            raise
        file.close()
    except OSError as e:
        raise MXNetError(f"cannot open {fname!r}: {e.strerror or e}") from e
    return buffer_reader(data, repr(fname))


def buffer_reader(buf: bytes | bytearray, name: str = "buffer") -> Reader:
    """A reader of bytes in memory."""
    return Reader(io.BytesIO(buf), len(buf), name)


# ---------------------------------------------------------------------- writing


def _shape_bytes(shape: Iterable[int]) -> bytes:
    lengths = tuple(shape)
    return struct.pack(f"<i{len(lengths)}q", len(lengths), *lengths)


def _values(t: torch.Tensor) -> Any:
    """The values of a tensor as a contiguous buffer."""
    t = t.detach().cpu().contiguous()
    return (t.view(torch.int16) if t.dtype is torch.bfloat16 else t).numpy()


def write_array(write: Any, array: NDArray, np_shape: bool) -> None:
    """Write one array through ``write(bytes-like)`` in the current layout."""
    code, n_aux = _STYPES[array.stype]
    shape = array.shape
    # Without axes the older layout would mean "never allocated", so a scalar is always written as V3.
    parts = [_U32.pack(V3 if np_shape or not shape else V2), _I32.pack(code)]
    data, *aux = array._parts() if n_aux else (array._t,)  # type: ignore[attr-defined]
    if n_aux:
        parts.append(_shape_bytes(data.shape))
    ctx = array._ctx
    device = (ctx.device_typeid, ctx.device_id) if ctx.device_typeid in _DEVICES else (1, 0)
    parts += [_shape_bytes(shape), _I32x2.pack(*device), _I32.pack(TORCH_TO_CODE[data.dtype])]
    for a in aux:
        parts += [_I32.pack(TORCH_TO_CODE[a.dtype]), _shape_bytes(a.shape)]
    write(b"".join(parts))
    for t in (data, *aux):
        write(_values(t))


def write_list(fname: str, arrays: list[NDArray], names: list[str], np_shape: bool) -> None:
    """Write arrays with their names (or none) to a file, which appears whole or not at all.

    Raises
    ------
    MXNetError
        When the file cannot be written.
    """
    path = local_path(fname)
    try:
        with atomic_write(path, buffering=1 << 16) as file:
            file.write(_U64x3.pack(LIST_MAGIC, 0, len(arrays)))
            for array in arrays:
                write_array(file.write, array, np_shape)
            encoded = [name.encode("utf-8") for name in names]
            file.write(_U64.pack(len(encoded)) + b"".join(_U64.pack(len(name)) + name for name in encoded))
    except OSError as e:
        raise MXNetError(f"cannot write {fname!r}: {e.strerror or e}") from e


# ---------------------------------------------------------------------- single arrays, for pickles


def dump_array(array: NDArray) -> bytes:
    """One array in the per-array layout, as NDArray's pickles hold it."""
    buffer = io.BytesIO()
    write_array(buffer.write, array, False)
    return buffer.getvalue()


def load_array(buf: Any) -> NDArray:
    """The array that :func:`dump_array` wrote.

    Raises
    ------
    MXNetError
        When the bytes are damaged.
    """
    if not isinstance(buf, (bytes, bytearray)):
        raise MXNetError(f"a pickled array holds bytes, got {type(buf).__name__}")
    return make_array(buffer_reader(buf, "pickled array"), 0)
