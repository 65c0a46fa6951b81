"""Prediction with fused convolutions gives what the separate operators give."""

import numpy as np
import pytest

import mxnet as mx
from mxnet._core.execute.program import Program

RS = np.random.RandomState(3)


def value(*shape, positive=False):
    x = RS.normal(size=shape).astype("float32")
    return mx.nd.array(np.abs(x) + 0.5 if positive else x)


def conv(x, name, filters=4, **kwargs):
    return mx.sym.Convolution(x, kernel=(3, 3), pad=(1, 1), num_filter=filters, name=name, **kwargs)


def norm(x, name, **kwargs):
    return mx.sym.BatchNorm(x, name=name, fix_gamma=False, **kwargs)


def relu(x):
    return mx.sym.Activation(x, act_type="relu")


X = mx.sym.var("x")
GRAPHS = {
    "norm": (norm(conv(X, "c"), "n"), 1),
    "norm, relu": (mx.sym.relu(norm(conv(X, "c", no_bias=True), "n")), 1),
    "fixed gamma": (relu(mx.sym.BatchNorm(conv(X, "c"), name="n", fix_gamma=True)), 1),
    "relu": (relu(conv(X, "c")), 1),
    "clip": (mx.sym.clip(norm(conv(X, "c"), "n"), 0, 6), 1),
    "groups and strides": (relu(norm(conv(X, "c", num_group=2, stride=(2, 2), dilate=(2, 2)), "n")), 1),
    "sum on the left": (relu(norm(conv(X, "c"), "n") + X), 1),
    "sum on the right": (relu(X + norm(conv(X, "c"), "n")), 1),
    "two branches": (relu(norm(conv(X, "c"), "n") + norm(conv(X, "d"), "m")), 2),
    "sum of no normalization": (conv(X, "c") + X, 1),
    "read twice": (mx.sym.Group([relu(norm(conv(X, "c"), "n")), norm(conv(X, "d"), "m") * 2]), 3),
    "norm that is an output": ((lambda n: mx.sym.Group([relu(n), n]))(norm(conv(X, "c"), "n")), 2),
    "moments shown": (relu(norm(conv(X, "c"), "n", output_mean_var=True)[0]), 3),
    "more weights than outputs": (relu(norm(conv(X, "c", filters=64), "n")), 1),
    "in place": (relu(mx.sym.FullyConnected(X, num_hidden=3, name="f")), 2),
    "a view is kept": ((lambda y: relu(y) + mx.sym.reshape(y, shape=(-1, 4, 6, 6)))(conv(X, "c")), 4),
}


@pytest.mark.parametrize("name", GRAPHS)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_fused_equals_separate(name, dtype, monkeypatch):
    sym, steps = GRAPHS[name]
    x = value(2, 4, 6, 6).astype(dtype)
    if name == "more weights than outputs":
        x = x[:1]
    arg_shapes, _, aux_shapes = sym.infer_shape(x=x.shape)
    args = {n: value(*s).astype(dtype) for n, s in zip(sym.list_arguments(), arg_shapes)}
    args["x"] = x
    aux = {
        n: value(*s, positive=n.endswith("var")).astype(dtype) for n, s in zip(sym.list_auxiliary_states(), aux_shapes)
    }
    found = {}
    for mode in ("", "NONE"):
        monkeypatch.setenv("MXNET_SUBGRAPH_BACKEND", mode)
        exe = sym.bind(mx.cpu(), args, aux_states=aux)
        found[mode] = [y.asnumpy() for y in exe.forward(is_train=False)]
        if mode == "" and exe._program._fusable:
            assert len(exe._program.steps(False, True)) == steps
    for fused, separate in zip(found[""], found["NONE"]):
        np.testing.assert_allclose(fused, separate, rtol=2e-5, atol=2e-5 if dtype == "float32" else 1e-12)
    np.testing.assert_array_equal(x.asnumpy(), args["x"].asnumpy())


def test_predictions_that_are_traced_are_fused_too():
    sym, _ = GRAPHS["norm, relu"]
    if not Program(sym._graph, mx.cpu())._fusable:
        pytest.skip("this torch does not fuse")
    op = mx.nd.CachedOp(sym)
    shapes = {"x": (2, 4, 6, 6), "c_weight": (4, 4, 3, 3)}
    arrays = [value(*shapes.get(n, (4,)), positive=n.endswith("var")) for n in sym.list_inputs()]
    first = op(*arrays).asnumpy()
    for _ in range(4):
        np.testing.assert_allclose(op(*arrays).asnumpy(), first, rtol=1e-5, atol=1e-6)
    (trace,) = op._graphs[mx.cpu()]._traces.values()
    assert "_convolution_pointwise" in trace._forward.source and "batch_norm" not in trace._forward.source


def test_training_is_not_fused():
    sym, _ = GRAPHS["norm, relu"]
    program = Program(sym._graph, mx.cpu())
    names = [s.node.op.name for s in program.steps(True)]
    assert names == ["Convolution", "BatchNorm", "relu"]


def test_errors_name_the_node_that_is_wrong():
    sym, _ = GRAPHS["sum on the left"]
    op = mx.nd.CachedOp(sym)
    shapes = {"x": (2, 4, 6, 6), "c_weight": (4, 3, 3, 3), "c_bias": (4,)}
    arrays = [mx.nd.ones(shapes.get(n, (4,))) for n in sym.list_inputs()]
    with pytest.raises(mx.MXNetError, match="node c: Operator Convolution: .*weight"):
        op(*arrays)
