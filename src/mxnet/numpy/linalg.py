"""Linear algebra over matrices in the last two axes (``mx.np.linalg``)."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from .._core.ops.numpy.families import promoted
from .._core.types import Axes
from . import fallback_linalg
from ._calls import function

if TYPE_CHECKING:
    from ._stubs.fallback_linalg import *  # noqa: F403

__all__ = [
    "cholesky", "det", "eig", "eigh", "eigvals", "eigvalsh", "inv", "norm", "pinv", "slogdet", "solve", "svd",
    "tensorinv", "tensorsolve",
]  # fmt: skip


def _real(x: Tensor) -> Tensor:
    return x if x.is_floating_point() else x.float()


def _of_one_type(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two arrays in the type that holds both; integers count as float64."""
    a, b = (x if x.is_floating_point() else x.double() for x in (a, b))
    dtype = a.dtype if a.dtype == b.dtype else promoted(a.dtype, b.dtype)
    return a.to(dtype), b.to(dtype)


@function
def norm(x: Tensor, ord: Any = None, axis: Axes = None, keepdims: bool = False) -> Tensor:
    """Norm of vectors (along one axis) or matrices (over two); of all elements together without ``ord`` and ``axis``.

    Parameters
    ----------
    x : ndarray
    ord : number or {"fro", "nuc", "inf", "-inf"}, optional
        Which norm, as for :func:`numpy.linalg.norm`.
    axis : int or pair of int, optional
    keepdims : bool
        Keep the reduced axes with length 1.
    """
    values = _real(x)
    if isinstance(axis, list):
        axis = tuple(axis)
    if ord in ("inf", "-inf"):
        ord = float(ord)
    if not values.ndim and axis is None:
        return values.abs()
    if ord == "fro" and values.ndim == 1:
        ord = 2
    if ord is None:
        return torch.linalg.vector_norm(values, 2, dim=axis, keepdim=keepdims)
    return torch.linalg.norm(values, ord, dim=axis, keepdim=keepdims)


@function
def svd(a: Tensor) -> Any:
    """Singular values of matrices with no more rows than columns: ``a = (u * s[..., None, :]) @ v``."""
    u, s, v = torch.linalg.svd(_real(a), full_matrices=False)
    return u, s, v


@function
def cholesky(a: Tensor) -> Tensor:
    """The lower triangular factor of positive definite matrices."""
    return torch.linalg.cholesky(_real(a))


@function
def inv(a: Tensor) -> Tensor:
    """The inverse of matrices."""
    return torch.linalg.inv(_real(a))


@function
def pinv(a: Tensor, rcond: Any = 1e-15, hermitian: bool = False) -> Tensor:
    """The pseudo-inverse; singular values below ``rcond`` times the largest count as zero."""
    return torch.linalg.pinv(_real(a), rtol=rcond, hermitian=hermitian)


@function
def det(a: Tensor) -> Tensor:
    """Determinants."""
    return torch.linalg.det(_real(a))


@function
def slogdet(a: Tensor) -> Any:
    """Sign and logarithm of the absolute value of determinants."""
    sign, logarithm = torch.linalg.slogdet(_real(a))
    return sign, logarithm


@function
def solve(a: Tensor, b: Tensor) -> Tensor:
    """The ``x`` of ``a @ x = b``."""
    return torch.linalg.solve(*_of_one_type(a, b))


@function
def tensorinv(a: Tensor, ind: int = 2) -> Tensor:
    """The inverse for :func:`mxnet.numpy.tensordot` over the last axes; ``ind`` says how many axes are its first."""
    return torch.linalg.tensorinv(_real(a), ind)


@function
def tensorsolve(a: Tensor, b: Tensor, axes: Any = None) -> Tensor:
    """The ``x`` whose tensordot with ``a``, over all axes of ``x``, is ``b``."""
    a, b = _of_one_type(a, b)
    if axes is not None:
        last = [i % a.ndim for i in axes]
        a = a.permute([i for i in range(a.ndim) if i not in last] + last)
    shape = tuple(a.shape)[-(a.ndim - b.ndim) :]  # as NumPy has it for any numbers of axes
    return torch.linalg.solve(a.reshape(-1, math.prod(shape)), b.reshape(-1)).reshape(shape)


@function
def eigh(a: Tensor, UPLO: str = "L") -> Any:
    """Ascending eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read."""
    values, vectors = torch.linalg.eigh(_real(a), UPLO)
    return values, vectors


@function
def eigvalsh(a: Tensor, UPLO: str = "L") -> Tensor:
    """Ascending eigenvalues of symmetric matrices, of which one triangle is read."""
    return torch.linalg.eigvalsh(_real(a), UPLO)


def _without_imaginary(x: Tensor) -> Tensor:
    if bool((x.imag != 0).any()):
        raise ValueError("the eigenvalues are complex, and there are no complex arrays")
    return x.real.clone()


@function
def eig(a: Tensor) -> Any:
    """Eigenvalues and eigenvectors of matrices whose eigenvalues are real."""
    values, vectors = torch.linalg.eig(_real(a))
    return _without_imaginary(values), vectors.real.clone()


@function
def eigvals(a: Tensor) -> Tensor:
    """Eigenvalues of matrices whose eigenvalues are real."""
    return _without_imaginary(torch.linalg.eigvals(_real(a)))


for _name in __all__:
    globals()[_name].__module__ = __name__
globals().update(fallback_linalg._FUNCTIONS)
__all__ += fallback_linalg.__all__
