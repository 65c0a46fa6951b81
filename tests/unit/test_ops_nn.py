"""What sample rows cannot say of neural operators: states, randomness, memory formats, sequences, inference."""

import subprocess
import sys

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet._core.registry import get_op


def _rand(*shape):
    return torch.rand(shape, generator=torch.Generator().manual_seed(3))


# ------------------------------------------------------------------------ BatchNorm


@pytest.mark.parametrize("name", ["BatchNorm", "BatchNorm_v1", "_contrib_SyncBatchNorm", "_contrib_BatchNormWithReLU"])
@pytest.mark.parametrize("wanted", [False, True])
def test_batch_norm_moves_averages_by_the_biased_variance(name, wanted):
    od = get_op(name)
    x, mean, var = _rand(4, 3, 2, 5), torch.tensor([0.1, 0.2, 0.3]), torch.tensor([1.0, 2.0, 3.0])
    p = od.parse({"momentum": "0.8", "output_mean_var": str(wanted), **({"key": "k"} if "Sync" in name else {})})
    out = od.call([x, torch.ones(3), torch.zeros(3), mean, var], p, True, None)
    a = x.numpy().astype("float64")
    np.testing.assert_allclose(mean, 0.8 * np.array([0.1, 0.2, 0.3]) + 0.2 * a.mean((0, 2, 3)), rtol=1e-5)
    np.testing.assert_allclose(var, 0.8 * np.array([1.0, 2.0, 3.0]) + 0.2 * a.var((0, 2, 3)), rtol=1e-5)
    if wanted:
        np.testing.assert_allclose(out[1], a.mean((0, 2, 3)), rtol=1e-5)
        variance = a.var((0, 2, 3))
        second = variance if name in ("BatchNorm_v1", "_contrib_SyncBatchNorm") else (variance + 1e-3) ** -0.5
        np.testing.assert_allclose(out[2], second, rtol=1e-4)


def test_batch_norm_leaves_averages_alone_outside_training():
    states = mx.nd.array([0.5, 0.5]), mx.nd.array([2.0, 2.0])
    x = mx.nd.random.uniform(shape=(3, 2))
    one = mx.nd.ones(2)
    mx.nd.BatchNorm(x, one, one, *states)
    with mx.autograd.train_mode():
        mx.nd.BatchNorm(x, one, one, *states, use_global_stats=True)
    np.testing.assert_array_equal(states[0].asnumpy(), [0.5, 0.5])
    np.testing.assert_array_equal(states[1].asnumpy(), [2.0, 2.0])


def test_batch_norm_of_one_element_a_channel():
    mean, var = torch.zeros(2), torch.ones(2)
    od = get_op("BatchNorm")
    p = od.parse({"momentum": "0.9"})
    out, *_ = od.call([torch.tensor([[3.0, -1.0]]), torch.ones(2), torch.tensor([0.5, 0.25]), mean, var], p, True, None)
    np.testing.assert_allclose(out, [[0.5, 0.25]], rtol=1e-4)
    np.testing.assert_allclose(mean, [0.3, -0.1], rtol=1e-5)
    np.testing.assert_allclose(var, [0.9, 0.9], rtol=1e-5)


def test_fix_gamma_ignores_gamma():
    x, gamma = mx.nd.array([[1, 9], [2, -3], [4, 0], [8, 5]]), mx.nd.array([5.0, 7.0])
    gamma.attach_grad()
    x.attach_grad()
    args = mx.nd.zeros(2), mx.nd.zeros(2), mx.nd.ones(2)
    with mx.autograd.record():
        y = mx.nd.BatchNorm(x, gamma, *args, fix_gamma=True)
    y.backward()
    np.testing.assert_array_equal(gamma.grad.asnumpy(), [0, 0])
    np.testing.assert_allclose(y.asnumpy().std(0), [1, 1], atol=1e-2)


@pytest.mark.parametrize("recording", [False, True])
@pytest.mark.parametrize("name", ["BatchNorm", "SyncBatchNorm", "BatchNormWithReLU"])
def test_fixed_gamma_is_written(name, recording):
    gammas = mx.nd.full((2, 3), 5)
    args = mx.nd.zeros(3), mx.nd.zeros(3), mx.nd.ones(3)
    function = getattr(mx.nd, name, None) or getattr(mx.nd.contrib, name)
    with mx.autograd.record() if recording else mx.autograd.pause():
        function(mx.nd.ones((2, 3, 2, 2)), gammas[1], *args, **({"key": "k"} if name[0] == "S" else {}))
    np.testing.assert_array_equal(gammas.asnumpy(), [[5, 5, 5], [1, 1, 1]])


@pytest.mark.parametrize("is_train", [False, True])
def test_executors_and_blocks_write_fixed_gammas(is_train):
    executor = mx.sym.BatchNorm(mx.sym.var("data"), name="bn").simple_bind(mx.cpu(), data=(2, 3, 2, 2))
    executor.arg_dict["bn_gamma"][:] = 5
    for _ in range(3):
        executor.forward(is_train=is_train)
        if is_train:
            executor.backward(mx.nd.ones((2, 3, 2, 2)))
    np.testing.assert_array_equal(executor.arg_dict["bn_gamma"].asnumpy(), [1, 1, 1])
    net = mx.gluon.nn.BatchNorm(scale=False, in_channels=3)
    net.initialize(mx.init.Constant(5))
    net.gamma.set_data(mx.nd.full(3, 5))
    with mx.autograd.record(is_train):
        net(mx.nd.ones((2, 3)))
    np.testing.assert_array_equal(net.gamma.data().asnumpy(), [1, 1, 1])
    assert net.gamma.grad_req == "null"


STEPS = """
import torch, mxnet as mx
torch.set_num_threads(2)
x = mx.nd.random.normal(shape=(3, 8, 12, 12))
w = mx.nd.random.normal(shape=(12, 8, 1, 1))
x._t = x._t.contiguous(memory_format=torch.channels_last)
for a in (x, w):
    a.attach_grad()
for _ in range(50):
    with mx.autograd.record():
        y = mx.nd.Convolution(x, w, kernel=(1, 1), stride=(2, 2), num_filter=12, no_bias=True)
    y.backward()
print(abs(w.grad[1, 2, 0, 0].asscalar() - x[:, 2, ::2, ::2].sum().asscalar()) < 1e-3)
"""


def test_steps_of_small_kernels_do_not_crash_with_several_threads():
    """oneDNN's gradient of such a weight ends the process, at times, where channels lie last."""
    done = subprocess.run([sys.executable, "-c", STEPS], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "True\n"), done.stderr


def test_a_convolution_of_bytes_saturates():
    image, weight = mx.nd.full((1, 4, 3, 3), 100, dtype="int8"), mx.nd.full((2, 4, 1, 1), 2, dtype="int8")
    weight[1] = -2
    bias = mx.nd.array([-100, 5], dtype="int8")
    for args in ((), (bias,)):
        out = mx.nd.Convolution(image, weight, *args, kernel=(1, 1), num_filter=2, no_bias=not args)
        assert out.dtype == np.int8
        assert out.asnumpy()[0, :, 0, 0].tolist() == [127, -128]


# ------------------------------------------------------------------------ Dropout, rrelu


def test_dropout_keeps_the_expectation_and_hands_its_mask_to_the_gradient():
    mx.random.seed(1)
    x = mx.nd.ones((200, 200))
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.Dropout(x, p=0.25)
    y.backward()
    values = y.asnumpy()
    assert set(np.unique(values)) == {np.float32(0), np.float32(1 / 0.75)}
    assert abs(values.mean() - 1) < 0.02
    np.testing.assert_array_equal(x.grad.asnumpy(), values)
    mx.random.seed(1)
    with mx.autograd.train_mode():
        np.testing.assert_array_equal(mx.nd.Dropout(x, p=0.25).asnumpy(), values)


def test_dropout_modes_and_axes():
    x = mx.nd.ones((20, 30))
    outside = mx.nd.Dropout(x, p=0.5)
    np.testing.assert_array_equal(outside.asnumpy(), x.asnumpy())
    outside[:] = 0
    assert x.asnumpy().all(), "the result must be a new array"
    assert (mx.nd.Dropout(x, p=0.5, mode="always").asnumpy() == 0).any()
    with mx.autograd.train_mode():
        y = mx.nd.Dropout(x, p=0.5, axes=(1,)).asnumpy()
    np.testing.assert_array_equal(y, np.repeat(y[:, :1], 30, axis=1))
    assert 0 < (y[:, 0] == 0).sum() < 20


def test_rrelu_slopes_lie_between_the_bounds():
    x = -mx.nd.ones((50, 50))
    with mx.autograd.train_mode():
        y, mask = mx.nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.2, upper_bound=0.6)
    np.testing.assert_array_equal(y.asnumpy(), -mask.asnumpy())
    assert 0.2 <= mask.asnumpy().min() < 0.25 and 0.55 < mask.asnumpy().max() <= 0.6
    outside, _ = mx.nd.LeakyReLU(x, act_type="rrelu", lower_bound=0.2, upper_bound=0.6)
    np.testing.assert_allclose(outside.asnumpy(), -0.4)


# ------------------------------------------------------------------------ memory formats


@pytest.mark.parametrize(
    "op, attrs, inputs",
    [
        ("Convolution", {"kernel": "(3, 3)", "num_filter": "8", "pad": "(1, 1)", "no_bias": "1"}, [(8, 8, 3, 3)]),
        ("Pooling", {"kernel": "(2, 2)", "stride": "(2, 2)"}, []),
        ("Pooling", {"kernel": "(3, 3)", "stride": "(2, 2)", "pool_type": "avg", "pooling_convention": "full"}, []),
        ("BatchNorm", {"fix_gamma": "0"}, [(8,)] * 4),
        ("BatchNorm", {}, [(8,)] * 4),
        ("Activation", {"act_type": "relu"}, []),
        ("LeakyReLU", {}, []),
        ("LeakyReLU", {"act_type": "prelu"}, [(8,)]),
        ("Dropout", {}, []),
    ],
)
@pytest.mark.parametrize("train", [False, True])
def test_channels_last_flows(op, attrs, inputs, train):
    """Images stored channels last stay so: no layer copies them to another order."""
    od = get_op(op)
    x = _rand(2, 8, 6, 6).to(memory_format=torch.channels_last)
    rest = [_rand(*s) for s in inputs]
    if op == "Convolution":
        rest[0] = rest[0].to(memory_format=torch.channels_last)
    out = od.call([x, *rest], od.parse(attrs), train, None)[0]
    assert out.is_contiguous(memory_format=torch.channels_last)


def test_convolution_with_the_layout_channels_last_is_the_same():
    x, w = _rand(2, 3, 6, 7), _rand(4, 3, 3, 2)
    od = get_op("Convolution")
    attrs = {"kernel": "(3, 2)", "num_filter": "4", "no_bias": "1", "stride": "(2, 1)"}
    first = od.call([x, w], od.parse(attrs), False, None)[0]
    last = od.call(
        [x.permute(0, 2, 3, 1).contiguous(), w.permute(0, 2, 3, 1).contiguous()],
        od.parse({**attrs, "layout": "NHWC"}),
        False,
        None,
    )[0]
    np.testing.assert_allclose(last.permute(0, 3, 1, 2), first, rtol=1e-5, atol=1e-6)


# ------------------------------------------------------------------------ RNN


def _rnn(mode, lengths=None, steps=5, **attrs):
    """A bidirectional two-layer run, as tensors: the operator's outputs and what went in."""
    od = get_op("RNN")
    gates = {"rnn_tanh": 1, "rnn_relu": 1, "gru": 3, "lstm": 4}[mode]
    hidden, inputs, batch = 3, 2, 4
    count = sum(2 * gates * hidden * (width + hidden + 2) for width in (inputs, 2 * hidden))
    states = [_rand(4, batch, hidden)] * (1 + (mode == "lstm"))
    tensors = [_rand(steps, batch, inputs) - 0.5, _rand(count) - 0.5, *states]
    p = od.parse(
        {
            "mode": mode,
            "num_layers": "2",
            "state_size": str(hidden),
            "bidirectional": "1",
            "state_outputs": "1",
            "use_sequence_length": str(int(lengths is not None)),
            **attrs,
        }
    )
    given = tensors if lengths is None else [*tensors, torch.tensor(lengths)]
    return od, tensors, p, od.call(given, p, False, None)


@pytest.mark.parametrize("mode", ["rnn_tanh", "rnn_relu", "gru", "lstm"])
def test_rnn_sequence_length(mode):
    """An example of length n gives what it gives alone in a sequence of n steps; zeros follow."""
    lengths = [5, 2, 3, 1]
    od, tensors, _, results = _rnn(mode, lengths)
    _, _, plain, _ = _rnn(mode)
    for i, n in enumerate(lengths):
        x, w, *states = tensors
        alone = od.call([x[:n, i : i + 1], w, *(s[:, i : i + 1].contiguous() for s in states)], plain, False, None)
        np.testing.assert_allclose(results[0][:n, i], alone[0][:, 0], rtol=1e-4, atol=1e-6)
        assert not results[0][n:, i].any()
        for got, want in zip(results[1:], alone[1:]):
            np.testing.assert_allclose(got[:, i], want[:, 0], rtol=1e-4, atol=1e-6)


def test_lstm_clip_range_that_never_bites_changes_nothing():
    _, _, _, free = _rnn("lstm", [5, 2, 3, 1])
    _, _, _, clipped = _rnn("lstm", [5, 2, 3, 1], lstm_state_clip_min="-50", lstm_state_clip_max="50")
    for a, b in zip(free, clipped):
        np.testing.assert_allclose(a, b, rtol=1e-4, atol=1e-6)


def test_lstm_clips_cell_states():
    _, _, _, results = _rnn("lstm", lstm_state_clip_min="-0.1", lstm_state_clip_max="0.05")
    assert results[2].min() >= -0.1 and results[2].max() <= 0.05
    assert (results[2] == 0.05).any()


def test_rnn_dropout_between_layers():
    od, tensors, p, plain = _rnn("lstm", p="0.5")
    dropped = od.call(tensors, p, True, mx.cpu())
    assert not np.allclose(dropped[0], plain[0])
    # The first layer comes before any dropout.
    np.testing.assert_allclose(dropped[1][:2], plain[1][:2], rtol=1e-5)


# ------------------------------------------------------------------------ inference of shapes and types


@pytest.mark.parametrize(
    "make, known, expected",
    [
        (
            lambda d: mx.sym.FullyConnected(d, num_hidden=7, name="n"),
            {"data": (5, 2, 3)},
            {"n_weight": (7, 6), "n_bias": (7,)},
        ),
        (
            lambda d: mx.sym.FullyConnected(d, num_hidden=7, flatten=False, name="n"),
            {"data": (5, 2, 3)},
            {"n_weight": (7, 3), "n_bias": (7,)},
        ),
        (
            lambda d: mx.sym.Convolution(d, kernel=(3, 2), num_filter=6, num_group=2, name="n"),
            {"data": (5, 4, 8, 9)},
            {"n_weight": (6, 2, 3, 2), "n_bias": (6,)},
        ),
        (
            lambda d: mx.sym.Convolution(d, kernel=(3, 2), num_filter=6, layout="NHWC", name="n"),
            {"data": (5, 8, 9, 4)},
            {"n_weight": (6, 3, 2, 4), "n_bias": (6,)},
        ),
        (
            lambda d: mx.sym.Deconvolution(d, kernel=(3, 2), num_filter=6, num_group=2, name="n"),
            {"data": (5, 4, 8, 9)},
            {"n_weight": (4, 3, 3, 2)},
        ),
        (lambda d: mx.sym.LeakyReLU(d, act_type="prelu", name="n"), {"data": (5, 4, 8)}, {"n_gamma": (4,)}),
        (lambda d: mx.sym.LayerNorm(d, axis=1, name="n"), {"data": (5, 4, 8)}, {"n_gamma": (4,), "n_beta": (4,)}),
        (lambda d: mx.sym.GroupNorm(d, num_groups=2, name="n"), {"data": (5, 4, 8)}, {"n_gamma": (2,), "n_beta": (2,)}),
        (lambda d: mx.sym.InstanceNorm(d, name="n"), {"data": (5, 4, 8)}, {"n_gamma": (4,), "n_beta": (4,)}),
        (lambda d: mx.sym.SoftmaxOutput(d, name="n"), {"data": (5, 4)}, {"n_label": (5,)}),
        (lambda d: mx.sym.SoftmaxOutput(d, multi_output=True, name="n"), {"data": (5, 4, 2, 3)}, {"n_label": (5, 6)}),
        (lambda d: mx.sym.SoftmaxOutput(d, preserve_shape=True, name="n"), {"data": (5, 4, 2)}, {"n_label": (5, 4)}),
        (lambda d: mx.sym.LinearRegressionOutput(d, name="n"), {"data": (5, 1)}, {"n_label": (5,)}),
        (lambda d: mx.sym.MAERegressionOutput(d, name="n"), {"data": (5, 2)}, {"n_label": (5, 2)}),
        (lambda d: mx.sym.SVMOutput(d, name="n"), {"data": (5, 2)}, {"n_label": (5,)}),
        (
            lambda d: mx.sym.UpSampling(d, scale=3, sample_type="bilinear", num_filter=4, num_args=2, name="n"),
            {"data": (5, 4, 2, 2)},
            {"n_weight": (4, 1, 5, 5)},
        ),
        (
            lambda d: mx.sym.RNN(d, mode="lstm", num_layers=2, state_size=3, bidirectional=True, name="n"),
            {"data": (7, 5, 2)},
            {
                "n_parameters": (2 * 12 * (2 + 3 + 2) + 2 * 12 * (6 + 3 + 2),),
                "n_state": (4, 5, 3),
                "n_state_cell": (4, 5, 3),
            },
        ),
    ],
)
def test_inputs_are_inferred_from_data(make, known, expected):
    symbol = make(mx.sym.Variable("data"))
    shapes, _, _ = symbol.infer_shape(**known)
    found = dict(zip(symbol.list_arguments(), shapes))
    assert {k: v for k, v in found.items() if k != "data"} == expected


def test_batch_flows_back_through_a_network():
    net = mx.sym.Variable("data", shape=(0, 3, 8, 8))
    net = mx.sym.Convolution(net, kernel=(3, 3), num_filter=4, name="c")
    net = mx.sym.Pooling(mx.sym.BatchNorm(net, name="b"), kernel=(2, 2), stride=(2, 2))
    net = mx.sym.FullyConnected(mx.sym.LeakyReLU(net), num_hidden=2, name="f")
    net = mx.sym.elemwise_add(net, mx.sym.Variable("other"))
    shapes, outputs, aux = net.infer_shape(other=(6, 2))
    assert dict(zip(net.list_arguments(), shapes))["data"] == (6, 3, 8, 8)
    assert outputs == [(6, 2)] and aux == [(4,), (4,)]


def test_batch_norm_parameters_of_half_precision_data_are_float32():
    symbol = mx.sym.BatchNorm(mx.sym.Variable("data"), name="n")
    types, outputs, aux = symbol.infer_type(data="float16")
    assert [np.dtype(t).name for t in types] == ["float16", "float32", "float32"]
    assert [np.dtype(t).name for t in (*outputs, *aux)] == ["float16", "float32", "float32"]


# ------------------------------------------------------------------------ losses


def test_softmax_output_may_heed_the_gradient_from_above():
    x = mx.nd.array([[1.0, 2.0], [0.0, 1.0]])
    x.attach_grad()
    with mx.autograd.record():
        y = mx.nd.SoftmaxOutput(x, mx.nd.array([0, 1]), out_grad=True)
    head = np.array([[1.0, 2.0], [3.0, -1.0]], "float32")
    y.backward(mx.nd.array(head))
    np.testing.assert_allclose(x.grad.asnumpy(), (y.asnumpy() - np.eye(2)) * head, rtol=1e-5)


def test_kl_sparse_regularizer_moves_its_average_in_the_backward_pass():
    data, moving = np.array([[0.2, 0.6], [0.4, 0.8]], "float32"), np.array([0.5, 0.5], "float32")
    x, state = mx.nd.array(data), mx.nd.array(moving)
    executor = mx.sym.IdentityAttachKLSparseReg(
        mx.sym.Variable("x"),
        name="n",
        penalty=0.1,
        sparseness_target=0.2,
        momentum=0.5,
    ).bind(mx.cpu(), {"x": x}, args_grad={"x": mx.nd.zeros((2, 2))}, aux_states={"n_moving_avg": state})
    executor.forward(is_train=True)
    np.testing.assert_array_equal(state.asnumpy(), moving)
    executor.backward([mx.nd.ones((2, 2))])
    average = 0.5 * moving + 0.5 * data.mean(0)
    np.testing.assert_allclose(state.asnumpy(), average, rtol=1e-6)
    expected = 1 + 0.1 * (0.8 / (1 - average) - 0.2 / average)
    np.testing.assert_allclose(executor.grad_dict["x"].asnumpy(), np.stack([expected, expected]), rtol=1e-5)


@pytest.mark.parametrize("size", [100, 1_000_000])
def test_dropout_drops_its_share(size):
    """With few elements and with many, which are drawn in another way; all of them for p=1, none for p=0."""
    x = mx.nd.ones((size,))
    with mx.autograd.train_mode():
        assert (mx.nd.Dropout(x, p=0).asnumpy() == 1).all()
        assert np.isnan(mx.nd.Dropout(x, p=1).asnumpy()).all()  # 0 / 0, as in MXNet
        out = mx.nd.Dropout(x, p=0.3).asnumpy()
        assert (mx.nd.Dropout(x, p=1 - 1e-12).asnumpy() == 0).all()
    kept = out != 0
    assert out[kept] == pytest.approx(1 / 0.7)
    assert abs(kept.mean() - 0.7) < 5 * (0.21 / size) ** 0.5
