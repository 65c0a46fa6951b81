"""Graphs in ``-symbol.json`` files."""

from __future__ import annotations

import mxnet as mx
from tests.fuzz.mutations import JSON
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures


def _seeds() -> list[bytes]:
    data = mx.sym.Variable("data", shape=(2, 3), lr_mult=2.0)
    fc = mx.sym.FullyConnected(data, num_hidden=3, name="fc")
    loop, _ = mx.sym.contrib.foreach(lambda x, s: (x + s, x * s), data, mx.sym.Variable("state"))
    norm = mx.sym.BatchNorm(mx.sym.Reshape(fc, shape=(0, -1, 1, 1)), name="bn")
    made = [fc, loop, mx.sym.Group([norm, mx.sym.SliceChannel(fc, num_outputs=3)[1]])]
    return [
        *(s.tojson().encode() for s in made),
        *fixtures("checkpoints/*symbol.json", 3000),
        *fixtures("legacy/s*0.json"),
    ]


def _read(data: bytes, folder: str) -> None:
    symbol = mx.sym.load(written(data, folder, "x-symbol.json"))
    symbol.list_arguments(), symbol.list_outputs(), symbol.list_auxiliary_states(), symbol.attr_dict()
    symbol.tojson()


READERS = [Reader("symbol json", _seeds, _read, JSON, weight=8)]
