"""Evaluation metrics (``mx.metric``), which are made by name: ``mx.metric.create("acc")``."""

from .. import ndarray  # noqa: F401  # programs use it as mx.metric.ndarray
from ._base import EvalMetric, alias, check_label_shapes, register
from ._classification import F1, MCC, Accuracy, CrossEntropy, NegativeLogLikelihood, Perplexity, TopKAccuracy
from ._compose import Caffe, CompositeEvalMetric, CustomMetric, Loss, Torch, create, np
from ._regression import MAE, MSE, PCC, RMSE, PearsonCorrelation

__all__ = [
    "F1",
    "MAE",
    "MCC",
    "MSE",
    "PCC",
    "RMSE",
    "Accuracy",
    "Caffe",
    "CompositeEvalMetric",
    "CrossEntropy",
    "CustomMetric",
    "EvalMetric",
    "Loss",
    "NegativeLogLikelihood",
    "PearsonCorrelation",
    "Perplexity",
    "TopKAccuracy",
    "Torch",
    "alias",
    "check_label_shapes",
    "create",
    "np",
    "register",
]
