"""Functions over ``mxnet.numpy`` arrays, made from operator declarations."""

from __future__ import annotations

from typing import Any

from .._core.frontend import nd
from .._core.registry import OpDef
from ..numpy._array import ndarray


def make_function(od: OpDef, shown: str) -> Any:
    """The function of an operator, which takes and gives ``mxnet.numpy`` arrays."""
    return nd.make_function(od, shown, ndarray)
