"""``mx.np.linalg`` in files, and the norms and errors that MXNet has."""

import numpy as onp
import pytest

import mxnet as mx
from mxnet import np, npx
from mxnet.base import MXNetError


@pytest.mark.parametrize("numpy", [True, False])
def test_determinants_in_files(numpy):
    """MXNet writes one name for both interfaces; the shape of one matrix's determinant depends on the file's mode."""
    with mx.util.np_shape(numpy):
        text = mx.sym.linalg.det(mx.sym.var("x")).tojson()
        read = mx.sym.load_json(text)
        assert read.infer_shape(x=(2, 2))[1] == [() if numpy else (1,)]
        assert read.infer_shape(x=(3, 2, 2))[1] == [(3,)]


def test_norms_that_numpy_does_not_have():
    batch = np.array(onp.arange(8, dtype="float32").reshape(2, 2, 2))
    of_each = [onp.linalg.norm(m, 1) for m in batch.asnumpy()]
    assert np.linalg.norm(batch, 1).tolist() == of_each
    assert np.linalg.norm(batch[0], "f").tolist() == np.linalg.norm(batch[0], "fro").tolist()
    with pytest.raises(ValueError, match="ord must be a number"):
        np.linalg.norm(batch, "largest")


def test_signs_of_singular_vectors():
    _, _, v = np.linalg.svd(np.array(onp.random.RandomState(0).uniform(-1, 1, (5, 3, 4)).astype("float32")))
    v = v.asnumpy()
    assert (onp.take_along_axis(v, abs(v).argmax(-1)[..., None], -1) > 0).all()


def test_complex_eigenvalues():
    turn = np.array([[0.0, 1.0], [-1.0, 0.0]])
    for fn in (np.linalg.eig, np.linalg.eigvals):
        with pytest.raises(MXNetError, match="complex"):
            fn(turn)


def test_integers_have_eigenvalues_in_float64():
    npx.set_np()
    try:
        assert np.linalg.eigvalsh(np.array([[2, 1], [1, 3]], dtype="int32")).dtype == onp.float64
    finally:
        npx.reset_np()
