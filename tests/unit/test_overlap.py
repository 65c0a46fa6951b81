"""Writes into arrays that overlap what is read give what NumPy gives."""

import operator

import numpy as np
import pytest

import mxnet as mx

_OPERATORS = ("iadd", "isub", "imul", "itruediv", "imod")
# Pairs of parts of a vector that share memory: what is written, what is read.
_PARTS = [
    (slice(1, None), slice(None, -1)),
    (slice(None, -1), slice(1, None)),
    (slice(2, 5), slice(0, 1)),
    (slice(0, 4), slice(3, 4)),
    (slice(None), slice(None)),
]


def _values(dtype="float32"):
    return (np.arange(8) + 1).astype(dtype)


@pytest.mark.parametrize("kind", ["nd", "np"])
@pytest.mark.parametrize("record", [False, True])
@pytest.mark.parametrize("parts", _PARTS, ids=str)
@pytest.mark.parametrize("name", _OPERATORS)
def test_in_place_operators(name, parts, record, kind, ctx):
    target, source = parts
    a = mx.nd.array(_values(), ctx)
    if kind == "np":
        a = a.as_np_ndarray()
    expected = _values()
    fn = getattr(operator, name)
    fn(expected[target], expected[source])
    with mx.autograd.record() if record else mx.autograd.pause():
        view = a[target]
        fn(view, a[source])
    np.testing.assert_allclose(a.asnumpy(), expected, rtol=1e-6)


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float64", "float16"])
def test_in_place_operators_of_other_types(dtype, ctx):
    a, expected = mx.nd.array(_values(dtype), ctx, dtype=dtype), _values(dtype)
    a[1:] += a[:-1]
    expected[1:] += expected[:-1]
    np.testing.assert_array_equal(a.asnumpy(), expected)


def test_rows_of_a_matrix(ctx):
    n = np.arange(12, dtype="float32").reshape(4, 3)
    a, expected = mx.nd.array(n, ctx), n.copy()
    a[1:] *= a[:-1]
    expected[1:] *= expected[:-1]
    a[0] += a[:, 1][:3]
    expected[0] += expected[:, 1][:3].copy()
    np.testing.assert_array_equal(a.asnumpy(), expected)


@pytest.mark.parametrize("kind", ["nd", "np"])
def test_strided_views_of_torch(kind, ctx):
    n = np.arange(12, dtype="float32").reshape(3, 4)
    t = mx.nd.array(n, ctx).as_torch()
    a, b = mx.nd.from_torch(t[:, 1:]), mx.nd.from_torch(t[:, :-1])
    if kind == "np":
        a, b = a.as_np_ndarray(), b.as_np_ndarray()
    a += b
    n[:, 1:] += n[:, :-1]
    np.testing.assert_array_equal(t.cpu().numpy(), n)


@pytest.mark.parametrize(
    "write",
    [
        lambda a: mx.nd.identity(a[:-1], out=a[1:]),
        lambda a: mx.nd.slice_axis(a, axis=0, begin=0, end=7, out=a[1:]),
        lambda a: mx.nd.BlockGrad(a[:-1], out=a[1:]),
        lambda a: mx.nd.reshape(a[:-1], (7,), out=a[1:]),
        lambda a: a[:-1].copyto(a[1:]),
        lambda a: a.__setitem__(slice(1, None), a[:-1]),
        lambda a: a.__setitem__(list(range(1, 8)), a[:-1]),
        lambda a: a.__setitem__((mx.nd.arange(1, 8),), a[:-1]),
        lambda a: a.__setitem__(np.arange(8) > 0, a[:-1]),
        lambda a: a.__setitem__((slice(None, None, -1), None), a[::-1].reshape((-1, 1))) or _shift(a),
        lambda a: mx.nd.elemwise_add(a[:-1], mx.nd.zeros(7, a.ctx), out=a[1:]),
        lambda a: mx.nd.broadcast_mul(a[:-1], mx.nd.ones(1, a.ctx), out=a[1:]),
    ],
)
@pytest.mark.parametrize("record", [False, True])
def test_out_and_assignment(write, record, ctx):
    a, expected = mx.nd.array(_values(), ctx), _values()
    expected[1:] = expected[:-1].copy()
    with mx.autograd.record() if record else mx.autograd.pause():
        write(a)
    np.testing.assert_array_equal(a.asnumpy(), expected)


def _shift(a):
    a[1:] = a[:-1]


def test_an_array_indexed_by_itself(ctx):
    a = mx.nd.array([1, 2, 0], ctx, dtype="int64")
    a[a] = mx.nd.array([7, 8, 9], ctx, dtype="int64")
    np.testing.assert_array_equal(a.asnumpy(), [9, 7, 8])
    a = mx.nd.array([1, 2, 0], ctx, dtype="int64")
    a[a] = a
    np.testing.assert_array_equal(a.asnumpy(), [0, 1, 2])


def test_numpy_functions_write_into_what_they_read(ctx):
    a, expected = mx.np.array(_values(), ctx=ctx), _values()
    mx.np.add(a[:-1], a[1:], out=a[1:])
    expected[1:] += expected[:-1]
    mx.np.exp(a[:3] * 0, out=a[1:4])
    expected[1:4] = 1
    np.testing.assert_array_equal(a.asnumpy(), expected)


UPDATES = {
    "sgd_update": {"lr": 0.1},
    "signsgd_update": {"lr": 0.1},
    "sgd_mom_update": {"lr": 0.1, "momentum": 0.9},
    "nag_mom_update": {"lr": 0.1, "momentum": 0.5},
    "adam_update": {"lr": 0.1},
    "rmsprop_update": {"lr": 0.1},
    "ftrl_update": {"lr": 0.1},
}


@pytest.mark.parametrize("start", [0, 1, 2])
@pytest.mark.parametrize("name", UPDATES)
def test_updates_by_gradients_that_overlap(name, start, ctx):
    """The gradient is read as it was given, wherever it lies."""
    fn = getattr(mx.nd, name)
    states = len(fn.operator.inputs) - 2
    apart = [mx.nd.array(_values()[1:5], ctx), mx.nd.array(_values()[start : start + 4], ctx)]
    apart += [mx.nd.ones(4, ctx) for _ in range(states)]
    fn(*apart, out=apart[0], **UPDATES[name])
    whole = mx.nd.array(_values(), ctx)
    weight, made = whole[1:5], [mx.nd.ones(4, ctx) for _ in range(states)]
    fn(weight, whole[start : start + 4], *made, out=weight, **UPDATES[name])
    for got, expected in zip([weight, *made], [apart[0], *apart[2:]]):
        np.testing.assert_allclose(got.asnumpy(), expected.asnumpy(), rtol=1e-6)


def test_updates_whose_states_overlap_change_nothing(ctx):
    whole = mx.nd.array(_values(), ctx)
    weight = mx.nd.ones(4, ctx)
    with pytest.raises(mx.MXNetError, match="adam_update: mean and var overlap, and both are written"):
        mx.nd.adam_update(weight, mx.nd.ones(4, ctx), whole[0:4], whole[2:6], lr=0.1, out=weight)
    assert (weight.asnumpy() == 1).all() and (whole.asnumpy() == _values()).all()
