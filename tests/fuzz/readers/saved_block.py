"""Structures of blocks, as ``Block.save`` writes them."""

from __future__ import annotations

import functools
import tempfile
from pathlib import Path

import mxnet as mx
from tests.fuzz.mutations import JSON
from tests.fuzz.reader import Reader, written


def _net() -> mx.gluon.Block:
    net = mx.gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(2, in_units=2))
    return net


@functools.cache
def _saved(hybrid: bool) -> tuple[bytes, bytes]:
    """Structure and parameters."""
    net = _net()
    net.initialize()
    if hybrid:
        net.hybridize()
        net(mx.nd.ones((1, 2)))
    with tempfile.TemporaryDirectory() as folder:
        net.save(f"{folder}/x")
        return Path(folder, "x-model.json").read_bytes(), Path(folder, "x-model.params").read_bytes()


def _read(data: bytes, folder: str) -> None:
    written(data, folder, "x-model.json")
    written(_saved(False)[1], folder, "x-model.params")
    _net().load(f"{folder}/x")


# The structure is that of another block, or of one with other parameters.
_ERRORS = (mx.MXNetError, ValueError, AssertionError)
READERS = [Reader("saved block", lambda: [_saved(h)[0] for h in (False, True)], _read, JSON, _ERRORS, 2)]
