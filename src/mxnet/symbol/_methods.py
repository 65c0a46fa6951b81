"""The methods of Symbol that forward to operators with other names or arguments than their own."""

from __future__ import annotations

from typing import Any

from .._core.frontend.fluent import forwarding
from .._core.types import Axes
from . import op
from ._symbol import Symbol

for _name, _function in (
    ("reshape", "reshape"),
    ("astype", "cast"),
    ("broadcast_to", "broadcast_to"),
    ("broadcast_like", "broadcast_like"),
):
    setattr(Symbol, _name, forwarding(Symbol, _name, op.__name__, _function))


def flatten(self: Symbol, inplace: bool = False, **kwargs: Any) -> Symbol:
    """``flatten`` of this symbol: all axes but the first become one. ``inplace`` has no effect."""
    return op.flatten(self, **kwargs)


def expand_dims(self: Symbol, axis: int, inplace: bool = False, **kwargs: Any) -> Symbol:
    """``expand_dims`` of this symbol: a new axis of size 1. ``inplace`` has no effect."""
    return op.expand_dims(self, axis=axis, **kwargs)


def squeeze(self: Symbol, axis: Axes = None, inplace: bool = False, **kwargs: Any) -> Symbol:
    """``squeeze`` of this symbol: without axes of size 1. ``inplace`` has no effect."""
    return op.squeeze(self, axis=axis, **kwargs)


def diag(self: Symbol, k: int = 0, **kwargs: Any) -> Symbol:
    """``diag`` of this symbol: its ``k``-th diagonal, or a matrix with it on the diagonal."""
    return op.diag(self, k, **kwargs)


for _made in (flatten, expand_dims, squeeze, diag):
    setattr(Symbol, _made.__name__, _made)
