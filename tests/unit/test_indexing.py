"""``x[key]`` and ``x[key] = value``: values against NumPy, views and gradients against what MXNet 1.9.1 does."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet import autograd, nd

SETTINGS = settings(max_examples=150, deadline=None)
s_ = np.s_


def array(*shape, dtype="float32"):
    """0, 1, 2, ... in a shape, for NumPy and for us."""
    values = np.arange(int(np.prod(shape)), dtype=dtype).reshape(shape)
    return values, nd.array(values, dtype=dtype)


def legacy(values):
    """MXNet's result where NumPy's has no axis."""
    return values.reshape(1) if values.ndim == 0 else values


def ours(key):
    """A key with its index arrays as NDArrays."""
    if isinstance(key, tuple):
        return tuple(ours(k) for k in key)
    return nd.array(key, dtype=key.dtype) if isinstance(key, np.ndarray) else key


# ------------------------------------------------------------------------------------------ strategies


def bounds(n):
    """Ends of slices, some beyond the axis."""
    return st.none() | st.integers(-n - 2, n + 2)


@st.composite
def slices(draw, n):
    step = draw(st.none() | st.sampled_from([1, 1, 2, 3, -1, -2]))
    return slice(draw(bounds(n)), draw(bounds(n)), step)


@st.composite
def basic_keys(draw):
    """A shape and a basic key for it."""
    shape = tuple(draw(st.lists(st.integers(1, 5), min_size=1, max_size=4)))
    items = []
    used = draw(st.integers(0, len(shape)))
    for n in shape[:used]:
        items.append(draw(st.integers(-n, n - 1) | slices(n)))
    if used == len(shape) or draw(st.booleans()):
        return shape, _with_none(draw, items)
    # The rest of the axes on the left of an ellipsis or on the right of it.
    at = draw(st.integers(0, len(items)))
    left, right = items[:at], items[at:]
    right = [draw(st.integers(-n, n - 1) | slices(n)) for n in shape[len(shape) - len(right) :]] if right else []
    return shape, _with_none(draw, [*left, Ellipsis, *right])


def _with_none(draw, items):
    for _ in range(draw(st.sampled_from([0, 0, 1, 2]))):
        items.insert(draw(st.integers(0, len(items))), None)
    return items[0] if len(items) == 1 and draw(st.booleans()) else tuple(items)


@st.composite
def advanced_keys(draw):
    """A shape and a key with at least one index array."""
    shape = tuple(draw(st.lists(st.integers(1, 4), min_size=1, max_size=4)))
    block = draw(st.sampled_from([(2,), (3,), (2, 2)]))
    kinds = draw(
        st.lists(
            st.sampled_from(["array", "array", "int", "slice", "all"]), min_size=len(shape), max_size=len(shape)
        ).filter(lambda k: "array" in k)
    )
    items = []
    for n, kind in zip(shape, kinds):
        if kind == "array":
            part = draw(st.sampled_from([block, block[-1:], (1,)]))
            flat = draw(st.lists(st.integers(-n, n - 1), min_size=int(np.prod(part)), max_size=int(np.prod(part))))
            items.append(np.array(flat, dtype=draw(st.sampled_from(["int32", "int64"]))).reshape(part))
        elif kind == "int":
            items.append(draw(st.integers(-n, n - 1)))
        else:
            items.append(draw(slices(n)) if kind == "slice" else slice(None))
    while len(items) > 1 and isinstance(items[-1], slice) and draw(st.booleans()):
        items.pop()
    return shape, tuple(_with_none(draw, items)) if len(items) > 1 else (items[0],)


# ------------------------------------------------------------------------------------------ properties


@SETTINGS
@given(basic_keys())
def test_basic_get(case):
    shape, key = case
    values, x = array(*shape)
    expected = values[key]
    got = x[key]
    assert got.shape == legacy(expected).shape
    np.testing.assert_array_equal(got.asnumpy(), legacy(expected))

    # MXNet gives a view exactly when the elements lie side by side in memory.
    got[:] = -1
    if expected.size:
        written = values.copy()
        if expected.size == 1 or expected.flags.c_contiguous:
            written[key] = -1
        np.testing.assert_array_equal(x.asnumpy(), written)


@SETTINGS
@given(basic_keys(), st.sampled_from(["scalar", "full", "last", "one", "longer"]), st.booleans())
def test_basic_set(case, kind, as_nd):
    shape, key = case
    values, x = array(*shape)
    region = values[key].shape
    new = {
        "scalar": -5.0,
        "full": -1 - np.arange(int(np.prod(region)), dtype="float32").reshape(region),
        "last": -1 - np.arange(region[-1] if region else 1, dtype="float32"),
        "one": np.full((1,), -3, "float32"),
        "longer": np.full((1, 1, *region), -4, "float32"),
    }[kind]
    values[key] = new.reshape(()) if kind != "scalar" and not region else new
    x[key] = nd.array(new) if as_nd and kind != "scalar" and new.ndim and new.size else new
    np.testing.assert_array_equal(x.asnumpy(), values)


@SETTINGS
@given(advanced_keys(), st.booleans())
def test_advanced_get(case, as_nd):
    shape, key = case
    values, x = array(*shape)
    expected = values[key]
    got = x[ours(key) if as_nd else key]
    assert got.shape == expected.shape
    np.testing.assert_array_equal(got.asnumpy(), expected)
    got[:] = -1
    np.testing.assert_array_equal(x.asnumpy(), values)  # always a copy


@SETTINGS
@given(advanced_keys(), st.booleans())
def test_advanced_set(case, as_nd):
    shape, key = case
    values, x = array(*shape)
    values[key] = -1
    x[ours(key) if as_nd else key] = -1
    np.testing.assert_array_equal(x.asnumpy(), values)

    # Each place gets the value that NumPy puts there (a function of the place, as indices may repeat).
    places = np.arange(values.size, dtype="float32").reshape(shape)[key]
    values[key] = places + 100
    x[ours(key) if as_nd else key] = nd.array(places + 100) if as_nd else places + 100
    np.testing.assert_array_equal(x.asnumpy(), values)


@SETTINGS
@given(basic_keys() | advanced_keys())
def test_gradient_of_get(case):
    shape, key = case
    values, x = array(*shape)
    if values[key].size == 0:
        return
    x.attach_grad()
    with autograd.record():
        y = x[key]
    weights = np.arange(1, y.size + 1, dtype="float32").reshape(y.shape)
    y.backward(nd.array(weights))
    expected = np.zeros(shape, "float32")
    np.add.at(expected, key, weights.reshape(values[key].shape))
    np.testing.assert_array_equal(x.grad.asnumpy(), expected)


# -------------------------------------------------------------------------------------- boolean arrays


@pytest.mark.parametrize("kind", [nd.array, np.asarray])
def test_masks(kind):
    values, x = array(2, 3, 4)
    rows = np.array([False, True])
    plane = np.array([[True, False, True], [False, True, True]])
    keys = [(rows,), (plane,), (rows, 1), (slice(None), plane[0]), (rows, None, [0, 2]), (plane, slice(None, None, -1))]
    for key in keys:
        mine = tuple(kind(k, dtype=k.dtype) if isinstance(k, np.ndarray) else k for k in key)
        np.testing.assert_array_equal(x[mine].asnumpy(), values[key])
        x[mine] = -1
        values[key] = -1
        np.testing.assert_array_equal(x.asnumpy(), values)
    np.testing.assert_array_equal(x[[True, False]].asnumpy(), values[[True, False]])


def test_mask_of_wrong_shape():
    with pytest.raises(IndexError, match="boolean index did not match indexed array along axis 1"):
        array(2, 3)[1][:, np.array([True, False])]


def test_mask_without_axes():
    x = nd.zeros((2,))
    x[False] = 3
    assert x.asnumpy().tolist() == [0, 0]
    x[True] = 3
    assert x.asnumpy().tolist() == [3, 3]
    assert x[True].shape == (1,)  # a plain bool counts as the integer when reading, as in MXNet


# ----------------------------------------------------------------------------------- MXNet's own rules


def test_results_have_an_axis():
    x = array(2, 3)[1]
    assert x[1, 2].shape == (1,) and x[1, 2].asscalar() == 5
    assert x[1][2].shape == (1,) and x[-1, -1].asscalar() == 5
    assert x[np.int64(1), np.int32(2)].shape == (1,)
    assert x[None, 1, 2].shape == (1,)


def test_whole_array_is_itself():
    x = array(2, 3)[1]
    assert x[:] is x and x[()] is x
    assert x[...] is not x
    x[...][:] = 7
    assert (x.asnumpy() == 7).all()


def test_float_index_arrays_are_truncated():
    values, x = array(3, 2)
    np.testing.assert_array_equal(x[nd.array([0.7, 2.2])].asnumpy(), values[[0, 2]])
    x[nd.array([1.9])] = -1
    assert x[1].asnumpy().tolist() == [-1, -1]


def test_other_index_types():
    values, x = array(3, 4)
    np.testing.assert_array_equal(x[range(2)].asnumpy(), values[:2])
    np.testing.assert_array_equal(x[(0, 2),].asnumpy(), values[[0, 2]])
    np.testing.assert_array_equal(x[0, range(1, 3)].asnumpy(), values[0, 1:3])
    np.testing.assert_array_equal(x[np.int64(1) : np.int32(3)].asnumpy(), values[1:3])
    np.testing.assert_array_equal(x[[]].asnumpy(), values[:0])
    np.testing.assert_array_equal(x[np.array(1)].asnumpy(), values[1])


@pytest.mark.parametrize(
    ("key", "error", "message"),
    [
        (2, IndexError, "index 2 is out of bounds for axis 0 with size 2"),
        (-3, IndexError, "index -3 is out of bounds for axis 0 with size 2"),
        (s_[0, 3], IndexError, "index 3 is out of bounds for axis 1 with size 3"),
        (s_[:, -4], IndexError, "index -4 is out of bounds for axis 1 with size 3"),
        (s_[0, 0, 0], IndexError, r"too many indices \(3\) for array with 2 dimensions"),
        (s_[:, :, :], IndexError, r"too many indices \(3\)"),
        (s_[..., ...], IndexError, "more than one ellipsis"),
        (s_[::0], ValueError, "slice step cannot be zero"),
        (s_[:, ::0], ValueError, "slice step cannot be zero"),
        (1.5, ValueError, "does not support slicing with key 1.5"),
        ("a", ValueError, "does not support slicing with key 'a'"),
        (s_[:, "a"], ValueError, "does not support slicing with key 'a'"),
        ([[0, 1], [0]], ValueError, "inhomogeneous"),
        ([2], IndexError, "index 2 is out of bounds for axis 0 with size 2"),
        ([-3], IndexError, "index -3 is out of bounds for axis 0 with size 2"),
        (s_[[0, 1], [0, 1, 2]], ValueError, "not broadcastable"),
    ],
)
def test_bad_keys(key, error, message):
    for action in (lambda x: x[key], lambda x: x.__setitem__(key, 1)):
        with pytest.raises(error, match=message):
            action(array(2, 3)[1])


@pytest.mark.parametrize(
    ("key", "value", "error", "message"),
    [
        (0, [[1], [2]], ValueError, r"cannot broadcast a value of shape \(2, 1\)"),
        (s_[:], np.ones(4), ValueError, r"shape is \(2, 3\)"),
        (s_[0, 0], [5, 6], ValueError, r"shape is \(1,\)"),
        (s_[:, 1], np.ones((2, 1)), ValueError, "cannot broadcast"),
        ([0, 1], np.ones((3, 3)), ValueError, "cannot broadcast"),
        (0, "abc", TypeError, "non-array-like object 'abc'"),
        (s_[:], object(), TypeError, "non-array-like"),
        (0, 1 + 2j, TypeError, "non-array-like"),
    ],
)
def test_bad_values(key, value, error, message):
    with pytest.raises(error, match=message):
        array(2, 3)[1][key] = value


@pytest.mark.parametrize(
    ("dtype", "value", "stored"),
    [
        ("uint8", 300, 44),
        ("uint8", -1, 255),
        ("int8", -2.7, -2),
        ("int32", 2.7, 2),
        ("int32", float("nan"), -(2**31)),
        ("int64", 2**53 + 1, 2**53 + 1),
        ("bool", 2.5, True),
        ("float32", True, 1.0),
        ("float16", 1.5, 1.5),
    ],
)
def test_conversion_on_set(dtype, value, stored):
    for key in (s_[:], 0, s_[::2], [0]):
        x = nd.zeros((3,), dtype=dtype)
        x[key] = value
        assert x[0].asscalar() == stored
        if np.isfinite(value):
            x[key] = np.array([value])
            assert x[0].asscalar() == stored


def test_none_in_keys_when_writing():
    """Axes added by None do not count: recorded from MXNet, which is more lenient than NumPy here."""
    for value in ([1, 2], [[1], [2]], nd.array([1, 2]), np.array([1, 2])):
        x = nd.zeros((2, 3))
        x[:, None, 0] = value
        assert x.asnumpy().tolist() == [[1, 0, 0], [2, 0, 0]]
    x = nd.zeros((2, 2, 3))
    x[:, None] = np.arange(6).reshape(2, 3)
    assert (x.asnumpy() == np.arange(6).reshape(2, 3)).all()
    x = nd.zeros((2, 3))
    x[[1, 0], None] = np.arange(6).reshape(2, 1, 3)
    assert x.asnumpy().tolist() == [[3, 4, 5], [0, 1, 2]]


def test_overlapping_memory():
    values, x = array(6)
    x[1:] = x[:-1]
    assert x.asnumpy().tolist() == [0, 0, 1, 2, 3, 4]
    x[::-1] = x
    assert x.asnumpy().tolist() == [4, 3, 2, 1, 0, 0]
    x[:] = x
    assert x.asnumpy().tolist() == [4, 3, 2, 1, 0, 0]


def test_contiguity_rule():
    """MXNet keeps this rule where its own tests reach it."""
    values = np.zeros((3, 4, 2))
    parts = [slice(None), slice(1, 3), slice(0, 1), slice(None, None, 2), slice(None, None, -1), slice(5, 9)]
    for key in [(a, b, c) for a in parts for b in parts for c in parts]:
        assert nd.NDArray._basic_indexing_slice_is_contiguous(key, values.shape) == values[key].flags.contiguous, key


# ------------------------------------------------------------------------------------------- recording

KEYS = [s_[:], 0, s_[:, 1], [0, 1]]


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_writing_a_variable_while_recording(key):
    x = array(2, 3)[1]
    x.attach_grad()
    with autograd.record(), pytest.raises(mx.MXNetError, match="would falsify its gradient"):
        x[key] = 5
    x[key] = 5  # outside it is fine, and x stays a variable
    with autograd.record():
        y = (x * x).sum()
    y.backward()
    np.testing.assert_array_equal(x.grad.asnumpy(), 2 * x.asnumpy())


@pytest.mark.parametrize("key", KEYS, ids=str)
def test_writing_a_constant_into_a_result(key):
    """The array holds the constant and is no longer part of the graph."""
    x = array(2, 3)[1]
    x.attach_grad()
    with autograd.record():
        y = x * 2
        y[key] = 7
        z = (y * y).sum()
    expected = 2 * array(2, 3)[0]
    expected[key] = 7
    np.testing.assert_array_equal(y.asnumpy(), expected)
    with pytest.raises(mx.MXNetError, match="not in a computational graph"):
        z.backward()


@pytest.mark.parametrize("recorded", [True, False])
def test_writing_a_recorded_value(recorded):
    """A whole array may be replaced by a recorded value, a part may not."""
    x, v = array(2, 3)[1], nd.ones((2, 3)) * 7
    x.attach_grad()
    v.attach_grad()
    with autograd.record():
        y = x * 2 if recorded else nd.zeros((2, 3))
        before = (y * y).sum()
        y[:] = v
        z = (y * y).sum() + before
    z.backward()
    np.testing.assert_array_equal(v.grad.asnumpy(), np.full((2, 3), 14.0))
    for key in KEYS[1:]:
        with autograd.record():
            y = x * 2
            with pytest.raises(mx.MXNetError, match="Inplace operations"):
                y[key] = v[key]


def test_views_share_memory_with_variables():
    x = array(3, 2)[1]
    x.attach_grad()
    row = x[1]
    row[:] = 9
    assert x[1].asnumpy().tolist() == [9, 9]
    with pytest.raises(mx.MXNetError):
        row.sum().backward()  # made outside of record()
    with autograd.record():
        y = x[1] * x[1]
    y.backward()
    assert x.grad.asnumpy().tolist() == [[0, 0], [18, 18], [0, 0]]


def test_no_history_of_writes_outside():
    x, v = nd.zeros((2,)), nd.ones((2,))
    v.attach_grad()
    x[:] = v
    with autograd.record():
        y = v * x
    y.backward()
    assert v.grad.asnumpy().tolist() == [1, 1]
