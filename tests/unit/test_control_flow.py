"""``foreach``, ``while_loop`` and ``cond``, over arrays and in graphs (_foreach, _while_loop, _cond)."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.operator import CustomOp, CustomOpProp
from mxnet.test_utils import assert_almost_equal, check_numeric_gradient

from . import control_flow_cases as cases

GOLDEN = Path(__file__).parent.parent / "golden" / "control_flow"
VALUES = json.loads((GOLDEN / "values.txt").read_text())


def _golden(name):
    return (GOLDEN / f"{name}.json").read_text().rstrip("\n")


# ---------------------------------------------------------------------------------------------- as MXNet writes them


def test_every_golden_has_a_case():
    assert {p.stem for p in GOLDEN.glob("*.json")} == set(cases.BY_NAME) >= set(VALUES)


@pytest.mark.parametrize("name", cases.BY_NAME)
def test_graphs_are_written_as_mxnet_writes_them(name):
    net = cases.symbol(mx, name)
    assert net.tojson() == _golden(name)
    assert mx.sym.load_json(_golden(name)).tojson() == _golden(name)


@pytest.mark.parametrize("name", VALUES)
def test_values_and_gradients(name):
    """Files that MXNet has written give what it computes."""
    found = cases.run(mx, name, mx.sym.load_json(_golden(name)))
    expected = VALUES[name]
    assert len(found["outputs"]) == len(expected["outputs"])
    for ours, theirs in zip(found["outputs"], expected["outputs"]):
        np.testing.assert_allclose(ours, theirs, rtol=1e-4, atol=1e-5)
    for argument, theirs in expected["gradients"].items():
        np.testing.assert_allclose(found["gradients"][argument], theirs, rtol=1e-4, atol=1e-5, err_msg=argument)


@pytest.mark.parametrize("name", sorted(set(cases.BY_NAME) - {"cond_else", "foreach_batch_norm"}))
def test_shapes_are_inferred(name):
    net = cases.symbol(mx, name)
    shapes = cases.CASES[cases.BY_NAME[name]]
    _, out_shapes, _ = net.infer_shape(**shapes)
    outputs = net.simple_bind(mx.cpu(), **shapes).forward()
    assert out_shapes == [o.shape for o in outputs]
    _, types, _ = net.infer_type(**dict.fromkeys(shapes, "float64"))
    assert types == [np.float64] * len(outputs)


# ------------------------------------------------------------------------------------------------------- inference


def test_shapes_flow_into_bodies_and_out_of_them():
    x, s = mx.sym.var("x"), mx.sym.var("s")
    net = cases.symbol(mx, "foreach_layer")
    args, outs, _ = net.infer_shape(x=(7, 2, 4))
    assert dict(zip(net.list_arguments(), args))["fc_weight"] == (3, 4)
    assert outs == [(7, 2, 3), (2, 3)]

    args, _, _ = mx.sym.contrib.foreach(lambda a, b: (a + b, b), x, s)[0].infer_shape(s=(2, 3), x=(5, 0, 0))
    assert args == [(5, 2, 3), (2, 3)]  # from the state to the data
    total = mx.sym.contrib.foreach(lambda a, b: (a + b, a + b), x, s)[0]
    args, _, _ = (total + mx.sym.var("like")).infer_shape(like=(5, 2, 3))
    assert args == [(5, 2, 3), (2, 3), (5, 2, 3)]  # from the output to both

    outs, states = mx.sym.contrib.while_loop(lambda a: mx.sym.sum(a) < 5, lambda a: (a * 2, a + 1), x, 6)
    assert mx.sym.Group([outs, states]).infer_shape(x=(2, 3))[1] == [(6, 2, 3), (2, 3)]

    y = mx.sym.contrib.cond(mx.sym.sum(x) > 1, lambda: mx.sym.FullyConnected(x, num_hidden=4, name="f"), lambda: s)
    assert y.infer_shape(x=(2, 3), s=(2, 4)) == ([(2, 3), (4, 3), (4,), (2, 4)], [(2, 4)], [])


def test_open_sizes_inside_of_a_body():
    """A state that is created in the body takes its size from the data."""

    def body(row, states):
        return row + mx.sym.zeros((0, 3)) + states, states

    out, _ = mx.sym.contrib.foreach(body, mx.sym.var("x"), mx.sym.var("s"))
    for n in (2, 5):
        e = out.simple_bind(mx.cpu(), x=(4, n, 3), s=(n, 3))
        e.arg_dict["x"][:] = 1
        assert_almost_equal(e.forward()[0], np.ones((4, n, 3)))


def test_contradictions_name_the_node():
    with pytest.raises(MXNetError, match="_foreach"):
        cases.symbol(mx, "foreach_sum").infer_shape(x=(4, 2), s=(3,))
    with pytest.raises(MXNetError, match=r"_plus.*_foreach|_foreach.*_plus"):
        cases.symbol(mx, "foreach_sum").infer_type(x="float32", s="float64")
    with pytest.raises(MXNetError, match="_foreach"):
        cases.symbol(mx, "foreach_lists").infer_shape(x=(4, 2), y=(3, 2))


def test_shapes_that_depend_on_data():
    """A branch whose sides differ, and a loop whose variable grows, have no shape before they run."""
    a = mx.sym.var("a")
    one = mx.sym.contrib.cond(mx.sym.sum(a) > 0, lambda: a, lambda: mx.sym.concat(a, a, dim=0))
    assert one.infer_shape_partial(a=(2,))[1] == [()]
    assert one.eval(a=mx.nd.ones((2,)))[0].shape == (2,)
    assert one.eval(a=-mx.nd.ones((2,)))[0].shape == (4,)
    _, grown = mx.sym.contrib.while_loop(
        lambda v: mx.sym.sum(v) < 7, lambda v: (None, mx.sym.concat(v, v, dim=0)), a, 9
    )
    assert grown.infer_shape_partial(a=(2,))[1] == [()]
    assert grown.eval(a=mx.nd.ones((2,)))[0].shape == (8,)


# -------------------------------------------------------------------------------------------------- graphs that run


def _gradients(net, values):
    """Outputs, and gradients of their sum."""
    args = {k: mx.nd.array(v) for k, v in values.items()}
    grads = {k: mx.nd.zeros(v.shape) for k, v in args.items()}
    e = net.bind(mx.cpu(), args, grads)
    outputs = [o.asnumpy() for o in e.forward(is_train=True)]
    e.backward([mx.nd.ones(o.shape) for o in outputs])
    return outputs, {k: g.asnumpy() for k, g in grads.items()}


def test_numeric_gradients():
    for name in ("foreach_cond", "foreach_nested", "foreach_twice"):
        shapes = cases.CASES[cases.BY_NAME[name]]
        values = cases.arrays(name, shapes)
        check_numeric_gradient(cases.symbol(mx, name)[0], values, numeric_eps=1e-3, rtol=2e-2, atol=1e-2)


def test_repeated_steps():
    """More often than a step needs to be traced; new values are seen, and as many iterations as it takes."""
    i, s = mx.sym.var("i"), mx.sym.var("s")
    _, (_, total) = mx.sym.contrib.while_loop(lambda i, s: i < 5, lambda i, s: (None, [i + 1, s * 2]), [i, s], 10)
    e = total.simple_bind(mx.cpu(), i=(1,), s=(1,))
    for begin in (0, 4, 2, 5, 0, 1):
        e.arg_dict["i"][:], e.arg_dict["s"][:] = begin, 3
        e.forward(is_train=True)
        e.backward(mx.nd.ones((1,)))
        assert e.outputs[0].asscalar() == 3 * 2 ** (5 - begin)
        assert e.grad_dict["s"].asscalar() == 2 ** (5 - begin)
    net = cases.symbol(mx, "foreach_layer")
    e = net.simple_bind(mx.cpu(), x=(3, 2, 4), s=(2, 3))
    for a in e.arg_arrays:
        a[:] = mx.nd.random.uniform(-1, 1, a.shape)
    seen = []
    for _ in range(6):
        e.forward(is_train=True)
        e.backward([mx.nd.ones(o.shape) for o in e.outputs])
        seen.append([a.asnumpy() for a in (*e.outputs, *e.grad_arrays)])
    for later in seen[1:]:
        for a, b in zip(seen[0], later):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_rows_of_steps_that_did_not_happen_are_zero():
    i = mx.sym.var("i")
    out, _ = mx.sym.contrib.while_loop(lambda i: i < 2, lambda i: (i + 1, i + 1), i, 4)
    assert out.eval(i=mx.nd.zeros((1,)))[0].asnumpy().ravel().tolist() == [1.0, 2.0, 0.0, 0.0]
    assert out.eval(i=mx.nd.full((1,), 9))[0].asnumpy().tolist() == [[0.0]] * 4
    (row,), grads = _gradients(out, {"i": np.full(1, 9.0)})
    assert row.shape == (4, 1) and grads["i"].tolist() == [0.0]
    eager, _ = mx.nd.contrib.while_loop(lambda i: i < 2, lambda i: (i + 1, i + 1), mx.nd.zeros((1,)), 4)
    assert eager.asnumpy().ravel().tolist() == [1.0, 2.0, 0.0, 0.0]


def test_no_rows():
    x, s = mx.sym.var("x"), mx.sym.var("s")
    net = mx.sym.Group(mx.sym.contrib.foreach(lambda row, s: (row * s, s + 1), x, s))
    with mx.util.np_shape(True):
        out, state = net.eval(x=mx.nd.zeros((0, 2)), s=mx.nd.ones((2,)))
        assert out.shape == (0, 2) and state.asnumpy().tolist() == [1.0, 1.0]
        assert mx.nd.contrib.foreach(lambda row, s: (row, s), mx.nd.zeros((0, 2)), [])[0] == []


def test_one_symbol_as_data_and_state():
    x = mx.sym.var("x")
    both = mx.sym.contrib.foreach(lambda row, s: (row + s, s), x, x)[0]
    assert both.eval(x=mx.nd.array([5]))[0].asnumpy().tolist() == [[10.0]]


def test_outputs_have_memory_of_their_own():
    s = mx.nd.ones((2,))
    e = cases.symbol(mx, "foreach_identity").bind(mx.cpu(), {"x": mx.nd.ones((2, 2)), "s": s})
    out = e.forward()[2]
    s[:] = 5
    assert out.asnumpy().tolist() == [1.0, 1.0]
    never = cases.symbol(mx, "while_never").bind(mx.cpu(), {"i": mx.nd.zeros((1,)), "s": s})
    out = never.forward()[1]
    s[:] = 7
    assert out.asnumpy().tolist() == [5.0, 5.0]


def test_batch_norm_in_a_loop():
    """Its moving averages are arguments, as in MXNet, and are updated each step. In training MXNet itself fails."""
    net = cases.symbol(mx, "foreach_batch_norm")
    assert net.list_arguments()[-2:] == ["bn_moving_mean", "bn_moving_var"] and net.list_auxiliary_states() == []
    x = np.random.uniform(-1, 1, (2, 4, 3)).astype("float32")
    e = net.simple_bind(mx.cpu(), x=x.shape, s=(4, 3))
    for name, value in {"x": x, "s": 1, "bn_gamma": 1, "bn_moving_var": 1}.items():
        e.arg_dict[name][:] = value
    e.forward(is_train=True)
    e.backward([mx.nd.ones((2, 4, 3)), mx.nd.ones((4, 3))])
    mean = 0.0
    for row in x:
        mean = 0.5 * mean + 0.5 * row.mean(0)
    np.testing.assert_allclose(e.arg_dict["bn_moving_mean"].asnumpy(), mean, rtol=1e-4, atol=1e-5)
    normal = (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-3)
    np.testing.assert_allclose(e.outputs[0].asnumpy(), normal + 1, rtol=1e-3, atol=1e-3)
    assert e.grad_dict["bn_beta"].asnumpy().tolist() == [8.0] * 3
    assert e.grad_dict["bn_moving_mean"].asnumpy().tolist() == [0.0] * 3
    before = e.arg_dict["bn_moving_mean"].asnumpy()
    e.forward(is_train=False)
    assert e.arg_dict["bn_moving_mean"].asnumpy().tolist() == before.tolist()


def test_dropout_in_a_loop():
    x = mx.sym.var("x")
    out, _ = mx.sym.contrib.foreach(lambda row, _: (mx.sym.Dropout(row, p=0.5), []), x, [])
    e = out.bind(mx.cpu(), {"x": mx.nd.ones((3, 200))}, {"x": mx.nd.zeros((3, 200))})
    mx.random.seed(3)
    first = e.forward(is_train=True)[0].asnumpy()
    e.backward(mx.nd.ones((3, 200)))
    assert set(np.unique(first)) == {0.0, 2.0}
    assert (first[0] != first[1]).any() and (first[1] != first[2]).any()
    assert e.grad_arrays[0].asnumpy().tolist() == first.tolist()
    assert (e.forward(is_train=False)[0].asnumpy() == 1).all()


def test_custom_operator_in_a_loop():
    @mx.operator.register("t_in_loop")
    class Prop(CustomOpProp):
        def create_operator(self, ctx, in_shapes, in_dtypes):
            class Op(CustomOp):
                def forward(self, is_train, req, in_data, out_data, aux):
                    self.assign(out_data[0], req[0], in_data[0] * 3)

                def backward(self, req, out_grad, in_data, out_data, in_grad, aux):
                    self.assign(in_grad[0], req[0], out_grad[0] * 3)

            return Op()

    net, _ = mx.sym.contrib.foreach(
        lambda row, s: (mx.sym.Custom(row, op_type="t_in_loop") + s, s), mx.sym.var("x"), mx.sym.var("s")
    )
    (out,), grads = _gradients(mx.sym.load_json(net.tojson()), {"x": np.ones((2, 2)), "s": np.ones(2)})
    assert out.tolist() == [[4.0, 4.0]] * 2
    assert grads["x"].tolist() == [[3.0, 3.0]] * 2


def test_cached_op():
    net = cases.symbol(mx, "foreach_cond")
    values = cases.arrays("cached", cases.CASES[cases.foreach_cond])
    args = [mx.nd.array(values[n]) for n in net.list_inputs()]
    for a in args:
        a.attach_grad()
    with mx.autograd.record():
        outputs = mx.nd.CachedOp(net)(*args)
    mx.autograd.backward(outputs)
    expected, grads = _gradients(net, values)
    for ours, theirs in zip(outputs, expected):
        np.testing.assert_allclose(ours.asnumpy(), theirs, rtol=1e-5)
    for name, a in zip(net.list_inputs(), args):
        np.testing.assert_allclose(a.grad.asnumpy(), grads[name], rtol=1e-5)


def test_names_count_up():
    mx.AttrScope._subgraph_names.clear()
    a = mx.sym.var("a")
    for _ in range(2):
        mx.sym.contrib.cond(a, lambda: a, lambda: a, name="my")
    assert mx.AttrScope._subgraph_names == {"my_pred": 2, "my_then": 2, "my_else": 2}


def test_the_functions_of_the_operators():
    """``mx.sym._internal`` has the operators themselves."""
    row, s = mx.sym.var("row"), mx.sym.var("s")
    body = mx.sym.Group([row + s, row * s])
    net = mx.sym._internal._foreach(
        body,
        mx.sym.var("x"),
        mx.sym.var("init"),
        num_outputs=2,
        num_out_data=1,
        in_data_locs=[0],
        in_state_locs=[1],
        remain_locs=[],
        name="loop",
    )
    assert net.list_outputs() == ["loop_output0", "loop_output1"]
    out, state = net.eval(x=mx.nd.array([2, 3]), init=mx.nd.ones((1,)))
    assert out.asnumpy().tolist() == [[3.0], [5.0]] and state.asnumpy().tolist() == [6.0]
    with pytest.raises(TypeError, match="NDArray"):
        mx.nd._internal._foreach(body, mx.nd.ones((2,)), num_outputs=1)
    with pytest.raises(MXNetError, match="inside of a graph only"):
        mx.nd._internal._cond(
            mx.nd.ones((2,)), num_outputs=1, cond_input_locs=[0], then_input_locs=[0], else_input_locs=[0]
        )
    with pytest.raises(MXNetError, match="expected fn"):
        mx.sym._internal._foreach(name="loop", num_args=1, num_outputs=1)


# ------------------------------------------------------------------------------------------------------- bad files


@pytest.mark.parametrize(
    ("name", "old", "new", "message"),
    [
        ("foreach_sum", '"in_state_locs": "[1]"', '"in_state_locs": "[9]"', "must name each input of the body once"),
        ("foreach_sum", '"in_data_locs": "[0]"', '"in_data_locs": "[-1]"', "must name each input of the body once"),
        ("foreach_sum", '"num_args": "3"', '"num_args": "4"', "has 2 inputs, expected 3"),
        ("foreach_sum", '"num_out_data": "1"', '"num_out_data": "a"', "num_out_data"),
        ("while_sum", '"func_var_locs": "[0, 1]"', '"func_var_locs": "[0, 5]"', "func_var_locs names place 5"),
        ("while_sum", '"num_outputs": "3"', '"num_outputs": "4"', "func_var_locs names 2 states, but there are 3"),
        (
            "cond_then",
            '"then_input_locs": "[1, 2]"',
            '"then_input_locs": "[1]"',
            "feeds 1 inputs of a subgraph that has 2",
        ),
        ("cond_then", '"else_input_locs": "[1, 2]"', '"else_input_locs": "[1, 22]"', "else_input_locs names place 22"),
    ],
)
def test_bad_places(name, old, new, message):
    text = _golden(name)
    assert old in text
    with pytest.raises(MXNetError, match=message):
        net = mx.sym.load_json(text.replace(old, new))
        net.bind(mx.cpu(), {k: mx.nd.ones(s) for k, s in cases.CASES[cases.BY_NAME[name]].items()}).forward()


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(VALUES)), st.integers(0, 10**6), st.sampled_from(["-1", "0", "1", "2", "3", "7", "9999"]))
def test_files_with_another_number_somewhere(name, which, number):
    """Whatever number a file has in the wrong place: it works, or there is a clear error."""
    text = _golden(name)
    spots = list(re.finditer(r"-?\d+", text))
    spot = spots[which % len(spots)]
    text = text[: spot.start()] + number + text[spot.end() :]
    try:
        net = mx.sym.load_json(text)
        shapes = {k: s for k, s in cases.CASES[cases.BY_NAME[name]].items() if k in net.list_arguments()}
        e = net.simple_bind(mx.cpu(), **shapes)
        e.forward(is_train=True)
        e.backward([mx.nd.ones(o.shape) for o in e.outputs])
    except MXNetError:
        pass


def test_missing_subgraphs():
    data = json.loads(_golden("foreach_sum"))
    for node in data["nodes"]:
        node.pop("subgraphs", None)
    with pytest.raises(MXNetError, match="has 0 subgraphs, expected 1"):
        mx.sym.load_json(json.dumps(data))


# ----------------------------------------------------------------------------------------------- building, and errors


def test_bad_arguments_of_symbols():
    x = mx.sym.var("x")
    contrib = mx.sym.contrib
    for call, error, message in [
        (lambda: contrib.foreach(lambda d, s: (d, s), 3, [x]), AssertionError, "foreach input must be"),
        (lambda: contrib.foreach(lambda d, s: (d, s), x, [3]), AssertionError, "foreach states must be"),
        (lambda: contrib.foreach(lambda d, s: (3, s), x, [x]), AssertionError, "foreach output must be"),
        (lambda: contrib.foreach(lambda d, s: (d, s[0]), x, [x]), AssertionError, "must be nested as those it gets"),
        (lambda: contrib.foreach(lambda d, s: (d, [s, s]), x, x), AssertionError, "must be nested as those it gets"),
        (lambda: contrib.foreach(lambda d, s: (x, s), x, x), AssertionError, "body must use every data array"),
        (lambda: contrib.foreach(lambda d, s: (d, d), x, x), AssertionError, "body must use every state"),
        (lambda: contrib.foreach(lambda d, s: d, x, x), ValueError, "must return two things"),
        (
            lambda: contrib.while_loop(lambda i: 1, lambda i: (i, i), x, 3),
            ValueError,
            "Return of cond must be a Symbol",
        ),
        (
            lambda: contrib.while_loop(lambda i: i, lambda i: (i, [i, i]), x, 3),
            ValueError,
            "func must give 1 loop_vars, as it gets, and gave 2",
        ),
        (lambda: contrib.while_loop(lambda i: i, lambda i: (i, i), x), ValueError, "max_iterations should be"),
        (lambda: contrib.while_loop(lambda i: i, lambda i: (i, i), [], 3), ValueError, "at least one element"),
        (lambda: contrib.while_loop(lambda i: i, lambda i: (i, i), x, 0), MXNetError, "max_iterations"),
        (lambda: contrib.while_loop(lambda i: i, lambda i: (i, i), 3, 3), AssertionError, "while loop_vars must be"),
        (lambda: contrib.while_loop(lambda i: i, lambda i: (i, i), x, "a"), ValueError, "Cannot convert max_iteration"),
        (lambda: contrib.while_loop(lambda i: i, lambda i: (None, x), x, 3), ValueError, "1-th loop_var"),
        (lambda: contrib.cond(x, lambda: x, lambda: [x, x]), ValueError, "then_func gives 1 outputs, else_func 2"),
        (lambda: contrib.cond([x, x], lambda: x, lambda: x), ValueError, "single output"),
        (lambda: contrib.cond(3, lambda: x, lambda: x), AssertionError, "cond outputs must be"),
    ]:
        with pytest.raises(error, match=message):
            call()
    assert "__subgraph_name__" not in mx.sym.var("later").list_attr()


def test_bad_values():
    c, a = mx.sym.var("c"), mx.sym.var("a")
    net = mx.sym.contrib.cond(c, lambda: a, lambda: a * 2, name="choice")
    with pytest.raises(MXNetError, match=r"_cond.*single number.*\(2,\)"):
        net.eval(c=mx.nd.ones((2,)), a=mx.nd.ones((1,)))
    net, _ = mx.sym.contrib.foreach(lambda rows, s: (rows[0] + rows[1], s), [c, a], [])
    with pytest.raises(MXNetError, match="_foreach"):
        net.eval(c=mx.nd.ones((2, 1)), a=mx.nd.ones((3, 1)))


def test_graph_around_stays_as_it_is():
    """A body is a copy: symbols that were made for it can be used after it."""
    x, w = mx.sym.var("x"), mx.sym.var("w")
    kept = []

    def body(row, states):
        kept.append(row * w)
        return kept[0] + 1, states

    out, _ = mx.sym.contrib.foreach(body, x, [])
    assert kept[0].list_arguments() == ["x-0", "w"]
    assert out.list_arguments() == ["x", "w"]


# ----------------------------------------------------------------------------------------------------------- Gluon


def test_in_blocks(tmp_path):
    """A layer in a loop trains alike as arrays and as a graph, and can be exported."""

    class Net(mx.gluon.HybridBlock):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            with self.name_scope():
                self.dense = mx.gluon.nn.Dense(3, flatten=False, in_units=3)
                self.norm = mx.gluon.nn.BatchNorm(in_channels=3)

        def hybrid_forward(self, F, x, state):
            def body(row, states):
                hidden = self.norm(self.dense(row)) + states[0]
                return hidden, [F.contrib.cond(F.sum(row) > 5, lambda: hidden, lambda: states[0])]

            outs, states = F.contrib.foreach(body, x, [state])
            return F.broadcast_add(outs, F.expand_dims(states[0], 0))

    x, state = mx.nd.array(np.arange(24).reshape(2, 4, 3) / 8), mx.nd.ones((4, 3))
    results = []
    for hybrid in (False, True):
        net = Net(prefix="net_")
        net.initialize(mx.init.Constant(0.25))
        net.dense.weight.set_data(mx.nd.array(np.arange(9).reshape(3, 3) / 9 - 0.3))
        if hybrid:
            net.hybridize()
        x.attach_grad()
        for _ in range(2):
            with mx.autograd.record():
                y = net(x, state)
            y.backward(x)
        arrays = (y, net(x, state), x.grad, net.dense.weight.grad(), net.norm.running_mean.data())
        results.append([a.asnumpy() for a in arrays])
    for eager, graph in zip(*results):
        np.testing.assert_allclose(eager, graph, rtol=1e-4, atol=1e-4)
    net.export(str(tmp_path / "loop"))
    loaded = mx.gluon.SymbolBlock.imports(
        str(tmp_path / "loop-symbol.json"), ["data0", "data1"], str(tmp_path / "loop-0000.params")
    )
    np.testing.assert_allclose(loaded(x, state).asnumpy(), results[1][1], rtol=1e-4, atol=1e-5)


# ---------------------------------------------------------------------------------------------------------- arrays


def test_eager_loops_are_recorded():
    x, w = mx.nd.array([[1.0, 2.0], [3.0, 4.0]]), mx.nd.array([2.0, 3.0])
    x.attach_grad()
    w.attach_grad()
    with mx.autograd.record():
        outs, (state,) = mx.nd.contrib.foreach(lambda row, s: (row * w, [s[0] + row * w]), x, [mx.nd.zeros((2,))])
        state.sum().backward()
    assert outs.asnumpy().tolist() == [[2.0, 6.0], [6.0, 12.0]]
    assert x.grad.asnumpy().tolist() == [[2.0, 3.0]] * 2 and w.grad.asnumpy().tolist() == [4.0, 6.0]

    i = mx.nd.zeros((1,))
    w.attach_grad()
    with mx.autograd.record():
        outs, (_, power) = mx.nd.contrib.while_loop(
            lambda i, p: i < 3, lambda i, p: ([p, p * 2], (i + 1, p * w)), [i, mx.nd.ones((2,))], max_iterations=5
        )
        power.sum().backward()
    assert [o.shape for o in outs] == [(5, 2), (5, 2)]
    assert outs[0].asnumpy()[:3].tolist() == [[1.0, 1.0], [2.0, 3.0], [4.0, 9.0]]
    assert w.grad.asnumpy().tolist() == [12.0, 27.0]

    w.attach_grad()
    with mx.autograd.record():
        mx.nd.contrib.cond(w.sum() > 4, lambda: w * 2, lambda: w * 3).backward()
    assert w.grad.asnumpy().tolist() == [2.0, 2.0]


def test_eager_nesting():
    x = mx.nd.arange(6).reshape((3, 2))
    outs, states = mx.nd.contrib.foreach(
        lambda rows, s: ([rows[0], [rows[1][0] + s[0]]], (s[0] + 1, s[1])), [x, [x * 2]], (mx.nd.zeros((2,)), x)
    )
    assert isinstance(outs, list) and isinstance(outs[1], list) and isinstance(states, tuple)
    assert outs[1][0].asnumpy().tolist() == [[0.0, 2.0], [5.0, 7.0], [10.0, 12.0]]
    outs, single = mx.nd.contrib.while_loop(lambda i: i < 1, lambda i: (None, i + 1), mx.nd.zeros((1,)), 3)
    assert outs == [] and single.asscalar() == 1.0
    assert mx.nd.contrib.while_loop(lambda i: 0, lambda i: (i, i), [x], 3) == ([], [x])
    assert mx.nd.contrib.cond(0, lambda: "then", lambda: "else") == "else"


def test_regroup_ends_for_every_structure():
    for values, structure, error in [
        ("x", "x", TypeError),
        ([1, 2], "ab", TypeError),
        ([1], None, TypeError),
        ([1], 1, TypeError),
        ([1], [0, 0], ValueError),
        ([], 0, ValueError),
    ]:
        with pytest.raises(error):
            mx.nd.contrib.regroup(values, structure)
    assert mx.nd.contrib.regroup([1, 2], [0, [0]]) == [1, [2]]


def test_bad_arguments_of_arrays():
    n = mx.nd.array([1.0])
    contrib = mx.nd.contrib
    for call, error, message in [
        (lambda: contrib.foreach(lambda d, s: (d, s), 3, n), AssertionError, "foreach input must be"),
        (lambda: contrib.foreach(lambda d, s: (d, s), n, 3), AssertionError, "foreach states must be"),
        (lambda: contrib.foreach(lambda d, s: (3, s), n, n), AssertionError, "foreach output must be"),
        (lambda: contrib.foreach(lambda d, s: d, n, n), ValueError, "must return two things"),
        (lambda: contrib.foreach(lambda d, s: (d, s), [], n), ValueError, "needs data"),
        (lambda: contrib.foreach(lambda d, s: (d, s), [n, mx.nd.ones(2)], n), ValueError, "data 1 has 2 rows"),
        (lambda: contrib.while_loop(lambda i: mx.nd.ones(2), lambda i: (i, i), [n], 3), ValueError, "not a scalar"),
        (
            lambda: contrib.while_loop(lambda i: 1, lambda i: (i, [i, i]), [n], 3),
            ValueError,
            "must give 1 loop_vars, as it gets, and gave 2",
        ),
        (lambda: contrib.while_loop(lambda i: 1, lambda i: (i, i), [n]), ValueError, "max_iterations should be"),
        (lambda: contrib.while_loop(lambda i: 1, lambda i: (i, i), [], 3), ValueError, "at least one element"),
        (lambda: contrib.while_loop(lambda i: 1, lambda i: (i, i), 3, 3), TypeError, "len"),
        (lambda: contrib.while_loop(lambda i: 1, lambda i: (i, mx.nd.concat(i, i, dim=0)), n, 3), ValueError, "Step 1"),
        (lambda: contrib.cond(mx.nd.ones(2), lambda: 1, lambda: 2), ValueError, "not a scalar"),
    ]:
        with pytest.raises(error, match=message):
            call()
