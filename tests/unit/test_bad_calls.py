"""Errors are caught by the kinds that MXNet raises as well, and say what was wrong."""

import pytest

import mxnet as mx

from .bad_calls import ROWS, names


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    return names(mx, str(tmp_path_factory.mktemp("bad_calls")))


@pytest.mark.filterwarnings("ignore:Data provided by label_shapes")
@pytest.mark.parametrize(("kind", "call"), ROWS, ids=[call for _, call in ROWS])
def test_caught_as_in_mxnet(known, kind, call):
    with pytest.raises(eval(kind, known)) as caught:
        eval(call, known)
    assert isinstance(caught.value, mx.MXNetError)
    assert str(caught.value) == caught.value.args[0] and len(str(caught.value)) > 15


# Where MXNet raises an AttributeError from its inside.
NO_ARRAYS = """
nd.relu(nd.ones((2,)), out="x")
nd.relu(nd.ones((2,)), out=[3])
nd.relu(nd.ones((2,)), out=np.ones(2))
nd.dot(nd.ones((2, 2)).tostype("csr"), nd.ones((2, 2)), out="x")
nd.argmax_channel(nd.ones((2, 2)), out=np.ones(2))
nd.random.randn(2, out=3)
nd.array([1], ctx=3)
nd.ones((2,)).backward("x")
nd.ones((2,)).broadcast_like(3)
nd.moveaxis(3, 0, 1)
nd.split_v2(3, 2)
nd.histogram(3)
nd.from_numpy(3)
nd.to_dlpack_for_read(3)
nd.contrib.isinf(3)
nd.contrib.isfinite("x")
mx.np.ones((2,)).broadcast_like("x")
mx.np.ones((2,)).dot(out=3)
mx.np.argsort([])
mx.np.shape(3)
mx.np.linalg.cholesky([])
mx.np.linalg.solve(mx.np.ones((2, 2)), 3)
mx.np.meshgrid([])
mx.nd.ones((2,)).astype(3)
mx.np.ones((2,)).astype(3)
nd.zeros((2,), dtype=3)
gluon.Block(3)
gluon.nn.Dense(3, prefix=3)
gluon.nn.Dense(3, params={"weight": 3})
mx.nd.CachedOp(3)
"""


@pytest.mark.parametrize("call", NO_ARRAYS.split("\n")[1:-1])
def test_no_arrays(known, call):
    with pytest.raises(TypeError) as caught:
        eval(call, known)
    assert not isinstance(caught.value, AttributeError)


def test_names_of_contexts():
    assert mx.nd.ones((1,), ctx="cpu(1)").context == mx.cpu(1)
    assert mx.np.ones((1,), ctx="cpu(1)").ctx == mx.cpu(1)
