"""The smaller parts of ``mx.contrib``: old autograd, loaders as iterators, namespaces, TensorBoard."""

from __future__ import annotations

import sys
import types
from collections import namedtuple

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.contrib import autograd as old
from mxnet.contrib.io import DataLoaderIter
from mxnet.contrib.tensorboard import LogMetricsCallback

# ---------------------------------------------------------------------------------------------------- namespaces


def test_namespaces_forward():
    assert mx.contrib.nd is mx.contrib.ndarray
    assert mx.contrib.nd.box_nms is mx.nd.contrib.box_nms
    assert mx.contrib.sym.box_nms is mx.sym.contrib.box_nms
    assert "box_nms" in dir(mx.contrib.symbol)
    assert {"amp", "autograd", "io", "tensorboard"} <= set(dir(mx.contrib))
    for module in (mx.contrib, mx.contrib.nd):
        with pytest.raises(AttributeError, match="no_such_thing"):
            module.no_such_thing  # noqa: B018


# ---------------------------------------------------------------------------------------------------- autograd


def test_grad_and_loss_of_chosen_arguments():
    def product(a, b, power):
        return a * b**power

    a, b = mx.nd.array([2.0, 3.0]), mx.nd.array([5.0, 7.0])
    grads, value = old.grad_and_loss(product, argnum=[0, 1])(a, b, 2)
    assert value.asnumpy().tolist() == [50, 147]
    assert [g.asnumpy().tolist() for g in grads] == [[25, 49], [20, 42]]
    assert old.grad(product, argnum=1)(a, b, 2)[0].asnumpy().tolist() == [20, 42]
    with pytest.raises(AssertionError, match="argument 2 must be an NDArray"):
        old.grad_and_loss(product)(a, b, 2)


def test_sections_switch_recording_and_training_and_restore_both():
    assert old.set_is_training(True) is False
    assert old.set_is_training(False) is True
    with mx.autograd.record(train_mode=False):
        with old.test_section():
            assert not mx.autograd.is_recording()
        assert mx.autograd.is_recording() and not mx.autograd.is_training()
        with old.train_section():
            assert mx.autograd.is_recording() and mx.autograd.is_training()
        assert not mx.autograd.is_training()


def test_backward_with_head_gradients():
    x, dx = mx.nd.ones((3,)), mx.nd.zeros((3,))
    old.mark_variables([x], [dx])
    with old.train_section():
        y, z = x * 2, x * 3
    old.backward([y, z], [mx.nd.array([1, 2, 3]), None])
    assert dx.asnumpy().tolist() == [5, 7, 9]
    with pytest.raises(AssertionError, match="got NDArray"):
        old.backward(y)
    with pytest.raises(AssertionError, match="2 outputs, but 1 out_grads"):
        old.backward([y, z], [None])


# ---------------------------------------------------------------------------------------------------- iterators


@pytest.mark.parametrize("kind", [np.asarray, torch.as_tensor, mx.nd.array])
def test_loader_of_any_arrays(kind):
    rows = np.arange(14, dtype="float32").reshape(7, 2)
    batches = [(kind(rows[i : i + 3]), kind(np.arange(i, min(i + 3, 7)))) for i in (0, 3, 6)]
    loader = DataLoaderIter(batches, data_name="x", label_name="y", dtype="float16")
    assert loader.provide_data == [mx.io.DataDesc("x", (3, 2), "float16")]
    assert loader.provide_label == [mx.io.DataDesc("y", (3,), "float16")]
    assert loader.batch_size == 3
    for _ in range(2):
        seen = list(loader)
        assert [b.pad for b in seen] == [0, 0, 2]
        assert all(b.data[0].dtype == b.label[0].dtype == np.float16 for b in seen)
        assert all(b.data[0].shape == (3, 2) for b in seen)
        np.testing.assert_array_equal(np.concatenate([b.data[0].asnumpy() for b in seen])[:7], rows)
        assert seen[2].label[0].asnumpy().tolist() == [6, 0, 0]
        loader.reset()


def test_loader_that_can_be_read_once():
    made = iter([(np.ones((2, 1)), np.zeros(2)), (np.ones((2, 1)), np.ones(2))])
    loader = DataLoaderIter(made)
    loader.reset()
    assert [b.label[0].asnumpy().tolist() for b in loader] == [[0, 0], [1, 1]]


def test_loader_without_batches():
    with pytest.raises(ValueError, match="no batch"):
        DataLoaderIter([])


def test_module_trains_on_a_loader():
    x = np.random.randn(40, 5).astype("float32")
    y = (x[:, 0] > 0).astype("float32")
    loader = DataLoaderIter([(x[i : i + 8], y[i : i + 8]) for i in range(0, 40, 8)])
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2), name="softmax")
    module = mx.mod.Module(net)
    module.fit(loader, num_epoch=20, optimizer_params={"learning_rate": 0.5})
    assert module.score(loader, "acc")[0][1] > 0.9


# ---------------------------------------------------------------------------------------------------- TensorBoard

Param = namedtuple("Param", ["epoch", "eval_metric"])


class Writer:
    def __init__(self, folder):
        self.folder = folder
        self.rows = []

    def add_scalar(self, name, value, global_step=None):
        self.rows.append((name, value, global_step))


@pytest.fixture
def writers(monkeypatch):
    """Only a stand-in for tensorboardX is there."""
    module = types.ModuleType("tensorboardX")
    module.SummaryWriter = Writer
    monkeypatch.setitem(sys.modules, "mxboard", None)
    monkeypatch.setitem(sys.modules, "tensorboardX", module)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    return module


def test_metrics_are_logged(writers):
    metric = mx.metric.Accuracy()
    metric.update([mx.nd.array([1, 0])], [mx.nd.array([[0, 1], [0, 1]])])
    callback = LogMetricsCallback("logs/train", prefix="train")
    callback(Param(3, metric))
    callback(Param(4, None))
    assert callback.summary_writer.folder == "logs/train"
    assert callback.summary_writer.rows == [("train-accuracy", 0.5, 3)]
    plain = LogMetricsCallback("logs")
    plain(Param(0, metric))
    assert plain.summary_writer.rows == [("accuracy", 0.5, 0)]


def test_without_a_writer_the_packages_are_named(writers, monkeypatch):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(ImportError, match="pip install tensorboardX"):
        LogMetricsCallback("logs")
