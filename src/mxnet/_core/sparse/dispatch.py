"""Which operators work on sparse arrays as they are, and the call that uses this.

A :class:`Rule` belongs to an operator (``OpDef.sparse``). It says which storage type comes out for which go in, as
MXNet's ``FInferStorageType`` does, and how to compute it. Combinations without a rule are computed on dense copies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from ...base import MXNetError
from ..grad_mode import grad_mode
from ..registry import OpDef, get_op
from ..tape import gradients
from ..types import ContextLike
from .storage import Rows, Sparse, as_dense, proxy_for, stype_of, wants_rows

Stypes = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rule:
    """How an operator works on sparse arrays.

    Parameters
    ----------
    infer : callable
        ``infer(stypes, p)`` gives the storage type of the (first) output, or None where no rule fits.
    run : callable
        ``run(inputs, p)`` computes the output from tensors and sparse arrays of such storage types.
    backward : callable, optional
        ``backward(grads, inputs, outputs, p, needed)`` gives one gradient an input: a tensor, rows, or None for zero;
        for ``NotImplemented`` the dense function is differentiated, as without it. ``grads`` are tensors or rows.
    infer_backward : callable, optional
        ``infer_backward(grad, stypes, p)`` gives the storage types of the gradients of the inputs for one of the
        output; dense ones where it is not given.
    strict : bool
        Whether other inputs are refused instead of computed on dense copies.
    makes_sparse : callable, optional
        ``makes_sparse(p)``: whether dense inputs can give sparse outputs.
    """

    infer: Callable[[Stypes, Any], str | None]
    run: Callable[[Sequence[Any], Any], Any]
    backward: Callable[..., Any] | None = None
    infer_backward: Callable[[str, Stypes, Any], Sequence[str]] | None = None
    strict: bool = False
    makes_sparse: Callable[[Any], bool] | None = None

    def applies_to_dense(self, p: SimpleNamespace) -> bool:
        """Whether dense inputs give sparse outputs under these parameters."""
        return self.makes_sparse is not None and self.makes_sparse(p)


def add_rule(names: str, make: Callable[..., Any], *args: Any, **options: Any) -> None:
    """Give operators, by names between spaces, a rule each: ``make(od, *args, **options)``."""
    for name in names.split():
        od = get_op(name)
        od.sparse = make(od, *args, **options)


def applies(od: OpDef, inputs: Sequence[Any], p: SimpleNamespace) -> bool:
    """Whether there is a rule for such inputs.

    Raises
    ------
    MXNetError
        Where the operator takes no other storage types.
    """
    rule: Rule | None = od.sparse
    if rule is None:
        return False
    stypes = tuple([stype_of(x) for x in inputs if x is not None])
    if rule.infer(stypes, p) is not None:
        return True
    if rule.strict:
        raise MXNetError(f"no kernel for inputs of storage types ({', '.join(stypes)})")
    return False


def call(od: OpDef, inputs: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    """Run an operator on tensors and sparse arrays; recorded by torch when gradients are enabled and needed."""
    p = od.namespace(kwargs)
    if applies(od, inputs, p):
        return run_rule(od, inputs, p, kwargs)
    return od.run([with_history(x) for x in inputs], kwargs)


def run_rule(od: OpDef, inputs: Sequence[Any], p: SimpleNamespace, kwargs: dict[str, Any]) -> Any:
    """Run the rule of an operator, which applies."""
    if torch.is_grad_enabled() and od.differentiable and any(x is not None and x.requires_grad for x in inputs):
        return _recorded(od, inputs, p, kwargs)
    return od.sparse.run(inputs, p)


def with_history(x: torch.Tensor | Sparse) -> Any:
    """A dense tensor of an input, whose gradient goes on to it."""
    if not isinstance(x, Sparse):
        return x
    if x.requires_grad and torch.is_grad_enabled():
        return _Densify.apply(x.proxy, x)
    return x.dense()


class _Densify(torch.autograd.Function):
    """The dense copy of a sparse array."""

    @staticmethod
    def forward(ctx: ContextLike, proxy: Tensor, x: Sparse) -> Tensor:
        return x.dense()

    @staticmethod
    def backward(ctx: ContextLike, grad: Tensor) -> Any:
        return grad, None


def _recorded(od: OpDef, inputs: Sequence[Any], p: SimpleNamespace, kwargs: dict[str, Any]) -> Any:
    """Run a rule as a node of torch's graph; a sparse output gets a proxy with history."""
    proxies = [x.proxy if isinstance(x, Sparse) else x for x in inputs]
    call = _Call(od, inputs, p, kwargs)
    outputs = _Node.apply(call, *proxies)
    result = call.result
    made = []
    for given, proxy in zip(result if isinstance(result, tuple) else (result,), outputs):
        if isinstance(given, Sparse):
            given.proxy = proxy
            made.append(given)
        else:
            made.append(proxy)
    call.result = None
    return tuple(made) if isinstance(result, tuple) else made[0]


class _Call:
    """What one recorded call has computed from what."""

    def __init__(self, od: OpDef, inputs: Sequence[Any], p: SimpleNamespace, kwargs: dict[str, Any]) -> None:
        self.od = od
        self.p = p
        self.kwargs = kwargs
        self.sources = inputs
        # Arrays that are not part of a graph stay the same objects: they may be states that the rule writes.
        self.inputs = [x if x is None or getattr(x, "proxy", 0) is None else x.detach() for x in inputs]
        self.takes_rows = [x is not None and wants_rows(x) for x in inputs]
        self.result: Any = None
        self.outputs: list[Any] = []

    def run(self) -> list[Tensor]:
        """Run the rule; gives tensors that stand for the outputs."""
        self.result = self.od.sparse.run(self.inputs, self.p)
        results = self.result if isinstance(self.result, tuple) else (self.result,)
        # An input handed through must not become an output of its own node.
        self.outputs = [r.detach() for r in results]
        return [proxy_for(r) if isinstance(r, Sparse) else r.detach() for r in results]

    def differentiate(self, grads: Sequence[Any], needed: Sequence[bool]) -> Sequence[Any]:
        """Gradients of the inputs: tensors, rows or None."""
        rule: Rule = self.od.sparse
        if rule.backward is not None:
            found = rule.backward(grads, self.inputs, self.outputs, self.p, needed)
            if found is not NotImplemented:
                return found
        return dense_gradients(self.od, self.inputs, self.kwargs, grads, needed)

    def differentiate_again(self, grads: Sequence[Any], needed: Sequence[bool]) -> Sequence[Any]:
        """Gradients of the inputs with a history of their own, through the dense function."""
        kwargs = {k: v for k, v in self.kwargs.items() if k != "forward_stype"}
        if "stype" in kwargs:
            kwargs["stype"] = "default"
        result = self.od.run([with_history(x) for x in self.sources], kwargs)
        wanted = [x.proxy if isinstance(x, Sparse) else x for x in self.sources]
        starts = [g.to_dense() if g is not None and g.is_sparse else g for g in grads]
        return _needed_gradients(result, wanted, starts, needed, True)


class _Node(torch.autograd.Function):
    """One call of a rule in torch's graph."""

    @staticmethod
    def forward(ctx: FunctionCtx, call: _Call, *proxies: Any) -> Any:
        ctx.call = call
        ctx.set_materialize_grads(False)
        outputs = call.run()
        ctx.mark_non_differentiable(*[o for o in outputs if not o.is_floating_point()])
        return tuple(outputs)

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        call: _Call = ctx.call
        needed = ctx.needs_input_grad[1:]
        if all(g is None for g in grads):
            return (None, *[None for _ in needed])
        if torch.is_grad_enabled():  # the gradients are to be differentiated in turn
            return (None, *call.differentiate_again(grads, needed))
        arrived = [Rows.from_coo(g) if g is not None and g.is_sparse else g for g in grads]
        found = call.differentiate(arrived, needed)
        return (None, *[_sent(g, rows) if n else None for g, rows, n in zip(found, call.takes_rows, needed)])


def _sent(gradient: object, takes_rows: bool) -> Tensor | None:
    """A gradient as torch's engine carries it."""
    if not isinstance(gradient, Sparse):
        return gradient
    return gradient.as_coo() if takes_rows and isinstance(gradient, Rows) else gradient.dense()


def dense_gradients(
    od: OpDef, inputs: Sequence[Any], kwargs: dict[str, Any], grads: Sequence[Any], needed: Sequence[bool]
) -> list[Tensor | None]:
    """Gradients through the operator's dense function."""
    with grad_mode(True):
        leaves = [None if x is None else as_dense(x).requires_grad_(n) for x, n in zip(inputs, needed)]
        result = od.run(leaves, kwargs)
    return _needed_gradients(result, leaves, [as_dense(g) for g in grads], needed, False)


def _needed_gradients(
    result: Any, inputs: Sequence[Any], grads: Sequence[Tensor | None], needed: Sequence[bool], again: bool
) -> list[Tensor | None]:
    """One gradient an input, None where it is not needed; ``again``: they are to be differentiated in turn."""
    outputs = [result] if isinstance(result, Tensor) else list(result)
    found = iter(gradients(outputs, [x for x, n in zip(inputs, needed) if n], grads, again, again))
    return [next(found) if n else None for n in needed]
