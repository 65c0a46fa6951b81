"""Module: parameters, checkpoints, sharing."""

from __future__ import annotations

import json
import logging

import numpy as np
import pytest

import mxnet as mx
from mxnet.base import MXNetError
from mxnet.module.executor_group import DataParallelExecutorGroup
from tests.conftest import SHARED, needs_shared
from tests.unit.test_module import TWO, batch_of, mlp, ready, train

# ---------------------------------------------------------------------- parameters


def test_set_params_missing_extra_and_shapes():
    mod = ready(4)
    good = {n: v.copy() * 2 for n, v in mod.get_params()[0].items()}
    mod.set_params(good, {})
    assert (mod.get_params()[0]["fc1_weight"].asnumpy() == 2).all()
    few = {"fc1_weight": good["fc1_weight"] * 2, "fc2_weight": good["fc2_weight"]}
    with pytest.raises(RuntimeError, match="fc1_bias, fc2_bias are not presented"):
        mod.set_params(few, {})
    with pytest.raises(RuntimeError, match="fc2_bias is not presented"):
        mod.set_params({**few, "fc1_bias": good["fc1_bias"]}, {})
    assert (mod.get_params()[0]["fc1_weight"].asnumpy() == 2).all(), "nothing is changed by a call that fails"
    mod.set_params(few, {}, allow_missing=True)
    assert (mod.get_params()[0]["fc1_weight"].asnumpy() == 4).all()
    extra = {**good, "other": mx.nd.ones((1,))}
    mod.set_params(extra, {})  # passed over, as in MXNet
    with pytest.raises(ValueError, match="Find name .other."):
        mod.set_params(extra, {}, allow_missing=True)
    mod.set_params(extra, {}, allow_missing=True, allow_extra=True)
    with pytest.raises(MXNetError, match=r"Parameter fc1_weight has shape \(3, 5\) in the network, \(5, 3\) was given"):
        mod.set_params({**good, "fc1_weight": mx.nd.ones((5, 3))}, {})
    with pytest.warns(UserWarning, match="set_params call ignored"):
        mod.set_params(few, {}, allow_missing=True, force_init=False)


def test_init_params():
    mod = ready(4)
    with pytest.warns(UserWarning, match="init_params call ignored"):
        mod.init_params(mx.init.Zero())
    assert (mod.get_params()[0]["fc1_weight"].asnumpy() == 1).all()
    given = {"fc1_weight": mx.nd.full((3, 5), 7)}
    with pytest.raises(RuntimeError, match="fc1_bias, fc2_bias, fc2_weight are not presented"):
        mod.init_params(mx.init.Zero(), arg_params=given, force_init=True)
    mod.init_params(mx.init.Zero(), arg_params=given, allow_missing=True, force_init=True)
    params = mod.get_params()[0]
    assert (params["fc1_weight"].asnumpy() == 7).all() and not params["fc2_weight"].asnumpy().any()
    fresh = mx.mod.Module(mlp())
    with pytest.raises(AssertionError, match="call bind before"):
        fresh.init_params()


def test_initializers_of_variables_win():
    net = mx.sym.FullyConnected(
        mx.sym.Variable("data"), mx.sym.Variable("w", init=mx.init.Constant(3)), name="fc", num_hidden=2
    )
    mod = mx.mod.Module(net, label_names=None)
    mod.bind([("data", (1, 2))])
    mod.init_params(mx.init.One())
    assert (mod.get_params()[0]["w"].asnumpy() == 3).all()


def test_auxiliary_states_are_averaged_over_devices():
    net = mx.sym.BatchNorm(mx.sym.Variable("data"), name="bn", momentum=0.0, fix_gamma=False)
    mod = mx.mod.Module(net, label_names=None, context=TWO)
    mod.bind([("data", (4, 1))])
    mod.init_params()
    mod.init_optimizer()
    mod.forward(mx.io.DataBatch([mx.nd.array([[1], [3], [5], [7]])]), is_train=True)
    mod.backward([mx.nd.ones((4, 1))])
    mod.update()
    assert mod.get_params()[1]["bn_moving_mean"].asnumpy().tolist() == [4]
    assert set(mod.get_params()[1]) == {"bn_moving_mean", "bn_moving_var"}


def test_save_and_load_params(tmp_path):
    mod = ready(4)
    mod.save_params(str(tmp_path / "p"))
    assert list(mx.nd.load(str(tmp_path / "p"))) == ["arg:fc1_weight", "arg:fc1_bias", "arg:fc2_weight", "arg:fc2_bias"]
    mod.init_params(mx.init.Zero(), force_init=True)
    mod.load_params(str(tmp_path / "p"))
    assert (mod.get_params()[0]["fc1_weight"].asnumpy() == 1).all()
    for content in ({"fc1_weight": mx.nd.ones((1,))}, [mx.nd.ones((1,))]):
        mx.nd.save(str(tmp_path / "bad"), content)
        with pytest.raises(ValueError, match="Invalid param file .*bad"):
            mod.load_params(str(tmp_path / "bad"))


# ---------------------------------------------------------------------- checkpoints


@pytest.mark.parametrize("context", [mx.cpu(), TWO])
def test_checkpoint_resumes_training(context, tmp_path, caplog):
    prefix = str(tmp_path / "net")
    mod, _, _ = train(context)
    with caplog.at_level(logging.INFO):
        mod.save_checkpoint(prefix, 3, save_optimizer_states=True)
    assert caplog.messages == [
        f'Saved checkpoint to "{prefix}-0003.params"',
        f'Saved optimizer state to "{prefix}-0003.states"',
    ]
    other = mx.mod.Module.load(prefix, 3, load_optimizer_states=True, context=context)
    other.bind([("data", (8, 5))], [("softmax_label", (8,))])
    other.init_optimizer(optimizer_params={"learning_rate": 0.5, "momentum": 0.9})
    assert other.symbol.tojson() == mod.symbol.tojson()
    for m in (mod, other):
        m.forward_backward(batch_of(8))
        m.update()
    for (name, a), b in zip(mod.get_params()[0].items(), other.get_params()[0].values()):
        np.testing.assert_allclose(a.asnumpy(), b.asnumpy(), rtol=1e-6, err_msg=name)


@needs_shared
@pytest.mark.parametrize(
    "name",
    [
        "sgd_momentum",
        "sgd_momentum_kvstore",
        "nag",
        "adam",
        "adam_kvstore",
        "adam_schedule",
        "adagrad",
        "ftrl",
        "rmsprop_centered",
        "signum",
    ],
)
def test_states_of_mxnet_continue_as_recorded(name):
    """Three steps by MXNet, then its weights and states are loaded: the fourth step gives the weights it gave there."""
    folder = SHARED / "fixtures" / "optimizer"
    facts = json.loads((SHARED / "fixtures" / "manifest.json").read_text())["files"][f"optimizer/{name}.states"]
    io = np.load(folder / f"{name}-io.npz")
    mod = mx.mod.Module(mx.sym.load(str(folder / "module-symbol.json")))
    mod.bind([("data", (8, 6))], [("softmax_label", (8,))])
    mod.init_params(aux_params={}, arg_params={n: mx.nd.array(io[f"weight_after_3:{n}"]) for n in facts["order"]})
    assert mod._param_names == facts["order"]
    params = dict(facts["parameters"])
    if "lr_scheduler" in params:
        assert params["lr_scheduler"] == "FactorScheduler(step=2, factor=0.5)"
        params["lr_scheduler"] = mx.lr_scheduler.FactorScheduler(step=2, factor=0.5)
    mod.init_optimizer(optimizer=facts["optimizer"], optimizer_params=params)
    mod.load_optimizer_states(str(folder / f"{name}.states"))
    mod.forward_backward(mx.io.DataBatch([mx.nd.array(io["data"])], [mx.nd.array(io["label"])]))
    mod.update()
    for n, value in mod.get_params()[0].items():
        np.testing.assert_allclose(value.asnumpy(), io[f"weight_resumed_4:{n}"], rtol=2e-5, atol=1e-6, err_msg=n)


@needs_shared
def test_checkpoint_of_mxnet_loads_with_its_states():
    mod = mx.mod.Module.load(str(SHARED / "fixtures" / "optimizer" / "module"), 3, load_optimizer_states=True)
    mod.bind([("data", (8, 6))], [("softmax_label", (8,))])
    mod.init_optimizer(optimizer="adam")
    assert mod._preload_opt_states is None and sorted(mod._updater.states) == [0, 1, 2, 3]
    weight = mod.get_params()[0]["fc1_weight"].asnumpy()
    assert weight.shape == (5, 6) and weight.sum() == pytest.approx(1.8809010)


def test_load_for_prediction_without_labels(tmp_path):
    """The label is bound as if it were a parameter, one the checkpoint does not have."""
    mod = ready(4)
    mod.save_checkpoint(str(tmp_path / "net"), 0)
    other = mx.mod.Module.load(str(tmp_path / "net"), 0, label_names=None)
    other.bind([("data", (4, 5))], for_training=False)
    np.testing.assert_allclose(other.predict(np.ones((4, 5))).asnumpy(), 0.5)


def test_a_failed_write_leaves_the_old_states(tmp_path, monkeypatch):
    mod, _, _ = train(mx.cpu())
    path = tmp_path / "s"
    mod.save_optimizer_states(str(path))
    before = path.read_bytes()
    monkeypatch.setattr(mod._updater, "get_states", lambda: "not bytes")
    with pytest.raises(TypeError):
        mod.save_optimizer_states(str(path))
    assert path.read_bytes() == before and [p.name for p in tmp_path.iterdir()] == ["s"]


# ---------------------------------------------------------------------- sharing


def test_shared_module_uses_the_same_arrays():
    mod = ready(8)
    mod.init_optimizer(optimizer_params={"learning_rate": 1.0})
    small = mx.mod.Module(mlp())
    small.bind([("data", (2, 5))], [("softmax_label", (2,))], shared_module=mod)
    assert small.params_initialized and small.optimizer_initialized and small._updater is mod._updater
    a, b = mod._exec_group.execs[0], small._exec_group.execs[0]
    for name in mod._param_names:
        assert a.arg_dict[name]._t.data_ptr() == b.arg_dict[name]._t.data_ptr()
        assert a.grad_dict[name]._t.data_ptr() == b.grad_dict[name]._t.data_ptr()
    assert a.arg_dict["data"]._t.untyped_storage().data_ptr() == b.arg_dict["data"]._t.untyped_storage().data_ptr()
    small.forward_backward(batch_of(2))
    small.update()
    bias = small.get_params()[0]["fc2_bias"].asnumpy()
    assert bias.any()
    np.testing.assert_array_equal(mod._exec_group.param_arrays[3][0].asnumpy(), bias)


def test_borrow_optimizer():
    mod, other = ready(4), ready(4)
    with pytest.raises(AssertionError, match="no optimizer"):
        other.borrow_optimizer(mod)
    mod.init_optimizer()
    other.borrow_optimizer(mod)
    assert other.optimizer_initialized and other._optimizer is mod._optimizer


def test_executor_group_by_itself():
    group = DataParallelExecutorGroup(
        mlp(),
        TWO,
        [1, 1],
        [("data", (4, 5))],
        [("softmax_label", (4,))],
        ["fc1_weight", "fc1_bias", "fc2_weight", "fc2_bias"],
        True,
        False,
    )
    assert [set(d) for d in group.shared_data_arrays] == [{"data", "softmax_label"}] * 2
    assert group.batch_size == 4 and group.data_layouts == [0] and group.label_layouts == [0]
    assert group.data_arrays[0][1][0] == slice(2, 4) and group.label_arrays[0][1][1].shape == (2,)
    assert group.get_output_shapes() == [("softmax_output", (4, 2))]
