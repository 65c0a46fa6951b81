"""The classes of sparse arrays: :class:`CSRNDArray` and :class:`RowSparseNDArray`."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import torch

from .._core.dtypes import TORCH_TO_NP, torch_dtype
from .._core.grad_mode import grad_mode
from .._core.registry import get_op
from .._core.serialization import load_array
from .._core.sparse.dispatch import with_history
from .._core.sparse.storage import Csr, Rows, Sparse, convert, empty, proxy_for
from .._core.types import DTypeLike
from ..base import MXNetError, NotSupportedForSparseNDArray
from ..context import Context
from ._array import NDArray, make_function, wrap

_slice, _retain = make_function(get_op("slice"), "slice"), make_function(get_op("_sparse_retain"), "retain")


def _part_of_store(name: str) -> Any:
    """An attribute that is one of the tensors an array is stored as."""
    return property(lambda self: getattr(self._store, name), lambda self, value: setattr(self._store, name, value))


class BaseSparseNDArray(NDArray):
    """What both kinds of sparse arrays share.

    Operators that know the storage type compute on the stored values; all others see a dense copy.
    """

    __slots__ = ("_store",)
    _store: Any
    _stype = ""

    def __init__(self, handle: Any, writable: bool = True) -> None:
        if handle is not None:  # pickles call the class with None and bring the parts in __setstate__
            raise TypeError(f"use mx.nd.sparse.array to make a {type(self).__name__}")

    def __setstate__(self, saved: dict[str, Any]) -> None:
        other = load_array(saved["handle"], NDArray)
        if type(other) is not type(self):
            raise MXNetError(f"a pickled {type(self).__name__} holds a {type(other).__name__}")
        self._ctx, self._store = other._ctx, other._store

    # ------------------------------------------------------------------ what is stored

    @property
    def _t(self) -> torch.Tensor:
        """A dense copy, through which gradients reach this array: what operators without a sparse kernel take."""
        if self._store.requires_grad:
            with grad_mode(True):
                return with_history(self._store)
        return self._store.dense()

    @_t.setter
    def _t(self, value: torch.Tensor) -> None:
        self._replace(value)

    @property
    def _value(self) -> Sparse:
        return self._store

    def _dense(self) -> torch.Tensor:
        return self._store.dense()

    def _replace(self, value: Any) -> None:
        """Take over what an operator has computed, in this array's storage type, data type and place.

        The parts become those of ``value``; this array is a constant from then on unless ``value`` has history.
        """
        dtype, device = self._store.dtype, self._store.device
        proxy = value.proxy if isinstance(value, Sparse) and value.stype == self._stype else None
        kept = self._store.proxy  # a marked array stays marked
        new = convert(value.detach(), self._stype)
        if new.dtype != dtype:
            new = new.with_values(new.values.to(dtype))
        self._store = new.to(device)
        self._store.proxy = proxy if proxy is not None and proxy.requires_grad else kept

    def _parts(self) -> tuple[torch.Tensor, ...]:
        return self._store.parts()

    _values, _indices = _part_of_store("values"), _part_of_store("indices")

    @property
    def stype(self) -> str:
        """The storage type, ``"csr"`` or ``"row_sparse"``."""
        return self._stype

    @property
    def shape(self) -> tuple[int, ...]:
        return self._store.shape

    @property
    def ndim(self) -> int:
        return len(self._store.shape)

    @property
    def size(self) -> int:
        """The number of elements, zeros included."""
        return self._store.numel()

    @property
    def dtype(self) -> Any:
        """The data type of the values, as a NumPy type."""
        return TORCH_TO_NP[self._store.dtype]

    @property
    def data(self) -> NDArray:
        """The stored values."""
        return wrap(self._store.values, self._ctx)

    @property
    def indices(self) -> NDArray:
        """Column numbers (csr) or numbers of the stored rows (row_sparse), int64."""
        return wrap(self._store.indices, self._ctx)

    def _data(self) -> NDArray:
        return wrap(self._store.values.clone(), self._ctx)

    @property
    def _num_aux(self) -> int:
        return len(self._parts()) - 1

    @property
    def _aux_types(self) -> list[Any]:
        return [TORCH_TO_NP[p.dtype] for p in self._parts()[1:]]

    def _aux_type(self, i: int) -> Any:
        return self._aux_types[i]

    def _aux_data(self, i: int) -> NDArray:
        return wrap(self._parts()[1 + i].clone(), self._ctx)

    # ------------------------------------------------------------------ conversions

    def __repr__(self) -> str:
        shape = "x".join(str(n) for n in self.shape)
        return f"\n<{type(self).__name__} {shape} @{self._ctx}>"

    def __len__(self) -> int:
        return self.shape[0]

    def asnumpy(self) -> np.ndarray:
        """A dense NumPy array with a copy of the data."""
        return wrap(self._store.dense(), self._ctx).asnumpy()

    def astype(self, dtype: DTypeLike, copy: bool = True) -> Any:
        wanted = torch_dtype(dtype)
        if not copy and wanted == self._store.dtype:
            return self
        made = self._store.clone()
        made.values = made.values.to(wanted)
        return wrap_sparse(made, self._ctx)

    def as_in_context(self, context: Context) -> Any:
        return self if context == self._ctx else self.copyto(context)

    as_in_ctx = as_in_context

    def tostype(self, stype: str) -> NDArray:
        """This array with another storage type: itself, or dense.

        Raises
        ------
        ValueError
            For the other sparse storage type.
        """
        if stype in CLASSES and stype != self._stype:
            raise ValueError(f"cast_storage from {self._stype} to {stype} is not supported")
        return super().tostype(stype)

    def copyto(self, other: object) -> Any:
        """Copy into another array (converting the data type, or to dense), or into a new array on a context."""
        if isinstance(other, Context):
            return wrap_sparse(self._store.clone().to(other.device), other)
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto does not support type {type(other)}")
        if other is self:
            raise RuntimeError("copyto: the target is the array itself")
        if other.stype not in ("default", self._stype):
            raise TypeError(f"copyto does not support destination NDArray stype {other.stype}")
        if other.shape != self.shape:
            raise ValueError(f"cannot copy an array of shape {self.shape} to one of shape {other.shape}")
        if isinstance(other, BaseSparseNDArray):
            other._replace(self._store.clone())
        else:
            other._t.data.copy_(self._store.dense())
        return other

    def check_format(self, full_check: bool = True) -> None:
        """Raise MXNetError when the parts do not make a valid array; with ``full_check``, their contents too."""
        self._store.check(full_check)

    def wait_to_read(self) -> None:
        self.data.wait_to_read()

    wait_to_write = wait_to_read

    # ------------------------------------------------------------------ what sparse arrays cannot do

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """Not supported: the rows of another shape would be stored elsewhere."""
        raise NotSupportedForSparseNDArray(self.reshape, None, shape)

    def _at(self, idx: object) -> NDArray:
        raise NotSupportedForSparseNDArray(self._at, "[idx]", idx)

    def _slice(self, start: object, stop: object) -> NDArray:
        raise NotSupportedForSparseNDArray(self._slice, None, start, stop)

    # ------------------------------------------------------------------ gradients

    def detach(self) -> Any:
        """An array of the same stored values that later recordings take for a constant."""
        return wrap_sparse(self._store.detach(), self._ctx)

    def _buffer(self, stype: str) -> NDArray:
        store = self._store
        return wrap_value(empty(stype, store.shape, store.dtype, store.device), self._ctx)

    def _new_proxy(self) -> torch.Tensor:
        """The leaf that stands for this array in recordings; what shares its parts keeps its own."""
        self._store = self._store.detach()
        return proxy_for(self._store)

    def _deliver(self, gradient: Any, add: bool) -> None:
        """Take a gradient that has arrived for this buffer: a dense tensor, or one of rows."""
        if gradient is None:
            if not add:
                store = self._store
                self._replace(empty(self._stype, store.shape, store.dtype, store.device))
            return
        arrived = Rows.from_coo(gradient) if gradient.is_sparse else gradient
        self._replace(self._sum(arrived) if add else arrived)

    def _sum(self, arrived: Any) -> Any:
        """This buffer's values and a gradient, added."""
        store = self._store
        if isinstance(store, Rows) and isinstance(arrived, Rows):
            indices, inverse = torch.unique(torch.cat([store.indices, arrived.indices]), return_inverse=True)
            both = torch.cat([store.values, arrived.values.to(store.dtype)])
            values = both.new_zeros((indices.numel(), *both.shape[1:])).index_add_(0, inverse, both)
            return Rows(store.shape, values, indices)
        dense = store.dense()
        return dense + (arrived.dense() if isinstance(arrived, Sparse) else arrived)

    # ------------------------------------------------------------------ assignment

    def __setitem__(self, key: object, value: object) -> None:
        if isinstance(key, slice):
            if key != slice(None):
                raise ValueError(f"Assignment with slice for {type(self).__name__} is not implemented yet: only [:]")
        elif key is not Ellipsis:
            raise TypeError(f"{type(self).__name__} only supports [:] for assignment")
        if isinstance(value, NDArray):
            if value is not self:
                value = value if value.stype in ("default", self._stype) else value.tostype("default")
                self._set(value._store.clone() if isinstance(value, BaseSparseNDArray) else value._t)
        elif isinstance(value, (np.ndarray, np.generic)) and np.ndim(value):
            if self._stype == "csr":
                warnings.warn(
                    "a CSRNDArray takes NumPy values by a dense copy, which is slow", RuntimeWarning, stacklevel=2
                )
            self._set(torch.as_tensor(np.ascontiguousarray(value)))
        elif isinstance(value, (float, int, np.generic)):
            self._fill(value)
        else:
            raise TypeError(f"type {type(value)} not supported")

    def _set(self, value: Any) -> None:
        if tuple(value.shape) != self.shape:
            raise MXNetError(f"an array of shape {self.shape} cannot take over one of shape {tuple(value.shape)}")
        self._replace(value)

    def _fill(self, value: Any) -> None:
        raise NotImplementedError


class CSRNDArray(BaseSparseNDArray):
    """A matrix in compressed sparse row format: ``data``, ``indices`` (columns) and ``indptr`` (where rows begin).

    Made by :func:`mxnet.nd.sparse.csr_matrix`, :meth:`NDArray.tostype` and operators.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.sparse.csr_matrix(([1, 2, 3], [0, 2, 1], [0, 2, 2, 3]), shape=(3, 4))
    >>> x[2].asnumpy().tolist()
    [[0.0, 3.0, 0.0, 0.0]]
    """

    __slots__ = ()
    _stype = "csr"
    _store: Csr

    @property
    def indptr(self) -> NDArray:
        """Where each row begins in ``data`` and ``indices``, int64, one longer than there are rows."""
        return wrap(self._store.indptr, self._ctx)

    _indptr = _part_of_store("indptr")

    def _fill(self, value: object) -> None:
        raise ValueError(f"a CSRNDArray cannot be filled with one number, got {value}")

    def __getitem__(self, key: object) -> Any:
        rows = self.shape[0]
        if isinstance(key, (int, np.integer)):
            if not -rows <= key < rows:
                raise IndexError(f"index {key} is out of bounds for axis 0 with size {rows}")
            begin = int(key) % rows
            end = begin + 1
        elif isinstance(key, slice):
            if key.step not in (None, 1):
                raise ValueError(f"a CSRNDArray is sliced by step 1, got {key.step}")
            if key == slice(None):
                return self
            begin, end, _ = key.indices(rows)
            end = max(begin, end)
        elif isinstance(key, tuple):
            raise ValueError("Multi-dimension indexing is not supported")
        else:
            raise ValueError(f"Undefined behavior for {key!r}: only integers and slices of rows")
        return _slice(self, begin=(begin,), end=(end,))

    def asscipy(self) -> Any:
        """The array as a ``scipy.sparse.csr_matrix``."""
        sparse = scipy_sparse()
        if sparse is None:
            raise ImportError("asscipy needs SciPy: pip install 'remx[sparse]'")
        values, indptr, indices = [p.detach().cpu().numpy() for p in self._parts()]
        return sparse.csr_matrix((values, indices, indptr), shape=self.shape, dtype=self.dtype)


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which only some rows are stored: ``data`` has these rows, ``indices`` their numbers, ascending.

    Made by :func:`mxnet.nd.sparse.row_sparse_array`, :meth:`NDArray.tostype` and operators; the gradient of a big
    embedding is one.

    Examples
    --------
    >>> import mxnet as mx
    >>> stored = mx.nd.ones((2, 5))
    >>> x = mx.nd.sparse.row_sparse_array((stored, [0, 7]), shape=(9, 5))
    >>> x.retain(mx.nd.array([7])).indices.asnumpy().tolist()
    [7]
    """

    __slots__ = ()
    _stype = "row_sparse"
    _store: Rows

    def _fill(self, value: object) -> None:
        full = torch.full(self.shape, value, dtype=self._store.dtype, device=self._store.device)
        self._replace(Rows(self.shape, full, torch.arange(self.shape[0], device=full.device)))

    def __getitem__(self, key: object) -> RowSparseNDArray:
        if isinstance(key, slice) and key == slice(None) or key is Ellipsis:
            return self
        raise ValueError("RowSparseNDArray only supports [:] for indexing")

    def retain(self, *args: Any, **kwargs: Any) -> Any:
        """Keep only the rows of the given numbers; see :func:`mxnet.nd.sparse.retain`, whose ``data`` this array is."""
        return _retain(self, *args, **kwargs)


CLASSES: dict[str, Any] = {"csr": CSRNDArray, "row_sparse": RowSparseNDArray}
_new = NDArray.__new__


def wrap_sparse(store: Sparse, ctx: Context) -> Any:
    """A sparse array of its parts; nothing is copied or checked."""
    made = _new(CLASSES[store.stype])
    made._store = store
    made._ctx = ctx
    return made


def wrap_value(value: object, ctx: Context) -> NDArray:
    """An array of a tensor or of the parts of a sparse array; nothing is copied or checked."""
    return wrap_sparse(value, ctx) if isinstance(value, Sparse) else wrap(value, ctx)


NDArray._wrap_value = staticmethod(wrap_value)


def scipy_sparse() -> Any:
    """The module ``scipy.sparse``, or None where SciPy is not installed."""
    try:
        import scipy.sparse
    except ImportError:
        return None
    return scipy.sparse


for _class in (BaseSparseNDArray, CSRNDArray, RowSparseNDArray):
    _class.__module__ = "mxnet.ndarray.sparse"  # where pickles and MXNet's users look for them
