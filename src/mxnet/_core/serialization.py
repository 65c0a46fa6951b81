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
import math
import os
import stat
import struct
import warnings
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import IO, Any, NamedTuple, TypeVar

import numpy as np
import torch

from ..base import MXNetError
from ..context import Context
from .array import Array
from .dtypes import CODE_TO_TORCH, TORCH_TO_CODE, TORCH_TO_NP
from .files import atomic_write, local_path
from .sparse.storage import of_parts
from .text import quoted, shortened

A = TypeVar("A", bound=Array)

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
# A dense array's header takes two reads: layout, storage type and number of axes; then, by that number, the lengths,
# the device and the type. Writing takes one.
_HEAD = struct.Struct("<Iii")
_TAILS = [struct.Struct(f"<{axes}q3i") for axes in range(MAX_AXES + 1)]
_DENSE = [struct.Struct(f"<Iii{axes}q3i") for axes in range(MAX_AXES + 1)]


# Below this many bytes NumPy allocates, which is faster; above it torch, which aligns for vector instructions.
_SMALL = 1 << 14
# From this many bytes on, values are read by several threads; and it takes this many together to start them.
_LARGE = 1 << 18
_WORTH_THREADS = 1 << 22
# The lengths of an array without elements still are steps in memory, which must be numbers.
_MOST_STRIDE = 1 << 48
_NUMPY_TYPES = {**TORCH_TO_NP, torch.bfloat16: np.int16}
_CPU = Context("cpu", 0)


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

    __slots__ = ("_descriptor", "_file", "_later", "name", "offset", "size", "unknown_device")

    def __init__(self, file: IO[bytes], size: int, name: str, descriptor: int | None = None) -> None:
        self._file = file
        self.name = name
        # Of a file on disk: large values are passed over, and read together by several threads in the end.
        self._descriptor = descriptor if hasattr(os, "preadv") else None
        self._later: list[tuple[int, memoryview]] = []
        self.size = size
        self.offset = 0
        self.unknown_device: int | None = None  # the kind of one, when there was one

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *exc: object) -> None:
        self._file.close()

    def error(self, message: str, offset: int | None = None) -> MXNetError:
        """An error that says where in which file."""
        at = self.offset if offset is None else offset
        return MXNetError(shortened(f"Invalid NDArray file format: {self.name}, offset {at}: {message}"))

    def _short(self, n: int, what: str) -> MXNetError:
        return self.error(f"{n} bytes are expected for {what}, but only {self.size - self.offset} are left")

    def take(self, n: int, what: str) -> bytes:
        """The next ``n`` bytes."""
        if n > self.size - self.offset:
            raise self._short(n, what)
        data = self._file.read(n)
        if len(data) != n:
            raise self.error(f"the file ended while {what} was read")
        self.offset += n
        return data

    def unpack(self, layout: struct.Struct, what: str) -> tuple[Any, ...]:
        """The next numbers."""
        return layout.unpack(self.take(layout.size, what))

    def number(self, layout: struct.Struct, what: str) -> int:
        """The next number."""
        return layout.unpack(self.take(layout.size, what))[0]

    def rewind(self, offset: int) -> None:
        """Go back to an offset."""
        self._file.seek(offset)
        self.offset = offset

    def tensor(self, shape: Sequence[int], dtype: torch.dtype, what: str) -> torch.Tensor:
        """The next values, read straight into a new tensor."""
        n = dtype.itemsize
        for length in shape:
            n *= length
        if n > self.size - self.offset:
            raise self._short(n, what)
        if not n and math.prod(filter(None, shape)) > _MOST_STRIDE:
            raise self.error(f"no array has the shape {tuple(shape)}")
        # NumPy has no bfloat16, so its bits are read as integers.
        if n < _SMALL:
            values = np.empty(shape, _NUMPY_TYPES[dtype])
            t = torch.from_numpy(values)
        else:
            t = torch.empty(tuple(shape), dtype=torch.int16 if dtype is torch.bfloat16 else dtype)
            values = t.numpy()
        if self._descriptor is not None and n >= _LARGE and dtype is not torch.bool:
            self._later.append((self.offset, memoryview(values).cast("B")))  # type: ignore[arg-type]
            self._file.seek(self.offset + n)
        elif n and self._file.readinto(values) != n:  # type: ignore[attr-defined]
            raise self.error(f"the file ended while {what} was read")
        self.offset += n
        if dtype is torch.bfloat16:
            return t.view(torch.bfloat16)
        return t.view(torch.uint8).ne(0) if dtype is torch.bool else t

    def finish(self) -> None:
        """Read the values that were passed over."""
        pending, self._later = self._later, []
        if sum(len(view) for _, view in pending) < _WORTH_THREADS:
            for offset, view in pending:
                self._read_at(offset, view)
            return
        with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
            for _ in pool.map(lambda piece: self._read_at(*piece), pending):
                pass

    def _read_at(self, offset: int, view: memoryview) -> None:
        while view:
            n = os.preadv(self._descriptor, [view], offset)  # type: ignore[arg-type]
            if n <= 0:
                raise self.error("the file ended while values were read", offset)
            offset += n
            view = view[n:]

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
    magic, code, axes = r.unpack(_HEAD, "an array")
    if code == 0 and magic in (V2, V3):
        _check_allocated(r, magic, axes, start)
        if not 0 <= axes <= MAX_AXES:
            raise r.error(f"the shape has {axes} axes", r.offset - 4)
        *shape, kind, number, type_code = r.unpack(_TAILS[axes], "the shape, the context and the type code")
        for i, length in enumerate(shape):
            if length < 0:
                raise r.error(f"the shape has the negative length {length}", start + 12 + 8 * i)
        dtype = CODE_TO_TORCH.get(type_code)
        if dtype is None:
            raise r.error(f"unknown type code {type_code}", r.offset - 4)
        return StoredArray("default", tuple(shape), r.tensor(shape, dtype, "the values"), (), (kind, number))
    r.rewind(start + 4)
    if magic in (V2, V3):
        return _read_sparse(r, magic)
    return _read_old(r, magic)


def _check_allocated(r: Reader, magic: int, axes: int, start: int) -> None:
    if axes == -1 or (axes == 0 and magic != V3):
        raise r.error("an array that was never allocated has no values", start)


def _read_old(r: Reader, magic: int) -> StoredArray:
    """The rest of an array in one of the layouts before V2."""
    start = r.offset - 4
    if magic != V1 and magic > MAX_AXES:
        raise r.error(f"unknown array layout {magic:#010x}", start)
    axes = r.number(_U32, "the shape") if magic == V1 else magic
    _check_allocated(r, magic, axes, start)
    shape = r.shape(axes, magic == V1, "the shape")
    device = r.unpack(_I32x2, "the context")
    return StoredArray("default", shape, r.tensor(shape, _dtype(r, "the type code"), "the values"), (), device)


def _read_sparse(r: Reader, magic: int) -> StoredArray:
    """The rest of a sparse array."""
    start = r.offset - 4
    code = r.number(_I32, "the storage type")
    if code not in _STYPE_OF:
        raise r.error(f"unknown storage type {code}", start + 4)
    stype, n_aux = _STYPE_OF[code]
    data_shape = _shape(r, "the shape of the values")
    axes = r.number(_I32, "the shape")
    _check_allocated(r, magic, axes, start)
    shape = r.shape(axes, True, "the shape")
    device = r.unpack(_I32x2, "the context")
    dtype = _dtype(r, "the type code")
    kinds = [(_index_dtype(r), _shape(r, "an index shape")) for _ in range(n_aux)]
    data = r.tensor(data_shape, dtype, "the values")
    aux = tuple(r.tensor(aux_shape, kind, "the indices") for kind, aux_shape in kinds)
    return StoredArray(stype, shape, data, aux, device)


def _shape(r: Reader, what: str) -> tuple[int, ...]:
    return r.shape(r.number(_I32, what), True, what)


def _dtype(r: Reader, what: str) -> torch.dtype:
    code = r.number(_I32, what)
    try:
        return CODE_TO_TORCH[code]
    except KeyError:
        raise r.error(f"unknown type code {code}", r.offset - 4) from None


def _index_dtype(r: Reader) -> torch.dtype:
    dtype = _dtype(r, "the type code of the indices")
    if dtype.is_floating_point or dtype is torch.bool:
        raise r.error(f"indices are integers, not {dtype}", r.offset - 4)
    return dtype


def read_list(r: Reader, kind: type[A]) -> tuple[list[A], list[str]]:
    """All arrays of a file and their names (none when it was saved from a list).

    Warns of what MXNet passes over: names that occur twice, bytes behind the end, devices of an unknown kind.
    """
    magic, _ = r.unpack(_U64x2, "the header")
    if magic != LIST_MAGIC:
        raise r.error(f"not an array file: it begins with {magic:#x}, not {LIST_MAGIC:#x}", 0)
    count = r.number(_U64, "the number of arrays")
    if count > (r.size - r.offset) // 4:
        raise r.error(f"{count} arrays do not fit in the file", r.offset - 8)
    arrays = [make_array(r, r.offset, kind) for _ in range(count)]
    r.finish()
    n_names = r.number(_U64, "the number of names")
    if n_names not in (0, count):
        raise r.error(f"{n_names} names for {count} arrays", r.offset - 8)
    names = _read_names(r, n_names)
    for message in _doubts(r, names):
        warnings.warn(f"{r.name}: {message}", stacklevel=4)
    return arrays, names


def _doubts(r: Reader, names: list[str]) -> Iterator[str]:
    """What is strange about a file that can be read."""
    if len(set(names)) < len(names):
        again, _ = Counter(names).most_common(1)[0]
        yield f"there are several arrays with the name {quoted(again)}, of which the last counts"
    if r.offset < r.size:
        yield f"{r.size - r.offset} bytes behind the end of the arrays, at offset {r.offset}, are left out"
    if r.unknown_device is not None:
        yield f"an array was saved on a device of the unknown kind {r.unknown_device}; it is on the CPU now"


def _read_names(r: Reader, count: int) -> list[str]:
    if count > (r.size - r.offset) // 8:
        raise r.error(f"{count} names do not fit in the file")
    start = r.offset
    text = r.take(r.size - start if count else 0, "the names")
    names, at, end = [], 0, len(text)
    for _ in range(count):
        if at + 8 > end:
            raise r.error("the file ends inside the names", start + at)
        (length,) = _U64.unpack_from(text, at)
        at += 8
        if length > end - at:
            raise r.error(f"{length} bytes are expected for a name, but only {end - at} are left", start + at)
        try:
            names.append(text[at : at + length].decode("utf-8"))
        except UnicodeDecodeError:
            raise r.error("a name is not UTF-8", start + at) from None
        at += length
    r.offset = start + at
    return names


def make_array(r: Reader, start: int, kind: type[A]) -> A:
    """Read the next array, on the device it was saved from where there is one, else on the CPU."""
    stored = read_array(r)
    device, number = stored.device
    if device == 2 or stored.stype != "default":
        r.finish()  # the values are looked at, or copied
    if device == 2 and 0 <= number < torch.cuda.device_count():
        ctx = Context("gpu", number)
        stored = stored._replace(data=stored.data.to(ctx.device), aux=tuple(a.to(ctx.device) for a in stored.aux))
    else:
        ctx = _CPU
        if device not in _DEVICES:
            r.unknown_device = device
    if stored.stype == "default":
        return kind._wrap(stored.data, ctx)
    store = of_parts(stored.stype, stored.shape, stored.data, stored.aux)
    try:
        store.check(full=False)
        store.check_places()
    except MXNetError as e:
        raise r.error(str(e), start) from None
    return kind._wrap_value(store, ctx)


def open_reader(fname: str) -> Reader:
    """A reader of a file, which ``with`` closes."""
    path = local_path(fname)
    try:
        file = open(path, "rb")
        try:
            info = os.fstat(file.fileno())
            if stat.S_ISREG(info.st_mode):
                return Reader(file, info.st_size, repr(fname), file.fileno())
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
    if t.requires_grad:
        t = t.detach()
    if t.dtype is torch.bfloat16:
        t = t.view(torch.int16)
    if not t.is_cpu:
        t = t.cpu()
    return (t if t.is_contiguous() else t.contiguous()).numpy()


def write_array(write: Callable[[Any], Any], array: Array, np_shape: bool) -> None:
    """Write one array through ``write(bytes-like)`` in the current layout."""
    ctx = array._ctx
    kind, number = (ctx.device_typeid, ctx.device_id) if ctx.device_typeid in _DEVICES else (1, 0)
    stype = array.stype
    if stype == "default":
        t = array._t
        shape: Sequence[int] = t.shape
        # Without axes the older layout would mean "never allocated", so a scalar is always written as V3.
        magic = V3 if np_shape or not shape else V2
        write(_DENSE[len(shape)].pack(magic, 0, len(shape), *shape, kind, number, TORCH_TO_CODE[t.dtype]))
        write(_values(t))
        return
    data, *aux = array._value.parts()
    parts = [_U32.pack(V3 if np_shape else V2), _I32.pack(_STYPES[stype][0]), _shape_bytes(data.shape)]
    parts += [_shape_bytes(array.shape), _I32x2.pack(kind, number), _I32.pack(TORCH_TO_CODE[data.dtype])]
    for a in aux:
        parts += [_I32.pack(TORCH_TO_CODE[a.dtype]), _shape_bytes(a.shape)]
    write(b"".join(parts))
    for t in (data, *aux):
        write(_values(t))


def write_list(fname: str, arrays: list[Array], names: list[str], np_shape: bool) -> None:
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


def dump_array(array: Array) -> bytes:
    """One array in the per-array layout, as NDArray's pickles hold it."""
    buffer = io.BytesIO()
    write_array(buffer.write, array, False)
    return buffer.getvalue()


def load_array(buf: object, kind: type[A]) -> A:
    """The array that :func:`dump_array` wrote.

    Raises
    ------
    MXNetError
        When the bytes are damaged.
    """
    if not isinstance(buf, (bytes, bytearray)):
        raise MXNetError(f"a pickled array holds bytes, got {type(buf).__name__}")
    return make_array(buffer_reader(buf, "pickled array"), 0, kind)
