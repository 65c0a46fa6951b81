"""Networks that Gluon exported (symbol and parameters) run through executors: outputs, gradients, moving averages."""

import json

import numpy as np
import pytest

import mxnet as mx
from tests.conftest import SHARED, needs_shared

GLUON = SHARED / "fixtures" / "gluon"

pytestmark = needs_shared

# MXNet's kernel gives a wrong gradient of PReLU's slope when other gradients are asked for in the same pass.
PRELU_SLOPE = "grad:7.alpha"


def bound(name, ctx):
    """The exported network of epoch 3 with the recorded input, and what MXNet computed."""
    symbol, args, aux = mx.model.load_checkpoint(str(GLUON / name), 3)
    facts = json.loads((SHARED / "fixtures" / "manifest.json").read_text())["files"][f"gluon/{name}.params"]
    recorded = np.load(GLUON / f"{name}-io.npz")
    executor = symbol.simple_bind(ctx, data=recorded["in:0"].shape)
    executor.copy_params_from(args, aux)
    executor.arg_dict["data"][:] = recorded["in:0"]
    return executor, recorded, facts["structure_names"]


@pytest.mark.parametrize("name", ["mlp", "conv_bn"])
def test_inference(name, ctx):
    executor, recorded, _ = bound(name, ctx)
    np.testing.assert_allclose(executor.forward()[0].asnumpy(), recorded["eval:0"], rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("name", ["mlp", "conv_bn"])
def test_training(name, ctx):
    executor, recorded, names = bound(name, ctx)
    out = executor.forward(is_train=True)[0]
    np.testing.assert_allclose(out.asnumpy(), recorded["train:0"], rtol=1e-4, atol=1e-5)
    executor.backward(mx.nd.array(recorded["headgrad:0"], ctx))
    checked = 0
    for key in recorded.files:
        kind, _, structure = key.partition(":")
        if kind == "gradin":
            found = executor.grad_dict["data"]
        elif key == PRELU_SLOPE:
            continue
        elif kind == "grad":
            found = executor.grad_dict[names[structure]]
        elif kind == "aux_after" and names[structure] in executor.aux_dict:
            found = executor.aux_dict[names[structure]]
        else:
            continue
        np.testing.assert_allclose(found.asnumpy(), recorded[key], rtol=1e-4, atol=1e-5, err_msg=key)
        checked += 1
    assert checked >= 4


def test_gradient_of_the_prelu_slope(ctx):
    executor, recorded, names = bound("conv_bn", ctx)
    slope, head = executor.arg_dict[names["7.alpha"]], recorded["headgrad:0"].astype(np.float64)
    executor.forward(is_train=True)
    executor.backward(mx.nd.array(recorded["headgrad:0"], ctx))
    found = executor.grad_dict[names["7.alpha"]].asscalar()
    start, step, values = slope.asscalar(), 1e-2, []
    for sign in (1, -1):
        slope[:] = start + sign * step
        executor.forward(is_train=True)
        executor._output_dirty = False  # no backward pass is meant to follow
        values.append((executor.outputs[0].asnumpy() * head).sum())
    assert abs((values[0] - values[1]) / (2 * step) - found) < 2e-3
    assert abs(found - recorded[PRELU_SLOPE][0]) > 0.05


@pytest.mark.parametrize("path", sorted(GLUON.glob("*.params")), ids=lambda p: p.name)
def test_every_parameter_file_reads_as_the_manifest_says(path):
    facts = json.loads((SHARED / "fixtures" / "manifest.json").read_text())["files"][f"gluon/{path.name}"]["arrays"]
    loaded = mx.nd.load(str(path))
    assert set(loaded) == set(facts)
    for name, expected in facts.items():
        assert list(loaded[name].shape) == expected["shape"]
        assert np.dtype(loaded[name].dtype).name == expected["dtype"]
        values = loaded[name].asnumpy().astype(np.float64)
        np.testing.assert_allclose(values.sum(), expected["sum"], rtol=1e-6, atol=1e-9)
        np.testing.assert_allclose(np.abs(values).sum(), expected["abs_sum"], rtol=1e-6)
