"""Results written into arrays that the caller brings, in place: ``out=`` and what stands for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from ..base import MXNetError
from . import integers
from .array import Array, require_array
from .grad_mode import grad_mode
from .layout import same_memory
from .sparse.storage import Sparse


def targets(name: str, out: Any, results: Sequence[Any]) -> Sequence[Array]:
    """The arrays that results are written to."""
    outs = out if isinstance(out, (list, tuple)) else [out]
    if len(outs) != len(results):
        raise MXNetError(f"Operator {name}: out has {len(outs)} arrays, the operator {len(results)} outputs")
    return [require_array(target, "out", name) for target in outs]


def write_out(name: str, target: Array, value: torch.Tensor, record: bool) -> None:
    """Write a result into the caller's array, in place."""
    try:
        t = target._plain
    except AttributeError:  # a sparse array
        if target.shape != value.shape:
            raise MXNetError(
                f"Operator {name}: out has shape {target.shape}, the result {tuple(value.shape)}"
            ) from None
        target._t = value.detach()
        return
    if t.shape != value.shape:
        raise MXNetError(f"Operator {name}: out has shape {tuple(t.shape)}, the result {tuple(value.shape)}")
    if value.data_ptr() == t.data_ptr() and value.stride() == t.stride() and value.dtype == t.dtype:
        return  # the operator has worked in place
    if same_memory(value, t):
        value = value.clone()  # the two may overlap
    if record and integers.has_proxy((value, t)):
        _write_integers(name, target, value)
    elif record and value.requires_grad:
        if t.requires_grad:
            raise MXNetError(
                f"Operator {name}: Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with "
                "autograd: out is already part of the graph"
            )
        with grad_mode(True):
            t.copy_(value)
    else:
        t.data.copy_(value.detach())


def _write_integers(name: str, target: Array, value: torch.Tensor) -> None:
    """Write a recorded result where it, or the array, is of integers."""
    t = target._t
    proxy = integers.in_graph(value)
    if integers.in_graph(t).requires_grad:
        raise MXNetError(
            f"Operator {name}: Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with "
            "autograd: out is already part of the graph"
        )
    t.data.copy_(value.detach())
    if not t.is_floating_point():
        target._t = integers.attach(t.detach(), proxy.to(torch.float64))


def write_value(name: str, target: Any, value: torch.Tensor | Sparse, record: bool) -> None:
    """Write a result, which may be sparse, into the caller's array."""
    if target.stype != "default":
        if target.shape != tuple(value.shape):
            raise MXNetError(f"Operator {name}: out has shape {target.shape}, the result {tuple(value.shape)}")
        target._replace(value)
    else:
        write_out(name, target, value.dense() if isinstance(value, Sparse) else value, record)
