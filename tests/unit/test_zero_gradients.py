"""Gradients that are zero because a result does not depend on an array: written, fresh, and counted by trainers."""

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon, nd

CONSTANT = {
    "BlockGrad": lambda F, w: F.BlockGrad(w),
    "BlockGrad below": lambda F, w: F.norm(F.BlockGrad(F.tanh(w))),
    "zeros_like": lambda F, w: F.zeros_like(w),
    "ones_like": lambda F, w: F.ones_like(w),
    "topk": lambda F, w: F.topk(w),
    "argsort": lambda F, w: F.argsort(w),
    "argmax": lambda F, w: F.argmax(w, axis=0),
    "greater": lambda F, w: w > 0,
    "equal": lambda F, w: F.broadcast_equal(w, w),
    "one_hot": lambda F, w: F.one_hot(w, 3),
    "logical_not": lambda F, w: F.logical_not(w),
    "floor": lambda F, w: F.floor(w),
    "like": lambda F, w: F.broadcast_like(F.ones((1,)), w),
    "index": lambda F, w: F.pick(F.ones((3, 5)), w),
    "condition": lambda F, w: F.where(w, F.ones((3,)), F.ones((3,))),
    "layer": lambda F, w: F.FullyConnected(F.reshape(w, (1, 3)), F.ones((3, 3)), num_hidden=3, no_bias=True) > 0,
}
# Of these the integers in between have no gradient in torch, so that only graphs can know.
IN_GRAPHS = {
    "shape_array": lambda F, w: F.cast(F.shape_array(w), "float32"),
    "partly a condition": lambda F, w: F.where(w, F.ones((3,)), F.broadcast_mul(w, F.zeros((1,)))),
}


class Net(gluon.HybridBlock):
    """A weight ``v`` with a gradient, times something that is constant in ``w``."""

    def __init__(self, function):
        super().__init__()
        self.function = function
        with self.name_scope():
            self.w = self.params.get("w", shape=(3,), init="ones")
            self.v = self.params.get("v", shape=(1,), init="ones")

    def hybrid_forward(self, F, x, w, v):
        return F.sum(F.broadcast_mul(F.reshape(self.function(F, w), (-1,)), v)) + F.sum(x)


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("name", [*CONSTANT, *IN_GRAPHS])
def test_trainer_decays_a_weight_without_influence(name, hybrid):
    if name in IN_GRAPHS and not hybrid:
        pytest.skip("known to graphs only")
    net = Net({**CONSTANT, **IN_GRAPHS}[name])
    net.initialize()
    if hybrid:
        net.hybridize()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "wd": 0.5})
    for step in range(1, 5):  # from the third on the graph is traced
        net.w.grad()[:] = 7
        with autograd.record():
            loss = net(nd.ones((2,)))
        loss.backward()
        assert net.w.grad().asnumpy().tolist() == [0, 0, 0]
        trainer.step(1)
        np.testing.assert_allclose(net.w.data().asnumpy(), 0.95**step, rtol=1e-6)


def test_added_gradients_stay():
    for hybrid in (False, True):
        net = Net(CONSTANT["BlockGrad"])
        net.initialize()
        net.w.grad_req = "add"
        if hybrid:
            net.hybridize()
        for _ in range(4):
            net.w.grad()[:] = 7
            with autograd.record():
                loss = net(nd.ones((2,)))
            loss.backward()
            assert net.w.grad().asnumpy().tolist() == [7, 7, 7]


def test_symbol_block_with_fixed_gamma_trains():
    data = mx.sym.var("data")
    out = mx.sym.FullyConnected(mx.sym.BatchNorm(data, name="bn", fix_gamma=True), num_hidden=2, name="fc")
    net = gluon.SymbolBlock(out, data)
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.1, "wd": 0.5})
    for _ in range(4):
        with autograd.record():
            loss = net(nd.array([[1, 2, 3], [3, 2, 0]])).sum()
        loss.backward()
        assert net.params["bn_gamma"].grad().asnumpy().tolist() == [0, 0, 0]
        trainer.step(1)


def test_backward_from_a_constant_result():
    x = nd.array([1, 2])
    x.attach_grad()
    for function in (nd.BlockGrad, nd.zeros_like, lambda x: x > 0):
        x.grad[:] = 5
        with autograd.record():
            y = function(x)
        y.backward()
        assert x.grad.asnumpy().tolist() == [0, 0]


def test_grad_gives_zeros_for_a_reached_variable_and_refuses_others():
    x, z = nd.ones((2,)), nd.ones((2,))
    x.attach_grad()
    z.attach_grad()
    for function in (nd.BlockGrad, nd.ones_like, lambda z: z > 0):
        with autograd.record():
            y = x * function(z)
        assert [g.asnumpy().tolist() for g in autograd.grad(y, [x, z])] == [[1, 1], [0, 0]]
    with autograd.record():
        y = x * 2
    with pytest.raises(mx.MXNetError, match="not reachable"):
        autograd.grad(y, [x, z])


def test_a_part_that_nothing_flows_through_is_not_computed():
    """A target network behind BlockGrad costs no backward pass, and its weights count as fresh."""
    calls = []

    class Watched(autograd.Function):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            calls.append(dy.asnumpy().tolist())
            return dy

    w = nd.ones((2,))
    w.attach_grad()
    with autograd.record():
        y = nd.BlockGrad(Watched()(w)) * w
    y.backward()
    assert w.grad.asnumpy().tolist() == [2, 2]
    assert calls in ([], [[0, 0]])


def test_one_of_two_outputs_used():
    class Two(gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            self.a = self.params.get("a", shape=(2,), init="ones")
            self.b = self.params.get("b", shape=(2,), init="ones")

        def hybrid_forward(self, F, x, a, b):
            return x * a, x * b

    net = Two()
    net.initialize()
    net.hybridize()
    for _ in range(4):
        for p in (net.a, net.b):
            p.grad()[:] = 7
        with autograd.record():
            y, _ = net(nd.array([2, 3]))
        y.backward()
        assert net.a.grad().asnumpy().tolist() == [2, 3]
        assert net.b.grad().asnumpy().tolist() == [0, 0]


MARKED = {  # an operator of several outputs, and which output of which marked input is zero
    "fixed gamma": (lambda x, g, b: nd.BatchNorm(x, g, b, nd.zeros(2), nd.ones(2), fix_gamma=True), "g", None),
    "moments": (
        lambda x, g, b: nd.BatchNorm(x, g, b, nd.zeros(2), nd.ones(2), fix_gamma=False, output_mean_var=True),
        "xgb",
        1,
    ),
    "LayerNorm": (lambda x, g, b: nd.LayerNorm(x, g, b, output_mean_var=True), "b", 2),
    "topk": (lambda x, g, b: nd.topk(x, ret_typ="both"), "x", 1),
    "integers": (lambda x, g, b: nd.topk(x, ret_typ="both", dtype="int32"), "x", 1),
}


@pytest.mark.parametrize("name", MARKED)
def test_outputs_without_influence(name):
    function, marked, output = MARKED[name]
    arrays = {"x": nd.array([[1.0, 2], [3, 5]]), "g": nd.ones(2), "b": nd.zeros(2)}
    for letter in marked:
        arrays[letter].attach_grad()
        arrays[letter].grad[:] = 7
    with autograd.record():
        y = function(*arrays.values())
    (y if output is None else y[output]).backward()
    for letter in marked:
        assert not arrays[letter].grad.asnumpy().any()


def test_lengths_of_several_outputs():
    lengths = nd.array([3, 2])
    lengths.attach_grad()
    with autograd.record():
        outputs = nd.RNN(
            nd.ones((3, 2, 4)), nd.ones(220) * 0.1, nd.zeros((1, 2, 5)), nd.zeros((1, 2, 5)), lengths,
            mode="lstm", state_size=5, num_layers=1, state_outputs=True, use_sequence_length=True,
        )  # fmt: skip
    outputs[2].backward()
    assert lengths.grad.asnumpy().tolist() == [0, 0]
