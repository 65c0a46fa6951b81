"""Arrays copied: to another type, into another array, to another context."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from .._core import integers
from .._core.invoke import write_out
from .._core.registry import get_op
from .._core.state import state
from ..context import Context, current_context

if TYPE_CHECKING:
    from ._array import NDArray


def context_of(t: torch.Tensor) -> Context:
    """The context of a tensor's device."""
    if t.device.type == "cuda":
        return Context("gpu", t.device.index or 0)
    if t.device.type == "mps":
        return Context("mps", 0)
    ctx = current_context()
    return ctx if ctx.device_type.startswith("cpu") else Context("cpu", 0)


def converted(x: NDArray, wanted: torch.dtype) -> NDArray:
    """A copy with another data type."""
    t = x._t
    real = t.is_floating_point() and wanted.is_floating_point
    with torch.set_grad_enabled(state.recording):
        if real or not (state.recording and integers.in_graph(t).requires_grad):
            made = t.to(wanted, copy=True)
        else:
            made = integers.run(get_op("Cast").run, (t,), {"dtype": wanted})
    return _noted(x, x._wrap(made, x._ctx), "Cast", {"dtype": wanted})


def copied_into(target: NDArray, x: NDArray) -> NDArray:
    """Write an array into another, converted to its type."""
    t = x._t
    write_out("copyto", target, t if state.recording else t.detach(), state.recording)
    return _noted(x, target, "_copyto", {}) if integers.in_graph(t).requires_grad else target


def moved(x: NDArray, ctx: Context) -> NDArray:
    """A copy on a context."""
    device = ctx.device
    t = x._t
    with torch.set_grad_enabled(state.recording):
        made = t.to(device, copy=True, non_blocking=x._ctx.device_type == "cpu_pinned")
        if ctx.device_type == "cpu_pinned" and torch.cuda.is_available():
            made = made.pin_memory()
        made = integers.follow(made, t, lambda p: p.to(device))
    return _noted(x, x._wrap(made, ctx), "_copyto", {})


def _noted(x: NDArray, result: NDArray, op: str, params: dict[str, Any]) -> NDArray:
    x._note_on(result, op, params)
    return result
