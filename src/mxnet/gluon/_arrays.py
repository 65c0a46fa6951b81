"""What a parameter holds: an array on each context, and the gradient buffers beside them."""

from __future__ import annotations

from typing import Any, Protocol

from .. import context, ndarray
from ..base import MXNetError
from ..context import Context
from ..ndarray import NDArray
from ._version_counter import parameters_version, versioned


class Owner(Protocol):
    """What a trainer is to the parameters that it trains."""

    _kv_initialized: bool
    _update_on_kvstore: bool | None
    _params_to_init: list[Any]

    def _row_sparse_pull(self, parameter: Any, out: Any, row_id: NDArray, full_idx: bool = False) -> None: ...

    def _reset_kvstore(self) -> None: ...


class DeferredInitializationError(MXNetError):
    """The values of a parameter were asked for before its shape was known."""


class Holder:
    """The arrays of a parameter, by context; the part of :class:`Parameter` that hands out and overwrites values."""

    name: str
    shape: Any
    dtype: Any
    _stype: str
    _ctx_list: list[Context] | None
    _ctx_map: list[list[int | None]] | None
    _deferred_init: tuple[Any, ...]
    _trainer: Owner | None

    @property
    def _data(self) -> Any:
        """The arrays, one for each context; None before initialization."""
        return self._arrays

    @_data.setter
    def _data(self, arrays: list[Any] | None) -> None:
        self._arrays = versioned(arrays)
        parameters_version.value += 1

    @property
    def _grad(self) -> Any:
        """The gradient buffers, one for each context; None where no gradient is wanted."""
        return self._buffers

    @_grad.setter
    def _grad(self, buffers: list[Any] | None) -> None:
        self._buffers = versioned(buffers)
        parameters_version.value += 1

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
        places = self._ctx_map[ctx.device_typeid & 1] if self._ctx_map else ()  # pinned and shared memory are the CPU's
        position = places[ctx.device_id] if ctx.device_id < len(places) else None
        if position is None:
            raise RuntimeError(
                f"Parameter '{self.name}' was not initialized on context {ctx}; its arrays are on {self._ctx_list}"
            )
        return arrays[position]

    def _missing(self) -> Exception:
        """Why there are no arrays."""
        if self._deferred_init:
            return DeferredInitializationError(
                f"Parameter '{self.name}' has not been initialized yet: its shape {self.shape} is completed by the "
                "first batch that the network computes. Run one, or give the layer its input size (in_units, "
                "in_channels, ...)"
            )
        return RuntimeError(
            f"Parameter '{self.name}' has not been initialized. Call initialize() on the outermost block or on its "
            "collect_params(); params alone leaves out those of children"
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
        if self._stype != "default":
            self._check_stype("default", "data", f"on ctx {ctx} ")
        return self._check_and_get(self._data, ctx)

    def list_data(self) -> list[NDArray]:
        """The arrays on all contexts, in the order of :meth:`list_ctx`."""
        self._check_stype("default", "list_data", "on all contexts ")
        return self._check_and_get(self._data, list)

    def _check_stype(self, wanted: str, method: str, where: str = "") -> None:
        if self._stype != wanted:
            other = "row_sparse_data() " if wanted == "default" else "data() "
            raise RuntimeError(
                f"Parameter '{self.name}' cannot be read {where}via {method}() because its storage type is "
                f"{self._stype}; {other}reads it"
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

    def _get_row_sparse(self, ctx: object, row_id: object) -> Any:
        if not isinstance(row_id, NDArray):
            raise TypeError(f"row_id must have NDArray type, but {type(row_id)} is given")
        trainer = self._pulling_trainer()
        found = self._check_and_get(self._data, ctx)
        trainer._row_sparse_pull(self, found, row_id)
        return found

    def grad(self, ctx: Context | None = None) -> NDArray:
        """The gradient buffer on a context; the only one when no context is given."""
        return self._check_and_get(self._gradients(), ctx)

    def list_grad(self) -> list[NDArray]:
        """The gradient buffers on all contexts, in the order of :meth:`list_ctx`."""
        return self._check_and_get(self._gradients(), list)

    def _gradients(self) -> Any:
        if self._grad is None and self._data is not None:
            raise RuntimeError(f"Cannot get gradient array for Parameter '{self.name}' because grad_req='null'")
        return self._grad

    def list_ctx(self) -> list[Context]:
        """The contexts it is initialized on, or will be."""
        if self._data is not None:
            return self._ctx_list or []
        if self._deferred_init:
            return self._deferred_init[1]
        raise RuntimeError(f"Parameter '{self.name}' has not been initialized")

    def set_data(self, data: NDArray) -> None:
        """Overwrite the values on all contexts."""
        self.shape = data.shape
        if self._data is None:
            if not self._deferred_init:
                raise AssertionError(f"Parameter '{self.name}' has not been initialized")
            self._deferred_init = (*self._deferred_init[:3], data)
            return
        trainer = self._trainer
        if trainer and trainer._kv_initialized and trainer._update_on_kvstore:
            # The store has a copy of its own.
            if self not in trainer._params_to_init:
                trainer._reset_kvstore()
        for a in self._data:
            a[:] = data if not isinstance(data, NDArray) or type(a) is type(data) else _as_kind(data, a)

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
        whole = ndarray.zeros(self.shape, ctx, self.dtype, stype="row_sparse")
        rows = ndarray.arange(len(whole), ctx=ctx, dtype="int64")
        self._pulling_trainer()._row_sparse_pull(self, whole, rows, full_idx=True)
        return whole

    def _pulling_trainer(self) -> Owner:
        """The trainer, whose store has the current rows of a sparse parameter."""
        if self._trainer is None:
            raise RuntimeError(f"Rows of Parameter '{self.name}' cannot be read when no Trainer is created with it")
        return self._trainer


def _as_kind(data: NDArray, like: NDArray) -> NDArray:
    """An array as classic or NumPy one, as another is; the memory is shared."""
    if data.stype != "default" or like.stype != "default":
        return data
    return like._wrap(data._t.data, data._ctx)


def _clear(grad: NDArray) -> None:
    if grad.stype == "default":
        grad._t.data.zero_()
    else:
        ndarray.zeros_like(grad, out=grad)
