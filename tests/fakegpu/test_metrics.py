"""Metrics beside a GPU."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx


@pytest.mark.parametrize("name", ["acc", "mse", "ce", "f1"])
def test_labels_on_a_gpu_are_there_before_they_are_read(name):
    from tests.fakecuda.watch import Watch

    columns = 1 if name == "mse" else 2
    labels = mx.nd.array(np.arange(8) % 2, ctx=mx.gpu(0))
    predictions = mx.nd.array(np.full((8, columns), 0.5), ctx=mx.cpu())
    metric = mx.metric.create(name)
    with Watch() as watch:
        metric.update([labels], [predictions])
    assert not watch.kinds["d2h_async"], watch.table(["d2h_async"])
    assert np.isfinite(metric.get()[1])
