"""Parameters: the weights that a block learns, on one or several contexts, with their gradients."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .. import autograd, context, initializer, ndarray, symbol
from .._core.dtypes import torch_dtype
from .._core.layout import as_weight
from ..base import MXNetError, mx_real_t
from ..context import Context
from ..ndarray import NDArray
from ..util import is_np_array, is_np_shape
from .utils import shape_is_known

if TYPE_CHECKING:
    from .trainer import Trainer

_STYPES = ("default", "row_sparse", "csr")
_GRAD_REQS = ("write", "add", "null")


class DeferredInitializationError(MXNetError):
    """The values of a parameter were asked for before its shape was known."""


class Changes:
    """How often any parameter got other arrays; blocks and trainers that keep arrays compare.

    Attributes
    ----------
    count : int
    """

    __slots__ = ("count",)

    def __init__(self) -> None:
        self.count = 0


changes = Changes()


def _place(ctx: Context) -> tuple[int, int]:
    """What identifies the memory of a context: pinned and shared CPU memory serve as the CPU's."""
    kind = ctx.device_type
    return (1 if kind.startswith("cpu") else ctx.device_typeid), ctx.device_id


class Parameter:
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
        init: Any = None,
        allow_deferred_init: bool = False,
        differentiable: bool = True,
        stype: str = "default",
        grad_stype: str = "default",
    ) -> None:
        for what, given in (("grad_stype", grad_stype), ("stype", stype)):
            if given not in _STYPES:
                raise AssertionError(
                    f"{what} for Parameter '{name}' must be one of 'default', 'row_sparse', or 'csr', but got '{given}'"
                )
        self.name = name
        self._stype = stype
        self._grad_stype = grad_stype
        self._arrays: list[Any] | None = None
        self._only: Any = None  # the array, where there is one and it is dense
        self._grad: list[Any] | None = None
        self._ctx_list: list[Context] = []
        self._positions: dict[tuple[int, int], int] = {}
        self._var: Any = None
        self._trainer: Trainer | None = None
        # What to do once the shape is known: initializer, contexts, default initializer, values.
        self._deferred_init: tuple[Any, ...] = ()
        self._channels_last = False  # how the weights of two-dimensional convolutions lie in memory
        self._allow_deferred_init = allow_deferred_init
        self._differentiable = differentiable
        self._grad_req: str | None = None
        self._shape = (shape,) if isinstance(shape, int) else shape
        self._dtype = dtype
        self.lr_mult = lr_mult
        self.wd_mult = wd_mult
        self.grad_req = grad_req
        self.init = init

    def __repr__(self) -> str:
        return f"{type(self).__name__} {self.name} (shape={self.shape}, dtype={self.dtype})"

    def __getstate__(self) -> dict[str, Any]:
        return {**self.__dict__, "_trainer": None}  # a copy is not what the trainer trains

    def __setstate__(self, saved: dict[str, Any]) -> None:
        self.__dict__.update(saved)
        self._data = self._arrays
        if self._grad is not None:
            autograd.mark_variables(self._arrays, self._grad, self.grad_req)

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
            raise AssertionError(f"grad_req must be one of 'write', 'add', or 'null', but got '{req}'")
        if not self._differentiable:
            req = "null"
        if self._grad_req == req:
            return
        self._grad_req = req
        if self._arrays is None:
            return
        if req == "null":
            self._grad = None
            self._data = [a.detach() for a in self._arrays]
        else:
            self._init_grad()

    @property
    def dtype(self) -> Any:
        """The data type; setting it casts the values."""
        return self._dtype

    @dtype.setter
    def dtype(self, dtype: Any) -> None:
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
            raise AssertionError(
                f"Parameter '{self.name}': Expected shape {new_shape} is incompatible with given shape {known}."
            )
        self._shape = new_shape

    @property
    def _data(self) -> Any:
        """The arrays, one for each context; None before initialization."""
        return self._arrays

    @_data.setter
    def _data(self, arrays: list[Any] | None) -> None:
        self._arrays = arrays
        self._only = arrays[0] if arrays is not None and len(arrays) == 1 and self._stype == "default" else None
        changes.count += 1

    def _set_trainer(self, trainer: Trainer | None) -> None:
        """Note the trainer that updates this parameter; sparse ones can have only one."""
        if self._stype != "default" and self._trainer and trainer and self._trainer is not trainer:
            raise RuntimeError(
                f"Failed to set the trainer for Parameter '{self.name}' because it was already set. More than one "
                f"trainers for a {self._stype} Parameter is not supported."
            )
        self._trainer = trainer

    # ------------------------------------------------------------------ initialization

    def initialize(
        self,
        init: Any = None,
        ctx: Any = None,
        default_init: Any = initializer.Uniform(),  # noqa: B008
        force_reinit: bool = False,
    ) -> None:
        """Make and fill the arrays, or note how to when the shape is not known yet.

        Parameters
        ----------
        init : Initializer or str, optional
            What fills it; the parameter's own ``init``, else ``default_init``, when not given.
        ctx : Context or list of Context, optional
            Where it lives; the current context when not given. Several copies are kept equal by
            :class:`mxnet.gluon.Trainer`.
        default_init : Initializer or str
        force_reinit : bool
            Start anew when there are values already, instead of warning.
        """
        if self._arrays is not None and not force_reinit:
            warnings.warn(
                f"Parameter '{self.name}' is already initialized, ignoring. Set force_reinit=True to re-initialize.",
                stacklevel=2,
            )
            return
        self._data = self._grad = None
        if init is None:
            init = default_init if self.init is None else self.init
        known = shape_is_known(self.shape)
        if not known and not self._allow_deferred_init:
            raise ValueError(f"Cannot initialize Parameter '{self.name}' because it has invalid shape: {self.shape}.")
        self._deferred_init = (init, _contexts(ctx), default_init, None)
        if known:
            self._finish_deferred_init()

    def _finish_deferred_init(self) -> None:
        """Do what :meth:`initialize` has put off."""
        if not self._deferred_init:
            return
        init, contexts, default_init, values = self._deferred_init
        if not shape_is_known(self.shape):
            raise AssertionError(
                f"Cannot initialize Parameter '{self.name}' because it has invalid shape: {self.shape}. Please specify "
                "in_units, in_channels, etc for `Block`s."
            )
        self._deferred_init = ()
        with autograd.pause():
            if values is None:
                values = ndarray.zeros(self.shape, context.cpu(), self.dtype, stype=self._stype)
                initializer.create(default_init)(initializer.InitDesc(self.name, {"__init__": init}), values)
            self._init_impl(values, contexts)

    def _init_impl(self, data: Any, ctx_list: Sequence[Context]) -> None:
        """Copy values to all contexts, with fresh gradient buffers."""
        self._ctx_list = list(ctx_list)
        self._positions = {_place(c): i for i, c in enumerate(self._ctx_list)}
        arrays = [data.copyto(c) for c in self._ctx_list]
        if self._channels_last and self._stype == "default":
            for a in arrays:
                a._t.data = as_weight(a._t.data)
        if is_np_array() and self._stype == "default":
            arrays = [a.as_np_ndarray() for a in arrays]
        self._data = arrays
        self._init_grad()

    def _init_grad(self) -> None:
        if self.grad_req == "null":
            self._grad = None
            return
        if self._grad_stype == self._stype == "default":
            self._grad = [a._wrap(torch.zeros_like(a._t.data), a.context) for a in self._arrays or ()]
        else:
            self._grad = [
                ndarray.zeros(a.shape, a.context, a.dtype, stype=self._grad_stype) for a in self._arrays or ()
            ]
        autograd.mark_variables(self._arrays, self._grad, self.grad_req)
        changes.count += 1

    def _load_init(self, data: NDArray, ctx: Any, cast_dtype: bool = False, dtype_source: str = "current") -> None:
        """Take values from a file: initialize with them, or overwrite."""
        if cast_dtype and dtype_source not in ("current", "saved"):
            raise AssertionError(f"dtype_source must be 'current' or 'saved', got {dtype_source!r}")
        if self.shape:
            if len(self.shape) != len(data.shape) or any(n not in (-1, 0, m) for n, m in zip(self.shape, data.shape)):
                raise AssertionError(
                    f"Failed loading Parameter '{self.name}' from saved params: shape incompatible expected "
                    f"{self.shape} vs saved {data.shape}"
                )
            self.shape = data.shape
        if self.dtype is not None and torch_dtype(self.dtype) != data._t.dtype:
            data = self._cast_loaded(data, cast_dtype, dtype_source)
        if self._stype != data.stype:
            data = data.tostype(self._stype)
        if isinstance(ctx, Context):
            ctx = [ctx]
        if ctx is not None and (self._arrays is not None or self._deferred_init) and set(ctx) != set(self.list_ctx()):
            raise AssertionError(
                f"Failed to load Parameter '{self.name}' on {ctx} because it was previous initialized on "
                f"{self.list_ctx()}."
            )
        if self._arrays is not None:
            self.set_data(data)
        else:
            with autograd.pause():
                self._init_impl(data, self.list_ctx() if self._deferred_init else ctx or [context.cpu()])
        self._deferred_init = ()

    def _cast_loaded(self, data: NDArray, cast_dtype: bool, dtype_source: str) -> NDArray:
        if not cast_dtype:
            raise AssertionError(
                f"Failed loading Parameter '{self.name}' from saved params: dtype incompatible expected "
                f"{np.dtype(self.dtype)} vs saved {np.dtype(data.dtype)}. Set cast_dtype=True to cast the dtype of "
                "saved params."
            )
        if dtype_source == "current":
            return data.astype(self.dtype, copy=False)
        self.dtype = data.dtype
        return data

    # ------------------------------------------------------------------ values

    def _check_and_get(self, arrays: Any, ctx: Any) -> Any:
        """The array on a context (None: the only one, or that on the current context), or all (``list``)."""
        if arrays is None:
            raise self._missing()
        if ctx is list:
            return arrays
        if ctx is None:
            if len(arrays) == 1:
                return arrays[0]
            ctx = context.current_context()
        position = self._positions.get(_place(ctx))
        if position is None:
            raise RuntimeError(
                f"Parameter '{self.name}' was not initialized on context {ctx}. It was only initialized on "
                f"{self._ctx_list}."
            )
        return arrays[position]

    def _missing(self) -> Exception:
        """Why there are no arrays."""
        if self._deferred_init:
            return DeferredInitializationError(
                f"Parameter '{self.name}' has not been initialized yet because initialization was deferred. Actual "
                "initialization happens during the first forward pass. Please pass one batch of data through the "
                "network before accessing Parameters. You can also avoid deferred initialization by specifying "
                "in_units, num_features, etc., for network layers."
            )
        return RuntimeError(
            f"Parameter '{self.name}' has not been initialized. Note that you should initialize parameters and create "
            "Trainer with Block.collect_params() instead of Block.params because the later does not include "
            "Parameters of nested child Blocks"
        )

    def data(self, ctx: Context | None = None) -> NDArray:
        """The array on a context; the only one when no context is given.

        Raises
        ------
        DeferredInitializationError
            When the shape is still unknown.
        RuntimeError
            When it was not initialized, not on this context, or is sparse (see :meth:`row_sparse_data`).
        """
        if ctx is None and self._only is not None:
            return self._only
        self._check_stype("default", "data", f"on ctx {ctx} ")
        return self._check_and_get(self._arrays, ctx)

    def list_data(self) -> list[NDArray]:
        """The arrays on all contexts, in the order of :meth:`list_ctx`."""
        self._check_stype("default", "list_data", "on all contexts ")
        return self._check_and_get(self._arrays, list)

    def _check_stype(self, wanted: str, method: str, where: str = "") -> None:
        if self._stype != wanted:
            other = "row_sparse_data() " if wanted == "default" else "data() "
            raise RuntimeError(
                f"Cannot return a copy of Parameter '{self.name}' {where}via {method}() because its storage type is "
                f"{self._stype}. Please use {other}instead."
            )

    def row_sparse_data(self, row_id: NDArray) -> NDArray:
        """A row-sparse parameter on the context of ``row_id``, with the rows it names brought up to date.

        Parameters
        ----------
        row_id : NDArray
            Numbers of the rows that are wanted.
        """
        self._check_stype("row_sparse", "row_sparse_data")
        return self._get_row_sparse(row_id.context if isinstance(row_id, NDArray) else None, row_id)

    def list_row_sparse_data(self, row_id: NDArray) -> list[NDArray]:
        """A row-sparse parameter on all contexts; see :meth:`row_sparse_data`."""
        self._check_stype("row_sparse", "list_row_sparse_data", "on all contexts ")
        return self._get_row_sparse(list, row_id)

    def _get_row_sparse(self, ctx: Any, row_id: Any) -> Any:
        if not isinstance(row_id, NDArray):
            raise TypeError(f"row_id must have NDArray type, but {type(row_id)} is given")
        if not self._trainer:
            raise RuntimeError(
                f"Cannot get row_sparse data for Parameter '{self.name}' when no Trainer is created with it."
            )
        found = self._check_and_get(self._arrays, ctx)
        self._trainer._row_sparse_pull(self, found, row_id)
        return found

    def grad(self, ctx: Context | None = None) -> NDArray:
        """The gradient buffer on a context; the only one when no context is given."""
        return self._check_and_get(self._gradients(), ctx)

    def list_grad(self) -> list[NDArray]:
        """The gradient buffers on all contexts, in the order of :meth:`list_ctx`."""
        return self._check_and_get(self._gradients(), list)

    def _gradients(self) -> Any:
        if self._grad is None and self._arrays is not None:
            raise RuntimeError(f"Cannot get gradient array for Parameter '{self.name}' because grad_req='null'")
        return self._grad

    def list_ctx(self) -> list[Context]:
        """The contexts it is initialized on, or will be."""
        if self._arrays is not None:
            return self._ctx_list
        if self._deferred_init:
            return self._deferred_init[1]
        raise RuntimeError(f"Parameter '{self.name}' has not been initialized")

    def set_data(self, data: NDArray) -> None:
        """Overwrite the values on all contexts."""
        self.shape = data.shape
        if self._arrays is None:
            if not self._deferred_init:
                raise AssertionError(f"Parameter '{self.name}' has not been initialized")
            self._deferred_init = (*self._deferred_init[:3], data)
            return
        trainer = self._trainer
        if trainer and trainer._kv_initialized and trainer._update_on_kvstore:
            # The store has a copy of its own.
            if self not in trainer._params_to_init:
                trainer._reset_kvstore()
        for a in self._arrays:
            a[:] = data

    def zero_grad(self) -> None:
        """Set the gradient buffers to 0, where there are any."""
        for g in self._grad or ():
            _clear(g)

    def _reduce(self) -> NDArray:
        """The values on the CPU, averaged over contexts; all rows of a sparse parameter."""
        ctx = context.cpu()
        if self._stype == "default":
            arrays = self.list_data()
            if len(arrays) == 1:
                return arrays[0].copyto(ctx)
            return ndarray.add_n(*[a.copyto(ctx) for a in arrays]) / len(arrays)
        everything = ndarray.arange(0, self.shape[0], dtype="int64", ctx=ctx)
        data = ndarray.zeros(self.shape, ctx, self.dtype, stype="row_sparse")
        if self._trainer is None:
            raise RuntimeError(
                f"Cannot get row_sparse data for Parameter '{self.name}' when no Trainer is created with it."
            )
        self._trainer._row_sparse_pull(self, data, everything, full_idx=True)
        return data

    # ------------------------------------------------------------------ moves and types

    def reset_ctx(self, ctx: Any) -> None:
        """Move to other contexts.

        Parameters
        ----------
        ctx : Context or list of Context, or None for the current one
        """
        contexts = _contexts(ctx)
        if self._arrays:
            data = self._reduce()
            with autograd.pause():
                self._init_impl(data, contexts)
        elif self._deferred_init:
            init, _, default_init, data = self._deferred_init
            self._deferred_init = (init, contexts, default_init, data)
        else:
            raise ValueError(f"Cannot reset context for Parameter '{self.name}' because it has not been initialized.")

    def cast(self, dtype: Any) -> None:
        """Change the data type of values and gradients.

        Parameters
        ----------
        dtype : str or numpy.dtype
        """
        torch_dtype(dtype)  # an error for unknown types
        self._dtype = dtype
        self._var = None
        if self._arrays is None:
            return
        with autograd.pause():
            self._data = [a.astype(dtype) for a in self._arrays]
            if self._grad is None:
                return
            self._grad = [g.astype(dtype) for g in self._grad]
            autograd.mark_variables(self._data, self._grad, self.grad_req)

    def var(self) -> Any:
        """A symbol that stands for this parameter."""
        if self._var is None:
            self._var = symbol.var(
                self.name,
                shape=self.shape,
                dtype=self.dtype,
                lr_mult=self.lr_mult,
                wd_mult=self.wd_mult,
                init=self.init,
                stype=self._stype,
            )
        return self._var


def _contexts(ctx: Any) -> list[Context]:
    if ctx is None:
        return [context.current_context()]
    return [ctx] if isinstance(ctx, Context) else list(ctx)


def _clear(grad: NDArray) -> None:
    if grad.stype == "default":
        grad._t.data.zero_()
    else:
        ndarray.zeros_like(grad, out=grad)
