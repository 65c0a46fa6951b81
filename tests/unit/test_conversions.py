"""Whatever NumPy and Python call array-like becomes an NDArray: by constructors, by assignment, as input of others."""

import decimal
import fractions
import math
import pickle

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet._core import host

nd = mx.nd

_GRID = np.arange(6).reshape(2, 3)
_READ_ONLY = np.arange(3.0)
_READ_ONLY.flags.writeable = False

# What NumPy can store, and the values MXNet takes from it.
SOURCES = {
    "big-endian float32": (np.array([1, 2, 3], ">f4"), [1, 2, 3]),
    "big-endian float64": (np.array([1, 2.5, 3], ">f8"), [1, 2.5, 3]),
    "big-endian float16": (np.array([1, 2.5, 3], ">f2"), [1, 2.5, 3]),
    "big-endian int64": (np.array([1, -2, 3], ">i8"), [1, -2, 3]),
    "big-endian uint16": (np.array([1, 2, 3], ">u2"), [1, 2, 3]),
    "uint64": (np.array([1, 2], np.uint64), [1, 2]),
    "long double": (np.array([1.5], np.longdouble), [1.5]),
    "reversed": (np.arange(3)[::-1], [2, 1, 0]),
    "one row reversed": (_GRID[:1, ::-1], [[2, 1, 0]]),
    "one column reversed": (np.arange(2.0).reshape(2, 1)[:, ::-1], [[0], [1]]),
    "one element reversed": (np.arange(3.0)[::-1][:1], [2]),
    "transposed": (_GRID.T, [[0, 3], [1, 4], [2, 5]]),
    "steps": (_GRID[:, ::2], [[0, 2], [3, 5]]),
    "strides of zero": (np.broadcast_to(np.float64(3), (2, 2)), [[3, 3], [3, 3]]),
    "read only": (_READ_ONLY, [0, 1, 2]),
    "a field of records": (np.array([(1, 2.0), (3, 4.0)], [("a", "i4"), ("b", "f4")])["b"], [2, 4]),
    "unaligned": (np.frombuffer(b"x" + np.arange(2.0).tobytes(), np.float64, offset=1), [0, 1]),
    "bytes": (memoryview(b"ab"), [97, 98]),
    "text": (["1", "2.5"], [1, 2.5]),
    "text of NumPy": (np.array([["1", "-2"]]), [[1, -2]]),
    "bytes of NumPy": (np.array([b"1", b"2"]), [1, 2]),
    "objects": (np.array([1, 2.5], object), [1, 2.5]),
    "text objects": (np.array(["1", "2"], object), [1, 2]),
    "nothing among objects": ([1, None], [1, math.nan]),
    "decimals": ([decimal.Decimal("1.5"), 2], [1.5, 2]),
    "fractions": ([fractions.Fraction(1, 2)], [0.5]),
    "beyond int64": ([2**70], [2.0**70]),
    "tensors in a list": ([torch.tensor(1.0), 2.0], [1, 2]),
    "a range": (range(3), [0, 1, 2]),
    "arrays in lists": ([[nd.array([1, 2])], [nd.array([3, 4])]], [[[1, 2]], [[3, 4]]]),
    "losses and numbers": ([1.0, nd.array([2.0]), nd.array([[3.0]])], [1, 2, 3]),
    "a loss first": ([nd.array([2.0]), 1.0], [2, 1]),
}
REFUSED = {
    "words": ["a", "b"],
    "rows of two lengths": [[1, 2], [3]],
    "complex": [1 + 2j],
    "fields": np.array([(1, 2.0)], [("a", "i4"), ("b", "f4")]),
    "a dictionary": {1: 2},
    "a set": {1, 2},
    "an iterator": iter([1, 2]),
    "arrays of two lengths": [nd.array([1, 2]), nd.array([1, 2, 3])],
    "numbers and a vector": [1.0, nd.array([1.0, 2.0])],
}
each = pytest.mark.parametrize("name", SOURCES)
each_refused = pytest.mark.parametrize("name", REFUSED)


def same(found, wanted):
    np.testing.assert_array_equal(found.asnumpy(), np.array(wanted, found.asnumpy().dtype))


@each
def test_array(name):
    source, wanted = SOURCES[name]
    made = nd.array(source)
    assert made.dtype == np.float32
    same(made, wanted)


@each
def test_numpy_array(name):
    source, wanted = SOURCES[name]
    same(mx.np.array(source, dtype="float64"), wanted)


@each
def test_assignment(name):
    source, wanted = SOURCES[name]
    x = nd.zeros(np.shape(wanted), dtype="float64")
    x[:] = source
    same(x, wanted)
    x = nd.zeros((2, *np.shape(wanted)))
    x[1] = source
    same(x[1], wanted)
    x[[0]] = source
    same(x[0], wanted)


@each_refused
def test_refused(name):
    for make in (nd.array, mx.np.array):
        with pytest.raises(TypeError):
            make(REFUSED[name])
    with pytest.raises(TypeError, match="array-like"):
        nd.zeros(2)[:] = REFUSED[name]


@pytest.mark.parametrize("value", ["3", b"3", np.str_("3"), decimal.Decimal(3), fractions.Fraction(3), np.float64(3)])
def test_single_values(value):
    x = nd.zeros(2)
    x[0] = value
    x[1:] = value
    assert x.asnumpy().tolist() == [3, 3]
    assert nd.array(value).asscalar() == 3
    assert nd.full((2,), value).asnumpy().tolist() == [3, 3]


def test_nothing_is_not_a_number():
    x = nd.zeros(2)
    x[0] = None
    assert np.isnan(x.asnumpy()).tolist() == [True, False]
    with pytest.raises(TypeError):
        nd.zeros(2, dtype="int32")[:] = None


def test_full_takes_arrays():
    assert nd.full((2,), nd.array([3])).asnumpy().tolist() == [3, 3]
    assert nd.full((2, 2), np.array([3, 4]), dtype="int32").asnumpy().tolist() == [[3, 4], [3, 4]]


def test_text_of_a_type():
    assert nd.array(["1", "2"], dtype="int32").asnumpy().tolist() == [1, 2]
    with pytest.raises(TypeError, match="array like"):
        nd.array(["1.5"], dtype="int32")


def test_numbers_out_of_range_convert_silently():
    assert nd.array(np.array([1e300])).asscalar() == math.inf
    assert nd.array(np.array([300, -1]), dtype="uint8").asnumpy().tolist() == [44, 255]
    assert nd.array(np.array([math.nan, 1.7]), dtype="int32").asnumpy()[1] == 1


def test_the_copy_is_independent():
    source = np.zeros(3, np.float32)
    made = nd.array(source)
    made[:] = 1
    source[1] = 2
    assert (source.tolist(), made.asnumpy().tolist()) == ([0, 2, 0], [1, 1, 1])


@pytest.mark.parametrize("order", ["<", ">"])
def test_bfloat16(order):
    made = nd.array(np.array([1.5, -2], order + "f4"), dtype="bfloat16")
    assert made.astype("float32").asnumpy().tolist() == [1.5, -2]
    again = nd.array(made.asnumpy()[::-1], dtype="float32")
    assert again.asnumpy().tolist() == [-2, 1.5]


def test_from_numpy():
    reversed_one = np.arange(6.0).reshape(2, 3)[::-1][:1]
    shared = nd.from_numpy(reversed_one)
    assert shared.asnumpy().tolist() == [[3, 4, 5]]
    assert np.shares_memory(shared.as_torch().numpy(), reversed_one)
    foreign = np.array([1, 2], ">f4")
    with pytest.raises(ValueError, match="byte order"):
        nd.from_numpy(foreign)
    assert nd.from_numpy(foreign, zero_copy=False).asnumpy().tolist() == [1, 2]


# ---------------------------------------------------------------------- further doors


def test_executor_inputs():
    x = mx.sym.var("x")
    executor = (x * 2).simple_bind(mx.cpu(), x=(1, 3))
    for source in (np.array([[1, 2, 3]], ">f8"), np.array([[3, 2, 1]])[:, ::-1], np.array([["1", "2", "3"]])):
        assert executor.forward(x=source)[0].asnumpy().tolist() == [[2, 4, 6]]


@pytest.mark.parametrize("dtype", [object, ">f4", "U4", ">i8"])
def test_data_iterators(dtype):
    data = np.arange(6).reshape(3, 2).astype(dtype)
    it = mx.io.NDArrayIter(data, {"label": np.arange(3).astype(dtype)[::-1]}, batch_size=3)
    batch = next(it)
    assert batch.data[0].asnumpy().tolist() == [[0, 1], [2, 3], [4, 5]]
    assert batch.label[0].asnumpy().tolist() == [2, 1, 0]


def test_sparse_arrays():
    parts = (np.array([1, 2], ">f4"), np.array([0, 2], ">i8")[::-1][::-1], np.array([0, 1, 2], ">i4"))
    assert nd.sparse.csr_matrix(parts, shape=(2, 3)).asnumpy().tolist() == [[1, 0, 0], [0, 0, 2]]
    rows = nd.sparse.row_sparse_array((np.array([["1", "2"]], object), [1]), shape=(2, 2), dtype="float32")
    assert rows.asnumpy().tolist() == [[0, 0], [1, 2]]
    dense = np.array([[0, 1], [2, 0]], ">f4")
    assert nd.sparse.csr_matrix(dense).asnumpy().tolist() == dense.tolist()


def test_data_loader():
    (x,) = mx.gluon.data.DataLoader(np.arange(4, dtype=">f4").reshape(2, 2)[:, ::-1], 2)
    assert x.asnumpy().tolist() == [[1, 0], [3, 2]]
    assert x.dtype == np.float32


# ---------------------------------------------------------------------- arrays that are numbers


# NumPy 1.25 to 2.3 warn of what host.array makes good.
announced = pytest.mark.filterwarnings("ignore:Conversion of an array:DeprecationWarning")


@announced
@pytest.mark.parametrize("shape", [(1,), (1, 1)])
def test_one_element_is_a_number(shape):
    x = nd.full(shape, 1.5)
    for value in (x, x.asnumpy(), x.asnumpy()[:], (x * 2).asnumpy() / 2, x.asscalar()):
        assert (float(value), int(value), complex(value)) == (1.5, 1, 1.5)
        assert "%.2f %d" % (value, value) == "1.50 1"  # noqa: UP031
        assert math.floor(value) == 1
    assert (format(x, ".3f"), f"{x:7.2f}") == ("1.500", "   1.50")
    assert f"{x}" == str(x)
    with pytest.raises(TypeError):
        format(nd.zeros(2), ".2f")


def test_asscalar():
    assert isinstance(nd.array([1.5]).asscalar(), np.float32)
    assert nd.array([[1.5]]).asscalar().tolist() == [[1.5]]
    with pytest.raises(ValueError, match="not a scalar"):
        nd.zeros(2).asscalar()


@announced
def test_lists_of_losses():
    losses = [nd.array([1.0]), nd.array([2.0])]
    assert (np.mean(losses), np.sum(losses), np.max(losses)) == (1.5, 3, 2)
    assert np.asarray(losses).tolist() == [[1], [2]]
    a = np.zeros(2)
    a[0] = losses[1]
    assert a.tolist() == [2, 0]


def test_array_that_is_a_number():
    """What asnumpy gives where NumPy refuses to make a number of it."""
    x = np.array([[1.5]], np.float32).view(host.array)
    assert repr(x) == "array([[1.5]], dtype=float32)"
    assert (x + 1).tolist() == [[2.5]] and isinstance(x + 1, host.array)
    assert type(x.sum()) is np.float32
    assert type(x[0, 0]) is np.float32
    assert type(x + np.zeros((2, 2))) is np.ndarray
    assert type(x[:0]) is np.ndarray and isinstance(x[0], host.array)
    assert type(pickle.loads(pickle.dumps(x))) is np.ndarray
    assert type(np.concatenate([x, x])) is np.ndarray
    assert (x > 1).item() is True
