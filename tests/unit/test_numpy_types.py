"""Types and shapes that MXNet refuses or computes wrongly give NumPy's results, in float32 where it has floats."""

import numpy as np
import pytest

import mxnet as mx

_TRUTHS = np.array([[True, False], [False, True]])


def _array(values):
    return mx.np.array(values, dtype=np.asarray(values).dtype)


@pytest.mark.parametrize("name", ["sin", "sqrt", "exp", "arctan", "cbrt", "degrees", "rad2deg", "log1p"])
def test_functions_of_real_numbers_of_booleans(name):
    found = getattr(mx.np, name)(_array(_TRUTHS))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.asnumpy(), getattr(np, name)(_TRUTHS.astype("float32")), rtol=1e-6)


@pytest.mark.parametrize("name", ["abs", "ceil", "floor", "trunc", "fix", "rint"])
@pytest.mark.parametrize("dtype", ["bool", "int8", "int64"])
def test_rounding_of_whole_numbers(name, dtype):
    x = _array(_TRUTHS.astype(dtype))
    found = getattr(mx.np, name)(x)
    assert found.dtype == np.dtype(dtype) and found.tolist() == x.tolist()
    found[0, 0] = 0
    assert x[0, 0].item() == 1  # it is no view


@pytest.mark.parametrize("name", ["arctan2", "hypot"])
@pytest.mark.parametrize("types", [("int32", "int32"), ("int32", "int8"), ("bool", "uint8")])
def test_points_with_whole_coordinates(name, types):
    a, b = np.array([1, 0, 1]).astype(types[0]), np.array([1, 1, 0]).astype(types[1])
    found = getattr(mx.np, name)(_array(a), _array(b))
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.asnumpy(), getattr(np, name)(a.astype(float), b.astype(float)), rtol=1e-6)


@pytest.mark.parametrize(
    "call",
    [
        lambda f, x: f.dot(x, x),
        lambda f, x: f.matmul(x, x),
        lambda f, x: f.inner(x, x),
        lambda f, x: f.outer(x, x),
        lambda f, x: f.vdot(x, x),
        lambda f, x: f.einsum("ij,kj->ik", x, x),
        lambda f, x: f.power(x, x),
        lambda f, x: f.lcm(x.astype("int8"), x.astype("int8")).astype("bool"),
    ],
)
def test_products_of_booleans(call):
    found = call(mx.np, _array(_TRUTHS))
    expected = np.asarray(call(np, _TRUTHS)).astype(bool)
    assert found.dtype == np.bool_ and found.tolist() == expected.tolist()


@pytest.mark.parametrize(
    "call",
    [
        lambda f: f.dot(f.ones((2, 3, 4)), f.ones((3, 1, 2))),
        lambda f: f.tensordot(f.ones((2, 3)), f.ones((1, 3)), ([1], [0])),
        lambda f: f.tensordot(f.ones((2, 1)), f.ones((2, 3)), 2),
        lambda f: f.tensordot(f.ones(3), f.ones(3), 2),
        lambda f: f.inner(f.ones((2, 3)), f.ones((4, 1))),
        lambda f: f.vdot(f.ones(3), f.ones(1)),
    ],
)
def test_products_over_axes_of_different_lengths(call):
    with pytest.raises((ValueError, IndexError)):
        call(np)
    with pytest.raises(mx.MXNetError, match="do not have the same lengths"):
        call(mx.np)


def test_softmax_of_a_number():
    assert mx.npx.softmax(mx.np.array(3.0)).item() == 1.0
    assert mx.npx.log_softmax(mx.np.array(3.0), axis=0).item() == 0.0
    with pytest.raises(mx.MXNetError, match="axis 1 is out of range"):
        mx.npx.softmax(mx.np.array(3.0), axis=1)


def test_deviation_of_one_infinite_number():
    assert np.isnan(mx.np.var(mx.np.array(np.inf)).item())
    assert mx.np.std(mx.np.array(3.0)).item() == 0.0
