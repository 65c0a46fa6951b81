"""The executor: a graph bound to arrays, run forwards and backwards."""

from __future__ import annotations

import math
import warnings
import weakref
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch

from ._core import layout
from ._core.array import context_of
from ._core.execute.cached_graph import CachedGraph
from ._core.execute.heads import Heads
from ._core.execute.integers import IntegerProgram
from ._core.execute.monitoring import OutputMonitor
from ._core.execute.program import Program
from ._core.execute.sparse import SparseProgram, in_graph, leaf_of
from ._core.execute.trace import Trace
from ._core.grad_mode import grad_mode
from ._core.gradients import leaves_of_rows, write
from ._core.graph.gradient import planned_bytes
from ._core.graph.storage import infer_storage
from ._core.rng import drawing_again
from .base import ArgumentValueError, MXNetError
from .context import Context
from .ndarray import NDArray
from .ndarray import array as _nd_array
from .ndarray.ndarray import wrap
from .ndarray.sparse import BaseSparseNDArray, zeros

__all__ = ["Executor"]


class Executor:
    """A symbol bound to arguments, gradient buffers and auxiliary states, which it shares with the caller.

    Made by :meth:`mxnet.sym.Symbol.bind` and :meth:`mxnet.sym.Symbol.simple_bind`. Writing into the arrays
    (``executor.arg_dict["x"][:] = 1``) is seen by the next :meth:`forward`; :meth:`backward` writes into
    ``grad_arrays`` as ``grad_req`` says.

    Parameters
    ----------
    symbol : Symbol
    ctx : Context
    args : list of NDArray
        In the order of ``symbol.list_arguments()``.
    args_grad : list of NDArray or None
        Where the gradients of the arguments go.
    grad_req : list of str
        ``"write"``, ``"add"`` or ``"null"`` an argument.
    aux_states : list of NDArray
    group2ctx : dict of str to Context, optional
        Contexts of the parts of the graph, by their ``ctx_group`` attribute.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.sym.Variable("x")
    >>> e = (x * 2).bind(mx.cpu(), {"x": mx.nd.array([1, 2])})
    >>> e.forward()[0].asnumpy().tolist()
    [2.0, 4.0]
    """

    def __init__(
        self,
        symbol: Any,
        ctx: Context,
        args: Sequence[NDArray],
        args_grad: Sequence[NDArray | None],
        grad_req: Sequence[str],
        aux_states: Sequence[NDArray],
        group2ctx: dict[str, Context] | None = None,
        shared_exec: Executor | None = None,
    ) -> None:
        self._symbol = symbol
        self._ctx = ctx
        self.arg_arrays = list(args)
        self.grad_arrays = list(args_grad)
        self.aux_arrays = list(aux_states)
        self._grad_req = list(grad_req)
        graph = None if shared_exec is None else shared_exec._graph
        if graph is None or graph.heads != symbol._heads or graph.contexts != group2ctx:
            graph = CachedGraph(symbol._graph, ctx, group2ctx, keep_state=True)
        self._graph: CachedGraph = graph
        self._sparse = self._graph.makes_sparse or any(isinstance(a, BaseSparseNDArray) for a in (*args, *aux_states))
        self._carries_integers = not self._sparse and (
            self._graph.casts
            or any(
                g is not None and req != "null" and a.stype == "default" and not a._t.is_floating_point()
                for a, g, req in zip(args, args_grad, grad_req)
            )
        )
        self._output_names: list[str] = symbol.list_outputs()
        self._outputs: list[NDArray] | None = None
        self._reshaped: weakref.ref[Executor] | None = None  # the executor that was made by the last reshape
        self._monitor: OutputMonitor | None = None
        self._output_dirty = False
        self._pending: list[torch.Tensor] | None = None  # outputs of an eager forward pass, with their history
        self._saved: list[torch.Tensor] | None = None  # what a traced forward pass has left for backward passes
        # As the last forward pass found them, so that it can be run again; None when that was no training.
        self._random_states: dict[torch.Generator, torch.Tensor] | None = None
        self._trace: Trace | None = None  # what the last forward pass went by
        self._given: tuple[bool, ...] | None = None  # for which outputs the last backward pass was given gradients
        self._bind()

    def _bind(self) -> None:
        """Make the leaves of the gradient computation: they share the arguments' memory, not their history."""
        self._storage_version = layout.storage_version
        tensors: list[Any] = [_data(a) for a in self.arg_arrays]
        wanted = zip(self.grad_arrays, self._grad_req)
        asked = [i for i, (g, req) in enumerate(wanted) if g is not None and req != "null"]
        self._grad_slots = [i for i in asked if tensors[i].is_floating_point() or self._carries_integers]
        self._plain = tensors + [_data(a) for a in self.aux_arrays]
        kind = SparseProgram if self._sparse else IntegerProgram if self._carries_integers else Program
        self._program = self._graph.program_of(kind).sized(self._plain)
        leaves = list(self._plain)
        for i in self._grad_slots:
            leaves[i] = leaf_of(tensors[i])
            if isinstance(self.grad_arrays[i], BaseSparseNDArray):
                leaves_of_rows[in_graph(leaves[i])] = None
        self._leaves = leaves
        self._traceable = kind is Program and not any(isinstance(g, BaseSparseNDArray) for g in self.grad_arrays)
        self._signature = self._graph.signature(leaves) if self._traceable else ()
        names = {self._program.arguments[i] for i in self._grad_slots}
        self._heads = Heads(self._program.graph, self._output_names, names)
        self._wanted = [in_graph(leaves[i]) for i in self._grad_slots]
        buffers: list[Any] = [self.grad_arrays[i] for i in self._grad_slots]
        self._buffers = [b if isinstance(b, BaseSparseNDArray) else b._t.data for b in buffers]
        self._add = [self._grad_req[i] == "add" for i in self._grad_slots]
        # Beside sparse arrays integers have no gradient: their buffers, if any, are written zero.
        left = [i for i in asked if i not in self._grad_slots and self._grad_req[i] == "write"]
        self._zeroed: list[Any] = [self.grad_arrays[i] for i in left]

    # ------------------------------------------------------------------ arrays by name

    @cached_property
    def arg_dict(self) -> dict[str, NDArray]:
        """The arguments by name."""
        return _by_name(self._symbol.list_arguments(), self.arg_arrays, "arguments")

    @cached_property
    def grad_dict(self) -> dict[str, NDArray | None]:
        """The gradient buffers by the argument's name; None where no gradient is kept."""
        return _by_name(self._symbol.list_arguments(), self.grad_arrays, "arguments")

    @cached_property
    def aux_dict(self) -> dict[str, NDArray]:
        """The auxiliary states by name."""
        return _by_name(self._symbol.list_auxiliary_states(), self.aux_arrays, "auxiliary states")

    @property
    def outputs(self) -> list[NDArray]:
        """The outputs of the last :meth:`forward`.

        Before the first they are zero, but for what an executor that was made of this one by :meth:`reshape` has
        computed: it stands in the first elements.
        """
        if self._outputs is None:
            self._show(self._unwritten_outputs())
        return list(self._outputs or [])

    def _unwritten_outputs(self) -> list[Any]:
        arrays = dict(zip(self._symbol.list_arguments(), self.arg_arrays))
        _, shapes, _ = self._symbol.infer_shape(**{n: a.shape for n, a in arrays.items()})
        _, types, _ = self._symbol.infer_type(**{n: a.dtype for n, a in arrays.items()})
        stypes = infer_storage(self._program.graph, {n: a.stype for n, a in arrays.items()})
        made = [zeros(stypes[e], s, self._ctx) for e, s in zip(self._program.graph.heads, shapes)]
        if types is not None:
            made = [a.astype(t) for a, t in zip(made, types)]
        relative = self._reshaped() if self._reshaped is not None else None
        if relative is not None and relative._outputs is not None:
            for mine, other in zip(made, relative._outputs):
                if mine.stype == other.stype == "default":
                    count = min(mine.size, other.size)
                    mine._t.view(-1)[:count] = other._t.reshape(-1)[:count]
        return [a._value for a in made]

    @property
    def output_dict(self) -> dict[str, NDArray]:
        """The outputs by name."""
        return _by_name(self._output_names, self.outputs, "outputs")

    # ------------------------------------------------------------------ running

    def forward(self, is_train: bool = False, **kwargs: Any) -> list[NDArray]:
        """Compute the outputs.

        Parameters
        ----------
        is_train : bool
            Whether :meth:`backward` follows; layers with two behaviors train.
        **kwargs : NDArray or numpy.ndarray
            New values of arguments, copied into the bound arrays.

        Returns
        -------
        list of NDArray
            The outputs; the same array objects at each call, with new values.
        """
        if kwargs:
            self._feed(kwargs)
        # Sparse arrays get new parts when they are assigned.
        if self._storage_version != layout.storage_version or self._sparse:
            self._bind()
        self._pending = self._saved = None
        self._random_states = {g: g.get_state() for g in self._program.generators} if is_train else None
        self._trace = None
        if is_train and self._traceable and self._given is not None and self._monitor is None:
            key = self._signature, self._given
            self._trace = self._graph.trace(key, self._leaves, True, True, self._given)
        if self._trace is not None:
            results, self._saved = self._trace.forward(self._plain)
        else:
            inputs = self._leaves if is_train else self._plain
            monitor = None if self._monitor is None else self._monitor.start(self._program.inputs, inputs)
            with grad_mode(bool(is_train) and bool(self._wanted)):
                results = self._program.run(inputs, bool(is_train), monitor)
            self._pending = results if is_train else None
        self._show(results)
        if self._output_dirty:
            warnings.warn(
                "Calling forward the second time after forward(is_train=True) without calling backward first. Is this "
                "intended?",
                stacklevel=2,
            )
        self._output_dirty = bool(is_train)
        return list(self._outputs or [])

    def _feed(self, values: dict[str, Any]) -> None:
        arguments = self.arg_dict
        for name, value in values.items():
            if not isinstance(value, (NDArray, np.ndarray)):
                raise ValueError(f"forward: {name} must be an NDArray or a numpy.ndarray, got {type(value)}")
            if name not in arguments:
                raise TypeError(f"Unknown argument {name}")
            target = arguments[name]
            if target.shape != value.shape:
                raise ValueError(f"Shape not match! Argument {name}, need: {target.shape}, received: {value.shape}")
            target[:] = value

    def _show(self, results: list[torch.Tensor]) -> None:
        """Let the output arrays, which the caller may hold, have the new values."""
        plain = [r.detach() if r.requires_grad else r for r in results]
        if self._outputs is None:
            self._outputs = [NDArray._wrap_value(r, ctx) for r, ctx in zip(plain, self._places(plain))]
        else:
            for array, r in zip(self._outputs, plain):
                if isinstance(array, BaseSparseNDArray):
                    array._store = r
                else:
                    array._t = r

    def _places(self, outputs: Sequence[Any]) -> list[Context]:
        """The contexts of outputs: those of their groups; where arguments are elsewhere, where they are."""
        groups = self._graph.contexts or {}
        heads = [groups.get(node.attrs.get("__ctx_group__", ""), self._ctx) for node, _ in self._graph.heads]
        return [ctx if t.device == ctx.device else context_of(t) for t, ctx in zip(outputs, heads)]

    def backward(self, out_grads: NDArray | Sequence[NDArray] | None = None, is_train: bool = True) -> None:
        """Compute the gradients of the arguments into ``grad_arrays``.

        Parameters
        ----------
        out_grads : NDArray, list or dict of NDArray, optional
            Gradients of the outputs to start from. Loss layers bring their own.
        is_train : bool
            The mode of a forward pass that has to be run again.
        """
        given_heads = [None if g is None else g._value for g in self._head_gradients(out_grads)]
        heads = self._heads.fit(given_heads, [r._value for r in self.outputs])
        given = tuple([h is not None for h in heads])
        if self._trace is not None and self._saved is not None and given == self._given:
            self._write_gradients(self._trace.backward(self._saved, heads))
        elif self._wanted:
            self._write_gradients(self._differentiate(self._pending, heads, is_train))
            self._pending, self._given, self._trace = None, given, None
        if not self._output_dirty:
            warnings.warn(
                "Calling backward without calling forward(is_train=True) first. Behavior is undefined.", stacklevel=2
            )
        self._output_dirty = False

    def _head_gradients(self, out_grads: Any) -> list[NDArray | None]:
        names = self._output_names
        if out_grads is None:
            return [None] * len(names)
        if isinstance(out_grads, NDArray):
            out_grads = [out_grads]
        elif isinstance(out_grads, dict):
            missing = [k for k in names if k not in out_grads]
            if missing:
                raise MXNetError(f"out_grads has no gradient of output {missing[0]!r}, but of {sorted(out_grads)}")
            out_grads = [out_grads[k] for k in names]
        for g in out_grads:
            if not isinstance(g, NDArray):
                raise TypeError("inputs must be NDArray")
        given = list(out_grads)[: len(names)]  # MXNet overlooks more than it needs
        return [*given, *[None] * (len(names) - len(given))]

    def _differentiate(
        self, results: list[torch.Tensor] | None, starts: list[torch.Tensor | None], is_train: bool
    ) -> Sequence[torch.Tensor | None]:
        if results is None and self._random_states is not None:
            results = self._repeat()
        elif results is None:
            with grad_mode(True):
                results = self._program.run(self._leaves, is_train)
            self._show(results)
        return self._heads.differentiate(results, starts, self._wanted)

    def _repeat(self) -> list[torch.Tensor]:
        """The last forward pass once more, with its history: the first backward pass has freed that."""
        count = len(self.arg_arrays)
        states = [t.clone() for t in self._leaves[count:]]
        with grad_mode(True), drawing_again(self._random_states or {}):
            return self._program.run([*self._leaves[:count], *states], True)

    def _write_gradients(self, arrived: Sequence[torch.Tensor | None]) -> None:
        """Write or add what has arrived to the gradient buffers."""
        if self._storage_version != layout.storage_version:
            self._bind()
        for g in self._zeroed:
            g._t.data.zero_()
        write(zip(self._buffers, self._add, arrived))

    # ------------------------------------------------------------------ monitoring

    def set_monitor_callback(self, callback: Callable[..., None], monitor_all: bool = False) -> None:
        """Have ``callback(name, array)`` called with what each operator computes.

        These are its outputs, and in the backward pass the gradients of its inputs, ``{node}_backward_output{number}``.
        With ``monitor_all`` its inputs too.
        """
        self._monitor = OutputMonitor(callback, monitor_all, lambda t: NDArray._wrap_value(t, self._ctx))

    # ------------------------------------------------------------------ parameters and shapes

    def copy_params_from(
        self,
        arg_params: dict[str, NDArray],
        aux_params: dict[str, NDArray] | None = None,
        allow_extra_params: bool = False,
    ) -> None:
        """Copy values into arguments and auxiliary states by name.

        Raises
        ------
        ValueError
            For a name the graph does not have (unless ``allow_extra_params``) or another shape.
        """
        for kind, params, arrays in (
            ("arguments", arg_params, self.arg_dict),
            ("auxiliary states", aux_params or {}, self.aux_dict),
        ):
            for name, value in params.items():
                target = arrays.get(name)
                if target is None:
                    if not allow_extra_params:
                        raise ValueError(f"Find name {name!r} that is not in the {kind}")
                    continue
                if target.shape != value.shape:
                    raise ValueError(f"{name} has shape {target.shape} in the executor, {value.shape} was given")
                value.astype(target.dtype).copyto(target)

    def reshape(self, partial_shaping: bool = False, allow_up_sizing: bool = False, **kwargs: Any) -> Executor:
        """An executor of the same graph for inputs of other shapes, which shares parameters and, where it fits, memory.

        Parameters
        ----------
        partial_shaping : bool
            Allow arguments that are not named to change their shape.
        allow_up_sizing : bool
            Allow arrays to become larger, in new memory.
        **kwargs : tuple of int
            New shapes by argument name.
        """
        arg_shapes, _, aux_shapes = self._symbol.infer_shape(**kwargs)
        if arg_shapes is None:
            raise ValueError("Insufficient argument shapes provided.")
        args, grads, aux = [], [], []

        def resized(kind: str, name: str, shape: tuple[int, ...], old: NDArray) -> NDArray:
            if shape != old.shape and not (partial_shaping or name in kwargs):
                raise ArgumentValueError(
                    f"reshape: the given shapes change that of {name} from {old.shape} to {shape}, which would end its "
                    "being shared with this executor; partial_shaping=True allows it"
                )
            return _resized(f"{kind}:{name}", old, shape, allow_up_sizing)

        for name, shape, old, grad in zip(self._symbol.list_arguments(), arg_shapes, self.arg_arrays, self.grad_arrays):
            args.append(resized("arg", name, shape, old))
            grads.append(None if grad is None else resized("grad", name, shape, grad))
        for name, shape, old in zip(self._symbol.list_auxiliary_states(), aux_shapes, self.aux_arrays):
            aux.append(resized("aux", name, shape, old))
        reshaped = Executor(self._symbol, self._ctx, args, grads, self._grad_req, aux, self._graph.contexts, self)
        reshaped._monitor = self._monitor
        self._reshaped = weakref.ref(reshaped)
        return reshaped

    def get_optimized_symbol(self) -> Any:
        """The symbol that is run: the bound one with equal expressions computed once."""
        return type(self._symbol)(self._program.graph.heads)

    def debug_str(self) -> str:
        """The graph in execution order, as text, and the memory that a run takes for intermediate values."""
        arrays = {n: a._t for n, a in zip(self._program.inputs, (*self.arg_arrays, *self.aux_arrays))}
        wanted = {self._program.arguments[i] for i in self._grad_slots}
        total = planned_bytes(self._program.graph, arrays, wanted)
        # Scripts count lines from the end. MXNet's last one says 11 for every graph.
        return f"{self._symbol.debug_str()}Total {total >> 20} MB allocated\nTotal 11 TempSpace resource requested\n"


def _data(a: NDArray) -> Any:
    """What an array holds, without history: its memory, or the parts of a sparse array."""
    return a._store if isinstance(a, BaseSparseNDArray) else a._t.data


def _by_name(names: list[str], arrays: Sequence[Any], what: str) -> dict[str, Any]:
    if len(set(names)) != len(names):
        repeated = sorted({n for n in names if names.count(n) > 1})
        raise ValueError(f"Duplicate names detected among the {what}: {repeated}")
    return dict(zip(names, arrays))


def _resized(name: str, old: NDArray, shape: tuple[int, ...], allow_up_sizing: bool) -> NDArray:
    """An array of another shape, in the memory of ``old`` when it fits there."""
    if shape == old.shape:
        return old
    needed = math.prod(shape)
    if needed > old.size:
        if not allow_up_sizing:
            raise ArgumentValueError(
                f"reshape: {name} has memory for {old.size} elements, its new shape {shape} needs {needed}; "
                "allow_up_sizing=True allocates more. Executors that share memory are best bound with the largest "
                "shapes first"
            )
        return _nd_array(np.zeros(shape), old._ctx, old.dtype)
    return in_memory_of(old, shape)


def in_memory_of(array: NDArray, shape: tuple[int, ...]) -> NDArray:
    """An array of a shape in the memory of another one, from its first element on."""
    return wrap(array._t.data.reshape(-1)[: math.prod(shape)].view(shape), array._ctx)
