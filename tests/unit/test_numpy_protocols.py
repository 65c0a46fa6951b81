"""NumPy's own functions, called with arrays of mx.np."""

import numpy as np
import pytest

import mxnet as mx


def _x():
    return mx.np.array([[1.0, 2.0], [3.0, 4.0]])


def test_functions_with_a_counterpart_run_there():
    x = _x()
    x.attach_grad()
    with mx.autograd.record():
        y = np.mean(np.exp(x))
    assert type(y) is mx.np.ndarray
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), np.exp(_x().asnumpy()) / 4, rtol=1e-6)


@pytest.mark.parametrize(
    "call, expected",
    [
        (lambda x: np.median(x, axis=0), [2.0, 3.0]),
        (lambda x: np.add.reduce(x), [4.0, 6.0]),
        (lambda x: np.sum(x, axis=0, where=np.array([[True, False], [True, True]])), [4.0, 4.0]),
        (lambda x: np.max(x, axis=1, initial=3.5), [3.5, 4.0]),
        (lambda x: np.exp(x, where=np.array([True, False]), out=mx.np.zeros((2, 2)))[:, 1], [0.0, 0.0]),
        (lambda x: np.logical_and(x, x - 1)[0], [False, True]),
        (lambda x: np.block([x, x])[0], [1.0, 2.0, 1.0, 2.0]),
    ],
)
def test_what_mx_np_does_not_do_runs_on_the_host(call, expected):
    found = call(_x())
    assert type(found) is mx.np.ndarray and found.tolist() == expected


def test_types_that_are_asked_for():
    assert np.add(_x(), _x(), dtype="float64").dtype == np.float64


@pytest.mark.parametrize(
    "change",
    [
        lambda x: np.put(x, [0, 3], 9.0),
        lambda x: np.fill_diagonal(x, 0.0),
        lambda x: np.add.at(x, 0, 1.0),
        lambda x: np.copyto(x, np.ones((2, 2), "float32")),
        lambda x: np.place(x, np.array([[True, False], [True, True]]), [5.0, 6.0]),
        lambda x: np.put_along_axis(x, np.array([[1], [0]]), 7.0, 1),
    ],
)
def test_functions_that_work_in_place(change):
    x, expected = _x(), _x().asnumpy()
    view = x[0]
    assert change(x) is None
    change(expected)
    assert x.tolist() == expected.tolist()
    assert view.tolist() == expected[0].tolist()


def test_out():
    x, out = _x(), mx.np.zeros((2, 2))
    assert np.cumprod(x, axis=0, out=out) is out
    assert out.tolist() == [[1.0, 2.0], [3.0, 8.0]]
    assert np.logical_or(x, x, out=out) is out
    assert out.tolist() == [[1.0, 1.0], [1.0, 1.0]]


def test_gradients_are_not_lost_on_the_host():
    x = _x()
    x.attach_grad()
    with mx.autograd.record():
        for call in (lambda: np.median(x), lambda: np.median(x, axis=0), lambda: mx.np.cov(x), lambda: np.modf(x)):
            with pytest.raises(ValueError, match="on the host and has no gradient"):
                call()
        assert mx.np.allclose(x, x)  # what is no float has none
        assert np.isin(x, [1.0]).tolist() == [[True, False], [False, False]]
        assert np.median(x.detach()) == 2.5
        assert np.median(mx.np.ones((3,))) == 1.0


def test_types_without_arrays():
    with pytest.raises(ValueError, match="fft gives complex128, and there are no such arrays"):
        np.fft.fft(_x())
    assert np.right_shift(mx.np.array([8], dtype="int32"), np.array([1], dtype="int16")).dtype == np.int32
    assert np.float_power(_x(), 2).dtype == np.float64
    assert np.positive(mx.np.array([1, 2], dtype="uint8")).dtype == np.uint8


def test_results_that_are_no_arrays():
    assert np.shape(_x()) == (2, 2) and np.size(_x()) == 4
    assert np.result_type(_x(), np.float64) == np.float64
    found = np.linalg.eigh(_x())
    assert type(found[0]) is mx.np.ndarray
