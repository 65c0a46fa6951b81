"""Operators on sparse arrays: gradients, memory, updates and graphs. Values are in tests/ops/samples/sparse.py."""

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode

import mxnet as mx
from mxnet import autograd, nd
from mxnet._core.graph.storage import infer_gradients, infer_storage
from mxnet._core.registry import all_ops
from mxnet.test_utils import rand_ndarray


class Largest(TorchDispatchMode):
    """Notes the largest tensor that any kernel gives."""

    def __init__(self):
        super().__init__()
        self.numel = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for t in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(t, torch.Tensor) and t.layout == torch.strided and 0 not in t.stride():
                self.numel = max(self.numel, t.numel())
        return result


def features(rows=1000, columns=10**6, per_row=5, seed=0):
    """A big csr matrix of few elements."""
    rng = np.random.RandomState(seed)
    indices = np.sort(rng.randint(0, columns, (rows, per_row)), 1).reshape(-1)
    return nd.sparse.csr_matrix(
        (rng.rand(rows * per_row).astype(np.float32), indices, np.arange(rows + 1) * per_row), shape=(rows, columns)
    )


def test_transposed_product_takes_memory_of_what_is_stored():
    x, right = features(), nd.ones((1000, 8))
    with Largest() as seen:
        y = nd.sparse.dot(x, right, transpose_a=True)
    assert y.stype == "row_sparse" and y.shape == (10**6, 8)
    assert seen.numel <= 50_000
    assert y.indices.shape[0] == np.unique(x.indices.asnumpy()).size
    np.testing.assert_allclose(y.data.asnumpy().sum(), 8 * x.data.asnumpy().sum(), rtol=1e-4)


def test_a_training_step_takes_memory_of_what_is_stored():
    """A linear model over a million features, with a row-sparse weight, gradient and update."""
    x = features()
    weight = nd.sparse.row_sparse_array((np.ones((10, 4), np.float32), np.arange(0, 1000, 100)), shape=(10**6, 4))
    weight.attach_grad()
    with Largest() as seen:
        with autograd.record():
            loss = (nd.dot(x, weight) ** 2).sum() + nd._internal._square_sum(weight, axis=1, keepdims=True).sum() * 0
        loss.backward()
    # One sum is over a dense copy, as in MXNet: of one column.
    assert seen.numel <= 10**6
    assert weight.grad.stype == "row_sparse"


def test_gradient_of_dot_comes_as_rows():
    x = features(20, 50)
    weight = nd.array(np.random.RandomState(0).rand(50, 3))
    head = nd.array(np.random.RandomState(1).rand(20, 3))
    expected = x.asscipy().toarray().T @ head.asnumpy()  # some rows give a column twice, which dot adds up
    for stype in ("row_sparse", "default"):
        weight.attach_grad(stype=stype)
        with autograd.record():
            y = nd.dot(x, weight)
        y.backward(head)
        assert weight.grad.stype == stype
        np.testing.assert_allclose(weight.grad.asnumpy(), expected, rtol=1e-5)
    weight.attach_grad("add", stype="row_sparse")
    for _ in range(2):
        with autograd.record():
            y = nd.dot(x, weight)
        y.backward(head)
    np.testing.assert_allclose(weight.grad.asnumpy(), 2 * expected, rtol=1e-5)


@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_gradient_of_an_embedding_comes_as_rows(stype):
    weight = nd.ones((6, 2)).tostype(stype)
    weight.attach_grad(stype="row_sparse")
    with autograd.record():
        y = nd.Embedding(nd.array([1, 3, 1]), weight, input_dim=6, output_dim=2, sparse_grad=True)
    y.backward()
    assert weight.grad.indices.asnumpy().tolist() == [1, 3]
    assert weight.grad.data.asnumpy().tolist() == [[2, 2], [1, 1]]


# What these give for zeros on a smooth spot can be checked by differentiating the dense operator.
_SMOOTH = "sin tan arctan sinh tanh arcsinh expm1 log1p square relu abs negative degrees".split()


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
@pytest.mark.parametrize("name", _SMOOTH)
@pytest.mark.parametrize("head_stype", ["default", "row_sparse"])
def test_gradients_equal_those_of_dense_arrays(name, stype, head_stype):
    rng = np.random.RandomState(0)
    values = np.where(rng.rand(6, 4) < 0.5, 0, rng.rand(6, 4)).astype(np.float32)
    values[1] = values[4] = 0
    head = rng.rand(6, 4).astype(np.float32)
    head[2] = head[4] = 0
    fn = getattr(nd, name)
    grads = []
    for kind in ("default", stype):
        x = nd.array(values).tostype(kind)
        x.attach_grad()
        with autograd.record():
            y = fn(x)
        assert y.stype == kind
        y.backward(nd.array(head).tostype(head_stype if kind == "row_sparse" else "default"))
        assert x.grad.stype == kind
        grads.append(x.grad.asnumpy())
    np.testing.assert_allclose(grads[1], grads[0], rtol=1e-6)


@pytest.mark.parametrize("name", ["elemwise_add", "elemwise_sub", "elemwise_mul", "_maximum", "add_n"])
@pytest.mark.parametrize("stypes", [(a, b) for a in ("default", "csr", "row_sparse") for b in ("csr", "row_sparse")])
def test_gradients_of_two_arrays(name, stypes):
    rng = np.random.RandomState(0)
    fn = getattr(nd, name, None) or getattr(nd._internal, name)
    values = [np.where(rng.rand(5, 3) < 0.5, 0, rng.rand(5, 3)).astype(np.float32) for _ in stypes]
    head = nd.array(rng.rand(5, 3))
    found = []
    for kinds in (("default", "default"), stypes):
        arrays = [nd.array(v).tostype(s) for v, s in zip(values, kinds)]
        for x in arrays:
            x.attach_grad()
        with autograd.record():
            y = fn(*arrays)
        y.backward(head)
        found.append([x.grad.asnumpy() for x in arrays])
    for sparse, dense in zip(found[1], found[0]):
        np.testing.assert_allclose(sparse, dense, rtol=1e-6)


def test_gradients_pass_operators_that_know_no_sparse_arrays():
    x = nd.array([[1, 0], [0, 0], [2, 3]]).tostype("row_sparse")
    x.attach_grad()
    with autograd.record():
        y = nd.softmax(x).sum() + (x.tostype("default") * nd.array([[1, 2], [3, 4], [5, 6]])).sum()
    y.backward()
    np.testing.assert_allclose(x.grad.asnumpy(), [[1, 2], [3, 4], [5, 6]], atol=1e-6)


def test_gradient_of_square_sum_and_retain():
    x = nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [0, 2]), shape=(4, 2))
    x.attach_grad()
    for axis, keepdims in ((0, False), (0, True), (1, False), (1, True)):
        with autograd.record():
            y = nd._internal._square_sum(x, axis=axis, keepdims=keepdims)
        y.backward()
        assert x.grad.indices.asnumpy().tolist() == [0, 2]
        assert x.grad.data.asnumpy().tolist() == [[2, 4], [6, 8]]
    with autograd.record():
        y = x.retain(nd.array([2, 3])) * 2
    y.backward()
    assert x.grad.asnumpy().tolist() == [[0, 0], [0, 0], [2, 2], [2, 2]]


def test_autograd_grad_of_sparse_variables():
    x = nd.array([[0, 1], [2, 0]]).tostype("row_sparse")
    x.attach_grad()
    with autograd.record():
        y = nd.square(x) * 3
    (g,) = autograd.grad(y, [x])
    assert g.asnumpy().tolist() == [[0, 6], [12, 0]] and not x.grad.asnumpy().any()
    with autograd.record():
        y = nd.dot(nd.ones((1, 2)).tostype("csr"), x)
        with pytest.raises(mx.MXNetError, match="variable 0"):
            autograd.grad(y, [nd.ones((1,)).tostype("row_sparse")], retain_graph=True)
    (g,) = autograd.grad(y, [x])
    assert g.asnumpy().tolist() == [[1, 1], [1, 1]]


@pytest.mark.parametrize("stype", ["csr", "row_sparse"])
def test_second_derivatives(stype):
    x = nd.array([[0, 1], [0.5, 0]]).tostype(stype)
    x.attach_grad()
    with autograd.record():
        y = nd.sin(x.tostype("default").tostype(stype)) * 2
        g = autograd.grad(y, [x], create_graph=True)[0]
        z = (g * g).sum()
    z.backward()
    v = x.asnumpy()
    np.testing.assert_allclose(x.grad.asnumpy(), -8 * np.cos(v) * np.sin(v), rtol=1e-5)


def test_what_is_written_where():
    x = nd.array([[1, 0], [0, 2]]).tostype("csr")
    for out in (nd.zeros((2, 2)), nd.zeros((2, 2), stype="csr")):
        assert nd.elemwise_add(x, x, out=out) is out
        assert out.asnumpy().tolist() == [[2, 0], [0, 4]]
    with pytest.raises(mx.MXNetError, match="shape"):
        nd.elemwise_add(x, x, out=nd.zeros((3, 2), stype="csr"))
    for out in (nd.zeros((2, 2), stype="csr"), nd.zeros((2, 2), stype="row_sparse")):
        nd.broadcast_add(nd.ones((2, 2)), nd.ones((2, 2)), out=out)
        assert (out.asnumpy() == 2).all()
    mean, var = nd.zeros((2,)).tostype("row_sparse"), nd.ones((2,)).tostype("row_sparse")
    with autograd.record():
        nd.BatchNorm(x, nd.ones((2,)), nd.zeros((2,)), mean, var, fix_gamma=False, momentum=0)
    np.testing.assert_allclose(mean.asnumpy(), [0.5, 1])


# Recorded from MXNet 1.9.1: weights and states of ones, one gradient row [1, 2] at row 1, lr=0.1, wd=0.1 where there is
# one; row 1 and the other rows after the update.
_ROW = nd.sparse.row_sparse_array(([[1.0, 2.0]], [1]), shape=(4, 2))
_UPDATES = [
    ("sgd_update", 0, {"wd": 0.1}, [[0.89, 0.79]], [1]),
    ("sgd_update", 0, {"wd": 0.1, "lazy_update": False}, [[0.89, 0.79]], [0.99]),
    ("sgd_mom_update", 1, {"wd": 0.1, "momentum": 0.9}, [[1.79, 1.69], [0.79, 0.69]], [1, 1]),
    (
        "sgd_mom_update",
        1,
        {"wd": 0.1, "momentum": 0.9, "lazy_update": False},
        [[1.79, 1.69], [0.79, 0.69]],
        [1.89, 0.89],
    ),
    ("adam_update", 2, {"wd": 0.1}, [[0.8990106, 0.88918877], [1.01, 1.11]], [1, 1]),
    ("adam_update", 2, {"wd": 0.1, "lazy_update": False}, [[0.8990106, 0.88918877], [1.01, 1.11]], [0.9089549, 0.91]),
    ("ftrl_update", 2, {"wd": 0.1}, [[0.08795162, 0.28806174], [-2.1421351, -9.3606796]], [-0.04925373, 1]),
    ("_sparse_adagrad_update", 1, {}, [[0.92928934, 0.91055727], [2, 5]], [1, 1]),
]


@pytest.mark.parametrize(("name", "states", "params", "row", "others"), _UPDATES)
@pytest.mark.parametrize("stype", ["default", "row_sparse"])
def test_updates(name, states, params, row, others, stype):
    if name == "ftrl_update" and stype == "row_sparse":
        others = [1, 1]  # lazily, as all are row-sparse
    weight = nd.ones((4, 2)).tostype(stype)
    arrays = [weight, *[nd.ones((4, 2)).tostype(stype) for _ in range(states)]]
    fn = nd.sparse.adagrad_update if "adagrad" in name else getattr(nd, name)
    assert fn(weight, _ROW, *arrays[1:], out=weight, lr=0.1, **params) is weight
    for x, changed, kept in zip(arrays, row, others):
        assert x.stype == stype
        np.testing.assert_allclose(x.asnumpy()[1], changed, rtol=1e-5)
        np.testing.assert_allclose(np.delete(x.asnumpy(), 1, 0), np.full((3, 2), kept), rtol=1e-5)
    before = [x.asnumpy() for x in arrays]
    made = fn(weight, _ROW, *arrays[1:], lr=0.1, **params)
    assert made is not weight and (weight.asnumpy() == before[0]).all()


def test_lazy_update_touches_the_rows_of_the_gradient_only():
    weight = nd.zeros((10**5, 4))
    grad = nd.sparse.row_sparse_array((np.ones((3, 4), np.float32), [1, 5, 7]), shape=weight.shape)
    with Largest() as seen:
        nd.sgd_update(weight, grad, out=weight, lr=0.1)
    assert seen.numel in (0, weight.size)  # index_copy_ gives the weight itself
    assert weight[5, 0].asscalar() == np.float32(-0.1) and weight[6, 0].asscalar() == 0


# ---------------------------------------------------------------------- graphs


def test_storage_of_a_graph():
    x, w = mx.sym.var("x", stype="csr"), mx.sym.var("w", stype="row_sparse")
    y = mx.sym.dot(mx.sym.square(x), mx.sym._internal._square_sum(w, axis=1, keepdims=True))
    stypes = infer_storage(y._graph, {})
    assert [stypes[head] for head in y._heads] == ["default"]
    assert infer_gradients(y._graph, stypes) == {"x": "default", "w": "row_sparse"}


def test_simple_bind_allocates_by_storage_type():
    x, w = mx.sym.var("x", stype="csr"), mx.sym.var("w", stype="row_sparse")
    y = mx.sym.dot(x, w)
    e = y.simple_bind(mx.cpu(), x=(3, 10), w=(10, 2), grad_req={"w": "write", "x": "null"})
    assert e.arg_dict["x"].stype == "csr" and e.arg_dict["w"].stype == "row_sparse"
    assert e.grad_dict["w"].stype == "row_sparse"
    dense = y.simple_bind(mx.cpu(), x=(3, 10), w=(10, 2), stype_dict={"x": "default", "w": "default"})
    assert {a.stype for a in (*dense.arg_arrays, *dense.grad_arrays)} == {"default"}
    values = np.random.RandomState(0).rand(10, 2).astype(np.float32)
    source = rand_ndarray((3, 10), "csr", density=0.3)
    e.arg_dict["w"][:] = nd.array(values)
    for _ in range(5):  # a graph of dense arrays would be traced by now
        (out,) = e.forward(is_train=True, x=source)
        e.backward(nd.ones((3, 2)))
    np.testing.assert_allclose(out.asnumpy(), source.asnumpy() @ values, rtol=1e-5)
    stored = np.flatnonzero(source.asnumpy().any(0))
    assert e.grad_dict["w"].indices.asnumpy().tolist() == stored.tolist()
    np.testing.assert_allclose(e.grad_dict["w"].asnumpy()[:, 0], source.asnumpy().sum(0), rtol=1e-5)


def test_executor_outputs_are_sparse():
    x = mx.sym.var("x")
    e = mx.sym.cast_storage(x * 2, stype="csr").bind(
        mx.cpu(), {"x": nd.array([[1, 0], [0, 0]])}, {"x": nd.zeros((2, 2))}
    )
    assert e.outputs[0].stype == "csr"
    (out,) = e.forward()
    assert out.stype == "csr" and out.asnumpy().tolist() == [[2, 0], [0, 0]]
    e.arg_dict["x"][:] = 3
    assert e.forward(is_train=True)[0] is out and (out.asnumpy() == 6).all()
    e.backward(nd.ones((2, 2)).tostype("csr"))
    assert (e.grad_dict["x"].asnumpy() == 2).all()


def test_an_executor_sees_new_values_of_sparse_arguments():
    w = nd.sparse.row_sparse_array(([[1.0, 1]], [0]), shape=(3, 2))
    e = (mx.sym.var("w") * 2).bind(mx.cpu(), {"w": w})
    e.forward()
    w[:] = nd.sparse.row_sparse_array(([[1.0, 4]], [2]), shape=(3, 2))
    (out,) = e.forward()
    assert out.stype == "row_sparse" and out.asnumpy().tolist() == [[0, 0], [0, 0], [2, 8]]


def test_cached_op_on_sparse_arrays():
    x, w = mx.sym.var("x"), mx.sym.var("w")
    call = nd.CachedOp(mx.sym.dot(x, w))
    source = rand_ndarray((4, 6), "csr", density=0.5)
    weight = nd.ones((6, 2)).tostype("row_sparse")
    weight.attach_grad()
    with autograd.record():
        y = call(source, weight)
    y.backward()
    assert weight.grad.stype == "row_sparse"
    np.testing.assert_allclose(weight.grad.asnumpy(), source.asnumpy().sum(0)[:, None].repeat(2, 1), rtol=1e-5)
    made = nd.CachedOp(mx.sym.cast_storage(x, stype="csr"))(nd.array([[0, 1], [0, 0]]))
    assert made.stype == "csr" and made.data.asnumpy().tolist() == [1]


def test_every_rule_belongs_to_an_operator_that_has_rows():
    """Guards against rules that no sample row reaches."""
    from tests.ops.rows import rows_of

    sampled = {r.op for r in rows_of("sparse")}
    ruled = {od.name for od in all_ops() if od.sparse is not None and not od.opaque}
    missing = ruled - sampled
    assert not missing, missing
