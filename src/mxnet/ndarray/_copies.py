"""Arrays copied: to another type, into another array, to another context."""

from __future__ import annotations

from typing import Any

import torch

from .._core import integers
from .._core.array import Array
from .._core.history import node_of, note_of, recorded
from .._core.invoke import write_out
from .._core.registry import get_op
from .._core.state import state
from ..context import Context


def converted(x: Array, wanted: torch.dtype) -> Any:
    """A copy with another data type."""
    t = x._t
    real = t.is_floating_point() and wanted.is_floating_point
    with torch.set_grad_enabled(state.recording):
        if real or not (state.recording and integers.in_graph(t).requires_grad):
            made = t.to(wanted, copy=True)
        else:
            made = integers.run(get_op("Cast").run, (t,), {"dtype": wanted})
    return noted(x, x._wrap(made, x._ctx), "Cast", {"dtype": wanted})


def copied_into(target: Array, x: Array) -> Any:
    """Write an array into another, converted to its type."""
    t = x._t
    write_out("copyto", target, t if state.recording else t.detach(), state.recording)
    return noted(x, target, "_copyto", {}) if integers.in_graph(t).requires_grad else target


def moved(x: Array, ctx: Context) -> Any:
    """A copy on a context."""
    device = ctx.device
    t = x._t
    with torch.set_grad_enabled(state.recording):
        made = t.to(device, copy=True, non_blocking=x._ctx.device_type == "cpu_pinned")
        if ctx.device_type == "cpu_pinned" and torch.cuda.is_available():
            made = made.pin_memory()
        made = integers.follow(made, t, lambda p: p.to(device))
    return noted(x, x._wrap(made, ctx), "_copyto", {})


def noted(x: Array, result: Any, op: str, params: dict[str, Any]) -> Any:
    """Note that an array was computed from another, when that is recorded."""
    if state.recording and node_of(result) is not None:
        recorded(result, get_op(op), params, [note_of(x)])
    return result
