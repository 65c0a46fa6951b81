"""Parameters: the weights that a block learns, on one or several contexts, with their gradients."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import torch

from .. import autograd, context, initializer, ndarray, symbol
from .._core.dtypes import torch_dtype
from .._core.layout import as_weight
from .._core.types import ContextLike, Contexts, DTypeLike
from ..base import mx_real_t
from ..context import Context
from ..initializer import Initializer
from ..ndarray import NDArray
from ..util import is_np_array, is_np_shape
from ._arrays import Holder, Owner
from ._version_counter import parameters_version
from .utils import shape_is_known

_STYPES = ("default", "row_sparse", "csr")
_GRAD_REQS = ("write", "add", "null")


class Parameter(Holder):
    """A weight of a block.

    After :meth:`initialize` it holds an array on each context, and unless ``grad_req`` is ``"null"`` a gradient buffer
    beside each.

    Parameters
    ----------
    name : str
        Its full name.
    grad_req : {'write', 'add', 'null'}
        What an arriving gradient does to the buffer: replaces it, is added, or is not wanted.
    shape : int or tuple of int, optional
        Its shape; 0 (-1 under NumPy shape semantics) for sizes that are not known yet.
    dtype : optional
        Its data type.
    lr_mult, wd_mult : float
        Multipliers of the learning rate and of the weight decay.
    init : Initializer or str, optional
        What fills it, before anything that is given to ``initialize`` of a block.
    allow_deferred_init : bool
        Whether :meth:`initialize` may wait until the shape is known.
    differentiable : bool
        False fixes ``grad_req`` to ``"null"``.
    stype, grad_stype : {'default', 'row_sparse', 'csr'}
        Storage types of array and gradient.

    Examples
    --------
    >>> import mxnet as mx
    >>> weight = mx.gluon.Parameter("weight", shape=(2, 3), init="ones")
    >>> weight.initialize()
    >>> weight.data().shape, float(weight.grad().asnumpy().sum())
    ((2, 3), 0.0)
    """

    def __init__(
        self,
        name: str,
        grad_req: str = "write",
        shape: Any = None,
        dtype: Any = mx_real_t,
        lr_mult: float = 1.0,
        wd_mult: float = 1.0,
        init: Initializer | None = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        for what, given in (("grad_stype", grad_stype), ("stype", stype)):
            if given not in _STYPES:
                raise AssertionError(
                    f"{what} for Parameter '{name}' must be 'default', 'row_sparse' or 'csr', got '{given}'"
                )
        self.name = name
        self._stype, self._grad_stype = stype, grad_stype
        self._data = self._grad = None
        self._ctx_list: list[Context] | None = None
        # Which of the arrays is whose: for GPUs, then CPUs, a list by number of device (None where there is none).
        self._ctx_map: list[list[int | None]] | None = None
        self._var: Any = None
        self._trainer: Owner | None = None
        # What to do once the shape is known: initializer, contexts, default initializer, values.
        self._deferred_init: tuple[Any, ...] = ()
        self._channels_last = False  # how the weights of two-dimensional convolutions lie in memory
        self._allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self._grad_req: str | None = None
        self._shape = (shape,) if isinstance(shape, int) else shape
        self._dtype = dtype
        self.lr_mult, self.wd_mult = lr_mult, wd_mult
        self.grad_req = grad_req
        self.init = init

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_trainer": None}  # a copy is not what the trainer trains

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)
        parameters_version.value += 1
        if self._grad is not None:
            autograd.mark_variables(self._data, self._grad, self.grad_req)

    # ------------------------------------------------------------------ attributes

    @property
    def grad_req(self) -> str:
        """What an arriving gradient does: ``"write"``, ``"add"``, or ``"null"`` (no gradient).

        Setting ``"null"`` frees the gradient buffers.
        """
        assert self._grad_req is not None
        return self._grad_req

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        if req not in _GRAD_REQS:
            raise AssertionError(f"{self.name}: grad_req must be 'write', 'add' or 'null', got '{req}'")
        if not self._differentiable:
            req = "null"
        if self._grad_req == req:
            return
        self._grad_req = req
        if self._data is None:
            return
        if req == "null":
            self._grad = None
            self._data = [a.detach() for a in self._data]
        else:
            self._init_grad()

    @property
    def dtype(self) -> Any:
        """The data type; setting it casts the values."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: DTypeLike) -> None:
        self.cast(dtype)

    @property
    def shape(self) -> Any:
        """The shape, with 0 for unknown sizes (-1 under NumPy shape semantics); None when nothing is known.

        Setting it fills in unknown sizes; known ones cannot change.
        """
        if self._shape is None or not is_np_shape():
            return self._shape
        return tuple([n if n != 0 else -1 for n in self._shape])

    @shape.setter
    def shape(self, new_shape: Any) -> None:
        known = self._shape
        if known is not None and (
            len(known) != len(new_shape) or any(n not in (-1, 0, m) for m, n in zip(new_shape, known))
        ):
            raise AssertionError(f"Parameter '{self.name}': shape {new_shape} is incompatible with given shape {known}")
        self._shape = new_shape

    def _set_trainer(self, trainer: Owner | None) -> None:
        """Note the trainer that updates this parameter; sparse ones can have only one."""
        if self._stype != "default" and self._trainer and trainer and self._trainer is not trainer:
            raise RuntimeError(
                f"Parameter '{self.name}' has another trainer, and being {self._stype} can have only one: the current "
                "rows are in its store"
            )
        self._trainer = trainer

    # ------------------------------------------------------------------ initialization

    def initialize(
        self,
        init: Initializer | None = None,
        ctx: ContextLike = None,
        default_init: Any = initializer.Uniform(),  # noqa: B008
        force_reinit: bool = False,
    ) -> None:
        """Make and fill the arrays, or note how to when the shape is not known yet.

        Parameters
        ----------
        init : Initializer or str, optional
            What fills it; the parameter's own ``init``, else ``default_init``, when not given.
        ctx : Context or list of Context, optional
            Where to live; the current context when not given. Several copies are kept equal by
            :class:`mxnet.gluon.Trainer`.
        default_init : Initializer or str
        force_reinit : bool
            Start anew when there are values already, instead of warning.
        """
        if not force_reinit and self._keeps_values():
            return
        self._data = self._grad = None
        if init is None:
            init = default_init if self.init is None else self.init
        known = shape_is_known(self.shape)
        if not known and not self._allow_deferred_init:
            raise ValueError(f"Cannot initialize Parameter '{self.name}': its shape {self.shape} has unknown sizes")
        self._deferred_init = (init, _contexts(ctx), default_init, None)
        if known:
            self._finish_deferred_init()

    def _keeps_values(self) -> bool:
        """Whether there are values already; warns that they stay."""
        if self._data is not None:
            warnings.warn(
                f"Parameter '{self.name}' is already initialized and keeps its values; force_reinit=True resets them",
                stacklevel=3,
            )
        return self._data is not None

    def _finish_deferred_init(self) -> None:
        """Do what :meth:`initialize` has put off."""
        if not self._deferred_init:
            return
        init, contexts, default_init, values = self._deferred_init
        if not shape_is_known(self.shape):
            raise AssertionError(
                f"Cannot initialize Parameter '{self.name}': its shape {self.shape} has unknown sizes; give the layer "
                "its input size (in_units, in_channels, ...)"
            )
        self._deferred_init = ()
        with autograd.pause():
            if values is None:
                values = ndarray.zeros(self.shape, context.cpu(), self.dtype, stype=self._stype)
                if is_np_array() and self._stype == "default":
                    values = values.as_np_ndarray()
                initializer.create(default_init)(initializer.InitDesc(self.name, {"__init__": init}), values)
            self._init_impl(values, contexts)

    def _init_impl(self, data: Any, ctx_list: Sequence[Context]) -> None:
        """Copy values to all contexts, with fresh gradient buffers."""
        self._ctx_list = list(ctx_list)
        self._ctx_map = [[], []]
        for i, c in enumerate(self._ctx_list):
            places = self._ctx_map[c.device_typeid & 1]
            places += [None] * (c.device_id + 1 - len(places))
            places[c.device_id] = i
        arrays = [data.copyto(c) for c in self._ctx_list]
        if self._channels_last and self._stype == "default":
            for a in arrays:
                a._t.data = as_weight(a._t.data)
        self._data = arrays
        self._init_grad()

    def _init_grad(self) -> None:
        if self.grad_req == "null":
            self._grad = None
            return
        if self._grad_stype == self._stype == "default":
            self._grad = [a._wrap(torch.zeros_like(a._t.data), a.context) for a in self._data or ()]
        else:
            self._grad = [ndarray.zeros(a.shape, a.context, a.dtype, stype=self._grad_stype) for a in self._data or ()]
        autograd.mark_variables(self._data, self._grad, self.grad_req)

    def _load_init(self, data: NDArray, ctx: Context, cast_dtype: bool = False, dtype_source: str = "current") -> None:
        """Take values from a file: initialize with them, or overwrite."""
        shape = self._check_load(data, ctx, cast_dtype, dtype_source, self.shape)
        if self.shape:
            self.shape = shape
        if self.dtype is not None and torch_dtype(self.dtype) != data._t.dtype:
            if dtype_source == "current":
                data = data.astype(self.dtype, copy=False)
            else:
                self.dtype = data.dtype
        if self._stype != data.stype:
            data = data.tostype(self._stype)
        if self._data is not None:
            self.set_data(data)
        else:
            contexts = self.list_ctx() if self._deferred_init else _contexts(ctx) if ctx else [context.cpu()]
            with autograd.pause():
                self._init_impl(data.as_np_ndarray() if is_np_array() and data.stype == "default" else data, contexts)
        self._deferred_init = ()

    def _check_load(self, value: Any, ctx: ContextLike, cast_dtype: bool, dtype_source: str, shape: Any) -> Any:
        """Raise unless the parameter, with this shape so far, can take a value; gives the shape it will have."""
        where = f"Failed loading Parameter '{self.name}' from saved params: "
        if cast_dtype and dtype_source not in ("current", "saved"):
            raise AssertionError(f"dtype_source must be 'current' or 'saved', got {dtype_source!r}")
        if not isinstance(value, NDArray):
            raise TypeError(f"{where}expected an NDArray, got {type(value).__name__}")
        if shape and (len(shape) != len(value.shape) or any(n not in (-1, 0, m) for n, m in zip(shape, value.shape))):
            raise AssertionError(f"{where}shape incompatible expected {shape} vs saved {value.shape}")
        if not cast_dtype and self.dtype is not None and torch_dtype(self.dtype) != value._t.dtype:
            raise AssertionError(
                f"{where}dtype incompatible expected {np.dtype(self.dtype)} vs saved {np.dtype(value.dtype)}; "
                "cast_dtype=True casts"
            )
        if ctx is not None and (self._data is not None or self._deferred_init):
            contexts = _contexts(ctx)
            if set(contexts) != set(self.list_ctx()):
                raise AssertionError(
                    f"Parameter '{self.name}' cannot be loaded on {contexts}: it is initialized on {self.list_ctx()}"
                )
        return value.shape

    # ------------------------------------------------------------------ moves and types

    def reset_ctx(self, ctx: Contexts) -> None:
        """Move to other contexts.

        Parameters
        ----------
        ctx : Context, list of Context, optional
            Their new places; the current context when not given.
        """
        contexts = _contexts(ctx)
        if self._data:
            data = self._reduce()
            with autograd.pause():
                self._init_impl(data, contexts)
        elif self._deferred_init:
            init, _, default_init, data = self._deferred_init
            self._deferred_init = (init, contexts, default_init, data)
        else:
            raise ValueError(f"Cannot reset context for Parameter '{self.name}' because it has not been initialized.")

    def cast(self, dtype: DTypeLike) -> None:
        """Change the data type of values and gradients.

        Parameters
        ----------
        dtype : str or numpy.dtype
        """
        torch_dtype(dtype)  # an error for unknown types
        self._dtype = dtype
        self._var = None
        if self._data is None:
            return
        with autograd.pause():
            self._data = [a.astype(dtype) for a in self._data]
            if self._grad is None:
                return
            self._grad = [g.astype(dtype) for g in self._grad]
            autograd.mark_variables(self._data, self._grad, self.grad_req)

    def var(self) -> Any:
        """A symbol that stands for this parameter."""
        if self._var is None:
            shared = ("shape", "dtype", "lr_mult", "wd_mult", "init")
            self._var = symbol.var(self.name, stype=self._stype, **{what: getattr(self, what) for what in shared})
        return self._var


def load_all(pairs: Iterable[tuple[Parameter, Any]], ctx: Any, cast_dtype: bool, dtype_source: str) -> None:
    """Give values to parameters, or raise and change none; see :meth:`ParameterDict.load_dict` for the rest."""
    pairs = list(pairs)
    shapes: dict[int, Any] = {}  # of parameters that are shared, as they will be
    for param, value in pairs:
        shapes[id(param)] = param._check_load(value, ctx, cast_dtype, dtype_source, shapes.get(id(param), param.shape))
    for param, value in pairs:
        param._load_init(value, ctx, cast_dtype=cast_dtype, dtype_source=dtype_source)


def keeps_arrays(param: Parameter, *methods: str) -> bool:
    """Whether a parameter gives its arrays, the same ones each time: it has these methods from :class:`Parameter`.

    A subclass may compute something instead (dropout of weights), and wants to be asked each time.
    """
    kind = type(param)
    return kind is Parameter or all(
        getattr(kind, m) is getattr(Parameter, m) and m not in vars(param) for m in (*methods, "_check_and_get")
    )


def _contexts(ctx: Any) -> list[Context]:
    if ctx is None:
        return [context.current_context()]
    return [ctx] if isinstance(ctx, Context) else list(ctx)
