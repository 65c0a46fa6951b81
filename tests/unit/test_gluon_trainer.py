"""Trainers: steps, stores, stale gradients, files."""

import re

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import Parameter, Trainer, nn

CPUS = [mx.cpu(0), mx.cpu(1)]


def parameter(name="w", value=1.0, shape=(3,), ctx=None, **kwargs):
    p = Parameter(name, shape=shape, **kwargs)
    p.initialize(init=mx.init.Constant(value), ctx=ctx)
    return p


def backward(*params, scale=1.0):
    with autograd.record():
        losses = [p.data(c) * scale for p in params for c in p.list_ctx()]
    autograd.backward(losses)


def values(p):
    return [a.asnumpy().tolist() for a in p.list_data()]


def test_step():
    p = parameter()
    trainer = Trainer([p], "sgd", {"learning_rate": 0.5, "momentum": 0.5})
    assert trainer.learning_rate == 0.5
    backward(p, scale=4)
    trainer.step(2)
    assert values(p) == [[0, 0, 0]]
    trainer.set_learning_rate(0.25)
    p.lr_mult = 2
    backward(p, scale=4)
    trainer.step(2)  # momentum 0.5 * -1, and 0.5 * 2
    assert values(p) == [[-1.5] * 3]


@pytest.mark.parametrize(
    "two", [mx.nd.array([2]), mx.np.array(2.0), np.array([2.0]), np.float32(2)], ids=["nd", "np", "numpy", "scalar"]
)
def test_settings_out_of_arrays(two):
    """`trainer.step(lengths.sum())` divides by an array of one element."""
    p = parameter()
    trainer = Trainer([p], "sgd", {"learning_rate": two, "wd": two, "clip_gradient": two})
    backward(p, scale=4)
    trainer.step(two)
    assert values(p) == [[1 - 2 * (2 + 2)] * 3]
    trainer.set_learning_rate(two / 2)
    backward(p, scale=4)
    trainer.update(two)
    assert values(p) == [[-7 - (2 - 14)] * 3]
    with pytest.raises(TypeError, match=r"batch_size must be a number, got an array of shape \(2,\)"):
        trainer.step(mx.nd.ones((2,)))


@pytest.mark.parametrize("on_store", [True, False, None])
@pytest.mark.parametrize("kvstore", ["local", "device", None])
def test_several_contexts(kvstore, on_store):
    if kvstore is None and on_store:
        pytest.skip("without a store nothing runs on it")
    params = [parameter(n, ctx=CPUS) for n in "ab"]
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0}, kvstore=kvstore, update_on_kvstore=on_store)
    for _ in range(2):
        backward(*params)
        trainer.step(4)
    expected = 1 - 2 * (0.25 if kvstore is None else 0.5)  # without a store nothing is summed
    assert [values(p) for p in params] == [[[expected] * 3] * 2] * 2
    assert trainer._update_on_kvstore == (None if kvstore is None else on_store is not False)


def test_custom_store():
    p = parameter(ctx=CPUS)
    store = mx.kv.create("teststore")
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0}, kvstore=store)
    backward(p)
    trainer.step(1)
    assert values(p) == [[-1] * 3] * 2
    with pytest.raises(ValueError, match="Please set update_on_kvstore=False"):
        Trainer([p], "sgd", kvstore=store, update_on_kvstore=True).step(1)


def test_gradients_can_be_changed_between_reducing_and_updating():
    p = parameter(ctx=CPUS)
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0}, update_on_kvstore=False)
    backward(p)
    trainer.allreduce_grads()
    assert [g.asnumpy().tolist() for g in p.list_grad()] == [[2] * 3] * 2
    for g in p.list_grad():
        g *= 0.5
    trainer.update(1)
    assert values(p) == [[0] * 3] * 2
    other = Trainer([p], "sgd", update_on_kvstore=True)
    for method in (other.allreduce_grads, lambda: other.update(1)):
        with pytest.raises(AssertionError, match=r"no part of step\(\) when the store runs"):
            method()


def test_stale_gradients():
    used, idle = parameter("used"), parameter("idle")
    trainer = Trainer([used, idle], "sgd", {"learning_rate": 1.0})
    backward(used)
    place = re.escape(str(mx.current_context()))
    with pytest.raises(UserWarning, match=f"Gradient of Parameter `idle` on context {place} has not been updated"):
        trainer.step(1)
    assert values(used) == [[1] * 3]
    trainer.step(1, ignore_stale_grad=True)
    assert values(used) == [[0] * 3] and values(idle) == [[1] * 3]
    trainer.step(1, ignore_stale_grad=True)  # nothing new
    assert values(used) == [[0] * 3]
    backward(used, idle)
    trainer.step(1)
    assert values(idle) == [[0] * 3]


@pytest.mark.parametrize("hybrid", [False, True])
def test_graphs_refresh_gradients(hybrid):
    net = nn.Dense(1, in_units=1, use_bias=False, weight_initializer="zeros")
    net.initialize()
    net.hybridize(hybrid)
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    for i in range(6):
        with autograd.record():
            y = net(mx.nd.ones((1, 1)))
        y.backward()
        trainer.step(1)
        assert net.weight.data().asscalar() == -(i + 1)
    with pytest.raises(UserWarning, match="has not been updated by backward"):
        trainer.step(1)


def test_parameters_that_get_new_arrays():
    p = parameter()
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0})
    for change in (lambda: p.cast("float64"), lambda: p.reset_ctx(mx.cpu(0)), lambda: None):
        change()
        p.set_data(mx.nd.ones((3,)))
        backward(p)
        trainer.step(1)
        assert values(p) == [[0] * 3]
    p.grad_req = "null"
    trainer.step(1)
    assert values(p) == [[0] * 3]


def test_set_data_reaches_the_store():
    p = parameter(ctx=CPUS)
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0}, update_on_kvstore=True)
    backward(p)
    trainer.step(2)
    p.set_data(mx.nd.full((3,), 7))
    backward(p)
    trainer.step(2)
    assert values(p) == [[6] * 3] * 2


def test_parameters_initialized_later():
    net = nn.Dense(1, use_bias=False, weight_initializer="ones")
    net.initialize(ctx=CPUS)
    trainer = Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})
    with autograd.record():
        losses = [net(mx.nd.ones((1, 2), c)) for c in CPUS]
    autograd.backward(losses)
    trainer.step(2)
    assert values(net.weight) == [[[0, 0]]] * 2


def test_sparse_gradients():
    p = parameter("w", shape=(4, 2), grad_stype="row_sparse")
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0, "momentum": 0.5})
    for rows in ([1], [1, 2]):
        with autograd.record():
            y = mx.nd.Embedding(mx.nd.array(rows), p.data(), input_dim=4, output_dim=2, sparse_grad=True)
        y.backward()
        assert p.grad().stype == "row_sparse"
        trainer.step(1)
    assert p.data().asnumpy()[:, 0].tolist() == [1, -1.5, 0, 1]


def test_sparse_weights_live_on_the_store():
    p = parameter("w", shape=(4, 2), stype="row_sparse", grad_stype="row_sparse")
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0})
    rows = mx.nd.array([1, 3])
    weight = p.row_sparse_data(rows)
    with autograd.record():
        y = mx.nd.sparse.Embedding(rows, weight, input_dim=4, output_dim=2, sparse_grad=True)
    y.backward()
    trainer.step(1)
    assert p.row_sparse_data(mx.nd.arange(4)).asnumpy()[:, 0].tolist() == [1, 0, 1, 0]
    with pytest.raises(RuntimeError, match="'w' has another trainer, and being row_sparse"):
        Trainer([p], "sgd")
    q = parameter("v", stype="row_sparse")
    with pytest.raises(ValueError, match="update_on_kvstore=False is impossible with sparse weights"):
        Trainer([q], "sgd", update_on_kvstore=False).step(1)


def test_compression():
    p = parameter(ctx=CPUS)
    params = {"type": "2bit", "threshold": 0.5}
    trainer = Trainer([p], "sgd", {"learning_rate": 1.0}, compression_params=params)
    backward(p, scale=0.75)
    trainer.step(1)
    assert values(p) == [[0] * 3] * 2  # 0.5 each
    backward(p, scale=0.25)
    trainer.step(1)
    assert values(p) == [[-1] * 3] * 2  # what was left over


@pytest.mark.parametrize("on_store", [True, False])
def test_states_in_files(tmp_path, on_store):
    path = str(tmp_path / "t.states")

    def make():
        p = parameter(ctx=CPUS)
        return p, Trainer([p], "adam", {"learning_rate": 0.1}, update_on_kvstore=on_store)

    def train(p, trainer, steps):
        for i in range(steps):
            backward(p, scale=i + 1.0)
            trainer.step(1)

    p, trainer = make()
    train(p, trainer, 2)
    trainer.save_states(path)
    middle = p.data(CPUS[0]).copy()
    train(p, trainer, 2)
    q, other = make()
    q.set_data(middle)
    q.lr_mult = 1.0
    other.load_states(path)
    assert other.optimizer.param_dict == {0: q}
    train(q, other, 2)
    np.testing.assert_allclose(q.data(CPUS[1]).asnumpy(), p.data(CPUS[1]).asnumpy(), rtol=1e-6)


def test_schedule():
    p = parameter()
    trainer = Trainer([p], "sgd", {"lr_scheduler": mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=1.0)})
    rates = []
    for _ in range(3):
        backward(p)
        trainer.step(1)
        rates.append(trainer.learning_rate)
    assert rates == [1.0, 0.5, 0.25]
    with pytest.raises(UserWarning, match="the rate comes from the optimizer's lr_scheduler"):
        trainer.set_learning_rate(1.0)


def test_wrong_arguments():
    with pytest.raises(ValueError, match="list or dict of Parameters, got <class 'int'>"):
        Trainer(1, "sgd")
    with pytest.raises(ValueError, match="got list of <class 'int'>"):
        Trainer([1], "sgd")
    with pytest.raises(AssertionError, match="Parameter b is initialized on"):
        Trainer([parameter("a"), parameter("b", ctx=CPUS)], "sgd")
    with pytest.raises(AssertionError, match="optimizer_params must be None"):
        Trainer([parameter()], mx.optimizer.SGD(), {"learning_rate": 1})
    with pytest.raises(RuntimeError, match="'w' has not been initialized"):
        Trainer([Parameter("w", shape=(1,))], "sgd")


def test_one_update_of_all_parameters():
    params = [parameter(f"w{i}") for i in range(4)]
    trainer = Trainer(params, "sgd", {"learning_rate": 1.0})
    calls = []
    updater = trainer._updaters[0]
    trainer._updaters = [lambda i, g, w: calls.append(list(i)) or updater(i, g, w)]
    for _ in range(2):
        backward(*params)
        trainer.step(1)
    assert calls == [[0, 1, 2, 3]] * 2 and values(params[3]) == [[-1] * 3]


def test_a_trainer_of_a_dictionary_goes_by_name():
    b, a = parameter("b"), parameter("a")
    assert Trainer({"b": b, "a": a}, "sgd")._params == [a, b]
    net = gluon.nn.Dense(1, in_units=1)
    net.initialize()
    assert [p.name for p in Trainer(net.collect_params(), "sgd")._params] == [net.bias.name, net.weight.name]


def test_states_of_row_sparse_parameters(tmp_path):
    weight = gluon.Parameter("weight", shape=(4, 1), stype="row_sparse", grad_stype="row_sparse")
    weight.initialize(ctx=[mx.current_context()], init="zeros")
    trainer = gluon.Trainer([weight], "sgd", {"learning_rate": 0.1, "momentum": 0.5})
    rows = mx.nd.arange(4)
    for _ in range(2):
        with mx.autograd.record():
            y = weight.row_sparse_data(rows) * 1
        y.backward()
        trainer.step(1)
        trainer.save_states(str(tmp_path / "states"))
        trainer.load_states(str(tmp_path / "states"))
    np.testing.assert_allclose(weight.row_sparse_data(rows).asnumpy(), -0.25, rtol=1e-6)
    weight.lr_mult = 2.0
    assert trainer._kvstore._updater.optimizer._get_lr(0) == 0.2
