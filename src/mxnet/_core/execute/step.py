"""One operator call of a program, and the error of one that fails."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from ..errors import error_like, op_error
from ..graph.node import Node


@dataclass(slots=True, eq=False)
class Step:
    """One operator call: which slots it reads, which it writes, and with what keyword arguments."""

    node: Node
    fn: Callable[..., Any]
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    kwargs: dict[str, Any]
    device: torch.device | None
    release: tuple[int, ...] = ()


def node_error(node: Node, error: Exception, tensors: Sequence[torch.Tensor | None]) -> Exception:
    """The error to raise for one raised while a node ran: it names node and operator."""
    raised = op_error(node.op.name, error, tensors)  # type: ignore[union-attr]
    return error_like(raised, f"Error in node {node.name}: {raised}")
