"""Sparse arrays: making, reading, converting and assigning them."""

import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet import nd

DENSE = np.array([[1, 0, 2, 0], [0, 0, 0, 0], [0, 3, 0, 0]], np.float32)


@pytest.fixture
def csr():
    return nd.sparse.csr_matrix(([1, 2, 3], [0, 2, 1], [0, 2, 2, 3]), shape=(3, 4))


@pytest.fixture
def rows():
    return nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [0, 2]), shape=(4, 2))


def test_csr_of_parts(csr):
    assert csr.stype == "csr" and csr.shape == (3, 4) and csr.dtype == np.float32
    assert csr.asnumpy().tolist() == DENSE.tolist()
    assert csr.indptr.dtype == csr.indices.dtype == np.int64
    assert csr._num_aux == 2 and csr._aux_types == [np.int64, np.int64]
    assert repr(csr) == "\n<CSRNDArray 3x4 @cpu(0)>"


def test_csr_of_coordinates_adds_up():
    x = nd.sparse.csr_matrix((np.array([1.0, 2, 4], np.float32), ([1, 0, 1], [2, 0, 2])), shape=(2, 3))
    assert x.asnumpy().tolist() == [[2, 0, 0], [0, 0, 5]]
    x.check_format()


def test_of_dense_and_of_scipy():
    scipy = pytest.importorskip("scipy.sparse")
    for source in (DENSE, DENSE.tolist(), nd.array(DENSE), scipy.csr_matrix(DENSE), scipy.coo_matrix(DENSE)):
        x = nd.sparse.csr_matrix(source)
        assert x.data.asnumpy().tolist() == [1, 2, 3] and x.indices.asnumpy().tolist() == [0, 2, 1]
    back = nd.sparse.csr_matrix(DENSE).asscipy()
    assert (back != scipy.csr_matrix(DENSE)).nnz == 0 and back.dtype == np.float32


def test_rows_keep_their_order():
    x = nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [2, 0]), shape=(3, 2))
    assert x.indices.asnumpy().tolist() == [2, 0]
    assert x.asnumpy().tolist() == [[3, 4], [0, 0], [1, 2]]
    with pytest.raises(mx.MXNetError, match="ascend"):
        x.check_format()
    assert (x + x).asnumpy().tolist() == [[6, 8], [0, 0], [2, 4]]


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: nd.sparse.csr_matrix(([1.0], [0], [0, 1, 1]), shape=(1, 2)), ValueError, "indptr"),
        (lambda: nd.sparse.csr_matrix(([1.0, 2], [0], [0, 1]), shape=(1, 2)), ValueError, "one length"),
        (lambda: nd.sparse.csr_matrix(([], [], [0, 0])), ValueError, "invalid shape"),
        (lambda: nd.sparse.csr_matrix((1, 2, 3, 4)), ValueError, "tuple of 4"),
        (lambda: nd.sparse.csr_matrix((2, 2), shape=(3, 2)), ValueError, "mismatch"),
        (lambda: nd.sparse.csr_matrix(([1.0], ([5], [0])), shape=(2, 2)), ValueError, "row index"),
        (lambda: nd.sparse.row_sparse_array(([], [])), ValueError, "invalid shape"),
        (lambda: nd.sparse.row_sparse_array(([[1.0, 2]], [0]), shape=(3, 3)), ValueError, "do not fit"),
        (lambda: nd.sparse.row_sparse_array(nd.sparse.zeros("csr", (2, 2))), ValueError, "CSRNDArray"),
        (lambda: nd.sparse.csr_matrix(nd.sparse.zeros("row_sparse", (2, 2))), ValueError, "RowSparse"),
        (lambda: nd.sparse.array([[1]]), ValueError, "mx.nd.array"),
        (lambda: nd.sparse.zeros("coo", (2, 2)), ValueError, "storage type"),
        (lambda: nd.sparse.zeros("csr", (2,)), ValueError, "2 axes"),
        (lambda: nd.array([1, 2]).tostype("csr"), ValueError, "only a matrix"),
        (lambda: nd.array([1, 2]).tostype("coo"), mx.MXNetError, "stype"),
    ],
)
def test_bad_sources(make, error, match):
    with pytest.raises(error, match=match):
        make()


@pytest.mark.parametrize(
    "use", [lambda x: x.asnumpy(), lambda x: nd.dot(x, nd.ones((2, 1))), lambda x: x.check_format()]
)
def test_an_index_out_of_range_is_found_on_use(use):
    x = nd.sparse.csr_matrix(([1.0, 2], [0, 7], [0, 1, 2]), shape=(2, 2))
    with pytest.raises(mx.MXNetError, match="out of range"):
        use(x)


# A column twice in a row. MXNet's dense copy keeps the last value, and its kernels for csr arrays see them all.
TWICE = {
    "in order": ([1, 2, 3, 4, 5, 6], [1, 1, 3, 0, 2, 2], [[0, 2, 0, 3], [0, 0, 0, 0], [4, 0, 6, 0]]),
    "in disorder": ([1, 2, 3, 4, 5, 6], [1, 3, 1, 2, 0, 2], [[0, 3, 0, 2], [0, 0, 0, 0], [5, 0, 6, 0]]),
}


def twice(order, dtype="float32"):
    data, indices, last = TWICE[order]
    x = nd.sparse.csr_matrix((np.array(data, dtype), indices, [0, 3, 3, 6]), shape=(3, 4))
    return x, np.array(last, dtype), np.array(x.asscipy().toarray())


@pytest.mark.parametrize("order", TWICE)
@pytest.mark.parametrize("dtype", ["float32", "int32", "bool"])
def test_of_a_column_given_twice_dense_copies_have_the_last_value(order, dtype, tmp_path):
    x, last, _ = twice(order, dtype)
    nd.save(str(tmp_path / "x"), x)
    for copy in (
        x.asnumpy(),
        x.tostype("default").asnumpy(),
        nd.cast_storage(x, "default").asnumpy(),
        x.copyto(nd.zeros((3, 4), dtype=dtype)).asnumpy(),
        np.concatenate([x[0].asnumpy(), x[1:].asnumpy()]),
        nd.load(str(tmp_path / "x"))[0].asnumpy(),
    ):
        assert copy.tolist() == last.tolist()
    assert x.data.asnumpy().tolist() == np.array(TWICE[order][0], dtype).tolist()


def test_the_last_of_many_values_counts_whatever_the_threads():
    columns = np.random.RandomState(0).randint(0, 100, 300_000)
    values = np.arange(300_000, dtype=np.float32)
    last = np.zeros((1, 100), np.float32)
    last[0, columns] = values  # NumPy writes in order
    for _ in range(5):
        x = nd.sparse.csr_matrix((values, columns, [0, 300_000]), shape=(1, 100))
        assert x.asnumpy().tolist() == last.tolist()
        rows = nd.sparse.row_sparse_array((values[:, None], columns), shape=(100, 1))
        assert rows.asnumpy().ravel().tolist() == last.ravel().tolist()


@pytest.mark.parametrize("order", TWICE)
def test_what_sums_a_column_given_twice(order):
    x, last, total = twice(order)
    rng = np.random.RandomState(0)
    dense, right = rng.randint(-3, 4, (3, 4)).astype(np.float32), rng.randint(-3, 4, (4, 2)).astype(np.float32)
    other, row, squares = nd.array(dense), nd.array([[1, 10, 100, 1000]]), x.data.asnumpy() ** 2
    for result, expected in (
        (nd.dot(x, nd.array(right)), total @ right),
        (nd.dot(x, nd.array(dense[:, :2]), transpose_a=True), total.T @ dense[:, :2]),
        (nd.dot(other, x, transpose_b=True, forward_stype="default"), dense @ total.T),
        (nd.dot(other, x, transpose_b=True), dense @ last.T),  # through dense copies in MXNet
        (nd.dot(x, nd.array(right).tostype("csr")), last @ right),
        (nd.sum(x, axis=1), total.sum(1)),
        (nd.sum(x, axis=-1), total.sum(1)),
        (nd.sum(x, axis=0), total.sum(0)),
        (nd.sum(x), [last.sum()]),
        (nd.sum(x, axis=0, keepdims=True), last.sum(0, keepdims=True)),
        (nd.max(x, axis=1), last.max(1)),
        (nd.norm(x), [np.sqrt(squares.sum())]),
        (nd.norm(x, keepdims=True), [[np.sqrt(squares.sum())]]),
        (nd.norm(x, axis=1), np.sqrt([squares[:3].sum(), 0, squares[3:].sum()])),
        (nd.norm(x, axis=1, keepdims=True), np.sqrt((last**2).sum(1, keepdims=True))),
        (x + other, total + dense),
        (other - x, dense - total),
        (nd.broadcast_add(x, row), total + row.asnumpy()),
        (nd.broadcast_sub(row, x), row.asnumpy() - total),
        (nd.broadcast_add(x[:1], other), last[:1] + dense),
        (nd.add_n(x, other, x), last * 2 + dense),
        (x + x, total * 2),
        (x * other, last * dense),
        (nd.broadcast_maximum(x, other), np.maximum(last, dense)),
        (nd.square(x), last**2),
        (x + 1, last + 1),
        (x == x, last == last),
    ):
        np.testing.assert_allclose(result.asnumpy(), np.asarray(expected, np.float32), rtol=1e-6)


@pytest.mark.parametrize("indptr", [[0, 5, 2, 3], [0, 2, 2, 4], [0, -2, 2, 3]])
def test_bad_row_starts(indptr):
    x = nd.sparse.csr_matrix(([7, 8, 9], [0, 2, 1], indptr), shape=(3, 4))
    with pytest.raises(mx.MXNetError, match="indptr"):
        x.check_format()
    with pytest.raises(mx.MXNetError, match="indptr"):
        x.asnumpy()


def test_storage_casts(csr, rows):
    assert csr.tostype("csr") is csr and csr.tostype("default").stype == "default"
    with pytest.raises(ValueError, match="csr to row_sparse"):
        csr.tostype("row_sparse")
    with pytest.raises(ValueError, match="row_sparse to csr"):
        rows.tostype("csr")
    with pytest.raises(TypeError, match="stype"):
        csr.copyto(nd.sparse.zeros("row_sparse", (3, 4)))


def test_copies_share_nothing(csr, rows):
    for x in (csr, rows):
        before = x.asnumpy()
        for copy in (x.copy(), x.copyto(mx.cpu()), x.astype("float32")):
            copy.data[:] = 9
            copy.indices[:] = 0
        assert (x.asnumpy() == before).all()
        assert x.astype("float16").dtype == np.float16 and x.astype("float32", copy=False) is x


def test_rows_of_a_matrix(csr):
    assert csr[0].asnumpy().tolist() == [[1, 0, 2, 0]] and csr[-1].asnumpy().tolist() == [[0, 3, 0, 0]]
    assert csr[1:].asnumpy().tolist() == DENSE[1:].tolist() and csr[2:1].shape == (0, 4) and csr[:] is csr
    for key, error in ((3, IndexError), ((0, 1), ValueError), (slice(0, 2, 2), ValueError)):
        with pytest.raises(error):
            csr[key]


def test_assignment(csr, rows):
    rows[:] = 2
    assert (rows.asnumpy() == 2).all() and rows.indices.shape == (4,)
    rows[:] = nd.zeros((4, 2))
    assert rows.indices.shape == (0,)
    csr[:] = nd.array(DENSE * 2)
    assert csr.data.asnumpy().tolist() == [2, 4, 6]
    with pytest.warns(RuntimeWarning, match="by a dense copy, which is slow"):
        csr[:] = DENSE
    assert csr.asnumpy().tolist() == DENSE.tolist()
    for x, key, value, error in (
        (csr, slice(None), 2, ValueError),
        (csr, slice(None), [[1]], TypeError),
        (csr, slice(0, 1), nd.ones((1, 4)), ValueError),
        (rows, 0, 1, TypeError),
        (rows, slice(None), nd.ones((1, 2)), mx.MXNetError),
    ):
        with pytest.raises(error):
            x[key] = value


def test_what_dense_arrays_alone_have(rows):
    for call in (lambda: rows.reshape((8,)), lambda: rows._at(0), lambda: rows._slice(0, 1)):
        with pytest.raises(mx.base.NotSupportedForSparseNDArray):
            call()
    with pytest.raises(ValueError, match="only supports"):
        rows[0]


def test_retain(rows):
    kept = rows.retain(nd.array([0, 1]))
    assert kept.indices.asnumpy().tolist() == [0, 1]  # rows that were not stored are stored as zeros, as in MXNet
    assert kept.data.asnumpy().tolist() == [[1, 2], [0, 0]]
    assert nd.sparse.gs_retain(rows, nd.array([2])).data.asnumpy().tolist() == [[3, 4]]


def test_pickle_and_files(csr, rows, tmp_path):
    path = str(tmp_path / "x.params")
    nd.save(path, {"c": csr, "r": rows})
    loaded = nd.load(path)
    for name, x in (("c", csr), ("r", rows)):
        for y in (loaded[name], pickle.loads(pickle.dumps(x))):
            assert y.stype == x.stype and (y.asnumpy() == x.asnumpy()).all()


def test_operators_of_python(csr, rows):
    dense = nd.array(np.full((3, 4), 2.0))
    for x, stype in (
        (csr + csr, "csr"),
        (csr - csr, "csr"),
        (csr * csr, "csr"),
        (csr * dense, "csr"),
        (csr * 2, "csr"),
        (-csr, "csr"),
        (csr / 2, "csr"),
        (rows + rows, "row_sparse"),
        (csr + 1, "default"),
        (csr + dense, "default"),
        (csr / csr, "default"),
        (dense * csr, "csr"),
        (csr == csr, "default"),
        (csr == 2, "csr"),
        (csr != 2, "default"),
    ):
        assert x.stype == stype
    assert (csr * dense).asnumpy().tolist() == (DENSE * 2).tolist()
    y = csr
    y += csr
    assert y.stype == "csr" and y is not csr and csr.asnumpy().tolist() == DENSE.tolist()
    dense += csr
    assert dense.asnumpy().tolist() == (DENSE + 2).tolist()


def test_rows_are_found_in_any_order():
    """Row numbers that do not ascend, as users may give them, hide nothing; missing rows are zeros."""
    values = mx.nd.array([[1.0], [2.0], [3.0]])
    shuffled = mx.nd.sparse.row_sparse_array((values, mx.nd.array([7, 2, 5], dtype="int64")), shape=(9, 1))
    kv = mx.kv.create()
    kv.init("w", shuffled)
    out = mx.nd.sparse.zeros("row_sparse", (9, 1))
    for rows, expected in (([2, 5, 7], [2, 3, 1]), ([8, 0], [0, 0]), ([7, 3, 5, 2, 7], [2, 0, 3, 1]), ([], [])):
        kv.row_sparse_pull("w", out=out, row_ids=mx.nd.array(rows))
        assert out.indices.asnumpy().tolist() == sorted(set(rows))
        assert out.data.asnumpy().ravel().tolist() == expected


@pytest.mark.parametrize("use", [lambda x: x.asnumpy(), lambda x: x.tostype("default"), lambda x: x + 1, mx.nd.sum])
@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_shapes_that_no_memory_holds(stype, use):
    shape = (3, 10**15) if stype == "csr" else (10**15, 3)
    with pytest.raises(mx.MXNetError, match=f"no memory for a dense array of shape .{shape[0]}, {shape[1]}"):
        use(mx.nd.sparse.zeros(stype, shape))
