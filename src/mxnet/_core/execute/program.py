"""A graph made ready to run: its operators in order, their parameters decoded, their values in numbered slots."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from types import SimpleNamespace
from typing import Any, TypeAlias

import torch

from ...base import MXNetError
from ...context import Context
from .. import integers, profiling
from ..errors import RAISED
from ..grad_mode import grad_mode
from ..graph.infer import infer_body_shapes, infer_body_types
from ..graph.node import Entry, Graph, Node
from ..graph.passes import deferred_sizes, resolve_sizes
from ..registry import OpDef
from ..rng import generator
from ..shapes import is_known
from . import fusion
from .step import Step, node_error

# Told of every value of a run: the node, the number of the output, and its tensor.
ValueHook: TypeAlias = Callable[[Node, int, torch.Tensor], None]


class Program:
    """Runs a graph straight through, freeing each intermediate value after its last use.

    Parameters
    ----------
    graph : Graph
    ctx : Context
        Where operators run (their generators and created tensors); inputs must be there already.
    contexts : dict of str to Context, optional
        Contexts of the nodes by their ``ctx_group`` attribute; values move between devices as needed.
    keep_state : bool
        Whether custom operators keep one object from run to run, as in an executor, or have a new one each time.

    Attributes
    ----------
    arguments, aux : list of str
        Names of the arguments and of the auxiliary states.
    inputs : tuple of str
        The names of both, in the order in which :meth:`run` takes them.
    """

    def __init__(
        self, graph: Graph, ctx: Context, contexts: dict[str, Any] | None = None, keep_state: bool = False
    ) -> None:
        self.graph = graph
        self.arguments = [n.name for n in graph.arguments]
        self.aux = [n.name for n in graph.states]
        self.inputs = (*self.arguments, *self.aux)
        self.ctx = ctx
        slots: dict[Entry, int] = {}
        for node in (*graph.arguments, *graph.states):
            slots[node, 0] = len(slots)
        self.num_inputs = len(slots)
        self._makers: list[tuple[Node, tuple[int, ...], tuple[int, ...], Any, bool]] = []
        for node in graph.operators:
            read = tuple([slots[entry] for entry in node.inputs])
            written = []
            for i in range(node.num_outputs):
                slots[node, i] = len(slots)
                written.append(slots[node, i])
            group = node.attrs.get("__ctx_group__")
            where = contexts.get(group, ctx) if contexts and group else ctx
            self._makers.append((node, read, tuple(written), where, bool(contexts)))
        self._bodies = {m[0]: [Body(g, m[3]) for g in m[0].subgraphs] for m in self._makers if m[0].subgraphs}
        self._kept: dict[Node, dict[Any, Any]] | None = {} if keep_state else None
        self._left_apart = set() if contexts else _parameter_lists(graph)
        self.num_slots = len(slots)
        self.outputs = tuple([slots[head] for head in graph.heads])
        self._steps: dict[tuple[bool, bool], list[Step]] = {}
        self._fusable = not contexts and ctx.device.type == "cpu" and fusion.wanted()
        self._aliased: dict[bool, tuple[int, ...]] = {}
        self._options = contexts, keep_state
        # Where operators leave their sizes open: a program for each set of input shapes.
        self._sized: dict[tuple[tuple[int, ...], ...], Program] | None = {} if deferred_sizes(graph) else None

    def sized(self, inputs: Sequence[torch.Tensor]) -> Program:
        """The program for inputs of these shapes: another one where operators wait for their sizes."""
        if self._sized is None:
            return self
        shapes = tuple([tuple(t.shape) for t in inputs])
        found = self._sized.get(shapes)
        if found is None:
            graph = resolve_sizes(self.graph, dict(zip(self.inputs, shapes)))
            found = self._sized[shapes] = type(self)(graph, self.ctx, *self._options)
            found._sized = None
        return found

    @property
    def is_pure(self) -> bool:
        """Whether the same inputs always give the same outputs by the same kernels on one device."""
        return not any(move or not _pure(node) for node, _, _, _, move in self._makers) and all(
            body.is_pure for bodies in self._bodies.values() for body in bodies
        )

    @cached_property
    def generators(self) -> set[torch.Generator]:
        """The generators that operators draw from (a user's own ones from that of their context)."""
        bodies = [body for those in self._bodies.values() for body in those]
        own = {generator(ctx) for node, _, _, ctx, _ in self._makers if node.op and (node.op.rng_arg or node.op.opaque)}
        return own.union(*[body.generators for body in bodies])

    def steps(self, is_train: bool, fused: bool = False) -> list[Step]:
        """The operator calls of one mode, made on first use; with what can be fused in prediction made one call."""
        found = self._steps.get((is_train, fused))
        if found is None:
            found = [self._step(*maker, is_train) for maker in self._makers]
            if fused:
                found = fusion.fuse(found, self.outputs)
            _mark_releases(found, self.num_inputs, self.outputs)
            self._steps[is_train, fused] = found
        return found

    def _step(
        self, node: Node, read: tuple[int, ...], written: tuple[int, ...], ctx: Context, move: bool, is_train: bool
    ) -> Step:
        od: OpDef = node.op  # type: ignore[assignment]
        p = node.params
        if node in self._left_apart:
            return Step(node, _left_apart, read, written, {}, None)
        kwargs = od.keywords(p, is_train, ctx)
        if od.variadic and od.variadic in od.takes:
            kwargs.setdefault(od.variadic, len(read))
        if od.subgraphs_arg is not None:
            kwargs[od.subgraphs_arg] = self._bodies[node]
        if od.state_arg is not None and self._kept is not None:
            kwargs[od.state_arg] = self._kept.setdefault(node, {})
        order = od.place(read, p)
        slots = tuple([-1 if s is None else s for s in order])
        return Step(node, self._function(od, p), slots, written, kwargs, ctx.device if move else None)

    def _function(self, od: OpDef, p: Any) -> Callable[..., Any]:
        """What a step calls; kinds of programs add to it what their values need."""
        return _callable(od, p)

    def run(
        self,
        inputs: Sequence[torch.Tensor],
        is_train: bool,
        monitor: ValueHook | None = None,
    ) -> list[torch.Tensor]:
        """Run on tensors for the arguments, then the auxiliary states; gives the outputs.

        Raises
        ------
        MXNetError, ValueError, TypeError, IndexError
            What an operator raised, with the name of its node.
        """
        if self._sized is not None:
            return self.sized(inputs).run(inputs, is_train, monitor)
        values: list[Any] = [None] * (self.num_slots + 1)  # the last one stays None: absent inputs read it as -1
        values[: self.num_inputs] = inputs
        step = None
        profiled = profiling.graphs
        fused = self._fusable and not is_train and monitor is None and not torch.is_grad_enabled()
        try:
            for step in self.steps(is_train, fused):
                given = [values[i] for i in step.inputs]
                if step.device is not None:
                    given = [t if t is None or t.device == step.device else t.to(step.device) for t in given]
                if profiled:
                    result = profiling.call(step.node.op.name, step.fn, given, step.kwargs)  # type: ignore[union-attr]
                else:
                    result = step.fn(*given, **step.kwargs)
                if type(result) is torch.Tensor:
                    values[step.outputs[0]] = result
                else:
                    for i, r in zip(step.outputs, result):
                        values[i] = r
                if monitor is not None:
                    for i, slot in enumerate(step.outputs):
                        value = values[slot]
                        monitor(step.node, i, torch.cat(value) if type(value) is tuple else value)
                for i in step.release:
                    values[i] = None
        except RAISED as e:
            if step is None:
                raise
            given = [torch.cat(t) if type(t) is tuple else t for t in given]
            raise node_error(step.node, e, given) from e
        outputs = [values[i] for i in self.outputs]
        aliased = self._aliased.get(is_train)
        if aliased is None:
            aliased = self._aliased[is_train] = _sharing(outputs, inputs)
        for i in aliased:  # what the caller writes into an argument later must not show in an output
            outputs[i] = integers.follow(outputs[i].clone(), outputs[i], lambda proxy: proxy)
        return outputs


class Body:
    """The body of a control-flow operator, as a function over tensors.

    Parameters
    ----------
    graph : Graph
    ctx : Context
        Where it runs.
    """

    def __init__(self, graph: Graph, ctx: Context) -> None:
        self.graph = graph
        self._program = Program(graph, ctx)
        number = {n: i for i, n in enumerate(graph.variables)}
        self._arguments = [number[n] for n in graph.arguments]
        self._aux = [number[n] for n in graph.states]

    @property
    def is_pure(self) -> bool:
        """Whether the same inputs always give the same outputs by the same kernels."""
        return self._program.is_pure and self._program._sized is None

    @property
    def generators(self) -> set[torch.Generator]:
        """The generators that operators draw from."""
        return self._program.generators

    def __call__(self, inputs: Sequence[torch.Tensor], is_train: bool) -> list[torch.Tensor]:
        """Run on a tensor for each variable, in the order of the graph; gives the outputs."""
        if len(inputs) != self._program.num_inputs:
            raise MXNetError(f"a subgraph has {self._program.num_inputs} inputs, the operator feeds {len(inputs)}")
        given = [inputs[i] for i in self._arguments]
        given += [inputs[i].data for i in self._aux]
        return self._program.run(given, is_train)

    def output_like(self, inputs: Sequence[torch.Tensor]) -> list[tuple[tuple[int, ...], torch.dtype]]:
        """Shapes and types of the outputs, without running.

        Raises
        ------
        MXNetError
            When they cannot be told.
        """
        count = len(self.graph.heads)
        _, shapes = infer_body_shapes(self.graph, [tuple(t.shape) for t in inputs], [None] * count)
        _, types = infer_body_types(self.graph, [t.dtype for t in inputs], [None] * count)
        for (node, _), shape in zip(self.graph.heads, shapes):
            if not is_known(shape):
                raise MXNetError(f"the shape of {node.name!r}, an output of a loop that never ran, cannot be told")
        return [(s, t or torch.float32) for s, t in zip(shapes, types)]  # type: ignore[misc]


def _pure(node: Node) -> bool:
    """Whether an operator can be traced: it draws nothing, runs none of the user's code, and has no sparse gradient."""
    od: OpDef = node.op  # type: ignore[assignment]
    return not (od.rng_arg or od.opaque or getattr(node.params, "sparse_grad", False))


def _sharing(outputs: Sequence[torch.Tensor], inputs: Sequence[torch.Tensor]) -> tuple[int, ...]:
    """Numbers of the outputs that lie in the memory of an input."""
    memory = {t.untyped_storage().data_ptr() for t in inputs if isinstance(t, torch.Tensor) and t.numel()}
    shared = enumerate(outputs)
    return tuple([i for i, t in shared if isinstance(t, torch.Tensor) and t.untyped_storage().data_ptr() in memory])


def _parameter_lists(graph: Graph) -> set[Node]:
    """The nodes that join parts for nobody but inputs which may come in parts.

    Joining the parameters of an RNN, and taking their gradients apart again, is five per cent of a step.
    """
    joins = {n for n in graph.operators if n.op is not None and n.op.joins_parts}
    if joins:
        joins -= {n for n, _ in graph.heads}
        for node in graph.operators:
            for i, (source, _) in enumerate(node.inputs):
                if node.op is None or node.op.inputs[i : i + 1] != (node.op.parts,):
                    joins.discard(source)
    return joins


def _left_apart(*parts: torch.Tensor) -> tuple[tuple[torch.Tensor, ...]]:
    return (parts,)


def _callable(od: OpDef, p: SimpleNamespace) -> Callable[..., Any]:
    """The function of a step: the operator's own, or one that brings its gradient or cuts it."""
    if od.inplace is not None:
        return _without_gradient(lambda *tensors, **kwargs: od.fn(*od.copy_overwritten(tensors, p), **kwargs))
    if not od.differentiable:
        return _without_gradient(od.fn)
    if od.backward_fn is not None:
        return lambda *tensors, **kwargs: od.run(tensors, kwargs)
    return od.fn


def _without_gradient(fn: Callable[..., Any]) -> Callable[..., Any]:
    def call(*tensors: Any, **kwargs: Any) -> Any:
        with grad_mode(False):
            return fn(*tensors, **kwargs)

    return call


def _mark_releases(steps: list[Step], num_inputs: int, outputs: tuple[int, ...]) -> None:
    """Note after which step each value is needed no more."""
    last: dict[int, Step] = {}
    for step in steps:
        for slot in (*step.inputs, *step.outputs):
            last[slot] = step
    keep = set(outputs)
    for slot, step in last.items():
        if slot >= num_inputs and slot not in keep:
            step.release += (slot,)
