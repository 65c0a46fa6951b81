"""Optimizers give the weights and states that MXNet 1.9.1 gave; ``tools/record.py`` has recorded them."""

import json
import warnings
from pathlib import Path

import numpy as np
import pytest

import mxnet as mx
from tests.conftest import SHARED, needs_shared

from . import optimizer_cases as cases

GOLDEN = Path(__file__).parent.parent / "golden" / "optimizer" / "updates.npz"
FIXTURES = SHARED / "fixtures" / "optimizer"


@pytest.fixture(scope="module")
def golden():
    with np.load(GOLDEN) as f:
        return dict(f)


def test_every_case_is_recorded(golden):
    assert {c[0] for c in cases.CASES} == set(golden)


@pytest.mark.parametrize("together", [True, False], ids=["list", "single"])
@pytest.mark.parametrize("case", cases.CASES, ids=lambda c: c[0])
def test_updates(golden, case, together):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        results = cases.run(mx, *case, together=together)
    expected = golden[case[0]]
    found = cases.flattened(results)
    assert found.shape == expected.shape
    # With float16 weights MXNet's LAMB takes the norm of the rounded weight, here it is that of the float32 copy.
    tolerance = 1e-3 if "float16" in case[0] else 2e-6
    np.testing.assert_allclose(found, expected, rtol=5 * tolerance, atol=tolerance)


def manifest(name):
    return json.loads((SHARED / "fixtures" / "manifest.json").read_text())["files"][f"optimizer/{name}"]


@needs_shared
@pytest.mark.parametrize("suffix", ["", "_with_optimizer"])
@pytest.mark.parametrize("name", ["updater_sgd_multi_precision", "updater_adam_multi_precision"])
def test_updater_fixture_continues(name, suffix):
    facts = manifest(f"{name}{suffix}.states")
    io = np.load(FIXTURES / f"{name}-io.npz")
    updater = mx.optimizer.get_updater(mx.optimizer.create(facts["optimizer"], **facts["parameters"]))
    updater.set_states((FIXTURES / f"{name}{suffix}.states").read_bytes())
    weights = [mx.nd.array(io[f"weight_after_3:{i}"], dtype="float16") for i in range(2)]
    for i in range(2):
        arrays = cases._flat(updater.states[i])
        for j, a in enumerate(arrays):
            np.testing.assert_array_equal(a.asnumpy(), io[f"state_after_3:{i}:{j}"])
    if not suffix:  # without the optimizer the file holds no step count
        for i in range(2):
            updater.optimizer._index_update_count[i] = 3
    updater([0, 1], [mx.nd.array(io[f"grad:3:{i}"], dtype="float16") for i in range(2)], weights)
    for i in range(2):
        np.testing.assert_allclose(weights[i].asnumpy(), io[f"weight_after_4:{i}"], rtol=2e-3, atol=1e-5)


@needs_shared
@pytest.mark.parametrize("path", sorted(FIXTURES.glob("*.states")), ids=lambda p: p.stem)
def test_states_survive_saving(path):
    updater = mx.optimizer.get_updater(mx.optimizer.create("sgd"))
    updater.set_states(path.read_bytes())
    holds_optimizer = bool(manifest(path.name).get("holds_optimizer")) or "with_optimizer" in path.stem
    saved = updater.get_states(dump_optimizer=holds_optimizer)
    assert b"mxnet.ndarray.ndarray" in saved
    if holds_optimizer:
        assert b"mxnet.optimizer.optimizer" in saved
    again = mx.optimizer.get_updater(mx.optimizer.create("sgd"))
    again.set_states(saved)
    assert again.states.keys() == updater.states.keys()
    for i, state in updater.states.items():
        for a, b in zip(cases._flat(state), cases._flat(again.states[i]), strict=True):
            np.testing.assert_array_equal(a.asnumpy(), b.asnumpy())
    if holds_optimizer:
        assert type(again.optimizer) is type(updater.optimizer)
        assert (
            again.optimizer._index_update_count
            == updater.optimizer._index_update_count
            == dict.fromkeys(updater.states, manifest(path.name)["steps_done"])
        )
    archive = path.with_name(f"{path.stem}-states.npz")
    if archive.exists():
        expected = np.load(archive)
        for key in expected.files:
            index, position = map(int, key.split(":"))
            np.testing.assert_array_equal(cases._flat(updater.states[index])[position].asnumpy(), expected[key])
