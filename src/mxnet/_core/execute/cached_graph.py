"""Calling a graph on tensors, over and over: traced, once the same kind of call has been repeated."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.autograd.function import FunctionCtx

from ...context import Context
from .. import env, integers, layout, profiling
from ..grad_mode import grad_mode
from ..gradients import anchor, buffer_of, receive
from ..graph.node import Graph
from ..graph.passes import eliminate_common
from ..sparse.storage import Sparse
from ..tape import gradients, reach, unreached
from .integers import IntegerProgram, casts_to_integers
from .program import Program, ValueHook
from .sparse import SparseProgram, Value, makes_sparse
from .trace import Trace, Traces


class CachedGraph:
    """A graph made ready to run over and over: its programs, and the traces of calls that repeat, by signature.

    Executors differentiate it on their own; :meth:`run` and :meth:`run_sparse` make it a function that torch
    differentiates.

    Parameters
    ----------
    graph : Graph
    ctx : Context
        Where it runs.
    contexts : dict of str to Context, optional
        Contexts of groups of nodes; see :class:`Program`.
    keep_state : bool
        Whether custom operators keep one object from run to run.

    Attributes
    ----------
    program : Program
        Names the inputs, in the order in which they are given.
    makes_sparse : bool
        Whether values are sparse even where no input is.
    casts : bool
        Whether integers are made of floats by an operator that has a gradient.
    """

    def __init__(
        self,
        graph: Graph,
        ctx: Context,
        contexts: dict[str, Context] | None = None,
        keep_state: bool = False,
    ) -> None:
        self.heads, self.contexts = graph.heads, contexts
        self._to_run = eliminate_common(graph) if env.flag("MXNET_ELIMINATE_COMMON_EXPR") else graph
        self._options = ctx, contexts, keep_state
        self._programs: dict[type[Program], Program] = {}
        self.program = self.program_of(Program)
        self.makes_sparse = makes_sparse(graph)
        self.casts = casts_to_integers(graph)
        self._traces = Traces(closed=env.text("MXNET_EXECUTOR") == "eager")
        self._numbers: dict[Any, int] = {}  # kinds of tensors, numbered
        self._seen: list[tuple[Any, int]] = [(None, -1)] * self.program.num_inputs
        self._storage_version = layout.storage_version
        self._unreached: dict[Any, list[int]] = {}  # arguments that miss some output, by kind of call
        self._integers = False  # whether some output has been one of integers or booleans

    def program_of(self, kind: type[Program]) -> Program:
        """The program of a kind: for dense values, for sparse ones, or for gradients that pass through integers."""
        found = self._programs.get(kind)
        if found is None:
            found = self._programs[kind] = kind(self._to_run, *self._options)
        return found

    def run(
        self,
        tensors: Sequence[torch.Tensor],
        record: bool,
        is_train: bool,
        monitor: ValueHook | None = None,
    ) -> Sequence[torch.Tensor]:
        """The outputs for arguments, then auxiliary states.

        Parameters
        ----------
        record : bool
            Whether the outputs carry their history for gradients.
        is_train : bool
            The mode of layers with two behaviors.
        monitor : callable, optional
            Told of every value; see :class:`Program`.
        """
        aux = len(self.program.arguments)
        if record and any(t.requires_grad for t in tensors[aux:]):  # states are plain memory
            tensors = [*tensors[:aux], *[t.data for t in tensors[aux:]]]
        if record and (self.casts or integers.has_proxy(tensors)):
            with grad_mode(True):
                return self.program_of(IntegerProgram).run(tensors, is_train, monitor)
        trace = None
        if monitor is None and not self._traces.closed:
            trace = self.trace(self._key(tensors, record, is_train), tensors, record, is_train)
        if trace is None:
            with grad_mode(record):
                outputs = self.program.run(tensors, is_train, monitor)
            return self._reaching_all(outputs, tensors[:aux], is_train) if record else outputs
        if not trace.wanted:
            return trace.forward([t.detach() if t.requires_grad else t for t in tensors] if record else tensors)[0]
        buffers = [buffer_of(tensors[i]) for i in trace.wanted]
        given = [tensors[i] if b is None else anchor for i, b in zip(trace.wanted, buffers)]
        with grad_mode(True):
            outputs = _Traced.apply(self, trace, tensors, is_train, buffers, *given)
        return self._integers_reaching(outputs, tensors[:aux]) if self._integers else outputs

    def run_sparse(
        self, inputs: Sequence[Value], record: bool, is_train: bool, monitor: ValueHook | None = None
    ) -> Sequence[Value]:
        """The same, where inputs or other values are sparse."""
        aux = len(self.program.arguments)
        given: Any = [*inputs[:aux], *[x if isinstance(x, Sparse) else x.data for x in inputs[aux:]]]
        with grad_mode(record):
            return self.program_of(SparseProgram).run(given, is_train, monitor)

    def _reaching_all(
        self, outputs: list[torch.Tensor], arguments: Sequence[torch.Tensor], is_train: bool
    ) -> Sequence[torch.Tensor]:
        """The outputs, such that a backward pass from any of them comes to all arguments, as in MXNet."""
        kind = (is_train, *[t.requires_grad for t in arguments])
        left = self._unreached.get(kind)
        if left is None:
            left = sorted({i for r in outputs if r.is_floating_point() for i in unreached([r], arguments)})
            self._unreached[kind] = left
        if not all(r.is_floating_point() for r in outputs):
            self._integers = True
            outputs = self._integers_reaching(outputs, arguments)
        return reach(outputs, [arguments[i] for i in left]) if left else outputs

    def _integers_reaching(
        self, outputs: Sequence[torch.Tensor], arguments: Sequence[torch.Tensor]
    ) -> list[torch.Tensor]:
        """The outputs, those of integers connected to all arguments: they have a gradient, which is zero."""
        found = list(outputs)
        places = [
            i for i, r in enumerate(found) if not integers.in_graph(r).requires_grad and not r.is_floating_point()
        ]
        for i, r in zip(places, reach([found[i] for i in places], arguments)):
            found[i] = r
        return found

    # ------------------------------------------------------------------ traces

    def trace(
        self,
        key: tuple[object, ...],
        tensors: Sequence[torch.Tensor],
        record: bool,
        is_train: bool,
        given: Sequence[bool] | None = None,
    ) -> Trace | None:
        """The trace for calls of a kind, once it has shown to be repeated; None when there is none.

        Parameters
        ----------
        key : tuple
            What such calls have in common: a signature, and all of the following but the tensors themselves.
        tensors : list of Tensor
        record, is_train : bool
        given : tuple of bool, optional
            For which outputs a backward pass is given head gradients; for all where this is left out.
        """
        if profiling.graphs:
            return None
        try:
            return self._traces[key]
        except KeyError:
            pass
        if self._traces.closed or not self._traces.is_due(key):
            return None
        wanted = [i for i, t in enumerate(tensors) if t.requires_grad] if record else []
        return self._traces.add(key, self.program, tensors, wanted, is_train, given)

    def signature(self, tensors: Sequence[torch.Tensor]) -> tuple[int, ...]:
        """What calls must have in common to share a trace: shapes, strides, types, and what is differentiated."""
        return tuple([self._number(t) for t in tensors])

    def _number(self, t: torch.Tensor) -> int:
        return self._numbers.setdefault((t.shape, t.stride(), t.dtype, t.requires_grad), len(self._numbers))

    def _key(self, tensors: Sequence[torch.Tensor], record: bool, is_train: bool) -> tuple[object, ...]:
        """The key of a call: its modes and signature, which is known of tensors that were seen in the call before."""
        seen = self._seen
        if self._storage_version != layout.storage_version:
            self._storage_version = layout.storage_version
            seen[:] = [(None, -1)] * len(seen)
        key: list[Any] = [record, is_train]
        for i, t in enumerate(tensors):
            known, number = seen[i]  # another thread may change the list meanwhile, but not this pair
            if known is not t:
                number = self._number(t)
                seen[i] = t, number
            key.append(number)
        return tuple(key)


class _Traced(torch.autograd.Function):
    """One traced call as a node of torch's graph."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        graph: CachedGraph,
        trace: Trace,
        tensors: Sequence[torch.Tensor],
        is_train: bool,
        buffers: Any,
        *wanted: Any,
    ) -> Any:
        outputs, saved = trace.forward(tensors)
        ctx.save_for_backward(*saved)
        ctx.graph, ctx.trace, ctx.tensors, ctx.is_train, ctx.buffers = graph, trace, tensors, is_train, buffers
        ctx.set_materialize_grads(False)
        ctx.heads = [(r.shape, r.dtype, r.device) for r in outputs] if len(outputs) > 1 else ()
        integers = [r for r in outputs if not r.is_floating_point()]
        if integers:
            ctx.mark_non_differentiable(*integers)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: Any) -> Any:
        if all(g is None for g in grads):  # nothing depends on this call: zero gradients, which are written
            return _delivered(ctx, [None] * len(ctx.trace.wanted))
        if len(grads) > 1:
            grads = tuple(
                [torch.zeros(s, dtype=t, device=d) if g is None else g for g, (s, t, d) in zip(grads, ctx.heads)]
            )
        if torch.is_grad_enabled():  # the gradients are to be differentiated in turn
            arrived = _again(ctx.graph, ctx.trace, ctx.tensors, ctx.is_train, grads)
        else:
            arrived = ctx.trace.backward(ctx.saved_tensors, grads)
        return _delivered(ctx, arrived)


def _delivered(ctx: FunctionCtx, arrived: Sequence[Any]) -> tuple[Any, ...]:
    """What the node of a call gives to torch: marked variables have their gradients handed over already."""
    receive([(b, g) for b, g in zip(ctx.buffers, arrived) if b is not None])
    return (None, None, None, None, None, *[g if b is None else None for b, g in zip(ctx.buffers, arrived)])


def _again(
    graph: CachedGraph, trace: Trace, tensors: Sequence[torch.Tensor], is_train: bool, grads: Sequence[torch.Tensor]
) -> Sequence[Any]:
    """Gradients with a history: forward and backward operator by operator."""
    aux = len(graph.program.arguments)
    inputs = [t if i < aux else t.clone() for i, t in enumerate(tensors)]  # the states have been updated already
    outputs = graph.program.run(inputs, is_train)
    return gradients(outputs, [inputs[i] for i in trace.wanted], grads, retain_graph=True, create_graph=True)
