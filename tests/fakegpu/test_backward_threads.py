"""Backward passes on the threads that torch has for devices."""

from __future__ import annotations

import threading

import numpy as np

import mxnet as mx
from mxnet import autograd


class _Asking(autograd.Function):
    """The identity; its backward notes where it runs and with what settings."""

    def __init__(self):
        super().__init__()
        self.seen = []

    def forward(self, x):
        return x * 1

    def backward(self, g):
        self.seen.append(
            (
                threading.current_thread() is threading.main_thread(),
                autograd.is_training(),
                autograd.is_recording(),
                mx.util.is_np_array(),
                mx.util.is_np_shape(),
                mx.context.current_context(),
            )
        )
        return g


def _ask(training):
    x = mx.nd.ones((2,), ctx=mx.gpu(1))
    x.attach_grad()
    function = _Asking()
    with autograd.record(train_mode=training):
        y = function(x)
    y.backward(train_mode=training)
    assert x.grad.asnumpy().tolist() == [1, 1]
    return function.seen


def test_user_functions_have_the_settings_of_the_caller():
    for training in (True, False):
        with mx.gpu(1), mx.util.np_shape(True):
            ((here, *settings),) = _ask(training)
        assert not here  # else there is nothing to see
        assert settings == [training, False, False, True, mx.gpu(1)]


def test_gradients_that_two_devices_deliver_at_once_are_all_there():
    shared = mx.nd.ones((64,), ctx=mx.cpu())
    shared.attach_grad()
    for _ in range(50):
        own = [mx.nd.ones((64,), ctx=mx.gpu(i)) for i in range(2)]
        for x in own:
            x.attach_grad()
        with autograd.record():
            losses = [(x * shared.as_in_context(x.context) * (i + 2)).sum() for i, x in enumerate(own)]
        autograd.backward(losses)
        assert np.unique(shared.grad.asnumpy()).tolist() == [5]
        assert [np.unique(x.grad.asnumpy()).tolist() for x in own] == [[2], [3]]
