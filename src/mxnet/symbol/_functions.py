"""The functions of operators over symbols."""

from __future__ import annotations

from typing import Any

from .._core.frontend import sym
from .._core.registry import OpDef
from ._create import create
from ._symbol import Symbol


def make_function(od: OpDef, shown: str) -> Any:
    """The function of an operator over symbols."""
    return sym.make_function(od, shown, Symbol, create)
