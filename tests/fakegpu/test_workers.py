"""Workers that are forked from a process that has used a GPU."""

from __future__ import annotations

import numpy as np

import mxnet as mx


class _Numbers:
    def __len__(self):
        return 4

    def __getitem__(self, i):
        return (mx.nd.random.uniform(shape=(2,)) * 0 + i).asnumpy()


def test_workers_start_after_a_random_operator_ran_on_a_gpu():
    mx.nd.random.uniform(shape=(2,), ctx=mx.gpu(0)).asnumpy()
    with mx.cpu():
        batches = [b.asnumpy() for b in mx.gluon.data.DataLoader(_Numbers(), 2, num_workers=1)]
    assert np.concatenate(batches).tolist() == [[i, i] for i in range(4)]


def test_workers_compute_on_the_host():
    with mx.gpu(0):
        loader = mx.gluon.data.DataLoader(_Numbers(), 2, num_workers=1)
        batches = [b.asnumpy() for b in loader]
    assert np.concatenate(batches).tolist() == [[i, i] for i in range(4)]
