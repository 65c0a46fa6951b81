"""Fixture networks whose training steps are traced: every number is the one of the eager step."""

import numpy as np
import pytest

import mxnet as mx
from tests.conftest import SHARED, needs_shared

CHECKPOINTS = SHARED / "fixtures" / "checkpoints"


@needs_shared
@pytest.mark.parametrize("name", ["mlp", "resnet_small", "lstm_cells", "losses"])
def test_traced_steps_equal_eager_ones(name, ctx):
    symbol, args, aux = mx.model.load_checkpoint(str(CHECKPOINTS / name), 1)
    recorded = np.load(CHECKPOINTS / f"{name}-io.npz")
    inputs = {k[3:]: recorded[k] for k in recorded.files if k.startswith("in:")}
    executor = symbol.simple_bind(ctx, **{k: v.shape for k, v in inputs.items()})
    executor.copy_params_from(args, allow_extra_params=True)
    for key, value in inputs.items():
        executor.arg_dict[key][:] = value

    def step():
        executor.copy_params_from({}, aux)  # every step begins with the same moving averages
        executor.forward(is_train=True)
        executor.backward()
        found = [*executor.outputs, *executor.grad_arrays, *executor.aux_arrays]
        return [a.asnumpy() for a in found if a is not None]

    eager = step()
    assert executor._trace is None
    for _ in range(4):
        traced = step()
    assert executor._trace is not None
    for a, b in zip(eager, traced):
        np.testing.assert_allclose(b, a, rtol=1e-6, atol=1e-7)
