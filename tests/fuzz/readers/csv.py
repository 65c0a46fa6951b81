"""CSV files, as floats and as integers."""

from __future__ import annotations

from functools import partial

import mxnet as mx
from tests.fuzz.mutations import TEXT
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures


def _seeds() -> list[bytes]:
    return [
        b"1,2\n3,4\n",
        b"1.5,-2e3\n\n,4\n",
        b"9223372036854775807,0\r\n-1,2,\r\n",
        b"nan,inf\n",
        *fixtures("io/*.csv", 200),
    ]


def _read(dtype: str, data: bytes, folder: str) -> None:
    iterator = mx.io.CSVIter(
        data_csv=written(data, folder, f"{dtype}.csv"), data_shape=(2,), batch_size=4, round_batch=False, dtype=dtype
    )
    for _ in iterator:
        pass


READERS = [Reader(f"csv {t}", _seeds, partial(_read, t), TEXT, weight=6) for t in ("float32", "int32", "int64")]
