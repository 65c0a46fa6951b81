"""The functions of operators over symbols of ``mx.sym.np``."""

from __future__ import annotations

import functools
from typing import Any

from ..._core.frontend import sym
from ..._core.registry import OpDef
from .._create import create
from ._symbol import _Symbol


def make_function(od: OpDef, shown: str) -> Any:
    """The function of an operator, which takes and gives symbols with NumPy's semantics."""
    return sym.make_function(od, shown, _Symbol, functools.partial(create, kind=_Symbol))
