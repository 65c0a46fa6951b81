"""Running graphs in which values are sparse."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from .. import integers
from ..grad_mode import grad_mode
from ..graph.node import Entry, Node
from ..graph.passes import eliminate_common
from ..registry import OpDef
from ..sparse.dispatch import applies, call, with_history
from ..sparse.storage import Sparse, carrier_for, convert
from .program import Program
from .step import Step


class SparseProgram(Program):
    """A program whose values may be sparse arrays: each operator is dispatched by their storage types."""

    def _step(self, node: Node, *where: Any) -> Step:
        step = super()._step(node, *where)
        step.fn = _dispatched(node.op, node.params, step.fn)  # type: ignore[arg-type]
        return step


class SparseCalls:
    """A graph as a function of tensors and sparse arrays, which can be differentiated; see :class:`CachedGraph`."""

    makes_sparse = True

    def __init__(self, heads: Sequence[Entry], ctx: Any) -> None:
        self.program = SparseProgram(eliminate_common(heads), ctx)

    def run(
        self, inputs: Sequence[Any], record: bool, is_train: bool, monitor: Callable[..., None] | None = None
    ) -> Sequence[Any]:
        """The outputs for arguments, then auxiliary states."""
        aux = len(self.program.arguments)
        given = [*inputs[:aux], *[x if isinstance(x, Sparse) else x.data for x in inputs[aux:]]]
        with grad_mode(record):
            return self.program.run(given, is_train, monitor)


def _dispatched(od: OpDef, p: Any, dense: Callable[..., Any]) -> Callable[..., Any]:
    """The function of a step: the operator's rule for sparse inputs, else its dense function on dense copies."""
    rule = od.sparse
    makes_sparse = rule is not None and rule.makes_sparse is not None and rule.makes_sparse(p)
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


def makes_sparse(heads: Sequence[Entry]) -> bool:
    """Whether a graph of dense inputs has sparse values."""
    seen: set[int] = set()
    stack = [n for n, _ in heads]
    while stack:
        node = stack.pop()
        if id(node) in seen:
            continue
        seen.add(id(node))
        rule = None if node.op is None else node.op.sparse
        if rule is not None and rule.makes_sparse is not None and rule.makes_sparse(node.params):
            return True
        stack += [n for n, _ in node.inputs]
    return False


def leaf_of(x: Any) -> Any:
    """An input of a run that gradients are computed for: the same memory, without history."""
    if not isinstance(x, Sparse):
        if not x.is_floating_point():
            return integers.attach(x.data, integers.carrier(x).requires_grad_(True))
        return x.data.requires_grad_(True)
    leaf = x.detach()
    leaf.carrier = carrier_for(x).requires_grad_(True)
    return leaf


def in_graph(x: Any) -> torch.Tensor:
    """The tensor that stands for a value in torch's graph."""
    return x.carrier if isinstance(x, Sparse) else integers.in_graph(x)
