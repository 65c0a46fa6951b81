"""Symbolic cells: the graphs that MXNet 1.9.1 makes (``tools/record.py`` has recorded them), weights and values."""

import json
import random
import re
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mxnet as mx
from tests.conftest import SHARED, needs_shared

from . import rnn_cases as cases

GOLDEN = Path(__file__).parent.parent / "golden" / "rnn"
CHECKPOINTS = SHARED / "fixtures" / "checkpoints"
MODES = ["rnn_relu", "rnn_tanh", "lstm", "gru"]


@pytest.fixture(scope="module")
def recorded():
    return json.loads((GOLDEN / "values.txt").read_text())


# ------------------------------------------------------------------ graphs


@pytest.mark.parametrize("name", cases.SYMBOLS)
def test_symbol_is_mxnets_text(name):
    assert cases.symbol(mx, name).tojson() + "\n" == (GOLDEN / f"{name}.json").read_text()


def test_every_golden_has_a_case():
    assert {p.stem for p in GOLDEN.glob("*.json")} == set(cases.SYMBOLS)


def test_reset_counts_from_zero():
    cell = mx.rnn.LSTMCell(4, prefix="c_")
    assert [s.name for s in cell.begin_state()] == ["c_begin_state_0", "c_begin_state_1"]
    assert [s.name for s in cell.begin_state()] == ["c_begin_state_2", "c_begin_state_3"]
    x = mx.sym.Variable("x")
    assert [cell(x, cell.begin_state())[0].name for _ in range(2)] == ["c_t0_out", "c_t1_out"]
    stack = mx.rnn.SequentialRNNCell()
    stack.add(cell)
    stack.reset()
    assert cell.begin_state()[0].name == "c_begin_state_0"
    assert cell(x, cell.begin_state())[0].name == "c_t0_out"


def test_begin_state_takes_any_maker():
    cell = mx.rnn.LSTMCell(3)
    state = cell.begin_state(func=mx.sym.Variable, dtype="float64")[1]
    assert state.list_arguments() == ["lstm_begin_state_1"]
    assert state.attr("__layout__") == "NC" and state.attr("__shape__") == "(0, 3)" and state.attr("__dtype__") == "1"
    modified = mx.rnn.ResidualCell(mx.rnn.BidirectionalCell(mx.rnn.GRUCell(2, "a_"), mx.rnn.GRUCell(2, "b_")))
    for states in (modified.begin_state(mx.sym.Variable), modified.begin_state(func=mx.sym.Variable)):
        assert all(s.list_arguments() == [s.name] for s in states)
    assert [s.name for s in states] == ["a_begin_state_1", "b_begin_state_1"]


@pytest.mark.parametrize("layout", ["NTC", "TNC"])
@pytest.mark.parametrize("merge", [True, False, None])
@pytest.mark.parametrize("as_list", [True, False])
def test_unroll_forms(layout, merge, as_list):
    shape = {"NTC": (2, 3, 5), "TNC": (3, 2, 5)}[layout]
    data = [mx.sym.Variable(f"x{i}") for i in range(3)] if as_list else mx.sym.Variable("x")
    outputs, states = mx.rnn.GRUCell(4).unroll(3, data, layout=layout, merge_outputs=merge)
    shapes = {f"x{i}": (2, 5) for i in range(3)} if as_list else {"x": shape}
    assert len(states) == 1 and states[0].infer_shape(**shapes)[1] == [(2, 4)]
    if merge:
        assert outputs.infer_shape(**shapes)[1] == [(*shape[:2], 4)]
    else:
        assert isinstance(outputs, list)
        assert mx.sym.Group(outputs).infer_shape(**shapes)[1] == [(2, 4)] * 3


# ------------------------------------------------------------------ parameters


def test_params_make_each_variable_once():
    params = mx.rnn.RNNParams("p_")
    weight = params.get("weight", lr_mult=2.0)
    assert params.get("weight") is weight
    assert weight.name == "p_weight" and weight.attr("__lr_mult__") == "2.0"


def test_shared_parameters():
    first = mx.rnn.LSTMCell(4, prefix="a_")
    second = mx.rnn.LSTMCell(4, prefix="b_", params=first.params)
    out = second(mx.sym.Variable("x"), second.begin_state())[0]
    assert out.name == "b_t0_out"
    assert out.list_arguments() == ["x", "a_i2h_weight", "a_i2h_bias", "a_h2h_weight", "a_h2h_bias"]


def test_containers_with_parameters_refuse_cells_with_theirs():
    """As in MXNet, where cells with weights have taken their own by then."""
    common = mx.rnn.RNNParams()
    mx.rnn.SequentialRNNCell(common).add(mx.rnn.DropoutCell(0.5))
    with pytest.raises(AssertionError, match="given both to the SequentialRNNCell and to a cell"):
        mx.rnn.SequentialRNNCell(common).add(mx.rnn.RNNCell(2))
    with pytest.raises(AssertionError, match="given both to the BidirectionalCell and to a cell"):
        mx.rnn.BidirectionalCell(mx.rnn.RNNCell(2, prefix="a_"), mx.rnn.RNNCell(2), params=common)


def test_containers_collect_parameters():
    stack = stack_of(mx.rnn.ResidualCell(bidirectional()))
    kinds = ["h2h_bias", "h2h_weight", "i2h_bias", "i2h_weight"]
    assert sorted(stack.params._params) == [f"{cell}_{kind}" for cell in "ab" for kind in kinds]


def filled(cell, width, seed=0):
    """Random packed parameters of a fused cell."""
    h, d = cell._num_hidden, len(cell._directions)
    size = sum(int(np.prod(shape)) for _, shape in cell._vector.parts(width))
    assert size == d * cell._num_gates * h * (width + h + 2 + (cell._num_layers - 1) * (h * d + h + 2))
    values = np.random.RandomState(seed).uniform(-0.8, 0.8, size).astype("float32")
    return {cell._parameter.name: mx.nd.array(values), "other": mx.nd.ones((1,))}


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(MODES), st.integers(1, 3), st.booleans(), st.integers(1, 4), st.integers(1, 5))
def test_pack_undoes_unpack(mode, layers, both, hidden, width):
    cell = mx.rnn.FusedRNNCell(hidden, layers, mode, both, prefix="f_")
    packed = filled(cell, width)
    parts = cell.unpack_weights(packed)
    again = cell.pack_weights(parts)
    assert set(again) == set(packed) == {"f_parameters", "other"}
    np.testing.assert_array_equal(again["f_parameters"].asnumpy(), packed["f_parameters"].asnumpy())

    unfused = cell.unfuse()
    stacked = unfused.pack_weights(parts)
    gates = cell._num_gates
    assert stacked["f_l0_i2h_weight"].shape == (gates * hidden, width)
    assert len(stacked) == 1 + 4 * layers * (1 + both)
    back = unfused.unpack_weights(stacked)
    assert set(back) == set(parts)
    for name, value in parts.items():
        np.testing.assert_array_equal(back[name].asnumpy(), value.asnumpy())


def test_unpacked_weights_are_copies():
    cell = mx.rnn.FusedRNNCell(2)
    packed = filled(cell, 3)
    before = packed["lstm_parameters"].asnumpy()
    for part in cell.unpack_weights(packed).values():
        part[:] = 7
    np.testing.assert_array_equal(packed["lstm_parameters"].asnumpy(), before)
    stacked = {
        f"lstm_{g}_{k}": mx.nd.zeros((8, 2) if k == "weight" else (8,))
        for g in ("i2h", "h2h")
        for k in ("weight", "bias")
    }
    for part in mx.rnn.LSTMCell(2).unpack_weights(stacked).values():
        part[:] = 7
    assert all(v.asnumpy().sum() == 0 for v in stacked.values())


def test_unpack_keeps_dtype():
    cell = mx.rnn.FusedRNNCell(2, mode="gru")
    packed = {k: v.astype("float64") for k, v in filled(cell, 3).items()}
    parts = cell.unpack_weights(packed)
    assert {v.dtype for v in parts.values()} == {np.float64}
    assert cell.pack_weights(parts)["gru_parameters"].dtype == np.float64


def test_wrong_weights():
    cell = mx.rnn.FusedRNNCell(2, num_layers=2, mode="gru")
    with pytest.raises(AssertionError, match="gru_parameters of 101 numbers fits no gru with 2 layers of 2 units"):
        cell.unpack_weights({"gru_parameters": mx.nd.zeros((101,))})
    with pytest.raises(AssertionError, match="of 12 numbers"):
        cell.unpack_weights({"gru_parameters": mx.nd.zeros((12,))})
    with pytest.raises(KeyError, match="gru_parameters"):
        cell.unpack_weights({})
    parts = cell.unpack_weights(filled(cell, 3))
    with pytest.raises(KeyError, match="gru_l1_h2h_z_bias"):
        cell.pack_weights({k: v for k, v in parts.items() if k != "gru_l1_h2h_z_bias"})
    with pytest.raises(ValueError, match=re.escape("gru_l0_h2h_r_weight should have shape (2, 2), got (2, 3)")):
        cell.pack_weights({**parts, "gru_l0_h2h_r_weight": mx.nd.zeros((2, 3))})
    with pytest.raises(KeyError, match="lstm_i2h_weight"):
        mx.rnn.LSTMCell(2).unpack_weights({})
    with pytest.raises(KeyError, match="lstm_i2h_i_weight"):
        mx.rnn.LSTMCell(2).pack_weights({})


@pytest.mark.parametrize("name", cases.FUSED)
def test_first_values_of_fused_parameters(name, recorded):
    assert cases.initialized(mx, name) == recorded["initialized"][name]


def test_fused_initializer_from_a_variables_text():
    inner = mx.init.Constant(0.25)
    params = mx.rnn.RNNParams("x_")
    params.get("parameters", init=mx.init.FusedRNN(inner, 2, 1, "lstm", forget_bias=3.0))
    cell = mx.rnn.FusedRNNCell(2, prefix="x_", params=params)
    module = mx.mod.Module(cell.unroll(2, mx.sym.Variable("data"), layout="TNC")[0], label_names=None)
    module.bind([("data", (2, 1, 3))], for_training=False)
    module.init_params(mx.init.One())
    parts = cell.unpack_weights(module.get_params()[0])
    assert set(parts["x_l0_h2h_c_weight"].asnumpy().ravel()) == {0.25}
    assert set(parts["x_l0_i2h_f_bias"].asnumpy()) == {3.0}
    assert set(parts["x_l0_i2h_o_bias"].asnumpy()) == {0.0}


@needs_shared
def test_fixture_packs_bit_for_bit():
    packed = mx.nd.load(str(CHECKPOINTS / "rnn_fused-0001.params"))
    width = np.load(CHECKPOINTS / "rnn_fused-io.npz")["in:data"].shape[-1]
    net = mx.sym.load(str(CHECKPOINTS / "rnn_fused-symbol.json"))
    (settings_,) = (a for a in net.attr_dict().values() if a.get("mode") == "lstm")
    (name,) = (k[4:] for k in packed if k.endswith("parameters"))
    cell = mx.rnn.FusedRNNCell(
        int(settings_["state_size"]),
        int(settings_["num_layers"]),
        "lstm",
        settings_["bidirectional"] == "True",
        prefix=name[: -len("parameters")],
    )
    symbol, args, aux = mx.rnn.load_rnn_checkpoint(cell, str(CHECKPOINTS / "rnn_unpacked"), 1)
    assert aux == {} and symbol.list_arguments() == net.list_arguments()
    assert args[name].asnumpy().tobytes() == packed[f"arg:{name}"].asnumpy().tobytes()
    assert cell._vector.num_input(args[name].size, name) == width
    parts = cell.unpack_weights(args)
    unpacked = mx.nd.load(str(CHECKPOINTS / "rnn_unpacked-0001.params"))
    assert {f"arg:{k}" for k in parts} == set(unpacked)
    assert all(unpacked[f"arg:{k}"].asnumpy().tobytes() == v.asnumpy().tobytes() for k, v in parts.items())


# ------------------------------------------------------------------ values


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def numpy_layer(mode, parts, prefix, xs):
    """One layer in one direction, by the formulas; (outputs, last states)."""
    w = {k[len(prefix) :]: v.asnumpy().astype("float64") for k, v in parts.items() if k.startswith(prefix)}
    gates = {"lstm": ["_i", "_f", "_c", "_o"], "gru": ["_r", "_z", "_o"]}.get(mode, [""])
    h = np.zeros((xs.shape[1], next(iter(w.values())).shape[0]))
    c, outs = h, []
    for x in xs:
        i = [x @ w[f"i2h{g}_weight"].T + w[f"i2h{g}_bias"] for g in gates]
        r = [h @ w[f"h2h{g}_weight"].T + w[f"h2h{g}_bias"] for g in gates]
        if mode == "lstm":
            gate_i, gate_f, new, gate_o = (a + b for a, b in zip(i, r))
            c = sigmoid(gate_f) * c + sigmoid(gate_i) * np.tanh(new)
            h = sigmoid(gate_o) * np.tanh(c)
        elif mode == "gru":
            z = sigmoid(i[1] + r[1])
            h = (1 - z) * np.tanh(i[2] + sigmoid(i[0] + r[0]) * r[2]) + z * h
        else:
            h = np.maximum(i[0] + r[0], 0) if mode == "rnn_relu" else np.tanh(i[0] + r[0])
        outs.append(h)
    return np.stack(outs), [h, c][: 1 + (mode == "lstm")]


def numpy_stack(cell, parts, xs):
    last = []
    for layer in range(cell._num_layers):
        sides = []
        for direction in cell._directions:
            order = -1 if direction == "r" else 1
            out, states = numpy_layer(cell._mode, parts, f"{cell._prefix}{direction}{layer}_", xs[::order])
            sides.append(out[::order])
            last.append(states)
        xs = np.concatenate(sides, axis=2)
    return xs, [np.stack(s) for s in zip(*last)]


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("mode", MODES)
def test_fused_unfused_and_numpy_agree(mode, both):
    steps, batch, width = 4, 3, 5
    cell = mx.rnn.FusedRNNCell(6, num_layers=2, mode=mode, bidirectional=both, get_next_state=True, prefix="f_")
    packed = filled(cell, width, seed=MODES.index(mode))
    del packed["other"]
    parts = cell.unpack_weights(packed)
    xs = np.random.uniform(-1, 1, (steps, batch, width)).astype("float32")
    head = mx.nd.array(np.random.uniform(-1, 1, (steps, batch, 12 if both else 6)))

    def run(outputs, states, args):
        net = mx.sym.Group([outputs, *states])
        arrays = {**args, "data": mx.nd.array(xs)}
        grads = {k: mx.nd.zeros(v.shape) for k, v in arrays.items()}
        exe = net.bind(mx.cpu(), arrays, args_grad=grads)
        found = [o.asnumpy() for o in exe.forward(is_train=True)]
        exe.backward([head, *(mx.nd.zeros(o.shape) for o in exe.outputs[1:])])
        return found, grads

    data = mx.sym.Variable("data")
    fused, fused_grads = run(*cell.unroll(steps, data, layout="TNC", merge_outputs=True), packed)
    stack = cell.unfuse()
    outputs, nested = stack.unroll(steps, data, layout="TNC", merge_outputs=True)
    flat = [s for side in nested for s in (side if isinstance(side, list) else [side])]
    loose, loose_grads = run(outputs, flat, stack.pack_weights(parts))

    expected, last = numpy_stack(cell, parts, xs.astype("float64"))
    np.testing.assert_allclose(fused[0], expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(loose[0], expected, rtol=1e-4, atol=1e-5)
    for i, state in enumerate(last):
        np.testing.assert_allclose(fused[1 + i], state, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(np.stack(loose[1 + i :: len(last)]), state, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(loose_grads["data"].asnumpy(), fused_grads["data"].asnumpy(), rtol=1e-3, atol=1e-5)
    taken_apart = cell.unpack_weights({"f_parameters": fused_grads["f_parameters"]})
    for name, grad in stack.unpack_weights({k: v for k, v in loose_grads.items() if k != "data"}).items():
        np.testing.assert_allclose(grad.asnumpy(), taken_apart[name].asnumpy(), rtol=1e-3, atol=1e-5, err_msg=name)


def numpy_conv(x, w, b):
    """A 3x3 convolution that keeps the size."""
    padded = np.pad(x, [(0, 0), (0, 0), (1, 1), (1, 1)])
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    return np.einsum("nchwij,ocij->nohw", windows, w) + b[:, None, None]


@pytest.mark.parametrize("kind", ["ConvRNNCell", "ConvLSTMCell", "ConvGRUCell"])
def test_conv_cells_by_formula(kind):
    cell = getattr(mx.rnn, kind)(input_shape=(2, 3, 5, 4), num_hidden=2, prefix="c_")
    net = mx.sym.Group(cell.unroll(2, [mx.sym.Variable("x0"), mx.sym.Variable("x1")])[0])
    shapes = dict(zip(net.list_arguments(), net.infer_shape(x0=(2, 3, 5, 4), x1=(2, 3, 5, 4))[0]))
    values = {k: np.random.uniform(-0.5, 0.5, s) for k, s in shapes.items()}
    found = [o.asnumpy() for o in net.eval(**{k: mx.nd.array(v) for k, v in values.items()})]

    def act(x):
        return np.where(x > 0, x, 0.2 * x)

    h = c = np.zeros((2, 2, 5, 4))
    for t in range(2):
        i = numpy_conv(values[f"x{t}"], values["c_i2h_weight"], values["c_i2h_bias"])
        r = numpy_conv(h, values["c_h2h_weight"], values["c_h2h_bias"])
        if kind == "ConvRNNCell":
            h = act(i + r)
        elif kind == "ConvLSTMCell":
            a, f, new, o = np.split(i + r, 4, axis=1)
            c = sigmoid(f) * c + sigmoid(a) * act(new)
            h = sigmoid(o) * act(c)
        else:
            (ir, iz, io), (rr, rz, ro) = np.split(i, 3, axis=1), np.split(r, 3, axis=1)
            z = sigmoid(iz + rz)
            h = (1 - z) * act(io + sigmoid(ir + rr) * ro) + z * h
        np.testing.assert_allclose(found[t], h, rtol=1e-4, atol=1e-5)


def test_residual_adds_inputs():
    cell = mx.rnn.ResidualCell(mx.rnn.RNNCell(3, prefix="r_"))
    merged, _ = cell.unroll(2, mx.sym.Variable("x"), merge_outputs=True)
    listed, _ = cell.unroll(2, mx.sym.Variable("x"), merge_outputs=False)
    x = np.random.uniform(-1, 1, (2, 2, 3)).astype("float32")
    zeros = {k: mx.nd.zeros(s) for k, s in zip(merged.list_arguments(), merged.infer_shape(x=x.shape)[0]) if k != "x"}
    zeros["r_i2h_bias"][:] = 0.5
    (found,) = merged.eval(x=mx.nd.array(x), **zeros)
    np.testing.assert_allclose(found.asnumpy(), x + np.tanh(0.5), rtol=1e-6)
    apart = [o.asnumpy() for o in mx.sym.Group(listed).eval(x=mx.nd.array(x), **zeros)]
    np.testing.assert_array_equal(np.stack(apart, axis=1), found.asnumpy())


def test_zoneout_keeps_old_values():
    """Outputs are the cell's or those of the step before, and outside training always the cell's."""
    cell = mx.rnn.ZoneoutCell(mx.rnn.RNNCell(50, activation="relu", prefix="z_"), zoneout_outputs=0.3)
    plain = mx.rnn.RNNCell(50, activation="relu", prefix="z_")
    outs = [mx.sym.Group(c.unroll(3, mx.sym.Variable("x"))[0]) for c in (cell, plain)]
    shapes = outs[0].infer_shape(x=(20, 3, 4))[0]
    args = {k: mx.nd.random.uniform(0.1, 0.2, shape=s) for k, s in zip(outs[0].list_arguments(), shapes)}
    trained, expected = (
        [o.asnumpy() for o in net.bind(mx.cpu(), args).forward(is_train=train)]
        for net, train in ((outs[0], True), (outs[1], False))
    )
    previous = np.zeros_like(trained[0])
    for got, new in zip(trained, expected):
        kept = got == previous
        assert 0.2 < kept.mean() < 0.4
        np.testing.assert_allclose(got[~kept], new[~kept], rtol=1e-5)
        previous = got
    still = [o.asnumpy() for o in outs[0].bind(mx.cpu(), args).forward(is_train=False)]
    for got, new in zip(still, expected):
        np.testing.assert_allclose(got, new, rtol=1e-6)


def test_zoneout_around_a_stack():
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(3, prefix="a_"))
    outputs, states = mx.rnn.ZoneoutCell(stack, 0.5, 0.5).unroll(2, mx.sym.Variable("x"), merge_outputs=True)
    assert outputs.infer_shape(x=(4, 2, 5))[1] == [(4, 2, 3)] and len(states) == 2


# ------------------------------------------------------------------ misuse


def bidirectional():
    return mx.rnn.BidirectionalCell(mx.rnn.RNNCell(2, prefix="a_"), mx.rnn.RNNCell(2, prefix="b_"))


def stack_of(cell):
    stack = mx.rnn.SequentialRNNCell()
    stack.add(cell)
    return stack


@pytest.mark.parametrize("make", [lambda: mx.rnn.FusedRNNCell(2), bidirectional, lambda: stack_of(bidirectional())])
def test_zoneout_refuses_what_cannot_be_stepped(make):
    with pytest.raises(AssertionError, match="cannot be stepped"):
        mx.rnn.ZoneoutCell(make(), 0.1)


def test_cells_that_cannot_be_stepped():
    x = mx.sym.Variable("x")
    with pytest.raises(NotImplementedError, match="Please use unroll"):
        mx.rnn.FusedRNNCell(2)(x, [])
    with pytest.raises(NotImplementedError, match="Please use unroll"):
        bidirectional()(x, [])
    with pytest.raises(AssertionError, match="cannot be stepped"):
        stack_of(bidirectional())(x, [x, x])
    with pytest.raises(NotImplementedError, match="BaseConvRNNCell"):
        mx.rnn.BaseConvRNNCell(
            (1, 1, 4, 4), 2, (3, 3), (1, 1), (3, 3), (1, 1), (1, 1), (1, 1), None, None, None, None, "tanh"
        )(x, [])


@pytest.mark.parametrize("make", [lambda: mx.rnn.LSTMCell(2), bidirectional, lambda: stack_of(mx.rnn.RNNCell(2))])
def test_modified_cells_are_locked(make):
    cell = make()
    modifier = mx.rnn.ResidualCell(cell)
    with pytest.raises(AssertionError, match="a modifier .* is around this"):
        cell.begin_state()
    assert len(modifier.begin_state()) == len(cell.state_info)
    with pytest.raises(AssertionError):  # locked again afterwards
        cell.begin_state()
    with pytest.raises(AssertionError, match="2 inputs were given for 3 steps"):
        modifier.unroll(3, [mx.sym.Variable("x"), mx.sym.Variable("y")])
    with pytest.raises(AssertionError, match="is around this"):  # even after an error
        cell.begin_state()


def test_wrong_sequences():
    cell = mx.rnn.RNNCell(2)
    x = mx.sym.Variable("x")
    with pytest.raises(AssertionError, match="inputs to unroll are missing"):
        cell.unroll(2, None)
    with pytest.raises(AssertionError, match="symbol of 2 outputs cannot be split"):
        cell.unroll(2, mx.sym.Group([x, mx.sym.Variable("y")]))
    with pytest.raises(ValueError, match="layout 'NC' has no time axis"):
        cell.unroll(2, x, layout="NC")
    with pytest.raises(AssertionError, match="Unsupported layout NCT"):
        mx.rnn.FusedRNNCell(2).unroll(2, x, layout="NCT")
    with pytest.warns(UserWarning, match="NTC is transposed"):
        mx.rnn.FusedRNNCell(2).unroll(2, x)


def test_wrong_settings():
    with pytest.raises(ValueError, match="mode must be one of rnn_relu, .*, got 'lstmp'"):
        mx.rnn.FusedRNNCell(2, mode="lstmp")
    with pytest.raises(AssertionError, match="must be a number, got '0.5'"):
        mx.rnn.DropoutCell("0.5")
    with pytest.raises(AssertionError, match=re.escape("must be odd to keep sizes, got (3, 2)")):
        mx.rnn.ConvRNNCell((1, 3, 8, 8), 2, h2h_kernel=(3, 2))


# ------------------------------------------------------------------ checkpoints


def small_net():
    stack = mx.rnn.SequentialRNNCell()
    stack.add(mx.rnn.LSTMCell(3, prefix="a_"))
    stack.add(mx.rnn.GRUCell(2, prefix="b_"))
    net, _ = stack.unroll(2, mx.sym.Variable("data"), merge_outputs=True)
    shapes = dict(zip(net.list_arguments(), net.infer_shape(data=(1, 2, 4))[0]))
    return stack, net, {k: mx.nd.random.normal(shape=s) for k, s in shapes.items() if k != "data"}


@pytest.mark.parametrize("one", [True, False])
def test_checkpoint_round_trip(tmp_path, one):
    stack, net, args = small_net()
    cells = stack if one else stack._cells
    prefix = str(tmp_path / "net")
    mx.rnn.save_rnn_checkpoint(cells, prefix, 3, net, args, {"moving": mx.nd.ones((2,))})
    stored = mx.nd.load(f"{prefix}-0003.params")
    assert "arg:a_i2h_f_weight" in stored and "arg:a_i2h_weight" not in stored and "aux:moving" in stored
    symbol, loaded, aux = mx.rnn.load_rnn_checkpoint(cells, prefix, 3)
    assert symbol.tojson() == net.tojson() and set(aux) == {"moving"} and set(loaded) == set(args)
    for name, value in args.items():
        np.testing.assert_array_equal(loaded[name].asnumpy(), value.asnumpy())


def test_checkpoint_callback(tmp_path):
    stack, net, args = small_net()
    callback = mx.rnn.do_rnn_checkpoint(stack, str(tmp_path / "net"), period=2)
    for epoch in range(4):
        callback(epoch, net, args, {})
    assert sorted(p.name for p in tmp_path.glob("*.params")) == ["net-0002.params", "net-0004.params"]
    mx.rnn.do_rnn_checkpoint(stack, str(tmp_path / "each"), period=0)(0, net, args, {})
    assert (tmp_path / "each-0001.params").exists()


def test_rnn_unroll():
    cell = mx.rnn.RNNCell(2, prefix="r_")
    with pytest.warns(UserWarning, match="deprecated"):
        outputs, _ = mx.rnn.rnn_unroll(cell, 2, input_prefix="in_")
    assert outputs[1].list_arguments() == [
        "in_t1_data",
        "r_i2h_weight",
        "r_i2h_bias",
        "in_t0_data",
        "r_h2h_weight",
        "r_h2h_bias",
    ]
    with pytest.warns(UserWarning, match="deprecated"):
        (given_, _), _ = mx.rnn.rnn_unroll(cell, 2, mx.sym.Variable("x"), layout="TNC")
    assert given_.infer_shape(x=(2, 5, 3))[1] == [(5, 2)]


# ------------------------------------------------------------------ sentences


@pytest.mark.parametrize("name", cases.ENCODINGS)
def test_encoded_sentences(name, recorded):
    assert cases.encoded(mx, name) == recorded["encoded"][name]


def test_unknown_words():
    vocab = {"a": 0, "b": 1}
    coded, same = mx.rnn.encode_sentences([["x", "a", "y"], ["x"]], vocab, unknown_token="UNK")
    assert coded == [[2, 0, 2], [2]] and same is vocab and vocab == {"a": 0, "b": 1, "UNK": 2}
    assert mx.rnn.encode_sentences([["z", "b"]], vocab, unknown_token="UNK")[0] == [[2, 1]]
    with pytest.raises(AssertionError, match="Unknown token x"):
        mx.rnn.encode_sentences([["x"]], {"a": 0})
    assert mx.rnn.encode_sentences([["p", "q"]], unknown_token="UNK")[0] == [[0, 1]]


@given(st.lists(st.lists(st.sampled_from("abcdefgh"), max_size=6)), st.integers(-2, 4), st.integers(-2, 4))
def test_encoding_is_a_bijection(sentences, invalid, start):
    coded, vocab = mx.rnn.encode_sentences(sentences, invalid_label=invalid, start_label=start)
    assert len(set(vocab.values())) == len(vocab) and vocab["\n"] == invalid
    words = {number: word for word, number in vocab.items()}
    assert [[words[n] for n in row] for row in coded] == sentences


@pytest.mark.parametrize("name", cases.ITERATORS)
def test_batches_are_mxnets(name, recorded, capsys):
    assert cases.batches(mx, name) == recorded["batches"][name]
    discarded = 6 if name == "time_major" else 0
    assert capsys.readouterr().out == f"WARNING: discarded {discarded} sentences longer than the largest bucket.\n"


@settings(max_examples=30, deadline=None)
@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=7), min_size=6, max_size=30), st.integers(1, 3))
def test_batches_hold_whole_sentences(sentences, batch_size):
    random.seed(0)
    it = mx.rnn.BucketSentenceIter(sentences, batch_size, buckets=[7, 4], invalid_label=-1)
    rows = []
    for batch in it:
        data, label = batch.data[0].asnumpy(), batch.label[0].asnumpy()
        assert data.shape == (batch_size, batch.bucket_key) == batch.provide_label[0].shape
        np.testing.assert_array_equal(label[:, :-1], data[:, 1:])
        assert (label[:, -1] == -1).all()
        rows += [tuple(int(n) for n in row if n >= 0) for row in data]
    left = [tuple(s) for s in sentences]
    for row in rows:
        left.remove(row)
    assert len(left) < 2 * batch_size


def test_buckets_given_are_not_changed():
    buckets = [6, 3]
    mx.rnn.BucketSentenceIter([[1, 2]] * 4, 2, buckets=buckets)
    assert buckets == [6, 3]


def test_wrong_iterators():
    with pytest.raises(ValueError, match="Invalid layout CT"):
        mx.rnn.BucketSentenceIter([[1, 2]] * 4, 2, layout="CT")
    with pytest.raises(ValueError, match=re.escape("none of the 4 sentences fits into one of the buckets [1]")):
        mx.rnn.BucketSentenceIter([[1, 2]] * 4, 2, buckets=[1])
    with pytest.raises(ValueError, match="none of the 0 sentences"):
        mx.rnn.BucketSentenceIter([], 2)
