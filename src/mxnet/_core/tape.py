"""Marked variables: how gradients that torch computes reach the buffers that MXNet's users hold."""

from __future__ import annotations

from collections.abc import Sequence
from threading import get_ident
from typing import Any

import torch

from ..base import MXNetError
from . import integers
from .array import Array
from .grad_mode import grad_mode
from .history import forget, in_graph, mark_null, mark_variable
from .state import state

# torch.autograd.grad and .backward check head gradients with the help of sympy, whose import takes longer than many a
# training; the heads are checked here, and the engine is called directly.
_run_engine = torch.autograd.Variable._execution_engine.run_backward

GRAD_REQS = ("write", "add", "null")


def mark(x: Array, grad: Array | None, grad_req: str) -> None:
    """Make an array a leaf of later recordings, whose gradient goes to ``grad``.

    The array keeps its memory; what had been recorded of its past is dropped.
    """
    if grad_req not in GRAD_REQS:
        raise ValueError(f"grad_req must be one of {', '.join(GRAD_REQS)}, got {grad_req!r}")
    sparse = x.stype != "default"
    t = x._new_carrier() if sparse else x._t.data  # type: ignore[attr-defined]
    leaf = t if t.is_floating_point() else integers.carrier(t)
    x._grad = grad
    x._grad_req = grad_req
    mark_variable(x)
    if grad is not None:
        grad._fresh = False
    if grad_req == "null":
        mark_null(x)
    elif grad is not None:
        leaf.requires_grad_(True)
        leaf._deliver = _Deliver(grad, grad_req == "add")
        leaf.register_post_accumulate_grad_hook(leaf._deliver)
        if leaf is not t:
            integers.attach(t, leaf)
    if sparse:
        x._store.carrier = t
    else:
        x._t = t


_current_pass = torch._C._current_graph_task_id  # numbers the backward passes of the process


class _Deliver:
    """Where the gradient of a marked variable goes: the user's buffer, and whether it is added to what is there."""

    __slots__ = ("add", "buffer")

    def __init__(self, buffer: Array, add: bool) -> None:
        self.buffer = buffer
        self.add = add

    def __call__(self, leaf: torch.Tensor) -> None:
        """What torch calls when the gradient has arrived at a leaf."""
        arrived = leaf.grad
        leaf.grad = None
        _arrivals(_current_pass()).append((self, arrived))

    def take(self, arrived: torch.Tensor | None, add: bool) -> None:
        """Write or add a gradient; None is zero."""
        buffer = self.buffer
        deliver = getattr(buffer, "_deliver", None)
        if deliver is not None:  # sparse buffers know how to take a gradient
            deliver(arrived, add)
        elif arrived is None:
            if not add:
                buffer._t.data.zero_()
        elif add:
            buffer._t.data.add_(arrived.to(buffer._t.dtype))
        elif arrived.is_sparse:  # rows for a dense buffer
            buffer._t.data.copy_(arrived.to_dense())
        else:
            buffer._t.data.copy_(arrived)


# Gradients that have arrived (None: zero), by backward pass, with the thread. They are written all at once when the
# pass ends.
_arrived: dict[int, tuple[int, list[tuple[_Deliver, torch.Tensor | None]]]] = {}


def _arrivals(current: int) -> list[tuple[_Deliver, torch.Tensor | None]]:
    """The list of a backward pass, which is under way."""
    found = _arrived.get(current)
    if found is None:
        found = _arrived[current] = get_ident(), []
        torch.autograd.Variable._execution_engine.queue_callback(lambda: _write(current))
    return found[1]


def _drop_arrivals(outer: int) -> None:
    """Forget what a pass of this thread that failed has left; the pass that it was part of, if any, goes on."""
    thread = get_ident()
    for current in [k for k, (owner, _) in list(_arrived.items()) if owner == thread and k > outer]:
        _arrived.pop(current, None)


def _write(current: int) -> None:
    """Write the gradients of a backward pass; what has arrived for one buffer in several parts is summed."""
    targets: list[torch.Tensor] = []
    values: list[torch.Tensor] = []
    seen = set()
    for to, g in _arrived.pop(current)[1]:
        buffer = to.buffer
        buffer._fresh = True
        add = to.add or id(to) in seen
        if add or g is None or g.is_sparse or buffer.stype != "default":
            if targets and id(to) in seen:  # what it is added to must be there
                torch._foreach_copy_(targets, values)
                targets, values = [], []
            to.take(g, add)
        else:
            targets.append(buffer._t.data)
            values.append(g)
        seen.add(id(to))
    if targets:
        torch._foreach_copy_(targets, values)


# Calls that deliver the gradients of marked variables themselves, all at once, hang on this leaf.
anchor = torch.zeros((), requires_grad=True)
_collected: dict[int, dict[int, torch.Tensor]] = {}  # by backward pass: gradients that run_grad asks for, by variable


def is_marked(t: torch.Tensor) -> bool:
    """Whether a tensor is that of a variable with a gradient buffer."""
    return hasattr(t, "_deliver")


def deliver(leaves: Sequence[torch.Tensor], arrived: Sequence[torch.Tensor | None]) -> None:
    """Hand gradients (None: zero) to marked variables, during a backward pass and without torch's help."""
    current = _current_pass()
    wanted = _collected.get(current)
    if wanted is None:
        _arrivals(current).extend([(leaf._deliver, g) for leaf, g in zip(leaves, arrived)])
        return
    for leaf, g in zip(leaves, arrived):
        before = wanted.get(id(leaf))
        if g is not None:
            wanted[id(leaf)] = g if before is None else before + g
        elif before is None:
            wanted[id(leaf)] = torch.zeros_like(leaf)


class _Reach(torch.autograd.Function):
    """Values as they are; a backward pass that comes to one of them goes on to sources, with a gradient of None."""

    @staticmethod
    def forward(ctx: Any, count: int, *tensors: torch.Tensor) -> Any:
        ctx.set_materialize_grads(False)
        return tuple([t.data for t in tensors[:count]])

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
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
            given = [v if v.is_floating_point() else integers.carrier(v) for v in found]
            reached = _Reach.apply(len(given), *given, *behind)
        for i, (v, r) in enumerate(zip(found, reached)):
            found[i] = r if v.is_floating_point() else integers.attach(v.detach(), r)
    return found


def unreached(heads: Sequence[torch.Tensor], sources: Sequence[torch.Tensor]) -> list[int]:
    """Numbers of the sources that a backward pass from all heads would not come to."""
    seen = set()
    stack = [h.grad_fn for h in heads if h.grad_fn is not None]
    seen.update(stack)
    while stack:
        for node, _ in stack.pop().next_functions:
            if node is not None and node not in seen:
                seen.add(node)
                stack.append(node)
    edges = [torch.autograd.graph.get_gradient_edge(t).node if t.requires_grad else None for t in sources]
    return [i for i, node in enumerate(edges) if node is not None and node not in seen]


class _Collect(torch.autograd.Function):
    """Stands before the heads: notes that the pass that begins collects gradients instead of delivering them."""

    @staticmethod
    def forward(ctx: Any, found: dict[int, torch.Tensor], *heads: torch.Tensor) -> Any:
        ctx.found = found
        return tuple([h.view_as(h) for h in heads])

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        _collected[_current_pass()] = ctx.found
        return None, *grads


_NOT_RECORDED = (
    "Cannot differentiate node: it is not in a computational graph. Only what is computed inside autograd.record() has "
    "one, from arrays with attach_grad(), and backward() frees it unless it is told retain_graph=True."
)


def heads_and_grads(heads: Sequence[Array], head_grads: Sequence[Array | None] | None) -> tuple[list[Any], list[Any]]:
    """The tensors to differentiate and the gradients to start from (ones where none is given).

    Heads that carry no gradient (moments that a normalisation shows, for instance) are left out beside others that do.
    """
    if head_grads is not None and len(head_grads) != len(heads):
        raise ValueError(f"heads and head_grads must have the same length, got {len(heads)} and {len(head_grads)}")
    tensors, grads = [], []
    for i, head in enumerate(heads):
        t = head._t
        g = head_grads[i] if head_grads is not None else None
        value = None if g is None else g._t
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
    outer = _current_pass()
    before = state.recording, state.training
    state.recording, state.training = False, train_mode
    try:
        _run_engine(tuple(tensors), tuple(grads), retain_graph, False, (), allow_unreachable=True, accumulate_grad=True)
    except RuntimeError as e:
        raise _backward_error(e) from e
    finally:
        state.recording, state.training = before
        if _arrived:
            _drop_arrivals(outer)
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
    before = state.recording, state.training
    state.recording, state.training = create_graph, train_mode
    try:
        found = _collect(tensors, leaves, grads, retain_graph, create_graph)
    except RuntimeError as e:
        raise _backward_error(e) from e
    finally:
        state.recording, state.training = before
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


def _collect(
    heads: list[torch.Tensor],
    variables: list[torch.Tensor],
    grads: list[torch.Tensor],
    retain_graph: bool,
    create_graph: bool,
) -> list[torch.Tensor | None]:
    """Gradients of variables, also those that calls would deliver themselves."""
    own: dict[int, torch.Tensor] = {}
    with grad_mode(True):
        heads = list(_Collect.apply(own, *heads))
    try:
        *found, _ = gradients(heads, [*variables, anchor], grads, retain_graph, create_graph)
    finally:
        for number in [k for k, v in _collected.items() if v is own]:
            del _collected[number]
    for i, v in enumerate(variables):
        g = own.get(id(v))
        if g is not None:
            before = found[i]
            found[i] = g if before is None else before + g
    return found


class _ConstantOf(torch.autograd.Function):
    """A gradient that does not depend on the variable, kept in its graph: differentiating it again gives zero."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, variable: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(variable)
        return value.clone()  # torch's own zeros have no memory

    @staticmethod
    def backward(ctx: Any, grad: torch.Tensor) -> Any:
        return None, torch.zeros_like(ctx.saved_tensors[0])


def gradients(
    heads: Sequence[torch.Tensor],
    inputs: Sequence[torch.Tensor],
    head_grads: Sequence[torch.Tensor],
    retain_graph: bool = False,
    create_graph: bool = False,
) -> Sequence[torch.Tensor | None]:
    """Gradients of tensors with respect to others; None for inputs that do not matter.

    ``head_grads`` must have the shapes and types of ``heads``.
    """
    return _run_engine(
        tuple(heads),
        tuple(head_grads),
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
