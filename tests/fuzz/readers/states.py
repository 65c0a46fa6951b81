"""Pickled states of optimizers."""

from __future__ import annotations

import pickle

import mxnet as mx
from mxnet.optimizer._saved import loads
from tests.fuzz.mutations import PICKLE
from tests.fuzz.reader import Reader, written
from tests.fuzz.seeds import fixtures


def _states() -> list[bytes]:
    schedule = mx.lr_scheduler.FactorScheduler(step=2, factor=0.9, base_lr=0.001)
    adam = mx.optimizer.Adam(lr_scheduler=schedule)
    pair = {0: (mx.nd.zeros((2,)), mx.nd.ones((2,)))}
    made = [
        pickle.dumps(x, protocol=p) for p in (0, 2, 4, 5) for x in (pair, {0: mx.nd.ones((2,))}, (pair, adam), [(), {}])
    ]
    return [*made, *fixtures("optimizer/*.states", 2000)]


def _unpickle(data: bytes, _: str) -> None:
    loads(data)


def _load(data: bytes, folder: str) -> None:
    """Into a trainer, which goes on training with them."""
    weight = mx.gluon.Parameter("w", shape=(2,))
    weight.initialize()
    trainer = mx.gluon.Trainer({"w": weight}, "adam")
    trainer.load_states(written(data, folder, "x.states"))
    with mx.autograd.record():
        loss = (weight.data() * 2).sum()
    loss.backward()
    trainer.step(1)


READERS = [
    Reader("unpickle", _states, _unpickle, PICKLE, weight=8),
    Reader("trainer states", _states, _load, PICKLE, weight=4),
]
