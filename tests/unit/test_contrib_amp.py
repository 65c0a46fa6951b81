"""Automatic mixed precision: the pass over graphs, converted models, casts during training, loss scaling."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet._core import mixed_precision
from mxnet._core.dtypes import BFLOAT16_NP
from mxnet.contrib import amp
from mxnet.contrib.amp import amp as amp_module
from mxnet.contrib.amp import lists
from mxnet.contrib.amp.loss_scaler import LossScaler

from ..conftest import ROOT
from . import amp_cases

GOLDEN = json.loads((ROOT / "tests" / "golden" / "amp" / "graphs.json").read_text())
DTYPES = ("float16", "bfloat16")


def params_of(symbol, **shapes):
    """Small random parameters and auxiliary states for a network."""
    shape_of = dict(zip(symbol.list_arguments(), symbol.infer_shape(**shapes)[0]))
    args = {n: mx.nd.array(np.random.randn(*s) * 0.3) for n, s in shape_of.items() if n not in amp_cases.INPUTS}
    aux_shapes = symbol.infer_shape(**shapes)[2]
    aux = {n: mx.nd.ones(s) * 0.5 for n, s in zip(symbol.list_auxiliary_states(), aux_shapes)}
    return args, aux


def predict(symbol, args, aux, x):
    inputs = dict(args, data=x)
    if "softmax_label" in symbol.list_arguments():
        inputs["softmax_label"] = mx.nd.zeros((x.shape[0],))
    return symbol.bind(x.context, inputs, aux_states=aux, grad_req="null").forward()[0]


# ---------------------------------------------------------------------------------------------------- lists


@pytest.mark.parametrize("dtype", DTYPES)
def test_lists_do_not_overlap(dtype):
    conditional = [name for name, _, _ in amp.list_conditional_fp32_ops(dtype)]
    kinds = [
        amp.list_lp16_ops(dtype),
        amp.list_fp32_ops(dtype),
        amp.list_lp16_fp32_ops(dtype),
        amp.list_widest_type_cast(dtype),
        conditional,
    ]
    names = [n for kind in kinds for n in kind]
    assert len(names) == len(set(names))
    assert set(amp.list_loss_output_functions(dtype)) <= set(amp.list_fp32_ops(dtype))


def test_lists_have_the_length_of_mxnets():
    fp16, bf16 = lists.symbol_fp16, lists.symbol_bf16
    assert [len(x) for x in (fp16.FP16_FUNCS, fp16.FP16_FP32_FUNCS, fp16.FP32_FUNCS, fp16.WIDEST_TYPE_CASTS)] == [
        4,
        318,
        136,
        113,
    ]
    assert [len(x) for x in (bf16.BF16_FUNCS, bf16.BF16_FP32_FUNCS, bf16.FP32_FUNCS, bf16.WIDEST_TYPE_CASTS)] == [
        2,
        15,
        438,
        109,
    ]


def test_lists_by_any_spelling_of_the_type():
    assert amp.list_lp16_ops(np.float16) is amp.list_lp16_ops("float16")
    assert amp.list_lp16_ops(BFLOAT16_NP) == ["Convolution", "FullyConnected"]
    assert amp.list_lp16_use_fp32_params("float16") is None
    assert amp.list_lp16_use_fp32_params("bfloat16")["BatchNorm"][1] == "gamma"
    with pytest.raises(AssertionError, match="float64"):
        amp.list_fp32_ops("float64")


# ---------------------------------------------------------------------------------------------------- conversion


@pytest.mark.parametrize("network", amp_cases.NETWORKS, ids=lambda f: f.__name__)
def test_converted_graphs_are_those_of_mxnet(network):
    compared = 0
    for key, symbol, arguments in amp_cases.cases(mx):
        if key.startswith(network.__name__ + " "):
            converted = amp.convert_symbol(symbol, **arguments)
            assert amp_cases.nodes(converted.tojson(remove_amp_cast=False)) == GOLDEN[key], key
            compared += 1
    assert compared == 16


@pytest.mark.parametrize("cast", [False, True])
@pytest.mark.parametrize("dtype", DTYPES)
def test_converted_model_predicts_the_same(dtype, cast, ctx):
    net = amp_cases.cnn(mx)
    args, aux = params_of(net, data=(2, 3, 8, 8))
    x = mx.nd.array(np.random.randn(2, 3, 8, 8), ctx=ctx)
    args, aux = ({n: a.as_in_context(ctx) for n, a in d.items()} for d in (args, aux))
    exact = predict(net, args, aux, x)
    converted, low_args, low_aux = amp.convert_model(net, args, aux, dtype, cast_optional_params=cast)
    found = predict(converted, low_args, low_aux, x)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found.asnumpy(), exact.asnumpy(), atol=0.02)
    assert (found.asnumpy() != exact.asnumpy()).any()  # something was computed in low precision

    low = np.float16 if dtype == "float16" else BFLOAT16_NP
    assert low_args["conv1_weight"].dtype == (low if cast else np.float32)
    assert low_args["bn1_gamma"].dtype == low_aux["bn1_moving_mean"].dtype == np.float32
    assert args["conv1_weight"].dtype == np.float32


def test_saved_without_casts_the_network_is_the_old_one(tmp_path):
    net = amp_cases.cnn(mx)
    converted = amp.convert_symbol(net)
    converted.save(str(tmp_path / "net-symbol.json"))
    loaded = mx.sym.load(str(tmp_path / "net-symbol.json"))
    assert amp_cases.nodes(loaded.tojson()) == amp_cases.nodes(net.tojson())
    assert "amp_cast" not in net.tojson(remove_amp_cast=False)  # the original is left alone


def test_a_model_whose_other_operators_take_what_comes(ctx):
    net = mx.sym.Convolution(mx.sym.Variable("data"), kernel=(3, 3), num_filter=4, name="c")
    net = mx.sym.FullyConnected(mx.sym.Activation(net, act_type="relu"), num_hidden=3, name="fc")
    bound = net.simple_bind(ctx, data=(2, 3, 8, 8))
    for array in bound.arg_arrays:
        array[:] = mx.nd.random.uniform(-1, 1, array.shape)
    params = {n: a for n, a in bound.arg_dict.items() if n != "data"}
    low, arguments, states = amp.convert_model(net, params, {}, "float16", target_dtype_ops=["Convolution"])
    assert {n: a.dtype.__name__ for n, a in arguments.items()} == {
        "c_weight": "float32",
        "c_bias": "float32",
        "fc_weight": "float16",
        "fc_bias": "float16",
    }
    module = mx.mod.Module(low, label_names=None, context=ctx)
    module.bind([("data", (2, 3, 8, 8))], for_training=False)
    module.set_params(arguments, states)
    module.forward(mx.io.DataBatch([bound.arg_dict["data"]]), is_train=False)
    expected = bound.forward()[0].asnumpy()
    assert module.get_outputs()[0].dtype == np.float32
    np.testing.assert_allclose(module.get_outputs()[0].asnumpy(), expected, rtol=0.02, atol=0.02)


def test_own_lists():
    net = amp_cases.cnn(mx)
    converted = amp.convert_symbol(
        net,
        target_dtype_ops=["Convolution"],
        fp32_ops=["BatchNorm", "FullyConnected"],
        conditional_fp32_ops=[("Activation", "act_type", ["tanh"])],
    )
    casts = [n for n in converted.get_internals().list_outputs() if "amp_cast" in n]
    assert "conv1_output_amp_cast_float32_output" in casts
    assert not any(n.startswith(("fc1_weight", "relu1")) for n in casts)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"target_dtype": "float64"}, "float64"),
        ({"target_dtype_ops": "Convolution"}, "should be a list, got str"),
        ({"target_dtype_ops": ["Convolution"], "fp32_ops": ["Convolution"]}, "both name"),
        ({"fp32_ops": ["Activation"]}, "both name"),
        ({"target_dtype_ops": ["NoSuchOperator"]}, "NoSuchOperator"),
        ({"target_dtype_ops": ["broadcast_add"]}, "cannot be moved"),
        ({"conditional_fp32_ops": [("Activation", "act_type")]}, "list of"),
        ({"excluded_sym_names": "fc1"}, "excluded_sym_names"),
    ],
)
def test_bad_arguments_are_named(arguments, message):
    with pytest.raises(AssertionError, match=message):
        amp.convert_symbol(amp_cases.cnn(mx), **arguments)


def test_only_symbols_and_dictionaries():
    with pytest.raises(AssertionError, match="Symbol, got str"):
        amp.convert_symbol("net")
    with pytest.raises(AssertionError, match="arg_params should map names"):
        amp.convert_model(amp_cases.cnn(mx), [], {})


def test_bucketing_module(ctx):
    def sym_gen(length):
        x = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, flatten=False, name="fc1")
        return mx.sym.softmax(mx.sym.mean(x, axis=1)), ["data"], None

    module = mx.mod.BucketingModule(sym_gen, default_bucket_key=6, context=ctx)
    module.bind([("data", (2, 6, 3))], for_training=False)
    module.init_params(mx.init.Uniform(0.5))
    batches = [
        mx.io.DataBatch(
            [mx.nd.random.uniform(shape=(2, n, 3))], bucket_key=n, provide_data=[mx.io.DataDesc("data", (2, n, 3))]
        )
        for n in (6, 4)
    ]

    def outputs(m):
        found = []
        for batch in batches:
            m.forward(batch, is_train=False)
            found.append(m.get_outputs()[0].asnumpy())
        return found

    exact = outputs(module)
    converted = amp.convert_bucketing_module(module, "bfloat16", cast_optional_params=True)
    converted.bind([("data", (2, 6, 3))], for_training=False)
    for a, b in zip(outputs(converted), exact):
        np.testing.assert_allclose(a, b, atol=0.02)
    assert "fc1_output_amp_cast_float32_output" in converted.symbol.get_internals().list_outputs()
    with pytest.raises(AssertionError, match="bucketing module"):
        amp.convert_bucketing_module(object())


# ---------------------------------------------------------------------------------------------------- training


@pytest.fixture
def fresh():
    """Mixed precision switched off again afterwards."""
    yield amp
    mixed_precision.disable()
    amp_module._scaler, amp_module._scaler_is_taken = None, False


@pytest.fixture
def bf16(fresh):
    amp.init("bfloat16")
    return fresh


def test_eager_calls_are_cast(bf16):
    x, w = mx.nd.ones((2, 3)), mx.nd.ones((4, 3))
    low = mx.nd.FullyConnected(x, w, no_bias=True, num_hidden=4)
    assert low.dtype == BFLOAT16_NP
    assert mx.nd.exp(low).dtype == np.float32
    assert low.exp().dtype == np.float32
    assert (low**2).dtype == np.float32
    assert mx.nd.relu(low).dtype == BFLOAT16_NP  # runs in both
    assert mx.nd.concat(low, low).dtype == BFLOAT16_NP
    assert mx.nd.broadcast_add(low, mx.nd.ones((2, 4))).dtype == np.float32
    assert (low + low).dtype == BFLOAT16_NP
    assert mx.nd.Activation(low, act_type="softrelu").dtype == np.float32
    assert mx.nd.Activation(low, act_type="relu").dtype == BFLOAT16_NP
    assert mx.nd.take(mx.nd.ones((3, 2)), mx.nd.array([1], dtype="int32")).dtype == np.float32


def test_gradients_come_back_in_float32(bf16):
    x, w = mx.nd.ones((2, 3)), mx.nd.ones((4, 3))
    w.attach_grad()
    with mx.autograd.record():
        loss = mx.nd.FullyConnected(x, w, no_bias=True, num_hidden=4).sum()
    loss.backward()
    assert w.grad.dtype == np.float32
    assert (w.grad.asnumpy() == 2).all()


def test_updates_keep_their_types(bf16):
    weight = mx.nd.ones((3,))
    mx.nd.sgd_update(weight, mx.nd.ones((3,)), lr=0.5, out=weight)
    assert weight.asnumpy().tolist() == [0.5] * 3


def test_symbols_are_cast(bf16):
    net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="fc")
    out = mx.sym.exp(net) + net
    operators = [n[0] for n in amp_cases.nodes(out.tojson(remove_amp_cast=False))[:-1]]
    assert operators.count("amp_cast") == 4  # data, weight and bias before fc, its output before exp
    assert operators.count("amp_multicast") == 1
    assert net.list_arguments() == ["data", "fc_weight", "fc_bias"]
    executor = out.simple_bind(mx.cpu(), data=(2, 3))
    assert executor.forward()[0].dtype == np.float32


def test_auxiliary_states_are_not_cast(fresh):
    amp.init("bfloat16", target_precision_ops=["BatchNorm"])
    with mx.name.NameManager():
        net = mx.sym.BatchNorm(mx.sym.var("data"), name="bn")
    assert net.list_auxiliary_states() == ["bn_moving_mean", "bn_moving_var"]
    nodes = amp_cases.nodes(net.tojson(remove_amp_cast=False))
    assert [n[1] for n in nodes[:-1] if n[0] == "amp_cast"] == ["amp_cast0"]  # of the data; gamma and beta stay


def test_float16_leaves_eager_calls_on_cpus_alone(fresh):
    amp.init()
    x, w = mx.nd.ones((2, 3), ctx=mx.cpu()), mx.nd.ones((4, 3), ctx=mx.cpu())
    assert mx.nd.FullyConnected(x, w, no_bias=True, num_hidden=4).dtype == np.float32


@pytest.mark.gpu
def test_float16_on_gpus(fresh):
    amp.init()
    x, w = mx.nd.ones((2, 3), ctx=mx.gpu()), mx.nd.ones((4, 3), ctx=mx.gpu())
    low = mx.nd.FullyConnected(x, w, no_bias=True, num_hidden=4)
    assert low.dtype == np.float16
    assert mx.nd.softmax(low).dtype == np.float32


def test_output_layers_scale_their_gradients(bf16, caplog):
    x, label = mx.nd.array([[1.0, 2.0]]), mx.nd.array([0])
    x.attach_grad()
    with mx.autograd.record():
        out = mx.nd.SoftmaxOutput(x, label)
    out.backward()
    expected = (out.asnumpy() - [[1, 0]]) * 2**16
    np.testing.assert_allclose(x.grad.asnumpy(), expected, rtol=1e-5)
    with caplog.at_level(logging.WARNING):
        mx.sym.SoftmaxOutput(mx.sym.var("data"))
    assert "SoftmaxOutput: a graph keeps the scale" in caplog.text


def test_init_once(fresh):
    with pytest.raises(AttributeError, match="NoSuchOperator"):
        amp.init("bfloat16", target_precision_ops=["NoSuchOperator"])
    with pytest.raises(AssertionError, match="int8"):
        amp.init("int8")
    with pytest.raises(AssertionError, match="amp.init"):
        amp.init_trainer(object())
    amp.init("bfloat16", target_precision_ops=[])
    amp.init("bfloat16")  # does nothing
    x, w = mx.nd.ones((2, 3)), mx.nd.ones((4, 3))
    assert mx.nd.FullyConnected(x, w, no_bias=True, num_hidden=4).dtype == np.float32


# ---------------------------------------------------------------------------------------------------- loss scaling


class Parameter:
    def __init__(self, values):
        self._grad = None if values is None else [mx.nd.array(values)]


class Trainer:
    """What mixed precision sees of Gluon's."""

    def __init__(self, params, scale=1.0):
        self._params = params
        self._scale = scale


def test_scale_halves_after_an_overflow_and_doubles_after_patience():
    scaler = LossScaler()
    good = [Parameter([1, 2]), Parameter(None)]
    assert scaler.loss_scale == 2.0**16
    assert scaler.has_overflow([*good, Parameter([np.inf])])
    assert scaler.loss_scale == 2.0**16  # from the next check on
    assert not scaler.has_overflow(good)
    assert scaler.loss_scale == 2.0**15
    assert scaler.has_overflow([Parameter([np.nan])] + good * 250)  # more arrays than one call looks at
    scaler._unskipped = scaler._scale_seq_len - 1
    assert not scaler.has_overflow(good)
    assert not scaler.has_overflow(good)
    assert scaler.loss_scale == 2.0**15  # 2**14, doubled
    assert scaler._unskipped == 1


def test_scaled_loss_and_unscaled_gradients(bf16):
    trainer = Trainer([Parameter([4.0, 8.0]), Parameter(None)], scale=0.5)
    with pytest.raises(AssertionError, match="init_trainer"), amp.scale_loss(mx.nd.ones((1,)), trainer):
        pass
    amp.init_trainer(trainer)
    with amp.scale_loss(mx.nd.ones((1,)), trainer) as scaled:
        assert scaled.asscalar() == 2.0**16
    with amp.scale_loss([mx.nd.ones((1,)), mx.nd.zeros((1,))], trainer) as scaled:
        assert [x.asscalar() for x in scaled] == [2.0**16, 0]
    assert trainer._scale == 0.5 / 2**16
    amp.unscale(trainer)
    assert trainer._scale == 1.0
    np.testing.assert_allclose(trainer._params[0]._grad[0].asnumpy(), np.array([2.0, 4.0]) / 2**16)


def test_each_trainer_has_its_scaler(bf16):
    first, second = Trainer([]), Trainer([])
    amp.init_trainer(first)
    amp.init_trainer(second)
    assert first._amp_loss_scaler is not second._amp_loss_scaler


def test_trainers_only(bf16):
    with pytest.raises(TypeError, match="only compatible with Gluon Trainer"):
        amp.init_trainer(mx.optimizer.create("sgd"))
    with pytest.raises(TypeError, match="expected a gluon.Trainer"):
        amp.unscale(3)
