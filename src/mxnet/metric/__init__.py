"""Evaluation metrics (``mx.metric``), which are made by name: ``mx.metric.create("acc")``."""

# Programs that write metrics find all of these here.
# ruff: noqa: F401
import math
from collections import OrderedDict

import numpy

from .. import ndarray, registry
from ..base import numeric_types, string_types
from ._base import EvalMetric, alias, check_label_shapes, register
from ._classification import F1, MCC, Accuracy, CrossEntropy, NegativeLogLikelihood, Perplexity, TopKAccuracy
from ._compose import Caffe, CompositeEvalMetric, CustomMetric, Loss, Torch, create, np
from ._counts import _BinaryClassificationMetrics
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
