"""Running graphs in which values are sparse."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, TypeAlias, Union

import torch

from .. import integers
from ..graph.node import Graph
from ..registry import OpDef
from ..sparse.dispatch import applies, call, with_history
from ..sparse.storage import Sparse, convert, proxy_for
from .program import Program

Value: TypeAlias = Union[torch.Tensor, Sparse]


class SparseProgram(Program):
    """A program whose values may be sparse arrays: each operator is dispatched by their storage types."""

    def _function(self, od: OpDef, p: Any) -> Callable[..., Any]:
        return _dispatched(od, p, super()._function(od, p))


def _dispatched(od: OpDef, p: SimpleNamespace, dense: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a step: the operator's rule for sparse inputs, else its dense function on dense copies."""
    rule = od.sparse
    makes_sparse = rule is not None and rule.applies_to_dense(p)
    mutated = [i for i, name in enumerate(od.inputs) if od.is_mutated(name)] if od.mutates else []

    def run(*given: Any, **kwargs: Any) -> Any:
        sparse = any(isinstance(x, Sparse) for x in given)
        if not sparse and not makes_sparse:
            return dense(*given, **kwargs)
        if rule is not None and applies(od, given, p):
            result = call(od, given, kwargs)
            return (result,) if isinstance(result, Sparse) else result
        copies = [with_history(x) for x in given]
        result = dense(*copies, **kwargs)
        for i in mutated:
            if i < len(given) and isinstance(given[i], Sparse):
                given[i].adopt(convert(copies[i].detach(), given[i].stype))
        return result

    return run


def makes_sparse(graph: Graph) -> bool:
    """Whether a graph of dense inputs has sparse values."""
    rules = [(node.op.sparse, node.params) for node in graph.operators if node.op is not None]
    return any(rule is not None and rule.applies_to_dense(p) for rule, p in rules)


def leaf_of(x: torch.Tensor | Sparse) -> Any:
    """An input of a run that gradients are computed for: the same memory, without history."""
    if not isinstance(x, Sparse):
        if not x.is_floating_point():
            return integers.attach(x.data, integers.new_proxy(x).requires_grad_(True))
        return x.data.requires_grad_(True)
    leaf = x.detach()
    leaf.proxy = proxy_for(x).requires_grad_(True)
    return leaf


def in_graph(x: torch.Tensor | Sparse) -> torch.Tensor:
    """The tensor that stands for a value in torch's graph."""
    return x.proxy if isinstance(x, Sparse) else integers.in_graph(x)
