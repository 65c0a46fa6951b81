"""RecordIO files, their index files, the headers of image records, and parts of record files."""

from __future__ import annotations

import json
import struct

import mxnet as mx
from mxnet.io._record_split import RecordSplit
from tests.fuzz.mutations import BYTES, TEXT
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures

_MAGIC = struct.pack("<I", 0xCED7230A)


def _record(*payloads: bytes) -> bytes:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".rec") as file:
        writer = mx.recordio.MXRecordIO(file.name, "w")
        for payload in payloads:
            writer.write(payload)
        writer.close()
        with open(file.name, "rb") as saved:
            return saved.read()


def _files() -> list[bytes]:
    made = [_record(b"a", b"", b"0123456789"), _record(b"1234" + _MAGIC + b"5678", _MAGIC, b"x")]
    return [*made, *fixtures("recordio/*.rec"), *fixtures("hostile/*.rec")]


def _sequential(data: bytes, folder: str) -> None:
    reader = mx.recordio.MXRecordIO(written(data, folder, "x.rec"), "r")
    while reader.read() is not None:
        pass


def _indexed(data: bytes, folder: str) -> None:
    """The index is what is mutated; the records are those of a good file."""
    record = written(_record(b"a", b"bb", b"ccc"), folder, "y.rec")
    reader = mx.recordio.MXIndexedRecordIO(written(data, folder, "y.idx"), record, "r")
    for key in reader.keys[:100]:
        reader.read_idx(key)


def _split(data: bytes, folder: str) -> None:
    path = written(data, folder, "z.rec")
    for part in range(2):
        split = RecordSplit(path, "", part, 2, shuffle=True, seed=0)
        while split.take(16):
            pass


def _headers() -> list[bytes]:
    header = mx.recordio.IRHeader
    labels = [1.0, [1, 2, 3], [], [0.5] * 10]
    return [mx.recordio.pack(header(0, label, 5, 0), b"picture") for label in labels]


def _index_files() -> list[bytes]:
    return [b"0\t0\n1\t12\n2\t24\n", b"7\t24\n3\t0\n", *fixtures("recordio/*.idx"), json.dumps([1]).encode()]


READERS = [
    Reader("recordio", _files, _sequential, BYTES, weight=15),
    Reader("record index", _index_files, _indexed, TEXT),
    Reader("record parts", _files, _split, BYTES),
    Reader("image header", _headers, lambda data, _: mx.recordio.unpack(data), BYTES),
]
