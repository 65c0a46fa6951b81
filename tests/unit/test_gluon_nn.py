"""Layers of Gluon, against values, graphs and texts recorded from MXNet."""

import inspect
import json
import pickle
import subprocess
import sys
import warnings

import numpy as np
import pytest

import mxnet as mx
from mxnet.gluon import contrib, nn
from tests.conftest import ROOT
from tests.unit import gluon_cases as cases

GOLDEN = ROOT / "tests/golden/gluon_nn"
LAYERS = json.loads((GOLDEN / "layers.json").read_text())
GRAPHS = json.loads((GOLDEN / "graphs.json").read_text())


def assert_same(got, expected, path):
    """Numbers nearly equal, everything else equal."""
    if isinstance(expected, dict):
        assert got.keys() == expected.keys(), path
        for key, value in expected.items():
            assert_same(got[key], value, f"{path}/{key}")
    elif isinstance(expected, list) and expected and isinstance(expected[0], float):
        np.testing.assert_allclose(got, expected, rtol=2e-4, atol=2e-5, err_msg=path)
    else:
        assert got == expected, path


@pytest.mark.parametrize("hybridize", [False, True], ids=["eager", "hybrid"])
@pytest.mark.parametrize("text", cases.LAYERS)
def test_recorded(text, hybridize):
    expected = LAYERS[text]
    if text == "nn.SELU()":  # MXNet's gradient is wrong below zero
        scale, alpha = 1.0507009873554805, 1.6732632423543772
        expected["grad"] = [scale if y > 0 else y + scale * alpha for y in expected["training"]]
    assert_same(cases.layer(mx, text, hybridize), expected, text)


@pytest.mark.parametrize("text", cases.GRAPHS)
def test_graph(text):
    expected, found = GRAPHS[text], json.loads(json.dumps(cases.graph(mx, text)))
    for _, _, attrs, _ in expected:
        if "__shape__" in attrs:  # MXNet writes one of them as a list
            attrs["__shape__"] = attrs["__shape__"].replace("[", "(").replace("]", ")")
    assert found == expected


def test_all_layers_have_a_case():
    text = " ".join(cases.GRAPHS)
    layers = {name for name in vars(nn) if inspect.isclass(getattr(nn, name))}
    containers = {"Block", "HybridBlock", "SymbolBlock", "Sequential", "HybridSequential", "Lambda"}
    assert not {name for name in layers - containers if f"nn.{name}(" not in text}


# ---------------------------------------------------------------------------------------------------- signatures


@pytest.mark.parametrize(
    ("layer", "expected"),
    [
        ("Conv1D", "strides=1, padding=0, dilation=1, groups=1, layout='NCW'"),
        ("Conv2D", "strides=(1, 1), padding=(0, 0), dilation=(1, 1), groups=1, layout='NCHW'"),
        (
            "Conv3DTranspose",
            "padding=(0, 0, 0), output_padding=(0, 0, 0), dilation=(1, 1, 1), groups=1, layout='NCDHW'",
        ),
        ("MaxPool1D", "pool_size=2, strides=None, padding=0, layout='NCW', ceil_mode=False"),
        ("MaxPool3D", "pool_size=(2, 2, 2), strides=None, padding=0, ceil_mode=False, layout='NCDHW'"),
        ("AvgPool2D", "padding=0, ceil_mode=False, layout='NCHW', count_include_pad=True"),
        ("GlobalAvgPool2D", "layout='NCHW'"),
    ],
)
def test_each_row_shows_its_own_signature(layer, expected):
    parameters = inspect.signature(getattr(nn, layer)).parameters.values()
    assert expected in ", ".join(f"{p.name}={p.default!r}" for p in parameters)
    assert '``"NC' in getattr(nn, layer).__doc__


def test_rows_can_be_extended():
    class Padded(nn.Conv2D):
        def __init__(self, channels):
            super().__init__(channels, 3, padding=1, prefix="padded_")

    assert repr(Padded(2)) == "Padded(None -> 2, kernel_size=(3, 3), stride=(1, 1), padding=(1, 1))"
    assert list(inspect.signature(Padded).parameters) == ["channels"]
    assert nn.Conv2D(2, 3)._layouts == ("NCHW", "NHWC")


# ---------------------------------------------------------------------------------------------------- containers


@pytest.mark.parametrize("container", [nn.Sequential, nn.HybridSequential])
def test_containers(container):
    net = container(prefix="net_")
    assert len(net) == 0
    with net.name_scope():
        net.add(nn.Dense(4, activation="relu"), nn.Dense(3))
        net.add(nn.Flatten())
    assert len(net) == 3
    assert [type(layer) for layer in net] == [nn.Dense, nn.Dense, nn.Flatten]
    assert net[-1] is list(net)[2]
    assert net[0].weight.name == "net_dense0_weight"
    part = net[1:]
    assert isinstance(part, container)
    assert part.prefix == "net_"
    assert part[0] is net[1]
    net.initialize()
    x = mx.nd.ones((2, 5))
    np.testing.assert_array_equal(part(net[0](x)).asnumpy(), net(x).asnumpy())
    assert repr(net) == (
        f"{container.__name__}(\n  (0): Dense(5 -> 4, Activation(relu))\n"
        "  (1): Dense(4 -> 3, linear)\n  (2): Flatten\n)"
    )
    with pytest.raises(IndexError):
        net[3]


def test_nested_containers_print_indented():
    inner = nn.HybridSequential()
    inner.add(nn.Flatten())
    outer = nn.HybridSequential()
    outer.add(inner)
    assert repr(outer) == "HybridSequential(\n  (0): HybridSequential(\n    (0): Flatten\n  )\n)"


def test_sequential_of_hybrid_blocks_warns():
    net = nn.Sequential(prefix="plain_")
    net.add(nn.Dense(2))
    with pytest.warns(UserWarning, match="all children of 'plain_' are HybridBlocks"):
        net.hybridize()
    net.add(nn.Lambda("relu"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        net.hybridize()


@pytest.mark.parametrize("kind", [contrib.nn.Concurrent, contrib.nn.HybridConcurrent])
def test_concurrent(kind):
    net = kind(axis=1)
    net.add(nn.Dense(2), contrib.nn.Identity(), nn.Dense(1))
    net.initialize()
    x = mx.nd.random.normal(shape=(3, 4))
    out = net(x).asnumpy()
    assert out.shape == (3, 7)
    np.testing.assert_array_equal(out[:, 2:6], x.asnumpy())
    part = net[:2]
    assert part.axis == 1
    np.testing.assert_array_equal(part(x).asnumpy(), out[:, :6])


# ---------------------------------------------------------------------------------------------------- single layers


def test_lambdas():
    x = mx.nd.array([-1, 2])
    for make in (nn.Lambda, nn.HybridLambda):
        assert make("relu")(x).asnumpy().tolist() == [0, 2]
        assert repr(make("relu")) == f"{make.__name__}(relu)"
        with pytest.raises(ValueError, match=f"{make.__name__}: function 'nope' is not in mxnet.ndarray"):
            make("nope")
        with pytest.raises(ValueError, match="function must be callable or an operator's name, got 3"):
            make(3)
    assert nn.Lambda(lambda a, b: a * b)(x, x).asnumpy().tolist() == [1, 4]
    assert repr(nn.Lambda(lambda x: x)) == "Lambda(<lambda>)"


def test_deferred_shapes():
    for layer, data, weight in (
        (nn.Conv2D(4, 3, groups=2), (1, 6, 5, 5), (4, 3, 3, 3)),
        (nn.Conv2DTranspose(4, 3), (1, 6, 5, 5), (6, 4, 3, 3)),
        (nn.Conv3DTranspose(4, 1, groups=2), (1, 6, 2, 2, 2), (6, 2, 1, 1, 1)),
        (nn.Conv1D(4, 2), (1, 3, 5), (4, 3, 2)),
        (nn.Dense(4, flatten=False), (2, 3, 7), (4, 7)),
    ):
        layer.initialize()
        layer(mx.nd.ones(data))
        assert layer.weight.shape == weight


def test_channels_last():
    x = mx.nd.random.normal(shape=(2, 5, 6, 3))
    last, first = nn.Conv2D(4, 3, layout="NHWC"), nn.Conv2D(4, 3)
    for layer, data in ((last, x), (first, x.transpose((0, 3, 1, 2)))):
        layer.initialize()
        layer(data)
    assert last.weight.shape == (4, 3, 3, 3)
    last.weight.set_data(first.weight.data().transpose((0, 2, 3, 1)))
    expected = first(x.transpose((0, 3, 1, 2))).transpose((0, 2, 3, 1)).asnumpy()
    np.testing.assert_allclose(last(x).asnumpy(), expected, rtol=1e-4, atol=1e-5)


def test_batch_norm_stays_in_float32():
    net = nn.HybridSequential()
    net.add(nn.Dense(3), nn.BatchNorm())
    net.cast("float16")
    assert np.dtype(net[0].weight.dtype) == np.float16
    assert np.dtype(net[1].gamma.dtype) == np.float32
    net[1].cast(np.float64)
    assert np.dtype(net[1].gamma.dtype) == np.float64


def test_batch_norm_frozen_parts():
    layer = nn.BatchNorm(scale=False, center=False, in_channels=3)
    assert layer.in_channels == 3
    assert [p.grad_req for p in layer.collect_params().values()] == ["null"] * 4
    layer.gamma.grad_req = "write"
    assert layer.gamma.grad_req == "null", "what is fixed cannot be learned"


def test_dropout_axes():
    layer = nn.Dropout(0.5, axes=(1,))
    with mx.autograd.record():
        out = layer(mx.nd.ones((64, 8))).asnumpy()
    assert set(np.unique(out)) == {0, 2}
    assert (out == out[:, :1]).all()
    assert (layer(mx.nd.ones((4, 4))).asnumpy() == 1).all()


def test_embedding_sparse_gradient():
    layer = nn.Embedding(5, 2, sparse_grad=True)
    layer.initialize()
    with mx.autograd.record():
        out = layer(mx.nd.array([1, 3, 1]))
    out.backward()
    grad = layer.weight.grad()
    assert grad.stype == "row_sparse"
    np.testing.assert_array_equal(grad.asnumpy(), [[0, 0], [2, 2], [0, 0], [1, 1], [0, 0]])


def test_sparse_embedding():
    layer = contrib.nn.SparseEmbedding(6, 2)
    layer.initialize()
    trainer = mx.gluon.Trainer(layer.collect_params(), "sgd", {"learning_rate": 1.0})
    x = mx.nd.array([4, 0])
    with mx.autograd.record():
        out = layer(x)
    before = out.asnumpy()
    out.backward()
    trainer.step(1)
    np.testing.assert_allclose(layer(x).asnumpy(), before - 1, rtol=1e-6)
    assert repr(layer) == "SparseEmbedding(6 -> 2, float32)"


def test_sync_batch_norm_warns_without_a_number_of_devices():
    with pytest.warns(UserWarning, match="set num_devices"):
        layer = contrib.nn.SyncBatchNorm(in_channels=2)
    assert layer._kwargs["ndev"] == max(mx.num_gpus(), 1)


@pytest.mark.parametrize("hybridize", [False, True])
def test_modulated_deformable_convolution(hybridize):
    # Offsets begin as zero, so that all places count sigmoid(0) * 2 = 1.
    layer, plain = contrib.cnn.ModulatedDeformableConvolution(3, 3, padding=1), nn.Conv2D(3, 3, padding=1)
    x = mx.nd.random.normal(shape=(2, 4, 5, 5))
    for block in (layer, plain):
        block.initialize()
        block(x)
    if hybridize:
        layer.hybridize()
    plain.weight.set_data(layer.deformable_conv_weight.data())
    np.testing.assert_allclose(layer(x).asnumpy(), plain(x).asnumpy(), rtol=1e-4, atol=1e-5)
    assert layer.offset_weight.shape == (27, 4, 3, 3)
    with mx.autograd.record():
        out = layer(x)
    out.backward()
    assert np.abs(layer.offset_weight.grad().asnumpy()).max() > 0


def test_layers_pickle():
    layer = pickle.loads(pickle.dumps(nn.Activation("relu")))
    assert layer(mx.nd.array([-1, 1])).asnumpy().tolist() == [0, 1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.Dense(-1), "Dense: units must be at least 0, got -1"),
        (lambda: nn.Dense("8"), "Dense: units must be an integer, got '8'"),
        (lambda: nn.Dense(3, in_units=-1), "Dense: in_units must be at least 0, got -1"),
        (lambda: nn.Dropout(1.5), "Dropout: rate must be between 0 and 1, got 1.5"),
        (lambda: nn.Embedding(0, 3), "Embedding: input_dim must be at least 1, got 0"),
        (lambda: nn.LeakyReLU(-0.1), "LeakyReLU: alpha must be at least 0, got -0.1"),
        (lambda: nn.Conv2D(4, (3, 3, 3)), r"Conv2D: kernel_size must be a number or 2 numbers, got 3: \(3, 3, 3\)"),
        (lambda: nn.Conv2D(4, 3, strides=(1,)), "Conv2D: strides must be a number or 2 numbers"),
        (lambda: nn.Conv2D(4, 3.5), "Conv2D: kernel_size must be a number or 2 numbers, got 3.5"),
        (lambda: nn.Conv1D(4, 3, layout="NWC"), "Conv1D: layout must be 'NCW', got 'NWC'"),
        (lambda: nn.Conv2D(4, 3, layout="CHWN"), "Conv2D: layout must be 'NCHW' or 'NHWC', got 'CHWN'"),
        (lambda: nn.Conv2D(0, 3), "Conv2D: channels must be at least 1, got 0"),
        (lambda: nn.Conv2D(4, 3, groups=3, in_channels=4), "divide"),
        (
            lambda: nn.Conv2DTranspose(4, 3, output_padding=1),
            "Conv2DTranspose: output_padding must be less than strides",
        ),
        (lambda: nn.MaxPool2D((2, 2, 2)), "MaxPool2D: pool_size must be a number or 2 numbers"),
        (lambda: nn.AvgPool1D(layout="NCHW"), "AvgPool1D: layout must be 'NCW' or 'NWC', got 'NCHW'"),
        (lambda: nn.GlobalMaxPool3D("NCHW"), "GlobalMaxPool3D: layout must be 'NCDHW' or 'NDHWC'"),
        (lambda: nn.ReflectionPad2D((1, 2)), "ReflectionPad2D: padding must be a number or 8 numbers"),
        (lambda: nn.BatchNorm(in_channels=-2), "BatchNorm: in_channels must be at least 0, got -2"),
        (lambda: nn.GroupNorm(0), "GroupNorm: num_groups must be at least 1, got 0"),
        (lambda: contrib.nn.PixelShuffle2D((1, 2, 3)), "PixelShuffle2D: factor must be a number or 2 numbers"),
        (lambda: contrib.cnn.DeformableConvolution(2, layout="NWC"), "DeformableConvolution: layout must be"),
    ],
)
def test_bad_arguments_name_layer_and_argument(make, message):
    with pytest.raises(mx.MXNetError, match=message):
        make()


def test_bad_activation_is_refused_by_the_operator():
    with pytest.raises(mx.MXNetError, match="Activation"):
        nn.Activation("rleu")(mx.nd.ones((1,)))


def test_gluon_imports_layers_on_first_use():
    code = (
        "import sys, mxnet as mx\n"
        "assert mx.gluon.nn.Dense\n"
        "loaded = [m for m in ('model_zoo', 'contrib', 'rnn', 'data', 'loss') if 'mxnet.gluon.' + m in sys.modules]\n"
        "assert not loaded, loaded\n"
        "assert mx.gluon.model_zoo.vision.resnet18_v1 and mx.gluon.contrib.nn.Identity and mx.gluon.loss.L2Loss\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
