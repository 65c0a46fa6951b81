"""Making executors of symbols: bringing the caller's arrays into order, or allocating them from inferred shapes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

import torch

from .._core.dtypes import TORCH_TO_NAME, TORCH_TO_NP, torch_dtype
from .._core.graph.gradient import backward_nodes
from .._core.graph.infer import Inferred, infer_shapes, infer_types, partial_shape, spelled_shape
from .._core.graph.node import Graph, Node
from .._core.graph.passes import convolution_weights
from .._core.graph.storage import infer_gradients, infer_storage
from .._core.layout import as_weight
from .._core.ops.init.creation import allocated
from .._core.shapes import is_known
from .._core.spelling import warn_unknown
from .._core.state import state
from ..base import MXNetError
from ..context import Context, current_context
from ..executor import Executor, in_memory_of
from ..ndarray import NDArray, sparse
from ..ndarray.ndarray import wrap


class HasGraph(Protocol):
    """What a symbol is to the functions here."""

    @property
    def _graph(self) -> Graph: ...


_GRAD_REQS = {"null": 0, "write": 1, "add": 3}


def bind(
    self: HasGraph,
    ctx: Context,
    args: Any,
    args_grad: Any = None,
    grad_req: str | Sequence[str] | dict[str, str] = "write",
    aux_states: Any = None,
    group2ctx: dict[str, Context] | None = None,
    shared_exec: Executor | None = None,
) -> Executor:
    """An executor over arrays of the caller, which it shares.

    Parameters
    ----------
    ctx : Context
        Where to run.
    args : list of NDArray or dict of str to NDArray
        The arguments, in the order of :meth:`list_arguments` or by name; all are needed.
    args_grad : list of NDArray or dict of str to NDArray, optional
        Where gradients go. Arguments without an array get none.
    grad_req : {'write', 'add', 'null'}, or list or dict of them
        What backward does with the gradient arrays.
    aux_states : list of NDArray or dict of str to NDArray, optional
        The auxiliary states; all are needed.
    group2ctx : dict of str to Context, optional
        Where the parts of the graph run, by their ``ctx_group`` attribute.
    shared_exec : Executor, optional
        An executor of the same symbol, whose prepared program is used again.

    Raises
    ------
    ValueError
        When arrays are missing or a ``grad_req`` is unknown.
    MXNetError
        When shapes or types do not fit; it names the operator, the argument and both shapes.

    Examples
    --------
    >>> import mxnet as mx
    >>> c = mx.sym.var("a") + mx.sym.var("b")
    >>> e = c.bind(mx.cpu(), {"a": mx.nd.ones((2,)), "b": mx.nd.ones((2,))})
    >>> e.forward()[0].asnumpy().tolist()
    [2.0, 2.0]
    """
    _check_context(ctx)
    graph = self._graph
    names = [n.name for n in graph.arguments]
    arrays = _arrays("args", args, names, allow_missing=False)
    grads = [None] * len(names) if args_grad is None else _arrays("args_grad", args_grad, names, allow_missing=True)
    states = [n.name for n in graph.states]
    aux = _arrays("aux_states", [] if aux_states is None else aux_states, states, allow_missing=False)
    reqs = _grad_reqs(grad_req, names)
    _check_arrays(graph, [*arrays, *aux])
    backward_nodes(graph, {n for n, g, r in zip(names, grads, reqs) if g is not None and r != "null"})
    for name, array, grad, req in zip(names, arrays, grads, reqs):
        if grad is not None and req != "null" and grad.shape != array.shape:
            raise MXNetError(
                f"The gradient array of argument {name!r} has the shape {grad.shape}, the argument {array.shape}"
            )
    return Executor(self, ctx, arrays, grads, reqs, aux, group2ctx, shared_exec)


def evaluate(self: HasGraph, ctx: Context | None = None, **kwargs: NDArray) -> list[NDArray]:
    """Compute the outputs once, for arrays given by name.

    Binding anew each time is slow: bind once and call ``forward`` to run repeatedly.

    Parameters
    ----------
    ctx : Context, optional
        The current context when not given.
    **kwargs : NDArray
        All arguments and auxiliary states by name.

    Examples
    --------
    >>> import mxnet as mx
    >>> (mx.sym.var("a") * 2).eval(a=mx.nd.ones((2,)))[0].asnumpy().tolist()
    [2.0, 2.0]
    """
    states = {n.name: kwargs[n.name] for n in self._graph.states if n.name in kwargs}
    return bind(self, current_context() if ctx is None else ctx, kwargs, aux_states=states or None).forward()


def simple_bind(
    self: HasGraph,
    ctx: Context,
    grad_req: str | Sequence[str] | dict[str, str] = "write",
    type_dict: dict[str, Any] | None = None,
    stype_dict: dict[str, str] | None = None,
    group2ctx: dict[str, Context] | None = None,
    shared_arg_names: list[str] | None = None,
    shared_exec: Executor | None = None,
    shared_buffer: dict[str, NDArray] | None = None,
    **kwargs: tuple[int, ...],
) -> Executor:
    """An executor over arrays that are allocated here, zero-filled, from inferred shapes and types.

    Parameters
    ----------
    ctx : Context
        Where to run.
    grad_req : {'write', 'add', 'null'}, or list or dict of them
        For which arguments to allocate gradients, and what backward does with them.
    type_dict : dict of str to dtype, optional
        Types of arguments; the others are inferred, and float32 where nothing tells.
    stype_dict : dict of str to str, optional
        Storage types of arguments, where they differ from those the variables were made with. Gradients that come out
        row-sparse are kept so.
    group2ctx : dict of str to Context, optional
        Where the parts of the graph run, by their ``ctx_group`` attribute.
    shared_arg_names, shared_exec, shared_buffer : optional
        Memory sharing between executors of one network for different shapes (bucketing), in force when
        ``shared_buffer`` is given: arguments named in the list (with their gradients) and auxiliary states are those
        of ``shared_exec`` where shapes agree; others use arrays of the buffer that are large enough, and the buffer
        collects new ones.
    **kwargs : tuple of int
        Shapes of arguments by name.

    Raises
    ------
    MXNetError
        (a RuntimeError) When shapes are missing or contradict each other; it lists the given shapes.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("x"), num_hidden=4, name="fc")
    >>> net.simple_bind(mx.cpu(), x=(5, 4)).arg_dict["fc_weight"].shape
    (4, 4)
    """
    _check_context(ctx)
    if shared_arg_names is not None and not isinstance(shared_arg_names, list):
        raise ValueError("shared_arg_names in simple_bind must be a list or None")
    if shared_buffer is not None and not isinstance(shared_buffer, dict):
        raise ValueError("shared_buffer in simple_bind must be dict or None")
    graph = self._graph
    variables = [*graph.arguments, *graph.states]
    names = [n.name for n in graph.arguments]
    # Shapes of arguments that only a larger graph has are passed on by many scripts.
    warn_unknown("simple_bind", kwargs, [n.name for n in variables], cutoff=0.75, only_similar=True)
    try:
        reqs = _simple_grad_reqs(grad_req, names)
        shapes = _complete_shapes(graph, variables, kwargs)
        types = _complete_types(graph, variables, type_dict)
        backward_nodes(graph, {n for n, r in zip(names, reqs) if r != "null"})
    except MXNetError as e:
        given = "".join(f"{k}: {v}\n" for k, v in kwargs.items())
        raise MXNetError(f"simple_bind error. Arguments:\n{given}{e}") from e

    pool = _Pool(shared_arg_names or (), shared_exec, shared_buffer)
    stypes = infer_storage(graph, stype_dict or {})
    grad_stypes = infer_gradients(graph, stypes)

    def form(node: Node, stype: str) -> _Form:
        return _Form(stype, shapes.of(node), types[node], _context_of(node, ctx, group2ctx))

    args, grads = [], []
    for node, req in zip(graph.arguments, reqs):
        args.append(pool.argument(node.name, form(node, stypes[node, 0])))
        grads.append(None if req == "null" else pool.gradient(node.name, form(node, grad_stypes[node.name])))
    pool.lay_out(convolution_weights(graph), dict(zip(names, zip(args, grads))))
    aux = [pool.borrowed("aux_dict", n.name, form(n, "default")) for n in graph.states]
    return Executor(self, ctx, args, grads, reqs, aux, group2ctx, shared_exec)


# ------------------------------------------------------------------------------------------- the caller's arrays


def _check_context(ctx: object) -> None:
    if not isinstance(ctx, Context):
        raise TypeError(f"Context type error: ctx must be a Context, got {ctx!r}")


def _arrays(what: str, given: object, names: Sequence[str], allow_missing: bool) -> list[Any]:
    """The arrays in order, from a list or a dict."""
    if isinstance(given, (list, tuple)):
        if len(given) != len(names):
            raise ValueError(
                f"Length of {what} does not match the number of arguments: {len(given)} given, "
                f"{len(names)} needed ({', '.join(names)})"
            )
        arrays = list(given)
    elif isinstance(given, dict):
        for name in names:
            if name not in given and not allow_missing:
                raise ValueError(f"key `{name}` is missing in `{what}`")
        arrays = [given.get(name) for name in names]
    else:
        raise TypeError(f"{what} must be a list of NDArray or a dict (str to NDArray), got {type(given)}")
    for name, array in zip(names, arrays):
        if not (isinstance(array, NDArray) or (array is None and allow_missing)):
            raise TypeError(
                f"{what} must be a list of NDArray or a dict (str to NDArray), {name!r} in it is {type(array)}"
            )
    return arrays


def _grad_reqs(grad_req: str | Sequence[str] | dict[str, str], names: Sequence[str]) -> list[str]:
    """One requirement an argument, from the forms ``bind`` takes."""
    if isinstance(grad_req, str):
        reqs = [grad_req] * len(names)
    elif isinstance(grad_req, (list, tuple)):
        if len(grad_req) != len(names):
            raise ValueError(f"grad_req has {len(grad_req)} entries, but there are {len(names)} arguments")
        reqs = list(grad_req)
    elif isinstance(grad_req, dict):
        reqs = [grad_req.get(name, "null") for name in names]
    elif grad_req is None:
        reqs = ["null"] * len(names)
    else:
        raise TypeError(f"grad_req must be a string, list or dict, got {grad_req!r}")
    for req in grad_req.values() if isinstance(grad_req, dict) else reqs:
        if req not in _GRAD_REQS:
            raise ValueError(f"grad_req must be in {_GRAD_REQS}, got {req!r}")
    return reqs


def _simple_grad_reqs(grad_req: str | Sequence[str] | dict[str, str], names: Sequence[str]) -> list[str]:
    """As :func:`_grad_reqs`, with the errors of ``simple_bind``."""
    if isinstance(grad_req, (list, dict)) and not grad_req:
        raise RuntimeError(f"grad_req in simple_bind cannot be an empty {type(grad_req).__name__}")
    try:
        return _grad_reqs(grad_req, names)
    except ValueError as e:
        raise MXNetError(str(e)) from None


def _check_arrays(graph: Graph, arrays: Sequence[NDArray]) -> None:
    """Hold shapes and types of the arrays against the graph."""
    named = {n.name: a for n, a in zip((*graph.arguments, *graph.states), arrays)}
    infer_shapes(graph, {name: a.shape for name, a in named.items()}, state.np_shape)
    infer_types(graph, {name: torch_dtype(a.dtype) for name, a in named.items()})


# --------------------------------------------------------------------------------------------------- allocation


def _complete_shapes(graph: Graph, variables: Sequence[Node], given: dict[str, Any]) -> Inferred:
    numpy = state.np_shape
    known = {k: partial_shape(v, numpy) for k, v in given.items() if isinstance(v, tuple)}
    shapes = infer_shapes(graph, known, numpy)
    missing = [n for n in variables if not is_known(shapes.of(n))]
    if missing:
        listed = ", ".join(f"{n.name}: {spelled_shape(shapes.of(n), numpy)}" for n in missing)
        names = {n.name for n in variables}
        strangers = [k for k in given if k not in names]
        hint = f"\nNot names of arguments: {', '.join(strangers)}" if strangers else ""
        raise MXNetError(
            f"shapes cannot be inferred from the given ones (0 stands for an unknown length); give some of:\n{listed}"
            f"{hint}"
        )
    return shapes


def _complete_types(
    graph: Graph, variables: Sequence[Node], type_dict: dict[str, Any] | None
) -> dict[Node, torch.dtype]:
    """The type of each variable; float32 where nothing tells."""
    if type_dict is None:
        known = {n.name: torch.float32 for n in variables if "__dtype__" not in n.attrs}
        for node in graph.states:
            known.pop(node.name, None)
    else:
        known = {k: torch_dtype(t) for k, t in type_dict.items() if t is not None}
    types = infer_types(graph, known)
    if any(types.of(n) is None for n in variables):
        found = {n.name: types.of(n) or torch.float32 for n in variables if n.name not in known}
        types = infer_types(graph, {**found, **known})
    return {n: types.of(n) for n in variables}


def _context_of(node: Node, ctx: Context, group2ctx: dict[str, Context] | None) -> Context:
    group = node.attrs.get("__ctx_group__")
    return group2ctx.get(group, ctx) if group2ctx and group is not None else ctx


class _Form(NamedTuple):
    """What an array is to be."""

    stype: str
    shape: tuple[int, ...]
    dtype: torch.dtype
    ctx: Context

    def zeros(self) -> NDArray:
        """A new array."""
        if self.stype != "default":
            return sparse.zeros(self.stype, self.shape, self.ctx, TORCH_TO_NP[self.dtype])
        return wrap(allocated(torch.zeros, self.shape, dtype=self.dtype, device=self.ctx.device), self.ctx)


class _Pool:
    """Where arrays come from: another executor, a buffer of arrays that are used again, or new memory."""

    def __init__(
        self, shared_names: Sequence[str], shared_exec: Executor | None, buffer: dict[str, NDArray] | None
    ) -> None:
        self.shared_names = frozenset(shared_names)
        self.shared = shared_exec if buffer is not None else None
        self.buffer = buffer

    def argument(self, name: str, form: _Form) -> NDArray:
        """The array of an argument."""
        return self.borrowed("arg_dict", name, form) if name in self.shared_names else self._buffered(name, form)

    def gradient(self, name: str, form: _Form) -> NDArray:
        """The array of an argument's gradient."""
        if name in self.shared_names:
            return self.borrowed("grad_dict", name, form)
        return self._buffered(f"grad of {name}", form)

    def lay_out(self, weights: set[str], arrays: dict[str, tuple[NDArray, NDArray | None]]) -> None:
        """Let the weights of convolutions, and their gradients, lie channels last, but not in shared buffers."""
        for name in weights:
            if self.buffer is None or name in self.shared_names:
                for array in arrays[name]:
                    if array is not None and array.stype == "default":
                        array._t.data = as_weight(array._t.data)

    def borrowed(self, table: str, name: str, form: _Form) -> NDArray:
        """The array of the shared executor when it fits, else a new one."""
        array = getattr(self.shared, table).get(name) if self.shared is not None else None
        if array is not None and (array.stype, array.shape, torch_dtype(array.dtype)) == form[:3]:
            return array
        return form.zeros()

    def _buffered(self, name: str, form: _Form) -> NDArray:
        """An array in the memory of one in the buffer if that is large enough, else a new one for the buffer."""
        if self.buffer is None or form.stype != "default":
            return form.zeros()
        kept = self.buffer.get(name)
        if kept is not None:
            has, needs = TORCH_TO_NAME[kept._t.dtype], TORCH_TO_NAME[form.dtype]
            if has != needs:
                raise MXNetError(f"shared_buffer: {name!r} is {has}, but {needs} is needed")
            if kept.size >= math.prod(form.shape):
                return in_memory_of(kept, form.shape)
        fresh = self.buffer[name] = form.zeros()
        return fresh
