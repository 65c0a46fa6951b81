"""Evaluation metrics (``mx.metric``), which are made by name: ``mx.metric.create("acc")``."""

# Programs that write metrics find all of these here.
# ruff: noqa: F401, F403
import math
from collections import OrderedDict

import numpy

from .. import ndarray, registry
from ..base import numeric_types, string_types
from . import _base, _classification, _compose, _regression
from ._base import *
from ._classification import *
from ._compose import *
from ._counts import _BinaryClassificationMetrics
from ._regression import *

__all__ = [*_base.__all__, *_classification.__all__, *_compose.__all__, *_regression.__all__]
