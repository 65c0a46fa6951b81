"""Blocks: names, children, hooks, files, and running plainly or as a graph."""

import copy
import json
import pickle
import threading

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import Block, HybridBlock, SymbolBlock, nn


class Scale(HybridBlock):
    """Two inputs, one of which may be missing; a parameter; nested outputs."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        with self.name_scope():
            self.factor = self.params.get("factor", shape=(1,), init="ones")

    def hybrid_forward(self, F, x, y=None, factor=None):
        out = F.broadcast_mul(x, factor)
        return out if y is None else (out, [out + y, y])


def ready(net, hybrid=False, **kwargs):
    net.initialize(**kwargs)
    net.hybridize(hybrid)
    return net


def dense(units=2, n=1, prefix=None):
    net = nn.HybridSequential(prefix=prefix)
    with net.name_scope():
        net.add(*[nn.Dense(units) for _ in range(n)])
    return net


# ---------------------------------------------------------------------- names


def test_names():
    with mx.name.NameManager():
        net = dense(n=2)
        other = dense()
        assert (net.prefix, net.name, other.prefix) == ("hybridsequential0_", "hybridsequential0", "hybridsequential1_")
    assert [p.name for p in net[1].params.values()] == [
        "hybridsequential0_dense1_weight",
        "hybridsequential0_dense1_bias",
    ]
    outside = nn.Sequential(prefix="out_")
    outside.add(nn.Dense(1, prefix="fc_"))
    assert list(outside.collect_params().keys()) == ["fc_weight", "fc_bias"]


def test_an_empty_prefix_leaves_names_to_the_scope_around():
    outer = nn.HybridSequential(prefix="outer_")
    with outer.name_scope():
        inner = nn.HybridSequential(prefix="")
        with inner.name_scope():
            layer = nn.Dense(1)
    assert layer.prefix == "outer_dense0_"


def test_scopes_of_threads_are_apart():
    found = []

    def make():
        found.append(nn.Dense(1).prefix)

    with nn.Sequential(prefix="net_").name_scope():
        thread = threading.Thread(target=make)
        thread.start()
        thread.join()
        assert nn.Dense(1).prefix == "net_dense0_"
    assert not found[0].startswith("net_")


def test_shared_parameters():
    first = nn.Dense(2, in_units=3, prefix="a_")
    second = nn.Dense(2, in_units=3, prefix="b_", params=first.params)
    assert second.weight is first.weight and second.prefix == "b_"
    net = dense(n=2, prefix="n_")
    twin = nn.HybridSequential(prefix="n_", params=net.collect_params())
    with twin.name_scope():
        twin.add(nn.Dense(2), nn.Dense(2))
    assert twin[1].weight is net[1].weight


# ---------------------------------------------------------------------- parameters and children


def test_collect_params():
    net = dense(n=2, prefix="n_")
    assert list(net.collect_params(".*weight").keys()) == ["n_dense0_weight", "n_dense1_weight"]
    assert list(net.collect_params("n_dense1").keys()) == ["n_dense1_weight", "n_dense1_bias"]
    assert list(net._collect_params_with_prefix()) == ["0.weight", "0.bias", "1.weight", "1.bias"]


def test_blocks_in_lists_are_reported():
    class Net(Block):
        def __init__(self):
            super().__init__()
            self.layers = [nn.Dense(1)]

    with pytest.warns(UserWarning, match=r'"Net.layers" is an unregistered container with Blocks'):
        assert not list(Net().collect_params())


def test_attributes_keep_their_kind():
    net = Block()
    net.fc = nn.Dense(1)
    net.fc = nn.Dense(2)
    assert net._children["fc"] is net.fc
    with pytest.raises(TypeError, match="fc holds .*Dense.* replaced by .*int"):
        net.fc = 1
    net.w = gluon.Parameter("w")
    with pytest.raises(AssertionError, match="w is a Parameter already and cannot be replaced"):
        net.w = gluon.Parameter("v")
    with pytest.raises(ValueError, match="HybridBlock has hybrid children only, got Lambda"):
        nn.HybridSequential().add(nn.Lambda("relu"))


def test_apply_and_repr():
    net = dense(n=2)
    seen = []
    assert net.apply(lambda b: seen.append(type(b).__name__)) is net
    assert seen == ["Dense", "Dense", "HybridSequential"]
    block = Block()
    block.fc = nn.Dense(3, in_units=2)
    assert repr(block) == "Block(\n  (fc): Dense(2 -> 3, linear)\n)"
    with pytest.raises(NotImplementedError):
        block(1)


def test_errors_name_parameter_and_layer():
    layer = nn.Dense(2, prefix="top_")
    with pytest.raises(RuntimeError, match="'top_weight' has not been initialized"):
        layer(mx.nd.ones((1, 2)))
    layer.initialize()
    with pytest.raises(gluon.DeferredInitializationError, match="'top_weight'"):
        layer.weight.data()
    conv = nn.Conv2D(2, 3, prefix="low_")
    conv.initialize()
    with pytest.raises(ValueError, match="Deferred initialization failed.* of Conv2D 'low'"):
        conv(mx.nd.ones((2, 2)))


# ---------------------------------------------------------------------- hooks


def test_hooks():
    calls = []
    net = ready(nn.Dense(1, in_units=1))
    before = net.register_forward_pre_hook(lambda b, inputs: calls.append(("before", b, len(inputs))))
    with net.register_forward_hook(lambda b, inputs, out: calls.append(("after", b, out.shape))):
        net(mx.nd.ones((3, 1)))
        assert calls == [("before", net, 1), ("after", net, (3, 1))]
    before.detach()
    before.detach()
    net(mx.nd.ones((3, 1)))
    assert len(calls) == 2
    with pytest.raises(AssertionError, match="attached twice"):
        before.attach(net._forward_hooks, print)
    net.register_forward_hook(lambda *_: None)
    with pytest.warns(UserWarning, match="has forward hooks"):
        net.hybridize()


@pytest.mark.parametrize("inputs", [False, True])
def test_op_hook(inputs):
    seen = []
    net = ready(dense(prefix="n_"), hybrid=True)
    net.register_op_hook(lambda name, op, array: seen.append((name, op, array.shape)), inputs)
    net(mx.nd.ones((1, 3)))
    outputs = [(b"n_dense0_fwd_output", b"FullyConnected", (1, 2))]
    given = [(b"n_dense0_fwd_" + n, b"FullyConnected", s) for n, s in ((b"data", (1, 3)), (b"weight", (2, 3)))]
    assert seen[: 2 if inputs else 1] == (given if inputs else outputs)
    net(mx.nd.ones((1, 3)))
    assert len(seen) == (8 if inputs else 2)


def test_summary(capsys):
    net = ready(nn.HybridSequential())
    shared = nn.Dense(4, in_units=4)
    net.add(nn.Dense(4), shared, nn.Dense(4, in_units=4, params=shared.params))
    net.initialize()
    net[0].bias.grad_req = "null"
    net.summary(mx.nd.ones((2, 3)))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split() for line in lines if "Dense" in line] == [
        ["Dense-1", "(2,", "4)", "16"],
        ["Dense-2", "(2,", "4)", "20"],
        ["Dense-3", "(2,", "4)", "20"],
    ]
    totals = [int(line.split(":")[1]) for line in lines if ":" in line]
    assert totals == [56, 52, 4, 20, 36]
    net.hybridize()
    with pytest.raises(AssertionError, match="must not be hybridized"):
        net.summary(mx.nd.ones((2, 3)))
    assert not net[0]._forward_hooks


# ---------------------------------------------------------------------- running


@pytest.mark.parametrize("hybrid", [False, True])
def test_structures_of_inputs_and_outputs(hybrid):
    net = ready(Scale(), hybrid)
    x, y = mx.nd.array([1, 2]), mx.nd.array([10, 20])
    out, (total, same) = net(x, y)
    assert [a.asnumpy().tolist() for a in (out, total, same)] == [[1, 2], [11, 22], [10, 20]]
    if hybrid:
        with pytest.raises(ValueError, match="nested otherwise than in the call"):
            net(x, [y])
        net.hybridize()
    assert net(x, None).asnumpy().tolist() == [1, 2]
    assert net(x).asnumpy().tolist() == [1, 2]


def test_kinds_of_inputs():
    net = ready(Scale())
    with pytest.raises(ValueError, match="got both NDArrays and Symbols"):
        net(mx.nd.ones((1,)), mx.sym.var("y"))
    with pytest.raises(ValueError, match="got neither NDArrays nor Symbols"):
        net(1)
    net.hybridize()
    net.collect_params().reset_ctx([mx.cpu(0), mx.cpu(1)])
    with pytest.raises(ValueError, match="multiple contexts"):
        net(mx.nd.ones((1,)), mx.nd.ones((1,), mx.cpu(1)))
    with pytest.raises(ValueError, match="expected a \\(nested\\) list of Symbol or NDArray"):
        net(mx.nd.ones((1,)), 3)


def test_symbols():
    net = ready(dense(prefix="n_"))
    out = net(mx.sym.var("data"))
    assert out.list_arguments() == ["data", "n_dense0_weight", "n_dense0_bias"]
    assert out.list_outputs() == ["n_dense0_fwd_output"]


@pytest.mark.parametrize("hybrid", [False, True])
def test_each_context_has_its_parameters(hybrid):
    net = ready(nn.Dense(2, in_units=1, use_bias=False), hybrid, ctx=[mx.cpu(0), mx.cpu(1)])
    net.weight.data(mx.cpu(1))[:] = 5
    net.weight.data(mx.cpu(0))[:] = 3
    for _ in range(4):
        for i, expected in ((0, 3), (1, 5)):
            out = net(mx.nd.ones((1, 1), mx.cpu(i)))
            assert out.context == mx.cpu(i) and out.asnumpy().tolist() == [[expected] * 2]


@pytest.mark.parametrize("hybrid", [False, True])
def test_changes_of_parameters_are_seen(hybrid):
    net = ready(nn.Dense(1, in_units=1, use_bias=False, weight_initializer="ones"), hybrid)
    x = mx.nd.ones((1, 1))
    for _ in range(4):
        assert net(x).asscalar() == 1
    net.weight.set_data(mx.nd.array([[2]]))
    assert net(x).asscalar() == 2
    net.initialize(init="ones", force_reinit=True)
    assert net(x).asscalar() == 1
    net.cast("float64")
    assert net(x.astype("float64")).dtype == np.float64
    net.weight.grad_req = "null"
    with autograd.record():
        assert net(x.astype("float64")).asscalar() == 1
    net.weight.grad_req = "write"
    with autograd.record():
        y = net(x.astype("float64"))
    y.backward()
    assert net.weight.grad().asscalar() == 1
    net.collect_params().reset_ctx(mx.cpu(1))
    assert net(x.astype("float64").as_in_context(mx.cpu(1))).context == mx.cpu(1)


def test_graph_follows_the_children():
    net = ready(dense(units=1, prefix="n_"), hybrid=True)
    assert net(mx.nd.ones((1, 2))).shape == (1, 1)
    with net.name_scope():
        net.add(nn.Dense(5))
    net[1].initialize()
    assert net(mx.nd.ones((1, 2))).shape == (1, 5)


def test_unused_inputs_and_parameters_are_reported():
    class Half(HybridBlock):
        def __init__(self):
            super().__init__(prefix="half_")
            self.w = self.params.get("w", shape=(1,))

        def hybrid_forward(self, F, x, y, w):
            return x * 2

    net = ready(Half(), hybrid=True)
    with pytest.warns(UserWarning) as caught:
        net(mx.nd.ones((1,)), mx.nd.ones((1,)))
    messages = [str(w.message) for w in caught]
    assert any("nothing is computed from input 1" in m for m in messages)
    assert any("nothing is computed from parameter half_w" in m for m in messages)


def test_the_context_of_the_inputs_is_current():
    class Made(HybridBlock):
        def hybrid_forward(self, F, x):
            return F.zeros((1,)) if F is mx.nd else F.zeros((1,)) + x * 0

    assert Made()(mx.nd.ones((1,), mx.cpu(4))).context == mx.cpu(4)


def test_infer_shape_and_type():
    net = nn.Dense(3)
    net.infer_shape(mx.nd.ones((2, 5)))
    assert net.weight.shape == (3, 5)
    net = nn.BatchNorm()
    net.infer_type(mx.nd.ones((2, 5), dtype="float16"))
    assert net.gamma.dtype == np.float32
    with pytest.raises(mx.MXNetError, match="Type inconsistent"):
        nn.Dense(3).infer_type(mx.nd.ones((2, 5), dtype="float64"))


def test_optimize_for():
    net = ready(dense())
    with pytest.raises(ValueError, match='Must specify "backend"'):
        net.optimize_for(mx.nd.ones((1, 2)))
    net.optimize_for(mx.nd.ones((1, 2)), backend="any")
    assert net._active and net._cached_op is not None
    assert net(mx.nd.ones((1, 2))).shape == (1, 2)


def test_copies():
    net = ready(dense(), hybrid=True)
    x = mx.nd.ones((1, 3))
    expected = net(x).asnumpy()
    for other in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        np.testing.assert_array_equal(other(x).asnumpy(), expected)
        other[0].bias.set_data(mx.nd.ones((2,)))
        np.testing.assert_array_equal(net(x).asnumpy(), expected)
        with autograd.record():
            y = other(x)
        y.backward()
        assert (other[0].weight.grad().asnumpy() == 1).all()


# ---------------------------------------------------------------------- files


def test_parameters_in_files(tmp_path):
    path = str(tmp_path / "net.params")
    net = ready(dense(n=2))
    with pytest.raises(gluon.DeferredInitializationError):
        net.save_parameters(path)
    x = mx.nd.ones((1, 3))
    expected = net(x).asnumpy()
    net.save_parameters(path)
    other = dense(n=2)
    other.load_parameters(path, ctx=[mx.cpu(0), mx.cpu(1)])
    assert other[0].weight.list_ctx() == [mx.cpu(0), mx.cpu(1)]
    np.testing.assert_array_equal(other(x).asnumpy(), expected)
    with pytest.raises(AssertionError, match=r"Parameter '2.weight' is missing in file"):
        dense(n=3).load_parameters(path)
    dense(n=3).load_parameters(path, allow_missing=True)
    with pytest.raises(ValueError, match=r"Parameter '1.weight' loaded from file .* is not present"):
        dense(n=1).load_parameters(path)
    dense(n=1).load_parameters(path, ignore_extra=True)
    with pytest.raises(AssertionError, match="shape incompatible"):
        dense(units=3, n=2).load_parameters(path)


def test_old_files(tmp_path):
    path = str(tmp_path / "old.params")
    net = ready(dense(prefix="a_"))
    expected = net(mx.nd.ones((1, 2))).asnumpy()
    with pytest.warns(UserWarning, match="save_params is deprecated"):
        net.save_params(path)
    assert set(mx.nd.load(path)) == {"dense0_weight", "dense0_bias"}
    other = dense(prefix="b_")
    with pytest.warns(UserWarning, match="load_params is deprecated"):
        other.load_params(path)
    np.testing.assert_array_equal(other(mx.nd.ones((1, 2))).asnumpy(), expected)
    net[0].params._params["alien"] = gluon.Parameter("alien", shape=(1,))
    net.initialize(force_reinit=True)
    with (
        pytest.warns(UserWarning, match="deprecated"),
        pytest.raises(ValueError, match="save_parameters needs no common prefix"),
    ):
        net.save_params(path)


def test_whole_models_in_files(tmp_path):
    prefix = str(tmp_path / "m")
    x = mx.nd.ones((1, 3))
    with mx.name.NameManager():
        net = ready(dense(n=2), hybrid=True)
    expected = net(x).asnumpy()
    net.save(prefix)
    structure = json.loads((tmp_path / "m-model.json").read_text())
    assert structure["hybridsequential0"]["hybridized"] and structure["hybridsequential0"]["in_format"] == [0]
    other = dense(n=2)
    other.load(prefix)
    assert other._active and other.name == net.name
    np.testing.assert_array_equal(other(x).asnumpy(), expected)
    with pytest.raises(ValueError, match="is not in the saved model"):
        nn.Sequential().load(prefix)


def test_export_needs_a_graph(tmp_path):
    with pytest.raises(RuntimeError, match=r"export needs a graph; call hybridize\(\)"):
        ready(dense()).export(str(tmp_path / "x"))


# ---------------------------------------------------------------------- blocks of symbols


def test_symbol_block_of_internals():
    net = ready(dense(n=2, prefix="n_"))
    x = mx.nd.ones((1, 3))
    expected = net(x)
    out = net(mx.sym.var("data"))
    hidden = out.get_internals()["n_dense0_fwd_output"]
    block = SymbolBlock([hidden, out], mx.sym.var("data"), params=net.collect_params())
    first, last = block(x)
    np.testing.assert_array_equal(last.asnumpy(), expected.asnumpy())
    np.testing.assert_array_equal(first.asnumpy(), net[0](x).asnumpy())
    assert block.collect_params()["n_dense0_weight"] is net[0].weight
    composed = block(mx.sym.var("other") * 2)
    assert "other" in composed[1].list_arguments()
    assert repr(block).endswith(": 1 -> 2\n)")


def test_symbol_block_as_a_child():
    inner = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=2, name="fc")
    net = nn.HybridSequential()
    net.add(SymbolBlock(inner, mx.sym.var("data")), nn.Activation("relu"))
    for hybrid in (False, True):
        ready(net, hybrid, force_reinit=True, init="ones")
        assert net(mx.nd.ones((1, 3))).asnumpy().tolist() == [[4, 4]]
    assert list(net._collect_params_with_prefix()) == ["0.weight", "0.bias"]


def test_symbol_block_refuses():
    data = mx.sym.var("data")
    with pytest.raises(AssertionError, match="Input symbols must be variable"):
        SymbolBlock(data * 2, data + 1)
    with pytest.raises(AssertionError, match="'w' because its storage type is 'row_sparse'"):
        SymbolBlock(data * mx.sym.var("w", stype="row_sparse"), data)
    block = ready(SymbolBlock(data * 2, data))
    with pytest.raises(AssertionError, match="Symbol or NDArray, got <class 'int'>"):
        block(1)


def test_symbol_block_in_half_precision():
    data = mx.sym.var("data")
    out = mx.sym.BatchNorm(mx.sym.FullyConnected(data, num_hidden=2, name="fc"), name="bn")
    block = SymbolBlock(out, data)
    block.cast("float16")
    types = {n: np.dtype(p.dtype).name for n, p in block.collect_params().items()}
    assert types == {
        "fc_weight": "float16",
        "fc_bias": "float16",
        **dict.fromkeys(["bn_gamma", "bn_beta", "bn_moving_mean", "bn_moving_var"], "float32"),
    }
    block.initialize()
    block.reset_ctx(mx.cpu(1))
    assert block(mx.nd.ones((2, 3), mx.cpu(1), "float16")).context == mx.cpu(1)


def test_attributes_may_be_nested_deeply_and_hold_themselves():
    net = nn.HybridSequential()
    net.nest = []
    for _ in range(5000):
        net.nest = [net.nest]
    net.ring = [net.nest]
    net.ring.append(net.ring)
    assert not list(net.collect_params().keys())


def test_saved_formats_are_bounded(tmp_path):
    net = nn.HybridSequential()
    net.add(nn.Dense(2, in_units=3))
    net.initialize()
    net.hybridize()
    net(mx.nd.ones((1, 3)))
    net.save(f"{tmp_path}/x")
    path = tmp_path / "x-model.json"
    whole = path.read_text()
    assert '"in_format": [0]' in whole
    for bad in ("[" * 400 + "0" + "]" * 400, '"0"', "null"):
        path.write_text(whole.replace('"in_format": [0]', f'"in_format": {bad}'))
        with pytest.raises(mx.MXNetError, match="as a format"):
            net.load(f"{tmp_path}/x")
