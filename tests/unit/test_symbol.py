"""Symbols: composing, naming, attributes, copying, binding."""

import copy
import json
import pickle

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError, NotImplementedForSymbol

S = mx.sym


@pytest.fixture(autouse=True)
def _fresh_names():
    with mx.name.NameManager():
        yield


def head(symbol):
    """Operator, name and attributes of the node a symbol belongs to, as its file has them."""
    graph = json.loads(symbol.tojson())
    node = graph["nodes"][graph["heads"][0][0]]
    return node["op"], node["name"], node.get("attrs")


def mlp():
    net = S.FullyConnected(S.var("data"), num_hidden=8, name="fc1")
    net = S.Activation(net, act_type="relu", name="relu1")
    net = S.FullyConnected(net, num_hidden=3, name="fc2")
    return S.SoftmaxOutput(net, name="softmax")


# ------------------------------------------------------------------ operators

X, Y = S.var("x"), S.var("y")


@pytest.mark.parametrize(
    ("make", "op", "name", "attrs"),
    [
        (lambda: X + Y, "elemwise_add", "_plus0", None),
        (lambda: X + 1, "_plus_scalar", "_plusscalar0", {"scalar": "1"}),
        (lambda: 1 + X, "_plus_scalar", "_plusscalar0", {"scalar": "1"}),
        (lambda: X - Y, "elemwise_sub", "_minus0", None),
        (lambda: X - 2, "_minus_scalar", "_minusscalar0", {"scalar": "2"}),
        (lambda: 2 - X, "_rminus_scalar", "_rminusscalar0", {"scalar": "2"}),
        (lambda: X * Y, "elemwise_mul", "_mul0", None),
        (lambda: X * 2.5, "_mul_scalar", "_mulscalar0", {"scalar": "2.5"}),
        (lambda: X / Y, "elemwise_div", "_div0", None),
        (lambda: X / 3, "_div_scalar", "_divscalar0", {"scalar": "3"}),
        (lambda: 3 / X, "_rdiv_scalar", "_rdivscalar0", {"scalar": "3"}),
        (lambda: X % Y, "_mod", "_mod0", None),
        (lambda: X % 2, "_mod_scalar", "_modscalar0", {"scalar": "2"}),
        (lambda: 2 % X, "_rmod_scalar", "_rmodscalar0", {"scalar": "2"}),
        (lambda: X**Y, "_power", "_power0", None),
        (lambda: X**2, "_power_scalar", "_powerscalar0", {"scalar": "2"}),
        (lambda: 2**X, "_rpower_scalar", "_rpower_scalar0", {"scalar": "2"}),
        (lambda: -X, "_mul_scalar", "_mulscalar0", {"scalar": "-1.0"}),
        (lambda: abs(X), "abs", "abs0", None),
        (lambda: X == Y, "_equal", "_equal0", None),
        (lambda: X != 1, "_not_equal_scalar", "_not_equal_scalar0", {"scalar": "1"}),
        (lambda: X > Y, "_greater", "_greater0", None),
        (lambda: X >= 1, "_greater_equal_scalar", "_greater_equal_scalar0", {"scalar": "1"}),
        (lambda: X < Y, "_lesser", "_lesser0", None),
        (lambda: X <= 1, "_lesser_equal_scalar", "_lesser_equal_scalar0", {"scalar": "1"}),
        (lambda: S.pow(2, X), "_rpower_scalar", "_rpowerscalar0", {"scalar": "2"}),
        (lambda: S.maximum(1, X), "_maximum_scalar", "_maximumscalar0", {"scalar": "1"}),
        (lambda: S.minimum(X, Y), "_minimum", "_minimum0", None),
        (lambda: S.hypot(3, X), "_hypot_scalar", "_hypotscalar0", {"scalar": "3"}),
        (lambda: X * np.float32(2.5), "_mul_scalar", "_mulscalar0", {"scalar": "2.5"}),
        (lambda: X + np.int64(3), "_plus_scalar", "_plusscalar0", {"scalar": "3"}),
        (lambda: X + 1e20, "_plus_scalar", "_plusscalar0", {"scalar": "1e+20"}),
        (lambda: S.zeros((2, 3)), "_zeros", "_zeros0", {"dtype": "float32", "shape": "(2, 3)"}),
        (lambda: S.ones(3, dtype="int32"), "_ones", "_ones0", {"dtype": "int32", "shape": "3"}),
        (lambda: S.full((2,), 3), "_full", "_full0", {"dtype": "float32", "shape": "(2,)", "value": "3.0"}),
        (
            lambda: S.arange(5),
            "_arange",
            "_arange0",
            {"dtype": "float32", "infer_range": "False", "repeat": "1", "start": "5", "step": "1.0", "stop": "None"},
        ),
        (
            lambda: S.linspace(0, 1, 5),
            "_linspace",
            "_linspace0",
            {"dtype": "float32", "endpoint": "True", "num": "5", "start": "0", "stop": "1"},
        ),
        (lambda: S.eye(3), "_eye", "_eye0", {"M": "0", "N": "3", "dtype": "float32", "k": "0"}),
        (lambda: S.histogram(X, 5, (0, 10)), "_histogram", "_histogram0", {"bin_cnt": "5", "range": "(0, 10)"}),
        (
            lambda: S.split_v2(X, (1, 3), axis=1),
            "_split_v2",
            "_split_v20",
            {"axis": "1", "indices": "[0, 1, 3]", "sections": "0", "squeeze_axis": "False"},
        ),
        (lambda: S.cast(X, dtype=np.float16), "Cast", "cast0", {"dtype": "float16"}),
        (lambda: S.Concat(X, Y, dim=1), "Concat", "concat0", {"dim": "1", "num_args": "2"}),
        (
            lambda: S.random.uniform(0, 1, shape=(2, 3)),
            "_random_uniform",
            "_random_uniform0",
            {"high": "1", "low": "0", "shape": "(2, 3)"},
        ),
        (lambda: S.random.exponential(2), "_random_exponential", "_random_exponential0", {"lam": "0.5"}),
        (
            lambda: S.random.randn(2, 3),
            "_random_normal",
            "_random_normal0",
            {"loc": "0", "scale": "1", "shape": "(2, 3)"},
        ),
        (lambda: S.random.normal(X, Y), "_sample_normal", "_sample_normal0", None),
        (lambda: X.reshape((2, 3)), "Reshape", "reshape0", {"shape": "(2, 3)"}),
        (lambda: X.astype("float16"), "Cast", "cast0", {"dtype": "float16"}),
        (lambda: X.squeeze(), "squeeze", "squeeze0", {"axis": "None"}),
        (lambda: X.sum(axis=1), "sum", "sum0", {"axis": "1"}),
    ],
)
def test_operators_make_the_nodes_of_mxnet(make, op, name, attrs):
    assert head(make()) == (op, name, attrs)


def test_numbers_stay_numbers():
    assert S.pow(2, 3) == 8
    assert S.maximum(3, 4) == 4
    assert S.minimum(3, 4) == 3
    assert S.hypot(3, 4) == 5


@pytest.mark.parametrize("wrong", [lambda: X + "a", lambda: X == None, lambda: S.maximum(X, "a")])  # noqa: E711
def test_operators_refuse_other_types(wrong):
    with pytest.raises(TypeError, match="not supported"):
        wrong()


def test_what_only_arrays_can_do():
    for use in (lambda: bool(X), X.asnumpy, X.wait_to_read, X.copy, X.asscalar, X.detach, X.backward):
        with pytest.raises(NotImplementedForSymbol):
            use()
    z = X
    with pytest.raises(NotImplementedForSymbol, match=r"\+="):
        z += 1
    with pytest.raises(TypeError, match="unhashable"):
        hash(X)


# ------------------------------------------------------------------ names and attributes


def test_name_manager_and_prefix():
    assert (X + 1).name == "_plusscalar0"
    assert (X + 1).name == "_plusscalar1"
    with mx.name.Prefix("p_"):
        fc = S.FullyConnected(X, num_hidden=3)
        assert fc.list_arguments() == ["x", "p_fullyconnected0_weight", "p_fullyconnected0_bias"]
        assert S.FullyConnected(X, num_hidden=3, name="zz").name == "p_zz"
        assert S.var("q").name == "q"
    with mx.name.NameManager():
        assert (X + 1).name == "_plusscalar0"
    with pytest.warns(DeprecationWarning):
        assert isinstance(mx.name.NameManager.current, mx.name.NameManager)


def test_attributes_are_inherited_by_automatic_variables():
    fc = S.FullyConnected(S.var("x"), num_hidden=3, ctx_group="a", lr_mult=2, name="q", __foo__="b")
    stored = {
        "num_hidden": "3",
        "__ctx_group__": "a",
        "ctx_group": "a",
        "__lr_mult__": "2",
        "lr_mult": "2",
        "__foo__": "b",
    }
    assert fc.attr_dict() == {"q": stored, "q_weight": stored, "q_bias": stored}
    assert fc.attr("lr_mult") == fc.attr("__lr_mult__") == "2"
    assert fc.attr("name") == "q"
    assert fc.attr("op_name") == "FullyConnected"
    assert fc.attr("nothing") is None


def test_initializers_that_come_from_the_operator():
    bn = S.BatchNorm(S.var("x"), name="bn")
    assert bn.attr_dict() == {
        "bn_moving_mean": {"__init__": '["zero", {}]'},
        "bn_moving_var": {"__init__": '["one", {}]'},
    }
    own = S.BatchNorm(S.var("x"), moving_mean=S.var("m", init="mine"), name="bn")
    assert own.attr_dict()["m"] == {"__init__": "mine"}
    prelu = S.LeakyReLU(S.var("x"), act_type="prelu", name="p")
    assert prelu.attr_dict()["p_gamma"] == {"__init__": '["Constant", {"value": 0.25}]', "act_type": "prelu"}


def test_attr_scope():
    with mx.AttrScope(ctx_group="dev1", __a__="b"):
        assert (X + 1).list_attr() == {"scalar": "1", "__a__": "b", "__ctx_group__": "dev1", "ctx_group": "dev1"}
        with mx.AttrScope(ctx_group="dev2"):
            assert S.var("z").list_attr() == {"__a__": "b", "__ctx_group__": "dev2", "ctx_group": "dev2"}
        fc = S.FullyConnected(X, num_hidden=3, attr={"ctx_group": "dev3"})
        assert fc.attr("ctx_group") == "dev3"
    assert S.var("z").list_attr() == {}
    with pytest.raises(ValueError, match="string"):
        mx.AttrScope(a=1)


def test_variable_keywords():
    v = S.var(
        "v",
        attr={"a": "b"},
        shape=(2, 3),
        lr_mult=0.1,
        wd_mult=2,
        dtype="float16",
        init="zeros",
        stype="csr",
        __foo__=3,
    )
    assert v.list_attr() == {
        "a": "b",
        "__shape__": "(2, 3)",
        "__lr_mult__": "0.1",
        "lr_mult": "0.1",
        "__wd_mult__": "2",
        "wd_mult": "2",
        "__dtype__": "2",
        "__init__": "zeros",
        "__storage_type__": "2",
        "__foo__": "3",
    }
    with pytest.raises(ValueError, match="foo"):
        S.var("v", foo=1)
    with pytest.raises(TypeError, match="string"):
        S.var(3)
    with pytest.raises(TypeError, match="float99"):
        S.var("v", dtype="float99")


def test_set_attr():
    fc = S.FullyConnected(X, num_hidden=3, name="f")
    fc._set_attr(num_hidden="4", lr_mult="3")
    assert fc.list_attr() == {"num_hidden": "4", "__lr_mult__": "3", "lr_mult": "3"}
    assert fc.infer_shape(x=(2, 5))[1] == [(2, 4)]
    with pytest.raises(MXNetError, match="foo"):
        fc._set_attr(foo="1")
    assert "foo" not in fc.list_attr()
    with pytest.raises(ValueError, match="string"):
        fc._set_attr(num_hidden=4)
    with pytest.raises(MXNetError, match=r"w = Variable\(lr_mult=3\)"):
        fc._set_attr(weight_lr_mult="3")
    with pytest.raises(MXNetError, match="non-grouped"):
        S.Group([X, Y])._set_attr(a="b")


# ------------------------------------------------------------------ groups, indexing, listing


def test_group_and_indexing():
    total = X + Y
    g = S.Group([X, Y, total])
    assert repr(g) == "<Symbol group [x, y, _plus0]>"
    assert repr(g["_plus0_output"]) == "<Symbol _plus0>"
    assert g.name is None
    assert g.attr("a") is None
    assert g.list_attr() == {}
    assert [s.name for s in g] == ["x", "y", "_plus0"]
    assert [s.name for s in g[0:2]] == ["x", "y"]
    assert [s.name for s in g[2:0:-1]] == ["_plus0", "y"]
    assert g[-1].name == "_plus0"
    with pytest.raises(IndexError):
        g[3]
    with pytest.raises(ValueError, match="Cannot find output"):
        g["zz"]
    with pytest.raises(ValueError, match="multiple outputs"):
        S.Group([X, X])["x"]
    with pytest.raises(TypeError, match="integer index"):
        g[1.0]
    for wrong in ([], [1], [X, None]):
        with pytest.raises(TypeError, match="list of symbols"):
            S.Group(wrong)


def test_listing():
    net = S.BatchNorm(S.FullyConnected(S.var("data"), num_hidden=3, name="fc"), name="bn")
    assert net.list_arguments() == ["data", "fc_weight", "fc_bias", "bn_gamma", "bn_beta"]
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    assert net.list_inputs() == [
        "data",
        "fc_weight",
        "fc_bias",
        "bn_gamma",
        "bn_beta",
        "bn_moving_mean",
        "bn_moving_var",
    ]
    assert net.list_outputs() == ["bn_output"]
    assert net.get_internals().list_outputs()[3:6] == ["fc_output", "bn_gamma", "bn_beta"]
    assert net.get_children().list_outputs()[0] == "fc_output"
    assert S.var("a").get_children() is None
    shown = S.BatchNorm(S.var("x"), output_mean_var=True, name="b")
    assert shown.list_outputs() == ["b_output", "b_mean", "b_var"]
    sliced = S.SliceChannel(S.var("x"), num_outputs=3, name="s")
    assert sliced.list_outputs() == ["s_output0", "s_output1", "s_output2"]
    assert sliced.name == "s"
    assert sliced[1].list_outputs() == ["s_output1"]


def test_a_deep_graph_needs_no_deep_stack():
    net = S.var("x")
    for _ in range(5000):
        net = net + 1
    assert net.list_arguments() == ["x"]
    assert copy.deepcopy(net).infer_shape(x=(2,))[1] == [(2,)]
    assert len(S.load_json(net.tojson()).get_internals()) == 5001


# ------------------------------------------------------------------ composing


def test_composition_by_variable_name():
    inner = S.FullyConnected(S.var("data"), num_hidden=10, name="fc1")
    outer = S.FullyConnected(name="fc3", num_hidden=10)
    outer = S.FullyConnected(S.Activation(outer, act_type="relu"), num_hidden=20, name="fc4")
    composed = outer(fc3_data=inner, name="composed")
    assert composed.name == "composed"
    assert composed.list_arguments()[:3] == ["data", "fc1_weight", "fc1_bias"]
    assert outer.name == "fc4"  # the original is as it was
    assert outer.list_arguments()[0] == "fc3_data"
    g = S.Group([X, Y, X + Y])
    assert g(x=inner).list_outputs() == ["fc1_output", "y", "_plus0_output"]


def test_composition_errors():
    fc = S.FullyConnected(name="fc", num_hidden=3)
    with pytest.raises(MXNetError, match=r"data not found.*\n.*\n.*fc_data"):
        fc(data=X)
    with pytest.raises(TypeError, match="not both"):
        fc(X, fc_data=Y)
    with pytest.raises(TypeError, match="expect `Symbol`"):
        fc(fc_data=1)
    with pytest.raises(MXNetError, match="only support kwargs"):
        fc(X)
    with pytest.raises(MXNetError, match="single value is required"):
        fc(fc_data=S.Group([X, Y]))


def test_wrong_calls_of_operators_name_the_problem():
    with pytest.raises(MXNetError, match=r"(?s)num_hiden.*did you mean 'num_hidden'.*node 'f'"):
        S.FullyConnected(X, num_hiden=3, num_hidden=3, name="f")
    with pytest.raises(MXNetError, match="num_hidden"):
        S.FullyConnected(X)
    with pytest.raises(MXNetError, match="num_hidden"):
        S.FullyConnected(X, num_hidden="many")
    with pytest.raises(MXNetError, match="relu"):
        S.Activation(X, act_type="rellu")
    with pytest.raises(MXNetError, match="bias not found"):
        S.FullyConnected(X, num_hidden=3, no_bias=True, bias=Y)
    with pytest.raises((TypeError, AssertionError), match="data"):
        S.FullyConnected(1, num_hidden=3)
    with pytest.raises(MXNetError, match="single value"):
        S.FullyConnected(S.Group([X, Y]), num_hidden=3)
    with pytest.raises(MXNetError, match=r"w = Variable\(lr_mult=3\)"):
        S.FullyConnected(X, num_hidden=3, weight_lr_mult=3)
    with pytest.raises(AttributeError, match="FullyConnected"):
        _ = S.FullyConected


def test_variadic_inputs():
    assert S.Concat(num_args=2, name="q").list_arguments() == ["q_arg0", "q_arg1"]
    assert S.Concat(X, Y, num_args=3, name="q").list_arguments() == ["x", "y", "q_arg2"]
    with pytest.raises(MXNetError, match="a not found"):
        S.Concat(a=X, b=Y, name="q")


def test_atomic_symbol():
    atom = S.FullyConnected(X, num_hidden=3, name="f")._gen_atomic_symbol()
    assert atom.list_arguments() == []
    assert atom(X, name="g").list_arguments() == ["x", "g_weight", "g_bias"]
    assert atom(data=X, weight=Y, name="g").list_arguments() == ["x", "y", "g_bias"]
    with pytest.raises(MXNetError, match="datta not found"):
        atom(datta=X)


# ------------------------------------------------------------------ copies


def test_copies_share_no_nodes():
    net = mlp()
    for made in (copy.copy(net), copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        assert made.tojson() == net.tojson()
        made._set_attr(__mark__="1")
        assert net.attr("__mark__") is None


def test_pickle_has_the_form_of_mxnet():
    net = mlp()
    cls, args, state = net.__reduce__()
    assert (cls, args) == (S.Symbol, (None,))
    assert state == {"handle": net.tojson()}


def test_debug_str():
    net = S.FullyConnected(2 * X + S.sin(X, name="s"), num_hidden=10, name="fc", lr_mult=3)
    assert net.debug_str() == (
        "Symbol Outputs:\n\toutput[0]=fc(0)\nVariable:x\n--------------------\nOp:_mul_scalar, Name=_mulscalar0\n"
        "Inputs:\n\targ[0]=x(0) version=0\nAttrs:\n\tscalar=2\n--------------------\nOp:sin, Name=s\nInputs:\n"
        "\targ[0]=x(0) version=0\n--------------------\nOp:elemwise_add, Name=_plus0\nInputs:\n"
        "\targ[0]=_mulscalar0(0)\n\targ[1]=s(0)\nVariable:fc_weight\nVariable:fc_bias\n--------------------\n"
        "Op:FullyConnected, Name=fc\nInputs:\n\targ[0]=_plus0(0)\n\targ[1]=fc_weight(0) version=0\n"
        "\targ[2]=fc_bias(0) version=0\nAttrs:\n\t__lr_mult__=3\n\tnum_hidden=10\n"
    )
    assert X.debug_str() == "Variable:x\n"


def test_backends_are_accepted_and_change_nothing():
    net = mlp()
    assert net.optimize_for("MKLDNN", {}, {}).tojson() == net.tojson()
    assert net.get_backend_symbol("anything").tojson() == net.tojson()
    with pytest.raises(TypeError, match="backend"):
        net.optimize_for(3)
    with pytest.raises(TypeError, match="args"):
        net.optimize_for("x", args=[])
    with pytest.raises(MXNetError, match="backward"):
        net.gradient(["data"])


# ------------------------------------------------------------------ binding


def arrays(**shapes):
    return {k: mx.nd.zeros(v) for k, v in shapes.items()}


FC = {"x": (2, 5), "f_weight": (3, 5), "f_bias": (3,)}


@pytest.fixture
def fc():
    return S.FullyConnected(S.var("x"), num_hidden=3, name="f")


def test_bind_shares_arrays(fc):
    args = arrays(**FC)
    e = fc.bind(mx.cpu(), args, args_grad={"f_weight": mx.nd.zeros((3, 5))}, grad_req={"f_weight": "write"})
    assert e.arg_arrays[0] is args["x"]
    assert [g is not None for g in e.grad_arrays] == [False, True, False]
    args["f_bias"][:] = 2
    np.testing.assert_array_equal(e.forward()[0].asnumpy(), np.full((2, 3), 2, "float32"))
    by_list = fc.bind(mx.cpu(), [args["x"], args["f_weight"], args["f_bias"]])
    np.testing.assert_array_equal(by_list.forward()[0].asnumpy(), np.full((2, 3), 2, "float32"))


def test_bind_errors(fc):
    cpu, args = mx.cpu(), arrays(**FC)
    with pytest.raises(ValueError, match="Length of args"):
        fc.bind(cpu, [args["x"]])
    with pytest.raises(ValueError, match="`f_bias` is missing in `args`"):
        fc.bind(cpu, {k: args[k] for k in ("x", "f_weight")})
    with pytest.raises(MXNetError, match=r"operator f: .*\(3,6\).*\(3,5\).*weight.*f_weight"):
        fc.bind(cpu, {**args, "f_weight": mx.nd.zeros((3, 6))})
    with pytest.raises(MXNetError, match=r"operator f: .*float16.*weight"):
        fc.bind(cpu, {**args, "f_weight": mx.nd.zeros((3, 5), dtype="float16")})
    with pytest.raises(MXNetError, match=r"gradient.*'f_weight'.*\(4, 5\).*\(3, 5\)"):
        fc.bind(cpu, args, args_grad={"f_weight": mx.nd.zeros((4, 5))})
    with pytest.raises(ValueError, match="grad_req"):
        fc.bind(cpu, args, grad_req="foo")
    with pytest.raises(ValueError, match="3 arguments"):
        fc.bind(cpu, args, grad_req=["write"])
    with pytest.raises(TypeError, match="ctx"):
        fc.bind("cpu", args)
    for wrong in (3, [1, 2, 3], [args["x"], None, args["f_bias"]], {**args, "x": np.zeros((2, 5))}):
        with pytest.raises(TypeError, match="must be a list of NDArray or a dict"):
            fc.bind(cpu, wrong)
    bn = S.BatchNorm(S.var("x"), name="bn")
    values = [mx.nd.zeros((2, 3)), mx.nd.zeros((3,)), mx.nd.zeros((3,))]
    with pytest.raises(ValueError, match="Length of aux_states"):
        bn.bind(cpu, values)
    with pytest.raises(ValueError, match="`bn_moving_var` is missing"):
        bn.bind(cpu, values, aux_states={"bn_moving_mean": mx.nd.zeros((3,))})


def test_simple_bind_allocates(fc):
    e = fc.simple_bind(mx.cpu(), x=(2, 5))
    assert {k: v.shape for k, v in e.arg_dict.items()} == FC
    assert all(g.shape == a.shape for g, a in zip(e.grad_arrays, e.arg_arrays))
    kept = {"null": [False] * 3, "write": [True] * 3}
    for req, expected in kept.items():
        assert [g is not None for g in fc.simple_bind(mx.cpu(), req, x=(2, 5)).grad_arrays] == expected
    mixed = fc.simple_bind(mx.cpu(), ["write", "null", "add"], x=(2, 5))
    assert [g is not None for g in mixed.grad_arrays] == [True, False, True]
    by_name = fc.simple_bind(mx.cpu(), {"x": "write"}, x=(2, 5))
    assert [g is not None for g in by_name.grad_arrays] == [True, False, False]
    for given in ({"x": "float64"}, {"f_bias": "float64"}):
        types = {a.dtype for a in fc.simple_bind(mx.cpu(), type_dict=given, x=(2, 5)).arg_arrays}
        assert types == {np.float64}


def test_simple_bind_errors(fc):
    cpu = mx.cpu()
    with pytest.raises(RuntimeError, match=r"(?s)simple_bind error.*f_weight: \(\)"):
        fc.simple_bind(cpu)
    with pytest.raises(RuntimeError, match=r"(?s)x: \(0, 5\).*Not names of arguments: datta"):
        fc.simple_bind(cpu, x=(0, 5), datta=(2, 5))
    with pytest.raises(RuntimeError, match=r"(?s)f_weight: \(3, 6\).*operator f.*\(3,6\).*\(3,5\)"):
        fc.simple_bind(cpu, x=(2, 5), f_weight=(3, 6))
    with pytest.raises(RuntimeError, match="float64"):
        fc.simple_bind(cpu, x=(2, 5), type_dict={"x": "float64", "f_bias": "float32"})
    with pytest.raises(RuntimeError, match="foo"):
        fc.simple_bind(cpu, "foo", x=(2, 5))
    for empty in ([], {}):
        with pytest.raises(RuntimeError, match="empty"):
            fc.simple_bind(cpu, empty, x=(2, 5))
    with pytest.raises(ValueError, match="shared_arg_names"):
        fc.simple_bind(cpu, x=(2, 5), shared_arg_names="x")
    with pytest.raises(ValueError, match="shared_buffer"):
        fc.simple_bind(cpu, x=(2, 5), shared_buffer=[])
    with pytest.raises(RuntimeError, match="float16"):
        fc.simple_bind(cpu, x=(2, 5), shared_buffer={"x": mx.nd.zeros((10,), dtype="float16")})


def test_simple_bind_shares_memory_between_buckets():
    net = S.BatchNorm(S.FullyConnected(S.var("x"), num_hidden=3, name="f"), name="bn")
    names = [n for n in net.list_arguments() if n != "x"]
    pool = {}
    big = net.simple_bind(mx.cpu(), x=(4, 5), shared_arg_names=names, shared_buffer=pool)
    assert {k: v.shape for k, v in pool.items()} == {"x": (4, 5), "grad of x": (4, 5)}
    small = net.simple_bind(mx.cpu(), x=(2, 5), shared_arg_names=names, shared_buffer=pool, shared_exec=big)
    big.arg_dict["f_weight"][:] = 7
    big.grad_dict["f_weight"][:] = 8
    big.aux_dict["bn_moving_mean"][:] = 9
    small.arg_dict["x"][:] = 1
    assert small.arg_dict["f_weight"].asnumpy().max() == 7
    assert small.grad_dict["f_weight"].asnumpy().max() == 8
    assert small.aux_dict["bn_moving_mean"].asnumpy().max() == 9
    np.testing.assert_array_equal(big.arg_dict["x"].asnumpy(), [[1] * 5] * 2 + [[0] * 5] * 2)
    larger = net.simple_bind(mx.cpu(), x=(8, 5), shared_arg_names=names, shared_buffer=pool, shared_exec=big)
    assert pool["x"].shape == larger.arg_dict["x"].shape == (8, 5)
    alone = net.simple_bind(mx.cpu(), x=(4, 5), shared_arg_names=names, shared_exec=big)
    assert alone.arg_dict["f_weight"].asnumpy().max() == 0


def test_simple_bind_puts_groups_where_they_belong():
    with mx.AttrScope(ctx_group="g1"):
        w = S.FullyConnected(S.var("x"), num_hidden=3, name="w")
    net = S.FullyConnected(w, num_hidden=2, name="v")
    e = net.simple_bind(mx.cpu(0), x=(2, 3), group2ctx={"g1": mx.cpu(1)})
    where = {n: a.context for n, a in e.arg_dict.items()}
    assert where == {
        "x": mx.cpu(1),
        "w_weight": mx.cpu(1),
        "w_bias": mx.cpu(1),
        "v_weight": mx.cpu(0),
        "v_bias": mx.cpu(0),
    }


def test_eval():
    assert (X + 1).eval(x=mx.nd.ones((2,)))[0].asnumpy().tolist() == [2, 2]
    with pytest.raises(ValueError, match="`x` is missing"):
        (X + 1).eval(mx.cpu())
    bn = S.BatchNorm(S.var("x"), name="bn", fix_gamma=False, eps=0)
    given = {n: mx.nd.ones((3,)) for n in bn.list_inputs()}
    given["x"] = mx.nd.ones((2, 3)) * 3
    np.testing.assert_allclose(bn.eval(**given)[0].asnumpy(), np.full((2, 3), 3.0), rtol=1e-6)


def test_open_sizes_of_created_arrays_come_from_their_users():
    net = S.zeros((0, 3)) + S.var("x")
    assert net.infer_shape(x=(4, 3)) == ([(4, 3)], [(4, 3)], [])
    out = net.eval(x=mx.nd.ones((4, 3)))[0]
    assert out.shape == (4, 3)


def test_adamw_takes_its_scale_as_a_number_or_a_symbol():
    w, g, m, v = (S.var(n) for n in "wgmv")
    update = S.contrib.adamw_update(w, g, m, v, 0.5, lr=0.1, eta=1, name="u")
    assert update.list_auxiliary_states() == ["m", "v"]
    assert head(update.get_children()[4]) == (
        "_full",
        "_full0",
        {"dtype": "float32", "shape": "(1,)", "value": "0.5"},
    )
    scaled = S.contrib.mp_adamw_update(w, g, m, v, S.var("w32"), S.var("s"), lr=0.1, eta=1, name="u")
    assert scaled.list_inputs() == ["w", "g", "m", "v", "w32", "s"]


def test_zipfian_sampling():
    names = [s.name for s in S.contrib.rand_zipfian(S.var("x"), 3, 10)]
    assert names == ["_modscalar0", "_mulscalar0", "_mulscalar1"]


def test_attributes_of_nodes_with_one_name():
    a = mx.sym.Variable("a", attr={"__k__": "1", "__z__": "9"})
    b = mx.sym.Variable("a", attr={"__k__": "2", "__j__": "3"})
    assert (a + b).attr_dict() == {"a": {"__k__": "2", "__j__": "3", "__z__": "9"}}
    assert (b + a).attr_dict() == {"a": {"__k__": "1", "__j__": "3", "__z__": "9"}}
    f = mx.sym.FullyConnected(mx.sym.Variable("x"), num_hidden=3, no_bias=True, name="f")
    relu = mx.sym.Activation(f, act_type="relu", name="f")
    assert relu.attr_dict()["f"] == {"num_hidden": "3", "no_bias": "True", "act_type": "relu"}
