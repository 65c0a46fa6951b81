"""Calling a graph on tensors, over and over: traced, once the same kind of call has been repeated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from .. import integers, layout
from ..grad_mode import grad_mode
from ..gradients import anchor, is_marked, receive
from ..graph.node import Entry
from ..graph.passes import close_shapes, eliminate_common, has_open_sizes
from ..tape import gradients, reach, unreached
from .integers import IntegerProgram, casts_to_integers
from .program import Program
from .trace import Trace, Traces


class CachedGraph:
    """A graph as a function of tensors, which can be differentiated by torch.

    Parameters
    ----------
    heads : list of Entry
        The outputs.
    ctx : Context
        Where it runs.
    trace : bool
        Whether repeated calls on small arrays may be traced.

    Attributes
    ----------
    program : Program
        Names the inputs, in the order in which :meth:`run` takes them.
    """

    makes_sparse = False  # whether results may be sparse arrays

    def __init__(self, heads: Sequence[Entry], ctx: Any, trace: bool = True) -> None:
        self.program = Program(eliminate_common(heads), ctx)
        self._by_shapes: dict[Any, Program] | None = {} if has_open_sizes(heads) else None
        self._trace = trace
        self._casts = casts_to_integers(heads)
        self._integers: IntegerProgram | None = None
        self._numbers: dict[Any, int] = {}  # signatures of tensors, numbered
        self._seen: list[tuple[Any, int]] = [(None, -1)] * self.program.num_inputs
        self._storage_version = layout.storage_version
        self._traces = Traces()
        self._unreached: dict[Any, list[int]] = {}  # arguments that miss some output, by kind of call

    def run(
        self,
        tensors: Sequence[torch.Tensor],
        record: bool,
        is_train: bool,
        monitor: Callable[..., None] | None = None,
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
        if record and (self._casts or (integers.active and integers.carried(tensors))):
            with grad_mode(True):
                return self._integer_program().run(tensors, is_train, monitor)
        step = self._step(tensors, record, is_train) if self._trace and monitor is None else None
        if step is None:
            with grad_mode(record):
                outputs = self._program_for(tensors).run(tensors, is_train, monitor)
            return self._reaching_all(outputs, tensors[:aux], is_train) if record else outputs
        if not step.wanted:
            return step.forward([t.detach() if t.requires_grad else t for t in tensors] if record else tensors)[0]
        given = [anchor if is_marked(tensors[i]) else tensors[i] for i in step.wanted]
        with grad_mode(True):
            return _Traced.apply(self, step, tensors, is_train, *given)

    def _program_for(self, tensors: Sequence[torch.Tensor]) -> Program:
        """The program; one for each set of shapes when the graph leaves sizes open (``zeros(shape=(0, 200))``)."""
        if self._by_shapes is None:
            return self.program
        key = tuple([tuple(t.shape) for t in tensors])
        found = self._by_shapes.get(key)
        if found is None:
            names = (*self.program.arguments, *self.program.aux)
            closed = close_shapes(self.program.heads, dict(zip(names, key)))
            found = self._by_shapes[key] = Program(closed, self.program.ctx)
        return found

    def _integer_program(self) -> IntegerProgram:
        """The program for gradients that pass through integers."""
        if self._integers is None:
            self._integers = IntegerProgram(self.program.heads, self.program.ctx)
        return self._integers

    def _reaching_all(
        self, outputs: list[torch.Tensor], arguments: Sequence[torch.Tensor], is_train: bool
    ) -> Sequence[torch.Tensor]:
        """The outputs, such that a backward pass from any of them comes to all arguments, as in MXNet."""
        kind = (is_train, *[t.requires_grad for t in arguments])
        left = self._unreached.get(kind)
        if left is None:
            left = sorted({i for r in outputs if r.is_floating_point() for i in unreached([r], arguments)})
            self._unreached[kind] = left
        return reach(outputs, [arguments[i] for i in left]) if left else outputs

    # ------------------------------------------------------------------ traces

    def _step(self, tensors: Sequence[torch.Tensor], record: bool, is_train: bool) -> Trace | None:
        """The trace for a call like this one; None when there is none (yet)."""
        key = self._key(tensors, record, is_train)
        try:
            return self._traces[key]
        except KeyError:
            pass
        if not self._traces.is_due(key):
            self._trace = not self._traces.closed
            return None
        wanted = [i for i, t in enumerate(tensors) if t.requires_grad] if record else []
        return self._traces.add(key, self._program_for(tensors), tensors, wanted, None, is_train)

    def _key(self, tensors: Sequence[torch.Tensor], record: bool, is_train: bool) -> tuple[Any, ...]:
        """What calls must have in common to share a trace: shapes, strides, types, and what is differentiated."""
        seen, numbers = self._seen, self._numbers
        if self._storage_version != layout.storage_version:
            self._storage_version = layout.storage_version
            seen[:] = [(None, -1)] * len(seen)
        key: list[Any] = [record, is_train]
        for i, t in enumerate(tensors):
            known, number = seen[i]  # another thread may change the list meanwhile, but not this pair
            if known is not t:
                signature = (t.shape, t.stride(), t.dtype, t.requires_grad)
                number = numbers.setdefault(signature, len(numbers))
                seen[i] = t, number
            key.append(number)
        return tuple(key)


class _Traced(torch.autograd.Function):
    """One traced call as a node of torch's graph."""

    @staticmethod
    def forward(ctx: Any, calls: CachedGraph, step: Trace, tensors: Any, is_train: bool, *wanted: Any) -> Any:
        outputs, saved = step.forward(tensors)
        ctx.save_for_backward(*saved)
        ctx.calls, ctx.step, ctx.tensors, ctx.is_train = calls, step, tensors, is_train
        ctx.set_materialize_grads(False)
        ctx.heads = [(r.shape, r.dtype, r.device) for r in outputs] if len(outputs) > 1 else ()
        integers = [r for r in outputs if not r.is_floating_point()]
        if integers:
            ctx.mark_non_differentiable(*integers)
        return tuple(outputs)

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        if all(g is None for g in grads):  # nothing depends on this call: zero gradients, which are written
            arrived = [None] * len(ctx.step.wanted)
            return _delivered(ctx, arrived)
        if len(grads) > 1:
            grads = tuple(
                [torch.zeros(s, dtype=t, device=d) if g is None else g for g, (s, t, d) in zip(grads, ctx.heads)]
            )
        if torch.is_grad_enabled():  # the gradients are to be differentiated in turn
            arrived = list(_again(ctx.calls, ctx.step, ctx.tensors, ctx.is_train, grads))
        else:
            arrived = ctx.step.backward(ctx.saved_tensors, grads)
        return _delivered(ctx, arrived)


def _delivered(ctx: Any, arrived: list[Any]) -> tuple[Any, ...]:
    """What the node of a call gives to torch: marked variables have their gradients handed over already."""
    own = []
    for k, i in enumerate(ctx.step.wanted):
        t = ctx.tensors[i]
        if is_marked(t):
            own.append((t._deliver, arrived[k]))
            arrived[k] = None
    receive(own)
    return (None, None, None, None, *arrived)


def _again(calls: CachedGraph, step: Trace, tensors: Any, is_train: bool, grads: Any) -> Sequence[Any]:
    """Gradients with a history: forward and backward operator by operator."""
    aux = len(calls.program.arguments)
    inputs = [t if i < aux else t.clone() for i, t in enumerate(tensors)]  # the states have been updated already
    outputs = calls._program_for(inputs).run(inputs, is_train)
    pairs = [(r, g) for r, g, flows in zip(outputs, grads, step.flows) if flows]
    return gradients(
        [r for r, _ in pairs],
        [inputs[i] for i in step.wanted],
        [g for _, g in pairs],
        retain_graph=True,
        create_graph=True,
    )
