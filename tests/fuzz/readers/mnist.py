"""Files in MNIST's format, plain and compressed."""

from __future__ import annotations

import gzip
import struct

import mxnet as mx
from tests.fuzz.mutations import BYTES
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures

_LABELS = struct.pack(">2I", 2049, 4) + bytes(4)


def _plain() -> list[bytes]:
    made = [struct.pack(">4I", 2051, 4, *size) + bytes(4 * size[0] * size[1]) for size in ((2, 2), (1, 7))]
    return [*made, _LABELS, *fixtures("io/*ubyte", 1000)]


def _read(data: bytes, folder: str, ending: str = "") -> None:
    images, labels = written(data, folder, "images" + ending), written(_LABELS, folder, "labels")
    for _ in mx.io.MNISTIter(image=images, label=labels, batch_size=2, silent=True):
        pass


READERS = [
    Reader("mnist", _plain, _read, BYTES),
    Reader(
        "mnist gzip",
        lambda: [gzip.compress(b, mtime=0) for b in _plain()],
        lambda data, folder: _read(data, folder, ".gz"),
        BYTES,
    ),
]
