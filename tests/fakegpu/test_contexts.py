"""The context of an array names the device that its tensor is on; the plugin fails tests where it does not."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

import mxnet as mx


@pytest.fixture
def picture(tmp_path):
    path = str(tmp_path / "a.png")
    cv2.imwrite(path, np.arange(48, dtype=np.uint8).reshape(4, 4, 3))
    return path


def _agree(array):
    assert array._t.device == array.context.device


def test_copied_numpy_array_goes_to_the_current_context():
    with mx.gpu(1):
        array = mx.nd.from_numpy(np.ones((2, 3), "float32"), zero_copy=False)
    _agree(array)
    assert array.context == mx.gpu(1)
    assert (array + 1).asnumpy().tolist() == [[2, 2, 2]] * 2


def test_pictures_read_beside_a_gpu(picture):
    with mx.gpu(1):
        read = mx.image.imread(picture)
    _agree(read)
    assert read.asnumpy()[..., ::-1].reshape(-1).tolist() == list(range(48))


def test_pictures_decoded_beside_a_gpu(picture):
    with mx.gpu(1):
        decoded = mx.image.imdecode(Path(picture).read_bytes())
    _agree(decoded)
    assert decoded.asnumpy()[..., ::-1].reshape(-1).tolist() == list(range(48))


def test_outputs_of_groups_of_devices():
    with mx.AttrScope(ctx_group="one"):
        middle = mx.sym.var("a") * 2
    with mx.AttrScope(ctx_group="other"):
        last = middle + 1
    both = mx.sym.Group([middle, last])
    executor = both.bind(
        mx.gpu(0), {"a": mx.nd.ones((2,), ctx=mx.gpu(0))}, group2ctx={"one": mx.gpu(0), "other": mx.gpu(1)}
    )
    outputs = executor.forward()
    assert [x.context for x in outputs] == [mx.gpu(0), mx.gpu(1)]
    for x, value in zip(outputs, (2, 3)):
        _agree(x)
        assert x.asnumpy().tolist() == [value, value]


def test_outputs_are_where_arguments_are():
    executor = (mx.sym.var("a") * 2).bind(mx.gpu(0), {"a": mx.nd.ones((2,), ctx=mx.cpu())})
    (output,) = executor.forward()
    _agree(output)
    assert output.asnumpy().tolist() == [2, 2]


def test_pinned_arrays_are_pinned():
    where = mx.cpu_pinned()
    arrays = [
        mx.nd.zeros((2,), where),
        mx.nd.array([1, 2], where),
        mx.nd.array(np.ones(2), where),
        mx.nd.array(mx.nd.ones((2,)), where),
        mx.nd.ones((2,)).as_in_context(where),
        mx.np.array([1, 2], ctx=where),
        mx.np.zeros((2,), ctx=where),
        mx.nd.empty((2,), where),
        mx.nd.from_numpy(np.ones(2, "float32"), zero_copy=False).as_in_context(where),
    ]
    assert [x._t.is_pinned() for x in arrays] == [True] * len(arrays)


def test_numbers_of_devices_are_not_negative():
    with pytest.raises(mx.MXNetError, match=r"gpu\(-1\) is not available"):
        mx.nd.ones((2,), ctx=mx.gpu(-1))


def test_parameters_of_random_arrays_decide_where_they_are():
    low = mx.np.zeros((3,), ctx=mx.gpu(1))
    _agree(mx.np.random.uniform(low, 1.0))
    _agree(mx.np.random.normal(low, 1.0))


def test_parameters_of_random_arrays_may_be_elsewhere():
    low = mx.np.full((3,), 5.0, ctx=mx.gpu(1))
    drawn = mx.np.random.uniform(low, 6.0, ctx=mx.gpu(0))
    _agree(drawn)
    assert drawn.context == mx.gpu(0)
    assert ((drawn.asnumpy() >= 5) & (drawn.asnumpy() <= 6)).all()


def test_saved_states_are_checked_beside_a_gpu():
    weight = mx.nd.ones((3,), ctx=mx.gpu(0))
    updater = mx.optimizer.get_updater(mx.optimizer.create("adam"))
    updater(0, weight, weight)
    again = mx.optimizer.get_updater(mx.optimizer.create("adam"))
    again.set_states(updater.get_states())
    again(0, weight, weight)
    for state in again.states[0]:
        _agree(state)
