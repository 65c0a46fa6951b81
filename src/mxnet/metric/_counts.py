"""Counting how often predictions of two classes are right."""

from __future__ import annotations

import math
from typing import Any

from ..ndarray import NDArray
from ._base import as_index, check_label_shapes, working


class Counts:
    """True and false, positive and negative predictions."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Start anew."""
        self.tn = self.fp = self.fn = self.tp = 0

    def add(self, tn: int, fp: int, fn: int, tp: int) -> None:
        """Add the counts of a batch."""
        self.tn += tn
        self.fp += fp
        self.fn += fn
        self.tp += tp

    @property
    def total(self) -> int:
        """How many samples were counted."""
        return self.tn + self.fp + self.fn + self.tp

    def precision(self) -> float:
        """The share of positive predictions that are true, 0 where there are none."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    def recall(self) -> float:
        """The share of positive samples that were found, 0 where there are none."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    def fscore(self) -> float:
        """The harmonic mean of precision and recall, 0 where it is not defined."""
        precision, recall = self.precision(), self.recall()
        return 2 * precision * recall / (precision + recall) if precision + recall > 0 else 0.0

    def matthewscc(self) -> float:
        """Matthews' correlation coefficient, in which empty rows and columns count as one."""
        if not self.total:
            return 0.0
        sums = (self.tp + self.fp, self.tp + self.fn, self.tn + self.fp, self.tn + self.fn)
        return (self.tp * self.tn - self.fp * self.fn) / math.sqrt(math.prod([float(s) for s in sums if s]))


class _BinaryClassificationMetrics:
    """Counts of the current epoch, and of all since the last reset, with the scores that follow from them.

    Metrics of programs build on it, as :class:`F1` and :class:`MCC` do.

    Parameters
    ----------
    name : str
        Whose labels they are, for errors.
    """

    def __init__(self, name: str = "_BinaryClassificationMetrics") -> None:
        self._name = name
        self.local, self.all = Counts(), Counts()

    def update_binary_stats(self, label: NDArray, pred: NDArray) -> None:
        """Add a batch; predictions have a score for each of two classes.

        Raises
        ------
        ValueError
            When the labels have more than two values.
        """
        xp, label, pred = working(label, pred)
        check_label_shapes(label, pred)
        label, chosen = as_index(label).reshape(-1), pred.argmax(1).reshape(-1)
        check_label_shapes(label, chosen)
        if len(xp.unique(label)) > 2:
            raise ValueError(f"{self._name} currently only supports binary classification.")
        counts = xp.bincount(2 * (label == 1) + (chosen == 1), minlength=4).tolist()
        self.local.add(*counts)
        self.all.add(*counts)

    def matthewscc(self, use_global: bool = False) -> float:
        """Matthews' correlation coefficient."""
        return (self.all if use_global else self.local).matthewscc()

    def local_reset_stats(self) -> None:
        """Start the counts of the epoch anew."""
        self.local.reset()

    def reset_stats(self) -> None:
        """Start all counts anew."""
        self.local.reset()
        self.all.reset()


def _shown(which: str, name: str) -> property:
    def value(self: _BinaryClassificationMetrics) -> Any:
        found = getattr(getattr(self, which), name)
        return found() if callable(found) else found

    return property(value)


_NAMES = {
    "true_positives": "tp",
    "true_negatives": "tn",
    "false_positives": "fp",
    "false_negatives": "fn",
    "total_examples": "total",
    "precision": "precision",
    "recall": "recall",
    "fscore": "fscore",
}
for _public, _own in _NAMES.items():
    setattr(_BinaryClassificationMetrics, _public, _shown("local", _own))
    setattr(_BinaryClassificationMetrics, f"global_{_public}", _shown("all", _own))
