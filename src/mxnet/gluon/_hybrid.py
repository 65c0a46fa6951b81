"""Blocks that run on arrays directly, or as a graph that was built once."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from types import ModuleType
from typing import Any

from .. import ndarray, symbol
from .._core.descriptions import described_like
from .._core.spelling import warn_unknown
from .._core.types import DTypeLike
from ..context import Context, current_context
from ..ndarray import NDArray
from ..ndarray._cached_op import CachedOp
from ..symbol import Symbol
from . import _graph
from ._arrays import DeferredInitializationError
from ._block import _EXECUTOR, HYBRIDIZE, Block
from ._flatten import Kinds, checked_format, flat_as, flatten, regroup
from ._numpy_graph import as_kind, in_kinds, kind_of, kinds_of, tell
from ._parameter import Parameter, keeps_arrays
from ._types import Operand
from ._version_counter import parameters_version


class HybridBlock(Block):
    """A block whose ``hybrid_forward`` works on arrays and on symbols.

    Called plainly, it computes on arrays at once. After :meth:`hybridize`, the first call builds a graph out of it and
    all its children, and that graph is run from then on; :meth:`export` writes it to a file. So ``hybrid_forward`` must
    not depend on values or shapes, and takes its operators from ``F``, which is ``mx.nd`` or ``mx.sym``.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Scale(mx.gluon.HybridBlock):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.factor = self.params.get("factor", shape=(1,), init="ones")
    ...     def hybrid_forward(self, F, x, factor):
    ...         return F.broadcast_mul(x, factor)
    >>> block = Scale()
    >>> block.initialize()
    >>> block.hybridize()
    >>> block(mx.nd.array([1, 2])).asnumpy().tolist()
    [1.0, 2.0]
    """

    def __init__(self, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._cached_graph: Any = ()
        self._cached_op: CachedOp | None = None
        self._cached_op_args: list[tuple[bool, Any]] = []
        self._in_format: Any = None
        self._out_format: Any = None
        self._active = False
        self._flags: list[tuple[str, Any]] = []
        self._callback: Any = None
        self._monitor_all = False
        self._watched: CachedOp | None = None  # what the callback has been handed to
        self._kinds: list[bool] = []  # of the arrays that the graph was traced for: whether they are those of mx.np
        self._output_kinds: list[bool] = []
        self._types: list[type] = []  # those of the last arguments that were looked at
        self._no_graph = ""  # why there is none for mx.np arrays
        self._backend: str | None = None
        self._backend_opts: dict[str, Any] = {}
        # Parameters' arrays as they are handed to hybrid_forward and to the graph: (state of all parameters, context,
        # arrays). Asked for again when some parameter got other arrays, or always (-1) where one computes them.
        self._eager_args: tuple[int, Context | None, dict[str, NDArray]] = (-1, None, {})
        self._graph_args: tuple[int, Context | None, list[Any]] = (-1, None, [])

    def __setattr__(self, name: str, value: object) -> None:
        super().__setattr__(name, value)
        if isinstance(value, HybridBlock):
            self._clear_cached_op()

    def __getstate__(self) -> dict[str, Any]:
        # What is kept for speed is found again.
        return {
            **self.__dict__,
            "_cached_op": None,
            "_watched": None,
            "_eager_args": (-1, None, {}),
            "_graph_args": (-1, None, []),
        }

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Make a hybrid block a child of this one.

        Raises
        ------
        ValueError
            When it is not hybrid.
        """
        if not isinstance(block, HybridBlock):
            raise ValueError(
                f"a HybridBlock has hybrid children only, got {block} ({type(block)}); HybridSequential is hybrid, "
                "Sequential is not"
            )
        super().register_child(block, name)
        self._clear_cached_op()

    # ------------------------------------------------------------------ running

    def forward(self, x: Operand, *args: Any) -> Any:
        """Run :meth:`hybrid_forward` on arrays or symbols, or the graph made of it.

        Parameters
        ----------
        x : NDArray or Symbol, or nested list of them
        *args
            More of the same kind.
        """
        if not args and isinstance(x, NDArray):
            ctx = x._ctx
        else:
            found = self._input_context((x, *args))
            if found is None:
                return self._forward_symbol(x, *args)
            ctx = found
        here = current_context()
        graph = self._active and self._has_graph((x, *args))
        if ctx is here or ctx == here:
            return self._call_cached_op(x, *args) if graph else self._forward_eager(ctx, x, *args)
        with ctx:
            return self._call_cached_op(x, *args) if graph else self._forward_eager(ctx, x, *args)

    def _input_context(self, args: tuple[Any, ...]) -> Context | None:
        """The context of the first array among the arguments; None when they are symbols."""
        kinds = Kinds(args)
        if kinds.arrays == kinds.symbols:
            raise self._bad_inputs("both NDArrays and Symbols" if kinds.arrays else "neither NDArrays nor Symbols")
        if self._active:
            self._check_one_context(kinds)
        return kinds.contexts[0] if kinds.arrays else None

    def _bad_inputs(self, got: str) -> ValueError:
        return ValueError(f"{self.name}: inputs must be NDArrays or Symbols, at least one, got {got}")

    def _check_one_context(self, kinds: Kinds) -> None:
        if len(kinds.contexts) > 1:
            raise ValueError(
                f"{self.name}: a hybridized block runs on one context, got multiple contexts {kinds.contexts}"
            )

    def _forward_eager(self, ctx: Context, x: object, *args: Any) -> Any:
        if not self._reg_params:
            return self.hybrid_forward(ndarray, x, *args)
        state, known, params = self._eager_args
        if state != parameters_version.value or known is not ctx:
            if state != parameters_version.value or known != ctx:
                params = self._fetch(ctx, (x, *args))
            self._eager_args = (_state(self._reg_params.values()), ctx, params)
        return self.hybrid_forward(ndarray, x, *args, **params)

    def _fetch(self, ctx: Context, args: tuple[Any, ...]) -> dict[str, NDArray]:
        """The arrays of the block's own parameters on a context; what was deferred is done now."""
        try:
            return {k: p.data(ctx) for k, p in self._reg_params.items()}
        except DeferredInitializationError:
            self._deferred_infer_shape(*args)
            for p in self.params.values():
                p._finish_deferred_init()
            return {k: p.data(ctx) for k, p in self._reg_params.items()}

    def _forward_symbol(self, x: object, *args: Any) -> Any:
        weights = self._variables(kind_of((x, *args)))
        with self.name_scope():
            return self.hybrid_forward(symbol, x, *args, **weights)

    def _variables(self, kind: type[Symbol]) -> dict[str, Symbol]:
        """Symbols for the block's own parameters, by attribute."""
        return {k: as_kind(kind, p.var()) for k, p in self._reg_params.items()}

    def hybrid_forward(self, F: ModuleType, x: Any, *args: Any, **kwargs: Any) -> Any:
        """What the block computes; subclasses write it.

        Parameters
        ----------
        F : module
            ``mx.nd`` or ``mx.sym``, of which the operators are taken.
        x, *args : NDArray or Symbol
            The inputs.
        **kwargs
            The block's own parameters by the names of their attributes.
        """
        raise NotImplementedError(f"{type(self).__name__} must define hybrid_forward")

    # ------------------------------------------------------------------ the graph

    def _has_graph(self, args: tuple[Any, ...]) -> bool:
        """Whether a graph computes on these arrays what the block does without it.

        There is one for arrays of one kind at a time; a block that mx.np arrays are given may do what graphs cannot.
        """
        if type(args[0]) is NDArray and True not in self._kinds:
            return True
        types = [type(a) for a in args]
        if types == self._types:
            return not self._no_graph
        kinds = kinds_of(args)
        if kinds != self._kinds:
            self._clear_cached_op()
        if not self._cached_graph and not self._no_graph:
            try:
                self._get_graph(*args)
            except Exception as e:
                if True not in kinds:
                    raise
                self._clear_cached_op()
                self._kinds, self._no_graph = kinds, f"{type(e).__name__}: {e}"
                tell(self, self._no_graph)
        if all(issubclass(t, NDArray) for t in types):
            self._types = types
        return not self._no_graph

    def _get_graph(self, *args: Any) -> Any:
        """Input variables, and the symbol of everything this block computes; built on the first call."""
        if not self._cached_graph:
            flat, self._in_format = flatten(args, "input")
            count = sum(a is not None for a in flat)
            if count == 0:
                raise ValueError(f"{self.name}: at least one input must not be None, got {args}")
            names = iter(["data"] if count == 1 else [f"data{i}" for i in range(count)])
            inputs = [None if a is None else as_kind(kind_of([a]), symbol.var(next(names))) for a in flat]
            weights = self._variables(kind_of(flat))
            with self.name_scope():
                out = self.hybrid_forward(symbol, *regroup(inputs, self._in_format), **weights)
            outputs, self._out_format = flatten(out, "output")
            variables = [as_kind(Symbol, i) for i in inputs if i is not None]
            self._cached_graph = variables, symbol.Group(outputs)
            self._kinds = [kind_of([i]) is not Symbol for i in inputs if i is not None]
            self._output_kinds = [kind_of([o]) is not Symbol for o in outputs for _ in o._heads]
        return self._cached_graph

    def _clear_cached_op(self) -> None:
        self._cached_graph = ()
        self._cached_op = None
        self._cached_op_args = []
        self._kinds, self._types, self._no_graph = [], [], ""

    def _build_cache(self, *args: Any) -> None:
        """Build the graph, finish what its parameters have deferred, and make it callable."""
        inputs, out = self._get_graph(*args)
        places = {variable.name: i for i, variable in enumerate(inputs)}
        params = {p.name: p for is_input, p in self._cached_op_args if not is_input} or dict(
            self.collect_params().items()
        )
        names = out.list_inputs()
        _graph.check_inputs(names, places, params)
        flat, _ = flatten(args, "input")
        used = [params[name] for name in names if name in params]
        try:
            for p in used:
                p.data()
        except DeferredInitializationError:
            self._deferred_infer_shape(*args)
            for p in used:
                p._finish_deferred_init()
        if self._backend:
            out = _graph.partition(out, self._backend, self._backend_opts, flat, places, params)
            self._cached_graph = inputs, out
            names = out.list_inputs()
        self._cached_op_args = [(True, places[n]) if n in places else (False, params[n]) for n in names]
        data = [i for i, (is_input, _) in enumerate(self._cached_op_args) if is_input]
        weights = [i for i, (is_input, _) in enumerate(self._cached_op_args) if not is_input]
        self._cached_op = CachedOp(out, [("data_indices", data), ("param_indices", weights), *self._flags])
        self._graph_args = (-1, None, [])

    def _deferred_infer_shape(self, *args: Any) -> None:
        try:
            self.infer_shape(*args)
        except Exception as e:
            raise ValueError(
                f"Deferred initialization failed: shapes are not known from the inputs of {type(self).__name__} "
                f"{self.name!r}. {e}"
            ) from e

    def _call_cached_op(self, *args: Any) -> Any:
        op = self._cached_op
        if op is None:
            self._build_cache(*args)
            op = self._cached_op
            assert op is not None
        if self._callback is not None and self._watched is not op:
            op._register_op_hook(self._callback, self._monitor_all)
            self._watched = op
        if self._in_format == 0 or len(args) == 1 and isinstance(args[0], NDArray) and self._in_format == [0]:
            flat: Any = args
        else:
            flat = flat_as(args, self._in_format, self.name)
        ctx = flat[0]._ctx
        state, known, tensors = self._graph_args
        if state != parameters_version.value or known != ctx:
            tensors = [None if is_input else p.data(ctx) for is_input, p in self._cached_op_args]
            self._graph_args = (_state([p for is_input, p in self._cached_op_args if not is_input]), ctx, tensors)
        call = [flat[p] if is_input else t for (is_input, p), t in zip(self._cached_op_args, tensors)]
        out = op(*call)
        if True in self._kinds:
            out = in_kinds(out, self._output_kinds)
        if self._out_format == 0 and isinstance(out, NDArray):
            return out
        return regroup([out] if isinstance(out, NDArray) else out, self._out_format)

    def hybridize(
        self,
        active: bool = True,
        backend: str | None = None,
        clear: bool = True,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Run this block and its hybrid children as graphs, or plainly again.

        Parameters
        ----------
        active : bool
        backend : str, optional
            The name of a back end that rewrites the graph.
        clear : bool
            Forget graphs that were built before.
        static_alloc, static_shape, inline_limit, forward_bulk_size, backward_bulk_size
            Settings of the executor, see :class:`mxnet.nd.CachedOp`.
        **kwargs
            Options of the back end.
        """
        if kwargs:
            warn_unknown("hybridize", kwargs, HYBRIDIZE, only_similar=backend is not None)
            self._backend_opts = kwargs
        self._backend = backend
        self._active = active
        settings = static_alloc, static_shape, inline_limit, forward_bulk_size, backward_bulk_size
        flags = dict(zip(_EXECUTOR, settings))
        self._flags = [(name, value) for name, value in flags.items() if value is not None]
        if clear:
            self._clear_cached_op()
        if active and (self._forward_hooks or self._forward_pre_hooks):
            warnings.warn(
                f'hybridize: "{self}" has forward hooks, which are not called within the graph of a parent',
                stacklevel=2,
            )
        super().hybridize(active, **flags)

    @described_like(hybridize)
    def optimize_for(
        self,
        x: Operand,
        *args: Any,
        backend: str | None = None,
        clear: bool = False,
        static_alloc: bool = False,
        static_shape: bool = False,
        inline_limit: int = 2,
        forward_bulk_size: int | None = None,
        backward_bulk_size: int | None = None,
        **kwargs: Any,
    ) -> None:
        """Hybridize for a back end and build the graph, without running it.

        Parameters
        ----------
        x, *args : NDArray or Symbol
            Inputs as the block will get them.
        """
        if not backend:
            raise ValueError('Must specify "backend" to optimize_for')
        if kwargs:
            self._backend_opts = kwargs
        settings = static_alloc, static_shape, inline_limit, forward_bulk_size, backward_bulk_size
        self.hybridize(True, backend, clear, *settings)
        kinds = Kinds((x, *args))
        if not kinds.arrays and not kinds.symbols:
            raise self._bad_inputs("neither NDArrays nor Symbols")
        self._check_one_context(kinds)
        self._build_cache(x, *args)

    @described_like(Block.cast)
    def cast(self, dtype: DTypeLike) -> None:
        """Change the data type of the parameters; graphs are built anew."""
        self._clear_cached_op()
        super().cast(dtype)

    def _infer_attrs(self, infer_fn: str, attr: str, *args: Any) -> None:
        """Set an attribute of all parameters to what the graph says about it."""
        inputs, out = self._get_graph(*args)
        flat = [a for a in flatten(args, "input")[0] if a is not None]
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            arguments, _, states = getattr(out, infer_fn)(**{i.name: getattr(a, attr) for i, a in zip(inputs, flat)})
        if arguments is None:
            raise ValueError(str(caught[0].message) if caught else f"{infer_fn} found nothing")
        found = dict(zip([*out.list_arguments(), *out.list_auxiliary_states()], [*arguments, *states]))
        for p in self.collect_params().values():
            setattr(p, attr, found[p.name])

    def infer_shape(self, *args: Any) -> None:
        """Find out the shapes of all parameters from inputs.

        Parameters
        ----------
        *args : NDArray
        """
        self._infer_attrs("infer_shape", "shape", *args)

    @described_like(infer_shape)
    def infer_type(self, *args: Any) -> None:
        """Find out the data types of all parameters from inputs."""
        self._infer_attrs("infer_type", "dtype", *args)

    # ------------------------------------------------------------------ files and hooks

    def export(self, path: str, epoch: int = 0, remove_amp_cast: bool = True) -> None:
        """Write the graph and the parameters, for :meth:`SymbolBlock.imports` and :class:`mxnet.mod.Module`.

        One input is named ``data``, several ``data0``, ``data1`` and so on.

        Parameters
        ----------
        path : str
            ``path-symbol.json`` and ``path-0000.params`` are written.
        epoch : int
            The number in the second name.
        remove_amp_cast : bool
            Leave out casts of mixed precision.

        Raises
        ------
        RuntimeError
            Before the first call of the hybridized block.
        """
        if not self._cached_graph:
            raise RuntimeError(f"{self.name}: export needs a graph; call hybridize(), then the block itself, before")
        params = [p for is_input, p in self._cached_op_args if not is_input]
        _graph.export(self._cached_graph[1], params, path, epoch, remove_amp_cast)

    def _graph_entry(self) -> dict[str, Any]:
        if not self._cached_graph:
            return {"hybridized": False}
        inputs, out = self._cached_graph
        formats = {"in_format": self._in_format, "out_format": self._out_format}
        return {"hybridized": True, **formats, "inputs": [i.tojson() for i in inputs], "symbol": out.tojson()}

    def _take_graph(self, entry: dict[str, Any]) -> None:
        if entry["hybridized"]:
            self._clear_cached_op()
            self._in_format, self._out_format = (checked_format(entry[k]) for k in ("in_format", "out_format"))
            self._cached_graph = [symbol.load_json(i) for i in entry["inputs"]], symbol.load_json(entry["symbol"])
            self._active = True

    @described_like(Block.register_op_hook)
    def register_op_hook(self, callback: Callable[..., Any], monitor_all: bool = False) -> None:
        """Have a function called with what each operator computes, once hybridized."""
        self._callback = callback
        self._monitor_all = monitor_all
        self._watched = None
        super().register_op_hook(callback, monitor_all)


def _state(params: Iterable[Parameter]) -> int:
    """What to keep with arrays of parameters: the count of changes they are good for, -1 for none."""
    return parameters_version.value if all(keeps_arrays(p, "data") for p in params) else -1
