"""Networks that people trained with MXNet and published: they load, infer, bind, and give MXNet's outputs."""

import json

import numpy as np
import pytest

import mxnet as mx
from tests.conftest import SHARED, needs_shared

pytestmark = needs_shared

MODELS = SHARED / "models"
FACTS = json.loads((MODELS / "manifest.json").read_text()) if MODELS.is_dir() else {}


def _input(facts):
    x = np.random.RandomState(0).uniform(-1, 1, facts["input_shape"]).astype("float32")
    return x * 127.5 + 127.5 if facts["scaled_to_0_255"] else x


@pytest.mark.parametrize("name", FACTS)
def test_outputs(name, ctx):
    facts = FACTS[name]
    symbol, args, aux = mx.model.load_checkpoint(str(MODELS / name), facts["epoch"])
    assert symbol.list_outputs() == list(facts["outputs"]) or set(symbol.list_outputs()) == set(facts["outputs"])
    shape = tuple(facts["input_shape"])
    executor = symbol.simple_bind(ctx, grad_req="null", data=shape)
    executor.copy_params_from(args, aux, allow_extra_params=True)
    missing = set(symbol.list_arguments()) - set(args) - {"data"}
    assert missing == set(facts["unfed_arguments"])
    executor.forward(is_train=False, data=mx.nd.array(_input(facts), ctx=ctx))
    with np.load(MODELS / "outputs.npz") as recorded:
        for output, array in executor.output_dict.items():
            assert array.shape == tuple(facts["outputs"][output])
            # Deep networks of large numbers: compare with the size of the output.
            expected = recorded[f"{name}:{output}"]
            np.testing.assert_allclose(
                array.asnumpy(), expected, rtol=1e-4, atol=1e-5 * max(1, np.abs(expected).max()), err_msg=output
            )


def test_retinaface_binds(ctx):
    """Its auxiliary states are named otherwise in the file than in the graph, so there is nothing to compare with."""
    symbol, args, aux = mx.model.load_checkpoint(str(MODELS / "retinaface_mnet25" / "mnet.25"), 0)
    executor = symbol.simple_bind(ctx, grad_req="null", data=(1, 3, 64, 64))
    executor.copy_params_from(args, None, allow_extra_params=True)
    states = {name.replace("running_", "moving_"): value for name, value in aux.items()}
    assert set(executor.aux_dict) == set(states)
    for name, state in states.items():
        executor.aux_dict[name][:] = state
    outputs = executor.forward(is_train=False, data=mx.nd.ones((1, 3, 64, 64), ctx=ctx))
    assert len(outputs) == len(symbol.list_outputs()) == 9
    assert all(np.isfinite(out.asnumpy()).all() for out in outputs)
