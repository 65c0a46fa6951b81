"""What ``F.np`` is in blocks where ``F`` is ``mx.sym``: the functions of :mod:`mxnet.numpy`, which take symbols too.

Those that MXNet registers as operators of the same name (``_np_sum``) have the signatures of generated functions here.
"""

from __future__ import annotations

from typing import Any

import numpy as onp

from ..._core.types import DTypeLike, ShapeLike
from ...context import Context
from ...numpy import _creation
from ...numpy.multiarray import *  # noqa: F403
from ...numpy.utils import *  # noqa: F403
from . import _internal, _op, _symbol, linalg, random
from ._op import *  # noqa: F403
from ._symbol import _Symbol, over_symbols


def zeros(shape: ShapeLike, dtype: DTypeLike = onp.float32, order: str = "C", ctx: Context | None = None) -> Any:
    """An array of zeros, float32 by default."""
    return _creation.zeros(shape, dtype, order, ctx)


globals().update(over_symbols({**_creation.FUNCTIONS, "zeros": zeros}))

__all__ = ["_Symbol", "_internal", "_op", "_symbol", "linalg", "random"]
