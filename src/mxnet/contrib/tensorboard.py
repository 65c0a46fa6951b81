"""Metrics in TensorBoard."""

from __future__ import annotations

import importlib
from typing import Any

__all__ = ["LogMetricsCallback"]

# Whichever is installed; they write the same files.
_WRITERS = ("mxboard", "tensorboardX", "torch.utils.tensorboard")


def _summary_writer() -> Any:
    for module in _WRITERS:
        try:
            return importlib.import_module(module).SummaryWriter
        except ImportError:
            continue
    raise ImportError("LogMetricsCallback needs a writer of event files: pip install tensorboardX (or tensorboard)")


class LogMetricsCallback:
    """A batch-end or eval-end callback that writes metrics to a TensorBoard event file, at the number of the epoch.

    Parameters
    ----------
    logging_dir : str
        The folder of the event file. Training and evaluation want one each: equal names are drawn into one chart.
    prefix : str, optional
        Metrics are called ``prefix-name``.

    Raises
    ------
    ImportError
        When none of the packages ``mxboard``, ``tensorboardX`` and ``tensorboard`` is installed.
    """

    def __init__(self, logging_dir: str, prefix: str | None = None) -> None:
        self.prefix = prefix
        self.summary_writer = _summary_writer()(logging_dir)

    def __call__(self, param: Any) -> None:
        """Write the current values of the metrics; ``param`` has epoch and eval_metric."""
        if param.eval_metric is None:
            return
        for name, value in param.eval_metric.get_name_value():
            shown = name if self.prefix is None else f"{self.prefix}-{name}"
            self.summary_writer.add_scalar(shown, value, global_step=param.epoch)
