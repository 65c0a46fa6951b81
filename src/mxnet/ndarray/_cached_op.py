"""Calling a symbol on arrays, as hybridized Gluon blocks do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from .._core.array import context_of
from .._core.execute.cached_graph import CachedGraph
from .._core.execute.monitoring import OutputMonitor
from .._core.history import origin_of, recorded_call, with_past
from .._core.outputs import write_out
from .._core.state import state
from ..base import MXNetError
from ..context import Context, current_context
from ._array import NDArray, wrap

_INLINE_LIMIT = 2  # MXNet's


class CachedOp:
    """A symbol made callable: its arguments and auxiliary states are the inputs, in their order.

    The graph is prepared once for each context. Calls are recorded for gradients like those of operators; those on
    small arrays are traced when they repeat (``MXNET_EXECUTOR=eager`` switches that off).

    Parameters
    ----------
    sym : Symbol
    flags : sequence of (str, str)
        MXNet's settings. Those of memory planning make no difference here. ``inline_limit`` is how many operators a
        graph may have for ``autograd.get_symbol`` to show them, not one node; with ``static_alloc`` it never does.
    """

    def __init__(self, sym: Any, flags: Sequence[tuple[str, Any]] = ()) -> None:
        if not hasattr(sym, "list_inputs"):
            raise TypeError(f"CachedOp: sym must be a Symbol, got {sym!r}")
        self._symbol = sym
        self._graphs: dict[Context, CachedGraph] = {}
        self._order: tuple[int, ...] = ()  # where the inputs of the program stand among the symbol's
        self._names: list[str] = sym.list_inputs()
        self._watch: OutputMonitor | None = None
        self._flags = dict(flags)

    @property
    def shown_inline(self) -> bool:
        """Whether ``autograd.get_symbol`` shows the graph, not one node."""
        if str(self._flags.get("static_alloc", False)) in ("True", "true", "1"):
            return False
        count = len(self._symbol._graph.operators)
        return count <= int(self._flags.get("inline_limit", _INLINE_LIMIT))

    def __call__(self, *args: NDArray, **kwargs: Any) -> Any:
        """The outputs for these inputs: an array, or a list of them when there are several."""
        out = kwargs.pop("out", None) if kwargs else None
        kwargs.pop("default_ctx", None)
        if kwargs:
            raise TypeError(f"CachedOp.__call__ got unexpected keyword argument(s): {', '.join(kwargs)}")
        ctx = args[0]._ctx if args and isinstance(args[0], NDArray) else current_context()
        graph = self._graphs.get(ctx)
        if graph is None or len(args) != len(self._names):
            graph = self._prepare(ctx, args)
        sparse = graph.makes_sparse
        try:
            tensors = [args[i]._plain for i in self._order]
        except AttributeError:  # something is no dense array
            self._check(args)
            sparse = True
            tensors = [args[i]._value for i in self._order]
        monitor = None if self._watch is None else self._watch.start(graph.program.inputs, tensors)
        results = (graph.run_sparse if sparse else graph.run)(tensors, state.recording, state.training, monitor)
        if out is not None:
            targets = [out] if isinstance(out, NDArray) else list(out)
            for target, r in zip(targets, results):
                write_out("CachedOp", target, r, state.recording)
                with_past(target)
            return out
        like = args[0] if args else NDArray  # results are of the kind of the first input
        make = like._wrap_value if sparse else like._wrap
        arrays = [make(r, ctx) for r in results]
        if state.recording:
            recorded_call(arrays, self, None, [origin_of(a) for a in args])
        return arrays[0] if len(arrays) == 1 else arrays

    def _check(self, args: Sequence[Any]) -> None:
        for name, a in zip(self._names, args):
            if not isinstance(a, NDArray):
                raise TypeError(f"CachedOp: input {name} must be an NDArray, got {type(a).__name__}")
        if len(args) != len(self._names):
            raise MXNetError(
                f"CachedOp: the symbol has {len(self._names)} inputs ({', '.join(self._names)}), got {len(args)}"
            )

    def _prepare(self, ctx: Context, args: Sequence[Any]) -> CachedGraph:
        self._check(args)
        graph = self._graphs[ctx] = CachedGraph(self._symbol._graph, ctx)
        position = {name: i for i, name in enumerate(self._names)}
        self._order = tuple([position[n] for n in graph.program.inputs])
        return graph

    def _register_op_hook(self, callback: Callable[..., None], monitor_all: bool = False) -> None:
        """Have ``callback(name, operator, array)`` called with what each operator computes.

        Names are bytes. With ``monitor_all`` it is called with inputs too.
        """
        self._watch = OutputMonitor(callback, monitor_all, lambda t: wrap(t, context_of(t)), operators=True)
