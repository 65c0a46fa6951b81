"""Running graphs in which gradients pass through arrays of integers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from .. import integers
from ..graph.node import Graph
from ..registry import OpDef
from ..tape import reach
from .program import Program


class IntegerProgram(Program):
    """A program whose values may have proxies: each operator takes them along."""

    def _function(self, od: OpDef, p: Any) -> Callable[..., Any]:
        return _carrying(od, super()._function(od, p))


def casts_to_integers(graph: Graph) -> bool:
    """Whether a graph makes integers of floats by an operator that has a gradient."""
    return any(n.op is not None and n.op.makes_integers(vars(n.params)) for n in graph.operators)


def _carrying(od: OpDef, plain: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a step, which gives proxies to the integers it makes of values with gradients."""

    def call(tensors: Sequence[Tensor], kwargs: dict[str, Any]) -> Any:
        return plain(*tensors, **kwargs)

    def run(*given: Any, **kwargs: Any) -> Any:
        tensors = [t for t in given if isinstance(t, torch.Tensor)]
        if not torch.is_grad_enabled() or not any(integers.in_graph(t).requires_grad for t in tensors):
            return plain(*given, **kwargs)
        if integers.has_proxy(tensors) or od.makes_integers(kwargs):
            return integers.run(call, given, kwargs, od.repeatable)
        result = plain(*given, **kwargs)
        if isinstance(result, torch.Tensor) and not result.is_floating_point():
            (result,) = reach((result,), tensors)
        return result

    return run
