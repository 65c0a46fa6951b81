"""The Symbol: a handle on some outputs of a graph, from which larger graphs are composed."""

from __future__ import annotations

import importlib
import operator
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

from .._core.files import atomic_write
from .._core.graph import build, passes
from .._core.graph.attrs import HIDDEN_KEYS, parse_params, stored_key
from .._core.graph.json import from_json, to_json
from .._core.graph.node import Entry, Graph, Node, rebuild
from .._core.state import state
from .._core.types import ContextLike
from ..base import ArgumentTypeError, MXNetError, NotImplementedForSymbol
from . import _bind, _infer

if TYPE_CHECKING:
    from ._stubs.fluent import Fluent
else:
    Fluent = object  # the methods are installed by the modules that import this one


class Symbol(Fluent):
    """One or several outputs of a computation graph.

    Symbols are made by :func:`var`, by operators (``mx.sym.FullyConnected``, ``a + b``) and by :func:`Group`. They
    describe a computation; :meth:`bind` and :meth:`simple_bind` make an executor that runs it.

    Parameters
    ----------
    handle : list of entries
        The outputs; only the library itself makes Symbols this way.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10, name="fc1")
    >>> net.list_arguments()
    ['data', 'fc1_weight', 'fc1_bias']
    """

    __slots__ = ("_heads",)
    __module__ = "mxnet.symbol.symbol"  # where MXNet has it, and pickles look for it

    # NumPy's operators give way to ours.
    __array_priority__ = 1000.0

    def __init__(self, handle: Sequence[Entry] | None) -> None:
        self._heads: list[Entry] = [] if handle is None else list(handle)

    @property
    def _graph(self) -> Graph:
        """The graph as it is now: nodes may be composed later, and they are shared with other symbols."""
        return Graph(self._heads)

    # ------------------------------------------------------------------ looking at it

    def __repr__(self) -> str:
        name = self.name
        if name is None:
            return f"<{type(self).__name__} group [{', '.join(str(s.name) for s in self)}]>"
        return f"<{type(self).__name__} {name}>"

    def __len__(self) -> int:
        return len(self._heads)

    def __iter__(self) -> Iterator[Symbol]:
        return (type(self)([head]) for head in self._heads)

    def __getitem__(self, index: Any) -> Symbol:
        """An output by number or name, or several by a slice.

        Raises
        ------
        IndexError
            When there is no such number.
        ValueError
            When no output has the name, or several have it.
        """
        if isinstance(index, slice):
            return Group(list(self)[index], type(self))
        if isinstance(index, str):
            found = [i for i, name in enumerate(self.list_outputs()) if name == index]
            if not found:
                raise ValueError(f'Cannot find output that matches name "{index}"')
            if len(found) > 1:
                raise ValueError(f'There are multiple outputs with name "{index}"')
            index = found[0]
        try:
            index = operator.index(index)
        except TypeError:
            raise TypeError("Symbol only support integer index to fetch i-th output") from None
        if not -len(self) <= index < len(self):
            raise IndexError(f"output {index} of a Symbol with {len(self)}")
        return type(self)([self._heads[index]])

    @property
    def _node(self) -> Node | None:
        """The node all outputs belong to; None for a group."""
        heads = self._heads
        first = heads[0][0] if heads else None
        return first if all(n is first for n, _ in heads) else None

    @property
    def name(self) -> str | None:
        """The name; None for a group."""
        node = self._node
        return None if node is None else node.name

    def list_arguments(self) -> list[str]:
        """Names of the variables the computation needs, auxiliary states aside, in graph order."""
        return [n.name for n in self._graph.arguments]

    def list_auxiliary_states(self) -> list[str]:
        """Names of the variables that operators update themselves, such as the moving averages of BatchNorm."""
        return [n.name for n in self._graph.states]

    def list_inputs(self) -> list[str]:
        """Names of all variables, auxiliary states included, in graph order."""
        return [n.name for n in self._graph.variables]

    def list_outputs(self) -> list[str]:
        """Names of the outputs, such as ``fc1_output``."""
        return [node.output_name(i) for node, i in self._heads]

    def get_internals(self) -> Symbol:
        """A group of all outputs of all nodes; ``net.get_internals()["fc1_output"]`` cuts a graph."""
        return Symbol([(n, i) for n in self._graph.nodes for i in range(n.num_visible)])

    def get_children(self) -> Symbol | None:
        """A group of the inputs of the output nodes; None when there are none."""
        entries = [e for node in dict.fromkeys(n for n, _ in self._heads) for e in node.inputs]
        return Symbol(entries) if entries else None

    # ------------------------------------------------------------------ attributes

    def attr(self, key: str) -> str | None:
        """An attribute; None when there is none or this is a group. ``"name"`` and ``"op_name"`` work too."""
        node = self._node
        if node is None:
            return None
        if key == "name":
            return node.name
        if key == "op_name":
            return None if node.op is None else node.op.name
        return _shown_attrs(node).get(key)

    def list_attr(self, recursive: bool = False) -> dict[str, str]:
        """All attributes of this symbol alone; :meth:`attr_dict` has those of the graph."""
        if recursive:
            raise DeprecationWarning(
                "Symbol.list_attr gives one node's attributes, recursive=True is no more; attr_dict() has those of all"
            )
        node = self._node
        return {} if node is None else _shown_attrs(node)

    def attr_dict(self) -> dict[str, dict[str, str]]:
        """Attributes of all nodes that have some: ``{"conv1": {"kernel": "(3, 3)"}}``; of one name, those of all."""
        found: dict[str, dict[str, str]] = {}
        for node in self._graph.nodes:
            if node.attrs:
                found.setdefault(node.name, {}).update(_shown_attrs(node))
        return found

    def _set_attr(self, **kwargs: str) -> None:
        """Set attributes of this symbol. Raises ValueError when a value is not a string."""
        node = self._node
        for key, value in kwargs.items():
            if not isinstance(value, str):
                raise ValueError("Set Attr only accepts string values")
            if node is None:
                raise MXNetError("Symbol._set_attr only works for non-grouped symbol")
            if key == "name":
                node.name = value
                continue
            changed = {**node.attrs, stored_key(key, value): value}
            if node.op is not None:
                node.params = parse_params(node.op, changed, node.name)
            node.attrs = changed

    # ------------------------------------------------------------------ composing

    def __call__(self, *args: Symbol, **kwargs: Symbol) -> Symbol:
        """A copy of this graph in which other symbols stand in the place of variables.

        Parameters
        ----------
        *args, **kwargs : Symbol
            By name of the variable. For an operator that has no inputs yet, its inputs by position or name.
        name : str, optional
            A new name for the output.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.sym.FullyConnected(num_hidden=3, name="fc")
        >>> net(fc_data=mx.sym.var("x"), name="composed").list_arguments()
        ['x', 'fc_weight', 'fc_bias']
        """
        made = self.__copy__()
        made._compose(*args, **kwargs)
        return made

    def _compose(self, *args: Symbol, **kwargs: Any) -> None:
        """What :meth:`__call__` does, on this graph itself."""
        name = kwargs.pop("name", None)
        if args and kwargs:
            raise TypeError(f"inputs go by position or by name, not both; got {len(args)} and {len(kwargs)}")
        positional = [_single(a, f"Argument {i}") for i, a in enumerate(args)]
        named = {key: _single(value, f"Keyword Argument {key}") for key, value in kwargs.items()}
        if build.is_atomic(self._heads):
            build.apply_atomic(self._heads[0][0], name, positional, named)
            return
        if positional:
            raise MXNetError("General composition only support kwargs for now")
        self._heads = build.substitute(self._heads, named)
        if name:
            self._heads[0][0].name = name

    def _gen_atomic_symbol(self) -> Symbol:
        """The operator of this symbol alone: without inputs and name."""
        node = self._node
        if node is None or node.op is None:
            raise MXNetError("Only the symbol of a single operator can be made atomic")
        atom = node.copy(())
        atom.name, atom.in_versions = "", ()
        return type(self)([(atom, i) for i in range(atom.num_visible)])

    def __copy__(self) -> Symbol:
        return type(self)(rebuild(self._graph).heads)

    def __deepcopy__(self, _: Any = None) -> Symbol:
        return self.__copy__()

    # ------------------------------------------------------------------ saving

    def tojson(self, remove_amp_cast: bool = True) -> str:
        """The graph as the text of a ``-symbol.json`` file.

        Parameters
        ----------
        remove_amp_cast : bool
            Leave out the casts of automatic mixed precision.
        """
        graph = passes.remove_amp_cast(self._graph) if remove_amp_cast else self._graph
        return to_json(graph, state.np_shape)

    def save(self, fname: str, remove_amp_cast: bool = True) -> None:
        """Write a ``-symbol.json`` file; an existing one is replaced when everything has been written.

        Raises
        ------
        MXNetError
            When the file cannot be written.
        """
        if not isinstance(fname, str):
            raise TypeError("fname need to be string")
        text = self.tojson(remove_amp_cast)
        try:
            with atomic_write(fname, "w", encoding="utf-8", newline="\n") as file:
                file.write(text)
        except OSError as e:
            raise MXNetError(f"Cannot save symbol to {fname!r}: {e.strerror or e}") from e

    def __getstate__(self) -> dict[str, str | None]:
        return {"handle": self.tojson(remove_amp_cast=False) if self._heads else None}

    def __setstate__(self, saved: dict[str, str | None]) -> None:
        text = saved["handle"]
        self._heads = [] if text is None else from_json(text, state.np_shape)

    def __reduce__(self) -> Any:
        return type(self), (None,), self.__getstate__()

    def debug_str(self) -> str:
        """A readable listing of the graph."""
        first = self._heads[0][0]
        if len(self._heads) == 1 and not first.inputs:
            return f"Variable:{first.name}\n" if first.op is None else f"AtomicFunctor  Op:{first.op.name}\n"
        lines = ["Symbol Outputs:"]
        lines += [f"\toutput[{i}]={n.name}({index})" for i, (n, index) in enumerate(self._heads)]
        for node in self._graph.nodes:
            lines += _describe(node)
        return "\n".join(lines) + "\n"

    # ------------------------------------------------------------------ inference

    def infer_shape(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """Shapes of arguments, outputs and auxiliary states from those of some arguments.

        Parameters
        ----------
        *args : tuple of int or None
            Shapes in the order of :meth:`list_arguments`; None where unknown. Or:
        **kwargs : tuple of int
            Shapes by name. 0 is an unknown size, ``()`` an unknown shape.

        Returns
        -------
        arg_shapes, out_shapes, aux_shapes : list of tuple of int
            Or three times None, with a warning that names what is missing, when they cannot be decided.

        Raises
        ------
        MXNetError
            For contradictions; it names the operator, the argument and both shapes.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10, name="fc1")
        >>> net.infer_shape(data=(8, 20))
        ([(8, 20), (10, 20), (10,)], [(8, 10)], [])
        """
        return _infer.shapes(self._graph, args, kwargs, partial=False)

    def infer_shape_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """As :meth:`infer_shape`, but gives what can be told: unknown sizes as 0 and unknown shapes as ``()``."""
        return _infer.shapes(self._graph, args, kwargs, partial=True)

    def infer_type(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """NumPy types of arguments, outputs and auxiliary states from those of some arguments.

        Works as :meth:`infer_shape` does.
        """
        return _infer.types(self._graph, args, kwargs, partial=False)

    def infer_type_partial(self, *args: Any, **kwargs: Any) -> tuple[Any, Any, Any]:
        """As :meth:`infer_type`, but gives what can be told: None for unknown types."""
        return _infer.types(self._graph, args, kwargs, partial=True)

    # ------------------------------------------------------------------ running

    bind = _bind.bind
    simple_bind = _bind.simple_bind
    eval = _bind.evaluate

    def gradient(self, wrt: Sequence[str]) -> Symbol:
        """Not available, as in MXNet: bind the symbol with gradient arrays and call ``backward``."""
        raise MXNetError(
            "Symbol.gradient is not implemented; bind the symbol with args_grad and call "
            "Executor.backward to get gradients"
        )

    def optimize_for(
        self,
        backend: str,
        args: dict[str, Any] | None = None,
        aux: dict[str, Any] | None = None,
        ctx: ContextLike = None,
        shape_dict: Any = None,
        type_dict: Any = None,
        stype_dict: Any = None,
        skip_infer: bool = False,
        **kwargs: Any,
    ) -> Symbol:
        """A copy of this symbol. MXNet's hardware back ends do not exist here: executors choose kernels themselves."""
        if not isinstance(backend, str):
            raise ArgumentTypeError(f"backend must be a string, got {backend!r}")
        for what, value in (("args", args), ("aux", aux)):
            if value is not None and not isinstance(value, dict):
                raise ArgumentTypeError(f"{what} must be a dict of str to NDArray, got {type(value)}")
        return self.__copy__()

    def get_backend_symbol(self, backend: str) -> Symbol:
        """A copy of this symbol, as :meth:`optimize_for` gives."""
        return self.optimize_for(backend)

    def as_nd_ndarray(self) -> Symbol:
        """This symbol itself."""
        return self

    def as_np_ndarray(self) -> Symbol:
        """The same with the operators, indices and methods of :class:`mxnet.numpy.ndarray`."""
        numpy = importlib.import_module(".numpy", __package__)  # on first use, as mx.np
        return numpy._Symbol(self._heads)

    def _outputs(self) -> Any:
        """What a function gives that has made this symbol: itself, or a list where arrays would come in one."""
        return self

    def __bool__(self) -> bool:
        raise NotImplementedForSymbol(self.__bool__, "bool")

    __nonzero__ = __bool__


def _array_only(name: str) -> Any:
    def method(self: Symbol) -> Any:
        raise NotImplementedForSymbol(getattr(self, name), None)

    method.__name__ = name
    method.__qualname__ = f"Symbol.{name}"
    method.__doc__ = "Raises NotImplementedForSymbol: only arrays have data."
    return method


for _name in ("wait_to_read", "asnumpy", "asscalar", "copy", "as_in_context", "detach", "backward"):
    setattr(Symbol, _name, _array_only(_name))


def _shown_attrs(node: Node) -> dict[str, str]:
    """Attributes as users see them: ``__lr_mult__`` also as ``lr_mult``."""
    shown = dict(node.attrs)
    for key in HIDDEN_KEYS:
        if f"__{key}__" in shown:
            shown[key] = shown[f"__{key}__"]
    return shown


def _describe(node: Node) -> list[str]:
    """The lines of ``debug_str`` about a node."""
    if node.op is None:
        return [f"Variable:{node.name}"]
    lines = ["-" * 20, f"Op:{node.op.name}, Name={node.name}", "Inputs:"]
    versions = node.in_versions or (0,) * len(node.inputs)
    for i, ((source, index), version) in enumerate(zip(node.inputs, versions)):
        note = f" version={version}" if source.op is None else ""
        lines.append(f"\targ[{i}]={source.name}({index}){note}")
    if node.attrs:
        lines.append("Attrs:")
        lines += [f"\t{k}={node.attrs[k]}" for k in sorted(node.attrs)]
    return lines


def _single(symbol: Symbol, what: str) -> Entry:
    """The one output of a symbol that is to be an input."""
    if not isinstance(symbol, Symbol):
        raise TypeError(f"Compose expect `Symbol` as arguments, but {what} is {type(symbol)}")
    if len(symbol._heads) != 1:
        raise MXNetError(f"{what} is a tuple, single value is required: {symbol!r} has {len(symbol._heads)} outputs")
    return symbol._heads[0]


def Group(symbols: Sequence[Symbol], create_fn: Any = Symbol) -> Symbol:
    """One symbol with the outputs of several.

    Raises
    ------
    TypeError
        When the list is empty or holds something else.
    """
    if not symbols or any(not isinstance(s, Symbol) for s in symbols):
        raise TypeError("Expected a list of symbols as input")
    return create_fn([head for s in symbols for head in s._heads])
