"""What sample rows cannot say about the elementwise, broadcasting and reducing operators."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import mxnet as mx
from mxnet import autograd
from mxnet._core.ops.elemwise.scalar import as_integer
from mxnet._core.ops.reduce.axes import reduced_axes

_INTEGERS = [torch.uint8, torch.int8, torch.int32, torch.int64]


@given(st.sampled_from(_INTEGERS), st.floats(-1e6, 1e6, allow_subnormal=False))
def test_numbers_wrap_around_in_integer_types(dtype, value):
    name = str(dtype)[6:]
    assert as_integer(value, dtype) == np.int64(value).astype(name)


def test_numbers_that_no_integer_type_holds():
    assert as_integer(float("inf"), torch.int8) == 127
    assert as_integer(float("-inf"), torch.int8) == -128
    assert as_integer(float("nan"), torch.int8) == 0


@given(st.lists(st.integers(1, 3), min_size=1, max_size=4), st.data())
def test_reductions_like_numpy(shape, data):
    ndim = len(shape)
    axes = tuple(data.draw(st.lists(st.integers(-ndim, ndim - 1), max_size=ndim, unique_by=lambda a: a % ndim)))
    keepdims, exclude = data.draw(st.booleans()), data.draw(st.booleans())
    reduced = tuple(a % ndim for a in axes) or tuple(range(ndim))
    if exclude and axes:
        reduced = tuple(a for a in range(ndim) if a not in reduced)
    assert sorted(a % ndim for a in reduced_axes(ndim, axes, exclude)) == sorted(reduced)
    values = np.arange(np.prod(shape), dtype="float32").reshape(shape)
    want = values.sum(reduced, keepdims=keepdims)
    got = mx.nd.sum(mx.nd.array(values), axis=axes, keepdims=keepdims, exclude=exclude)
    assert got.shape == (want.shape or (1,))
    np.testing.assert_allclose(got.asnumpy(), want.reshape(got.shape), rtol=1e-5)


@pytest.mark.parametrize(
    "name, params",
    [
        ("identity", {}),
        ("BlockGrad", {}),
        ("make_loss", {}),
        ("cast", {"dtype": "float32"}),
        ("amp_cast", {"dtype": "float32"}),
        ("broadcast_to", {"shape": (2, 3)}),
        ("broadcast_axis", {}),
        ("sum", {"axis": (0, 1), "exclude": True}),
        ("add_n", {}),
    ],
)
@pytest.mark.parametrize("recording", [False, True])
def test_results_have_memory_of_their_own(ctx, name, params, recording):
    x = mx.nd.ones((2, 3), ctx)
    x.attach_grad()
    with autograd.record() if recording else autograd.pause():
        y = getattr(mx.nd, name)(x, **params)
    x[:] = 7
    assert y.asnumpy().tolist() == [[1, 1, 1], [1, 1, 1]]


def test_a_stretched_array_can_be_written(ctx):
    y = mx.nd.broadcast_to(mx.nd.ones((1, 3), ctx), shape=(2, 3))
    y[0, 0] = 5
    assert y.asnumpy().tolist() == [[5, 1, 1], [1, 1, 1]]


def test_sum_of_many_leaves_its_inputs_alone(ctx):
    arrays = [mx.nd.ones((2,), ctx) * i for i in range(4)]
    total = mx.nd.add_n(*arrays)
    assert total.asnumpy().tolist() == [6, 6]
    assert [a.asnumpy().tolist() for a in arrays] == [[0, 0], [1, 1], [2, 2], [3, 3]]


@pytest.mark.parametrize(
    "fn, second",
    [
        (lambda x: mx.nd.broadcast_maximum(x, x * x), [0, 2]),
        (mx.nd.cbrt, [-2 / 9 * 0.5 ** (-5 / 3), -2 / 9 * 2 ** (-5 / 3)]),
        (lambda x: mx.nd.max(x * x, axis=0), [0, 2]),
        (mx.nd.relu, [0, 0]),
    ],
)
def test_second_derivatives_of_own_gradients(ctx, fn, second):
    x = mx.nd.array([0.5, 2.0], ctx)
    x.attach_grad()
    with autograd.record():
        (first,) = autograd.grad(fn(x), x, create_graph=True, retain_graph=True)
    first.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), second, rtol=1e-4, atol=1e-6)


def test_arange_takes_its_length_from_its_use(ctx):
    numbers = mx.sym.arange(start=1, stop=None, step=2, infer_range=True) + mx.sym.var("x")
    _, (shape,), _ = numbers.infer_shape(x=(4,))
    assert shape == (4,)
    executor = (mx.sym.elemwise_add(mx.sym._internal._arange(start=1, step=2, infer_range=True), mx.sym.var("x"))).bind(
        ctx, {"x": mx.nd.zeros((4,), ctx)}
    )
    assert executor.forward()[0].asnumpy().tolist() == [1, 3, 5, 7]


def test_shapes_flow_backwards_through_elementwise_operators():
    symbol = mx.sym.elemwise_mul(mx.sym.relu(mx.sym.var("a")), mx.sym.var("b") + 1)
    arguments, outputs, _ = symbol.infer_shape(b=(2, 3))
    assert arguments == [(2, 3), (2, 3)]
    assert outputs == [(2, 3)]


def test_errors_name_shapes_and_types(ctx):
    a, b = mx.nd.ones((2, 3), ctx), mx.nd.ones((3, 2), ctx)
    with pytest.raises(ValueError, match=r"elemwise_add.*\(2, 3\).*\(3, 2\)"):
        mx.nd.elemwise_add(a, b)
    with pytest.raises(TypeError, match="broadcast_add.*float32.*float16"):
        mx.nd.broadcast_add(a, a.astype("float16"))
    with pytest.raises(mx.MXNetError, match="a_max"):
        mx.nd.clip(a, a_min=0)


# ------------------------------------------------------------------------ remainders of division by zero


@pytest.mark.parametrize(
    ("function", "divisor_gradient"),
    [
        (lambda x, y: x % y, [0, 0, 0, 0, 0, 2]),
        (lambda x, y: mx.nd.broadcast_mod(x, y), [0, 0, 0, 0, 0, 2]),
        (lambda x, y: mx.nd.modulo(x, y), [0, 0, 0, 0, 0, 2]),
        (lambda x, y: x % 0, [0] * 6),
    ],
)
def test_what_is_divided_by_zero_keeps_its_gradient(function, divisor_gradient):
    x, y = mx.nd.array([5, -5, 0, np.inf, np.nan, -5]), mx.nd.array([0, 0, 0, 0, 0, 3])
    x.attach_grad()
    y.attach_grad()
    with mx.autograd.record():
        z = function(x, y)
    z.backward(mx.nd.array([1, 2, 3, 4, 5, 1]))
    np.testing.assert_array_equal(z.asnumpy()[:5], [0] * 5)
    np.testing.assert_array_equal(x.grad.asnumpy(), [1, 2, 3, 4, 5, 1])
    np.testing.assert_array_equal(y.grad.asnumpy(), divisor_gradient)
