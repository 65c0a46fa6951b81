"""gluon.rnn and gluon.contrib.rnn: against recorded values and graphs, and what MXNet cannot do."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.gluon import rnn
from mxnet.gluon.contrib import rnn as crnn
from mxnet.gluon.contrib.rnn.rnn_cell import dynamic_unroll
from tests.unit import gluon_rnn_cases as cases

GOLDEN = Path(__file__).parent.parent / "golden" / "gluon_rnn"
NUMBERS = ("outputs", "final", "gradients")


def golden(name):
    return json.loads((GOLDEN / f"{name}.json").read_text())


def compare(facts, expected):
    assert facts.keys() >= expected.keys()
    for key, value in expected.items():
        if key in NUMBERS:
            assert [shape for shape, _ in facts[key]] == [shape for shape, _ in value], key
            for (_, got), (_, wanted) in zip(facts[key], value):
                np.testing.assert_allclose(got, wanted, rtol=1e-4, atol=1e-5, err_msg=key)
        else:
            assert facts[key] == value, key


@pytest.mark.parametrize("expression", cases.CELLS)
def test_cells(expression):
    compare(cases.cell(mx, expression), golden("cells")[expression])


@pytest.mark.parametrize("hybridize", [False, True], ids=["plain", "hybrid"])
@pytest.mark.parametrize("expression", cases.LAYERS)
def test_layers(expression, hybridize):
    compare(cases.layer(mx, expression, hybridize), golden("layers")[expression])


# ---------------------------------------------------------------------- layers


def filled(net, *inputs):
    net.initialize()
    net(*inputs)
    for p in net.collect_params().values():
        p.set_data(mx.nd.array(cases.values(p.name, p.shape)))
    return net


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize(
    "make",
    [
        lambda: rnn.LSTM(3, 2, bidirectional=True, use_sequence_length=True),
        lambda: rnn.GRU(3, use_sequence_length=True),
        lambda: rnn.RNN(3, layout="NTC", use_sequence_length=True),
    ],
)
def test_sequence_length_equals_shorter_sequences(make, hybridize):
    net = make()
    x = mx.nd.array(cases.values("x", (4, 4, 5)))
    lengths = mx.nd.array([4, 2, 1, 3])
    filled(net, x, None, lengths)
    net.hybridize(hybridize)
    axis = net._layout.find("T")
    output, states = net(x, net.begin_state(4), lengths)
    for i, n in enumerate([4, 2, 1, 3]):
        own = x.slice_axis(axis=1 - axis, begin=i, end=i + 1).slice_axis(axis=axis, begin=0, end=n)
        alone, final = net(own, net.begin_state(1), mx.nd.array([n]))
        row = output.slice_axis(axis=1 - axis, begin=i, end=i + 1)
        np.testing.assert_allclose(
            row.slice_axis(axis=axis, begin=0, end=n).asnumpy(), alone.asnumpy(), rtol=1e-5, atol=1e-6
        )
        assert n == 4 or (row.slice_axis(axis=axis, begin=n, end=4).asnumpy() == 0).all()
        for got, wanted in zip(states, final):
            np.testing.assert_allclose(got.asnumpy()[:, i], wanted.asnumpy()[:, 0], rtol=1e-5, atol=1e-6)


def test_clipped_states_and_projection_run():
    x = mx.nd.array(cases.values("x", (6, 2, 5)))
    net = filled(rnn.LSTM(4, 2, projection_size=3, state_clip_min=-0.1, state_clip_max=0.05), x)
    output, (h, c) = net(x, net.begin_state(2))
    assert output.shape == (6, 2, 3) and h.shape == (2, 2, 3)
    assert c.min().asscalar() >= -0.1001 and c.max().asscalar() <= 0.0501
    with mx.autograd.record():
        net(x).sum().backward()
    assert (net.l1_h2r_weight.grad().asnumpy() != 0).any()


def test_layer_equals_torch():
    x = mx.nd.array(cases.values("x", (7, 3, 5)))
    net = filled(rnn.LSTM(4, 2, bidirectional=True), x)
    reference = torch.nn.LSTM(5, 4, 2, bidirectional=True)
    for i in range(2):
        for d, suffix in (("l", ""), ("r", "_reverse")):
            for ours, theirs in (("i2h", "ih"), ("h2h", "hh")):
                for kind in ("weight", "bias"):
                    target = getattr(reference, f"{kind}_{theirs}_l{i}{suffix}")
                    target.data.copy_(net.params.get(f"{d}{i}_{ours}_{kind}").data().as_torch())
    given = torch.from_numpy(x.asnumpy()).requires_grad_()
    expected, _ = reference(given)
    expected.square().sum().backward()
    x.attach_grad()
    with mx.autograd.record():
        output = net(x)
        output.square().sum().backward()
    np.testing.assert_allclose(output.asnumpy(), expected.detach().numpy(), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(x.grad.asnumpy(), given.grad.numpy(), rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(
        net.l1_h2h_weight.grad().asnumpy(), reference.weight_hh_l1.grad.numpy(), rtol=1e-4, atol=1e-6
    )


@pytest.mark.parametrize("hybridize", [False, True])
def test_with_states_and_without(hybridize):
    x = mx.nd.ones((2, 3, 4))
    net = rnn.GRU(5)
    net.initialize()
    net.hybridize(hybridize)
    for _ in range(2):
        output = net(x)
        again, states = net(x, net.begin_state(3))
        one, _ = net(x, net.begin_state(3)[0])  # a single state needs no list
        assert output.shape == (2, 3, 5) and isinstance(states, list) and len(states) == 1
        assert np.array_equal(output.asnumpy(), again.asnumpy()) and np.array_equal(output.asnumpy(), one.asnumpy())


def test_dropout_between_layers_only_in_training():
    x = mx.nd.ones((3, 2, 4))
    net = filled(rnn.LSTM(8, 3, dropout=0.5), x)
    assert np.array_equal(net(x).asnumpy(), net(x).asnumpy())
    with mx.autograd.record():
        first, second = net(x).asnumpy(), net(x).asnumpy()
    assert (first != second).any()


def test_state_types_follow_cast():
    net = rnn.LSTM(3, dtype="float64")
    net.initialize()
    assert net(mx.nd.ones((2, 1, 4), dtype="float64")).dtype == np.float64
    net.cast("float16")
    assert net.begin_state(1)[0].dtype == np.float16
    assert net.l0_i2h_weight.data().dtype == np.float16


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda net: net(mx.nd.ones((3, 4))), ValueError, "TNC"),
        (lambda net: net(mx.nd.ones((2, 3, 4)), mx.nd.ones((1, 2, 5))), ValueError, "2 states, got 1"),
        (lambda net: net(mx.nd.ones((2, 3, 4)), [mx.nd.ones((1, 2, 5))] * 2), ValueError, r"Expecting \(1, 3, 5\)"),
        (lambda _: rnn.LSTM(3, layout="CNT"), AssertionError, "CNT"),
        (lambda _: rnn.RNN(3, activation="softplus"), ValueError, "softplus"),
        (lambda _: rnn.LSTM(3, projection_size=2)._unfuse(), AssertionError, "projection"),
        (lambda _: rnn.LSTM(3, state_clip_min=-1, state_clip_max=1)._unfuse(), AssertionError, "clipping"),
    ],
)
def test_layer_refuses(call, error, text):
    net = rnn.LSTM(5)
    net.initialize()
    with pytest.raises(error, match=text):
        call(net)


def test_other_input_size_is_named():
    net = rnn.LSTM(5, input_size=4)
    net.initialize()
    with pytest.raises(mx.MXNetError, match="RNN"):
        net(mx.nd.ones((2, 3, 6)))


def test_layer_in_a_network_trains():
    class Tagger(mx.gluon.HybridBlock):
        def __init__(self):
            super().__init__()
            with self.name_scope():
                self.rnn = rnn.LSTM(16, layout="NTC", bidirectional=True)
                self.out = mx.gluon.nn.Dense(2, flatten=False)

        def hybrid_forward(self, F, x):
            return self.out(self.rnn(x))

    net = Tagger()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 0.02})
    loss = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    x = mx.nd.random.uniform(shape=(16, 6, 1))
    labels = x.reshape((16, 6)) > 0.5
    losses = []
    for _ in range(40):
        with mx.autograd.record():
            value = loss(net(x), labels)
        value.backward()
        trainer.step(16)
        losses.append(value.mean().asscalar())
    assert losses[-1] < 0.3 * losses[0]


# ---------------------------------------------------------------------- cells


def test_order_of_parameters():
    """States of optimizers are saved by position, so the positions are MXNet's: projections before biases."""

    def order(cell):
        return [name[len(cell.prefix) :] for name in cell.collect_params()]

    dense = ["i2h_weight", "h2h_weight", "i2h_bias", "h2h_bias"]
    for cell in rnn.RNNCell(2), rnn.LSTMCell(2), rnn.GRUCell(2), crnn.Conv1DLSTMCell((1, 4), 2, 3, 3):
        assert order(cell) == dense
    projected = crnn.LSTMPCell(4, 2)
    assert order(projected) == ["i2h_weight", "h2h_weight", "h2r_weight", "i2h_bias", "h2h_bias"]
    assert order(rnn.LSTM(4, projection_size=2)) == ["l0_" + name for name in [*dense, "h2r_weight"]]


@pytest.mark.parametrize("hybridize", [False, True])
@pytest.mark.parametrize(
    "make",
    [rnn.RNNCell, rnn.LSTMCell, rnn.GRUCell, lambda n: crnn.LSTMPCell(2 * n, n)],
    ids=["rnn", "lstm", "gru", "p"],
)
def test_steps_equal_unroll(make, hybridize):
    cell = make(3)
    cell.initialize()
    cell.hybridize(hybridize)
    x = mx.nd.array(cases.values("x", (2, 4, 5)))
    whole, last = cell.unroll(4, x, merge_outputs=True)
    cell.reset()
    states = cell.begin_state(batch_size=2)
    outputs = []
    for t in range(4):
        output, states = cell(x[:, t], states)
        outputs.append(output)
    np.testing.assert_allclose(mx.nd.stack(*outputs, axis=1).asnumpy(), whole.asnumpy(), rtol=1e-6)
    for a, b in zip(states, last):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6)


def test_unfused_shares_parameters():
    x = mx.nd.array(cases.values("x", (3, 2, 4)))
    for net in (rnn.LSTM(3, 2, bidirectional=True), rnn.GRU(3, 2), rnn.RNN(3, activation="tanh")):
        filled(net, x)
        stack = net._unfuse()
        assert sorted(stack.collect_params()) == sorted(net.collect_params())
        output, _ = stack.unroll(3, x, layout="TNC", merge_outputs=True)
        np.testing.assert_allclose(output.asnumpy(), net(x).asnumpy(), rtol=1e-5, atol=1e-6)


def test_stack_of_bidirectional_cells_with_lengths():
    """MXNet's stack mixes up the axes here."""
    stack = rnn.SequentialRNNCell()
    stack.add(rnn.BidirectionalCell(rnn.LSTMCell(3), rnn.LSTMCell(3)))
    stack.add(rnn.BidirectionalCell(rnn.GRUCell(2), rnn.GRUCell(2)))
    stack.initialize()
    x = mx.nd.array(cases.values("x", (2, 3, 4)))
    output, states = stack.unroll(3, x, merge_outputs=True, valid_length=mx.nd.array([3, 2]))
    alone, final = stack.unroll(2, x[1:, :2], merge_outputs=True)
    np.testing.assert_allclose(output[1:, :2].asnumpy(), alone.asnumpy(), rtol=1e-5, atol=1e-6)
    assert (output[1, 2].asnumpy() == 0).all() and len(states) == 6
    for a, b in zip(states, final):
        np.testing.assert_allclose(a[1:].asnumpy(), b.asnumpy(), rtol=1e-5, atol=1e-6)
    with pytest.raises(AssertionError, match="unroll"):
        stack(x[:, 0], stack.begin_state(batch_size=2))


def test_modified_cells_belong_to_their_modifier():
    base = rnn.RNNCell(3)
    cell = rnn.ResidualCell(base)
    assert cell.params is base.params
    with pytest.raises(AssertionError, match="modifier"):
        base.begin_state(batch_size=1)
    with pytest.raises(AssertionError, match="already modified"):
        rnn.ZoneoutCell(base)
    assert len(cell.begin_state(func=mx.nd.zeros, batch_size=1)) == 1
    with pytest.raises(AssertionError, match="modifier"):  # still
        base.begin_state(batch_size=1)


def test_failed_unroll_leaves_the_base_cell_modified():
    base = rnn.RNNCell(4)
    cell = rnn.ResidualCell(base)
    cell.initialize()
    with pytest.raises(AssertionError, match="3 steps"):
        cell.unroll(3, [mx.nd.ones((1, 4))] * 2)
    assert base._modified


@pytest.mark.parametrize("wrap", [rnn.ZoneoutCell, lambda c: crnn.VariationalDropoutCell(c, drop_states=0.5)])
def test_cells_without_steps_are_refused(wrap):
    both = rnn.BidirectionalCell(rnn.RNNCell(2), rnn.RNNCell(2))
    stack = rnn.SequentialRNNCell()
    stack.add(both)
    for cell in (both, stack):
        with pytest.raises(AssertionError, match="underneath"):
            wrap(cell)


def test_zoneout_keeps_what_was():
    cell = rnn.ZoneoutCell(rnn.RNNCell(200), zoneout_states=0.5)
    cell.initialize(mx.init.Normal(1))
    before = [mx.nd.full((4, 200), 7)]
    with mx.autograd.train_mode():
        _, after = cell(mx.nd.ones((4, 3)), before)
    kept = (after[0].asnumpy() == 7).mean()
    assert 0.35 < kept < 0.65


def test_variational_dropout_repeats_its_mask():
    cell = crnn.VariationalDropoutCell(rnn.RNNCell(3), drop_inputs=0.5)
    cell.initialize(mx.init.One())
    x = mx.nd.ones((2, 20))
    with mx.autograd.train_mode():
        states = cell.begin_state(func=mx.nd.zeros, batch_size=2)
        cell(x, states)
        mask = cell.drop_inputs_mask.asnumpy()
        cell(x, states)
        assert np.array_equal(cell.drop_inputs_mask.asnumpy(), mask) and set(mask.ravel()) == {0.0, 2.0}
        cell.reset()
        assert cell.drop_inputs_mask is None
        outputs, _ = cell.unroll(3, mx.nd.ones((2, 3, 20)), merge_outputs=True)
    assert outputs.shape == (2, 3, 3)


@pytest.mark.parametrize("lengths", [None, [3, 1]])
@pytest.mark.parametrize("layout", ["TNC", "NTC"])
def test_dynamic_unroll(layout, lengths):
    cell = rnn.LSTMCell(3)
    cell.initialize()
    x = mx.nd.array(cases.values("x", (3, 2, 4) if layout == "TNC" else (2, 3, 4)))
    valid = None if lengths is None else mx.nd.array(lengths)
    expected, last = cell.unroll(3, x, layout=layout, merge_outputs=True, valid_length=valid)
    x.attach_grad()
    with mx.autograd.record():
        output, states = dynamic_unroll(cell, x, cell.begin_state(batch_size=2), layout=layout, valid_length=valid)
        output.sum().backward()
    np.testing.assert_allclose(output.asnumpy(), expected.asnumpy(), rtol=1e-5, atol=1e-6)
    for a, b in zip(states, last):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-5, atol=1e-6)
    used = np.abs(x.grad.asnumpy()).sum(2)
    used = used if layout == "TNC" else used.T
    assert (used[:, 0] > 0).all() and ((used[1:, 1] == 0).all() if lengths else (used[:, 1] > 0).all())


def test_dynamic_unroll_drops_whole_channels():
    cell = rnn.RNNCell(2)
    cell.initialize()
    x = mx.nd.ones((2, 5, 40))
    x.attach_grad()
    with mx.autograd.record():
        dynamic_unroll(cell, x, cell.begin_state(batch_size=2), drop_inputs=0.5, layout="NTC")[0].sum().backward()
    dropped = x.grad.asnumpy() == 0
    assert (dropped == dropped[:, :1]).all()  # the same at all times
    assert 0.2 < dropped.mean() < 0.8


@pytest.mark.parametrize("arguments", [((1, 4, 4), 2, (3, 3, 3), 3), ((1, 4, 4), 2, 3, 2), ((1, 4, 4), 2, 3, (3, 4))])
def test_convolutional_cells_refuse(arguments):
    with pytest.raises(AssertionError, match="int or 2 of them|odd"):
        crnn.Conv2DLSTMCell(*arguments)


def test_unroll_refuses_other_lengths():
    cell = rnn.RNNCell(2)
    cell.initialize()
    with pytest.raises(AssertionError, match="4 steps"):
        cell.unroll(4, mx.nd.ones((2, 3, 5)))
    with pytest.raises(AssertionError, match="list of 2"):
        cell.unroll(4, [mx.nd.ones((2, 5))] * 2)
