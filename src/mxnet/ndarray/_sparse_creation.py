"""Functions that make sparse arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from .._core.dtypes import torch_dtype
from .._core.host import tensor_of
from .._core.sparse.storage import empty, of_parts, starts_of
from .._core.types import DTypeLike, ShapeLike
from ..base import MXNetError
from ..context import Context, chosen_context
from . import _creation
from ._array import NDArray
from ._sparse_array import CLASSES, BaseSparseNDArray, CSRNDArray, RowSparseNDArray, wrap_sparse

_INTEGERS = (int, np.integer)


def _given(stype: str, shape: ShapeLike, values: torch.Tensor, aux: list[torch.Tensor], ctx: Context) -> Any:
    """An array of a caller's parts. What they say is looked at on use, and by ``check_format``."""
    store = of_parts(stype, _creation._shape(shape), values, aux)
    try:
        store.check(full=False)
    except MXNetError as e:
        raise ValueError(str(e)) from None
    return wrap_sparse(store, ctx)


def _vector(source: object, ctx: Context, dtype: DTypeLike) -> torch.Tensor:
    """An array of values or indices as a tensor of its own; lists are float32 when no type is given."""
    if isinstance(source, NDArray):
        t = source._t.detach()
        return t.to(ctx.device, torch_dtype(dtype) if dtype is not None else t.dtype, copy=True)
    if dtype is None:
        dtype = source.dtype if isinstance(source, np.ndarray) else np.float32
    try:
        return tensor_of(source, torch_dtype(dtype)).to(ctx.device)
    except TypeError as e:
        raise TypeError(f"values must be array like object: {e}") from None


def _same_shape(found: tuple[int, ...], wanted: Any) -> None:
    if wanted is not None and tuple(wanted) != tuple(found):
        raise ValueError(f"Shape mismatch detected. {tuple(found)} v.s. {tuple(wanted)}")


def _length(indices: torch.Tensor) -> int:
    """The least length of an axis that has places of these numbers."""
    if not indices.numel():
        raise ValueError("invalid shape: it cannot be inferred without indices")
    return int(indices.max()) + 1


def csr_matrix(
    arg1: Any, shape: ShapeLike | None = None, ctx: Context | None = None, dtype: DTypeLike = None
) -> CSRNDArray:
    """A CSR matrix.

    Parameters
    ----------
    arg1 : various
        ``(M, N)`` for an empty one, ``(data, indices, indptr)``, ``(data, (row, col))``, a dense array, a CSRNDArray,
        or a SciPy sparse matrix. Values of one place are added up where rows and columns are given.
    shape : tuple of int, optional
        Inferred from the indices when not given.
    ctx, dtype : optional

    Raises
    ------
    ValueError
        When the parts do not fit together, or the shape cannot be inferred.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.sparse.csr_matrix(([5, 6], ([0, 1], [2, 0])), shape=(2, 3)).asnumpy().tolist()
    [[0, 0, 5], [6, 0, 0]]
    """
    ctx = chosen_context(ctx)
    if isinstance(arg1, tuple):
        if len(arg1) == 2 and isinstance(arg1[1], (tuple, list)) and len(arg1[1]) == 2:
            values, (rows, columns) = arg1
            return _from_coordinates(values, rows, columns, shape, ctx, dtype)
        if len(arg1) == 2:
            _same_shape(arg1, shape)
            return zeros("csr", arg1, ctx, dtype)
        if len(arg1) != 3:
            raise ValueError(
                f"csr_matrix takes (M, N), (data, indices, indptr) or (data, (row, col)), got a tuple of {len(arg1)}"
            )
        values = _vector(arg1[0], ctx, dtype)
        indices, indptr = (_vector(a, ctx, np.int64) for a in arg1[1:])
        if shape is None:
            shape = (indptr.numel() - 1, _length(indices))
        return _given("csr", shape, values, [indptr, indices], ctx)
    if isinstance(arg1, RowSparseNDArray):
        raise ValueError("Unexpected input type: RowSparseNDArray")
    return _converted(arg1, "csr", shape, ctx, dtype)


def _from_coordinates(values: Any, rows: Any, columns: Any, shape: Any, ctx: Context, dtype: Any) -> CSRNDArray:
    values = _vector(values if isinstance(values, NDArray) else np.asarray(values), ctx, dtype)
    rows, columns = _vector(rows, ctx, np.int64), _vector(columns, ctx, np.int64)
    if not values.shape == rows.shape == columns.shape:
        raise ValueError(
            f"data, row and col must have one length, got {values.numel()}, {rows.numel()} and {columns.numel()}"
        )
    if shape is None:
        shape = (_length(rows), _length(columns))
    for name, index, bound in (("row", rows, shape[0]), ("column", columns, shape[1])):
        if index.numel() and (int(index.min()) < 0 or int(index.max()) >= bound):
            raise ValueError(f"csr: a {name} index is out of range [0, {bound})")
    width = max(int(shape[1]), 1)
    keys, inverse = torch.unique(rows * width + columns, return_inverse=True)
    summed = values.new_zeros(keys.numel()).index_add_(0, inverse, values)
    rows = torch.div(keys, width, rounding_mode="floor")
    return _given("csr", shape, summed, [starts_of(rows, int(shape[0])), keys - rows * width], ctx)


def row_sparse_array(
    arg1: Any, shape: Any = None, ctx: Context | None = None, dtype: DTypeLike = None
) -> RowSparseNDArray:
    """A row-sparse array.

    Parameters
    ----------
    arg1 : various
        A shape for an empty one, ``(data, indices)``, a dense array, or a RowSparseNDArray.
    shape : tuple of int, optional
        Inferred from the indices when not given.
    ctx, dtype : optional

    Raises
    ------
    ValueError
        When the parts do not fit together, or the shape cannot be inferred.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.sparse.row_sparse_array(([[1, 2]], [1]), shape=(3, 2)).asnumpy().tolist()
    [[0.0, 0.0], [1.0, 2.0], [0.0, 0.0]]
    """
    ctx = chosen_context(ctx)
    if isinstance(arg1, tuple) and len(arg1) > 1 and all(isinstance(n, _INTEGERS) for n in arg1):
        _same_shape(arg1, shape)
        return zeros("row_sparse", arg1, ctx, dtype)
    if isinstance(arg1, tuple):
        if len(arg1) != 2:
            raise ValueError(f"Unexpected length of input tuple: {len(arg1)}; a shape or (data, indices) is expected")
        values, indices = _vector(arg1[0], ctx, dtype), _vector(arg1[1], ctx, np.int64)
        if shape is None:
            shape = (_length(indices), *values.shape[1:])
        if not indices.numel():  # an empty list has no further axes
            values = values.reshape(0, *_creation._shape(shape)[1:])
        return _given("row_sparse", shape, values, [indices], ctx)
    if isinstance(arg1, CSRNDArray):
        raise ValueError("Unexpected input type: CSRNDArray")
    return _converted(arg1, "row_sparse", shape, ctx, dtype)


def _converted(source: object, stype: str, shape: object, ctx: Context, dtype: DTypeLike) -> Any:
    """A sparse array of another one, of a SciPy matrix, or of dense data."""
    if isinstance(source, BaseSparseNDArray) or hasattr(source, "tocsr"):
        made = array(source, ctx, dtype)
    else:
        if dtype is None and isinstance(source, (np.ndarray, NDArray)):
            dtype = source.dtype
        made = _creation.array(source, ctx, dtype).tostype(stype)
    _same_shape(made.shape, shape)
    return made


def array(source_array: Any, ctx: Context | None = None, dtype: DTypeLike = None) -> Any:
    """A sparse array with the values of another sparse array or of a SciPy sparse matrix.

    Parameters
    ----------
    source_array : RowSparseNDArray, CSRNDArray or SciPy sparse matrix
        Values of one place are added up.
    ctx, dtype : optional

    Raises
    ------
    ValueError
        For dense data.
    """
    ctx = chosen_context(ctx)
    if isinstance(source_array, BaseSparseNDArray):
        made = source_array.copyto(ctx)
        return made if dtype is None else made.astype(dtype, copy=False)
    if not hasattr(source_array, "tocsr"):
        raise ValueError(
            f"source_array must be a sparse NDArray or a SciPy sparse matrix, got {type(source_array)}; use "
            "mx.nd.array for dense data"
        )
    m = source_array.tocsr()
    if not m.has_canonical_format:
        m = m.copy()
        m.sum_duplicates()
    if dtype is None:
        dtype = m.dtype
    values = tensor_of(m.data, torch_dtype(dtype)).to(ctx.device)
    aux = [tensor_of(a, torch.int64).to(ctx.device) for a in (m.indptr, m.indices)]
    return _given("csr", m.shape, values, aux, ctx)


def zeros(stype: str, shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None, **kwargs: Any) -> Any:
    """An array of zeros with a storage type.

    Parameters
    ----------
    stype : {"default", "csr", "row_sparse"}
    shape : int or tuple of int
    ctx, dtype : optional
        The current context and float32 when not given.

    Raises
    ------
    ValueError
        For an unknown storage type, or a csr array that is no matrix.
    """
    ctx = chosen_context(ctx)
    if stype == "default":
        return _creation.zeros(shape, ctx, dtype, **kwargs)
    if stype not in CLASSES:
        raise ValueError(f"unknown storage type: {stype!r}")
    shape = _creation._shape(shape)
    if stype == "csr" and len(shape) != 2:
        raise ValueError(f"csr storage needs 2 axes, got shape {shape}")
    return wrap_sparse(empty(stype, shape, torch_dtype(np.float32 if dtype is None else dtype), ctx.device), ctx)


def empty_array(stype: str, shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None) -> Any:
    """An array with a storage type; sparse ones have no entries."""
    return zeros(stype, shape, ctx, dtype)


empty_array.__name__ = empty_array.__qualname__ = "empty"
