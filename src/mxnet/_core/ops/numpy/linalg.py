"""Linear algebra with NumPy's semantics, over matrices in the last two axes.

Classic operators compute what both have; here a single matrix has a determinant without axes, and integers count as
floats.
"""

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Literal, Optional

import torch
from torch import Tensor

from ...params import Double, Shape
from ...registry import Display, OpDef, op
from ...shapes import ShapeRule, TypeRule
from ..linalg import factor
from .families import of_one_type, promoted

_Real = Callable[[torch.dtype], torch.dtype]


def _single(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype.is_floating_point else torch.float32


def _double(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype.is_floating_point else torch.float64


def _types(*registered: OpDef, real: _Real) -> None:
    """Declare that integers count as floats of one type, and that arrays of several types are promoted."""
    for od in registered:
        _declare_types(od, od.inputs[: 2 if od.name in ("_npi_solve", "_npi_tensorsolve") else 1], real)


def _declare_types(od: OpDef, names: tuple[str, ...], real: _Real) -> None:
    @od.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        known = [t[name] for name in names]
        if None not in known:
            found = real(known[0])
            for other in known[1:]:
                found = promoted(found, real(other))
            for name in t.outputs:
                t.unify(name, found)


def _as(x: Tensor, real: _Real) -> Tensor:
    return x if x.is_floating_point() else x.to(real(x.dtype))


# ---------------------------------------------------------------------- norms

# How MXNet's files say which norm it is, besides the order.
ALL_ELEMENTS, ORDER, SPECTRAL, FROBENIUS, NUCLEAR, LARGEST, SMALLEST = -2, -1, 0, 1, 2, 3, 4


@op("_npi_norm", outputs=("output0",), display=Display(listed=("data",)))
def norm(
    data: Tensor, *, ord: Double = 2.0, axis: Optional[Shape] = None, keepdims: bool = False, flag: int = ORDER
) -> Tensor:
    """Norm of vectors (one axis) or matrices (two); ``flag`` says which it is where that is no matter of ``ord``.

    Parameters
    ----------
    data : Tensor
    ord : float
        The order, as for :func:`numpy.linalg.norm`.
    axis : tuple of int, optional
        None stands for the last two axes, for the only one of a vector, or for all of them with ``flag=-2``.
    keepdims : bool
        Keep the reduced axes with length 1.
    flag : int
        -2: of all elements; 1: Frobenius; 2: nuclear; 3 and 4: the orders inf and -inf; else what ``ord`` says.
    """
    values = _as(data, _single)
    if not values.ndim and axis is None:
        return values.abs()
    if flag == ALL_ELEMENTS:
        return torch.linalg.vector_norm(values, 2, axis, keepdims)
    axes = tuple(range(max(values.ndim - 2, 0), values.ndim)) if axis is None else axis
    if flag == FROBENIUS:
        return torch.linalg.vector_norm(values, 2, axes, keepdims)
    if flag == NUCLEAR:
        if len(axes) != 2:
            raise ValueError(f"the nuclear norm is that of matrices, in two axes, got axes {axes}")
        return torch.linalg.matrix_norm(values, "nuc", axes, keepdims)
    ord = {LARGEST: math.inf, SMALLEST: -math.inf}.get(flag, ord)
    return torch.linalg.norm(values, ord, axes, keepdims)


# ---------------------------------------------------------------------- factors and inverses


@op("_npi_cholesky", same_shape=True)
def cholesky(A: Tensor) -> Tensor:
    """The lower triangular factor of positive definite matrices."""
    return factor.potrf(_as(A, _single))


@op("_npi_svd", outputs=("output0", "output1", "output2"))
def svd(A: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Singular values of matrices with no more rows than columns: ``A = (u * s[..., None, :]) @ v``.

    Signs are such that the element of largest magnitude in each row of ``v`` is positive.
    """
    u, s, v = torch.linalg.svd(_as(A, _single), full_matrices=False)
    if not v.numel():
        return u, s, v
    sign = torch.where(v.gather(-1, v.abs().argmax(-1, keepdim=True)) < 0, -1.0, 1.0).to(v.dtype)
    return u * sign.mT, s, v * sign


@op("_npi_det", outputs=("output0",), display=Display(input_named=True))
def det(A: Tensor) -> Tensor:
    """Determinants. The gradient of a singular matrix is zero."""
    return factor.det(_as(A, _single))[0].reshape(A.shape[:-2])


@op("_npi_slogdet", outputs=("output0", "output1"), display=Display(input_named=True))
def slogdet(A: Tensor) -> tuple[Tensor, Tensor]:
    """Sign and logarithm of the absolute value of determinants; 0 and -inf, without gradient, for singular matrices."""
    sign, logarithm, *_ = factor.slogdet(_as(A, _single))
    return sign.reshape(A.shape[:-2]), logarithm.reshape(A.shape[:-2])


det.backward(factor.det_gradient)
slogdet.backward(factor.slogdet_gradient)
factor.det.numpy_twin, factor.slogdet.numpy_twin = det, slogdet


@op("_npi_pinv_scalar_rcond")
def pinv_scalar_rcond(A: Tensor, *, rcond: Double = 1e-15, hermitian: bool = False) -> Tensor:
    """The pseudo-inverse; singular values below ``rcond`` times the largest count as zero."""
    return torch.linalg.pinv(_as(A, _single), rtol=rcond, hermitian=hermitian)


@op("_npi_pinv", inert=("rcond",))
def pinv(A: Tensor, rcond: Tensor, *, hermitian: bool = False) -> Tensor:
    """The pseudo-inverse; singular values below ``rcond``, a number a matrix, times the largest count as zero."""
    return torch.linalg.pinv(_as(A, _single), rtol=rcond.detach(), hermitian=hermitian)


# ---------------------------------------------------------------------- equations


def _of_two(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    return of_one_type(_as(a, _double), _as(b, _double))


@op("_npi_solve")
def solve(A: Tensor, B: Tensor) -> Tensor:
    """The ``x`` of ``A @ x = B``."""
    return torch.linalg.solve(*_of_two(A, B))


@op("_npi_tensorinv")
def tensorinv(a: Tensor, *, ind: int = 2) -> Tensor:
    """The inverse for :func:`mxnet.numpy.tensordot` over the last axes; ``ind`` says how many axes are its first."""
    return torch.linalg.tensorinv(_as(a, _single), ind)


@op("_npi_tensorsolve", display=Display(printed={"a_axes": "Shape(tuple), optional, default=[]"}))
def tensorsolve(a: Tensor, b: Tensor, *, a_axes: Optional[Shape] = None) -> Tensor:
    """The ``x`` whose tensordot with ``a``, over all axes of ``x``, is ``b``; ``a_axes`` of ``a`` are moved last."""
    a, b = _of_two(a, b)
    if a_axes:
        last = [i % a.ndim for i in a_axes]
        a = a.permute([i for i in range(a.ndim) if i not in last] + last)
    shape = tuple(a.shape)[-(a.ndim - b.ndim) :]  # as NumPy has it for any numbers of axes
    return torch.linalg.solve(a.reshape(-1, math.prod(shape)), b.reshape(-1)).reshape(shape)


# ---------------------------------------------------------------------- eigenvalues

_TRIANGLE = Display(printed={"UPLO": ", optional, default=L"})


@op("_npi_eigh", outputs=("output0", "output1"), display=_TRIANGLE)
def eigh(A: Tensor, *, UPLO: Literal["L", "U"] = "L") -> tuple[Tensor, Tensor]:
    """Ascending eigenvalues and eigenvectors of symmetric matrices, of which one triangle is read."""
    values, vectors = torch.linalg.eigh(_as(A, _double), UPLO)
    return values, vectors


@op("_npi_eigvalsh", display=_TRIANGLE)
def eigvalsh(A: Tensor, *, UPLO: Literal["L", "U"] = "L") -> Tensor:
    """Ascending eigenvalues of symmetric matrices, of which one triangle is read."""
    return torch.linalg.eigvalsh(_as(A, _double), UPLO)


def _checked(A: Tensor) -> Tensor:
    if A.dtype in (torch.float16, torch.bfloat16):  # torch would warn of complex numbers first
        raise ValueError(f"there are no eigenvalues in {str(A.dtype)[6:]}")
    return _as(A, _double)


def _without_imaginary(x: Tensor) -> Tensor:
    if bool((x.imag != 0).any()):
        raise ValueError("the eigenvalues are complex, and there are no complex arrays")
    return x.real.clone()


@op("_npi_eig", outputs=("output0", "output1"), opaque=True)
def eig(A: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues and eigenvectors of matrices whose eigenvalues are real."""
    values, vectors = torch.linalg.eig(_checked(A))
    return _without_imaginary(values), vectors.real.clone()


@op("_npi_eigvals", opaque=True)
def eigvals(A: Tensor) -> Tensor:
    """Eigenvalues of matrices whose eigenvalues are real."""
    return _without_imaginary(torch.linalg.eigvals(_checked(A)))


@eig.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("A", "output1")
    if s["A"] is not None:
        s.unify("output0", s["A"][:-1])


@eigvals.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["A"] is not None:
        s.unify("output", s["A"][:-1])


_types(norm, cholesky, svd, det, slogdet, pinv, pinv_scalar_rcond, tensorinv, real=_single)
_types(solve, tensorsolve, eig, eigh, eigvals, eigvalsh, real=_double)
