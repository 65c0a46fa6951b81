"""mx.np and mx.npx. Values and types marked as MXNet's were read off MXNet 1.9.1 under ``npx.set_np()``."""

import pickle
import subprocess
import sys

import numpy as onp
import pytest

import mxnet as mx
from mxnet import np, npx
from mxnet._core.ops.numpy.elementwise import BINARY as OPERATORS
from mxnet.base import MXNetError

FLOATS = ["float16", "float32", "float64"]
INTEGERS = ["uint8", "int8", "int32", "int64"]


def same(x, expected, dtype=None):
    """Whether an array is a numpy.ndarray of MXNet's with these values (and this type)."""
    assert type(x) is np.ndarray
    assert x.shape == onp.shape(expected)
    assert dtype is None or x.dtype == dtype
    onp.testing.assert_allclose(x.asnumpy(), expected, rtol=1e-5, atol=1e-5)
    return True


# ---------------------------------------------------------------------- making arrays


@pytest.mark.parametrize(
    "made, values, dtype",
    [
        (lambda: np.array(1), 1, "float32"),
        (lambda: np.array([1, 2]), [1, 2], "float32"),
        (lambda: np.array([True]), [1], "float32"),
        (lambda: np.array(onp.array([1, 2])), [1, 2], "int64"),
        (lambda: np.array(onp.array([1.5])), [1.5], "float64"),
        (lambda: np.array([np.ones(2), np.zeros(2)]), [[1, 1], [0, 0]], "float32"),
        (lambda: np.array(np.ones(2), dtype="int32"), [1, 1], "int32"),
        (lambda: np.zeros(()), 0, "float32"),
        (lambda: np.ones((0, 3)), onp.ones((0, 3)), "float32"),
        (lambda: np.full((2,), 1), [1, 1], "float32"),
        (lambda: np.full((2,), True), [1, 1], "bool"),
        (lambda: np.full((2,), 1.5, dtype="int32"), [1, 1], "int32"),
        (lambda: np.full((2, 2), np.array([1, 2])), [[1, 2], [1, 2]], "float32"),
        (lambda: np.arange(3), [0, 1, 2], "float32"),
        (lambda: np.arange(1, 3, 0.5, dtype="float64"), [1, 1.5, 2, 2.5], "float64"),
        (lambda: np.arange(3, 0, -2), [3, 1], "float32"),
        (lambda: np.linspace(0, 1, 3, dtype="int32"), [0, 0, 1], "int32"),
        (lambda: np.linspace(0, 1, 4, endpoint=False), [0, 0.25, 0.5, 0.75], "float32"),
        (lambda: np.logspace(0, 1, 3), [1, 10**0.5, 10], "float32"),
        (lambda: np.eye(2, 3, k=1), [[0, 1, 0], [0, 0, 1]], "float32"),
        (lambda: np.identity(2, dtype="int32"), [[1, 0], [0, 1]], "int32"),
        (lambda: np.indices((2, 2)), onp.indices((2, 2)), "int32"),
        (lambda: np.zeros_like(np.ones(2, dtype="int8")), [0, 0], "int8"),
        (lambda: np.hanning(3), [0, 1, 0], "float32"),
    ],
)
def test_creation(made, values, dtype):
    same(made(), values, dtype)


def test_linspace_gives_its_step():
    values, step = np.linspace(0, 1, 3, retstep=True)
    assert step == 0.5
    same(values, [0, 0.5, 1])


@pytest.mark.parametrize("bad", ["a", [[1, 2], [3]], object()])
def test_array_of_what_is_no_number(bad):
    with pytest.raises(TypeError, match="object must be numbers|data type"):
        np.array(bad)


def test_the_two_kinds_share_memory_and_gradients():
    x = np.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        y = x.as_nd_ndarray() * 3
    y.backward()
    assert type(y) is mx.nd.NDArray
    same(x.grad, [3, 3])
    classic = x.as_nd_ndarray()
    classic[0] = 7
    same(x, [7, 2])
    assert type(classic.grad) is mx.nd.NDArray
    assert type(classic.as_np_ndarray()) is np.ndarray
    assert x.as_np_ndarray() is x


def test_the_two_kinds_do_not_mix():
    for mixed in (
        lambda: np.ones(2) + mx.nd.ones(2),
        lambda: mx.nd.ones(2) + np.ones(2),
        lambda: npx.relu(mx.nd.ones(2)),
    ):
        with pytest.raises(TypeError, match="as_np_ndarray"):
            mixed()
    with pytest.raises(ValueError, match="as_np_ndarray"):
        np.array(mx.nd.ones(2))
    with pytest.raises(TypeError, match="NDArray"):
        np.ones(2)[0] = mx.nd.ones(1)
    with pytest.raises(TypeError, match=r"numpy\.ndarray"):
        np.ones(2) + onp.ones(2)


# ---------------------------------------------------------------------- what arrays are


@pytest.mark.parametrize(
    "x, text",
    [
        (np.array(3), "array(3.)"),
        (np.array([1, 2]), "array([1., 2.])"),
        (np.array([1], dtype="int32"), "array([1], dtype=int32)"),
        (np.array([1], dtype="float64"), "array([1.], dtype=float64)"),
        (np.ones((0, 3)), "array([], shape=(0, 3))"),
        (np.array([1, 2]) > 1, "array([False,  True])"),
        (np.ones((2, 2)), "array([[1., 1.],\n       [1., 1.]])"),
    ],
)
def test_repr(x, text):
    if mx.context.num_gpus():
        pytest.skip("on a GPU the context is shown")
    assert repr(x) == text


def test_python_protocols():
    x = np.array([[1, 2], [3, 4]])
    assert str(np.array(3)) == "3.0"
    assert f"{np.array(1.234):.2f}" == "1.23"
    assert len(x) == 2
    assert [row.shape for row in x] == [(2,), (2,)]
    assert x.tolist() == [[1, 2], [3, 4]]
    assert np.array(2).tolist() == 2
    assert (x.item(3), x.item(1, 0), x.item((0, 1))) == (4, 3, 2)
    assert (float(np.array(2)), int(np.array(2)), bool(np.array([])), bool(np.array(1))) == (2, 2, False, True)
    with pytest.raises(TypeError, match="unsized"):
        len(np.array(1))
    with pytest.raises(ValueError, match="ambiguous"):
        bool(x)
    with pytest.raises(ValueError, match="size 1"):
        x.item()
    with pytest.raises(IndexError, match="out of bounds"):
        x.item(4)
    same(pickle.loads(pickle.dumps(x.astype("int8"))), x.asnumpy(), "int8")


def test_methods_that_only_the_classic_array_has():
    with pytest.raises(AttributeError, match=r"mx\.np\.exp"):
        np.ones(2).exp()


# ---------------------------------------------------------------------- indexing


@pytest.mark.parametrize(
    "key",
    [0, -1, (1, 2), (), slice(1, None), slice(None, None, -1), (slice(None), 1), None, (0, None), Ellipsis,
     (Ellipsis, 0), [0, 1, 1], ([0, 1], [2, 0]), (slice(0, 0),),
     onp.array([[True, False, True], [False, True, False]]), True, False],
    ids=str,
)  # fmt: skip
def test_indexing_is_numpys(key):
    values = onp.arange(6, dtype="float32").reshape(2, 3)
    x = np.array(values)
    same(x[key], values[key])
    values[key] = -1
    x[key] = -1
    same(x, values)


def test_indexing_with_arrays():
    x = np.arange(4)
    same(x[x > 1], [2, 3])
    same(x[np.array([3, 0], dtype="int32")], [3, 0])
    same(x[np.array(True, dtype="bool")], [[0, 1, 2, 3]])
    x[x > 1] = np.array([7, 8])
    same(x, [0, 1, 7, 8])


def test_indexing_an_array_without_axes():
    x = np.array(3)
    same(x[()], 3)
    same(x[None], [3])
    x[()] = 4
    same(x, 4)
    for key in (0, slice(None), [0]):
        with pytest.raises(IndexError, match="scalar"):
            x[key]


def test_adjacent_elements_are_views():
    x = np.zeros((2, 3))
    x[1][:] = 5
    same(x, [[0, 0, 0], [5, 5, 5]])
    assert np.shares_memory(x, x[1])
    assert not np.may_share_memory(x, x.reshape(3, 2))
    assert np.shares_memory(x, x.reshape_view(3, 2))


# ---------------------------------------------------------------------- types


@pytest.mark.parametrize(
    "a, b, together",
    [("int32", "int64", "int64"), ("uint8", "int8", "int32"), ("int64", "float16", "float16"),
     ("bool", "uint8", "uint8"), ("float32", "float64", "float64"), ("float16", "float32", "float32"),
     ("bool", "bool", "bool")],
)  # fmt: skip
@pytest.mark.parametrize("shape", [(), (2,)])
def test_types_of_two_arrays(a, b, together, shape):
    """As MXNet's; also for arrays without axes, which torch would overlook."""
    x, y = np.ones((2,), dtype=a), np.ones(shape, dtype=b)
    same(x * y, [1, 1], together)
    same(y * x, [1, 1], together)
    assert (x < y).dtype == onp.bool_
    real = together if together in FLOATS else "float32"
    assert (x / y).dtype == real


@pytest.mark.parametrize("dtype", INTEGERS)
def test_numbers_take_the_type_of_integers(dtype):
    x = np.array([1, 2, 3], dtype=dtype)
    for found, expected in [(x * 1.5, [1, 2, 3]), (2.5 * x, [2, 4, 6]), (x + 1, [2, 3, 4]), (x**0.5, [1, 1, 1]),
                            (x % 2, [1, 0, 1]), (np.maximum(x, 2.5), [2, 2, 3])]:  # fmt: skip
        same(found, expected, dtype)
    same(x / 2, [0.5, 1, 1.5], "float32")
    same(6 / x, [6, 3, 2], "float32")
    same(x > 1.5, [False, True, True], "bool")
    same(np.exp(x), [2, 7, 20], dtype)
    same(x.sum(), 6, dtype)
    same(x.mean(), 2, "float32")
    same(x.argmax(), 2, "int64")


def test_booleans_with_numbers_are_int64():
    x = np.array([True, False], dtype="bool")
    same(x + 1, [2, 1], "int64")
    same(x * 1.5, [1, 0], "int64")
    same(x.sum(), 1, "int64")
    same(~x, [False, True], "bool")


@pytest.mark.parametrize("dtype", FLOATS)
def test_floats_keep_their_type(dtype):
    x = np.array([1, 4], dtype=dtype)
    for found in (x + 1, 1.5 - x, x / 2, x**2, np.sqrt(x), x.sum(), x.mean(), x.std(), x.cumsum(), np.dot(x, x)):
        assert found.dtype == dtype


# ---------------------------------------------------------------------- elementwise functions

UNARY = (
    "abs absolute arccos arccosh arcsin arcsinh arctan arctanh cbrt ceil cos cosh deg2rad degrees exp expm1 "
    "fabs fix floor isfinite isinf isnan isneginf isposinf log log10 log1p log2 logical_not negative rad2deg "
    "radians reciprocal rint sign sin sinh sqrt square tan tanh trunc"
).split()
BINARY = (
    "add arctan2 copysign divide equal greater greater_equal hypot less less_equal maximum minimum mod "
    "multiply not_equal power remainder subtract true_divide"
).split()


@pytest.mark.parametrize("name", UNARY)
def test_unary(name):
    values = onp.array([[0.25, 0.5], [0.75, 0.9]], "float32") + (name == "arccosh")
    expected = getattr(onp, name)(values)
    fn = getattr(np, name)
    same(fn(np.array(values)), expected, expected.dtype)
    out = np.zeros((2, 2), dtype=expected.dtype)
    assert fn(np.array(values), out=out) is out
    same(out, expected)
    number = 1.5 if name == "arccosh" else 0.5
    assert fn(number) == getattr(onp, name)(number)  # numbers stay numbers
    same(fn(np.array(number)), getattr(onp, name)(number))
    with pytest.raises(TypeError, match=name):
        fn("a")


@pytest.mark.parametrize("name", BINARY)
def test_binary(name):
    a, b = onp.array([[1.5, -2, 3]], "float32"), onp.array([[1], [2]], "float32")
    fn, reference = getattr(np, name), getattr(onp, name)
    same(fn(np.array(a), np.array(b)), reference(a, b), reference(a, b).dtype)
    same(fn(np.array(b), 2), reference(b, onp.float32(2)))
    same(fn(2, np.array(b)), reference(onp.float32(2), b))
    assert fn(2.0, 3.0) == reference(2.0, 3.0)
    with pytest.raises(TypeError, match=name):
        fn(np.array(a), [1])
    with pytest.raises(MXNetError, match=OPERATORS[name].arrays.name):  # as MXNet, which names operators
        fn(np.ones(2), np.ones(3))


def test_keywords_of_ufuncs():
    same(np.exp(np.zeros(1), where=True, casting="same_kind"), [1])
    with pytest.raises(TypeError, match="foo"):
        np.exp(np.zeros(1), foo=1)
    with pytest.raises(NotImplementedError, match="where"):
        np.add(np.zeros(1), 1, where=False)


def test_in_place():
    x = y = np.array([1.0, 2.0])
    x += 1
    x *= np.array([2, 3])
    assert x is y
    same(y, [4, 9])
    i = np.array([7, 5], dtype="int32")
    i /= 2
    same(i, [3, 2], "int32")
    with pytest.raises(MXNetError):
        x += np.ones((3, 2))


def test_bits():
    x = np.array([6, 3], dtype="int32")
    same(x & 5, [4, 1], "int32")
    same(x | 8, [14, 11], "int32")
    same(x ^ x, [0, 0], "int32")
    same(~x, [-7, -4], "int32")
    same(np.lcm(x, 4), [12, 12], "int32")


# ---------------------------------------------------------------------- against NumPy

SQUARE = onp.array([[4.0, 1.0], [2.0, 3.0]], "float32")
CUBE = onp.arange(24, dtype="float32").reshape(2, 3, 4) % 7

CASES = [
    ("sum", (CUBE,), {"axis": (0, -1), "keepdims": True}),
    ("sum", (CUBE,), {"axis": 1, "initial": 2}),
    ("prod", (CUBE + 1,), {"axis": (0, 2)}),
    ("mean", (CUBE,), {"axis": 1}),
    ("var", (CUBE,), {"axis": (0, 1), "ddof": 1}),
    ("std", (CUBE,), {}),
    ("max", (CUBE,), {"axis": (1, 2)}),
    ("min", (CUBE,), {"axis": 0, "keepdims": True}),
    ("any", (CUBE,), {"axis": 0}),
    ("all", (CUBE,), {"axis": 2}),
    ("argmax", (CUBE,), {"axis": 1}),
    ("argmin", (CUBE,), {}),
    ("cumsum", (CUBE,), {"axis": 1}),
    ("cumsum", (CUBE,), {}),
    ("average", (CUBE,), {"axis": 1, "weights": onp.array([1, 2, 3], "float32")}),
    ("reshape", (CUBE, (4, -1)), {}),
    ("transpose", (CUBE, (2, 0, 1)), {}),
    ("swapaxes", (CUBE, 0, 2), {}),
    ("moveaxis", (CUBE, (0, 1), (1, 2)), {}),
    ("expand_dims", (CUBE, -1), {}),
    ("squeeze", (CUBE[:1], 0), {}),
    ("broadcast_to", (CUBE[0], (2, 3, 4)), {}),
    ("ravel", (CUBE,), {}),
    ("repeat", (CUBE, 2), {"axis": 1}),
    ("repeat", (CUBE, 2), {}),
    ("tile", (SQUARE, (2, 1, 2)), {}),
    ("flip", (CUBE,), {"axis": (0, 2)}),
    ("flip", (CUBE,), {}),
    ("roll", (CUBE, 2), {}),
    ("roll", (CUBE, (1, 1)), {"axis": (0, 1)}),
    ("rot90", (SQUARE,), {"k": 3}),
    ("concatenate", ([SQUARE, SQUARE],), {"axis": 1}),
    ("concatenate", ([SQUARE, CUBE],), {"axis": None}),
    ("stack", ([SQUARE, SQUARE],), {"axis": -1}),
    ("vstack", ([SQUARE[0], SQUARE],), {}),
    ("hstack", ([SQUARE, SQUARE],), {}),
    ("dstack", ([SQUARE, SQUARE],), {}),
    ("column_stack", ([SQUARE[0], SQUARE],), {}),
    ("append", (SQUARE, SQUARE), {"axis": 0}),
    ("dot", (SQUARE, SQUARE), {}),
    ("dot", (CUBE, CUBE[0].T), {}),
    ("matmul", (CUBE, CUBE[0].T), {}),
    ("inner", (SQUARE, SQUARE), {}),
    ("outer", (SQUARE, SQUARE), {}),
    ("vdot", (SQUARE, SQUARE), {}),
    ("tensordot", (CUBE, CUBE), {"axes": ([1, 2], [1, 2])}),
    ("tensordot", (SQUARE, SQUARE), {"axes": 1}),
    ("einsum", ("ijk,ljk->il", CUBE, CUBE), {}),
    ("trace", (SQUARE,), {"offset": 1}),
    ("diag", (SQUARE,), {"k": 1}),
    ("diag", (SQUARE[0],), {}),
    ("diagflat", (SQUARE,), {}),
    ("diagonal", (CUBE,), {"axis1": 1, "axis2": 2}),
    ("tril", (SQUARE,), {"k": -1}),
    ("where", (SQUARE > 2, SQUARE, -SQUARE), {}),
    ("take", (CUBE, onp.array([0, 2])), {"axis": 1}),
    ("sort", (CUBE,), {"axis": 0}),
    ("argsort", (SQUARE,), {"axis": None}),
    ("clip", (CUBE, 2, 5), {}),
    ("around", (SQUARE / 3, 1), {}),
    ("diff", (CUBE,), {"n": 2}),
    ("percentile", (CUBE, 30), {"axis": 1}),
    ("quantile", (CUBE, 0.5), {"axis": (0, 2), "keepdims": True}),
    ("nan_to_num", (onp.array([onp.nan, 1], "float32"),), {}),
    ("bincount", (onp.array([0, 2, 2]),), {"minlength": 4}),
    ("linalg.norm", (SQUARE,), {}),
    ("linalg.norm", (SQUARE,), {"ord": 1, "axis": 0}),
    ("linalg.inv", (SQUARE,), {}),
    ("linalg.det", (SQUARE,), {}),
    ("linalg.solve", (SQUARE, SQUARE[0]), {}),
    ("linalg.pinv", (CUBE[0],), {"rcond": 1e-6}),
    ("linalg.cholesky", (SQUARE @ SQUARE.T,), {}),
    ("linalg.eigvalsh", (SQUARE @ SQUARE.T,), {}),
    ("linalg.tensorinv", (onp.eye(6, dtype="float32").reshape(2, 3, 6) * 2,), {"ind": 2}),
]  # fmt: skip


def find(module, name):
    for part in name.split("."):
        module = getattr(module, part)
    return module


def lift(value):
    if isinstance(value, onp.ndarray):
        return np.array(value)
    return [lift(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("name, args, kwargs", CASES, ids=lambda v: v if isinstance(v, str) else "")
def test_as_numpy(name, args, kwargs):
    expected = find(onp, name)(*args, **kwargs)
    found = find(np, name)(*[lift(a) for a in args], **{k: lift(v) for k, v in kwargs.items()})
    assert type(found) is np.ndarray
    assert found.shape == onp.shape(expected)
    onp.testing.assert_allclose(found.asnumpy(), expected, rtol=2e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["split", "array_split", "hsplit", "vsplit", "dsplit"])
def test_splitting(name):
    values = onp.arange(32).reshape(2, 2, 8)
    for where in (2, [1], (0, 1)):
        expected = getattr(onp, name)(values, where)
        found = getattr(np, name)(np.array(values), where)
        assert isinstance(found, list)
        assert [x.asnumpy().tolist() for x in found] == [x.tolist() for x in expected]


def test_splitting_unevenly():
    same(np.array_split(np.arange(5), 2)[0], [0, 1, 2])
    with pytest.raises(ValueError, match="equal division"):
        np.split(np.arange(5), 2)
    with pytest.raises(ValueError, match="positive"):
        np.split(np.arange(5), 0)


def test_unique():
    x = onp.array([3, 1, 3, 2, 1])
    found = np.unique(np.array(x), return_index=True, return_inverse=True, return_counts=True)
    for got, expected in zip(
        found, onp.unique(x, return_index=True, return_inverse=True, return_counts=True), strict=True
    ):
        assert got.asnumpy().tolist() == expected.tolist()


def test_several_arrays():
    x = onp.array([[1, 0], [0, 2]], "float32")
    assert [i.asnumpy().tolist() for i in np.nonzero(np.array(x))] == [i.tolist() for i in onp.nonzero(x)]
    assert [i.asnumpy().tolist() for i in np.where(np.array(x))] == [i.tolist() for i in onp.nonzero(x)]
    a, b = np.broadcast_arrays(np.ones((2, 1)), np.ones(3))
    assert a.shape == b.shape == (2, 3)
    same(np.meshgrid(np.arange(2), np.arange(3))[0], onp.meshgrid(onp.arange(2), onp.arange(3))[0])
    u, s, v = np.linalg.svd(np.array(CUBE[0]))
    same(np.matmul(u * s, v), CUBE[0])
    same(np.unravel_index(np.array([5, 2], dtype="int64"), (2, 3))[1], [2, 2])


@pytest.mark.parametrize(
    "call, error",
    [
        (lambda: np.ones((10, 10)).reshape((1,)), MXNetError),
        (lambda: np.reshape(np.ones((10, 10)), (-1, 3)), MXNetError),
        (lambda: np.ones(2).reshape(-2), MXNetError),
        (lambda: np.ones(2).sum(axis=5), MXNetError),
        (lambda: np.max(np.ones((0,))), MXNetError),
        (lambda: np.concatenate([]), MXNetError),
        (lambda: np.squeeze(np.ones((2, 1)), axis=0), MXNetError),
        (lambda: np.expand_dims(np.ones(2), 5), MXNetError),
        (lambda: np.take(np.arange(3), np.array([5])), MXNetError),
        (lambda: np.take(np.arange(3), np.array([-1])), MXNetError),
        (lambda: np.clip(np.ones(2), None, None), ValueError),
        (lambda: np.matmul(np.ones(2), 2), TypeError),
        (lambda: np.sum(1), TypeError),
        (lambda: np.zeros(-1), ValueError),
        (lambda: np.linalg.inv(np.zeros((2, 2))), MXNetError),
        (lambda: np.ones((2,), order="F"), NotImplementedError),
        (lambda: np.add(np.ones(2), 1, out=np.zeros(3)), MXNetError),
    ],
)
def test_errors(call, error):
    with pytest.raises(error):
        call()


def test_numpys_own_functions():
    x = np.array([1.0, 2.0])
    same(onp.mean(x), 1.5)
    same(onp.exp(np.zeros(1)), [1])
    same(onp.concatenate([x, x]), [1, 2, 1, 2])
    assert onp.allclose(x, x)
    same(onp.linalg.norm(np.array([3.0, 4.0])), 5)
    same(onp.tril(np.ones((2, 2))), [[1, 0], [1, 1]])
    same(onp.cumprod(x), [1, 2])  # not in mx.np: runs on the host
    assert onp.asarray(x).tolist() == [1, 2]


def test_functions_on_the_host():
    x = np.array([3.0, 1.0, 2.0])
    same(np.isclose(x, x), [True] * 3, "bool")
    assert np.array_equal(x, x) is True
    same(np.cov(x, x), onp.full((2, 2), 1))
    same(np.searchsorted(np.arange(4), x), [3, 1, 2], "int64")
    q, r = np.linalg.qr(np.array(SQUARE))
    same(np.matmul(q, r), SQUARE)
    assert np.linalg.matrix_rank(np.ones((2, 2))) == 1


# ---------------------------------------------------------------------- gradients


def grad_of(fn, *values):
    xs = [np.array(v) for v in values]
    for x in xs:
        x.attach_grad()
    with mx.autograd.record():
        y = fn(*xs)
    y.backward()
    return [x.grad for x in xs]


def test_gradients():
    same(grad_of(lambda x: (x * x).sum(), [1.0, 2.0])[0], [2, 4])
    same(grad_of(lambda x: x[0] * 3, [1.0, 2.0])[0], [3, 0])
    same(grad_of(lambda x: np.concatenate([x, x]).reshape(2, 2).T[0].sum(), [1.0, 2.0])[0], [2, 0])
    a, b = grad_of(lambda a, b: np.dot(a, b).sum(), onp.ones((2, 3), "float32"), onp.full((3, 2), 2, "float32"))
    same(a, onp.full((2, 3), 4))
    same(b, onp.full((3, 2), 2))
    same(grad_of(lambda x: np.where(x > 1, x, 0 * x).sum(), [1.0, 2.0])[0], [0, 1])
    same(grad_of(lambda x: npx.relu(x), [-1.0, 2.0])[0], [0, 1])


def test_grad_gives_arrays_of_the_kind_of_the_variables():
    x = np.array([1.0, 2.0])
    x.attach_grad()
    with mx.autograd.record():
        (first,) = mx.autograd.grad([(x**3).sum()], [x], create_graph=True)
        y = first.sum()
    y.backward()
    same(first, [3, 12])
    same(x.grad, [6, 12])


def test_function_of_the_users_gets_numpy_arrays():
    kinds = []

    class Double(mx.autograd.Function):
        def forward(self, x):
            kinds.append(type(x))
            return x * 2

        def backward(self, dy):
            kinds.append(type(dy))
            return dy * 2

    same(grad_of(lambda x: Double()(x), [1.0])[0], [2])
    assert kinds == [np.ndarray] * 2


def test_in_place_while_recording():
    x = np.ones(2)
    x.attach_grad()
    with mx.autograd.record():
        y = x * 2
        with pytest.raises(MXNetError, match="Inplace"):
            y += 1


# ---------------------------------------------------------------------- random arrays

MOMENTS = [
    ("uniform", (2, 4), 3, 1 / 3),
    ("normal", (1, 2), 1, 4),
    ("lognormal", (0, 0.5), 1.1331, 0.3647),
    ("logistic", (1, 1), 1, 3.29),
    ("gumbel", (0, 1), 0.5772, 1.645),
    ("exponential", (2,), 2, 4),
    ("rayleigh", (1,), 1.2533, 0.4292),
    ("weibull", (2,), 0.8862, 0.2146),
    ("pareto", (5,), 0.25, 0.1042),
    ("power", (3,), 0.75, 0.0375),
    ("gamma", (3, 2), 6, 12),
    ("chisquare", (4,), 4, 8),
    ("beta", (2, 2), 0.5, 0.05),
]


@pytest.mark.parametrize("name, args, mean, variance", MOMENTS)
def test_distributions(name, args, mean, variance):
    npx.random.seed(1)
    draw = getattr(np.random, name)
    x = draw(*args, size=(200, 100))
    assert (x.shape, x.dtype) == ((200, 100), onp.float32)
    assert abs(x.mean().item() - mean) < 5 * (variance / 20000) ** 0.5
    assert abs(x.var().item() / variance - 1) < 0.15
    assert draw(*[np.full((3,), a, dtype="float32") for a in args]).shape == (3,)
    assert draw(*args).shape == ()
    with pytest.raises(TypeError):
        draw(*args, shape=(2,))
    npx.random.seed(7)
    first = draw(*args, size=3).tolist()
    npx.random.seed(7)
    assert draw(*args, size=3).tolist() == first


def test_random_integers():
    x = np.random.randint(2, 5, size=1000)
    assert (x.dtype, set(x.tolist())) == (onp.int64, {2, 3, 4})
    assert np.random.randint(3).shape == ()
    assert np.random.randint(0, 3, size=2, dtype="int32").dtype == onp.int32
    with pytest.raises(ValueError, match="low must be below high"):
        np.random.randint(5, 2)
    assert set(np.random.choice(3, size=200).tolist()) == {0, 1, 2}
    assert sorted(np.random.choice(5, size=5, replace=False).tolist()) == [0, 1, 2, 3, 4]
    assert set(np.random.choice(np.array([7.0, 9.0]), size=50, p=np.array([0.0, 1.0])).tolist()) == {9.0}
    with pytest.raises(ValueError, match="without replacement"):
        np.random.choice(3, size=5, replace=False)
    counts = np.random.multinomial(100, [0.5, 0.5, 0.0], size=4)
    assert counts.shape == (4, 3)
    assert counts.sum(axis=1).tolist() == [100] * 4
    assert counts[:, 2].tolist() == [0] * 4


def test_shuffle():
    x = np.arange(100)
    np.random.shuffle(x)
    assert x.tolist() != list(range(100))
    assert sorted(x.tolist()) == list(range(100))


def test_random_numbers_are_differentiable():
    scale = np.array([2.0, 3.0])
    scale.attach_grad()
    with mx.autograd.record():
        y = np.random.normal(0, scale)
    y.backward()
    same(scale.grad, y.asnumpy() / [2, 3])


def test_extended_random():
    assert npx.random.uniform_n(np.zeros((2, 1)), np.ones(3), batch_shape=(4,)).shape == (4, 2, 3)
    assert npx.random.normal_n(batch_shape=(4,)).shape == (4,)
    x = npx.random.bernoulli(prob=0.25, size=(20000,))
    assert abs(x.mean().item() - 0.25) < 0.02
    assert npx.random.bernoulli(logit=np.array([50.0, -50.0])).tolist() == [1, 0]
    with pytest.raises(ValueError, match="not both"):
        npx.random.bernoulli(0.5, 0.5)


# ---------------------------------------------------------------------- npx


def test_operators_give_numpy_arrays():
    x = np.array([[1.0, 2.0, 0.5]])
    same(npx.softmax(x), onp.exp(x.asnumpy()) / onp.exp(x.asnumpy()).sum())
    same(npx.log_softmax(x), onp.log(npx.softmax(x).asnumpy()))
    same(npx.sigmoid(np.zeros(1)), [0.5])
    same(npx.one_hot(np.array([0, 1]), 3), [[1, 0, 0], [0, 1, 0]])
    same(npx.pick(x, np.array([1])), [2])
    values, places = npx.topk(x, k=2, ret_typ="both")
    same(values, [[2, 1]])
    same(places, [[1, 0]])
    same(npx.fully_connected(x, np.ones((2, 3)), num_hidden=2, no_bias=True), [[3.5, 3.5]])
    same(
        npx.convolution(np.ones((1, 1, 3, 3)), np.ones((1, 1, 3, 3)), kernel=(3, 3), num_filter=1, no_bias=True),
        [[[[9]]]],
    )
    same(npx.nonzero(np.array([[0, 1], [1, 0]])), [[0, 1], [1, 0]])
    assert npx.constraint_check(np.array([True]), "no").item() is True
    with pytest.raises(ValueError, match="too small"):
        npx.constraint_check(np.array([0]), "too small")


@pytest.mark.parametrize(
    "shape, codes, reverse, expected",
    [
        ((2, 3, 4), (-2, -1), False, (2, 12)),
        ((2, 3, 4), (-5, -4), False, (6, 4)),
        ((1, 3, 4), (-3, -4), False, (3, 4)),
        ((8, 3), (-6, 2, -1, -4), False, (2, 4, 3)),
        ((2, 3, 4), (-1, -2), True, (6, 4)),
        ((3, 8), (-4, -6, 2, -1), True, (3, 2, 4)),
    ],
)
def test_reshape_codes(shape, codes, reverse, expected):
    assert npx.reshape(np.ones(shape), codes, reverse=reverse).shape == expected


@pytest.mark.parametrize("codes", [(-3, -4), (-6, 5, -1, -4), (-6,), (-7,), (-2, -2, -2)])
def test_reshape_codes_that_do_not_fit(codes):
    with pytest.raises(ValueError, match="newshape"):
        npx.reshape(np.ones((2, 3)), codes)


def test_files(tmp_path):
    path = str(tmp_path / "x.params")
    npx.save(path, {"a": np.array(3.0), "b": np.ones((0, 2))})
    found = npx.load(path)
    same(found["a"], 3)
    same(found["b"], onp.ones((0, 2)))
    npx.save(path, np.arange(2))
    same(npx.load(path)[0], [0, 1])
    with pytest.raises(TypeError, match=r"mxnet\.numpy\.ndarray"):
        npx.save(path, [mx.nd.ones(2)])


def test_switches():
    assert not npx.is_np_array()
    npx.set_np()
    try:
        assert npx.is_np_array()
        assert npx.is_np_shape()
    finally:
        npx.reset_np()
    assert not npx.is_np_shape()


def test_blocks_take_numpy_arrays():
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(4, activation="relu"), mx.gluon.nn.Dense(2))
    net.initialize()
    x = np.random.uniform(size=(3, 5))
    plain = net(x)
    net.hybridize()
    same(net(x), plain.asnumpy())
    with mx.autograd.record():
        y = net(x).sum()
    assert type(y) is np.ndarray
    y.backward()
    assert abs(net[0].weight.grad().asnumpy()).sum() > 0


def test_functions_are_in_reach_of_blocks():
    class Twice(mx.gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return F.npx.relu(F.np.add(x, x))

    same(Twice()(np.array([-1, 2])), [0, 4])


def test_parameters_follow_the_switch():
    x = np.ones((2, 3))
    npx.set_np()
    try:
        net = mx.gluon.nn.Dense(1)
        net.initialize(mx.init.One())
        trainer = mx.gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5, "momentum": 0.9})
        with mx.autograd.record():
            loss = net(x).sum()
        loss.backward()
        trainer.step(1)
    finally:
        npx.reset_np()
    same(net.weight.grad(), [[2, 2, 2]])
    same(net.weight.data(), [[0, 0, 0]])


def test_every_name_is_there():
    for module in (np, np.random, np.linalg, npx, npx.random, npx.image):
        for name in module.__all__:
            assert getattr(module, name) is not None or name == "newaxis"


def test_imported_on_first_use():
    code = "import sys, mxnet; assert 'mxnet.numpy' not in sys.modules; assert mxnet.np.pi; assert mxnet.npx.relu"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", ["eigh", "slogdet", "eig"])
def test_numpys_functions_give_numpys_kinds_of_tuples(name):
    x = onp.array([[2.0, 1.0], [1.0, 3.0]], "float32")
    plain, ours = getattr(onp.linalg, name)(x), getattr(onp.linalg, name)(np.array(x))
    assert type(plain) is type(ours) and all(type(part) is np.ndarray for part in ours)
