"""Tables and charts of training in notebooks, over stand-ins for pandas and Bokeh that hold what they are given."""

import sys
from types import ModuleType, SimpleNamespace

import numpy as np
import pytest

import mxnet as mx
from mxnet.notebook import callback


class Table:
    """As much of a DataFrame as a logger uses."""

    def __init__(self):
        self.columns = []
        self.rows = {}
        self.loc = self.rows

    def __len__(self):
        return len(self.rows)

    def __setitem__(self, name, value):
        self.columns.append(name)


class Figure:
    """A Bokeh figure: what draws on it has data, and may be hidden."""

    def __init__(self, **options):
        self.options = options
        self.legend, self.yaxis = SimpleNamespace(), SimpleNamespace()
        self.drawn = []

    def line(self, x, y, visible=True, **style):
        self.drawn.append(SimpleNamespace(data_source=SimpleNamespace(data={"x": x, "y": y}), visible=visible))
        return self.drawn[-1]

    scatter = line


@pytest.fixture
def pushed(monkeypatch):
    """Puts the stand-ins in place; the handles of the charts that have been drawn further."""
    handles = []
    pandas, bokeh = ModuleType("pandas"), ModuleType("bokeh")
    pandas.DataFrame = Table
    bokeh.io = SimpleNamespace(output_notebook=lambda: None, push_notebook=lambda handle: handles.append(handle))
    bokeh.plotting = SimpleNamespace(figure=Figure, show=lambda figure, notebook_handle: figure)
    for name, module in (("pandas", pandas), ("bokeh", bokeh), ("bokeh.io", bokeh.io)):
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setitem(sys.modules, "bokeh.plotting", bokeh.plotting)
    return handles


def train(epochs, **callbacks):
    x = np.random.RandomState(0).rand(40, 5).astype(np.float32)
    batches = mx.io.NDArrayIter(x, (x.sum(1) > 2.5).astype(np.float32), 8)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2), name="softmax")
    mx.mod.Module(net).fit(
        batches, eval_data=batches, num_epoch=epochs, initializer=mx.init.One(), eval_metric="acc", **callbacks
    )


def test_tables_of_a_training(pushed):
    log = callback.PandasLogger(8, frequent=2)
    train(2, **log.callback_args())
    assert log.all_dataframes == {"train": log.train_df, "eval": log.eval_df, "epoch": log.epoch_df}
    assert set(log.train_df.columns) == {
        "accuracy", "batches_per_sec", "records_per_sec", "elapsed", "minibatch_count", "epoch",
    }  # fmt: skip
    rows = [(r["epoch"], r["minibatch_count"], r["accuracy"]) for r in log.train_df.rows.values()]
    # As MXNet gives them: the metric starts anew after each row.
    assert rows == [(0, 0, 0.125), (0, 2, 0.3125), (0, 4, 0.5), (1, 0, 0.875), (1, 2, 0.3125), (1, 4, 0.5)]
    assert [(r["epoch"], r["minibatch_count"]) for r in log.eval_df.rows.values()] == [(0, 5), (1, 5)]
    for row in log.train_df.rows.values():
        assert row["records_per_sec"] == 8 * row["batches_per_sec"] > 0
    assert [set(r) for r in log.epoch_df.rows.values()] == [{"elapsed", "epoch_time"}] * 2


def test_a_learning_curve(pushed):
    curve, log = callback.LiveLearningCurve("accuracy", display_freq=1e9, frequent=1), callback.PandasLogger(8)
    both = callback.args_wrapper(curve, log)
    assert {k: len(v) for k, v in both.items()} == {
        "batch_end_callback": 2, "eval_end_callback": 2, "epoch_end_callback": 1,
    }  # fmt: skip
    train(2, **both)
    assert curve.fig.options == {"x_axis_type": "datetime", "x_axis_label": "Training time"}
    assert curve.fig.yaxis.axis_label == "accuracy"
    assert pushed == [curve.handle] * 2  # after evaluations; the time for another drawing has not come
    train_line, train_dots, valid_line, valid_dots = curve.fig.drawn
    assert len(train_line.data_source.data["y"]) == 10 and train_line.data_source.data == train_dots.data_source.data
    assert (
        valid_line.data_source.data["y"] == curve._data["eval"]["accuracy"]
        and len(valid_dots.data_source.data["x"]) == 2
    )
    assert (train_line.visible, train_dots.visible) == (True, False)
    train(1, **curve.callback_args())
    assert (train_line.visible, train_dots.visible) == (False, True)


def test_a_series_of_values(pushed):
    chart = callback.LiveTimeSeries(title="loss")
    for value in (3, 2):
        chart.update_chart_data(value)
    assert chart.fig.options["title"] == "loss" and len(pushed) == 2
    (line,) = chart.fig.drawn
    assert line.data_source.data["y"] == [3, 2] and line.data_source.data["x"] == sorted(chart.x_axis_val)


def test_a_chart_of_ones_own(pushed):
    class Chart(callback.LiveBokehChart):
        def setup_chart(self):
            return "handle"

        def update_chart_data(self):
            self.seen = True

    chart = Chart(callback.PandasLogger(8), "accuracy", display_freq=0)
    chart.last_update -= 1
    chart.batch_cb(None)
    assert chart.seen and pushed == ["handle"]
    with pytest.raises(NotImplementedError, match="setup_chart"):
        callback.LiveBokehChart(None, "accuracy")


@pytest.mark.parametrize("make", [lambda: callback.PandasLogger(8), lambda: callback.LiveTimeSeries()])
def test_what_is_needed_is_said(make, monkeypatch):
    for name in ("pandas", "bokeh", "bokeh.plotting"):
        monkeypatch.setitem(sys.modules, name, None)
    with pytest.raises(ImportError, match=r"needs (pandas|bokeh): pip install 'remx\[notebook\]'"):
        make()
    assert mx.notebook is sys.modules["mxnet.notebook"]
