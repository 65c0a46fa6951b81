"""LibSVM files."""

from __future__ import annotations

import mxnet as mx
from tests.fuzz.mutations import TEXT
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures


def _seeds() -> list[bytes]:
    return [b"1 0:1 2:3\n0 1:2 # more\n", b"\n-1.5 3:1e-3\r\n2\n", *fixtures("io/*.libsvm", 400)]


def _read(data: bytes, folder: str) -> None:
    path = written(data, folder, "x.libsvm")
    size = 1 + len(data) // 2048  # the time that counts is that of reading, not that of thousands of batches
    for batch in mx.io.LibSVMIter(data_libsvm=path, data_shape=(50,), batch_size=size):
        batch.data[0].asnumpy()


READERS = [Reader("libsvm", _seeds, _read, TEXT)]
