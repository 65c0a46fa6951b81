"""Files of arrays (``.params``), in all layouts, and single arrays inside pickles."""

from __future__ import annotations

import struct

import mxnet as mx
from mxnet._core import serialization
from tests.fuzz.mutations import BYTES
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures


def _bytes(arrays: object) -> bytes:
    import tempfile

    with tempfile.NamedTemporaryFile(suffix=".params") as file:
        mx.nd.save(file.name, arrays)
        with open(file.name, "rb") as saved:
            return saved.read()


def _sparse() -> list[mx.nd.NDArray]:
    csr = mx.nd.sparse.csr_matrix(([1.0, 2.0], [0, 2], [0, 1, 2]), shape=(2, 3))
    return [csr, mx.nd.sparse.row_sparse_array(([[1.0, 2.0]], [1]), shape=(3, 2))]


def _files() -> list[bytes]:
    small = [
        _bytes({"arg:a": mx.nd.ones((2, 3)), "aux:b": mx.nd.zeros((2,), dtype="int32")}),
        _bytes([mx.nd.ones((1,), dtype="float16"), mx.nd.ones((2, 1, 2), dtype="uint8")]),
        _bytes(_sparse()),
        _bytes([]),
        # The layout before magic numbers: axes, lengths, device, type, values.
        struct.pack("<QQQ", 0x112, 0, 1) + struct.pack("<II2iif", 1, 1, 1, 0, 0, 1.5) + bytes(8),
    ]
    return [*small, *fixtures("ndarray/*params"), *fixtures("hostile/*.params"), *fixtures("legacy/*.v0")]


def _singles() -> list[bytes]:
    return [serialization.dump_array(a) for a in (mx.nd.ones((2, 3)), mx.nd.ones((2,), dtype="bfloat16"), *_sparse())]


def _touch(loaded: object) -> None:
    """Look at all that is stored, as damage may hide until then. (A small sparse array may be a huge dense one.)"""
    for array in loaded.values() if isinstance(loaded, dict) else loaded:  # type: ignore[attr-defined]
        for part in (array,) if array.stype == "default" else (array.data, array.indices):
            part.asnumpy()


READERS = [
    Reader("params", _files, lambda data, _: _touch(mx.nd.load_frombuffer(data)), BYTES, weight=15),
    Reader("params file", _files, lambda data, folder: _touch(mx.nd.load(written(data, folder, "x"))), BYTES),
    Reader("pickled array", _singles, lambda data, _: _touch([serialization.load_array(data, mx.nd.NDArray)]), BYTES),
]
