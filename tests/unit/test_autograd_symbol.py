"""``autograd.get_symbol``: the graph of what was recorded computes what was recorded."""

import json

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, nd


def _into(target, value):
    target[:] = value
    return target


# Each takes a matrix of three rows and four columns; None: constants of the graph are not compared by their values.
_WAYS = {
    "integer": lambda x: x[1] * 2,
    "negative": lambda x: x[-1],
    "two integers": lambda x: x[1, 2],
    "slice": lambda x: x[1:3],
    "step": lambda x: x[::2],
    "backwards": lambda x: x[::-1, 1:],
    "by twos backwards": lambda x: x[2::-2],
    "column": lambda x: x[:, 1],
    "columns": lambda x: x[:, 1:3],
    "new axis": lambda x: x[None, :, None, 1],
    "ellipsis": lambda x: x[..., 1:2],
    "part of a row": lambda x: x[1, 1:3],
    "rows": lambda x: list(x)[1] + x[0],
    "context": lambda x: x.copyto(mx.cpu(1)).as_in_context(x.ctx),
    "copy": lambda x: x.copy() * x,
    "copyto": lambda x: x.copyto(nd.zeros((3, 4), x.ctx)),
    "reshape": lambda x: x.reshape((4, -1)),
    "reshape in reverse": lambda x: x.reshape((-1, 2, 2), reverse=True),
    "expand": lambda x: x.expand_dims(-1, inplace=True),
    "squeeze": lambda x: x[:1].squeeze(inplace=True),
    "flatten": lambda x: x.flatten(inplace=True),
    "astype": lambda x: x.astype("float64") * 2,
    "concatenate": lambda x: nd.concatenate([x, x * 2], axis=1),
    "assignment": lambda x: _into(nd.zeros((3, 4), x.ctx), x * 2),
    "out": lambda x: nd.exp(x, out=nd.zeros((3, 4), x.ctx)),
    "broadcast": lambda x: x.broadcast_to((2, 3, 4)),
    "T": lambda x: x.T[1:],
    "numpy": lambda x: x.as_np_ndarray()[1:].as_nd_ndarray() * 2,
}


@pytest.mark.parametrize("name", _WAYS)
def test_computes_the_same(name, ctx):
    x = nd.array(np.arange(12.0).reshape(3, 4), ctx)
    x.attach_grad()
    with autograd.record():
        y = _WAYS[name](x)
    symbol = autograd.get_symbol(y)
    constants = {n: nd.zeros((3, 4), ctx) for n in symbol.list_arguments() if n.startswith("null")}
    assert set(symbol.list_arguments()) == {"var0", *constants}
    (again,) = symbol.eval(ctx=ctx, var0=x, **constants)
    assert again.shape == y.shape and again.dtype == y.dtype
    np.testing.assert_array_equal(again.asnumpy(), y.asnumpy())


@pytest.mark.parametrize("key", [[0, 2], ([0, 2], [1, 1]), ([0, 2], slice(1, 3)), nd.array([0, 2])], ids=str)
def test_index_arrays_are_constants(key, ctx):
    x = nd.array(np.arange(12.0).reshape(3, 4), ctx)
    x.attach_grad()
    with autograd.record():
        y = x[key]
    assert autograd.get_symbol(y).list_arguments() == ["var0", "null0"]


def test_get_symbol(ctx):
    x, w = nd.array([[1.0, 2.0, 4.0]], ctx), nd.ones((2, 3), ctx)
    x.attach_grad()
    w.attach_grad()
    with autograd.record():
        h = nd.FullyConnected(x, w, num_hidden=2, no_bias=True).reshape((2, 1))
        parts = nd.split(h.astype("float64"), num_outputs=2, axis=0)
        y = nd.broadcast_add(parts[1], parts[0]) * nd.array([3.0], ctx, dtype="float64")
    symbol = autograd.get_symbol(y)
    assert symbol.list_arguments() == ["var0", "var1", "null0"]
    again = symbol.eval(ctx=ctx, var0=x, var1=w, null0=nd.array([3.0], ctx, dtype="float64"))[0]
    np.testing.assert_array_equal(again.asnumpy(), y.asnumpy())
    assert autograd.get_symbol(x).list_arguments() == ["var0"]
    y.backward()
    with pytest.raises(mx.MXNetError, match="nothing was recorded for this array"):
        autograd.get_symbol(y)
    with pytest.raises(TypeError, match="get_symbol expects an NDArray, got int"):
        autograd.get_symbol(1)


def test_get_symbol_looks_into_hybridized_blocks(ctx):
    net = mx.gluon.nn.HybridSequential(prefix="n_")
    with net.name_scope():
        net.add(mx.gluon.nn.Dense(2), mx.gluon.nn.BatchNorm())
    net.initialize(ctx=ctx)
    net.hybridize()
    with autograd.record():
        y = net(nd.ones((2, 3), ctx)) * 2
    symbol = autograd.get_symbol(y)
    assert len(symbol.list_arguments()) == 5 and len(symbol.list_auxiliary_states()) == 2
    assert "n_dense0_fwd_output" in symbol.get_internals().list_outputs()


def _net(layers, ctx, **flags):
    net = mx.gluon.nn.HybridSequential(prefix="n_")
    with net.name_scope():
        for _ in range(layers):
            net.add(mx.gluon.nn.Dense(2))
    net.initialize(ctx=ctx)
    net.hybridize(**flags)
    return net


# What MXNet 1.9.1 shows: the operators of a net of one or of three layers, then a product.
@pytest.mark.parametrize(
    "layers, flags, operators",
    [
        (1, {}, ["FullyConnected"]),
        (3, {}, ["_CachedOp"]),
        (1, {"inline_limit": 0}, ["_CachedOp"]),
        (3, {"inline_limit": 2}, ["_CachedOp"]),
        (3, {"inline_limit": 3}, ["FullyConnected"] * 3),
        (1, {"static_alloc": True}, ["_CachedOp"]),
        (1, {"static_alloc": True, "static_shape": True}, ["_CachedOp"]),
    ],
)
def test_a_hybridized_block_is_one_node_unless_it_is_small(layers, flags, operators, ctx):
    net = _net(layers, ctx, **flags)
    with autograd.record():
        y = net(nd.ones((2, 3), ctx)) * 2
    graph = json.loads(autograd.get_symbol(y).tojson())
    assert [n["op"] for n in graph["nodes"] if n["op"] != "null"] == [*operators, "_mul_scalar"]


def test_the_node_of_a_block_can_be_run_differentiated_and_saved(ctx):
    net = mx.gluon.nn.HybridSequential()
    net.add(mx.gluon.nn.Dense(4, activation="relu"), mx.gluon.nn.BatchNorm(), mx.gluon.nn.Dense(2))
    net.initialize(mx.init.Xavier(), ctx=ctx)
    net.hybridize()
    x = nd.array(np.random.RandomState(0).normal(size=(5, 3)), ctx)
    x.attach_grad()
    with autograd.record():
        y = net(x) * 2
    symbol = autograd.get_symbol(y)
    y.backward()
    assert len(symbol.list_arguments()) == 7 and len(symbol.list_auxiliary_states()) == 2
    symbol = mx.sym.load_json(symbol.tojson())
    executor = symbol.simple_bind(ctx, var0=(5, 3))
    values = dict(zip(symbol.list_inputs(), [x, *[p.data(ctx) for p in net.collect_params().values()]], strict=True))
    executor.copy_params_from(values, values, allow_extra_params=True)
    np.testing.assert_allclose(executor.forward(is_train=True)[0].asnumpy(), y.asnumpy(), rtol=1e-5, atol=1e-6)
    executor.backward(nd.ones((5, 2), ctx))
    np.testing.assert_allclose(executor.grad_dict["var0"].asnumpy(), x.grad.asnumpy(), rtol=1e-4, atol=1e-6)
    moved = symbol.list_auxiliary_states()[0]
    assert abs(executor.aux_dict[moved].asnumpy()).max() > 0


def test_the_operator_takes_a_graph_and_its_inputs(ctx):
    graph = mx.sym.var("a") * 2 + mx.sym.var("b")
    x, y = mx.sym.var("x"), mx.sym.var("y")
    call = mx.sym._internal._CachedOp(graph, x, y + 1, num_outputs=1)
    assert call.eval(ctx=ctx, x=nd.ones(2, ctx), y=nd.ones(2, ctx))[0].asnumpy().tolist() == [4, 4]
    assert call.infer_shape(x=(2, 3))[0] == [(2, 3), (2, 3)]
    with pytest.raises(mx.MXNetError, match="inputs"):
        mx.sym._internal._CachedOp(graph, x, num_outputs=1).eval(ctx=ctx, x=nd.ones(2, ctx))
    with pytest.raises(mx.MXNetError, match="runs inside of a graph only"):
        nd._internal._CachedOp(nd.ones(1), num_outputs=1)


# ---------------------------------------------------------------------- mx.np

# What is computed of a matrix of three rows and four columns, and by which operators, as MXNet 1.9.1 names them.
_NUMPY = {
    "arithmetic": (
        lambda x: (2 - x) * x + x / 2,
        "_npi_rsubtract_scalar _npi_multiply _npi_true_divide_scalar _npi_add",
    ),
    "powers": (lambda x: 2**x - x**2, "_npi_rpower_scalar _npi_power_scalar _npi_subtract"),
    "functions": (lambda x: mx.np.exp(x) % mx.np.fabs(x + 1), "_npi_exp _npi_add_scalar _npi_absolute _npi_mod"),
    "comparison": (lambda x: (x > 3) * x, "_npi_greater_scalar _npi_multiply"),
    "mirrored": (lambda x: mx.np.greater(3, x) * x, "_npi_less_scalar _npi_multiply"),
    "maximum": (lambda x: mx.np.maximum(mx.np.hypot(x, 2), 3), "_hypot_scalar _maximum_scalar"),
    "sum": (lambda x: x.sum(axis=1), "_np_sum"),
    "mean": (lambda x: x.mean(axis=(0, 1), keepdims=True), "_npi_mean"),
    "extremes": (lambda x: mx.np.max(x) - x.min(), "_np_max _np_min _npi_subtract"),
    "deviation": (lambda x: x.std() * x.var(), "_npi_std _npi_var _npi_multiply"),
    "average": (lambda x: mx.np.average(x, weights=x), "_npi_average"),
    "product": (lambda x: mx.np.prod(x, axis=0), "_np_prod"),
    "place": (lambda x: x * mx.np.argmax(x), "_npi_argmax _npi_multiply"),
    "running sum": (lambda x: mx.np.cumsum(x, axis=1), "_np_cumsum"),
    "product of matrices": (lambda x: x @ x.T, "_np_transpose _npi_matmul"),
    "dot": (lambda x: mx.np.dot(x, x.transpose(1, 0)).reshape(9), "_np_transpose _np_dot _np_reshape"),
    "slices": (lambda x: x[1:, 2] * x[0, 0], "slice Reshape slice _np_reshape _npi_multiply"),
    "joined": (
        lambda x: mx.np.concatenate([x, x.astype("float64")], axis=1) + mx.np.vstack([x, x]).sum(),
        "Cast _npi_concatenate _npi_vstack _np_sum _npi_add",
    ),
    "split": (lambda x: mx.np.split(x, 2, axis=1)[1], "_split_v2"),
    "split at": (lambda x: mx.np.split(x, [1, 3], axis=1)[1] * 2, "_split_v2 _npi_multiply_scalar"),
    "swapped": (lambda x: mx.np.expand_dims(x.swapaxes(0, 1), 0), "SwapAxis expand_dims"),
    "squeezed": (lambda x: mx.np.squeeze(mx.np.moveaxis(x[:1], 0, 1)), "slice Reshape _np_moveaxis _np_squeeze"),
    "flattened": (lambda x: mx.np.ravel(x) + x.flatten(), "_np_reshape _np_reshape _npi_add"),
    "codes": (lambda x: mx.npx.reshape(x, (-5,)), "_npx_reshape"),
    "repeated": (lambda x: mx.np.tile(mx.np.repeat(x, 2, axis=0), (1, 2)), "repeat tile"),
    "turned": (lambda x: mx.np.rot90(mx.np.flip(mx.np.roll(x, 1), 0)), "_np_roll _npi_flip _npi_rot90"),
    "broadcast": (lambda x: mx.np.broadcast_to(x, (2, 3, 4)), "_npi_broadcast_to"),
    "chosen": (lambda x: mx.np.where(x > 2, x, 2.0), "_npi_greater_scalar _npi_where_rscalar"),
    "limited": (lambda x: mx.np.clip(x, 2, None).round(1), "clip _npi_around"),
    "sorted": (lambda x: mx.np.sort(x, axis=None), "sort"),
    "einsum": (lambda x: mx.np.einsum("ij,kj->ik", x, x), "_npi_einsum"),
    "tensordot": (lambda x: mx.np.tensordot(x, x, ([1], [1])), "_npi_tensordot"),
    "outer": (lambda x: mx.np.outer(x, x), "_np_reshape _np_reshape _npi_tensordot_int_axes"),
    "diagonals": (lambda x: mx.np.diag(x) + mx.np.trace(x), "_np_diag _np_trace _npi_add"),
    "copy": (lambda x: x.copy() * mx.np.copy(x), "_copy _np_copy _npi_multiply"),
    "context": (lambda x: x.as_in_ctx(mx.cpu(1)) + 1, "_copyto _npi_add_scalar"),
    "extension": (lambda x: mx.npx.softmax(mx.npx.relu(x), axis=-1), "_npx_relu softmax"),
    "kinds": (lambda x: mx.np.exp((x.as_nd_ndarray() * 2).as_np_ndarray()), "_mul_scalar _npi_exp"),
    "out": (lambda x: mx.np.exp(x, out=mx.np.zeros((3, 4), ctx=x.ctx)), "_npi_exp"),
}


@pytest.mark.parametrize("name", _NUMPY)
def test_numpy(name, ctx):
    compute, operators = _NUMPY[name]
    x = mx.np.array(np.arange(12.0).reshape(3, 4), dtype="float32", ctx=ctx)
    x.attach_grad()
    with autograd.record():
        y = compute(x)
    symbol = autograd.get_symbol(y)
    assert symbol.list_arguments() == ["var0"]
    found = [node["op"] for node in json.loads(symbol.tojson())["nodes"] if node["op"] != "null"]
    assert sorted(found) == sorted(operators.split())
    (again,) = mx.sym.load_json(symbol.tojson()).eval(ctx=ctx, var0=x)
    assert again.shape == y.shape and again.dtype == y.dtype
    np.testing.assert_allclose(again.asnumpy(), y.asnumpy(), rtol=1e-6)
