"""What stands behind masks as keys, cutting along the second and third axis, and extremes from an initial value."""

import numpy as np
import pytest

import mxnet as mx

_internal = mx.nd.np._internal
_X = np.arange(6, dtype="float32").reshape(2, 3)
_MASK = np.array([[True, False, True], [False, True, False]])


def _array(values):
    return mx.np.array(values, dtype=np.asarray(values).dtype)


@pytest.mark.parametrize("value", [[10.0, 20.0, 30.0], [10.0], 5.0])
def test_values_where_a_mask_holds(value):
    expected = _X.copy()
    expected[_MASK] = value
    x = _array(_X)
    found = _internal.boolean_mask_assign_tensor(x, _array(_MASK), mx.np.array(value), start_axis=0)
    assert found.tolist() == expected.tolist() and x.tolist() == _X.tolist()
    assert _internal.boolean_mask_assign_tensor(x, _array(_MASK), mx.np.array(value), start_axis=0, out=x) is x
    assert x.tolist() == expected.tolist()


@pytest.mark.parametrize("value", [[[10.0], [20.0]], [[1.0, 2.0], [3.0, 4.0]], [1.0, 2.0]])
def test_values_along_a_later_axis(value):
    expected = _X.copy()
    expected[:, [0, 2]] = value
    mask = mx.np.array([1.0, 0.0, 1.0])
    found = _internal.boolean_mask_assign_tensor(_array(_X), mask, mx.np.array(value), start_axis=1)
    assert found.tolist() == expected.tolist()


def test_a_number_where_a_mask_holds():
    found = _internal.boolean_mask_assign_scalar(_array(_X), _array(_MASK), 7.5, start_axis=0)
    assert found.tolist() == np.where(_MASK, 7.5, _X).tolist()
    empty = _internal.boolean_mask_assign_scalar(mx.np.zeros((3, 0)), mx.np.zeros((3, 0)), 1.0, start_axis=0)
    assert empty.shape == (3, 0)
    alone = _internal.boolean_mask_assign_scalar(mx.np.array(2.0), mx.np.array(1.0), 3.0, start_axis=0)
    assert alone.tolist() == 3.0


def test_gradients_go_where_the_values_come_from():
    x, value = _array(_X), mx.np.array([1.0, 2.0, 3.0])
    x.attach_grad()
    value.attach_grad()
    with mx.autograd.record():
        y = _internal.boolean_mask_assign_tensor(x, _array(_MASK), value, start_axis=0) * 2
    y.backward()
    assert x.grad.tolist() == np.where(_MASK, 0.0, 2.0).tolist()
    assert value.grad.tolist() == [2.0, 2.0, 2.0]


def test_masks_that_do_not_fit():
    with pytest.raises(mx.MXNetError, match=r"_scalar: mask of shape \(3,\) does not fit axes 0 to 0"):
        _internal.boolean_mask_assign_scalar(_array(_X), mx.np.ones((3,)), 1.0, start_axis=0)
    with pytest.raises(mx.MXNetError, match="boolean_mask_assign_tensor"):
        _internal.boolean_mask_assign_tensor(_array(_X), _array(_MASK), mx.np.ones((2,)), start_axis=0)


def test_sharing_of_memory():
    x = _array(_X)
    assert _internal.share_memory(x, x[1]).item() is True
    assert _internal.share_memory(x[0], x[1]).item() is False
    assert _internal.share_memory(x, x.copy()).item() is False


def test_cutting_is_named_as_in_mxnet():
    x = mx.np.arange(24).reshape(2, 3, 4)
    x.attach_grad()
    with mx.autograd.record():
        parts = mx.np.hsplit(x, 3)
    assert parts[0].shape == (2, 1, 4)
    assert '"op": "_npi_hsplit"' in mx.autograd.get_symbol(parts[0]).tojson()
    assert [p.shape for p in mx.np.dsplit(x, [1, 1])] == [(2, 3, 1), (2, 3, 0), (2, 3, 3)]
    with pytest.raises(mx.MXNetError, match=r"dsplit: needs an array of 3 axes or more, got shape \(3,\)"):
        _internal.dsplit(mx.np.ones(3), indices=(), sections=1)


@pytest.mark.parametrize("axis", [None, 0, 1, (0, 1)])
@pytest.mark.parametrize("initial", [-1.0, 2.5, 20.0])
@pytest.mark.parametrize("name", ["max", "min", "prod"])
def test_reductions_from_an_initial_value(name, axis, initial):
    found = getattr(mx.nd.np, name)(_array(_X), axis=axis, initial=initial)
    expected = getattr(np, name)(_X, axis=axis, initial=initial)
    np.testing.assert_allclose(found.asnumpy(), expected)


def test_extremes_of_nothing():
    assert mx.nd.np.max(mx.np.zeros((0, 2)), axis=0, initial=3.0).tolist() == [3.0, 3.0]
    assert mx.nd.np.min(mx.np.zeros((0, 2)), initial=3.0).tolist() == 3.0
    with pytest.raises(ValueError, match="no largest or smallest element"):
        mx.nd.np.max(mx.np.zeros((0, 2)), axis=0)
    with pytest.raises(ValueError, match="a mean has no initial value"):
        _internal.mean(mx.np.zeros((2,)), initial=3.0)
