"""Initial values of parameters (``mx.init``)."""

# Programs that write initializers find all of these here.
# ruff: noqa: F401
import json
import logging
import re
import warnings
from math import sqrt

import numpy as np

from .. import ndarray, random, registry
from ..base import string_types
from ..ndarray import NDArray, load
from ..util import is_np_array
from ._base import InitDesc, Initializer, alias, create, register
from ._composites import Load, Mixed
from ._layers import Bilinear, FusedRNN, LSTMBias
from ._weights import Constant, MSRAPrelu, Normal, One, Orthogonal, Uniform, Xavier, Zero

for _public in (
    *(Bilinear, Constant, FusedRNN, InitDesc, Initializer, LSTMBias, Load, MSRAPrelu, Mixed, Normal, One, Orthogonal),
    *(Uniform, Xavier, Zero, register),
):
    _public.__module__ = __name__  # where pickles and MXNet's users look for them

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
    "register",
]
