"""Networks that MXNet 1.9.1 wrote: they load, and give its outputs, gradients and auxiliary states."""

import json

import numpy as np
import pytest

import mxnet as mx
from tests.conftest import SHARED, needs_shared

pytestmark = needs_shared

CHECKPOINTS = SHARED / "fixtures" / "checkpoints"
NETWORKS = ("mlp", "lenet", "resnet_small", "lstm_cells", "rnn_fused", "gru_fused", "mixed_ops", "losses")
TOLERANCE = {"rtol": 1e-4, "atol": 1e-5}

# The recording overwrote the gradient above PReLU before using it for the slopes. Asked for this gradient alone, MXNet
# gives these numbers, which its own finite differences confirm.
CORRECTED = {("mixed_ops", "prelu_gamma"): [-0.00024674, 0.00217707, 0.00100583, 0.00050683]}


class Network:
    """A stored network with what it was recorded to give."""

    def __init__(self, name, ctx):
        self.ctx = ctx
        manifest = json.loads((SHARED / "fixtures" / "manifest.json").read_text())["files"]
        self.facts = manifest[f"checkpoints/{name}-io.npz"]
        symbol, self.args, self.aux = mx.model.load_checkpoint(str(CHECKPOINTS / name), 1)
        self.text = (CHECKPOINTS / f"{name}-symbol.json").read_text()
        self.symbol = symbol
        with np.load(CHECKPOINTS / f"{name}-io.npz") as f:
            self.io = {k: f[k] for k in f.files}
        for (network, argument), gradient in CORRECTED.items():
            if network == name:
                self.io[f"grad:{argument}"] = np.array(gradient, "float32")
        self.data = self.keyed("in")

    def keyed(self, prefix):
        """The recorded arrays whose key starts with the prefix, under the rest of the key."""
        return {k[len(prefix) + 1 :]: v for k, v in self.io.items() if k.startswith(prefix + ":")}

    def without_dropout(self):
        """The symbol with the recorded rates of dropout, which are zero in training."""
        graph = json.loads(self.text)
        for node in graph["nodes"]:
            if node["name"] in self.facts["dropout_rate_zero_in_training"]:
                node["attrs"]["p"] = "0"
        return mx.sym.load_json(json.dumps(graph))

    def bind(self, symbol, grad_req):
        """An executor over copies of the stored parameters; what has no value there is zero (begin states)."""
        names = symbol.list_arguments()
        known = {n: mx.nd.array(v, ctx=self.ctx, dtype=v.dtype) for n, v in self.data.items() if n in names}
        known.update({n: v.copyto(self.ctx) for n, v in self.args.items() if n in names})
        shapes, _, aux_shapes = symbol.infer_shape(**{n: v.shape for n, v in known.items()})
        arrays = {n: known[n] if n in known else mx.nd.zeros(s, ctx=self.ctx) for n, s in zip(names, shapes)}
        for n, s in zip(names, shapes):
            assert arrays[n].shape == s
        aux = {n: self.aux[n].copyto(self.ctx) for n in symbol.list_auxiliary_states()}
        assert [v.shape for v in aux.values()] == list(aux_shapes)
        grads = {n: mx.nd.full(a.shape, 7.0, ctx=self.ctx) for n, a in arrays.items()} if grad_req != "null" else None
        return symbol.bind(self.ctx, arrays, args_grad=grads, grad_req=grad_req, aux_states=aux)


@pytest.fixture(params=NETWORKS)
def network(request, ctx):
    return Network(request.param, ctx)


def _check_outputs(executor, recorded):
    names = executor._symbol.list_outputs()
    assert len(recorded) == len(names)
    for key, expected in recorded.items():
        index, name = key.split(":", 1)
        assert names[int(index)] == name
        np.testing.assert_allclose(executor.outputs[int(index)].asnumpy(), expected, err_msg=name, **TOLERANCE)


def _check_gradients(executor, recorded, prefix, vanishing):
    assert recorded
    for name, expected in recorded.items():
        got = executor.grad_dict[name].asnumpy()
        # What vanishes is the rounding of sums that cancel.
        atol = 1e-4 if f"{prefix}:{name}" in vanishing else TOLERANCE["atol"]
        np.testing.assert_allclose(got, expected, rtol=TOLERANCE["rtol"], atol=atol, err_msg=name)


def test_inference(network):
    executor = network.bind(network.symbol, "null")
    executor.forward(is_train=False)
    _check_outputs(executor, network.keyed("eval"))
    for name, before in network.aux.items():
        np.testing.assert_array_equal(executor.aux_dict[name].asnumpy(), before.asnumpy())


def test_training(network):
    executor = network.bind(network.without_dropout(), "write")
    executor.forward(is_train=True)
    _check_outputs(executor, network.keyed("train"))
    heads = network.keyed("headgrad")
    given = [mx.nd.array(heads[str(i)], ctx=network.ctx) for i in range(len(heads))] if heads else None
    executor.backward(given)
    _check_gradients(executor, network.keyed("grad"), "grad", network.facts["gradients_that_vanish"])
    after = network.keyed("aux_after")
    assert set(after) == set(network.aux)
    for name, expected in after.items():
        np.testing.assert_allclose(executor.aux_dict[name].asnumpy(), expected, err_msg=name, **TOLERANCE)


def test_gradients_accumulate(network):
    executor = network.bind(network.without_dropout(), "add")
    heads = network.keyed("headgrad")
    given = [mx.nd.array(heads[str(i)], ctx=network.ctx) for i in range(len(heads))] if heads else None
    executor.forward(is_train=True)
    executor.backward(given)
    for name, expected in network.keyed("grad").items():
        np.testing.assert_allclose(executor.grad_dict[name].asnumpy() - 7, expected, rtol=1e-4, atol=1e-4, err_msg=name)


@pytest.mark.parametrize("name", ["mlp", "lenet", "resnet_small", "lstm_cells"])
def test_sub_graph_with_head_gradient(name, ctx):
    network = Network(name, ctx)
    ((output, head),) = network.keyed("head").items()
    executor = network.bind(network.without_dropout().get_internals()[output], "write")
    executor.forward(is_train=True)
    np.testing.assert_allclose(executor.outputs[0].asnumpy(), network.io[f"headout:{output}"], **TOLERANCE)
    executor.backward([mx.nd.array(head, ctx=ctx)])
    _check_gradients(executor, network.keyed("hgrad"), "hgrad", network.facts["gradients_that_vanish"])


def test_mobilenet_shapes():
    symbol = mx.sym.load(str(CHECKPOINTS / "mobilenet0.25-symbol.json"))
    recorded = json.loads((CHECKPOINTS / "mobilenet0.25-shapes.json").read_text())
    found = symbol.infer_shape(**{k: tuple(v) for k, v in recorded["input"].items()})
    names = symbol.list_arguments(), symbol.list_outputs(), symbol.list_auxiliary_states()
    for kind, ns, shapes in zip(("arguments", "outputs", "auxiliary"), names, found):
        assert list(zip(ns, shapes)) == [(k, tuple(v)) for k, v in recorded[kind].items()]
