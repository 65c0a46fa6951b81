"""``mx.np`` at its edges: arrays without axes, integers, limits of types, two types, numbers instead of arrays."""

import inspect
import io
import math

import numpy as onp
import pytest

import mxnet as mx
from mxnet import _numpy_op_doc

np, npx = mx.np, mx.npx


def check(found, wanted, dtype=None):
    assert isinstance(found, np.ndarray)
    if dtype is not None:
        assert found.dtype == dtype
    assert found.shape == onp.shape(wanted)
    onp.testing.assert_allclose(found.asnumpy(), wanted, rtol=1e-6)


def of(values, dtype):
    return np.array(values, dtype=dtype)


# ---------------------------------------------------------------------- limits and rounding


@pytest.mark.parametrize(
    ("dtype", "values", "low", "high"),
    [
        ("uint8", [1, 2, 250], -1, 100),
        ("uint8", [1, 2, 250], 3, 300),
        ("int8", [1, -2, 100], -1000, 1000),
        ("int32", [1, -2, 100], None, 2**40),
        ("float16", [1, 2], 1.5, 1e6),
    ],
)
def test_limits_beyond_a_type(dtype, values, low, high):
    x = of(values, dtype)
    wanted = onp.clip(onp.array(values, "float64"), low, high)
    check(np.clip(x, low, high), wanted, dtype)
    check(x.clip(low, high), wanted, dtype)


def test_clip_by_arrays():
    x = np.array([1.0, 5.0, 9.0])
    check(np.clip(x, np.array([2.0, 2.0, 2.0]), 6), [2, 5, 6])


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "float32"])
@pytest.mark.parametrize("decimals", [-2, -1, 0, 1])
def test_around(dtype, decimals):
    values = onp.array([15, 25, 149, 151, 0], dtype)
    check(np.around(np.array(values), decimals), onp.around(values, decimals), dtype)


@pytest.mark.parametrize("name", ["around", "round", "ravel", "flip", "nan_to_num"])
@pytest.mark.parametrize("number", [2, 2.5, True])
def test_functions_of_numbers(name, number):
    found, wanted = getattr(np, name)(number), getattr(onp, name)(number)
    assert type(found) is type(wanted)
    assert found == wanted


def test_more_functions_of_numbers():
    assert np.clip(0.5, 0.0, 1.0) == 0.5
    assert np.clip(5, 0, 1) == 1
    check(np.broadcast_to(1.5, (2, 2)), [[1.5, 1.5], [1.5, 1.5]], "float32")
    check(np.broadcast_to(2, 2), [2, 2])


# ---------------------------------------------------------------------- arrays without axes


@pytest.mark.parametrize("name", ["sum", "prod", "mean", "std", "var", "max", "min", "all", "any"])
@pytest.mark.parametrize("axis", [0, -1])
def test_reductions_of_a_number(name, axis):
    check(getattr(np, name)(np.array(1.5), axis=axis), getattr(onp, name)(onp.float32(1.5)))
    with pytest.raises(IndexError):
        getattr(np, name)(np.array(1.5), axis=1)


def test_squeeze_of_a_number():
    for axis in (0, -1, None, ()):
        check(np.squeeze(np.array(1.5), axis), 1.5)
    with pytest.raises(IndexError):
        np.squeeze(np.array(1.5), 1)


def test_positions_of_a_number():
    check(npx.nonzero(np.array(1.5)), [[0]], "int64")
    assert npx.nonzero(np.array(0.0)).shape == (0, 1)


def test_arange_of_arrays():
    check(np.arange(np.array(3)), [0, 1, 2])
    check(np.arange(np.array(1), np.array(5), np.array(2)), [1, 3])
    check(np.arange(0, 3, None), [0, 1, 2])
    check(np.arange(onp.int64(2)), [0, 1])


def test_norm_of_numbers_and_names():
    matrix = np.array([[1.0, -2.0], [3.0, 4.0]])
    for name, order in (("inf", math.inf), ("-inf", -math.inf)):
        wanted = onp.linalg.norm(matrix.asnumpy(), order)
        check(np.linalg.norm(matrix, ord=name), wanted)
        check(np.linalg.norm(matrix, ord=name, axis=1), onp.linalg.norm(matrix.asnumpy(), order, axis=1))
        check(np.linalg.norm(matrix[1], ord=name), onp.linalg.norm(matrix.asnumpy()[1], order))
        check(np.linalg.norm(np.array(-1.5), ord=name), 1.5)
    check(np.linalg.norm(np.array([3.0, 4.0]), "fro"), 5)


def test_tensorsolve_of_numbers():
    check(np.linalg.tensorsolve(np.array(2.0), np.array(4.0)), 2)
    check(np.linalg.tensorsolve(np.array(2.0), np.array([[[4.0]]])), 2)
    check(np.linalg.tensorsolve(np.array([[[2.0]]]), np.array([4.0])), [[2]])
    check(np.linalg.tensorsolve(np.array([[2.0]]), np.array([[4.0]])), [[2]])


def test_tensorsolve_of_axes():
    x = onp.random.RandomState(0).uniform(size=(2, 3, 6)).astype("float32")
    b = onp.arange(6, dtype="float32")
    for axes in ((0, 1), (-3, -2)):
        wanted = onp.linalg.tensorsolve(x, b, (0, 1))
        onp.testing.assert_allclose(np.linalg.tensorsolve(np.array(x), np.array(b), axes).asnumpy(), wanted, rtol=1e-3)


def test_roll():
    x = onp.arange(12).reshape(3, 4)
    for shift, axis in ((1, None), (1, (0, 1)), ((1, 2), (0, 1)), ((1, 2), 1), (-5, 0), (0, ())):
        check(np.roll(np.array(x), shift, axis), onp.roll(x, shift, axis))


def test_transpose_names_axes_once():
    with pytest.raises(ValueError, match="twice"):
        np.zeros((2, 3)).transpose((0, 0))


def test_recorded_assignment_with_new_axes():
    x, y = np.zeros((3, 2)), np.arange(6).reshape(3, 1, 2)
    y.attach_grad()
    with mx.autograd.record():
        x[:, None] = y * 2
        z = (x * 3).sum()
    z.backward()
    check(x, [[0, 2], [4, 6], [8, 10]])
    check(y.grad, onp.full((3, 1, 2), 6))


@pytest.mark.parametrize("make", [np.eye, np.identity, np.zeros, np.ones, np.empty])
def test_negative_lengths(make):
    with pytest.raises(mx.MXNetError, match="negative"):
        make(-1)


def test_slices_of_no_axis():
    x = np.arange(8).reshape(2, 2, 2)
    for step in (None, [], ()):
        check(npx.slice(x, begin=[], end=[], step=step), x.asnumpy())
    check(npx.slice(x, begin=(-1, 0), end=(2, 1), step=None), x.asnumpy()[-1:2, 0:1])


def test_broadcast_keeps_lengths():
    assert np.broadcast_to(np.arange(5), (3, 4, -2)).shape == (3, 4, 5)
    assert np.broadcast_to(np.zeros((1, 0)), (2, -2, -2)).shape == (2, 1, 0)


# ---------------------------------------------------------------------- types


def test_sums_are_rounded_last():
    check(np.sum(np.array([70000.0, -70000.0]), dtype="float16"), 0, "float16")
    check(np.sum(of([2**16, -(2**16), 1], "int32"), dtype="float16"), 1, "float16")
    check(np.sum(np.array([1.5, 2.5]), dtype="int32"), 4, "int32")
    check(np.sum(of([100, 100], "int8"), dtype="int32"), 200, "int32")
    check(np.prod(np.array([1.5, 2.5]), dtype="int32"), 3, "int32")
    check(np.prod(np.array([300.0, 300.0, 0.5, 0.01]), dtype="float16"), onp.float16(450), "float16")
    check(np.mean(np.array([70000.0, -70000.0, 3.0]), dtype="float16"), 1, "float16")
    check(np.var(np.array([70000.0, 70002.0]), dtype="float16"), 1, "float16")


@pytest.mark.parametrize("name", ["var", "std"])
def test_more_degrees_of_freedom_than_elements(name):
    x = np.array([1.0, 2.0])
    fn = getattr(np, name)
    assert onp.isnan(fn(x, axis=(), ddof=1).asnumpy()).tolist() == [True, True]
    check(fn(x, axis=()), [0, 0])
    assert math.isinf(fn(x, ddof=2).item())
    assert math.isinf(fn(x, ddof=3).item())
    assert math.isnan(fn(np.array(1.0), ddof=1).item())


def test_extremes_beside_an_empty_axis():
    x = np.zeros((2, 0, 3))
    assert np.max(x, axis=0).shape == (0, 3)
    with pytest.raises(ValueError, match="no largest"):
        np.min(x, axis=1)


@pytest.mark.parametrize(
    ("a", "b"), [("float32", "float64"), ("float32", "int32"), ("int8", "int32"), ("uint8", "uint8")]
)
def test_einsum_of_two_types(a, b):
    x, y = of([[1, 2], [3, 4]], a), of([[5, 6], [7, 8]], b)
    check(np.einsum("ij,jk->ik", x, y), [[19, 22], [43, 50]], (x + y).dtype)
    check(np.einsum("ii", y), 13, b)


@pytest.mark.parametrize(("a", "b"), [("float64", "float32"), ("float32", "int32"), ("int32", "int64")])
def test_solve_of_two_types(a, b):
    check(np.linalg.solve(of([[2, 0], [0, 4]], a), of([4, 4], b)), [2, 1], "float64")
    check(np.linalg.tensorsolve(of([[2, 0], [0, 4]], a), of([4, 4], b)), [2, 1], "float64")
    check(np.linalg.solve(of([[2]], "float32"), of([4], "float32")), [2], "float32")


def test_meshgrid_of_two_types():
    x, y = np.meshgrid(np.array([1.5, 2.5]), of([1, 2, 3], "int32"))
    check(x, [[1.5, 2.5]] * 3, "float32")
    check(y, [[1, 1], [2, 2], [3, 3]], "int32")
    a, b, c = np.meshgrid(np.arange(2), np.arange(3), np.arange(4), indexing="ij")
    assert a.shape == b.shape == c.shape == (2, 3, 4)
    check(np.meshgrid(np.array(2.0))[0], [2])


@pytest.mark.parametrize("name", ["isnan", "isinf", "isfinite", "isposinf", "isneginf", "logical_not"])
def test_booleans_go_to_booleans(name):
    x = np.array([1.0, math.nan])
    out = np.zeros(2, dtype="bool")
    assert getattr(np, name)(x, out=out) is out
    with pytest.raises(TypeError, match="boolean"):
        getattr(np, name)(x, out=np.zeros(2))


# ---------------------------------------------------------------------- memory and masks


def test_shares_memory():
    a = np.zeros((4, 4))
    for share in (np.shares_memory, np.may_share_memory):
        assert share(a, a[1]) and share(a[:3], a[1:])
        assert not share(a[:2], a[2:])
        assert not share(a[:0], a)
        assert not share(a, a.copy())
        with pytest.raises(TypeError):
            share(a, 5)
    assert not np.shares_memory(np.zeros(2, dtype="bfloat16"), a)


KEYS = [
    True,
    False,
    (True, 0),
    (0, True),
    (False, 0),
    (True, True),
    (True, False),
    (0, True, True, onp.array([True, False, True])),
    (slice(None), True),
    (Ellipsis, True),
    (None, True),
    (True, Ellipsis, True),
    (True, slice(None), onp.array([0, 2])),
    (onp.array([0, 1]), True, slice(None, None, -1)),
    (onp.array([[True, False, True], [False, False, True]]), True),
    onp.array(True),
    onp.bool_(False),
]


@pytest.mark.parametrize("key", KEYS, ids=repr)
def test_masks_without_axes(key):
    x = onp.arange(6, dtype="float32").reshape(2, 3)
    mine = np.array(x)
    check(mine[key], x[key])
    x[key] = 7
    mine[key] = 7
    check(mine, x)


def test_masks_of_numbers():
    x = np.array(1.5)
    check(x[x > 1], [1.5])
    check(x[True], [1.5])
    x[x > 1] = 2
    check(x, 2)
    with mx.autograd.record():
        x.attach_grad()
        y = (x[True, True] * 3).sum()
    y.backward()
    check(x.grad, 3)


# ---------------------------------------------------------------------- names


@pytest.mark.parametrize("obj", [1, -1, [0, 2], slice(0, 2), []])
@pytest.mark.parametrize("axis", [None, 0, 1])
def test_delete_and_insert(obj, axis):
    x = onp.arange(9, dtype="float32").reshape(3, 3)
    plain = onp.array(obj, int) if isinstance(obj, list) else obj
    check(np.delete(np.array(x), obj, axis), onp.delete(x, plain, axis))
    check(np.insert(np.array(x), obj, 5, axis), onp.insert(x, plain, 5, axis))


@pytest.mark.parametrize("where, values", [(slice(1, 2), [1.0, 2.0]), (slice(1, -2, -1), []), (slice(0, 4, 2), [7.0])])
def test_insert_at_slices(where, values):
    x = onp.arange(4, dtype="float32")
    check(np.insert(np.array(x), where, np.array(values)), onp.insert(x, where, values))


@pytest.mark.parametrize("positions", [[-1, 5], [-3, 1], [-4, 0, 3, 2], [5]])
def test_delete_overlooks_positions_in_arrays_that_there_are_not(positions):
    left = [i for i in range(3) if i not in positions]  # as in MXNet, for which -1 is none
    check(np.delete(np.arange(3), np.array(positions, dtype="int64")), left)


def test_insert_of_arrays():
    x = onp.arange(6, dtype="float32").reshape(2, 3)
    for args in (
        (1, [7, 8, 9], 0),
        (1, [7, 8], 1),
        ([0, 2], [7, 8], None),
        (1, [[7], [8]], 1),
        (0, [7, 8, 9], None),
        ([1], [7, 8], None),
        ([1], [[7, 8, 9], [4, 5, 6]], 0),
        ([1], [[7], [8]], 1),
    ):
        obj, values, axis = args
        check(np.insert(np.array(x), obj, np.array(values), axis), onp.insert(x, obj, values, axis))


def test_editing_is_differentiable():
    x, v = np.arange(3), np.array([5.0])
    for a in (x, v):
        a.attach_grad()
    with mx.autograd.record():
        y = (np.delete(np.insert(x, 1, v), 0) * np.array([10, 20, 30])).sum() + np.pad(x, 1, mode="edge").sum()
    y.backward()
    check(x.grad, [2, 21, 32])
    check(v.grad, [10])


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "symmetric", "wrap", "maximum", "minimum"])
@pytest.mark.parametrize("width", [1, (1, 2), ((0, 1), (2, 1))])
def test_pad(mode, width):
    x = onp.arange(6, dtype="float32").reshape(2, 3)
    check(np.pad(np.array(x), width, mode), onp.pad(x, width, mode))


def test_nan_to_num_in_place_is_differentiable():
    x = np.array([math.nan, 1.0])
    x.attach_grad()
    with mx.autograd.record():
        y = np.nan_to_num(x, copy=False) * 2
    y.backward()
    check(x, [0, 1])
    check(x.grad, [0, 2])


def test_pad_arguments():
    x = onp.arange(3, dtype="int32")
    check(np.pad(np.array(x), 2, constant_values=(4, 5)), onp.pad(x, 2, constant_values=(4, 5)), "int32")
    for kwargs in ({"mode": "mean"}, {"mode": "edge", "constant_values": 1}, {"pad_width": -1}):
        with pytest.raises(ValueError):
            np.pad(np.array(x), **{"pad_width": 1, **kwargs})


def test_resize():
    x = onp.arange(3, dtype="float32")
    for shape in ((2, 2), 2, (0,), (3, 3)):
        check(np.resize(np.array(x), shape), onp.resize(x, shape))
    check(np.resize(np.zeros(0), (2,)), [0, 0])


def test_more_names():
    x = onp.array([3.0, 1.0, 4.0], "float32")
    check(np.ediff1d(np.array(x)), onp.ediff1d(x))
    check(np.ediff1d(np.array(x), to_end=9, to_begin=np.array([7.0, 8.0])), onp.ediff1d(x, 9, [7, 8]))
    check(np.polyval(np.array(x), np.array([2.0])), [18])
    counts, edges = np.histogram(np.array(x), bins=3, range=(0, 6))
    check(counts, [1, 1, 1], "int64")
    check(edges, [0, 2, 4, 6], "float32")
    check(np.histogram(np.array(x), np.array([0.0, 3.5, 5.0]))[0], [2, 1])
    check(np.genfromtxt(io.StringIO("1 2\n3 4")), [[1, 2], [3, 4]], "float64")
    assert np.finfo("float32").eps == onp.finfo("float32").eps
    with onp.printoptions():
        np.set_printoptions(precision=2)
        assert str(np.array([1.23456])) == "[1.23]"
    assert repr(np.zeros(0)) == "array([])"
    assert repr(np.zeros((2, 0))) == "array([], shape=(2, 0))"


# ---------------------------------------------------------------------- random numbers


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("normal", (0, -1)),
        ("lognormal", (0, -1)),
        ("logistic", (0, -1)),
        ("gumbel", (0, -1)),
        ("exponential", (-1,)),
        ("rayleigh", (-1,)),
        ("weibull", (-1,)),
        ("weibull", (0,)),
        ("pareto", (0,)),
        ("power", (0,)),
        ("gamma", (-1, 1)),
        ("gamma", (1, -1)),
        ("chisquare", (0,)),
        ("beta", (1, -1)),
    ],
)
def test_parameters_of_distributions(name, args):
    draw = getattr(np.random, name)
    with pytest.raises(ValueError, match="must"):
        draw(*args, size=(2,))
    with pytest.raises(ValueError, match="must"):
        draw(*[np.array([1.0, a]) for a in args])


@pytest.mark.parametrize(("name", "args"), [("gamma", (2, 1)), ("chisquare", (2,)), ("beta", (2, 2))])
def test_distributions_in_float16(name, args):
    drawn = getattr(np.random, name)(*args, size=(1000,), dtype="float16")
    assert drawn.dtype == onp.float16
    mean = {"gamma": 2, "chisquare": 2, "beta": 0.5}[name]
    assert abs(drawn.astype("float32").mean().item() / mean - 1) < 0.2


def test_normal_vectors_in_float16():
    mean, cov = of([5, 1], "float16"), of([[1, 0.5], [0.5, 1]], "float16")
    drawn = np.random.multivariate_normal(mean, cov, size=(2000,))
    assert drawn.dtype == onp.float16
    assert onp.allclose(drawn.astype("float32").mean(axis=0).asnumpy(), [5, 1], atol=0.15)


@pytest.mark.parametrize("source", ["int8", "int32", "float32", "float16"])
def test_a_mean_of_an_integer_type_is_that_of_its_sum(source):
    """The sum wraps around in the type that is asked for, as in NumPy and MXNet; gradients are those of the mean."""
    x = mx.np.array([[11, 54, 25, 10], [117, -30, 73, 6]], dtype=source)
    x.attach_grad()
    with mx.autograd.record():
        y = mx.np.mean(x, axis=1, dtype="int8")
    y.backward()
    assert (y.dtype, y.asnumpy().tolist()) == (np.int8, [25, -22])
    assert x.mean(dtype="int8").item() == 1 and x.mean(dtype="int32").item() == 33
    assert x.grad.asnumpy().tolist() == [[0.25 if "float" in source else 0] * 4] * 2


def test_sums_of_halves_into_integers_are_cut_once():
    x = mx.np.array([1000.5, 1000.5, 1000], dtype="float16")
    assert mx.np.sum(x, dtype="int32").item() == 3001  # which is no float16


def test_arrays_of_nothing_and_of_several():
    x = np.ones((2, 3))
    assert np.tile(x, 0).shape == (2, 0) and np.tile(x, (2, 0)).shape == (4, 0)
    one, two = np.atleast_2d(np.ones(3), x)
    assert one.shape == (1, 3) and two.shape == (2, 3)
    assert [a.shape for a in np.atleast_1d(np.array(1), x, x)] == [(1,), (2, 3), (2, 3)]
    assert np.atleast_3d(x).shape == (2, 3, 1)


def test_functions_show_the_signatures_of_their_documentation():
    for name in mx.operator.get_all_registered_operators():
        if name.startswith("_np_"):
            function = mx.numpy_op_signature._get_builtin_op(name)
            assert str(function.__signature__) == str(inspect.signature(getattr(_numpy_op_doc, name)))
