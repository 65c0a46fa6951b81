"""ROIPooling: the two ways it is computed agree, and traced steps see new regions."""

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.ops.vision import roi


def _pooled(data, regions, grid):
    data.attach_grad()
    with mx.autograd.record():
        out = mx.nd.ROIPooling(data, regions, pooled_size=grid, spatial_scale=1.0)
    out.backward(mx.nd.arange(out.size).reshape(out.shape))
    return out.asnumpy(), data.grad.asnumpy()


@pytest.mark.parametrize("seed", range(8))
def test_region_by_region_and_all_at_once_give_the_same(seed, monkeypatch):
    rng = np.random.RandomState(seed)
    high, wide = rng.randint(6, 20, 2)
    data = mx.nd.array(rng.randint(0, 9, (2, 3, high, wide)))  # with equal elements
    x, y = np.sort(rng.randint(0, wide, (5, 2))), np.sort(rng.randint(0, high, (5, 2)))
    regions = mx.nd.array(np.stack([rng.randint(0, 2, 5), x[:, 0], y[:, 0], x[:, 1], y[:, 1]], 1))
    grid = tuple(int(n) for n in rng.randint(1, 8, 2))
    assert roi._boxes_inside(regions._t[:, 0].long(), regions._t[:, 1:], grid, data._t) is not None
    out, grad = _pooled(data, regions, grid)
    monkeypatch.setattr(roi, "_SMALL", 0)
    expected_out, expected_grad = _pooled(data, regions, grid)
    np.testing.assert_array_equal(out, expected_out)
    np.testing.assert_allclose(grad, expected_grad)


def test_repeated_steps_of_an_executor_see_new_regions():
    pooled = mx.sym.ROIPooling(mx.sym.var("data"), mx.sym.var("rois"), pooled_size=(1, 1), spatial_scale=1.0)
    executor = pooled.simple_bind(mx.cpu(), data=(1, 1, 4, 4), rois=(1, 5), grad_req={"data": "write", "rois": "null"})
    executor.arg_dict["data"][:] = mx.nd.arange(16).reshape((1, 1, 4, 4))
    for step in range(8):
        k = step % 4
        executor.arg_dict["rois"][:] = mx.nd.array([[0, k, k, k, k]])
        assert executor.forward(is_train=True)[0].asscalar() == 5 * k
        executor.backward(mx.nd.ones((1, 1, 1, 1)))
        grad = executor.grad_dict["data"].asnumpy()[0, 0]
        assert grad[k, k] == 1 and grad.sum() == 1
