"""Linear algebra over matrices in the last two axes (``mx.np.linalg``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .._core.ops.linalg import factor
from .._core.ops.numpy import linalg as ops
from .._core.types import Axes
from . import fallback_linalg
from ._array import ndarray
from ._calls import NUMBERS, operators, run
from ._elementwise import FUNCTIONS as _elementwise
from ._reduction import FUNCTIONS as _reductions

if TYPE_CHECKING:
    from ._stubs.fallback_linalg import *  # noqa: F403
    from ._stubs.linalg import *  # noqa: F403

__all__ = ["eig", "eigh", "norm", "pinv", "slogdet", "svd", "tensorsolve"]

_FLAGS = {"fro": ops.FROBENIUS, "f": ops.FROBENIUS, "nuc": ops.NUCLEAR}
_INFINITE = {"inf": _reductions["max"], "-inf": _reductions["min"]}


def norm(x: ndarray, ord: Any = None, axis: Axes = None, keepdims: bool = False) -> Any:
    """Norm of vectors (along one axis) or matrices (over two); of all elements together without ``ord`` and ``axis``.

    Parameters
    ----------
    x : ndarray
    ord : number or {"fro", "nuc", "inf", "-inf"}, optional
        Which norm, as for :func:`numpy.linalg.norm`.
    axis : int or pair of int, optional
        The last two axes by default, or the only one.
    keepdims : bool
        Keep the reduced axes with length 1.
    """
    axes = (axis,) if isinstance(axis, int) else None if axis is None else tuple(axis)
    flag = ops.ORDER
    if ord is None:
        ord, flag = 2, ops.ALL_ELEMENTS if axes is None else ops.FROBENIUS
    elif isinstance(ord, str):
        if ord in _INFINITE:
            if axes is not None and len(axes) == 1:
                return _INFINITE[ord](_elementwise["abs"](x), axes, keepdims)
            ord = float(ord)
        elif ord in _FLAGS:
            ord, flag = 2, _FLAGS[ord]
        else:
            raise ValueError(f"Operator norm: ord must be a number, 'fro', 'nuc', 'inf' or '-inf', got {ord!r}")
    elif axes is not None and len(axes) == 2 and ord in (2, -2):
        flag = ops.SPECTRAL
    return run(ops.norm, "norm", [x], {"ord": ord, "axis": axes, "keepdims": keepdims, "flag": flag})


def pinv(a: ndarray, rcond: Any = 1e-15, hermitian: bool = False) -> Any:
    """The pseudo-inverse; singular values below ``rcond``, a number or an array of one a matrix, times the largest
    count as zero.
    """
    if isinstance(rcond, NUMBERS):
        return run(ops.pinv_scalar_rcond, "pinv", [a], {"rcond": rcond, "hermitian": hermitian})
    return run(ops.pinv, "pinv", [a, rcond], {"hermitian": hermitian})


def tensorsolve(a: ndarray, b: ndarray, axes: Sequence[int] | None = None) -> Any:
    """The ``x`` whose tensordot with ``a``, over all axes of ``x``, is ``b``; ``axes`` of ``a`` are moved last."""
    return run(ops.tensorsolve, "tensorsolve", [a, b], {"a_axes": None if axes is None else tuple(axes)})


def eig(a: ndarray) -> Any:
    """Eigenvalues and eigenvectors of matrices whose eigenvalues are real."""
    return tuple(run(ops.eig, "eig", [a], {}))


def eigh(a: ndarray, UPLO: str = "L") -> Any:
    """Ascending eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read."""
    return tuple(run(ops.eigh, "eigh", [a], {"UPLO": UPLO}))


def slogdet(a: ndarray) -> Any:
    """Sign and logarithm of the absolute value of determinants."""
    return tuple(run(ops.slogdet, "slogdet", [a], {}))


def svd(a: ndarray) -> Any:
    """Singular values of matrices with no more rows than columns: ``a = (u * s[..., None, :]) @ v``."""
    return tuple(run(ops.svd, "svd", [a], {}))


_FUNCTIONS: dict[str, Any] = operators(
    {
        "cholesky": (ops.cholesky, "a"),
        "det": (ops.det, "a"),
        "eigvals": (ops.eigvals, "a"),
        "eigvalsh": (ops.eigvalsh, "a, UPLO='L'"),
        "inv": (factor.inverse, "a"),
        "solve": (ops.solve, "a, b"),
        "tensorinv": (ops.tensorinv, "a, ind=2"),
    }
)
for _fn in _FUNCTIONS.values():
    _fn.__module__ = __name__
globals().update(_FUNCTIONS)
globals().update(fallback_linalg._FUNCTIONS)
__all__ += [*_FUNCTIONS, *fallback_linalg.__all__]
