"""Learning rate schedulers: values, warmup, log lines, refused arguments."""

import logging
import math

import pytest

from mxnet.lr_scheduler import CosineScheduler, FactorScheduler, LRScheduler, MultiFactorScheduler, PolyScheduler


def rates(scheduler, *updates):
    return [pytest.approx(scheduler(n), rel=1e-12) for n in updates]


def test_factor(caplog):
    caplog.set_level(logging.INFO)
    scheduler = FactorScheduler(step=2, factor=0.5, stop_factor_lr=0.3, base_lr=1.0)
    assert rates(scheduler, 1, 2, 3, 4, 5, 100) == [1.0, 1.0, 0.5, 0.5, 0.3, 0.3]
    assert caplog.messages[0] == "Update[3]: Change learning rate to 5.00000e-01"
    assert caplog.messages[1] == ("Update[5]: now learning rate arrived at 3.00000e-01, will not change in the future")


def test_factor_catches_up_when_training_is_resumed():
    assert FactorScheduler(step=10, factor=0.1, base_lr=1.0)(35) == pytest.approx(1e-3)


def test_multi_factor(caplog):
    caplog.set_level(logging.INFO)
    scheduler = MultiFactorScheduler(step=[3, 5], factor=0.1, base_lr=1.0)
    assert rates(scheduler, 1, 3, 4, 5, 6, 50) == [1.0, 1.0, 0.1, 0.1, 0.01, 0.01]
    assert caplog.messages == [
        "Update[4]: Change learning rate to 1.00000e-01",
        "Update[6]: Change learning rate to 1.00000e-02",
    ]
    assert MultiFactorScheduler(step=[3, 5], factor=0.1, base_lr=1.0)(6) == pytest.approx(0.01)


def test_poly():
    scheduler = PolyScheduler(max_update=10, base_lr=1.0, pwr=3, final_lr=0.2)
    assert rates(scheduler, 0, 5, 10, 11) == [1.0, 0.2 + 0.8 * 0.5**3, 0.2, 0.2]


def test_cosine():
    scheduler = CosineScheduler(max_update=10, base_lr=1.0, final_lr=0.2)
    assert rates(scheduler, 0, 4, 10, 11) == [1.0, 0.2 + 0.8 * (1 + math.cos(math.pi * 0.4)) / 2, 0.2, 0.2]


@pytest.mark.parametrize(
    "make",
    [
        lambda **kw: FactorScheduler(100, **kw),
        lambda **kw: MultiFactorScheduler([100], **kw),
        lambda **kw: PolyScheduler(100, **kw),
        lambda **kw: CosineScheduler(100, **kw),
    ],
)
def test_warmup(make):
    linear = make(base_lr=1.0, warmup_steps=4, warmup_begin_lr=0.2)
    assert rates(linear, 0, 1, 3, 4) == [0.2, 0.4, 0.8, 1.0]
    constant = make(base_lr=1.0, warmup_steps=4, warmup_begin_lr=0.2, warmup_mode="constant")
    assert rates(constant, 0, 3, 4) == [0.2, 0.2, 1.0]


def test_decay_begins_after_the_warmup():
    assert PolyScheduler(max_update=10, base_lr=1.0, pwr=1, warmup_steps=2)(6) == pytest.approx(0.5)


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: LRScheduler(base_lr=0.1, warmup_begin_lr=0.2), ValueError, "Base lr has to be higher"),
        (lambda: LRScheduler(warmup_steps=-1), ValueError, "Warmup steps has to be positive or 0"),
        (lambda: LRScheduler(warmup_mode="cubic"), ValueError, "Supports only linear and constant"),
        (lambda: LRScheduler(warmup_steps=1.5), AssertionError, "warmup_steps must be an int"),
        (lambda: FactorScheduler(step=0), ValueError, "greater or equal than 1"),
        (lambda: FactorScheduler(step=1, factor=1.1), ValueError, "at most 1"),
        (lambda: MultiFactorScheduler(step=[]), AssertionError, "at least one"),
        (lambda: MultiFactorScheduler(step=5), AssertionError, "must be a list"),
        (lambda: MultiFactorScheduler(step=[2, 2]), ValueError, "increasing integer list"),
        (lambda: MultiFactorScheduler(step=[0, 2]), ValueError, "greater or equal than 1"),
        (lambda: MultiFactorScheduler(step=[1], factor=2), ValueError, "at most 1"),
        (lambda: PolyScheduler(max_update=0), ValueError, "strictly positive"),
        (lambda: CosineScheduler(max_update=2.5), AssertionError, "max_update must be an int"),
        (lambda: LRScheduler()(1), NotImplementedError, "must define __call__"),
        (lambda: LRScheduler(warmup_steps=2).get_warmup_lr(2), AssertionError, "after the warmup"),
    ],
)
def test_refused(make, error, message):
    with pytest.raises(error, match=message):
        make()
