"""Metrics of predicted classes and of their probabilities."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy
import torch

from .._core.defaults import Defaults
from .._core.types import Names
from ..ndarray import NDArray
from ._base import EvalMetric, alias, as_index, as_single, as_tensor, check_label_shapes, pairs, register, working
from ._counts import Counts, _BinaryClassificationMetrics

__all__ = ["F1", "MCC", "Accuracy", "CrossEntropy", "NegativeLogLikelihood", "Perplexity", "TopKAccuracy"]


@register
@alias("acc")
class Accuracy(EvalMetric):
    """The share of samples whose class is predicted.

    Predictions of the labels' shape are taken for class numbers, others for scores of the classes along an axis.

    Parameters
    ----------
    axis : int
        The axis of the classes.
    name, output_names, label_names
        As for :class:`EvalMetric`.

    Examples
    --------
    >>> import mxnet as mx
    >>> accuracy = mx.metric.Accuracy()
    >>> accuracy.update([mx.nd.array([0, 1, 1])], [mx.nd.array([[0.3, 0.7], [0, 1.0], [0.4, 0.6]])])
    >>> accuracy.get()
    ('accuracy', 0.6666666666666666)
    """

    def __init__(
        self, axis: int = 1, name: str = "accuracy", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names, axis=axis, has_global_stats=True)
        self.axis = axis

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch."""
        for xp, label, pred in pairs(labels, preds):
            pred = pred.argmax(self.axis) if pred.shape != label.shape else as_index(pred)
            label, pred = as_index(label).reshape(-1), pred.reshape(-1)
            check_label_shapes(label, pred)
            self._add(xp.count_nonzero(pred == label), len(pred))


@register
@alias("top_k_accuracy", "top_k_acc")
class TopKAccuracy(EvalMetric):
    """The share of samples whose class is among the ``top_k`` with the highest scores.

    Parameters
    ----------
    top_k : int
        At least 2.
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def __init__(
        self, top_k: int = 1, name: str = "top_k_accuracy", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names, top_k=top_k, has_global_stats=True)
        self.top_k = top_k
        if top_k <= 1:
            raise AssertionError("Please use Accuracy if top_k is no more than 1")
        if not self.name.endswith(f"_{top_k}"):  # made from a configuration, it has been added already
            self.name += f"_{top_k}"

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch; predictions have one score a class."""
        for xp, label, pred in pairs(labels, preds):
            if pred.ndim > 2:
                raise AssertionError("Predictions should be no more than 2 dims")
            if pred.shape[-1] < self.top_k:
                raise ValueError(f"top_k={self.top_k} is out of bounds for {pred.shape[-1]} classes")
            check_label_shapes(label, pred)
            label = as_index(label)
            if pred.ndim == 1:  # a vector in the order that sorts it, for what it is worth
                right = _partition(as_tensor(pred).cpu().numpy(), self.top_k) == as_tensor(label).cpu().numpy()
                self._add(numpy.count_nonzero(right), len(pred))
                continue
            label = label.reshape(-1, 1)
            check_label_shapes(label, pred)
            best = _partition(pred, self.top_k)[:, -self.top_k :] if xp is numpy else pred.topk(self.top_k).indices
            self._add(xp.count_nonzero(best == label), len(pred))


def _partition(scores: numpy.ndarray, k: int) -> numpy.ndarray:
    """The order that puts the ``k`` highest scores last."""
    return numpy.argpartition(scores.astype(numpy.float32), -k)


# ---------------------------------------------------------------------- two classes


class _BinaryMetric(Defaults, EvalMetric):
    """A score of the counts, averaged over batches (macro) or computed over all samples (micro)."""

    def __init__(
        self, name: str = "", output_names: Names = None, label_names: Names = None, average: str = "macro"
    ) -> None:
        self.average = average
        self.metrics = self._metrics = _BinaryClassificationMetrics(type(self).__name__)
        super().__init__(name, output_names, label_names, has_global_stats=True)

    def _score(self, counts: Counts) -> float:
        raise NotImplementedError

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch; predictions have a score for each of two classes.

        Raises
        ------
        ValueError
            When the labels have more than two values.
        """
        for label, pred in zip(*check_label_shapes(labels, preds, True)):
            self.metrics.update_binary_stats(label, pred)
        local, total = self.metrics.local, self.metrics.all
        if self.average == "macro":
            self._add(self._score(local), 1)
            self.metrics.reset_stats()
        else:
            self.num_inst, self.global_num_inst = local.total, total.total
            self.sum_metric = self._score(local) * local.total
            self.global_sum_metric = self._score(total) * total.total

    def reset(self) -> None:
        super().reset()
        self.metrics.reset_stats()

    def reset_local(self) -> None:
        super().reset_local()
        self.metrics.local_reset_stats()


@register
class F1(_BinaryMetric, name="f1"):
    """The F1 score of two classes: the harmonic mean of precision and recall of class 1.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    average : {"macro", "micro"}
        Average the scores of the batches, or take the score of all samples together.
    """

    def _score(self, counts: Counts) -> float:
        return counts.fscore()


@register
class MCC(_BinaryMetric, name="mcc"):
    """Matthews' correlation coefficient of two classes: 1 for perfect, 0 for random, -1 for inverse predictions.

    Parameters
    ----------
    name, output_names, label_names
        As for :class:`EvalMetric`.
    average : {"macro", "micro"}
        Average the scores of the batches, or take the score of all samples together.
    """

    def _score(self, counts: Counts) -> float:
        return counts.matthewscc()


# ---------------------------------------------------------------------- probabilities


def _probability_of(xp: Any, pred: Any, label: Any) -> Any:
    """The probability each row gives to its label; IndexError when there is no such class.

    An index out of range would end the process on a GPU, where nobody looks at the label: there it gives NaN.
    """
    rows = xp.arange(len(label)) if xp is numpy else torch.arange(len(label), device=pred.device)
    if xp is numpy or pred.device.type == "cpu":
        return pred[rows, label]
    classes = pred.shape[1]
    found = pred[rows, label.clamp(-classes, classes - 1)]
    return found.masked_fill((label < -classes) | (label >= classes), float("nan"))


class _LogLoss(Defaults, EvalMetric):
    """The mean of ``-log(p + eps)``, ``p`` being the probability that a sample's class was given."""

    def __init__(
        self, eps: float = 1e-12, name: str = "", output_names: Names = None, label_names: Names = None
    ) -> None:
        super().__init__(name, output_names, label_names, eps=eps, has_global_stats=True)
        self.eps = eps

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch; predictions have one probability a class."""
        for xp, label, pred in pairs(labels, preds):
            label = as_index(label).reshape(-1)
            if len(label) != len(pred):
                raise AssertionError(f"{len(label)} labels for {len(pred)} predictions")
            probability = _probability_of(xp, pred, label)
            self._add((-xp.log(probability + self.eps)).sum(), len(label))


@register
@alias("ce")
class CrossEntropy(_LogLoss, name="cross-entropy"):
    """The cross entropy: the mean of ``-log(p + eps)``, ``p`` being the predicted probability of a sample's class.

    Parameters
    ----------
    eps : float
        Keeps the logarithm finite.
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """


@register
@alias("nll_loss")
class NegativeLogLikelihood(_LogLoss, name="nll-loss"):
    """The negative log-likelihood, which is the same as :class:`CrossEntropy`.

    Parameters
    ----------
    eps : float
        Keeps the logarithm finite.
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """


@register
class Perplexity(EvalMetric):
    """The perplexity: the exponential of the mean negative log-likelihood.

    Parameters
    ----------
    ignore_label : int or None
        Samples with this label do not count.
    axis : int
        The axis of the classes.
    name, output_names, label_names
        As for :class:`EvalMetric`.
    """

    def __init__(
        self,
        ignore_label: int | None,
        axis: int = -1,
        name: str = "perplexity",
        output_names: Names = None,
        label_names: Names = None,
    ) -> None:
        super().__init__(name, output_names, label_names, ignore_label=ignore_label, has_global_stats=True)
        self.ignore_label = ignore_label
        self.axis = axis

    def update(self, labels: Sequence[NDArray], preds: Sequence[NDArray]) -> None:
        """Add a batch; predictions have one probability a class."""
        if len(labels) != len(preds):
            raise AssertionError(f"{len(labels)} labels for {len(preds)} predictions")
        for label, pred in zip(labels, preds):
            xp, label, pred = working(label, pred)
            rows = pred.reshape(-1, pred.shape[-1])
            if len(label.reshape(-1)) != len(rows):
                raise AssertionError(f"shape mismatch: {tuple(label.shape)} vs. {tuple(pred.shape)}")
            if self.axis % pred.ndim != pred.ndim - 1:
                rows = xp.moveaxis(pred, self.axis, -1)
                rows = rows.reshape(-1, rows.shape[-1])
            label = label.reshape(-1)
            # Labels out of range take the nearest class: those to be ignored usually are.
            probability = as_single(_probability_of(xp, rows, as_index(label).clip(0, rows.shape[1] - 1)))
            count: Any = len(label)
            if self.ignore_label is not None:
                ignored = label == self.ignore_label
                probability = xp.where(ignored, xp.ones_like(probability), probability)
                count = count - xp.count_nonzero(ignored)
            self._add(-xp.log(probability.clip(1e-10)).sum(), count)

    def _value(self, count: Any, total: Any) -> float:
        return math.exp(super()._value(count, total))
