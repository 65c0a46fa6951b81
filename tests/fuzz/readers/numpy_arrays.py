"""NumPy's files of arrays, ``.npy`` and ``.npz``."""

from __future__ import annotations

import io

import numpy as np

from mxnet import npx
from tests.fuzz.mutations import BYTES
from tests.fuzz.reader import Reader, written


def _seeds() -> list[bytes]:
    found = []
    for values in (np.ones((2, 3), "float32"), np.arange(4, dtype="int64").reshape(2, 2).T, np.array(True)):
        file = io.BytesIO()
        np.save(file, values)
        found.append(file.getvalue())
    for write in (np.savez, np.savez_compressed):
        file = io.BytesIO()
        write(file, a=np.ones((2,), "float32"), b=np.zeros((0, 2)))
        found.append(file.getvalue())
    return found


def _read(data: bytes, folder: str) -> None:
    loaded = npx.load(written(data, folder, "x"))
    for array in loaded.values() if isinstance(loaded, dict) else loaded:
        array.asnumpy()


READERS = [Reader("npy and npz", _seeds, _read, BYTES)]
