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


def trained(layer, x):
    trainer = mx.gluon.Trainer(layer.collect_params(), "sgd", {"learning_rate": 0.5, "momentum": 0.9})
    for _ in range(3):
        with mx.autograd.record():
            y = (layer(x) ** 2).sum()
        y.backward()
        trainer.step(100)
    return layer.weight.data()


def test_gluon_convolutions_train_channels_last(tmp_path):
    x = mx.nd.array(np.random.RandomState(2).normal(size=(2, 3, 6, 6)))
    layer = mx.gluon.nn.Conv2D(4, 3, in_channels=3)
    layer.initialize(mx.init.Xavier())
    path = str(tmp_path / "layer.params")
    layer.save_parameters(path)
    assert lies_channels_last(layer.weight.data())
    assert lies_channels_last(layer.weight.grad())
    plain = mx.gluon.nn.Conv2D(4, 3, in_channels=3)
    plain.weight._channels_last = False
    plain.load_parameters(path)
    assert not lies_channels_last(plain.weight.data())
    expected = trained(plain, x).asnumpy()
    np.testing.assert_allclose(trained(layer, x).asnumpy(), expected, rtol=1e-5)
    layer.weight.data().reshape(-1)[:] = 2
    assert (layer.weight.data().asnumpy() == 2).all()
    plain.weight.set_data(mx.nd.ones((4, 3, 3, 3)) * 2)
    assert np.isfinite(trained(layer, x).asnumpy()).all()


def test_layouts_other_than_channels_first_stay(tmp_path):
    layer = mx.gluon.nn.Conv2D(4, 3, in_channels=3, layout="NHWC")
    layer.initialize()
    assert layer.weight.data()._t.is_contiguous()


def test_symbol_blocks_lay_out_what_they_load(tmp_path):
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Conv2D(4, 3, in_channels=3), mx.gluon.nn.Dense(2))
    net.initialize()
    net.hybridize()
    expected = net(mx.nd.ones((1, 3, 6, 6))).asnumpy()
    net.export(str(tmp_path / "net"))
    loaded = mx.gluon.SymbolBlock.imports(str(tmp_path / "net-symbol.json"), "data", str(tmp_path / "net-0000.params"))
    weights = [x for x in (p.data() for p in loaded.collect_params().values()) if x.ndim == 4]
    assert [lies_channels_last(w) for w in weights] == [True]
    np.testing.assert_array_equal(loaded(mx.nd.ones((1, 3, 6, 6))).asnumpy(), expected)
