"""Networks in NumPy mode: training hybridized, un-hybridized and in MXNet 1.9.1 goes the same way."""

import json

import numpy as onp
import pytest

import mxnet as mx
from mxnet import gluon, np, npx
from tests.integration.np_networks import LOSSES, NETWORKS, make
from tests.integration.np_networks.training import STEPS, prepare, split, train

GOLDEN = json.loads(LOSSES.read_text())
with mx.util.np_shape(True), mx.util.np_array(True):
    HYBRID = [name for name in NETWORKS if isinstance(make(name).block, gluon.HybridBlock)]  # of the others are parts


@pytest.fixture(autouse=True)
def numpy_mode():
    npx.set_np()
    yield
    npx.reset_np()


@pytest.mark.parametrize("name", NETWORKS)
def test_training_goes_as_in_mxnet_and_hybridized_as_not(name):
    eager, hybrid = train(make(name)), train(make(name), hybrid=True)
    if GOLDEN[name] is not None:
        onp.testing.assert_allclose(eager.losses, GOLDEN[name], rtol=1e-4, atol=1e-6)
    onp.testing.assert_allclose(hybrid.losses, eager.losses, rtol=1e-5, atol=1e-6)
    assert hybrid.parameters.keys() == eager.parameters.keys()
    for path, expected in eager.parameters.items():
        onp.testing.assert_allclose(hybrid.parameters[path], expected, rtol=1e-5, atol=1e-5, err_msg=path)


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("name", ["lenet", "lstm_deep", "transformer_encoder", "seq2seq_attention"])
def test_devices_share_the_batch(name, hybrid):
    network, shared = make(name), make(name)
    size = len(network.batch[0]) // 2 * 2
    for n in (network, shared):
        n.clip, n.batch = None, tuple(a[:size] for a in n.batch)
    one, two = train(network, hybrid), train(shared, hybrid, [mx.cpu(0), mx.cpu(1)])
    onp.testing.assert_allclose(two.losses, one.losses, rtol=1e-5)
    for path, expected in one.parameters.items():
        onp.testing.assert_allclose(two.parameters[path], expected, rtol=1e-4, atol=1e-5, err_msg=path)


@pytest.mark.parametrize("name", ["mlp", "lstm_concise", "bert_as_one_graph"])
def test_static_memory_changes_nothing(name):
    static = train(make(name), hybrid=True, static_alloc=True, static_shape=True)
    onp.testing.assert_allclose(static.losses, train(make(name)).losses, rtol=1e-5)


@pytest.mark.parametrize("name", NETWORKS)
def test_saved_parameters_give_the_same_loss(name, tmp_path):
    network, other = make(name), make(name)
    prepare(network, [mx.cpu()])
    network.block.save_parameters(str(tmp_path / "net.params"))
    other.block.load_parameters(str(tmp_path / "net.params"))
    (batch,) = split(network.batch, [mx.cpu()])
    for (_, loss), (_, again) in zip(network.phases, other.phases):
        onp.testing.assert_array_equal(again(other.block, *batch).asnumpy(), loss(network.block, *batch).asnumpy())


@pytest.mark.parametrize("name", HYBRID)
def test_exported_networks_compute_the_same(name, tmp_path):
    network = make(name)
    prepare(network, [mx.cpu()])
    inputs = [np.array(a, dtype=a.dtype) for a in network.batch[: network.inputs]]
    eager = listed(network.block(*inputs))
    network.block.hybridize()
    network.block(*inputs)
    network.block.export(str(tmp_path / "net"))
    names = ["data"] if len(inputs) == 1 else [f"data{i}" for i in range(len(inputs))]
    read = gluon.SymbolBlock.imports(str(tmp_path / "net-symbol.json"), names, str(tmp_path / "net-0000.params"))
    found = listed(read(*inputs))
    assert len(found) == len(eager)
    for a, b in zip(found, eager):
        assert type(a) is np.ndarray
        onp.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-5, atol=1e-6)


def listed(x):
    """The arrays in nested lists."""
    return [a for part in x for a in listed(part)] if isinstance(x, (list, tuple)) else [x]


def test_recorded_losses_are_those_of_the_networks():
    assert GOLDEN.keys() == NETWORKS.keys()
    for name, losses in GOLDEN.items():
        if losses is None:
            assert name == "cells_unrolled"  # MXNet's cells take no arrays of mx.np
            continue
        assert len(losses) == STEPS * len(make(name).phases), name
        assert len({round(x, 5) for x in losses}) > 1, name
