"""What clients do to the arrays of parameters, and that blocks and trainers notice; loading all or nothing."""

import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon, nd


def dense(**kwargs):
    net = gluon.nn.Dense(2, in_units=3, use_bias=False, weight_initializer="ones", **kwargs)
    net.initialize()
    return net


class Counted(gluon.Parameter):
    """A parameter whose values are another multiple at each look."""

    looks = 0

    def data(self, ctx=None):
        self.looks += 1
        return self._check_and_get(self._data, ctx) * self.looks


@pytest.mark.parametrize("hybrid", [False, True])
def test_a_parameter_that_computes_its_data_is_asked_each_time(hybrid):
    net = dense()
    net(nd.ones((1, 3)))
    own = Counted(net.weight.name, shape=(2, 3), init="ones")
    own.initialize()
    net._reg_params["weight"] = own
    net._params._params[own.name] = own
    object.__setattr__(net, "weight", own)
    if hybrid:
        net.hybridize()
    own.looks, before = 0, None
    for _ in range(5):
        with autograd.record():
            y = net(nd.ones((1, 3)))
        y.backward()
        now = y[0, 0].asscalar()
        assert now == 3 * own.looks
        assert now != before
        before = now
        np.testing.assert_array_equal(own.grad().asnumpy(), own.looks)


@pytest.mark.parametrize("hybrid", [False, True])
def test_an_array_that_is_exchanged_in_place_is_seen(hybrid):
    net = dense()
    if hybrid:
        net.hybridize()
    x = nd.ones((1, 3))
    for value in (1, 2, 3, 4):
        net.weight._data[0] = nd.full((2, 3), value)
        assert net(x)[0, 0].asscalar() == 3 * value
        assert net.weight.data()[0, 0].asscalar() == value


def test_an_exchanged_array_carries_gradients():
    net = dense()
    net(nd.ones((1, 3)))
    source = nd.ones((2, 3))
    source.attach_grad()
    with autograd.record():
        net.weight._data[0] = source * 2
        y = net(nd.ones((1, 3)))
    y.backward()
    np.testing.assert_array_equal(source.grad.asnumpy(), 2)


def test_a_trainer_sees_exchanged_arrays():
    net = dense()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 1.0})

    def step():
        with autograd.record():
            y = net(nd.ones((1, 3)))
        y.backward()
        trainer.step(1)

    step()
    weight, grad = nd.full((2, 3), 10), nd.zeros((2, 3))
    net.weight._data[0], net.weight._grad[0] = weight, grad
    autograd.mark_variables([weight], [grad])
    step()
    np.testing.assert_array_equal(weight.asnumpy(), 9)


@pytest.mark.parametrize("change", ["list", "append", "slice"])
def test_every_change_of_the_lists_counts(change):
    net = dense()
    x = nd.ones((1, 3))
    net(x)
    other = nd.full((2, 3), 5)
    if change == "list":
        net.weight._data = [other]
    elif change == "append":
        net.weight._data.clear()
        net.weight._data.append(other)
    else:
        net.weight._data[:] = [other]
    assert net(x)[0, 0].asscalar() == 15


def test_a_parameter_put_into_the_dictionaries_is_used():
    net = dense()
    net(nd.ones((1, 3)))
    other = gluon.Parameter("other", shape=(2, 3), init=mx.init.Constant(7))
    other.initialize()
    net._reg_params["weight"] = other
    assert net(nd.ones((1, 3)))[0, 0].asscalar() == 21


def test_contexts_are_found_by_the_map():
    p = gluon.Parameter("w", shape=(2,), init="ones")
    assert p._ctx_map is None and p._ctx_list is None and p._data is None and p._grad is None
    p.initialize(ctx=[mx.cpu(2), mx.cpu(0)])
    assert p._ctx_map == [[], [1, None, 0]]
    assert p.data(mx.cpu(2)) is p._data[0] and p.grad(mx.cpu_pinned(0)) is p._grad[1]
    with pytest.raises(RuntimeError, match="was not initialized on context cpu\\(1\\)"):
        p.data(mx.cpu(1))
    p._ctx_list, p._ctx_map = [mx.cpu(1)], [[], [None, 0]]  # as subclasses write _init_impl
    p._data = [nd.full((2,), 3, ctx=mx.cpu(1))]
    p._init_grad()
    assert p.data(mx.cpu(1)).asnumpy().tolist() == [3, 3]
    assert p.list_ctx() == [mx.cpu(1)]


def test_deferred_initialization_by_hand():
    p = gluon.Parameter("w", shape=(0, 2), allow_deferred_init=True, init="ones")
    p.initialize()
    init, ctx, default, values = p._deferred_init
    assert (init, ctx, values) == ("ones", [mx.cpu()], None) and default is not None
    p.shape = (3, 2)
    p._finish_deferred_init()
    assert p._deferred_init == () and p.data().shape == (3, 2)
    p._var = mx.sym.var("another")
    assert p.var().name == "another"


def test_pickled_parameters_and_blocks_keep_noticing():
    net = pickle.loads(pickle.dumps(dense()))
    x = nd.ones((1, 3))
    assert net(x)[0, 0].asscalar() == 3
    net.weight._data[0] = nd.zeros((2, 3))
    assert net(x)[0, 0].asscalar() == 0


# ---------------------------------------------------------------------- loading


def network():
    net = gluon.nn.HybridSequential(prefix="net_")
    with net.name_scope():
        net.add(gluon.nn.Dense(2, in_units=3), gluon.nn.Dense(4))
    net.initialize(mx.init.One())
    return net


def good():
    shapes = {"0.weight": (2, 3), "0.bias": (2,), "1.weight": (4, 2), "1.bias": (4,)}
    return {name: nd.full(shape, 5) for name, shape in shapes.items()}


DAMAGED = {
    "shape": {"1.bias": nd.full((5,), 5)},
    "axes": {"1.weight": nd.full((4, 2, 1), 5)},
    "type": {"1.bias": nd.full((4,), 5, dtype="float64")},
    "extra": {"1.more": nd.full((4,), 5)},
    "missing": {"1.bias": None},
}


@pytest.mark.parametrize("by_name", [False, True])
@pytest.mark.parametrize("kind", DAMAGED)
def test_loading_changes_nothing_when_it_fails(kind, by_name, tmp_path):
    net = network()
    values = {k: v for k, v in {**good(), **DAMAGED[kind]}.items() if v is not None}
    if by_name:
        values = {"dense{}_{}".format(*k.split(".")): v for k, v in values.items()}
    file = str(tmp_path / "net.params")
    nd.save(file, values)
    with pytest.raises((AssertionError, ValueError)):
        net.load_parameters(file)
    assert net[1].weight.shape == (4, 0) and net[1].weight._data is None and net[1].weight._deferred_init
    for p in (net[0].weight, net[0].bias):
        assert set(p.data().asnumpy().ravel().tolist()) <= {0, 1}
    net(nd.ones((1, 3)))  # it can still be used


def test_loading_refuses_two_shapes_for_a_shared_parameter(tmp_path):
    first = gluon.nn.Dense(2, prefix="a_")
    second = gluon.nn.Dense(2, prefix="b_", params=first.params)
    net = gluon.nn.Sequential()
    net.add(first, second)
    net.initialize()
    file = str(tmp_path / "net.params")
    values = {
        "0.weight": nd.ones((2, 3)),
        "1.weight": nd.ones((2, 4)),
        "0.bias": nd.ones((2,)),
        "1.bias": nd.ones((2,)),
    }
    nd.save(file, values)
    with pytest.raises(AssertionError, match="shape incompatible"):
        net.load_parameters(file)
    assert first.weight.shape == (2, 0)


def test_loading_on_another_context_changes_nothing(tmp_path):
    net = network()
    file = str(tmp_path / "net.params")
    nd.save(file, good())
    with pytest.raises(AssertionError, match="it is initialized on"):
        net.load_parameters(file, ctx=mx.cpu(3))
    assert net[0].weight.data().asnumpy().max() == 1
    net.load_parameters(file, ctx=mx.cpu(0))
    assert net[1].weight.data().asnumpy().tolist() == [[5, 5]] * 4
