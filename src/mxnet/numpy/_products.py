"""Products of vectors and matrices, and diagonals."""

from __future__ import annotations

from typing import Any

from .._core.ops.numpy import products as ops
from ..util import _check_ufunc_keywords
from ._array import ndarray
from ._calls import checked, is_symbol, operators, run
from ._shape import ravel


def inner(a: ndarray, b: ndarray) -> ndarray:
    """Sum of products over the last axes."""
    if not (is_symbol(a) or is_symbol(b)) and (not checked("inner", a).ndim or not checked("inner", b).ndim):
        return a * b
    return run(ops.tensordot, "inner", [a, b], {"a_axes_summed": (-1,), "b_axes_summed": (-1,)})


def outer(a: ndarray, b: ndarray) -> ndarray:
    """Products of all pairs of elements of two flattened arrays."""
    return run(ops.tensordot_int_axes, "outer", [ravel(a), ravel(b)], {"axes": 0})


def vdot(a: ndarray, b: ndarray) -> ndarray:
    """Sum of products of two flattened arrays."""
    return run(ops.tensordot_int_axes, "vdot", [ravel(a), ravel(b)], {"axes": 1})


def tensordot(a: ndarray, b: ndarray, axes: Any = 2) -> ndarray:
    """Sum of products over several axes: the last ``axes`` of ``a`` and the first of ``b``, or two lists of them."""
    if isinstance(axes, int):
        return run(ops.tensordot_int_axes, "tensordot", [a, b], {"axes": axes})
    of_a, of_b = [(i,) if isinstance(i, int) else tuple(i) for i in axes]
    return run(ops.tensordot, "tensordot", [a, b], {"a_axes_summed": of_a, "b_axes_summed": of_b})


def einsum(*operands: Any, **kwargs: Any) -> ndarray:
    """Sum of products in Einstein's notation: ``einsum("ij,jk->ik", a, b)``.

    Parameters
    ----------
    *operands
        The subscripts, then as many arrays as they name.
    out : ndarray, optional
    optimize : bool, optional
        Whether to look for a cheap order of products; it is looked for anyway where a library for that is installed.
    """
    out, optimize = kwargs.pop("out", None), kwargs.pop("optimize", False)
    if kwargs:
        raise TypeError(f"einsum got unknown keywords: {', '.join(kwargs)}")
    if not operands or not isinstance(operands[0], str):
        raise TypeError(f"einsum takes subscripts as text and then arrays, got {operands[:1]}")
    subscripts, *arrays = operands
    params = {"subscripts": subscripts, "optimize": int(bool(optimize))}
    return run(ops.einsum, "einsum", arrays, params, out)


def matmul(a: ndarray, b: ndarray, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Product of matrices, which lie in the last two axes; the others are broadcast."""
    if kwargs:
        _check_ufunc_keywords("matmul", kwargs)
    return run(ops.matmul, "matmul", [a, b], {}, out)


FUNCTIONS: dict[str, Any] = {f.__name__: f for f in (einsum, inner, matmul, outer, tensordot, vdot)}
FUNCTIONS.update(
    operators(
        {
            "diag": (ops.diag, "array, k=0"),
            "diagflat": (ops.diagflat, "array, k=0"),
            "diagonal": (ops.diagonal, "a, offset=0, axis1=0, axis2=1"),
            "dot": (ops.dot, "a, b, out=None"),
            "polyval": (ops.polyval, "p, x"),
            "trace": (ops.trace, "a, offset=0, axis1=0, axis2=1, out=None"),
            "tril": (ops.tril, "m, k=0"),
        }
    )
)
