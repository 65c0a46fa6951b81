"""Gradients of and through arrays of integers; the numbers are MXNet 1.9.1's."""

import gc
import weakref

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, nd
from mxnet._core import integers


def _variable(dtype, ctx, values=(1, 2, 3)):
    x = nd.array(values, ctx, dtype=dtype)
    x.attach_grad()
    return x


def _check(x, grad, dtype):
    assert x.grad.dtype == np.dtype(dtype)
    np.testing.assert_array_equal(x.grad.asnumpy(), grad)


# name: type of the variable, function, type of the result, gradient
_CASES = {
    "number": ("int32", lambda x: x * 2, "int32", [2, 2, 2]),
    "itself": ("int32", lambda x: x * x, "int32", [2, 4, 6]),
    "sum of two": ("int32", lambda x: x + x, "int32", [2, 2, 2]),
    "square": ("int32", nd.square, "int32", [2, 4, 6]),
    "sin": ("int32", nd.sin, "int32", [0, 0, 0]),
    "division": ("int32", lambda x: x / 2, "int32", [0, 0, 0]),
    "comparison": ("int32", lambda x: x > 1, "int32", [0, 0, 0]),
    "abs": ("int32", nd.abs, "int32", [1, 1, 1]),
    "clip": ("int32", lambda x: nd.clip(x, 1, 2), "int32", [1, 1, 0]),
    "relu": ("int32", nd.relu, "int32", [1, 1, 1]),
    "floor": ("int32", nd.floor, "int32", [0, 0, 0]),
    "int64": ("int64", lambda x: x * 3, "int64", [3, 3, 3]),
    "int8": ("int8", lambda x: x * 3, "int8", [3, 3, 3]),
    "uint8": ("uint8", lambda x: x * 3, "uint8", [3, 3, 3]),
    "to integers": ("float32", lambda x: x.astype("int32"), "int32", [1, 1, 1]),
    "to floats": ("int32", lambda x: x.astype("float32") * 1.5, "float32", [1, 1, 1]),
    "to floats, operator": ("int32", lambda x: nd.cast(x, dtype="float32") * 2.5, "float32", [2, 2, 2]),
    "there and back": ("float32", lambda x: (x.astype("int32") * 2).astype("float32"), "float32", [2, 2, 2]),
    "there and back, cut": ("float32", lambda x: (x.astype("int32") * 2).astype("float32") * 0.5, "float32", [0, 0, 0]),
    "slice": ("int32", lambda x: x[1:], "int32", [0, 1, 1]),
    "step": ("int32", lambda x: x[::2], "int32", [1, 0, 1]),
    "one": ("int32", lambda x: x[2], "int32", [0, 0, 1]),
    "indices": ("int32", lambda x: x[[0, 0, 2]], "int32", [2, 0, 1]),
    "reshape": ("int32", lambda x: x.reshape((3, 1)), "int32", [1, 1, 1]),
    "expand": ("int32", lambda x: x.expand_dims(0, inplace=True), "int32", [1, 1, 1]),
    "context": ("int32", lambda x: x.copyto(x.ctx) * 2, "int32", [2, 2, 2]),
    "copy": ("int32", lambda x: x.copy() * 2, "int32", [2, 2, 2]),
    "sum": ("int32", lambda x: x.sum(), "int32", [1, 1, 1]),
    "mean": ("int32", nd.mean, "int32", [0, 0, 0]),
    "max": ("int32", nd.max, "int32", [0, 0, 1]),
    "concat": ("int32", lambda x: nd.concat(x, x, dim=0), "int32", [2, 2, 2]),
    "topk, values": ("int32", lambda x: nd.topk(x, k=2, ret_typ="value"), "int32", [0, 1, 1]),
    "topk, integer places": ("float32", lambda x: nd.topk(x, k=2, dtype="int32"), "int32", [0, 0, 0]),
    "one_hot": ("int32", lambda x: nd.one_hot(x, 4), "float32", [0, 0, 0]),
    "take": ("int32", lambda x: nd.take(x, nd.array([0, 1, 1], x.ctx)), "int32", [1, 2, 0]),
    "where": ("int32", lambda x: nd.where(nd.array([1, 0, 1], x.ctx), x, x * 2), "int32", [1, 2, 1]),
    "mask": ("int32", lambda x: nd.contrib.boolean_mask(x, nd.array([1, 0, 1], x.ctx)), "int32", [1, 0, 1]),
    "transpose": ("int32", lambda x: x.reshape((1, 3)).T, "int32", [1, 1, 1]),
    "split": ("int32", lambda x: nd.split(x, 3, axis=0)[1], "int32", [0, 1, 0]),
    "shape": ("float32", nd.shape_array, "int64", [0, 0, 0]),
    "out": ("int32", lambda x: nd.square(x, out=nd.zeros(3, x.ctx, dtype="int32")), "int32", [2, 4, 6]),
    "np": ("int32", lambda x: x.as_np_ndarray() * 2, "int32", [2, 2, 2]),
    "np, mixed": ("int32", lambda x: x.as_np_ndarray() * 2.5, None, [2, 2, 2]),
    "np, cast": ("int32", lambda x: x.as_np_ndarray().astype("float32") * 2.5, "float32", [2, 2, 2]),
    "np, to integers": ("float32", lambda x: x.as_np_ndarray().astype("int32"), "int32", [1, 1, 1]),
    "np, slice": ("int32", lambda x: x.as_np_ndarray()[1:], "int32", [0, 1, 1]),
    "np, sum": ("int32", lambda x: x.as_np_ndarray().sum(), None, [1, 1, 1]),
    "np, sin": ("int32", lambda x: mx.np.sin(x.as_np_ndarray()), None, [0, 0, 0]),
    "np, comparison": ("float32", lambda x: x.as_np_ndarray() > 1, "bool", [0, 0, 0]),
    "np, with floats": ("int32", lambda x: x.as_np_ndarray() * mx.np.array([0.5, 2, 3], ctx=x.ctx), None, [0, 2, 3]),
    "modulo": ("int32", lambda x: x % 2 + 5 % x + x % x + nd.broadcast_mod(x, x), "int32", [0, 0, 0]),
    "np, modulo": ("int32", lambda x: mx.np.mod(x.as_np_ndarray(), mx.np.array([4, 6, 2], dtype="int32")), None, 0),
    "np, bits": ("int32", lambda x: mx.np.bitwise_and(x.as_np_ndarray(), 3) + mx.np.invert(x.as_np_ndarray()), None, 0),
    "np, lcm": ("int32", lambda x: mx.np.lcm(x.as_np_ndarray(), 4), "int32", [0, 0, 0]),
    "np, mean of integers": ("int32", lambda x: mx.np.mean(x.as_np_ndarray(), dtype="float64"), "float64", [0, 0, 0]),
    "np, sum as integers": ("float32", lambda x: mx.np.sum(x.as_np_ndarray(), dtype="int32"), "int32", [1, 1, 1]),
    "np, mean as integers": (
        "float32",
        lambda x: mx.np.mean(x[:2].as_np_ndarray(), dtype="int8"),
        "int8",
        [0.5, 0.5, 0],
    ),
    "np, stack": ("int32", lambda x: mx.np.stack([x.as_np_ndarray()] * 2), "int32", [2, 2, 2]),
}


@pytest.mark.parametrize("name", _CASES)
def test_gradient(name, ctx):
    dtype, fn, result, grad = _CASES[name]
    x = _variable(dtype, ctx)
    with autograd.record():
        y = fn(x)
    if result is not None:
        assert y.dtype == np.dtype(result)
    y.backward()
    _check(x, grad, dtype)
    with pytest.raises(mx.MXNetError, match="Cannot differentiate node"):
        y.backward()


def test_head_gradients_wrap_around(ctx):
    x = _variable("uint8", ctx)
    with autograd.record():
        y = x * 200
    y.backward(nd.array([2, 2, 2], ctx, dtype="uint8"))
    _check(x, [144, 144, 144], "uint8")


def test_large_numbers_are_exact(ctx):
    x = _variable("int64", ctx, [16777217])
    with autograd.record():
        y = x * x
    y.backward()
    _check(x, [33554434], "int64")


def test_gradients_are_added(ctx):
    x = nd.array([1, 2, 3], ctx, dtype="int32")
    x.attach_grad("add")
    for _ in range(2):
        with autograd.record():
            y = x * x
        y.backward()
    _check(x, [4, 8, 12], "int32")


def test_autograd_grad(ctx):
    x = _variable("int32", ctx)
    with autograd.record():
        y = x * x
    (g,) = autograd.grad(y, [x])
    assert g.dtype == np.int32
    np.testing.assert_array_equal(g.asnumpy(), [2, 4, 6])


def test_a_function_of_the_user(ctx):
    class Twice(autograd.Function):
        def forward(self, x):
            return x * 2

        def backward(self, dy):
            assert dy.dtype == np.int32
            return dy * 2

    x = _variable("int32", ctx)
    with autograd.record():
        y = Twice()(x) * 3
    y.backward()
    _check(x, [6, 6, 6], "int32")


def test_both_kinds_at_once(ctx):
    x, w = _variable("int32", ctx), _variable("float32", ctx, [0.5, 1.5, 2.5])
    with autograd.record():
        y = x.astype("float32") * w
    y.backward(nd.array([4, 4, 4], ctx))
    _check(x, [2, 6, 10], "int32")
    _check(w, [4, 8, 12], "float32")


def test_assignment(ctx):
    x = _variable("float32", ctx)
    whole, real = nd.zeros(3, ctx, dtype="int32"), nd.zeros(3, ctx)
    with autograd.record():
        whole[:] = x * 2
        real[:] = whole * 3
    assert whole.asnumpy().tolist() == [2, 4, 6] and real.asnumpy().tolist() == [6, 12, 18]
    real.backward()
    _check(x, [6, 6, 6], "float32")
    with autograd.record():
        y = whole * 2
        with pytest.raises(mx.MXNetError, match="Inplace operations"):
            z = x.astype("int32")
            z += y.astype("int32") * x.astype("int32")


@pytest.mark.parametrize("types", [("int32", "float32"), ("float32", "int32"), ("int32", "int32")])
def test_hybridized(types, ctx):
    class Net(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.cast(x * 2, dtype=types[1])

    net = Net()
    net.hybridize()
    for _ in range(4):  # such a graph is not traced
        x = _variable(types[0], ctx)
        with autograd.record():
            y = net(x)
        assert y.dtype == np.dtype(types[1])
        y.backward()
        _check(x, [2, 2, 2], types[0])


@pytest.mark.parametrize("req", ["write", "add"])
@pytest.mark.parametrize("types", [("int32", "float32"), ("float32", "int32"), ("int32", "int32")])
def test_executor(types, req, ctx):
    given, made = types
    a = mx.sym.var("a", dtype=given)
    executor = mx.sym.Cast(a * 2, dtype=made).simple_bind(ctx, a=(3,), type_dict={"a": given}, grad_req=req)
    executor.arg_dict["a"][:] = nd.array([1, 2, 3], ctx)
    for times in (1, 2, 3, 4, 5):
        executor.forward(is_train=True)
        assert executor.outputs[0].dtype == np.dtype(made)
        executor.backward(nd.array([1, 2, 3], ctx, dtype=made))
        grad = executor.grad_dict["a"]
        assert grad.dtype == np.dtype(given)
        np.testing.assert_array_equal(grad.asnumpy(), np.array([2, 4, 6]) * (times if req == "add" else 1))


def test_integers_are_forgotten_with_their_graph(ctx):
    x = _variable("int32", ctx)
    with autograd.record():
        h = x * 2
        loss = h + 1
    loss.backward()
    x.grad[:] = 77
    w = _variable("int32", ctx)
    with autograd.record():
        z = h * w
    z.backward()
    _check(x, [77, 77, 77], "int32")
    _check(w, [2, 4, 6], "int32")


def test_marked_integers_are_not_kept_alive(ctx):
    x = _variable("int32", ctx)
    gone = weakref.ref(x)
    with autograd.record():
        y = x * 2
    del x
    gc.collect()
    assert gone() is None
    y.backward()


def test_get_symbol(ctx):
    x = _variable("int32", ctx)
    with autograd.record():
        y = (x * 2).astype("float32")
        z = x * 2
    assert autograd.get_symbol(y).list_arguments() == autograd.get_symbol(z).list_arguments() == ["var0"]


@pytest.mark.parametrize("key", [None, (None, ...), (..., None), slice(None)], ids=str)
@pytest.mark.parametrize("dtype, source", [("int32", "float32"), ("float32", "int64"), ("int32", "int32")])
def test_gradients_through_writes_of_the_whole_array(key, dtype, source):
    x = mx.np.zeros((2,), dtype=dtype)
    y = mx.np.ones(x[key].shape, dtype=source)
    y.attach_grad()
    with mx.autograd.record():
        x[key] = y
    x.backward()
    assert (y.grad.asnumpy() == 1).all() and y.grad.dtype == source


def test_nothing_is_left_of_integers_that_died():
    integers.proxies.clear()
    x = mx.nd.array([1, 2, 3], dtype="int32")
    x.attach_grad()
    with autograd.record():
        y = [x * 2, x[1:], x.astype("float32").astype("int32"), x.reshape((3, 1))]
        total = mx.nd.concat(*[part.reshape((-1,)) for part in y], dim=0)
    assert integers.proxies
    total.backward()
    assert x.grad.asnumpy().tolist() == [4, 5, 5]
    del x, y, total
    assert not integers.proxies
