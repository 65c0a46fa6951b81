"""Metrics: values recorded from MXNet 1.9.1, both ways of computing them, and what happens on a device."""

import copy
import json
import math

import numpy as np
import pytest
import torch

import mxnet as mx
from mxnet.metric import _base


def batches(kind, seed=7, count=3):
    """Labels and predictions, the same for ever: ``RandomState`` does not change."""
    rs = np.random.RandomState(seed)
    found = []
    for _ in range(count):
        if kind == "classes":
            pred = rs.rand(8, 5).astype("float32")
            pred /= pred.sum(1, keepdims=True)
            label = rs.randint(0, 5, 8).astype("float32")
        elif kind == "binary":
            pred = rs.rand(8, 2).astype("float32")
            pred /= pred.sum(1, keepdims=True)
            label = (rs.rand(8) > 0.4).astype("float32")
        else:
            shape = (6,) if kind == "vector" else (4, 3)
            pred = rs.randn(*shape).astype("float32")
            label = ((1 if kind == "vector" else 0.5) * pred + rs.randn(*shape)).astype("float32")
        found.append((label, pred))
    return found


# name, arguments, batches, shown name, local value of the last two batches, global value: what MXNet 1.9.1 gives.
RECORDED = [
    ("acc", {}, "classes", "accuracy", 0.125, 0.125),
    ("top_k_acc", {"top_k": 2}, "classes", "top_k_accuracy_2", 0.25, 0.2916666666666667),
    ("f1", {}, "binary", "f1", 0.4727272727272727, 0.5818181818181819),
    ("f1", {"average": "micro"}, "binary", "f1", 0.4761904761904762, 0.5806451612903226),
    ("mcc", {}, "binary", "mcc", -0.5122819323447919, -0.1859657326743057),
    ("mcc", {"average": "micro"}, "binary", "mcc", -0.5091750772173156, -0.17044535971465838),
    ("perplexity", {"ignore_label": None}, "classes", "perplexity", 8.81720146936468, 7.5151564257492),
    ("perplexity", {"ignore_label": 3}, "classes", "perplexity", 7.732973033274272, 7.179694848530342),
    ("mae", {}, "numbers", "mae", 1.1750844717025757, 0.9988763928413391),
    ("mse", {}, "numbers", "mse", 1.7637619376182556, 1.457653005917867),
    ("rmse", {}, "numbers", "rmse", 1.3147473335266113, 1.1829900542895),
    ("mae", {}, "vector", "mae", 1.0625279545783997, 0.9400601983070374),
    ("rmse", {}, "vector", "rmse", 1.2528574466705322, 1.136343518892924),
    ("ce", {}, "classes", "cross-entropy", 2.176704525947571, 2.016921877861023),
    ("ce", {"eps": 0.1}, "classes", "cross-entropy", 1.4346861243247986, 1.356818397839864),
    ("nll_loss", {}, "classes", "nll-loss", 2.176704525947571, 2.016921877861023),
    ("pearsonr", {}, "numbers", "pearsonr", 0.38659056019945404, 0.4844403582158301),
    ("pcc", {}, "classes", "pcc", -0.1050052503937828, -0.10362989079520185),
    ("pcc", {}, "binary", "pcc", -0.5091750772173156, -0.17044535971465838),
    ("loss", {}, "numbers", "loss", -0.21240551273028055, -0.1431694564719995),
    ("torch", {}, "numbers", "torch", -0.21240551273028055, -0.1431694564719995),
    ("caffe", {}, "numbers", "caffe", -0.21240551273028055, -0.1431694564719995),
]
IDS = [f"{r[0]}-{r[2]}-{'-'.join(map(str, r[1].values()))}" for r in RECORDED]


def updated(name, arguments, kind, ctx, dtype="float32"):
    metric = mx.metric.create(name, **arguments)
    for i, (label, pred) in enumerate(batches(kind)):
        if i == 1:
            metric.reset_local()
        metric.update([mx.nd.array(label, ctx=ctx)], [mx.nd.array(pred, ctx=ctx, dtype=dtype)])
    return metric


@pytest.mark.parametrize("name, arguments, kind, shown, local, total", RECORDED, ids=IDS)
@pytest.mark.parametrize("small", [True, False], ids=["numpy", "torch"])
def test_recorded_values(monkeypatch, ctx, small, name, arguments, kind, shown, local, total):
    if not small:
        monkeypatch.setattr(_base, "_SMALL", -1)
    metric = updated(name, arguments, kind, ctx)
    assert metric.get() == (shown, pytest.approx(local, rel=1e-6))
    assert metric.get_global() == (shown, pytest.approx(total, rel=1e-6))
    assert type(metric.get()[1]) is float


@pytest.mark.parametrize("name, arguments, kind", [r[:3] for r in RECORDED], ids=IDS)
def test_float16_predictions(ctx, name, arguments, kind):
    expected = updated(name, arguments, kind, ctx).get()[1]
    assert updated(name, arguments, kind, ctx, "float16").get()[1] == pytest.approx(expected, rel=5e-3, abs=5e-3)


@pytest.mark.parametrize("name, arguments, kind", [r[:3] for r in RECORDED], ids=IDS)
def test_results_wait_on_the_device(monkeypatch, name, arguments, kind):
    """What an update leaves on a device is added up there, and asked for once."""
    expected = updated(name, arguments, kind, mx.cpu())
    monkeypatch.setattr(_base, "_SMALL", -1)
    asked = []

    def add(self, total, count):
        if isinstance(total, torch.Tensor) and not asked:
            self._defer(total, count)
        else:
            original(self, total, count)

    original = _base.EvalMetric._add
    monkeypatch.setattr(_base.EvalMetric, "_add", add)
    metric = mx.metric.create(name, **arguments)
    for label, pred in batches(kind):
        metric.update([mx.nd.array(label)], [mx.nd.array(pred)])
    deferred = metric._pending
    assert deferred or name in ("f1", "mcc", "pcc")  # these need the numbers at once
    asked.append(True)
    assert metric.get_global()[1] == pytest.approx(expected.get_global()[1], rel=1e-6)
    assert metric.get()[1] == pytest.approx(expected.get_global()[1], rel=1e-6)
    assert not metric._pending


def test_resetting_the_local_pair_keeps_what_is_on_the_device():
    metric = mx.metric.MAE()
    metric._defer(torch.tensor(3.0), 1)
    metric.reset_local()
    assert metric.get_global() == ("mae", 3.0)
    assert math.isnan(metric.get()[1])
    metric._defer(torch.tensor(5.0), 1)
    assert (metric.sum_metric, metric.num_inst, metric.global_num_inst) == (5.0, 1, 2)
    metric._defer(torch.tensor(5.0), 1)
    metric.reset()
    assert (metric.global_sum_metric, metric.global_num_inst) == (0.0, 0)


@pytest.mark.gpu
@pytest.mark.parametrize("name, arguments, kind, shown, local, total", RECORDED, ids=IDS)
def test_recorded_values_on_a_gpu(name, arguments, kind, shown, local, total):
    metric = updated(name, arguments, kind, mx.gpu(0))
    assert metric.get() == (shown, pytest.approx(local, rel=1e-5))
    assert metric.get_global() == (shown, pytest.approx(total, rel=1e-5))


def test_pearson_of_all_samples():
    metric = updated("pearsonr", {"average": "micro"}, "numbers", mx.cpu())
    labels, preds = (np.concatenate([b[i].ravel() for b in batches("numbers")]) for i in (0, 1))
    expected = np.corrcoef(labels, preds)[0, 1]
    assert metric.get()[1] == pytest.approx(expected)
    assert metric.get_global()[1] == pytest.approx(expected)  # MXNet gives 0
    metric.reset()
    assert math.isnan(metric.get()[1])


def test_accuracy_of_class_numbers_and_other_axes():
    accuracy = mx.metric.Accuracy()
    accuracy.update([mx.nd.array([0, 1, 2])], [mx.nd.array([0, 1.9, 1])])
    assert accuracy.get()[1] == pytest.approx(2 / 3)
    scores = mx.nd.array(np.random.RandomState(0).rand(2, 4, 3))
    labels = scores.asnumpy().argmax(1)
    labels[0, 0] = (labels[0, 0] + 1) % 4
    accuracy.reset()
    accuracy.update(mx.nd.array(labels), scores)
    assert accuracy.get()[1] == pytest.approx(5 / 6)
    accuracy = mx.metric.Accuracy(axis=2)
    accuracy.update([mx.nd.array(scores.asnumpy().argmax(2))], [scores])
    assert accuracy.get()[1] == 1.0


def test_labels_may_have_an_axis_more_than_needed():
    pred = mx.nd.array([[0.3, 0.7], [0.9, 0.1]])
    for name, arguments in (("acc", {}), ("f1", {}), ("mcc", {}), ("ce", {}), ("perplexity", {"ignore_label": None})):
        flat, column = mx.metric.create(name, **arguments), mx.metric.create(name, **arguments)
        flat.update([mx.nd.array([1, 0])], [pred])
        column.update([mx.nd.array([[1], [0]])], [pred])
        assert flat.get() == column.get()


def test_updating_records_no_gradients():
    x = mx.nd.ones((2, 3))
    x.attach_grad()
    with mx.autograd.record():
        loss = (x * 2).sum(axis=1)
    metric = mx.metric.Loss()
    metric.update(None, loss)
    assert metric.get() == ("loss", 6.0)
    loss.backward()
    assert (x.grad.asnumpy() == 2).all()


def test_perplexity_ignores_labels_out_of_range():
    pred = mx.nd.array([[0.5, 0.5], [0.25, 0.75]])
    metric = mx.metric.Perplexity(ignore_label=-1)
    metric.update([mx.nd.array([-1, 0])], [pred])
    assert metric.get() == ("perplexity", pytest.approx(4.0))


@pytest.mark.parametrize(
    "label, pred, error",
    [
        ([[1, 0]], [[[0.1, 0.9]], [[0.1, 0.9]]], ValueError),  # one label array, two predictions
        ([[1, 0, 1]], [[[0.1, 0.9]]], ValueError),
    ],
)
def test_shape_mismatch(label, pred, error):
    with pytest.raises(error, match="Shape of labels .* does not match shape of predictions"):
        mx.metric.Accuracy().update([mx.nd.array(x) for x in label], [mx.nd.array(x) for x in pred])


def test_errors():
    with pytest.raises(ValueError, match="F1 currently only supports binary classification"):
        mx.metric.F1().update([mx.nd.array([0, 1, 2])], [mx.nd.array([[0.1, 0.9]] * 3)])
    with pytest.raises(AssertionError, match="Please use Accuracy"):
        mx.metric.TopKAccuracy(top_k=1)
    with pytest.raises(ValueError, match="top_k=5 is out of bounds for 3 classes"):
        mx.metric.TopKAccuracy(top_k=5).update([mx.nd.array([0])], [mx.nd.array([[0.1, 0.2, 0.7]])])
    with pytest.raises(AssertionError, match="2 labels for 1 predictions"):
        mx.metric.CrossEntropy().update([mx.nd.array([0, 1])], [mx.nd.array([[0.1, 0.2, 0.7]])])
    with pytest.raises(AssertionError, match="not registered"):
        mx.metric.create("accuracies")
    with pytest.raises(NotImplementedError):
        mx.metric.EvalMetric("abstract").update([], [])
    with pytest.raises(ValueError, match="out of range"):
        mx.metric.create(["acc"]).get_metric(1)


@pytest.mark.cpu_only("a label out of range is not noticed on a GPU yet")
def test_labels_out_of_range():
    with pytest.raises(IndexError):
        mx.metric.CrossEntropy().update([mx.nd.array([3])], [mx.nd.array([[0.1, 0.2, 0.7]])])


@pytest.mark.parametrize("name, arguments", [r[:2] for r in RECORDED], ids=IDS)
def test_configuration_round_trip(name, arguments):
    config = mx.metric.create(name, **arguments).get_config()
    again = mx.metric.create(json.dumps(config))
    assert again.get_config() == config
    assert type(again) is type(mx.metric.create(name, **arguments))


def test_composite():
    metric = mx.metric.create(["acc", mx.metric.create("f1", output_names=["a"], label_names=["x"])])
    assert isinstance(metric, mx.metric.CompositeEvalMetric)
    pred = mx.nd.array([[0.3, 0.7], [0, 1.0], [0.4, 0.6]])
    label = mx.nd.array([0, 1, 1])
    metric.update_dict({"x": label}, {"a": pred})
    assert metric.get() == (["accuracy", "f1"], [pytest.approx(2 / 3), pytest.approx(0.8)])
    assert metric.get_name_value() == [("accuracy", pytest.approx(2 / 3)), ("f1", pytest.approx(0.8))]
    assert str(metric.get_metric(0)) == "EvalMetric: {'accuracy': 0.6666666666666666}"
    metric.reset_local()
    assert all(math.isnan(v) for v in metric.get()[1])
    assert metric.get_global()[1][0] == pytest.approx(2 / 3)
    assert metric.get_global_name_value()[1] == ("f1", pytest.approx(0.8))
    metric.reset()
    assert all(math.isnan(v) for v in metric.get_global()[1])
    again = mx.metric.create(json.dumps(metric.get_config()))
    assert again.get_config() == metric.get_config()


def test_composite_picks_arrays_by_name():
    metric = mx.metric.CompositeEvalMetric(["mae"], output_names=["b"], label_names=["y"])
    arrays = {"a": mx.nd.array([9.0]), "b": mx.nd.array([1.0])}
    metric.update_dict({"x": mx.nd.array([0.0]), "y": mx.nd.array([3.0])}, arrays)
    assert metric.get() == (["mae"], [2.0])


def test_update_dict_takes_named_outputs():
    metric = mx.metric.MSE(output_names=["b"], label_names=["y"])
    metric.update_dict({"x": mx.nd.array([5]), "y": mx.nd.array([1])}, {"a": mx.nd.array([9]), "b": mx.nd.array([3])})
    assert metric.get() == ("mse", 4.0)


def test_custom_metrics():
    def spread(label, pred):
        assert isinstance(label, np.ndarray) and isinstance(pred, np.ndarray)
        return np.abs(label - pred).sum(), label.size

    metric = mx.metric.create(spread)
    metric.update([mx.nd.array([1, 2])], [mx.nd.array([2, 4])])
    assert metric.get() == ("spread", 1.5)
    assert mx.metric.CustomMetric(lambda label, pred: 1).name == "custom(<lambda>)"
    with pytest.raises(NotImplementedError):
        metric.get_config()
    with pytest.raises(ValueError):
        metric.update([mx.nd.array([1])], [mx.nd.array([1]), mx.nd.array([1])])
    extra = mx.metric.np(spread, allow_extra_outputs=True)
    extra.update([mx.nd.array([1])], [mx.nd.array([4]), mx.nd.array([7])])
    assert extra.get() == ("spread", 3.0)


def test_subclasses_add_up_as_they_like():
    @mx.metric.register
    @mx.metric.alias("biggest")
    class LargestPrediction(mx.metric.EvalMetric):
        def __init__(self, name="largest", **kwargs):
            super().__init__(name, **kwargs)

        def update(self, labels, preds):
            for pred in preds:
                self.sum_metric += pred.max().asscalar()
                self.num_inst += 1

    metric = mx.metric.create("biggest")
    metric.update([], [mx.nd.array([1, 4]), mx.nd.array([2, 0])])
    assert metric.get() == ("largest", 3.0)
    assert metric.get_global() == ("largest", 3.0)  # without global statistics: the local value
    assert mx.metric.create("largestprediction").get_config()["metric"] == "LargestPrediction"
    twin = copy.deepcopy(metric)
    twin.update([], [mx.nd.array([9])])
    assert (metric.get()[1], twin.get()[1]) == (3.0, 5.0)


def test_class_numbers_that_grow():
    metric = mx.metric.PCC()
    metric.update([mx.nd.array([0, 1, 0, 1])], [mx.nd.array([0, 1, 0, 1])])
    metric.update([mx.nd.array([0, 5])], [mx.nd.array([0, 5])])
    assert metric.lcm.shape == (6, 6) and metric.lcm.trace() == 6
    assert metric.get() == ("pcc", 1.0)


def test_whole_numbers_are_subtracted_without_wrapping():
    metric = mx.metric.MAE()
    metric.update([mx.nd.array([0, 250], dtype="uint8")], [mx.nd.array([1, 249], dtype="uint8")])
    assert metric.get() == ("mae", 1.0)


def test_check_label_shapes():
    a, b = mx.nd.zeros((2, 3)), mx.nd.zeros((2, 4))
    assert mx.metric.check_label_shapes(a, b, wrap=True) == ([a], [b])
    with pytest.raises(ValueError, match=r"\(2, 3\) does not match shape of predictions \(2, 4\)"):
        mx.metric.check_label_shapes(a, b, shape=True)
