"""Integers divided by zero, and by minus one, in every form."""

import numpy as np
import pytest

import mxnet as mx

INTEGERS = ["int8", "uint8", "int32", "int64"]


@pytest.mark.parametrize("dtype", INTEGERS)
@pytest.mark.parametrize(
    "divide",
    [
        lambda a, z: a / 0,
        lambda a, z: a / 0.5,  # 0 as an integer
        lambda a, z: 1 / z,
        lambda a, z: a / z,
        lambda a, z: a.__itruediv__(0),
        lambda a, z: mx.nd.broadcast_div(a, z),
        lambda a, z: mx.nd.divide(a, 0),
        lambda a, z: (mx.sym.Variable("a") / 0).eval(a=a),
    ],
)
def test_by_zero(dtype, divide):
    a = mx.nd.array([3, 1, 0], dtype=dtype)
    with pytest.raises(mx.MXNetError, match="division of integers by zero"):
        divide(a, a * 0)
    assert a.asnumpy().tolist() == [3, 1, 0]


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_the_smallest_number_by_minus_one(dtype):
    lowest = np.iinfo(dtype).min
    a = mx.nd.array([lowest, 7, -7], dtype=dtype)
    minus = mx.nd.array([-1, -1, -2], dtype=dtype)
    assert (a / minus).asnumpy().tolist() == [lowest, -7, 3]
    assert (a / -1).asnumpy().tolist() == [lowest, -7, 7]


def test_large_numbers_are_divided_exactly():
    a = mx.nd.array(np.array([2**60 + 3]), dtype="int64")
    assert (a / 2).asnumpy().tolist() == [2**59 + 1]
    assert (a / -2.5).asnumpy().tolist() == [-(2**59) - 1]


def test_floats_are_divided_by_zero():
    assert (mx.nd.array([1.0, -1.0]) / 0).asnumpy().tolist() == [np.inf, -np.inf]
