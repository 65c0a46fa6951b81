"""Products of integers, for which CUDA has no kernels: the same as on a CPU, overflow included."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx

_CASES = {
    "vectors": lambda x, nd: nd.dot(x[0, 0], x[0, 1]),
    "dot": lambda x, nd: nd.dot(x[0], x[1], transpose_b=True),
    "batch_dot": lambda x, nd: nd.batch_dot(x, x, transpose_b=True),
    "gemm2": lambda x, nd: nd.linalg.gemm2(x, x, transpose_a=True),
    "FullyConnected": lambda x, nd: nd.FullyConnected(x, x[0, :, :1].tile((1, 12)), x[0, :, 0], num_hidden=3),
    "Convolution": lambda x, nd: nd.Convolution(x, x[:, :, :2], no_bias=True, kernel=(2,), num_filter=2),
    "np.dot": lambda x, nd: mx.np.dot(x.as_np_ndarray()[0], x.as_np_ndarray()[1].T),
    "np.matmul": lambda x, nd: mx.np.matmul(x.as_np_ndarray(), x.as_np_ndarray()[0].T),
    "np.einsum": lambda x, nd: mx.np.einsum("ijk,ilk->jl", x.as_np_ndarray(), x.as_np_ndarray()),
    "np.tensordot": lambda x, nd: mx.np.tensordot(x.as_np_ndarray(), x.as_np_ndarray(), 3),
}


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8", "int8"])
@pytest.mark.parametrize("name", _CASES)
def test_products_of_integers(name, dtype):
    values = (np.arange(24).reshape(2, 3, 4) * 7 % 31).astype(dtype)
    found = [_CASES[name](mx.nd.array(values, ctx=ctx, dtype=dtype), mx.nd).asnumpy() for ctx in (mx.gpu(0), mx.cpu())]
    assert found[0].dtype == found[1].dtype
    assert found[0].tolist() == found[1].tolist()


def test_other_types_are_refused_as_before():
    a = mx.nd.ones((2, 3), ctx=mx.gpu(0))
    with pytest.raises(mx.MXNetError, match="dot"):
        mx.nd.dot(a, a)
