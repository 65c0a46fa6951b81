"""Arrays copied: to another type, into another array, to another context."""

from __future__ import annotations

from typing import Any

import torch

from .._core import integers
from .._core.array import Array
from .._core.history import node_of, origin_of, recorded
from .._core.invoke import derive, invoke
from .._core.outputs import write_out
from .._core.registry import get_op
from .._core.state import state
from ..base import OperatorTypeError
from ..context import Context, placed

_CAST, _COPYTO = get_op("Cast"), get_op("_copyto")


def converted(x: Array, wanted: torch.dtype) -> Any:
    """A copy with another data type."""
    return invoke(_CAST, (x,), {"dtype": wanted})


def copied_into(target: Array, x: Array) -> Any:
    """Write an array into another, converted to its type."""
    t = x._t
    write_out("copyto", target, t if state.recording else t.detach(), state.recording)
    if state.recording and node_of(target) is not None and integers.in_graph(t).requires_grad:
        recorded(target, _COPYTO, {}, [origin_of(x)])
    return target


def moved(x: Array, ctx: Context) -> Any:
    """A copy on a context."""
    if not isinstance(ctx, Context):
        raise OperatorTypeError(f"context must be a Context, got {ctx!r}")
    asynchronous = x._ctx.device_type == "cpu_pinned"
    return derive(x, _on_device, (ctx, asynchronous), lambda t: x._wrap(t, ctx), _COPYTO, {})


def _on_device(t: torch.Tensor, ctx: Context, asynchronous: bool) -> torch.Tensor:
    made = t.to(ctx.device, copy=True, non_blocking=asynchronous)
    return placed(made, ctx)
