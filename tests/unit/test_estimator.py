"""Estimators, their event handlers and checkpoints. Metrics, weights and log lines were recorded from MXNet 1.9.1."""

from __future__ import annotations

import io
import logging
import os
import re

import numpy as np
import pytest

import mxnet as mx
from mxnet import gluon
from mxnet.gluon.contrib.estimator import (
    BatchBegin,
    BatchEnd,
    BatchProcessor,
    CheckpointHandler,
    EarlyStoppingHandler,
    EpochBegin,
    EpochEnd,
    Estimator,
    GradientUpdateHandler,
    LoggingHandler,
    MetricHandler,
    StoppingHandler,
    TrainBegin,
    TrainEnd,
    ValidationHandler,
)

TWO = [mx.cpu(0), mx.cpu(1)]


def loader(count=20, seed=0, batch_size=8, axis=0):
    """Points, and on which side of a plane they lie."""
    points = np.random.RandomState(seed).uniform(-1, 1, (count, 3)).astype("float32")
    sides = (points.sum(1) > 0).astype("float32")
    if axis == 0:
        return gluon.data.DataLoader(gluon.data.ArrayDataset(mx.nd.array(points), mx.nd.array(sides)), batch_size)
    pairs = [
        (mx.nd.array(points[i : i + batch_size].T), mx.nd.array(sides[i : i + batch_size])) for i in (0, batch_size)
    ]
    return gluon.data.DataLoader(pairs, batch_size=2, batchify_fn=lambda rows: rows[0])


def network(ctx=None):
    net = gluon.nn.HybridSequential(prefix="n_")
    with net.name_scope():
        net.add(gluon.nn.Dense(2, in_units=3))
    net.initialize(mx.init.Constant(0.1), ctx=ctx or mx.cpu())
    net[0].weight.set_data(mx.nd.array([[0.1, 0.2, 0.3], [0.3, 0.2, 0.1]]))
    net.hybridize()
    return net


def estimator(ctx=None, quiet=True, **kwargs):
    net = network(ctx)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5, "momentum": 0.9})
    est = Estimator(net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer=trainer, context=ctx or mx.cpu(), **kwargs)
    if quiet:
        est.logger.handlers.clear()
    return est


def log_of(est):
    """Collects what an estimator logs, with times replaced by T, and without blanks at the ends."""
    stream = io.StringIO()
    est.logger.handlers[:] = [logging.StreamHandler(stream)]
    return lambda: [re.sub(r"[0-9.]+s\b", "Ts", line.rstrip()) for line in stream.getvalue().splitlines()]


def weights(est, ctx=None):
    return est.net[0].weight.data(ctx).asnumpy()


class Spy(TrainBegin, TrainEnd, EpochBegin, EpochEnd, BatchBegin, BatchEnd):
    """Writes down what it hears, and with what arguments."""

    def __init__(self):
        self.seen = []

    def _hear(self, event, est, kwargs):
        assert isinstance(est, Estimator)
        self.seen.append((event, *sorted(kwargs)))

    def train_begin(self, estimator, *args, **kwargs):
        self._hear("train_begin", estimator, kwargs)

    def train_end(self, estimator, *args, **kwargs):
        self._hear("train_end", estimator, kwargs)

    def epoch_begin(self, estimator, *args, **kwargs):
        self._hear("epoch_begin", estimator, kwargs)

    def epoch_end(self, estimator, *args, **kwargs):
        self._hear("epoch_end", estimator, kwargs)

    def batch_begin(self, estimator, *args, **kwargs):
        self._hear("batch_begin", estimator, kwargs)

    def batch_end(self, estimator, *args, **kwargs):
        self._hear("batch_end", estimator, kwargs)


# ---------------------------------------------------------------------- training


def test_two_epochs_with_validation():
    est = estimator()
    lines = log_of(est)
    spy = Spy()
    handlers = [spy, LoggingHandler(log_interval=2, metrics=est.train_metrics)]
    est.fit(loader(), loader(11, seed=1), epochs=2, event_handlers=handlers)
    found = dict(metric.get() for metric in est.train_metrics + est.val_metrics)
    assert found == pytest.approx(
        {
            "training accuracy": 0.95,
            "training softmaxcrossentropyloss": 0.363841,
            "validation accuracy": 9 / 11,
            "validation softmaxcrossentropyloss": 0.345409,
        },
        rel=1e-5,
    )
    np.testing.assert_allclose(
        weights(est), [[-0.7008066, -1.2683079, -0.2590386], [1.1008065, 1.6683086, 0.6590374]], rtol=1e-5
    )
    batch = [("batch_begin", "batch"), ("batch_end", "batch", "label", "loss", "pred")]
    epoch = [("epoch_begin",), *batch * 3, ("epoch_end",)]
    assert spy.seen == [("train_begin",), *epoch * 2, ("train_end",)]
    assert len(handlers) == 2, "the caller's list stays as it is"
    assert (
        lines()
        == """\
Training begin: optimizer SGD, learning rate 0.5000
Train for 2 epochs.
[Epoch 0] Begin, current learning rate: 0.5000
[Epoch 0][Batch 0][Samples 8] time/interval: Ts training accuracy: 0.3750, training softmaxcrossentropyloss: 0.6902
[Epoch 0][Batch 2][Samples 20] time/interval: Ts training accuracy: 0.3500, training softmaxcrossentropyloss: 0.7020
Validation Begin
[Epoch 0] Finished in Ts, validation accuracy: 0.8182, validation softmaxcrossentropyloss: 0.4830
[Epoch 0] Finished in Ts, training accuracy: 0.3500, training softmaxcrossentropyloss: 0.7020
[Epoch 1] Begin, current learning rate: 0.5000
[Epoch 1][Batch 0][Samples 28] time/interval: Ts training accuracy: 1.0000, training softmaxcrossentropyloss: 0.3601
[Epoch 1][Batch 2][Samples 40] time/interval: Ts training accuracy: 0.9500, training softmaxcrossentropyloss: 0.3638
Validation Begin
[Epoch 0] Finished in Ts, validation accuracy: 0.8182, validation softmaxcrossentropyloss: 0.3454
[Epoch 1] Finished in Ts, training accuracy: 0.9500, training softmaxcrossentropyloss: 0.3638
Train finished using total Ts with 2 epochs. training accuracy: 0.9500, training softmaxcrossentropyloss: 0.3638
""".splitlines()
    )


def test_batches_on_two_contexts():
    est = estimator(TWO)
    lines = log_of(est)
    est.fit(loader(), loader(12, seed=1), batches=5)
    assert lines()[1] == "Train for 5 batches."
    for ctx in TWO:
        np.testing.assert_allclose(
            weights(est, ctx), [[-0.5179247, -0.9636548, -0.1623417], [0.9179247, 1.3636556, 0.5623407]], rtol=1e-5
        )
    est.evaluate(loader(10))
    assert dict(m.get() for m in est.val_metrics) == pytest.approx(
        {"validation accuracy": 0.9, "validation softmaxcrossentropyloss": 0.2684}, abs=1e-4
    )
    assert lines()[-2:] == [
        "Validation Begin",
        "[Epoch 0] Finished in Ts, validation accuracy: 0.9000, validation softmaxcrossentropyloss: 0.2684",
    ]


def test_fit_again_trains_again():
    est = estimator()
    stopping = StoppingHandler()
    for batches in (4, 7):
        spy = Spy()
        est.fit(loader(), batches=batches, event_handlers=[spy, stopping])
        assert sum(event[0] == "batch_end" for event in spy.seen) == batches
        assert spy.seen[-2:] == [("epoch_end",), ("train_end",)]


def test_another_batch_axis():
    class Turned(gluon.HybridBlock):
        def hybrid_forward(self, F, x):
            return x.T

    net = gluon.nn.HybridSequential()
    net.add(Turned(), gluon.nn.Dense(2, in_units=3))
    net.initialize(ctx=TWO)
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.5})
    est = Estimator(net, gluon.loss.SoftmaxCrossEntropyLoss(), trainer=trainer, context=TWO)
    est.logger.handlers.clear()
    shapes = []

    class Shapes(BatchProcessor):
        def _get_data_and_label(self, batch, ctx, batch_axis=0):
            data = gluon.utils.split_and_load(batch[0], ctx, batch_axis=batch_axis)
            shapes.append([x.shape for x in data])
            return data, gluon.utils.split_and_load(batch[1], ctx)

    est.batch_processor = Shapes()
    est.fit(loader(16, axis=1), loader(16, axis=1), epochs=1, batch_axis=1)
    assert shapes == [[(3, 4)] * 2] * 2


def test_batch_processor_of_ones_own():
    calls = []

    class Processor:
        def fit_batch(self, est, batch, batch_axis=0):
            calls.append("fit")
            return BatchProcessor().fit_batch(est, batch, batch_axis)

        def evaluate_batch(self, est, batch, batch_axis=0):
            calls.append("evaluate")
            assert not mx.autograd.is_training()
            return BatchProcessor().evaluate_batch(est, batch, batch_axis)

    est = estimator(batch_processor=Processor())
    est.fit(loader(), loader(8), epochs=1)
    assert calls == ["fit"] * 3 + ["evaluate"]
    data, label, pred, loss = BatchProcessor().evaluate_batch(est, next(iter(loader())))
    assert [x[0].shape for x in (data, label, pred, loss)] == [(8, 3), (8,), (8, 2), (8,)]


def test_validation_with_a_network_and_a_loss_of_its_own():
    class Zero(gluon.Block):
        def forward(self, x):
            return mx.nd.zeros((len(x), 2))

    est = estimator(val_net=Zero(), val_loss=gluon.loss.L1Loss(), val_metrics=mx.metric.Loss("l1"))
    est.evaluate(gluon.data.DataLoader(gluon.data.ArrayDataset(mx.nd.ones((4, 3)), mx.nd.full((4, 2), 3)), 4))
    assert [m.get() for m in est.val_metrics] == [("validation l1", 3.0)]


# ---------------------------------------------------------------------- what an estimator is made of


def test_defaults():
    net = gluon.nn.Dense(2, in_units=3)
    with pytest.warns(UserWarning, match="No trainer specified: SGD at a learning rate of 0.001"):
        est = Estimator(net, gluon.loss.L2Loss(), initializer=mx.init.One())
    assert (net.weight.data().asnumpy() == 1).all(), "the initializer is used"
    assert type(est.trainer.optimizer).__name__ == "SGD" and est.trainer.learning_rate == 0.001
    assert est.context == [mx.gpu(0) if mx.context.num_gpus() else mx.cpu()]
    assert (est.val_net, est.val_loss) == (net, est.loss)
    assert isinstance(est.batch_processor, BatchProcessor)
    assert [m.name for m in est.train_metrics + est.val_metrics] == ["training l2loss", "validation l2loss"]
    with pytest.warns(UserWarning, match="initializer is not used"):
        Estimator(net, gluon.loss.L2Loss(), initializer=mx.init.Zero(), trainer=est.trainer)
    assert (net.weight.data().asnumpy() == 1).all()


def test_partly_initialized_networks_keep_what_they_have():
    net = gluon.nn.Sequential()
    net.add(gluon.nn.Dense(2, in_units=2), gluon.nn.Dense(1, in_units=2))
    net[0].initialize(mx.init.One())
    with pytest.warns(UserWarning) as caught:
        Estimator(net, gluon.loss.L2Loss(), initializer=mx.init.Zero(), context=mx.cpu())
    assert any("No trainer specified" in str(w.message) for w in caught)
    assert (net[0].weight.data().asnumpy() == 1).all() and (net[1].weight.data().asnumpy() == 0).all()


def test_metrics_are_flattened_and_named():
    accuracy = mx.metric.Accuracy()
    est = estimator(train_metrics=mx.metric.CompositeEvalMetric([accuracy, mx.metric.F1()]))
    assert est.train_metrics[0] is accuracy
    assert [m.name for m in est.train_metrics] == ["training accuracy", "training f1"]
    assert [m.name for m in est.val_metrics] == ["validation accuracy", "validation f1"]
    assert est.val_metrics[0] is not accuracy
    again = estimator(train_metrics=accuracy, val_metrics=[mx.metric.MSE()])
    assert [m.name for m in again.train_metrics + again.val_metrics] == ["training accuracy", "validation mse"]


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"loss": "mse"}, ValueError, "loss: expected a gluon.loss.Loss"),
        ({"val_loss": 3}, ValueError, "val_loss: expected a gluon.loss.Loss"),
        ({"train_metrics": "acc"}, ValueError, "metrics: expected an EvalMetric"),
        ({"val_metrics": ["acc"]}, ValueError, "metrics: expected an EvalMetric"),
        ({"context": "cpu"}, ValueError, "context: expected a Context"),
        ({"context": [mx.gpu(100)]}, AssertionError, r"gpu\(100\) is not there"),
        ({"trainer": "sgd"}, ValueError, "trainer: expected a gluon.Trainer"),
        ({"batch_processor": 3}, ValueError, "needs fit_batch.*int has no fit_batch"),
    ],
)
def test_errors_of_estimators(arguments, error, words):
    net = network()
    trainer = gluon.Trainer(net.collect_params(), "sgd")
    with pytest.raises(error, match=words):
        Estimator(**{"net": net, "loss": gluon.loss.L2Loss(), "trainer": trainer, "context": mx.cpu(), **arguments})


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda e: e.fit([mx.nd.ones((2, 3))], epochs=1), "expected a gluon.data.DataLoader"),
        (lambda e: e.fit(loader(), [mx.nd.ones((2, 3))], epochs=1), "expected a gluon.data.DataLoader"),
        (lambda e: e.evaluate(mx.io.NDArrayIter(mx.nd.ones((2, 3)))), "expected a gluon.data.DataLoader"),
        (lambda e: e.fit(loader()), "either epochs or batches"),
        (lambda e: e.fit(loader(), epochs=1, batches=1), "either epochs or batches"),
        (lambda e: e.fit(loader(), epochs=-1), "epochs must be a positive integer, got -1"),
        (lambda e: e.fit(loader(), batches=1.5), "batches must be a positive integer, got 1.5"),
        (lambda e: e.fit(loader(0), batches=3), "train_data has no batches"),
        (lambda e: e.fit(loader(), epochs=1, event_handlers=[print]), "handlers: expected an event handler"),
        (
            lambda e: e.fit(loader(), epochs=1, event_handlers=MetricHandler(mx.metric.Accuracy())),
            "MetricHandler watches .* does not update",
        ),
        (
            lambda e: e.evaluate(loader(), event_handlers=LoggingHandler(metrics=e.train_metrics)),
            "LoggingHandler watches .* does not update",
        ),
        (lambda e: LoggingHandler("x"), "log_interval must be .*'epoch', got 'x'"),
        (lambda e: LoggingHandler(0), "log_interval must be .*'epoch', got 0"),
        (lambda e: MetricHandler("acc"), "metrics: expected an EvalMetric"),
        (lambda e: EarlyStoppingHandler(None), "EarlyStoppingHandler: monitor should be one of"),
        (lambda e: EarlyStoppingHandler(mx.metric.CompositeEvalMetric()), "monitor should be a single metric"),
        (lambda e: CheckpointHandler(".", save_best=True), "CheckpointHandler.*: monitor should be one of"),
    ],
)
def test_errors_of_calls(call, words):
    est = estimator()
    before = weights(est)
    with pytest.raises(ValueError, match=words):
        call(est)
    if "no batches" not in words and "DataLoader" not in words:
        np.testing.assert_array_equal(weights(est), before)


# ---------------------------------------------------------------------- handlers


def test_order_of_handlers():
    est = estimator()
    est.max_epoch, est.max_batch = 1, None
    mine = Spy()
    first = Spy()
    first.priority = -5000
    kinds = [type(h) for h in est._prepare_default_handlers(loader(), [mine, first])]
    assert kinds == [
        Spy,
        GradientUpdateHandler,
        MetricHandler,
        ValidationHandler,
        Spy,
        StoppingHandler,
        LoggingHandler,
    ]
    given = [GradientUpdateHandler(), MetricHandler(est.train_metrics), LoggingHandler(metrics=est.train_metrics)]
    kinds = [type(h) for h in est._prepare_default_handlers(None, given)]
    assert kinds == [GradientUpdateHandler, MetricHandler, StoppingHandler, LoggingHandler], "none is added twice"


def test_a_handler_may_have_other_attributes_about_metrics():
    class Named(EpochEnd):
        def __init__(self):
            self.metric_name = "accuracy"

        def print_metrics(self):
            pass

    estimator().fit(loader(8), epochs=1, event_handlers=Named())


def test_a_handler_that_stops():
    class Stop(BatchEnd, EpochEnd):
        batches = epochs = 0

        def batch_end(self, estimator, *args, **kwargs):
            self.batches += 1
            return self.batches == 2

        def epoch_end(self, estimator, *args, **kwargs):
            self.epochs += 1
            return self.epochs == 2

    spy, stop = Spy(), Stop()
    estimator().fit(loader(), epochs=5, event_handlers=[stop, spy])
    assert (stop.batches, stop.epochs) == (5, 2), (
        "the first epoch ends after two batches, the training after the second"
    )
    assert sum(event[0] == "batch_end" for event in spy.seen) == 5, "the others still hear of the last batch"


def test_no_updates_without_the_handler():
    class Nothing(GradientUpdateHandler):
        def batch_end(self, estimator, *args, **kwargs):
            assert kwargs["loss"][0].shape == (len(kwargs["batch"][0]),)

    est = estimator()
    before = weights(est)
    est.fit(loader(), epochs=1, event_handlers=Nothing())
    np.testing.assert_array_equal(weights(est), before)


def test_validation_periods_and_handlers():
    calls = []

    def evaluate(val_data, batch_axis, event_handlers):
        calls.append((val_data, batch_axis, event_handlers))

    mine = Spy()
    handler = ValidationHandler("data", evaluate, epoch_period=2, batch_period=2, event_handlers=mine)
    estimator().fit(loader(), epochs=3, event_handlers=handler)  # 9 batches
    assert calls == [("data", 0, mine)] * (4 + 1)
    est = estimator()
    est.fit(loader(), epochs=1, event_handlers=ValidationHandler(loader(8), est.evaluate, event_handlers=mine))
    assert mine.seen == [
        ("epoch_begin",),
        ("batch_begin", "batch"),
        ("batch_end", "batch", "label", "loss", "pred"),
        ("epoch_end",),
    ]


class Given(mx.metric.EvalMetric):
    """Takes its values from a list, one an epoch."""

    def __init__(self, name, values):
        self.values = list(values)
        super().__init__(name)

    def get(self):
        return self.name, self.values[0]

    def next(self):
        del self.values[0]


def epochs_until_stopped(values, **kwargs):
    metric = Given("accuracy", values)
    handler = EarlyStoppingHandler(metric, **kwargs)
    est = estimator()
    lines = log_of(est)
    handler.train_begin(est)
    for _ in values:
        stopped = handler.epoch_end(est)
        metric.next()
        if stopped:
            metric.values.append(0)
            handler.train_end(est)
            assert lines() == [
                f"[Epoch {handler.stopped_epoch}] EarlyStoppingHandler: the training ends, accuracy has not got better"
            ]
            break
    return handler.current_epoch, stopped


@pytest.mark.parametrize(
    ("values", "settings", "expected"),
    [
        ([0.1, 0.2, 0.3], {"mode": "max"}, (3, False)),
        ([0.1, 0.2, 0.2], {"mode": "max"}, (3, True)),
        ([0.1, 0.2, 0.3], {"mode": "min"}, (2, True)),
        ([0.3, 0.2, 0.2, 0.2, 0.2], {"mode": "min", "patience": 2}, (4, True)),
        ([0.3, 0.2, 0.2, 0.1, 0.2], {"mode": "min", "patience": 2}, (5, False)),
        ([0.1, 0.15, 0.3], {"mode": "max", "min_delta": 0.1}, (2, True)),
        ([0.3, 0.25, 0.1], {"mode": "min", "min_delta": 0.1}, (2, True)),
        ([0.3, 0.1, 0.05], {"mode": "min", "min_delta": 0.1, "patience": 2}, (3, False)),
        ([0.4, 0.6], {"mode": "max", "baseline": 0.5}, (1, True)),
    ],
)
def test_early_stopping(values, settings, expected):
    assert epochs_until_stopped(values, **settings) == expected


def test_early_stopping_ends_a_training():
    est = estimator(train_metrics=mx.metric.Accuracy())
    handler = EarlyStoppingHandler(est.train_metrics[0], patience=2, mode="max", min_delta=0.01)
    est.fit(loader(), epochs=30, event_handlers=handler)
    assert (handler.stopped_epoch, handler.current_epoch, handler.wait, handler.best) == (3, 4, 2, 0.95)


def test_modes_of_monitored_metrics():
    def chosen(name, mode="auto"):
        return EarlyStoppingHandler(Given(name, [0]), mode=mode).monitor_op

    with pytest.warns(UserWarning, match="`greater` operator will be used to determine if validation acc has improved"):
        assert chosen("validation acc") is np.greater
    with pytest.warns(UserWarning, match="`less` operator"):
        assert chosen("training softmaxcrossentropyloss") is np.less
    with pytest.warns(RuntimeWarning, match="EarlyStopping mode best is unknown"), pytest.warns(UserWarning):
        assert chosen("f1", "best") is np.greater
    assert chosen("f1", "min") is np.less and chosen("rmse", "max") is np.greater


def test_a_metric_that_nobody_updates():
    with pytest.warns(RuntimeWarning, match="accuracy has no value yet"):
        assert epochs_until_stopped([float("nan")], mode="max") == (1, False)


# ---------------------------------------------------------------------- checkpoints


def files(folder):
    return sorted(f for f in os.listdir(folder))


def checkpoint(*places, prefix="model", symbol=True):
    found = [f"{prefix}-{place}{end}" for place in places for end in (".params", ".states")]
    return sorted([*found, *([f"{prefix}-symbol.json"] if symbol else [])])


def test_checkpoints_of_epochs(tmp_path):
    est = estimator()
    lines = log_of(est)
    handler = CheckpointHandler(
        str(tmp_path / "new"), monitor=est.train_metrics[0], save_best=True, mode="max", verbose=1, max_checkpoints=2
    )
    est.fit(loader(), epochs=4, event_handlers=handler)
    assert files(tmp_path / "new") == checkpoint("best", "epoch2batch9", "epoch3batch12")
    assert (handler.current_epoch, handler.current_batch, handler.best) == (4, 12, 0.95)
    said = [line.replace(str(tmp_path), "DIR") for line in lines() if "CheckpointHandler" in line]
    assert said[:4] == [
        "[Epoch 0] CheckpointHandler: 4 batches so far; model written to DIR/new as model-epoch0batch3",
        "[Epoch 0] CheckpointHandler: training accuracy went from -inf to 0.35000; best model written to DIR/new as "
        "model-best",
        "[Epoch 1] CheckpointHandler: 7 batches so far; model written to DIR/new as model-epoch1batch6",
        "[Epoch 1] CheckpointHandler: training accuracy went from 0.35000 to 0.95000; best model written to DIR/new "
        "as model-best",
    ]
    assert said[-1].endswith("training accuracy has not become better than 0.95000; best model left as it is")
    graph = mx.sym.load(str(tmp_path / "new/model-symbol.json"))
    assert graph.list_arguments() == ["data", "n_dense0_weight", "n_dense0_bias"]
    best = network()
    best.load_parameters(str(tmp_path / "new/model-best.params"))
    np.testing.assert_allclose(best[0].weight.data().asnumpy()[0], [-0.7008066, -1.2683079, -0.2590386], rtol=1e-5)


def test_training_that_is_resumed_is_the_training_at_once(tmp_path):
    whole = estimator()
    whole.fit(loader(), epochs=6)
    # Recorded from MXNet.
    np.testing.assert_allclose(
        weights(whole), [[-2.522894, -3.499101, -1.334367], [2.922898, 3.899099, 1.734360]], rtol=1e-5
    )
    first = estimator()
    first.fit(loader(), epochs=4, event_handlers=CheckpointHandler(str(tmp_path), max_checkpoints=2))
    second = estimator()
    lines = log_of(second)
    handler = CheckpointHandler(str(tmp_path), max_checkpoints=3, resume_from_checkpoint=True)
    second.fit(loader(), epochs=6, event_handlers=handler)
    np.testing.assert_allclose(weights(second), weights(whole), rtol=1e-6)
    assert lines()[0] == "CheckpointHandler: goes on after epoch 3, batch 12; to come: 2 epochs"
    assert second.max_epoch == 2
    assert files(tmp_path) == checkpoint("epoch3batch12", "epoch4batch15", "epoch5batch18"), "older ones are counted"
    with pytest.raises(ValueError, match="newest checkpoint is of epoch .*, and 6 were asked for"):
        second.fit(loader(), epochs=6, event_handlers=handler)


def test_checkpoints_of_batches(tmp_path):
    def train(batches):
        est = estimator()
        lines = log_of(est)
        handler = CheckpointHandler(
            str(tmp_path), "b", epoch_period=None, batch_period=2, max_checkpoints=3, resume_from_checkpoint=True
        )
        est.fit(loader(), batches=batches, event_handlers=handler)
        return est, lines()

    _, lines = train(5)
    assert lines[0] == "CheckpointHandler: starts anew, there is no checkpoint; to come: 5 batches"
    assert files(tmp_path) == checkpoint("epoch0batch1", "epoch1batch3", prefix="b")
    est, lines = train(9)
    assert lines[0] == "CheckpointHandler: goes on after epoch 1, batch 3; to come: 5 batches"
    assert files(tmp_path) == checkpoint("epoch1batch3", "epoch2batch5", "epoch3batch7", prefix="b")
    np.testing.assert_allclose(
        weights(est), [[-1.2235923, -2.0748327, -0.6189982], [1.6235914, 2.4748373, 1.0189936]], rtol=1e-5
    )


def test_only_the_oldest_checkpoint_is_removed(tmp_path):
    est = estimator()
    handler = CheckpointHandler(str(tmp_path), epoch_period=None, batch_period=1, max_checkpoints=11)
    (tmp_path / "model-epoch0batch0.params.mine").write_text("kept")
    est.fit(loader(batch_size=1), batches=13, event_handlers=handler)
    numbers = checkpoint(*(f"epoch0batch{i}" for i in range(2, 13)))
    assert files(tmp_path) == sorted([*numbers, "model-epoch0batch0.params.mine"])


def test_networks_that_are_not_hybridized_have_no_symbol(tmp_path):
    est = estimator()
    est.net.hybridize(False)
    lines = log_of(est)
    est.fit(loader(8), epochs=1, event_handlers=CheckpointHandler(str(tmp_path)))
    assert files(tmp_path) == checkpoint("epoch0batch1", symbol=False)
    assert sum("the graph is not written" in line for line in lines()) == 1


def test_a_failed_checkpoint_leaves_no_file(tmp_path, monkeypatch):
    est = estimator()
    monkeypatch.setattr(est.net, "save_parameters", lambda name: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        est.fit(loader(8), epochs=1, event_handlers=CheckpointHandler(str(tmp_path)))
    assert not [f for f in files(tmp_path) if f.endswith((".params", ".tmp"))]
    # Without its parameters it is none: the next training starts from scratch.
    est = estimator()
    est.fit(loader(8), epochs=1, event_handlers=CheckpointHandler(str(tmp_path), resume_from_checkpoint=True))


def test_errors_of_checkpoints(tmp_path):
    def resume(est, **kwargs):
        limit = {"batches": 4} if kwargs.get("batch_period") else {"epochs": 4}
        limit = kwargs.pop("limit", limit)
        handler = CheckpointHandler(str(tmp_path), "x", resume_from_checkpoint=True, **kwargs)
        est.fit(loader(8), event_handlers=handler, **limit)

    for settings in (
        {"batch_period": 2, "epoch_period": 1},
        {"epoch_period": None, "batch_period": 2, "limit": {"epochs": 4}},
        {"limit": {"batches": 4}},
    ):
        with pytest.raises(AssertionError, match="counts in the unit that training is limited by"):
            resume(estimator(), **settings)
    est = estimator()
    est.net.save_parameters(str(tmp_path / "x-epoch1batch2.params"))
    with pytest.raises(AssertionError, match=r"x-epoch1batch2\.states does not exist"):
        resume(est)
    (tmp_path / "x-epochAbatch1.params").touch()
    with pytest.raises(ValueError, match="checkpoint x-epochAbatch1.params: expected a name"):
        resume(est)


def test_save_best_without_values(tmp_path):
    est = estimator()
    idle = mx.metric.Accuracy()
    handler = CheckpointHandler(str(tmp_path), monitor=idle, save_best=True, mode="max")
    with pytest.warns(RuntimeWarning, match="Skipping save best: accuracy has no value yet"):
        est.fit(loader(8), epochs=1, event_handlers=handler)
    assert files(tmp_path) == checkpoint("epoch0batch1")
