"""Sparse arrays: compressed sparse rows (``csr``) and row-sparse (``row_sparse``), and operators that know them.

An operator that has no way of its own with a storage type computes on dense copies, as MXNet's "storage fallback" does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function
from .._core.invoke import invoke
from .._core.registry import get_op
from ._array import NDArray, context_of
from ._sparse_array import BaseSparseNDArray, CSRNDArray, RowSparseNDArray
from ._sparse_calls import wrap_any
from ._sparse_creation import array, csr_matrix, from_parts, row_sparse_array, zeros  # noqa: F401
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


def _ndarray_cls(handle: Any, writable: bool = True, stype: int = -1) -> NDArray:
    """An array of what its storage type keeps: a tensor, or the parts of a sparse array."""
    return wrap_any(handle, context_of(handle))


# What Python's operators compute for arrays of one shape: nothing is to be broadcast, and sparse arrays stay sparse.
_ELEMENTWISE = {
    "broadcast_add": "elemwise_add",
    "broadcast_sub": "elemwise_sub",
    "broadcast_mul": "elemwise_mul",
    "broadcast_div": "elemwise_div",
}


def binary(op_name: str, a: NDArray, b: NDArray) -> NDArray:
    """An operator that broadcasts, on two arrays of which one is sparse."""
    if a.shape == b.shape:
        op_name = _ELEMENTWISE.get(op_name, op_name)
    return invoke(get_op(op_name), (a, b), {})


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
gs_retain = make_function(get_op("_sparse_retain"), "retain")
