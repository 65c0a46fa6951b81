"""Settings of optimizers that are given as arrays of one element, or as texts."""

import numpy as np
import pytest
import torch

import mxnet as mx

# The settings of each optimizer that are numbers.
SETTINGS = {
    "sgd": "learning_rate momentum wd clip_gradient rescale_grad",
    "signum": "learning_rate momentum wd_lh",
    "ftml": "beta1 beta2 epsilon",
    "dcasgd": "momentum lamda",
    "nag": "learning_rate momentum",
    "lars": "momentum eta eps",
    "lbsgd": "momentum warmup_epochs batch_scale",
    "adam": "learning_rate beta1 beta2 epsilon wd",
    "adagrad": "eps",
    "adadelta": "rho epsilon",
    "rmsprop": "gamma1 gamma2 epsilon clip_weights",
    "ftrl": "learning_rate lamda1 beta",
    "adamax": "learning_rate beta1 beta2",
    "nadam": "beta1 beta2 epsilon schedule_decay",
    "lamb": "learning_rate beta1 beta2 epsilon lower_bound upper_bound",
    "groupadagrad": "eps",
}
ROWS = [(name, setting) for name, settings in SETTINGS.items() for setting in settings.split()]


@pytest.mark.parametrize(("name", "setting"), ROWS)
def test_settings_are_taken_out_of_arrays_and_texts(name, setting):
    number = {"batch_scale": 2, "warmup_epochs": 2}.get(setting, 0.5)

    def run(value):
        optimizer = mx.optimizer.create(name, **{setting: value})
        weight = mx.nd.array([[1, -2], [0.5, 3]])
        state = optimizer.create_state(0, weight)
        for grad in (0.5, -0.25):
            optimizer.update(0, weight, mx.nd.array([[grad, 1], [-1, grad]]), state)
        return weight.asnumpy().tolist()

    expected = run(number)
    for array in (np.array, np.float32, mx.nd.array, mx.np.array, torch.tensor, str):
        assert run(array([number]) if array is mx.nd.array else array(number)) == expected
    assert run(np.array([number])) == expected
    for value in (np.array([0.5, 0.25]), mx.nd.array([0.5, 0.25]), [0.5], "half"):
        with pytest.raises(mx.MXNetError, match=f"{setting} must be a number"):
            mx.optimizer.create(name, **{setting: value})


@pytest.mark.parametrize("value", [np.array(0.5), mx.nd.array([0.5]), "0.5"], ids=["numpy", "mxnet", "text"])
def test_rates_are_taken_out_of_arrays_and_texts(value):
    sgd = mx.optimizer.SGD()
    sgd.set_learning_rate(value)
    assert sgd.learning_rate == 0.5
    sgd.wd = value
    assert sgd.wd == 0.5
    scheduled = mx.optimizer.SGD(lr_scheduler=mx.lr_scheduler.FactorScheduler(1, 0.5, base_lr=value))
    assert scheduled.learning_rate == 0.5
    scheduled.lr_scheduler.base_lr = np.array(0.125)
    assert scheduled.learning_rate == 0.125
    scheduler = mx.lr_scheduler.FactorScheduler(1, base_lr=value)
    assert mx.optimizer.SGD(learning_rate=value, lr_scheduler=scheduler).learning_rate == 0.5
    parameter = mx.gluon.Parameter("w", shape=(1,))
    parameter.initialize()
    trainer = mx.gluon.Trainer([parameter], "adam", {"learning_rate": value})
    trainer.set_learning_rate(value)
    assert trainer.learning_rate == 0.5


@pytest.mark.parametrize(
    "call",
    [
        lambda value: mx.lr_scheduler.FactorScheduler(1, base_lr=value),
        lambda value: mx.optimizer.Adam().set_learning_rate(value),
        lambda value: setattr(mx.optimizer.Adam(), "epsilon", value),
        lambda value: setattr(mx.optimizer.AdaGrad(), "float_stable_eps", value),
        lambda value: mx.optimizer.SGD(lr_scheduler=lambda update: value).learning_rate,
    ],
)
def test_settings_of_several_numbers_are_named(call):
    for value in (np.ones(2), mx.nd.ones(2)):
        with pytest.raises(mx.MXNetError, match=r"(base_lr|learning_rate|epsilon|eps|lr_scheduler) must be a number"):
            call(value)


def test_a_rate_in_an_array_is_not_written_to():
    rate = np.array(0.5)
    adam, weight = mx.optimizer.Adam(learning_rate=rate), mx.nd.ones(2)
    state = adam.create_state(0, weight)
    adam.update(0, weight, mx.nd.ones(2), state)
    assert rate == adam.learning_rate == 0.5
