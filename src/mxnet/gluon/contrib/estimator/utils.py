"""Checks of metrics that are given to estimators and event handlers."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from ....metric import Accuracy, CompositeEvalMetric, EvalMetric
from ...loss import Loss, SoftmaxCrossEntropyLoss


def _listed(kind: type, given: Any, what: str, one: str) -> list[Any]:
    """A list from none, one or several of a kind; ValueError for anything else, called ``what``."""
    found = [] if given is None else [given] if isinstance(given, kind) else given
    if not isinstance(found, (list, tuple)) or not all(isinstance(x, kind) for x in found):
        raise ValueError(f"{what}: expected {one} or a list of them, got {given}")
    return list(found)


def _check_metrics(metrics: object) -> list[EvalMetric]:
    """A list of single metrics from none, one, a composite one or several."""
    if isinstance(metrics, CompositeEvalMetric):
        return [single for part in metrics.metrics for single in _check_metrics(part)]
    return _listed(EvalMetric, metrics, "metrics", "an EvalMetric")


def _check_handler_metric_ref(handler: object, known_metrics: Collection[EvalMetric]) -> None:
    """Refuse a handler with a metric that nobody updates, in any attribute which is called after metrics."""
    for name, value in vars(handler).items():
        if "metric" not in name:
            continue
        for metric in value if isinstance(value, (list, tuple)) else [value]:
            if isinstance(metric, EvalMetric) and metric not in known_metrics:
                raise ValueError(
                    f"{type(handler).__name__} watches {metric}, which the estimator does not update; give it one of "
                    "estimator.train_metrics or estimator.val_metrics"
                )


def _suggest_metric_for_loss(loss: Loss) -> EvalMetric | None:
    """The metric that goes with a loss: accuracy for classification, none for others."""
    return Accuracy() if isinstance(loss, SoftmaxCrossEntropyLoss) else None
