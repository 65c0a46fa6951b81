"""Marked variables, and backward passes from arrays to them."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock
from typing import Any

import torch
from torch.autograd.function import FunctionCtx

from . import integers
from .array import Array, require_array
from .errors import ArgumentValueError, MXNetError, UnknownNameError
from .grad_mode import grad_mode
from .gradients import GradientBuffer, Pass, anchor, buffer_of, deliver, receive
from .history import forget, in_graph, mark_null, mark_variable

# torch.autograd.grad and .backward check head gradients with the help of sympy, whose import takes longer than many a
# training; the heads are checked here, and the engine is called directly.
_run_engine = torch.autograd.Variable._execution_engine.run_backward

GRAD_REQS = ("write", "add", "null")


def mark(x: Array, grad: Array | None, grad_req: str) -> None:
    """Make an array a leaf of later recordings, whose gradient goes to ``grad``.

    The array keeps its memory; what had been recorded of its past is dropped.
    """
    if grad_req not in GRAD_REQS:
        raise UnknownNameError(f"grad_req must be one of {', '.join(GRAD_REQS)}, got {grad_req!r}")
    sparse = require_array(x, "variables", "mark_variables").stype != "default"
    t = x._new_proxy() if sparse else x._t.data  # type: ignore[attr-defined]
    leaf = t if t.is_floating_point() else integers.new_proxy(t)
    x._grad = grad
    x._grad_req = grad_req
    mark_variable(x)
    if grad is not None:
        grad._fresh = False
    if grad_req == "null":
        mark_null(x)
    elif grad is not None:
        GradientBuffer(grad, grad_req == "add").mark(leaf)
        if leaf is not t:
            integers.attach(t, leaf)
    if sparse:
        x._store.proxy = t
    else:
        x._t = t


class _Reach(torch.autograd.Function):
    """Values as they are; a backward pass that comes to one of them goes on to sources, with a gradient of None."""

    @staticmethod
    def forward(ctx: FunctionCtx, count: int, *tensors: torch.Tensor) -> Any:
        ctx.set_materialize_grads(False)
        return tuple([t.data for t in tensors[:count]])

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> Any:
        return (None, *grads, *[None] * (len(ctx.needs_input_grad) - 1 - len(grads)))


def reach(values: Sequence[torch.Tensor], sources: Sequence[torch.Tensor | None]) -> list[torch.Tensor]:
    """Results, as functions of arrays that do not influence them.

    The gradient of those is zero, which is written to their buffers and counts as fresh, as in MXNet; it costs
    nothing to compute.
    """
    found = list(values)
    behind = [integers.in_graph(t) for t in sources if t is not None]
    behind = [t for t in behind if t.requires_grad]
    if behind and found:
        with grad_mode(True):
            given = [v if v.is_floating_point() else integers.new_proxy(v) for v in found]
            reached = _Reach.apply(len(given), *given, *behind)
        for i, (v, r) in enumerate(zip(found, reached)):
            found[i] = r if v.is_floating_point() else integers.attach(v.detach(), r)
    return found


def _nodes_behind(heads: Sequence[torch.Tensor]) -> set[Any]:
    """The nodes of torch's graph that a backward pass from all heads comes to."""
    stack = [torch.autograd.graph.get_gradient_edge(h).node for h in heads if h.requires_grad]
    seen = set(stack)
    while stack:
        for node, _ in stack.pop().next_functions:
            if node is not None and node not in seen:
                seen.add(node)
                stack.append(node)
    return seen


def unreached(heads: Sequence[torch.Tensor], sources: Sequence[torch.Tensor]) -> list[int]:
    """Numbers of the sources that a backward pass from all heads would not come to."""
    seen = _nodes_behind([h for h in heads if h.grad_fn is not None])
    edges = [torch.autograd.graph.get_gradient_edge(t).node if t.requires_grad else None for t in sources]
    return [i for i, node in enumerate(edges) if node is not None and node not in seen]


# Torch hands over a gradient in an attribute of the leaf, which passes on several threads would take from each other.
# It is for one of them; those that run meanwhile look for their leaves, and ask for their gradients.
_by_leaf = Lock()


def _differentiate(heads: Sequence[torch.Tensor], grads: Sequence[torch.Tensor], retain_graph: bool) -> None:
    """Have the gradients of all leaves arrive at the pass that this thread works on."""
    if _by_leaf.acquire(blocking=False):
        try:
            _run_engine(
                tuple(heads), tuple(grads), retain_graph, False, (), allow_unreachable=True, accumulate_grad=True
            )
        finally:
            _by_leaf.release()
    else:
        ends = [node.variable for node in _nodes_behind(heads) if not node.next_functions and hasattr(node, "variable")]
        found = gradients(heads, ends, grads, retain_graph)
        pairs = [(buffer_of(leaf), g) for leaf, g in zip(ends, found)]
        receive([(buffer, g) for buffer, g in pairs if buffer is not None])


_NOT_RECORDED = (
    "Cannot differentiate node: it is not in a computational graph. Only what is computed inside autograd.record() has "
    "one, from arrays with attach_grad(), and backward() frees it unless it is told retain_graph=True."
)


def heads_and_grads(heads: Sequence[Array], head_grads: Sequence[Array | None] | None) -> tuple[list[Any], list[Any]]:
    """The tensors to differentiate and the gradients to start from (ones where none is given).

    Heads that carry no gradient (moments that a normalization shows, for instance) are left out beside others that do.
    """
    if head_grads is not None and len(head_grads) != len(heads):
        raise ArgumentValueError(
            f"heads and head_grads must have the same length, got {len(heads)} and {len(head_grads)}"
        )
    tensors, grads = [], []
    for i, head in enumerate(heads):
        t = head._t if isinstance(head, Array) else require_array(head, f"head {i}", "backward")._t
        g = head_grads[i] if head_grads is not None else None
        value = None if g is None else require_array(g, f"head gradient {i}", "backward")._t
        if value is not None and value.shape != t.shape:
            if value.shape[1:] != t.shape[1:] or len(value) < len(t):
                raise MXNetError(f"head gradient {i} has shape {tuple(value.shape)}, its head {head.shape}")
            value = value[: len(t)]  # MXNet overlooks rows that it does not need
        stands = t if t.requires_grad else integers.in_graph(t)
        if stands.requires_grad:
            tensors.append(stands)
            grads.append(torch.ones_like(t, dtype=stands.dtype) if value is None else value.to(stands.dtype))
    if not tensors:
        raise MXNetError(_NOT_RECORDED)
    return tensors, grads


def run_backward(heads: Sequence[Array], head_grads: Any, retain_graph: bool, train_mode: bool) -> None:
    """Compute gradients of all marked variables that the heads depend on."""
    tensors, grads = heads_and_grads(heads, head_grads)
    try:
        with Pass(train_mode) as this:
            _differentiate(tensors, grads, retain_graph)
        deliver(this.arrived)
    except RuntimeError as e:
        raise _backward_error(e) from e
    if not retain_graph:
        forget(heads)


def run_grad(
    heads: Sequence[Array],
    variables: Sequence[Array],
    head_grads: Any,
    retain_graph: bool,
    create_graph: bool,
    train_mode: bool,
) -> list[torch.Tensor]:
    """Gradients of the heads with respect to some variables, as tensors."""
    tensors, grads = heads_and_grads(heads, head_grads)
    leaves = [in_graph(v) for v in variables]
    for i, leaf in enumerate(leaves):
        if leaf is None or not leaf.requires_grad:
            raise MXNetError(
                f"variable {i} is not in the computational graph: it must be marked (attach_grad) and used "
                "while recording"
            )
    try:
        with Pass(train_mode, create_graph) as this:
            *found, _ = gradients(tensors, [*leaves, anchor], grads, retain_graph, create_graph)
        with grad_mode(create_graph):
            found = [_sum(g, leaf, this) for g, leaf in zip(found, leaves)]
    except RuntimeError as e:
        raise _backward_error(e) from e
    for i, (g, leaf) in enumerate(zip(found, leaves)):
        if g is None:
            if unreached(tensors, [leaf]):
                raise MXNetError(f"Cannot differentiate: variable {i} is not reachable from the heads")
            found[i] = torch.zeros_like(leaf)
    if not retain_graph:
        forget(heads)
    if create_graph:
        return [
            g if g is not None and g.requires_grad else _ConstantOf.apply(g, leaf) for g, leaf in zip(found, leaves)
        ]
    return [_plain(g).to(v._t.dtype) for g, v in zip(found, variables)]


def _plain(g: torch.Tensor) -> torch.Tensor:
    """A gradient that torch gave as a tensor with memory of its own."""
    return g.clone() if g._is_zerotensor() else g.to_dense() if g.is_sparse else g


def _sum(found: torch.Tensor | None, leaf: torch.Tensor, this: Pass) -> torch.Tensor | None:
    """The gradient of a variable: what torch has found, and what calls have delivered themselves."""
    buffer = buffer_of(leaf) if this.arrived else None
    for to, g in this.arrived:
        if to is buffer:
            if g is None:
                g = torch.zeros_like(leaf)
            found = g if found is None else found + g
    return found


class _ConstantOf(torch.autograd.Function):
    """A gradient that does not depend on the variable, kept in its graph: differentiating it again gives zero."""

    @staticmethod
    def forward(ctx: FunctionCtx, value: torch.Tensor, variable: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(variable)
        return value.clone()  # torch's own zeros have no memory

    @staticmethod
    def backward(ctx: FunctionCtx, grad: torch.Tensor) -> Any:
        return None, torch.zeros_like(ctx.saved_tensors[0])


def gradients(
    heads: Sequence[torch.Tensor],
    inputs: Sequence[torch.Tensor],
    head_grads: Sequence[torch.Tensor | None],
    retain_graph: bool = False,
    create_graph: bool = False,
) -> Sequence[torch.Tensor | None]:
    """Gradients of tensors with respect to others; None for inputs that do not matter.

    ``head_grads`` must have the shapes and types of ``heads``. Heads without one, or without history, are left out.
    """
    places = [i for i, h in enumerate(heads) if h.requires_grad and head_grads[i] is not None]
    if not places:
        return [None] * len(inputs)
    return _run_engine(
        tuple([heads[i] for i in places]),
        tuple([head_grads[i] for i in places]),
        retain_graph,
        create_graph,
        tuple(inputs),
        allow_unreachable=True,
        accumulate_grad=False,
    )


def _backward_error(error: RuntimeError) -> Exception:
    if isinstance(error, MXNetError):
        return error
    text = str(error)
    return MXNetError(_NOT_RECORDED if "second time" in text or "freed" in text else f"backward: {text}")
