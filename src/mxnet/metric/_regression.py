"""Metrics of predicted numbers, and correlations."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy
import torch

from .._core.defaults import Defaults
from .._core.types import Names
from ..ndarray import NDArray
from ._base import EvalMetric, alias, as_double, as_index, check_label_shapes, pairs, register, working

__all__ = ["MAE", "MSE", "PCC", "RMSE", "PearsonCorrelation"]


def _difference(xp: Any, label: Any, pred: Any) -> Any:
    """Label minus prediction; vectors count as columns, whole numbers as double precision."""
    if xp is torch and not (label.is_floating_point() and pred.is_floating_point()):
        label, pred = as_double(label), as_double(pred)
    elif xp is numpy and label.dtype.kind in "ub":  # their difference would wrap around
        label = as_double(label)
    label, pred = [x.reshape(-1, 1) if x.ndim == 1 else x for x in (label, pred)]
    return label - pred


class _ErrorMetric(Defaults, EvalMetric):
    """The mean over batches of an error."""

    def __init__(self, name: str = "", output_names: Names = None, label_names: Names = None) -> None:
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _error(self, xp: object, difference: object) -> Any:
        raise NotImplementedError

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch."""
        for xp, label, pred in pairs(labels, preds):
            self._add(self._error(xp, _difference(xp, label, pred)), 1)


@register
class MAE(_ErrorMetric, name="mae"):
    """The mean absolute error, averaged over batches.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def _error(self, xp: object, difference: Any) -> Any:
        return abs(difference).mean()


@register
class MSE(_ErrorMetric, name="mse"):
    """The mean squared error, averaged over batches.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def _error(self, xp: object, difference: Any) -> Any:
        return (difference**2.0).mean()


@register
class RMSE(_ErrorMetric, name="rmse"):
    """The root of the mean squared error of each batch, averaged over batches.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def _error(self, xp: Any, difference: Any) -> Any:
        return xp.sqrt((difference**2.0).mean())


@register
@alias("pearsonr")
class PearsonCorrelation(EvalMetric):
    """Pearson's correlation coefficient of labels and predictions.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    average : {"macro", "micro"}
        Average the coefficients of the batches, or take that of all samples together.
    """

    def __init__(
        self, name: str = "pearsonr", output_names: Names = None, label_names: Names = None, average: str = "macro"
    ) -> None:
        self.average = average
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def reset_micro(self) -> None:
        """Start the coefficient of all samples anew."""
        self._label_nums = self._pred_nums = 0
        self._mean_l = self._mean_p = 0.0
        self._sse_l = self._sse_p = 0.0
        self._conv = 0.0

    def reset(self) -> None:
        super().reset()
        self.reset_micro()

    def update_variance(self, new_values: Any, *aggregate: Any) -> tuple[int, float, float]:
        """Take new values into a count, a mean and a sum of squared deviations (Welford's algorithm)."""
        count, mean, m_2 = aggregate
        count += len(new_values)
        before = new_values - mean
        mean += float((before / count).sum())
        m_2 += float((before * (new_values - mean)).sum())
        return count, mean, m_2

    def update_cov(self, label: NDArray, pred: NDArray) -> None:
        """Take new values into the covariance: after the labels' mean, before that of the predictions."""
        self._conv += float(((label - self._mean_l) * (pred - self._mean_p)).sum())

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch."""
        for label, pred in zip(*check_label_shapes(labels, preds, True)):
            check_label_shapes(label, pred, False, True)
            _, label, pred = working(label, pred)
            label, pred = as_double(label).reshape(-1), as_double(pred).reshape(-1)
            if self.average == "macro":
                self._add(_coefficient(label - label.mean(), pred - pred.mean()), 1)
                continue
            self._add(0.0, 1)
            before = self._label_nums, self._mean_l, self._sse_l
            self._label_nums, self._mean_l, self._sse_l = self.update_variance(label, *before)
            self.update_cov(label, pred)
            before = self._pred_nums, self._mean_p, self._sse_p
            self._pred_nums, self._mean_p, self._sse_p = self.update_variance(pred, *before)

    def _value(self, count: Any, total: Any) -> float:
        if self.average == "macro":
            return super()._value(count, total)
        # That of all samples since the last reset, for the local and the global value alike.
        spread = math.sqrt(self._sse_p * self._sse_l)
        return self._conv / spread if count and spread else float("nan")


def _coefficient(x: Any, y: Any) -> Any:
    """The correlation of two vectors with mean zero; NaN when one of them is constant."""
    with numpy.errstate(invalid="ignore", divide="ignore"):
        return (x * y).sum() / ((x * x).sum() * (y * y).sum()) ** 0.5


@register
class PCC(EvalMetric):
    """The correlation coefficient of any number of classes, which for two is that of :class:`MCC`.

    Parameters
    ----------
    name, output_names, label_names, has_global_stats
        As for :class:`EvalMetric`.

    Attributes
    ----------
    lcm, gcm : numpy.ndarray
        The local and the global confusion matrix; rows are predictions. They grow with the classes that appear.
    """

    def __init__(
        self, name: str = "pcc", output_names: Names = None, label_names: Names = None, has_global_stats: bool = True
    ) -> None:
        self.k = 2
        self.lcm: numpy.ndarray
        self.gcm: numpy.ndarray
        super().__init__(name, output_names, label_names, has_global_stats=has_global_stats)

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch; predictions of the labels' shape are taken for class numbers."""
        for xp, label, pred in pairs(labels, preds):
            pred = pred.argmax(1) if pred.shape != label.shape else as_index(pred)
            label = as_index(label)
            if xp is torch:
                label, pred = label.cpu().numpy(), pred.cpu().numpy()
            more = int(max(pred.max(), label.max())) + 1 - self.k
            if more > 0:
                self.lcm, self.gcm = (numpy.pad(matrix, (0, more)) for matrix in (self.lcm, self.gcm))
                self.k += more
            for matrix in (self.lcm, self.gcm):
                numpy.add.at(matrix, (pred.reshape(-1), label.reshape(-1)), 1)
        self.num_inst += 1
        self.global_num_inst += 1

    @property
    def sum_metric(self) -> float:
        """The local coefficient, times the count."""
        return _correlation(self.lcm) * self.num_inst

    @property
    def global_sum_metric(self) -> float:
        """The global coefficient, times the count."""
        return _correlation(self.gcm) * self.global_num_inst

    def reset(self) -> None:
        self.global_num_inst = 0
        self.gcm = numpy.zeros((self.k, self.k))
        self.reset_local()

    def reset_local(self) -> None:
        self.num_inst = 0
        self.lcm = numpy.zeros((self.k, self.k))


def _correlation(matrix: numpy.ndarray) -> float:
    """The correlation of row and column of a confusion matrix; NaN when one of them never changes."""
    total = matrix.sum()
    x, y = matrix.sum(axis=1), matrix.sum(axis=0)
    cov_xx, cov_yy = (x * (total - x)).sum(), (y * (total - y)).sum()
    if cov_xx == 0 or cov_yy == 0:
        return float("nan")
    return float((matrix.diagonal() * total - x * y).sum() / (cov_xx * cov_yy) ** 0.5)
