"""Callbacks: when they act, and the lines they log."""

import logging
import re
from types import SimpleNamespace

import pytest

import mxnet as mx


@pytest.fixture
def lines(caplog):
    caplog.set_level(logging.INFO)
    return lambda: [record.getMessage() for record in caplog.records]


def metric_at(total, count):
    metric = mx.metric.create(["acc", "mae"])
    for child in metric.metrics:
        child.sum_metric = child.global_sum_metric = total
        child.num_inst = child.global_num_inst = count
    return metric


def batch(n, metric=None, epoch=0):
    return SimpleNamespace(epoch=epoch, nbatch=n, eval_metric=metric, locals=None)


def test_speedometer(lines):
    meter = mx.callback.Speedometer(batch_size=10, frequent=2)
    metric = metric_at(1, 4)
    for n in range(5):
        meter(batch(n, metric, epoch=3))
    first, second = lines()
    speed = r"\tSpeed: \d+\.\d\d samples/sec"
    assert re.fullmatch(rf"Epoch\[3\] Batch \[0-2\]{speed}\taccuracy=0\.250000\tmae=0\.250000", first)
    assert re.fullmatch(rf"Epoch\[3\] Batch \[2-4\]{speed}\taccuracy=nan\tmae=nan", second)  # it has been reset
    assert metric.get_global()[1] == [0.25, 0.25]


def test_speedometer_without_reset_and_without_metric(lines):
    meter = mx.callback.Speedometer(batch_size=10, frequent=2, auto_reset=False)
    for n in range(5):
        meter(batch(n, metric_at(1, 2)))
    assert [line.split("\t")[0] for line in lines()] == ["Epoch[0] Batch [0-2]", "Epoch[0] Batch [0-4]"]
    meter = mx.callback.Speedometer(batch_size=10, frequent=2)
    for n in range(3):
        meter(batch(n, epoch=1))
    assert re.fullmatch(r"Iter\[1\] Batch \[2\]\tSpeed: \d+\.\d\d samples/sec", lines()[-1])


def test_speedometer_starts_again_with_each_epoch(lines):
    meter = mx.callback.Speedometer(batch_size=1, frequent=2)
    for n in (1, 2, 0, 1, 2):
        meter(batch(n, metric_at(1, 1)))
    assert [line[:18] for line in lines()] == ["Epoch[0] Batch [0-"] * 2


def test_speed_is_infinite_when_no_time_has_passed(lines, monkeypatch):
    monkeypatch.setattr(mx.callback.time, "time", lambda: 5.0)
    meter = mx.callback.Speedometer(batch_size=1, frequent=1)
    meter(batch(0))
    meter(batch(1))
    assert lines() == ["Iter[0] Batch [1]\tSpeed: inf samples/sec"]


def test_log_train_metric(lines):
    metric = metric_at(3, 4)
    callback = mx.callback.log_train_metric(2, auto_reset=True)
    for n in range(3):
        callback(batch(n, metric, epoch=1))
    assert lines() == [
        "Iter[1] Batch[0] Train-accuracy=0.750000",
        "Iter[1] Batch[0] Train-mae=0.750000",
        "Iter[1] Batch[2] Train-accuracy=nan",
        "Iter[1] Batch[2] Train-mae=nan",
    ]
    callback(batch(4))  # no metric: nothing to log


def test_progress_bar(lines):
    bar = mx.callback.ProgressBar(total=8, length=16)
    bar(batch(3))
    bar(batch(8))
    assert lines() == ["[======----------] 38%\r", "[================] 100%\r"]


def test_log_validation_metrics(lines):
    callback = mx.callback.LogValidationMetricsCallback()
    callback(batch(0, metric_at(1, 2), epoch=4))
    callback(batch(0))
    assert lines() == ["Epoch[4] Validation-accuracy=0.500000", "Epoch[4] Validation-mae=0.500000"]


def test_do_checkpoint(tmp_path):
    symbol = mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc")
    arg = {"fc_weight": mx.nd.ones((2, 3)), "fc_bias": mx.nd.zeros((2,))}
    callback = mx.callback.do_checkpoint(str(tmp_path / "net"), period=2)
    for epoch in range(4):
        callback(epoch, symbol, arg, {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["net-0002.params", "net-0004.params", "net-symbol.json"]
    loaded, args, aux = mx.model.load_checkpoint(str(tmp_path / "net"), 4)
    assert loaded.tojson() == symbol.tojson() and aux == {}
    assert (args["fc_weight"].asnumpy() == 1).all()


def test_module_checkpoint():
    saved = []
    module = SimpleNamespace(save_checkpoint=lambda *args: saved.append(args))
    callback = mx.callback.module_checkpoint(module, "net", period=0, save_optimizer_states=True)
    callback(0)
    callback(1, None, None, None)
    assert saved == [("net", 1, True), ("net", 2, True)]
