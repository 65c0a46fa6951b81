"""Symbols called on arrays: traced calls must not be told from those that run operator by operator."""

import threading

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd

RS = np.random.RandomState(7)


def network():
    x = mx.sym.var("data")
    h = mx.sym.FullyConnected(x, num_hidden=5, name="fc1")
    h = mx.sym.BatchNorm(h, name="bn", fix_gamma=False)
    h = mx.sym.Activation(h, act_type="tanh")
    return mx.sym.FullyConnected(h, num_hidden=3, name="fc2")


def arrays(sym, batch=4, seed=0):
    rs = np.random.RandomState(seed)
    shapes = dict(zip(sym.list_arguments(), sym.infer_shape(data=(batch, 6))[0]))
    shapes.update(zip(sym.list_auxiliary_states(), sym.infer_shape(data=(batch, 6))[2]))
    return {n: mx.nd.array(rs.uniform(0.2, 1, shapes[n])) for n in sym.list_inputs()}


@pytest.fixture(params=["auto", "eager"])
def mode(request, monkeypatch):
    monkeypatch.setenv("MXNET_EXECUTOR", request.param)
    return request.param


def traces(op):
    return [s for graph in op._graphs.values() for s in graph._traces.values() if s is not None]


def test_repeated_calls_are_traced_and_stay_the_same(monkeypatch):
    sym, found = network(), {}
    for mode in ("eager", "auto"):
        monkeypatch.setenv("MXNET_EXECUTOR", mode)
        op, given = mx.nd.CachedOp(sym), arrays(sym)
        for name in sym.list_arguments():
            given[name].attach_grad()
        steps = []
        for _ in range(6):
            with autograd.record():
                y = op(*given.values())
                loss = (y * y).sum()
            loss.backward()
            steps.append([y.asnumpy(), *[x.grad.asnumpy() for x in given.values() if x.grad is not None]])
            with autograd.predict_mode():
                steps.append([op(*given.values()).asnumpy(), given["bn_moving_mean"].asnumpy()])
        assert bool(traces(op)) == (mode == "auto")
        found[mode] = steps
    for a, b in zip(found["eager"], found["auto"]):
        for left, right in zip(a, b, strict=True):
            np.testing.assert_array_equal(left, right)


def test_parts_of_one_backward_pass_are_summed(mode):
    sym = mx.sym.FullyConnected(mx.sym.var("data"), mx.sym.var("w"), num_hidden=2, no_bias=True)
    op, x, w = mx.nd.CachedOp(sym), mx.nd.array([[1, 2]]), mx.nd.array([[1, 2], [3, 4]])
    w.attach_grad()
    for _ in range(5):
        with autograd.record():
            y = op(op(x, w), w) + mx.nd.dot(x, w)
        y.backward()
        # d/dw of (x w' w' + x w) . 1, by hand
        inner, ones = np.array([[5.0, 11.0]]), np.ones((1, 2))
        by_hand = ones.T @ inner + (ones @ w.asnumpy()).T @ x.asnumpy() + x.asnumpy().T @ ones
        np.testing.assert_allclose(w.grad.asnumpy(), by_hand)


def test_grad_req_add_and_null(mode):
    op = mx.nd.CachedOp(mx.sym.var("a") * mx.sym.var("b"))
    a, b = mx.nd.array([2.0, 3.0]), mx.nd.array([5.0, 7.0])
    a.attach_grad("add")
    b.attach_grad("null")
    assert not b.grad.asnumpy().any()
    for k in range(1, 6):
        with autograd.record():
            y = op(a, b)
        y.backward()
        np.testing.assert_array_equal(a.grad.asnumpy(), k * b.asnumpy())
        assert b.grad is None  # MXNet drops the buffer with the first graph


def test_grad_gives_gradients_without_touching_buffers(mode):
    op = mx.nd.CachedOp(mx.sym.var("a") * mx.sym.var("b"))
    a, b = mx.nd.array([2.0, 3.0]), mx.nd.array([5.0, 7.0])
    a.attach_grad()
    for _ in range(5):
        with autograd.record():
            h = a * 2
            y = op(h, b) + a
        found = autograd.grad([y], [a, h], retain_graph=True)
        np.testing.assert_array_equal(found[0].asnumpy(), 2 * b.asnumpy() + 1)
        np.testing.assert_array_equal(found[1].asnumpy(), b.asnumpy())
        assert not a.grad.asnumpy().any()
        y.backward()
        assert a.grad.asnumpy().any()
        a.grad[:] = 0


def test_gradients_of_gradients(mode):
    x = mx.sym.var("x")
    op, x = mx.nd.CachedOp(x * x * x), mx.nd.array([1.0, 2.0])
    x.attach_grad()
    for _ in range(5):
        with autograd.record():
            y = op(x)
            (first,) = autograd.grad([y], [x], create_graph=True)
        first.backward()
        np.testing.assert_allclose(first.asnumpy(), 3 * x.asnumpy() ** 2)
        np.testing.assert_allclose(x.grad.asnumpy(), 6 * x.asnumpy())


def test_a_graph_is_differentiated_once_unless_retained(mode):
    op, x = mx.nd.CachedOp(mx.sym.exp(mx.sym.var("x"))), mx.nd.array([1.0, 2.0])
    x.attach_grad()
    for _ in range(5):
        with autograd.record():
            y = op(x)
        y.backward(retain_graph=True)
        y.backward()
        with pytest.raises(mx.MXNetError, match="retain_graph"):
            y.backward()


def test_random_numbers_and_new_shapes_are_not_frozen(mode):
    op = mx.nd.CachedOp(mx.sym.Dropout(mx.sym.var("x"), p=0.5))
    for n in (100, 100, 100, 100, 50, 70):
        with autograd.train_mode():
            first, second = (op(mx.nd.ones((n,))).asnumpy() for _ in range(2))
        assert first.shape == (n,)
        assert (first != second).any()


def test_sizes_left_open_are_filled_by_shapes(mode):
    x = mx.sym.var("x")
    op = mx.nd.CachedOp(mx.sym.elemwise_add(x, mx.sym.zeros(shape=(0, 3)) + 1))
    for n in (2, 2, 2, 4, 4, 4, 2):
        assert op(mx.nd.zeros((n, 3))).asnumpy().sum() == 3 * n


def test_several_outputs_and_out(mode):
    parts = mx.sym.split(mx.sym.var("x"), num_outputs=2, axis=0)
    op, x = mx.nd.CachedOp(mx.sym.Group([parts[0], parts[1] * 2])), mx.nd.array([[1.0], [2.0]])
    for _ in range(4):
        assert [y.asnumpy().item() for y in op(x)] == [1.0, 4.0]
    targets = [mx.nd.zeros((1, 1)), mx.nd.zeros((1, 1))]
    assert op(x, out=targets) is targets
    assert [y.asnumpy().item() for y in targets] == [1.0, 4.0]


def test_wrong_inputs_are_named():
    op = mx.nd.CachedOp(mx.sym.var("left") + mx.sym.var("right"))
    with pytest.raises(mx.MXNetError, match=r"2 inputs \(left, right\), got 1"):
        op(mx.nd.ones((2,)))
    with pytest.raises(TypeError, match="input right must be an NDArray, got int"):
        op(mx.nd.ones((2,)), 3)
    op(mx.nd.ones((2,)), mx.nd.ones((2,)))
    with pytest.raises(TypeError, match="input right must be an NDArray, got int"):
        op(mx.nd.ones((2,)), 3)


def test_threads_with_different_shapes():
    op, wrong = mx.nd.CachedOp(mx.sym.sum(mx.sym.var("x") * 2, axis=1)), []

    def work(n):
        for _ in range(50):
            if op(mx.nd.ones((n, n))).asnumpy().tolist() != [2 * n] * n:
                wrong.append(n)

    threads = [threading.Thread(target=work, args=(n,)) for n in (2, 3, 4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong


def test_op_hooks_see_every_value():
    names = []
    op = mx.nd.CachedOp(mx.sym.exp(mx.sym.var("x"), name="up") + 1)
    op._register_op_hook(lambda name, operator, value: names.append((name, operator)), False)
    op(mx.nd.ones((2,)))
    assert names[0] == (b"up_output", b"exp")
    assert len(names) == 2


def test_indices_are_checked_in_every_call(mode):
    op, x = mx.nd.CachedOp(mx.sym.take(mx.sym.var("x"), mx.sym.var("i"), mode="raise")), mx.nd.array([1.0, 2.0])
    for _ in range(5):
        assert op(x, mx.nd.array([1])).asnumpy().tolist() == [2.0]
    with pytest.raises(IndexError):
        op(x, mx.nd.array([2]))


@pytest.mark.parametrize("axis", [0, 1])
def test_gradients_come_in_any_memory_order(axis):
    """A trace may view the gradient it starts from, which here repeats one element along an axis."""
    x = mx.sym.Variable("x")
    op = mx.nd.CachedOp(mx.sym.reshape(mx.sym.relu(x * 2), shape=(2, 3)))
    values = mx.nd.ones((6,))
    values.attach_grad()
    weights = mx.nd.arange(3 if axis == 0 else 2)
    for _ in range(5):
        with mx.autograd.record():
            y = mx.nd.sum(op(values), axis=axis) * weights
        y.backward()
        expected = np.broadcast_to(weights.asnumpy() if axis == 0 else weights.asnumpy()[:, None], (2, 3))
        np.testing.assert_array_equal(values.grad.asnumpy(), 2 * expected.reshape(-1))
