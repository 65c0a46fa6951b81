"""Random arrays, shapes and matrices for tests, drawn from NumPy's generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from .._core.types import Axes, DTypeLike
from ..context import Context
from ..ndarray import NDArray
from ._defaults import default_context, default_dtype

__all__ = [
    "assign_each",
    "assign_each2",
    "collapse_sum_like",
    "create_2d_tensor",
    "create_sparse_array",
    "create_sparse_array_zd",
    "create_vector",
    "get_identity_mat",
    "get_identity_mat_batch",
    "new_matrix_with_real_eigvals_2d",
    "new_matrix_with_real_eigvals_nd",
    "new_orthonormal_matrix_2d",
    "new_sym_matrix_with_real_eigvals_2d",
    "new_sym_matrix_with_real_eigvals_nd",
    "np_reduce",
    "rand_coord_2d",
    "rand_ndarray",
    "rand_shape_2d",
    "rand_shape_3d",
    "rand_shape_nd",
    "rand_sparse_ndarray",
    "random_arrays",
    "random_sample",
    "random_uniform_arrays",
    "shuffle_csr_column_indices",
]


def random_arrays(*shapes: tuple[int, ...]) -> Any:
    """Standard normal float32 arrays of the given shapes: a list, or the array when there is one shape."""
    arrays: list[Any] = [np.asarray(np.random.randn(*s), dtype=default_dtype()) for s in shapes]
    return arrays[0] if len(arrays) == 1 else arrays


def random_uniform_arrays(*shapes: tuple[int, ...], **kwargs: Any) -> list[np.ndarray]:
    """Uniform arrays of the given shapes.

    Parameters
    ----------
    *shapes : tuple of int
    low, high : float
        The interval, ``[0, 1)`` when not given.
    dtype : type
        float32 when not given.
    """
    low, high = kwargs.pop("low", 0.0), kwargs.pop("high", 1.0)
    dtype = kwargs.pop("dtype", default_dtype())
    if kwargs:
        raise TypeError(f"Got unexpected argument/s : {', '.join(kwargs)}")
    return [np.random.uniform(low, high, size=s).astype(dtype) for s in shapes]


def random_sample(population: Sequence[Any], k: int) -> Any:
    """``k`` different elements of a sequence, in random order."""
    if not 0 <= k <= len(population):
        raise AssertionError(f"cannot take {k} of {len(population)} elements")
    shuffled = population[:]
    np.random.shuffle(shuffled)
    return shuffled[:k]


def _sizes(limits: Sequence[int], allow_zero_size: bool) -> tuple[int, ...]:
    low = 0 if allow_zero_size else 1
    return tuple([int(np.random.randint(low, n + 1)) for n in limits])


def rand_shape_2d(dim0: int = 10, dim1: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape of two axes, at most as long as given."""
    return _sizes((dim0, dim1), allow_zero_size)


def rand_shape_3d(dim0: int = 10, dim1: int = 10, dim2: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape of three axes, at most as long as given."""
    return _sizes((dim0, dim1, dim2), allow_zero_size)


def rand_shape_nd(num_dim: int, dim: int = 10, allow_zero_size: bool = False) -> tuple[int, ...]:
    """A random shape of ``num_dim`` axes, each at most ``dim`` long."""
    return _sizes((dim,) * num_dim, allow_zero_size)


def rand_coord_2d(x_low: int, x_high: int, y_low: int, y_high: int) -> tuple[Any, Any]:
    """A random point in a rectangle of int64 coordinates."""
    return np.random.randint(x_low, x_high, dtype=np.int64), np.random.randint(y_low, y_high, dtype=np.int64)


def rand_ndarray(
    shape: tuple[int, ...],
    stype: str = "default",
    density: float | None = None,
    dtype: DTypeLike = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
    distribution: str | None = None,
    ctx: Context | None = None,
) -> NDArray:
    """A random array of a storage type; see :func:`rand_sparse_ndarray` for the arguments."""
    ctx = ctx or default_context()
    if stype == "default":
        return nd.array(random_arrays(shape), dtype=dtype, ctx=ctx)
    more = modifier_func, shuffle_csr_indices, ctx
    return rand_sparse_ndarray(shape, stype, density, dtype, distribution, None, None, *more)[0]


def rand_sparse_ndarray(
    shape: Sequence[int],
    stype: str,
    density: float | None = None,
    dtype: DTypeLike = None,
    distribution: str | None = None,
    data_init: float | None = None,
    rsp_indices: Any = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
    ctx: Context | None = None,
) -> tuple[NDArray, tuple[Any, ...]]:
    """A random sparse array.

    Parameters
    ----------
    shape : sequence of int
    stype : {"csr", "row_sparse"}
    density : float, optional
        The share of stored elements (rows, for row_sparse); random when not given.
    dtype : type, optional
        float32 when not given.
    distribution : {"uniform", "powerlaw"}, optional
        Where the elements of a csr array are: anywhere, or twice as many in each row as in the one before.
    data_init : float, optional
        Give all stored elements this value.
    rsp_indices : array, optional
        The rows that a row_sparse array stores.
    modifier_func : callable, optional
        Applied to each stored element of a row_sparse array.
    shuffle_csr_indices : bool
        Whether the column numbers within a row are in random order.
    ctx : Context, optional

    Returns
    -------
    NDArray, tuple
        The array and its parts: (values, row numbers), or (indptr, indices, data).
    """
    ctx = ctx or default_context()
    density = np.random.rand() if density is None else density
    dtype = default_dtype() if dtype is None else dtype
    distribution = distribution or "uniform"
    if stype == "row_sparse":
        if distribution != "uniform":
            raise AssertionError(f"Distribution {distribution} not supported for row_sparse")
        return _random_rows(tuple(shape), density, dtype, data_init, rsp_indices, modifier_func, ctx)
    if stype != "csr":
        raise AssertionError(f"unknown storage type {stype!r}")
    rows, columns = shape
    csr: Any
    nnz = _stored_elements(rows, columns, density, distribution)
    if distribution == "powerlaw":
        dense = _powerlaw(rows, columns, nnz, dtype)
        csr = nd.array(dense, dtype=dtype, ctx=ctx).tostype("csr")
    else:
        csr = _uniform_csr(rows, columns, nnz, dtype, data_init, shuffle_csr_indices, ctx)
    return csr, (csr.indptr, csr.indices, csr.data)


def _random_rows(
    shape: tuple[int, ...],
    density: float,
    dtype: DTypeLike,
    data_init: float | None,
    rows: Any,
    modifier_func: Callable[[Any], Any] | None,
    ctx: Context,
) -> tuple[NDArray, tuple[Any, ...]]:
    if rows is None:
        rows = np.flatnonzero(np.random.rand(shape[0]) < density)
    elif len(rows) > shape[0]:
        raise AssertionError(f"{len(rows)} row numbers were given for {shape[0]} rows")
    if len(rows) == 0:
        return nd.zeros(shape, stype="row_sparse", dtype=dtype, ctx=ctx), (np.array([], dtype=dtype), np.array([]))
    values = np.random.rand(len(rows), *shape[1:]).astype(dtype)
    if data_init is not None:
        values.fill(data_init)
    if modifier_func is not None:
        values = assign_each(values, modifier_func)
    array = nd.sparse.row_sparse_array((values, rows), shape=shape, dtype=dtype, ctx=ctx)
    return array, (values, rows)


def _stored_elements(rows: int, columns: int, density: float, distribution: str) -> int:
    """How many elements a random csr array stores; refuses what is impossible."""
    if not 0 <= density <= 1:
        raise ValueError("density has to be between 0 and 1")
    if rows <= 0 or columns <= 0:
        raise ValueError("num_rows or num_cols should be greater than 0")
    if distribution not in ("uniform", "powerlaw"):
        raise AssertionError(f"Distribution not supported: {distribution}")
    nnz = int(rows * columns * density)
    if distribution == "powerlaw" and nnz < 2 * rows:
        raise ValueError(
            f"not supported for this density: {density} for this shape ({rows}, {columns}) "
            "Please keep : num_rows * num_cols * density >= 2 * num_rows"
        )
    return nnz


def _uniform_csr(
    rows: int, columns: int, nnz: int, dtype: DTypeLike, data_init: float | None, shuffle: bool, ctx: Context
) -> NDArray:
    places = np.sort(np.random.choice(rows * columns, nnz, replace=False))
    indptr = np.searchsorted(places, np.arange(rows + 1) * columns)
    values = np.random.rand(nnz).astype(dtype) if data_init is None else np.full(nnz, data_init, dtype)
    csr = nd.sparse.csr_matrix((values, places % columns, indptr), shape=(rows, columns), dtype=dtype, ctx=ctx)
    if shuffle:
        shuffle_csr_column_indices(csr)
    return csr


def _powerlaw(rows: int, columns: int, nnz: int, dtype: DTypeLike) -> np.ndarray:
    """A dense array without empty rows in which each row has twice as many elements as the one before."""
    dense = np.zeros((rows, columns), dtype=dtype)
    dense[:, 0] = 1 + np.random.uniform(0.001, 2, rows)
    left = nnz - rows
    width = 2
    for row in dense:
        more = min(min(columns, width) - 1, left)
        row[1 : 1 + more] = 1 + np.random.uniform(0.001, 2, more)
        left -= more
        width *= 2
    if left > 0:
        raise ValueError(f"{nnz} elements in the powerlaw distribution do not fit into the shape ({rows}, {columns})")
    return dense


def shuffle_csr_column_indices(csr: Any) -> None:
    """Put the column numbers within each row of a csr array into random order."""
    starts = csr.indptr.asnumpy()
    columns = csr.indices.asnumpy()
    for start, end in zip(starts[:-1], starts[1:]):
        np.random.shuffle(columns[start:end])
    csr.indices[:] = columns


def create_sparse_array(
    shape: Sequence[int],
    stype: str,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: DTypeLike = None,
    modifier_func: Callable[[Any], Any] | None = None,
    density: float = 0.5,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """A random sparse array; the row numbers of a row_sparse array are sorted."""
    if stype not in ("csr", "row_sparse"):
        raise AssertionError(f"Unknown storage type: {stype}")
    rows = np.sort(np.asarray(rsp_indices)) if stype == "row_sparse" and rsp_indices is not None else None
    more = modifier_func, shuffle_csr_indices
    return rand_sparse_ndarray(shape, stype, density, dtype, None, data_init, rows, *more)[0]


def create_sparse_array_zd(
    shape: Sequence[int],
    stype: str,
    density: float,
    data_init: float | None = None,
    rsp_indices: Any = None,
    dtype: DTypeLike = None,
    modifier_func: Callable[[Any], Any] | None = None,
    shuffle_csr_indices: bool = False,
) -> NDArray:
    """:func:`create_sparse_array` in which a row_sparse array stores no rows but ``rsp_indices``."""
    if stype == "row_sparse":
        density = 0.0
    return create_sparse_array(shape, stype, data_init, rsp_indices, dtype, modifier_func, density, shuffle_csr_indices)


def assign_each(the_input: Any, function: Callable[[Any], Any] | None) -> np.ndarray:
    """The results of a function of each element, as a float64 array; a copy when there is no function."""
    the_input = np.asarray(the_input)
    if function is None:
        return the_input.copy()
    return np.array([function(v) for v in the_input.flat], np.float64).reshape(the_input.shape)


def assign_each2(input1: Any, input2: Any, function: Callable[[Any, Any], Any] | None) -> np.ndarray:
    """The results of a function of each pair of elements; a copy of the first array when there is no function."""
    input1, input2 = np.asarray(input1), np.asarray(input2)
    if function is None:
        return input1.copy()
    if input1.shape != input2.shape:
        raise AssertionError(f"the inputs must have one shape, got {input1.shape} and {input2.shape}")
    return np.array([function(v, w) for v, w in zip(input1.flat, input2.flat)], np.float64).reshape(input1.shape)


def create_2d_tensor(rows: int, columns: int, dtype: DTypeLike = np.int64) -> NDArray:
    """A matrix whose elements are their row's number."""
    return nd.broadcast_to(nd.arange(0, rows, dtype=dtype).reshape((rows, 1)), shape=(rows, columns))


def create_vector(size: int, dtype: DTypeLike = np.int64) -> NDArray:
    """The vector ``0, 1, ..., size - 1``."""
    return nd.arange(0, size, dtype=dtype)


def get_identity_mat(size: int) -> NDArray:
    """The identity matrix."""
    return nd.eye(size)


def get_identity_mat_batch(size: int) -> NDArray:
    """Two identity matrices, of shape ``(2, size, size)``."""
    return nd.array(np.stack([np.eye(size)] * 2))


def np_reduce(dat: np.ndarray, axis: Axes, keepdims: bool, numpy_reduce_func: Callable[..., Any]) -> np.ndarray:
    """Reduce an array over some axes with a NumPy function that may know one axis at a time only."""
    axes = range(dat.ndim) if axis is None else [axis] if isinstance(axis, int) else list(axis)
    result = dat
    for i in sorted(axes, reverse=True):
        result = numpy_reduce_func(result, axis=i)
    if not keepdims:
        return result
    shape = list(dat.shape)
    for i in axes:
        shape[i] = 1
    return result.reshape(shape)


def collapse_sum_like(a: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Sum an array over the axes along which ``shape`` would be broadcast to the array's shape."""
    extra = a.ndim - len(shape)
    if extra < 0:
        raise AssertionError(f"an array of shape {a.shape} cannot be reduced to {shape}")
    if a.size == 0 or 0 in shape:
        return np.zeros(shape, dtype=a.dtype)
    axes = list(range(extra))
    for i, n in enumerate(shape):
        if n != a.shape[i + extra]:
            if n != 1:
                raise AssertionError(f"an array of shape {a.shape} cannot be reduced to {shape}")
            axes.append(i + extra)
    return a.sum(axis=tuple(axes)).reshape(shape)


# ---------------------------------------------------------------------- matrices with known properties


def new_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """A well-conditioned matrix with real eigenvalues in [-10, 10)."""
    # A reflection with scaled columns: its condition is that of the scales, below 3.
    scales = np.random.choice([-1.0, 1.0], n) * np.random.uniform(0.34, 1.0, n)
    normal = np.random.uniform(-1.0, 1.0, (n, 1))
    normal /= np.linalg.norm(normal)
    q = (np.eye(n) - 2 * normal @ normal.T) * scales
    return np.linalg.inv(q) @ np.diag(np.random.uniform(-10.0, 10.0, n)) @ q


def new_orthonormal_matrix_2d(n: int) -> np.ndarray:
    """A random matrix with orthonormal columns."""
    x = np.random.randn(n, n)
    return np.linalg.qr(x.T @ x)[0]


def new_sym_matrix_with_real_eigvals_2d(n: int) -> np.ndarray:
    """A symmetric matrix with eigenvalues in [-10, 10)."""
    q = new_orthonormal_matrix_2d(n)
    return q.T @ np.diag(np.random.uniform(-10.0, 10.0, n)) @ q


def _batch(shape: Sequence[int], make: Callable[[int], np.ndarray]) -> np.ndarray:
    count = int(np.prod(shape[:-2]))
    return np.array([make(shape[-1]) for _ in range(count)]).reshape(shape)


def new_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray:
    """A batch of :func:`new_matrix_with_real_eigvals_2d` of the given shape."""
    return _batch(shape, new_matrix_with_real_eigvals_2d)


def new_sym_matrix_with_real_eigvals_nd(shape: Sequence[int]) -> np.ndarray:
    """A batch of :func:`new_sym_matrix_with_real_eigvals_2d` of the given shape."""
    return _batch(shape, new_sym_matrix_with_real_eigvals_2d)
