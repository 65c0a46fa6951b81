"""Callbacks for notebooks: metrics as pandas tables, and Bokeh charts that are drawn further while training runs.

pandas and Bokeh are imported on first use: ``pip install 'remx[notebook]'``.
"""

from __future__ import annotations

import datetime
import importlib
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .._training import BatchEndParam

__all__ = ["LiveBokehChart", "LiveLearningCurve", "LiveTimeSeries", "PandasLogger", "args_wrapper"]

Callbacks = dict[str, Callable[..., None]]


def _needed(module: str, user: str) -> Any:
    """A module of an optional package; ImportError says who needs it and how to get it."""
    try:
        return importlib.import_module(module)
    except ImportError as e:
        raise ImportError(f"{user} needs {module.split('.')[0]}: pip install 'remx[notebook]'") from e


def _taken_metrics(param: BatchEndParam) -> dict[str, Any]:
    """The values of the metric so far, which starts anew."""
    if param.eval_metric is None:
        return {}
    found = dict(param.eval_metric.get_name_value())
    param.eval_metric.reset()
    return found


class _Timed:
    """What counts the time since it was made."""

    start_time: datetime.datetime

    def elapsed(self) -> datetime.timedelta:
        """The time since this was made."""
        return datetime.datetime.now() - self.start_time


class PandasLogger(_Timed):
    """Tables of what happened: training every so many batches, evaluations, and the time of epochs.

    Parameters
    ----------
    batch_size : int
        Samples in a batch.
    frequent : int
        Training batches between two rows. The metric starts anew at each row.

    Attributes
    ----------
    train_df, eval_df, epoch_df : pandas.DataFrame
        The first two have a column for each metric, and ``batches_per_sec``, ``records_per_sec``, ``elapsed``,
        ``minibatch_count`` and ``epoch``; the third has ``elapsed`` and ``epoch_time``.
    all_dataframes : dict of str to pandas.DataFrame
        The same by the names ``train``, ``eval`` and ``epoch``.
    """

    def __init__(self, batch_size: int, frequent: int = 50) -> None:
        pandas = _needed("pandas", type(self).__name__)
        self.batch_size = batch_size
        self.frequent = frequent
        self._dataframes = {name: pandas.DataFrame() for name in ("train", "eval", "epoch")}
        self.last_time = time.time()
        self.start_time = self.last_epoch_time = datetime.datetime.now()

    train_df = property(lambda self: self._dataframes["train"])
    eval_df = property(lambda self: self._dataframes["eval"])
    epoch_df = property(lambda self: self._dataframes["epoch"])
    all_dataframes = property(lambda self: self._dataframes)

    def append_metrics(self, metrics: dict[str, Any], df_name: str) -> None:
        """Add a row to one of the tables, and columns for what it does not know yet."""
        table = self._dataframes[df_name]
        for name in metrics:
            if name not in table.columns:
                table[name] = None
        table.loc[len(table)] = metrics

    def train_cb(self, param: BatchEndParam) -> None:
        """To be called after each training batch."""
        if param.nbatch % self.frequent == 0:
            self._process_batch(param, "train")

    def eval_cb(self, param: BatchEndParam) -> None:
        """To be called after each evaluation."""
        self._process_batch(param, "eval")

    def _process_batch(self, param: BatchEndParam, dataframe: str) -> None:
        now = time.time()
        passed = now - self.last_time
        speed = self.frequent / passed if passed else float("inf")
        row = _taken_metrics(param)
        row.update(batches_per_sec=speed, records_per_sec=speed * self.batch_size, elapsed=self.elapsed())
        row.update(minibatch_count=param.nbatch, epoch=param.epoch)
        self.append_metrics(row, dataframe)
        self.last_time = now

    def epoch_cb(self, *args: object) -> None:
        """To be called after each epoch, with whatever arguments."""
        now = datetime.datetime.now()
        self.append_metrics({"elapsed": self.elapsed(), "epoch_time": now - self.last_epoch_time}, "epoch")
        self.last_epoch_time = now

    def callback_args(self) -> Callbacks:
        """Keyword arguments of ``fit`` that connect the three callbacks."""
        return {
            "batch_end_callback": self.train_cb,
            "eval_end_callback": self.eval_cb,
            "epoch_end_callback": self.epoch_cb,
        }


class LiveBokehChart:
    """A chart in a notebook that is drawn further every few seconds; subclasses say what it shows.

    Parameters
    ----------
    pandas_logger : PandasLogger or None
        Where the data come from; a new one of ``batch_size`` and ``frequent`` when not given.
    metric_name : str
        What is shown.
    display_freq : float
        Seconds between two drawings.
    """

    def __init__(
        self,
        pandas_logger: PandasLogger | None,
        metric_name: str,
        display_freq: float = 10,
        batch_size: Any = None,
        frequent: int = 50,
    ) -> None:
        self.pandas_logger = pandas_logger or PandasLogger(batch_size=batch_size, frequent=frequent)
        self.display_freq = display_freq
        self.last_update = time.time()
        self.metric_name = metric_name
        self._bokeh("io").output_notebook()
        self.handle = self.setup_chart()

    def _bokeh(self, part: str) -> Any:
        return _needed(f"bokeh.{part}", type(self).__name__)

    def _figure(self, x_label: str, **options: Any) -> Any:
        return self._bokeh("plotting").figure(x_axis_type="datetime", x_axis_label=x_label, **options)

    def setup_chart(self) -> Any:
        """Show the chart and give the handle by which it is updated: for subclasses."""
        raise NotImplementedError(f"{type(self).__name__} has no setup_chart")

    def update_chart_data(self, *args: Any) -> None:
        """Put new data into the chart: for subclasses."""
        raise NotImplementedError(f"{type(self).__name__} has no update_chart_data")

    def interval_elapsed(self) -> bool:
        """Whether it is time to draw again."""
        return time.time() - self.last_update > self.display_freq

    def _push_render(self) -> None:
        self._bokeh("io").push_notebook(handle=self.handle)
        self.last_update = time.time()

    def _do_update(self) -> None:
        self.update_chart_data()
        self._push_render()

    def batch_cb(self, param: BatchEndParam) -> None:
        """To be called after each training batch."""
        if self.interval_elapsed():
            self._do_update()

    def eval_cb(self, param: BatchEndParam) -> None:
        """To be called after each evaluation, which is drawn at once."""
        self._do_update()

    def callback_args(self) -> Callbacks:
        """Keyword arguments of ``fit`` that connect the callbacks."""
        return {"batch_end_callback": self.batch_cb, "eval_end_callback": self.eval_cb}


def _draw(renderer: Any, x: list[Any], y: list[Any]) -> None:
    renderer.data_source.data = {"x": list(x), "y": list(y)}


class LiveTimeSeries(LiveBokehChart, _Timed):
    """A line of values over the time since the chart was made; ``fig_params`` are those of Bokeh's figure.

    ``chart.update_chart_data(value)`` adds a value and draws it.
    """

    def __init__(self, **fig_params: Any) -> None:
        self.fig = self._figure("Elapsed time", **fig_params)
        super().__init__(None, "")

    def setup_chart(self) -> Any:
        self.start_time = datetime.datetime.now()
        self.x_axis_val: list[datetime.timedelta] = []
        self.y_axis_val: list[Any] = []
        self._line = self.fig.line([], [])
        return self._bokeh("plotting").show(self.fig, notebook_handle=True)

    def update_chart_data(self, value: object) -> None:
        self.x_axis_val.append(self.elapsed())
        self.y_axis_val.append(value)
        _draw(self._line, self.x_axis_val, self.y_axis_val)
        self._push_render()


class LiveLearningCurve(LiveBokehChart, _Timed):
    """A metric over time, of training (every ``frequent`` batches) and of evaluations.

    The line of training becomes dots once there are many.
    """

    def __init__(self, metric_name: str, display_freq: float = 10, frequent: int = 50) -> None:
        self.frequent = frequent
        self.start_time = datetime.datetime.now()
        self._data: dict[str, dict[str, list[Any]]] = {"train": {"elapsed": []}, "eval": {"elapsed": []}}
        super().__init__(None, metric_name, display_freq, frequent=frequent)

    def setup_chart(self) -> Any:
        self.fig = fig = self._figure("Training time")
        self.train1 = fig.line([], [], line_dash="dotted", alpha=0.3, legend_label="train")
        self.train2 = fig.scatter([], [], size=1.5, alpha=0.3, legend_label="train", visible=False)
        self.valid1 = fig.line([], [], line_color="green", line_width=2, legend_label="validation")
        self.valid2 = fig.scatter([], [], line_color="green", line_width=2)
        fig.legend.location = "bottom_right"
        fig.yaxis.axis_label = self.metric_name
        return self._bokeh("plotting").show(fig, notebook_handle=True)

    def batch_cb(self, param: BatchEndParam) -> None:
        if param.nbatch % self.frequent == 0:
            self._process_batch(param, "train")
        super().batch_cb(param)

    def eval_cb(self, param: BatchEndParam) -> None:
        self._process_batch(param, "eval")
        super().eval_cb(param)

    def _process_batch(self, param: BatchEndParam, df_name: str) -> None:
        row = {**_taken_metrics(param), "elapsed": self.elapsed()}
        for name, value in row.items():
            self._data[df_name].setdefault(name, []).append(value)

    def update_chart_data(self) -> None:
        for name, renderers in (("train", (self.train1, self.train2)), ("eval", (self.valid1, self.valid2))):
            times = self._data[name]["elapsed"]
            for renderer in renderers if times else ():
                _draw(renderer, times, self._data[name][self.metric_name])
        many = len(self._data["train"]["elapsed"]) > 10
        self.train1.visible, self.train2.visible = not many, many


def args_wrapper(*args: Any) -> dict[str, list[Callable[..., None]]]:
    """Keyword arguments of ``fit`` that connect several of these objects."""
    out: dict[str, list[Callable[..., None]]] = {}
    for logger in args:
        for name, callback in logger.callback_args().items():
            out.setdefault(name, []).append(callback)
    return out
