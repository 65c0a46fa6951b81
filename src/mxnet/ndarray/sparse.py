"""Sparse arrays: compressed sparse rows (``csr``) and row-sparse (``row_sparse``).

A sparse array keeps its parts as tensors. Operators without a sparse kernel see a dense copy (``_t``), which is MXNet's
"storage fallback".
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .._core.dtypes import TORCH_TO_NP, torch_dtype
from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function
from ..base import MXNetError
from ..context import Context, current_context
from . import _creation
from ._array import NDArray, wrap

if TYPE_CHECKING:
    from ._stubs.sparse import *  # noqa: F403

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "array",
    "csr_matrix",
    "empty",
    "row_sparse_array",
    "zeros",
]


class BaseSparseNDArray(NDArray):
    """What both kinds of sparse arrays share."""

    __slots__ = ("_indices", "_shape", "_values")

    _indices: torch.Tensor
    _values: torch.Tensor
    _shape: tuple[int, ...]
    _stype = ""

    def __init__(self, handle: Any, writable: bool = True) -> None:
        if handle is not None:  # pickles call the class with None and bring the parts in __setstate__
            raise TypeError(f"use mx.nd.sparse.array to make a {type(self).__name__}")

    def __setstate__(self, saved: dict[str, Any]) -> None:
        from .._core.serialization import load_array

        other = load_array(saved["handle"])
        if type(other) is not type(self):
            raise MXNetError(f"a pickled {type(self).__name__} holds a {type(other).__name__}")
        for name in ("_ctx", "_shape", "_values", "_indices", *type(self).__slots__):
            setattr(self, name, getattr(other, name))

    # ------------------------------------------------------------------ parts

    @property
    def _t(self) -> torch.Tensor:  # type: ignore[override]
        """A dense copy: what operators without a sparse kernel compute on."""
        return self._dense()

    @_t.setter
    def _t(self, value: torch.Tensor) -> None:
        self._assign(value)

    def _dense(self) -> torch.Tensor:
        raise NotImplementedError

    def _assign(self, dense: torch.Tensor) -> None:
        """Take over the values of a dense tensor, in place."""
        raise NotImplementedError

    @property
    def stype(self) -> str:
        """The storage type, ``"csr"`` or ``"row_sparse"``."""
        return self._stype

    @property
    def shape(self) -> tuple[int, ...]:
        """The length along each axis."""
        return self._shape

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self._shape)

    @property
    def size(self) -> int:
        """The number of elements, zeros included."""
        return int(np.prod(self._shape, dtype=np.int64))

    @property
    def dtype(self) -> Any:
        """The data type of the values, as a NumPy type."""
        return TORCH_TO_NP[self._values.dtype]

    @property
    def data(self) -> NDArray:
        """The stored values."""
        return wrap(self._values, self._ctx)

    @property
    def indices(self) -> NDArray:
        """Column numbers (csr) or numbers of the stored rows (row_sparse), int64."""
        return wrap(self._indices, self._ctx)

    # ------------------------------------------------------------------ conversions

    def __repr__(self) -> str:
        shape = "x".join(str(n) for n in self._shape)
        return f"\n<{type(self).__name__} {shape} @{self._ctx}>"

    def __len__(self) -> int:
        return self._shape[0]

    def asnumpy(self) -> np.ndarray:
        """A dense NumPy array with a copy of the data."""
        return wrap(self._dense(), self._ctx).asnumpy()

    def _parts(self) -> tuple[torch.Tensor, ...]:
        raise NotImplementedError

    def _like(self, *parts: torch.Tensor, ctx: Context | None = None) -> Any:
        return from_parts(self._stype, self._shape, parts[0], list(parts[1:]), ctx or self._ctx)

    def copy(self) -> Any:
        """A copy of the same storage type."""
        return self._like(*[p.clone() for p in self._parts()])

    def astype(self, dtype: Any, copy: bool = True) -> Any:
        """A copy with another data type; itself when the type is right already and ``copy`` is false."""
        wanted = torch_dtype(dtype)
        if not copy and wanted == self._values.dtype:
            return self
        values, *rest = self._parts()
        return self._like(values.to(wanted, copy=True), *[p.clone() for p in rest])

    def as_in_context(self, context: Context) -> Any:
        """This array on another context: itself when it is there already, else a copy."""
        if context == self._ctx:
            return self
        return self._like(*[p.to(context.device, copy=True) for p in self._parts()], ctx=context)

    as_in_ctx = as_in_context

    def tostype(self, stype: str) -> NDArray:
        """This array with another storage type."""
        return self if stype == self._stype else cast_storage(self, stype)

    def copyto(self, other: Any) -> Any:
        """Copy into another array (converting the storage type), or into a new array on a context."""
        if isinstance(other, Context):
            return self._like(*[p.to(other.device, copy=True) for p in self._parts()], ctx=other)
        if not isinstance(other, NDArray):
            raise TypeError(f"copyto does not support type {type(other)}")
        if other is self:
            raise RuntimeError("You are attempting to copy an array to itself")
        if other.shape != self.shape:
            raise ValueError(f"cannot copy an array of shape {self.shape} to one of shape {other.shape}")
        if isinstance(other, BaseSparseNDArray):
            other._take(self.tostype(other.stype))
        else:
            other._t.data.copy_(self._dense())
        return other

    def _take(self, other: Any) -> None:
        """Take over the parts of an array of the same kind."""
        dtype, device = self._values.dtype, self._values.device
        self._values = other._values.to(device, dtype, copy=True)
        self._indices = other._indices.to(device, copy=True)

    def _deliver(self, gradient: torch.Tensor | None, add: bool) -> None:
        """Take a dense gradient that has arrived for this buffer."""
        fresh = torch.zeros(self._shape, dtype=self._values.dtype, device=self._values.device)
        if gradient is not None:
            fresh += gradient
        self._assign(self._dense() + fresh if add else fresh)

    def check_format(self, full_check: bool = True) -> None:
        """Raise MXNetError when the parts do not make a valid array."""
        values, *aux = self._parts()
        _check(self._stype, self._shape, values, aux)

    def __setitem__(self, key: Any, value: Any) -> None:
        if key != slice(None) and key is not Ellipsis:
            raise ValueError(f"{type(self).__name__} only supports [:] for assignment")
        if isinstance(value, NDArray):
            value.copyto(self)
        else:
            self._assign(torch.as_tensor(np.broadcast_to(np.asarray(value), self._shape).copy()))

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        found = self.asnumpy()
        return found if dtype is None else found.astype(dtype, copy=False)


class CSRNDArray(BaseSparseNDArray):
    """A matrix in compressed sparse row format: ``data``, ``indices`` (columns) and ``indptr`` (where rows begin)."""

    __slots__ = ("_indptr",)
    _indptr: torch.Tensor
    _stype = "csr"

    @property
    def indptr(self) -> NDArray:
        """Where each row begins in ``data`` and ``indices``, int64, one longer than there are rows."""
        return wrap(self._indptr, self._ctx)

    def _parts(self) -> tuple[torch.Tensor, ...]:
        return self._values, self._indptr, self._indices

    def _rows(self) -> torch.Tensor:
        return torch.repeat_interleave(
            torch.arange(self._shape[0], device=self._indptr.device), self._indptr[1:] - self._indptr[:-1]
        )

    def _dense(self) -> torch.Tensor:
        dense = torch.zeros(self._shape, dtype=self._values.dtype, device=self._values.device)
        dense.index_put_((self._rows(), self._indices), self._values, accumulate=self._values.dtype != torch.bool)
        return dense

    def _assign(self, dense: torch.Tensor) -> None:
        self._values, (self._indptr, self._indices) = _csr_of(dense.to(self._values.dtype))

    def _take(self, other: Any) -> None:
        super()._take(other)
        self._indptr = other._indptr.to(self._values.device, copy=True)

    def __getitem__(self, key: Any) -> CSRNDArray:
        rows = self._shape[0]
        if isinstance(key, (int, np.integer)):
            if not -rows <= key < rows:
                raise IndexError(f"index {key} is out of bounds for axis 0 with size {rows}")
            begin = int(key) % rows
            end = begin + 1
        elif isinstance(key, slice):
            if key.step not in (None, 1):
                raise ValueError("CSRNDArray only supports continuous slicing on axis 0")
            if key == slice(None):
                return self
            begin, end, _ = key.indices(rows)
            end = max(begin, end)
        else:
            raise IndexError(f"unsupported index {key!r} for a CSRNDArray: only integers and slices of rows")
        first, last = int(self._indptr[begin]), int(self._indptr[end])
        return from_parts(
            "csr",
            (end - begin, *self._shape[1:]),
            self._values[first:last].clone(),
            [self._indptr[begin : end + 1] - first, self._indices[first:last].clone()],
            self._ctx,
        )

    def asscipy(self) -> Any:
        """The array as a ``scipy.sparse.csr_matrix``."""
        sparse = _scipy_sparse()
        if sparse is None:
            raise ImportError("asscipy needs SciPy: pip install 'remx[sparse]'")
        return sparse.csr_matrix(
            (self._values.cpu().numpy(), self._indices.cpu().numpy(), self._indptr.cpu().numpy()), shape=self._shape
        )


class RowSparseNDArray(BaseSparseNDArray):
    """An array of which only some rows are stored: ``data`` has these rows, ``indices`` their numbers, ascending."""

    __slots__ = ()
    _stype = "row_sparse"

    def _parts(self) -> tuple[torch.Tensor, ...]:
        return self._values, self._indices

    def _dense(self) -> torch.Tensor:
        dense = torch.zeros(self._shape, dtype=self._values.dtype, device=self._values.device)
        dense[self._indices] = self._values
        return dense

    def _assign(self, dense: torch.Tensor) -> None:
        self._values, (self._indices,) = _rows_of(dense.to(self._values.dtype))

    def __getitem__(self, key: Any) -> RowSparseNDArray:
        if key == slice(None) or key is Ellipsis:
            return self
        raise ValueError("RowSparseNDArray only supports [:] for indexing")

    def retain(self, indices: Any) -> RowSparseNDArray:
        """Keep only the rows of the given numbers."""
        wanted = torch.unique(_vector(indices, self._ctx, np.int64).to(torch.int64))
        kept = torch.isin(self._indices, wanted)
        return self._like(self._values[kept], self._indices[kept])


_CLASSES: dict[str, Any] = {"csr": CSRNDArray, "row_sparse": RowSparseNDArray}


def _csr_of(dense: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    if dense.ndim != 2:
        raise MXNetError(f"csr storage needs 2 axes, got shape {tuple(dense.shape)}")
    rows, columns = torch.nonzero(dense, as_tuple=True)
    indptr = torch.zeros(dense.shape[0] + 1, dtype=torch.int64, device=dense.device)
    indptr[1:] = torch.cumsum(torch.bincount(rows, minlength=dense.shape[0]), 0)
    return dense[rows, columns], [indptr, columns]


def _rows_of(dense: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    rows = torch.nonzero(dense.reshape(dense.shape[0], -1).ne(0).any(1)).reshape(-1)
    return dense[rows], [rows]


def from_parts(stype: str, shape: tuple[int, ...], values: torch.Tensor, aux: list[torch.Tensor], ctx: Context) -> Any:
    """A sparse array of its parts: values, and ``[indptr, indices]`` (csr) or ``[indices]`` (row_sparse).

    Raises
    ------
    MXNetError
        When the parts do not fit together.
    """
    shape = tuple(int(n) for n in shape)
    aux = [a.to(torch.int64) for a in aux]
    _check(stype, shape, values, aux)
    made = NDArray.__new__(_CLASSES[stype])
    made._ctx = ctx
    made._shape = shape
    made._values = values
    made._indices = aux[-1]
    if stype == "csr":
        made._indptr = aux[0]
    return made


def _check(stype: str, shape: tuple[int, ...], values: torch.Tensor, aux: list[torch.Tensor]) -> None:
    indices = aux[-1]
    bound = shape[1] if stype == "csr" and len(shape) == 2 else shape[0] if shape else 0
    if stype == "csr":
        indptr = aux[0]
        if len(shape) != 2:
            raise MXNetError(f"csr storage needs 2 axes, got shape {shape}")
        if indptr.ndim != 1 or indptr.numel() != shape[0] + 1:
            raise MXNetError(f"csr: indptr must have length {shape[0] + 1}, got shape {tuple(indptr.shape)}")
        if values.ndim != 1 or indices.shape != values.shape:
            raise MXNetError(
                f"csr: data {tuple(values.shape)} and indices {tuple(indices.shape)} must be vectors of one length"
            )
        if int(indptr[0]) != 0 or int(indptr[-1]) != values.numel() or bool((indptr[1:] < indptr[:-1]).any()):
            raise MXNetError(f"csr: indptr must ascend from 0 to {values.numel()}")
    else:
        if indices.ndim != 1 or values.shape[:1] != indices.shape or tuple(values.shape[1:]) != tuple(shape[1:]):
            raise MXNetError(
                f"row_sparse: data {tuple(values.shape)} and indices {tuple(indices.shape)} do not fit shape {shape}"
            )
        if bool((indices[1:] <= indices[:-1]).any()):
            raise MXNetError("row_sparse: indices must ascend")
    if indices.numel() and (int(indices.min()) < 0 or int(indices.max()) >= bound):
        raise MXNetError(f"{stype}: an index is out of range [0, {bound})")


def cast_storage(x: NDArray, stype: str) -> NDArray:
    """An array with another storage type."""
    if stype == x.stype:
        return x
    dense = x._t.detach()
    if stype == "default":
        return wrap(dense, x._ctx)
    if stype not in _CLASSES:
        raise ValueError(f"storage type must be default, csr or row_sparse, got {stype!r}")
    values, aux = _csr_of(dense) if stype == "csr" else _rows_of(dense)
    return from_parts(stype, tuple(dense.shape), values, aux, x._ctx)


# ---------------------------------------------------------------------- making sparse arrays


def _scipy_sparse() -> Any:
    try:
        import scipy.sparse
    except ImportError:
        return None
    return scipy.sparse


def _vector(source: Any, ctx: Context, dtype: Any) -> torch.Tensor:
    if isinstance(source, NDArray):
        return source._t.detach().to(ctx.device, torch_dtype(dtype) if dtype is not None else source._t.dtype)
    found = np.asarray(source)
    if dtype is None:
        dtype = found.dtype if isinstance(source, np.ndarray) else np.float32
    return torch.as_tensor(found.astype(TORCH_TO_NP[torch_dtype(dtype)])).to(ctx.device)


def csr_matrix(arg1: Any, shape: Any = None, ctx: Context | None = None, dtype: Any = None) -> CSRNDArray:
    """A CSR matrix.

    Parameters
    ----------
    arg1 : various
        ``(M, N)`` for an empty one, ``(data, indices, indptr)``, ``(data, (row, col))``, a dense array, a CSRNDArray,
        or a SciPy sparse matrix.
    shape : tuple of int, optional
        Inferred from the indices when not given.
    ctx, dtype : optional
    """
    ctx = ctx or current_context()
    if isinstance(arg1, tuple):
        if len(arg1) == 2 and not isinstance(arg1[1], (tuple, list)):
            return zeros("csr", arg1, ctx, dtype)
        if len(arg1) == 2:
            values, (rows, columns) = arg1
            return _from_coordinates(values, rows, columns, shape, ctx, dtype)
        if len(arg1) == 3:
            values = _vector(arg1[0], ctx, dtype)
            indices, indptr = (_vector(a, ctx, np.int64) for a in arg1[1:])
            if shape is None:
                shape = (indptr.numel() - 1, int(indices.max()) + 1 if indices.numel() else 0)
            return from_parts("csr", shape, values, [indptr, indices], ctx)
        raise ValueError(
            f"csr_matrix takes (M, N), (data, indices, indptr) or (data, (row, col)), got {len(arg1)} items"
        )
    return _checked_shape(_sparse_of(arg1, "csr", ctx, dtype), shape)


def _from_coordinates(values: Any, rows: Any, columns: Any, shape: Any, ctx: Context, dtype: Any) -> CSRNDArray:
    values = _vector(values, ctx, dtype)
    rows, columns = _vector(rows, ctx, np.int64), _vector(columns, ctx, np.int64)
    if shape is None:
        shape = (int(rows.max()) + 1, int(columns.max()) + 1) if rows.numel() else (0, 0)
    if rows.numel() and (int(rows.min()) < 0 or int(rows.max()) >= shape[0]):
        raise MXNetError(f"csr: a row is out of range [0, {shape[0]})")
    order = torch.argsort(rows * max(int(shape[1]), 1) + columns, stable=True)
    indptr = torch.zeros(int(shape[0]) + 1, dtype=torch.int64, device=rows.device)
    indptr[1:] = torch.cumsum(torch.bincount(rows, minlength=int(shape[0])), 0)
    return from_parts("csr", shape, values[order], [indptr, columns[order]], ctx)


def row_sparse_array(arg1: Any, shape: Any = None, ctx: Context | None = None, dtype: Any = None) -> RowSparseNDArray:
    """A row-sparse array.

    Parameters
    ----------
    arg1 : various
        A shape for an empty one, ``(data, indices)``, a dense array, or a RowSparseNDArray.
    shape : tuple of int, optional
        Inferred from the indices when not given.
    ctx, dtype : optional
    """
    ctx = ctx or current_context()
    if isinstance(arg1, tuple) and all(isinstance(n, (int, np.integer)) for n in arg1):
        return zeros("row_sparse", arg1, ctx, dtype)
    if isinstance(arg1, tuple):
        if len(arg1) != 2:
            raise ValueError(f"row_sparse_array takes a shape or (data, indices), got {len(arg1)} items")
        values, indices = _vector(arg1[0], ctx, dtype), _vector(arg1[1], ctx, np.int64)
        order = torch.argsort(indices)
        if shape is None:
            shape = (int(indices.max()) + 1 if indices.numel() else 0, *values.shape[1:])
        return from_parts("row_sparse", shape, values[order], [indices[order]], ctx)
    return _checked_shape(_sparse_of(arg1, "row_sparse", ctx, dtype), shape)


def _checked_shape(made: Any, shape: Any) -> Any:
    if shape is not None and tuple(shape) != made.shape:
        raise ValueError(f"the source has shape {made.shape}, not {tuple(shape)}")
    return made


def _sparse_of(source: Any, stype: str, ctx: Context, dtype: Any) -> Any:
    if isinstance(source, BaseSparseNDArray):
        made = source.copy() if dtype is None else source.astype(dtype)
        return made.as_in_context(ctx).tostype(stype)
    if hasattr(source, "tocsr"):
        m = source.tocsr()
        m.sort_indices()
        values = torch.as_tensor(m.data.astype(TORCH_TO_NP[torch_dtype(m.dtype if dtype is None else dtype)]))
        parts = [torch.as_tensor(m.indptr.astype(np.int64)), torch.as_tensor(m.indices.astype(np.int64))]
        return from_parts("csr", m.shape, values.to(ctx.device), [p.to(ctx.device) for p in parts], ctx).tostype(stype)
    if dtype is None and isinstance(source, np.ndarray):
        dtype = source.dtype
    return cast_storage(_creation.array(source, ctx, dtype), stype)


def array(source_array: Any, ctx: Context | None = None, dtype: Any = None) -> Any:
    """A sparse array with the values of another sparse array or of a SciPy sparse matrix."""
    ctx = ctx or current_context()
    if isinstance(source_array, BaseSparseNDArray):
        return _sparse_of(source_array, source_array.stype, ctx, dtype)
    if hasattr(source_array, "tocsr"):
        return _sparse_of(source_array, "csr", ctx, dtype)
    raise ValueError(
        f"source_array must be a sparse NDArray or a SciPy sparse matrix, got {type(source_array)}; use "
        "mx.nd.array for dense data"
    )


def zeros(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None, **kwargs: Any) -> Any:
    """An array of zeros with a storage type."""
    ctx = ctx or current_context()
    if stype == "default":
        return _creation.zeros(shape, ctx, dtype, **kwargs)
    if stype not in _CLASSES:
        raise ValueError(f"unknown storage type: {stype!r}")
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    values_shape = (0,) if stype == "csr" else (0, *shape[1:])
    values = torch.zeros(values_shape, dtype=torch_dtype(np.float32 if dtype is None else dtype), device=ctx.device)
    indices = torch.zeros(0, dtype=torch.int64, device=ctx.device)
    aux = [indices]
    if stype == "csr":
        aux = [torch.zeros(shape[0] + 1, dtype=torch.int64, device=ctx.device), indices]
    return from_parts(stype, shape, values, aux, ctx)


def empty(stype: str, shape: Any, ctx: Context | None = None, dtype: Any = None) -> Any:
    """An array with a storage type; sparse ones have no entries."""
    return zeros(stype, shape, ctx, dtype)


# ---------------------------------------------------------------------- arithmetic that keeps the storage type

_KEEPS_ZEROS = frozenset(("_mul_scalar", "_div_scalar"))


def scalar(op_name: str, x: NDArray, number: Any, out: NDArray | None = None) -> NDArray:
    """An array and a number: sparse where zeros stay zeros, else dense."""
    from .._core.invoke import invoke
    from .._core.registry import get_op

    od = get_op(op_name)
    if op_name in _KEEPS_ZEROS and isinstance(x, BaseSparseNDArray):
        values, *aux = x._parts()
        made = x._like(od.fn(values, scalar=float(number)), *[a.clone() for a in aux])
        return made if out is None else made.copyto(out)
    made = invoke(od, (x,), {"scalar": float(number)})
    return made if out is None else made.copyto(out)


_KEEPS_COMMON_ZEROS = frozenset(("broadcast_add", "broadcast_sub", "broadcast_mul"))


def binary(op_name: str, a: NDArray, b: NDArray) -> NDArray:
    """Two arrays: sparse when both have one storage type and the operation keeps common zeros, else dense."""
    from .._core.invoke import invoke
    from .._core.registry import get_op

    made = invoke(get_op(op_name), (a, b), {})
    if op_name in _KEEPS_COMMON_ZEROS and a.stype == b.stype and a.shape == b.shape:
        return cast_storage(made, a.stype)
    return made


def _elementwise(name: str) -> Any:
    def fn(lhs: Any, rhs: Any) -> Any:
        from ._arithmetic import FUNCTIONS

        return FUNCTIONS[name](lhs, rhs)

    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = f"``{name}`` of two arrays or an array and a number; see :func:`mxnet.nd.{name}`."
    return fn


add = _elementwise("add")
subtract = _elementwise("subtract")
multiply = _elementwise("multiply")
divide = _elementwise("divide")

install(__name__, "sparse", make_function)
