"""Helpers for tests of networks and operators: comparisons, random data, gradient and consistency checks, downloads."""

from __future__ import annotations

# Test files written for MXNet say ``from mxnet.test_utils import *`` and use the modules that come along.
import json
import logging
import os
import platform
import sys
import time
from collections import OrderedDict
from contextlib import contextmanager

import numpy as np
import numpy.random as rnd

import mxnet as mx

from ..context import Context, current_context
from ..ndarray import array
from ..symbol import Symbol
from ..util import getenv, setenv, use_np
from . import _arrays, _compare, _consistency, _defaults, _download, _environment, _statistics, _symbolic, _training
from ._arrays import *  # noqa: F403
from ._compare import *  # noqa: F403
from ._consistency import *  # noqa: F403
from ._defaults import *  # noqa: F403
from ._download import *  # noqa: F403
from ._environment import *  # noqa: F403
from ._statistics import *  # noqa: F403
from ._symbolic import *  # noqa: F403
from ._training import *  # noqa: F403

__all__ = [
    "Context",
    "OrderedDict",
    "Symbol",
    "array",
    "contextmanager",
    "current_context",
    "getenv",
    "json",
    "logging",
    "mx",
    "np",
    "os",
    "platform",
    "rnd",
    "setenv",
    "sys",
    "time",
    "use_np",
    *_arrays.__all__,
    *_compare.__all__,
    *_consistency.__all__,
    *_defaults.__all__,
    *_download.__all__,
    *_environment.__all__,
    *_statistics.__all__,
    *_symbolic.__all__,
    *_training.__all__,
]
