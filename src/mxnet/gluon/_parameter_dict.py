"""Parameters by name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch

from .. import initializer, ndarray
from .._core.descriptions import described_like
from .._core.dtypes import torch_dtype
from .._core.spelling import warn_unknown
from .._core.types import ContextLike, Contexts
from ..context import Context
from ..ndarray import NDArray
from ..symbol import Symbol
from ._arrays import _clear
from ._constant import Constant
from ._parameter import Parameter, load_all
from .utils import _brief_print_list, _indent

tensor_types = (Symbol, NDArray)

_NAMING = "How names come about: Block's prefix, params and name_scope()"


class ParameterDict:
    """Parameters by their full names, which begin with a prefix.

    Parameters
    ----------
    prefix : str
        Put before the names that :meth:`get` is asked for.
    shared : ParameterDict, optional
        Where :meth:`get` looks before it makes a new parameter.

    Examples
    --------
    >>> import mxnet as mx
    >>> params = mx.gluon.ParameterDict("net_")
    >>> params.get("weight", shape=(2,)).name
    'net_weight'
    """

    def __init__(self, prefix: str = "", shared: ParameterDict | None = None) -> None:
        self._prefix = prefix
        self._params: OrderedDict[str, Parameter] = OrderedDict()
        self._shared = shared

    def __repr__(self) -> str:
        rows = "\n".join([_indent(f"  {p}", 2) for p in self.values()])
        return f"{self._prefix + ' ' if self._prefix else ''}(\n{rows}\n)"

    def __getitem__(self, key: str) -> Parameter:
        return self._params[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._params)

    def __contains__(self, key: object) -> bool:
        return key in self._params

    def items(self) -> Any:
        """Names and parameters."""
        return self._params.items()

    def keys(self) -> Any:
        """The names."""
        return self._params.keys()

    def values(self) -> Any:
        """The parameters."""
        return self._params.values()

    @property
    def prefix(self) -> str:
        """What the names of parameters made by :meth:`get` begin with."""
        return self._prefix

    # ------------------------------------------------------------------ making and finding parameters

    def _get_impl(self, name: str) -> Parameter | None:
        """A parameter by its full name, from here or from the shared dictionary."""
        found = self._params.get(name)
        if found is None and self._shared is not None:
            found = self._shared._params.get(name)
            if found is not None:
                self._params[name] = found
        return found

    def get(self, name: str, **kwargs: Any) -> Parameter:
        """The parameter ``prefix + name``: an existing one, one of the shared dictionary, or a new one.

        Parameters
        ----------
        name : str
        **kwargs
            Arguments of :class:`Parameter`. An existing one must agree with them, or takes them where it has none.
        """
        name = self.prefix + name
        param = self._get_impl(name)
        if param is None:
            param = self._params[name] = Parameter(name, **kwargs)
            return param
        warn_unknown("ParameterDict.get", kwargs, (k for k in dir(param) if not k.startswith("_")), only_similar=True)
        for key, value in kwargs.items():
            existing = getattr(param, key, None)
            if existing is None:
                setattr(param, key, value)
            elif not _agree(param, key, value, existing):
                raise AssertionError(
                    f"Parameter '{name}' exists with {key}={existing!r} and cannot be had with {key}={value!r}"
                )
        return param

    def get_constant(self, name: str, value: object | None = None) -> Constant:
        """The constant ``prefix + name``: an existing one, one of the shared dictionary, or a new one.

        Parameters
        ----------
        name : str
        value : NDArray or array-like, optional
            Its value, which an existing one must have.
        """
        name = self.prefix + name
        known = self._get_impl(name)
        if value is None:
            if known is None:
                raise KeyError(f"No constant named '{name}', and no value to create it with")
            return known  # type: ignore[return-value]
        if known is None:
            created = self._params[name] = Constant(name, value)
            return created
        if not isinstance(known, Constant):
            raise AssertionError(f"Parameter '{name}' exists and is not a constant")
        value = value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)
        if known.shape != value.shape or not (known.value.asnumpy() == value).all():
            raise AssertionError(f"Constant '{name}' exists with another value")
        return known

    def update(self, other: Any) -> None:
        """Take over all parameters of another dictionary.

        Raises
        ------
        AssertionError
            When it has another parameter of the same name.
        """
        mine = self._params
        for name, param in other.items():
            if mine.get(name, param) is not param:
                raise AssertionError(f"Both dictionaries have a Parameter '{name}', which are not the same one")
        mine.update(other.items())

    # ------------------------------------------------------------------ all parameters together

    @described_like(Parameter.initialize)
    def initialize(
        self,
        init: Any = initializer.Uniform(),  # noqa: B008
        ctx: ContextLike = None,
        verbose: bool = False,
        force_reinit: bool = False,
    ) -> None:
        """Initialize all parameters; see :meth:`Parameter.initialize`.

        Parameters
        ----------
        init : Initializer or str
            For those without an initializer of their own.
        verbose : bool
            Log what is done.
        """
        if verbose:
            init.set_verbosity(verbose=verbose)
        for param in self.values():
            if force_reinit or not param._keeps_values():
                param.initialize(None, ctx, init, force_reinit=force_reinit)

    def zero_grad(self) -> None:
        """Set all gradient buffers to 0."""
        dense: dict[Any, list[torch.Tensor]] = {}
        for param in self.values():
            for g in param._grad or ():
                if g.stype == "default":
                    dense.setdefault(g._t.device, []).append(g._t.data)
                else:
                    _clear(g)
        for tensors in dense.values():
            torch._foreach_zero_(tensors)

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move all parameters to other contexts."""
        for param in self.values():
            param.reset_ctx(ctx)

    def list_ctx(self) -> list[Context]:
        """All contexts that the parameters live on."""
        return list(dict.fromkeys(c for param in self.values() for c in param.list_ctx()))

    def setattr(self, name: str, value: object) -> None:
        """Set an attribute of all parameters.

        Examples
        --------
        >>> import mxnet as mx
        >>> net = mx.gluon.nn.Dense(2)
        >>> net.collect_params().setattr("grad_req", "null")
        >>> net.weight.grad_req
        'null'
        """
        known = {a for p in self.values() for a in dir(p) if not a.startswith("_")}
        if known and not name.startswith("_"):
            warn_unknown("ParameterDict.setattr", [name], known, only_similar=True)
        for param in self.values():
            setattr(param, name, value)

    # ------------------------------------------------------------------ files

    def save(self, filename: str, strip_prefix: str = "") -> None:
        """Write all values to a ``.params`` file.

        Parameters
        ----------
        filename : str
        strip_prefix : str
            Left out of the names in the file; ValueError for parameters whose name does not begin with it.
        """
        values = {}
        for param in self.values():
            if not param.name.startswith(strip_prefix):
                raise ValueError(
                    f"strip_prefix is '{strip_prefix}', and Parameter '{param.name}' does not start with it: it is "
                    "shared with another block, or its block was made outside of name_scope(). " + _NAMING
                )
            values[param.name[len(strip_prefix) :]] = param._reduce()
        ndarray.save(filename, values)

    def load_dict(
        self,
        param_dict: Any,
        ctx: Any = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        filename: str | None = None,
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Take values from a dictionary.

        Parameters
        ----------
        param_dict : dict of str to NDArray
            Prefixes ``arg:`` and ``aux:`` of names are dropped.
        ctx : Context or list of Context, optional
            Where parameters that are not initialized yet will live; the CPU when not given.
        allow_missing : bool
            Leave parameters alone that have no value here.
        ignore_extra : bool
            Skip values without a parameter.
        restore_prefix : str
            Put before the names.
        filename : str, optional
            Where the values are from, for errors.
        cast_dtype : bool
            Accept values of another type.
        dtype_source : {'current', 'saved'}
            Which of the two types a parameter then has.
        """
        pairs = param_dict.items() if isinstance(param_dict, Mapping) else param_dict
        values = {restore_prefix + (k[4:] if k.startswith(("arg:", "aux:")) else k): v for k, v in pairs}
        source = f"file: {filename}" if filename else "param_dict"
        skip = len(restore_prefix)
        hint = "The network that was saved may have another prefix. " + _NAMING
        if not allow_missing:
            for name in self.keys():
                if name not in values:
                    raise AssertionError(
                        f"Parameter '{name[skip:]}' is missing in {source}, which has "
                        f"{_brief_print_list(values.keys())}. {hint}"
                    )
        for name in values:
            if name not in self._params and not ignore_extra:
                raise AssertionError(
                    f"Parameter '{name[skip:]}' loaded from {source} is not present here, where are "
                    f"{_brief_print_list(self._params.keys())}; ignore_extra=True skips it. {hint}"
                )
        load_all([(p, values[name]) for name, p in self.items() if name in values], ctx, cast_dtype, dtype_source)

    @described_like(load_dict)
    def load(
        self,
        filename: str,
        ctx: Contexts = None,
        allow_missing: bool = False,
        ignore_extra: bool = False,
        restore_prefix: str = "",
        cast_dtype: bool = False,
        dtype_source: str = "current",
    ) -> None:
        """Read values from a ``.params`` file; see :meth:`load_dict`.

        Parameters
        ----------
        filename : str
        """
        for name in self.keys():
            if not name.startswith(restore_prefix):
                raise AssertionError(
                    f"restore_prefix is '{restore_prefix}', and Parameter '{name}' does not start with it. " + _NAMING
                )
        loaded = ndarray.load(filename)
        if not isinstance(loaded, dict):
            if loaded:
                raise ValueError(f"the arrays in file {filename} have no names")
            loaded = {}
        self.load_dict(loaded, ctx, allow_missing, ignore_extra, restore_prefix, filename, cast_dtype, dtype_source)


def _agree(param: Parameter, key: str, value: Any, existing: Any) -> bool:
    """Whether an argument of :meth:`ParameterDict.get` is what the parameter has; unknown sizes are filled in."""
    if key == "shape" and value is not None and len(value) == len(existing):
        pairs = list(zip(value, existing))
        if all(a == b or a <= 0 or b <= 0 for a, b in pairs):
            param._shape = tuple([b if a in (0, -1) else a for a, b in pairs])
            return True
    elif key == "dtype" and torch_dtype(value) is torch_dtype(existing):
        return True
    return value is None or bool(value == existing)
