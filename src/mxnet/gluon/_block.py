"""The base class of everything that a network is built from."""

from __future__ import annotations

import re
import warnings
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

from .. import initializer
from .._core.descriptions import complete, described_like
from .._core.spelling import warn_unknown
from .._core.text import shortened
from .._core.types import ContextLike, Contexts, DTypeLike
from ..initializer import Initializer
from . import _files
from ._naming import _BlockScope
from ._parameter import Parameter
from ._parameter_dict import ParameterDict
from ._summary import Table
from ._version_counter import VersionedDict
from .utils import HookHandle, _brief_print_list, _indent


class Block:
    """A part of a network: something with parameters, children and a ``forward`` method.

    Blocks and parameters that are assigned to attributes are registered, so that :meth:`collect_params` finds them.

    Parameters
    ----------
    prefix : str, optional
        What the names of its parameters and of children made in its :meth:`name_scope` begin with; the name of the
        class and a number when not given.
    params : ParameterDict, optional
        The parameters of another block, to share those that have the same names.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Net(mx.gluon.Block):
    ...     def __init__(self, **kwargs):
    ...         super().__init__(**kwargs)
    ...         with self.name_scope():
    ...             self.hidden = mx.gluon.nn.Dense(8, activation="relu")
    ...             self.out = mx.gluon.nn.Dense(2)
    ...     def forward(self, x):
    ...         return self.out(self.hidden(x))
    >>> net = Net(prefix="net_")
    >>> net.initialize()
    >>> net(mx.nd.ones((4, 3))).shape
    (4, 2)
    >>> list(net.collect_params().keys())
    ['net_dense0_weight', 'net_dense0_bias', 'net_dense1_weight', 'net_dense1_bias']
    """

    _hint = ""  # what automatic names begin with, if not with the name of the class
    _shown = ""  # what is printed of the attributes; else the children are
    _is_layer = True  # a row of its own in summaries
    _told_of_numpy = False  # that its graph does not serve for arrays of mx.np

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.__module__.startswith("mxnet."):  # whose docstrings leave out what their bases describe
            complete(cls)

    def __init__(self, prefix: str | None = None, params: ParameterDict | None = None) -> None:
        own_prefix, own_params = _BlockScope.create(prefix, params, self._alias())
        self._prefix = own_prefix
        self._params = own_params
        self._name = own_prefix.removesuffix("_")
        self._empty_prefix = prefix == ""
        self._scope = _BlockScope(self)
        self._children: OrderedDict[str, Block] = OrderedDict()
        self._reg_params: dict[str, Parameter] = VersionedDict()
        self._forward_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()
        self._forward_pre_hooks: OrderedDict[int, Callable[..., Any]] = OrderedDict()

    def __repr__(self) -> str:
        if self._shown:
            return f"{type(self).__name__}({self._shown.format_map(vars(self))})"
        rows = "\n".join([f"  ({key}): {_indent(repr(b), 2)}" for key, b in vars(self).items() if isinstance(b, Block)])
        return f"{type(self).__name__}(\n{rows}\n)"

    def __setattr__(self, name: str, value: object) -> None:
        existing = getattr(self, name, None)
        if isinstance(existing, (Parameter, Block)) and not isinstance(value, type(existing)):
            raise TypeError(
                f"{type(self).__name__}.{name} holds {type(existing)} and cannot be replaced by {type(value)}"
            )
        if isinstance(value, Block):
            self.register_child(value, name)
        elif isinstance(value, Parameter):
            if name in self._reg_params:
                raise AssertionError(
                    f"{type(self).__name__}.{name} is a Parameter already and cannot be replaced; blocks share "
                    "parameters by the argument params"
                )
            self._reg_params[name] = value
        super().__setattr__(name, value)

    # ------------------------------------------------------------------ names

    def _alias(self) -> str:
        """What automatic names of this kind of block are made of."""
        return self._hint or type(self).__name__.lower()

    @property
    def prefix(self) -> str:
        """What the names of its parameters begin with."""
        return self._prefix

    @property
    def name(self) -> str:
        """The prefix without the underscore at its end."""
        return self._name

    def name_scope(self) -> Any:
        """A ``with`` block: the names of blocks and symbols made in it begin with this block's prefix."""
        return self._scope

    # ------------------------------------------------------------------ parameters and children

    @property
    def params(self) -> ParameterDict:
        """Its own parameters, without those of its children."""
        return self._params

    def collect_params(self, select: str | None = None) -> ParameterDict:
        """The parameters of this block and all its children.

        Parameters
        ----------
        select : str, optional
            A regular expression that names must match from their beginning, such as ``".*weight|.*bias"``.
        """
        self._check_container_with_block()
        found = ParameterDict(self._params.prefix)
        pattern = re.compile(select) if select else None
        found.update({n: p for n, p in self.params.items() if pattern is None or pattern.match(n)})
        for child in self._children.values():
            found.update(child.collect_params(select=select))
        return found

    def _check_container_with_block(self) -> None:
        """Warn about blocks in lists and dictionaries, which are not registered by themselves."""
        children = set(self._children.values())
        for key, value in vars(self).items():
            if isinstance(value, (list, tuple, dict)) and key not in _OWN and not key.startswith("__"):
                if any(isinstance(x, Block) and x not in children for x in _nested(value)):
                    warnings.warn(
                        f'"{type(self).__name__}.{key}" is an unregistered container with Blocks: parameters of blocks '
                        "in lists, tuples and dictionaries are not found. Add each by register_child(), or use "
                        "nn.Sequential or nn.HybridSequential",
                        stacklevel=3,
                    )

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Parameter]:
        """Parameters by the attributes that lead to them, such as ``features.0.weight``."""
        lead = prefix + "." if prefix else ""
        found = {lead + key: p for key, p in self._reg_params.items()}
        for name, child in self._children.items():
            found.update(child._collect_params_with_prefix(lead + name))
        return found

    def register_child(self, block: Block, name: str | None = None) -> None:
        """Make a block a child of this one; assigning it to an attribute does so too."""
        self._children[str(len(self._children)) if name is None else name] = block

    def apply(self, fn: Callable[[Block], Any]) -> Block:
        """Call a function on all children, theirs first, and then on this block; gives the block."""
        for child in self._children.values():
            child.apply(fn)
        fn(self)
        return self

    @described_like(ParameterDict.initialize)
    def initialize(
        self,
        init: Initializer = initializer.Uniform(),  # noqa: B008
        ctx: ContextLike = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initialize the parameters of this block and its children."""
        self.collect_params().initialize(init, ctx, verbose, force_reinit)

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Have all hybrid blocks in it run as programs, or not; see :meth:`HybridBlock.hybridize`."""
        if kwargs.get("backend") is None:  # which has options of its own
            warn_unknown("hybridize", kwargs, HYBRIDIZE)
            kwargs = {k: v for k, v in kwargs.items() if k in HYBRIDIZE}
        for child in self._children.values():
            child.hybridize(active, **kwargs)

    def cast(self, dtype: DTypeLike) -> None:
        """Change the data type of the parameters of this block and its children.

        Parameters
        ----------
        dtype : str or numpy.dtype
        """
        for child in self._children.values():
            child.cast(dtype)
        for param in self.params.values():
            param.cast(dtype)

    # ------------------------------------------------------------------ running

    def __call__(self, *args: Any) -> Any:
        """Run :meth:`forward`, with the hooks before and after it."""
        if self._forward_pre_hooks:
            for hook in list(self._forward_pre_hooks.values()):
                hook(self, args)
        out = self.forward(*args)
        if self._forward_hooks:
            for hook in list(self._forward_hooks.values()):
                hook(self, args, out)
        return out

    def forward(self, *args: Any) -> Any:
        """What the block computes; subclasses write it.

        Parameters
        ----------
        *args : NDArray
        """
        raise NotImplementedError(f"{type(self).__name__} must define forward")

    def register_forward_pre_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Have ``hook(block, inputs)`` called before :meth:`forward`; ``detach()`` of the handle removes the hook."""
        return _attached(self._forward_pre_hooks, hook)

    def register_forward_hook(self, hook: Callable[..., Any]) -> HookHandle:
        """Have ``hook(block, inputs, outputs)`` called after :meth:`forward`; ``detach()`` of the handle removes it."""
        return _attached(self._forward_hooks, hook)

    def register_op_hook(self, callback: Callable[..., Any], monitor_all: bool = False) -> None:
        """Have a function called with what each operator of hybridized blocks computes.

        Parameters
        ----------
        callback : function
            Called as ``callback(name, operator, array)``, with both names as bytes.
        monitor_all : bool
            Inputs of operators too.
        """
        for child in self._children.values():
            child.register_op_hook(callback, monitor_all)

    def summary(self, *inputs: Any) -> None:
        """Print a table of the layers: their outputs' shapes and how many parameters they have.

        Parameters
        ----------
        *inputs : NDArray
            What to run the block on. It must be initialized, and not hybridized.
        """
        table = Table(inputs)
        handles = []

        def watch(block: Block) -> None:
            if getattr(block, "_active", False):
                raise AssertionError(f'"{block.name}" must not be hybridized to print summary.')
            if block._is_layer:
                handles.append(block.register_forward_hook(add))

        def add(block: Block, _: Any, outputs: Any) -> None:
            table.add(type(block).__name__, block.params.values(), outputs)

        try:
            self.apply(watch)
            self(*inputs)
        finally:
            for handle in handles:
                handle.detach()
        print(table.text())

    # ------------------------------------------------------------------ files

    def save_parameters(self, filename: str, deduplicate: bool = False) -> None:
        """Write the parameters to a file that :meth:`load_parameters` reads.

        They are named by the attributes that lead to them (``features.0.weight``), whatever the prefixes are.

        Parameters
        ----------
        filename : str
        deduplicate : bool
            Write a shared parameter once only.
        """
        _files.save_parameters(self._collect_params_with_prefix(), filename, deduplicate)

    @described_like(ParameterDict.load_dict)
    def load_parameters(
        self,
        filename: str,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Read parameters from a file of :meth:`save_parameters` or :meth:`save_params`.

        What ``HybridBlock.export`` writes is read by ``net.collect_params().load(filename)``.

        Parameters
        ----------
        filename : str

        Raises
        ------
        AssertionError
            For missing parameters, and for other shapes or types.
        ValueError
            For extra ones.
        """
        how = _files.Loading(ctx, allow_missing, ignore_extra, cast_dtype, dtype_source)
        _files.load_parameters(self._collect_params_with_prefix(), self, filename, how)

    def save_params(self, filename: str) -> None:
        """Write the parameters by their names without this block's prefix; deprecated, see :meth:`save_parameters`."""
        warnings.warn("save_params is deprecated. Please use save_parameters.", stacklevel=2)
        try:
            self.collect_params().save(filename, strip_prefix=self.prefix)
        except ValueError as e:
            raise ValueError(f"{e}\nsave_parameters needs no common prefix") from e

    def load_params(
        self, filename: str, ctx: Contexts = None, allow_missing: bool = False, ignore_extra: bool = False
    ) -> None:
        """Read parameters; deprecated, see :meth:`load_parameters`."""
        warnings.warn("load_params is deprecated. Please use load_parameters.", stacklevel=2)
        self.load_parameters(filename, ctx, allow_missing, ignore_extra)

    def save(self, prefix: str) -> None:
        """Write ``prefix-model.json``, with the graphs of hybridized blocks, and ``prefix-model.params``.

        Parameters
        ----------
        prefix : str
        """
        structure: dict[str, Any] = {}
        self._describe(0, structure)
        _files.write_structure(prefix, structure)
        self.save_parameters(f"{prefix}-model.params")

    def load(self, prefix: str) -> None:
        """Read what :meth:`save` wrote, into blocks that were made in the same way.

        Names of blocks and parameters become the saved ones, and hybridized blocks get their graphs back.

        Parameters
        ----------
        prefix : str
        """
        _files.read_structure(prefix, lambda structure: self._restore(0, structure))
        self.load_parameters(f"{prefix}-model.params")

    def _describe(self, number: int, into: dict[str, Any]) -> int:
        """Add this block, whose number in a walk through the tree is given, and its children to a dictionary.

        Gives the last number that was used.
        """
        entry = into[f"{type(self).__name__.lower()}{number}"] = {"orig_name": self.name, **self._graph_entry()}
        entry["children"] = {child.name: name for name, child in self._children.items()}
        for child in self._children.values():
            number = child._describe(number + 1, entry)
        return number

    def _restore(self, number: int, structure: dict[str, Any]) -> int:
        """Take the saved names and graphs for this block and its children; see :meth:`_describe`."""
        key = f"{type(self).__name__.lower()}{number}"
        if key not in structure:
            present = shortened(_brief_print_list(structure))
            raise ValueError(f"block {self.name!r} is not in the saved model, which has {present}")
        entry = structure[key]
        names = entry["children"]
        if not all(isinstance(name, str) for name in (entry["orig_name"], *names.values())):
            raise TypeError(f"the names in {key} must be texts")
        self._name = entry["orig_name"]
        self._take_graph(entry)
        own = self.params
        renamed = {f"{self.name}_{name[len(own.prefix) :]}": p for name, p in own.items()}
        own._params.clear()
        own._params.update(renamed)
        children = list(self._children.values())
        for child in children:
            number = child._restore(number + 1, entry)
        self._children.clear()
        for child in children:
            self._children[names[child.name]] = child
        return number

    def _graph_entry(self) -> dict[str, Any]:
        """What :meth:`save` writes of the graph."""
        return {}

    def _take_graph(self, entry: dict[str, Any]) -> None:
        """Take the graph that :meth:`save` wrote."""


def _nested(container: Any) -> Iterator[Any]:
    """What is in containers, which may be nested deeply, and hold themselves."""
    seen, stack = set(), [container]
    while stack:
        x = stack.pop()
        if not isinstance(x, (list, tuple, dict)):
            yield x
        elif id(x) not in seen:
            seen.add(id(x))
            stack += x.values() if isinstance(x, dict) else x


def _attached(hooks: OrderedDict[int, Callable[..., Any]], hook: Callable[..., Any]) -> HookHandle:
    handle = HookHandle()
    handle.attach(hooks, hook)
    return handle


# What hybridize takes besides ``active``.
_EXECUTOR = ("static_alloc", "static_shape", "inline_limit", "forward_bulk_size", "backward_bulk_size")
HYBRIDIZE = ("backend", "clear", *_EXECUTOR)
# Attributes of every block that hold blocks by design.
_OWN = ("_children",)
