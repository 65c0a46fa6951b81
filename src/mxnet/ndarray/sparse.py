"""Sparse arrays: compressed sparse rows (``csr``) and row-sparse (``row_sparse``), and operators that know them.

An operator that has no way of its own with a storage type computes on dense copies, as MXNet's "storage fallback" does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.frontend.namespaces import install
from .._core.registry import get_op
from ._arithmetic import FUNCTIONS
from ._array import NDArray, context_of, make_function
from ._sparse_array import BaseSparseNDArray, CSRNDArray, RowSparseNDArray
from ._sparse_creation import array, csr_matrix, row_sparse_array, zeros
from ._sparse_creation import empty_array as empty

if TYPE_CHECKING:
    from ._stubs.sparse import *  # noqa: F403

__all__ = [
    "BaseSparseNDArray",
    "CSRNDArray",
    "RowSparseNDArray",
    "add",
    "array",
    "csr_matrix",
    "divide",
    "empty",
    "multiply",
    "row_sparse_array",
    "subtract",
    "zeros",
]


def _ndarray_cls(handle: object, writable: bool = True, stype: int = -1) -> NDArray:
    """An array of what its storage type keeps: a tensor, or the parts of a sparse array."""
    return NDArray._wrap_value(handle, context_of(handle))


add = FUNCTIONS["add"]
subtract = FUNCTIONS["subtract"]
multiply = FUNCTIONS["multiply"]
divide = FUNCTIONS["divide"]

install(__name__, "sparse", make_function)
gs_retain = make_function(get_op("_sparse_retain"), "retain")
