"""Convolution weights lie channels last; nothing but speed may tell."""

import numpy as np
import torch

import mxnet as mx
from mxnet._core import layout


def lies_channels_last(x):
    return x._t.is_contiguous(memory_format=torch.channels_last) and not x._t.is_contiguous()


def bound():
    data = mx.sym.var("data")
    net = mx.sym.Convolution(data, kernel=(3, 3), num_filter=4, name="conv")
    net = mx.sym.FullyConnected(net, num_hidden=3, name="fc")
    exe = net.simple_bind(mx.cpu(), data=(2, 5, 8, 8))
    for x in exe.arg_arrays:
        x[:] = mx.nd.array(np.random.RandomState(0).uniform(-1, 1, x.shape))
    return exe


def run(exe):
    out = exe.forward(is_train=True)[0]
    exe.backward([mx.nd.ones(out.shape)])
    return out.asnumpy(), exe.grad_dict["conv_weight"].asnumpy()


def test_simple_bind_lays_weights_and_gradients_out():
    exe = bound()
    assert lies_channels_last(exe.arg_dict["conv_weight"])
    assert lies_channels_last(exe.grad_dict["conv_weight"])
    assert exe.arg_dict["fc_weight"]._t.is_contiguous()


def test_writing_through_a_reshaped_weight_reaches_the_executor():
    exe, same = bound(), bound()
    expected, _ = run(same)
    np.testing.assert_allclose(run(exe)[0], expected, rtol=1e-5)
    weight = exe.arg_dict["conv_weight"]
    flat = weight.reshape((-1,))
    flat[:] = 0
    assert not weight.asnumpy().any()
    out, grad = run(exe)
    np.testing.assert_allclose(
        out,
        np.broadcast_to(same.arg_dict["fc_bias"].asnumpy() + 0 * out, out.shape)
        + (same.arg_dict["conv_bias"].asnumpy().repeat(36) @ same.arg_dict["fc_weight"].asnumpy().T),
        rtol=1e-4,
    )
    assert grad.any()
    exe.grad_dict["conv_weight"].reshape((-1,))[:] = 7
    np.testing.assert_array_equal(exe.grad_dict["conv_weight"].asnumpy(), 7)
    np.testing.assert_allclose(run(exe)[1], grad, rtol=1e-5)


def test_an_optimizer_follows_a_weight_that_moved():
    weight, grad = (mx.nd.ones((2, 3, 4, 4)) for _ in range(2))
    for x in (weight, grad):
        x._t.data = layout.as_weight(x._t.data)
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgd", learning_rate=0.25, momentum=0.5))
    updater([0], [grad], [weight])
    assert lies_channels_last(updater.states[0])
    weight.reshape(-1)[:] = 5
    updater([0], [grad], [weight])
    np.testing.assert_allclose(weight.asnumpy(), 5 - 0.25 * 1.5)


def test_slices_and_files_see_the_shape_not_the_memory(tmp_path):
    values = np.random.RandomState(1).normal(size=(3, 4, 2, 2)).astype("float32")
    x = mx.nd.array(values)
    x._t.data = layout.as_weight(x._t.data)
    np.testing.assert_array_equal(x[1].asnumpy(), values[1])
    np.testing.assert_array_equal(x[0:2].reshape((2, -1)).asnumpy(), values[:2].reshape(2, -1))
    mx.nd.save(str(tmp_path / "x"), [x])
    np.testing.assert_array_equal(mx.nd.load(str(tmp_path / "x"))[0].asnumpy(), values)
