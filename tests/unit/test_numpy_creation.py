"""Making and editing arrays of ``mx.np``: what is refused, as what, and rules that are MXNet's own."""

import numpy as onp
import pytest

import mxnet as mx
from mxnet import autograd, np, npx


@pytest.fixture(autouse=True)
def numpy_mode():
    npx.set_np()
    yield
    npx.reset_np()


REFUSED = {
    "linspace num": (lambda: np.linspace(0, 1, num=-1), mx.MXNetError, "negative"),
    "linspace fraction": (lambda: np.linspace(0, 1, 2.5), mx.MXNetError, "num expects int"),
    "linspace text": (lambda: np.linspace(0, "a"), mx.MXNetError, "stop expects double"),
    "linspace arrays": (lambda: np.linspace(np.zeros(()), 1), NotImplementedError, "numbers"),
    "linspace axis": (lambda: np.linspace(0, 1, axis=1), NotImplementedError, "axis"),
    "logspace num": (lambda: np.logspace(0, 1, num=-1), mx.MXNetError, "negative"),
    "full text": (lambda: np.full((2,), "a"), mx.MXNetError, "value expects double"),
    "full list": (lambda: np.full((2,), [1, 2]), mx.MXNetError, "value expects double"),
    "full None": (lambda: np.full((2,), None), mx.MXNetError, "value expects double"),
    "arange text": (lambda: np.arange("a"), mx.MXNetError, "stop expects double"),
    "arange step": (lambda: np.arange(0, 5, "b"), mx.MXNetError, "step expects double"),
    "arange zero": (lambda: np.arange(0, 5, 0), ZeroDivisionError, "step"),
    "arange bool": (lambda: np.arange(3, dtype=bool), mx.MXNetError, "dtype expects"),
    "eye text": (lambda: np.eye(3, "a"), mx.MXNetError, "M expects long"),
    "eye bool": (lambda: np.eye(3, dtype=bool), mx.MXNetError, "dtype expects"),
    "identity negative": (lambda: np.identity(-2), ValueError, "negative"),
    "identity pair": (lambda: np.identity((2, 3)), TypeError, "n must be an int"),
    "indices number": (lambda: np.indices(3), ValueError, "dimensions"),
    "hanning fraction": (lambda: np.hanning(5.7), mx.MXNetError, "M expects long"),
    "hanning None": (lambda: np.hanning(None), mx.MXNetError, "M must be"),
    "zeros negative": (lambda: np.zeros((2, -1)), mx.MXNetError, "negative"),
    "zeros text": (lambda: np.zeros("a"), mx.MXNetError, "shape expects"),
    "full_like text": (lambda: np.full_like(np.zeros(2), "a"), mx.MXNetError, "fill_value expects double"),
    "bincount minlength": (lambda: np.bincount(np.zeros(2, dtype="int32"), minlength=-1), ValueError, "minlength"),
    "bincount floats": (lambda: np.bincount(np.zeros(2)), mx.MXNetError, "integers"),
    "delete past the end": (lambda: np.delete(np.zeros(3), 5), mx.MXNetError, "out of bounds"),
    "delete list past the end": (lambda: np.delete(np.zeros(3), [0, 7]), IndexError, "out of bounds"),
    "delete text": (lambda: np.delete(np.zeros(3), "a"), TypeError, "str"),
    "insert past the end": (lambda: np.insert(np.zeros(3), 9, 1), mx.MXNetError, "out of bounds"),
    "pad width": (lambda: np.pad(np.zeros(3)), TypeError, "pad_width"),
    "pad mode": (lambda: np.pad(np.zeros(3), 1, "mean"), ValueError, "mode"),
    "pad keyword": (lambda: np.pad(np.zeros(3), 1, stat_length=1), ValueError, "stat_length"),
    "pad odd": (lambda: np.pad(np.zeros(3), 1, "reflect", reflect_type="odd"), ValueError, "even"),
    "percentile": (lambda: np.percentile(np.ones(3), 120), ValueError, "between 0 and 100, got 120"),
    "percentiles": (lambda: np.percentile(np.ones(3), np.array([5, 120])), ValueError, "between 0 and 100"),
    "quantile": (lambda: np.quantile(np.ones(3), 2), ValueError, "between 0 and 1, got 2"),
    "unravel_index": (lambda: np.unravel_index(9, (2, 2)), ValueError, "out of bounds"),
    "unravel_index array": (lambda: np.unravel_index(np.array([9], dtype="int32"), (2, 2)), ValueError, "range"),
    "diag_indices_from": (lambda: np.diag_indices_from(np.zeros((2, 3))), ValueError, "one length"),
    "resize": (lambda: np.resize(np.ones(3), -1), mx.MXNetError, "negative"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(case):
    call, kind, text = REFUSED[case]
    with pytest.raises(kind, match=text):
        call()


def test_integers_count_in_whole_steps():
    """As MXNet's kernel, and unlike NumPy: the number of elements is that of the fractions."""
    assert np.arange(1, 5, 0.5, dtype=int).tolist() == [1] * 8
    assert np.arange(0.5, 5, dtype="int32").tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("dtype", ["uint8", "int8", "int32", "int64"])
def test_bincount_keeps_the_type(dtype):
    found = np.bincount(np.array([1, 1, 3], dtype=dtype))
    assert (found.dtype, found.tolist()) == (onp.dtype(dtype), [0, 2, 0, 1])


def test_large_integers_keep_their_digits():
    assert np.full((1,), 2**60 + 1, dtype="int64").item() == 2**60 + 1


def test_values_of_an_array_are_followed_by_gradients():
    x = np.array([1.0, 2.0])
    x.attach_grad()
    with autograd.record():
        y = (np.full((3, 2), x) ** 2).sum() + np.insert(x, 1, x).sum() + np.pad(x, 1, constant_values=(1, 2)).sum()
    y.backward()
    assert x.grad.tolist() == [9.0, 15.0]


def test_delete_from_lists():
    x = np.array([1, 2, 3])
    for obj, left in (([0, -1], [2]), ((1,), [1, 3]), ([], [1, 2, 3]), ([True, False, True], [2])):
        assert np.delete(x, obj).tolist() == left
    assert np.delete(x, np.array([1, 1, 0], dtype=bool)).tolist() == [3]


def test_pad_with_pairs_of_values():
    x = onp.arange(6).reshape(2, 3)
    for width, values in ((1, (1, 2)), (((1, 0), (0, 2)), ((1, 2), (3, 4))), (0, (1, 2))):
        found = np.pad(np.array(x), width, constant_values=values)
        assert found.tolist() == onp.pad(x, width, constant_values=values).tolist()


def test_indices_of_numbers():
    assert np.unravel_index(3, (2, 3)) == (1, 0)
    assert [i.tolist() for i in np.nonzero(np.array([[0, 1], [2, 0]]))] == [[0, 1], [1, 0]]
    assert np.nonzero(np.array(2.0))[0].tolist() == [0]
    assert [i.tolist() for i in np.diag_indices_from(np.zeros((2, 2)))] == [[0, 1], [0, 1]]


def test_signatures_of_what_arrays_have_not():
    for name in ("diag", "tostype"):
        with pytest.raises(AttributeError, match=name):
            getattr(np.zeros(2), name)("csr")


def test_the_short_way_of_arrays_of_one_value():
    with autograd.record():
        assert np.ones((2,)).tolist() == [1.0, 1.0]
    assert np.empty((2, 0)).shape == (2, 0)
    assert mx.sym.np.zeros((2,)).eval()[0].dtype == onp.float32
