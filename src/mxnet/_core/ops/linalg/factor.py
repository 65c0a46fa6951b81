"""Factorizations, inverses, determinants: ``linalg.potrf``, ``potri``, ``gelqf``, ``syevd``, ``inverse``, ``det``."""

import torch
from torch import Tensor

from ...registry import Display, Gradients, Params, Tensors, op
from ...shapes import TypeRule
from ._checks import matrices, one_axis


# MXNet takes ``lower`` by name only, and does not list it.
@op("_linalg_potrf", display=Display(input_named=True), aliases=("linalg_potrf",), same_shape=True, arg_order=("A",))
def potrf(A: Tensor, *, lower: bool = True) -> Tensor:
    """Cholesky factor of symmetric positive definite matrices: L with ``A = L L^T``, or U with ``A = U^T U``.

    Only the triangle that the factor has is read. An error names the matrix that is not positive definite.
    """
    matrices("A", A, square=True)
    return torch.linalg.cholesky(A, upper=not lower)


@op("_linalg_potri", display=Display(input_named=True), aliases=("linalg_potri",), same_shape=True, arg_order=("A",))
def potri(A: Tensor, *, lower: bool = True) -> Tensor:
    """Inverse of a symmetric matrix from its Cholesky factor A: ``(A A^T)^-1``, or ``(A^T A)^-1`` for an upper one."""
    matrices("A", A, square=True)
    factor = A.tril() if lower else A.triu()
    identity = torch.eye(A.shape[-1], dtype=A.dtype, device=A.device).expand_as(A)
    inverse = torch.linalg.solve_triangular(factor, identity, upper=not lower)
    return inverse.mT.matmul(inverse) if lower else inverse.matmul(inverse.mT)


@op("_linalg_gelqf", display=Display(input_named=True), aliases=("linalg_gelqf",), outputs=("output0", "output1"))
def gelqf(A: Tensor) -> tuple[Tensor, Tensor]:
    """LQ factorization ``A = L Q`` of matrices with no more rows than columns; gives Q (orthonormal rows), then L."""
    matrices("A", A)
    if A.shape[-2] > A.shape[-1]:
        raise ValueError(f"A must not have more rows than columns, got shape {tuple(A.shape)}")
    q, r = torch.linalg.qr(A.mT)
    return q.mT, r.mT


@op("_linalg_syevd", display=Display(input_named=True), outputs=("output0", "output1"))
def syevd(A: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvectors, as the rows of U, and ascending eigenvalues L of symmetric matrices: ``A = U^T diag(L) U``.

    Only the lower triangle is read. Each vector's sign makes its element of largest magnitude positive.
    """
    matrices("A", A, square=True)
    values, vectors = torch.linalg.eigh(A)
    u = vectors.mT
    largest = u.gather(-1, u.abs().argmax(-1, keepdim=True))
    return torch.where(largest < 0, -u, u), values


@syevd.backward
def _syevd_gradient(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    u, values = outputs
    du, dl = grads
    x = du.matmul(u.mT)
    # Equal eigenvalues would divide by zero: MXNet's kernel bounds the gap from below.
    gap = values[..., :, None] - values[..., None, :]
    gap = gap.abs().clamp(min=1e-30 if values.dtype == torch.float32 else 1e-100)
    middle = ((x - x.mT) / (2.0 * gap)).tril(-1)
    middle = middle + middle.mT + torch.diag_embed(dl)
    return (u.mT.matmul(middle).matmul(u),)


@op("_linalg_inverse", display=Display(input_named=True), aliases=("_npi_inv", "linalg_inverse"), same_shape=True)
def inverse(A: Tensor) -> Tensor:
    """Inverses of square matrices, of integers in float32. A singular one is an error."""
    matrices("A", A, square=True)
    return torch.linalg.inv(A if A.is_floating_point() else A.float())


@inverse.infer_type
def _(t: TypeRule, p: Params) -> None:
    if t["A"] is None or t["A"].is_floating_point:
        t.same()
    else:
        t.unify("output", torch.float32)


def _factored(a: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Signs, logarithms of magnitudes of the determinants, LU factors and pivots of square matrices."""
    matrices("A", a, square=True)
    lu, pivots = torch.linalg.lu_factor_ex(a)[:2]
    diagonal = lu.diagonal(dim1=-2, dim2=-1)
    order = torch.arange(1, a.shape[-1] + 1, device=a.device, dtype=pivots.dtype)
    swaps = (pivots != order).sum(-1) % 2
    sign = diagonal.sign().prod(-1) * (1 - 2 * swaps).to(a.dtype)
    return sign, diagonal.abs().log().sum(-1), lu, pivots


def _inverse_transposed(a: Tensor, scale: Tensor, regular: Tensor) -> Tensor:
    """``scale * A^-T`` for each matrix, zero for singular ones."""
    identity = torch.eye(a.shape[-1], dtype=a.dtype, device=a.device)
    safe = torch.where(regular[..., None, None], a, identity)
    return torch.where(regular, scale, 0.0)[..., None, None] * torch.linalg.inv(safe).mT


@op(
    "_linalg_det",
    display=Display(input_named=True),
    aliases=("linalg_det",),
    outputs=("output0", "output1", "output2"),
    same_type=("A", "output0", "output1"),
    result_type=torch.int32,
    visible=1,
)
def det(A: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Determinants of square matrices, of shape ``(1,)`` for a single one. The gradient of a singular one is zero."""
    sign, log, lu, pivots = _factored(A)
    return one_axis(sign * log.exp()), lu, pivots


@det.backward
def det_gradient(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    """The gradient of determinants, whatever shape they are given in."""
    value = outputs[0].reshape(inputs[0].shape[:-2])
    return (_inverse_transposed(inputs[0], grads[0].reshape(value.shape) * value, value != 0),)


@op(
    "_linalg_slogdet",
    display=Display(input_named=True),
    aliases=("linalg_slogdet",),
    outputs=("output0", "output1", "output2", "output3"),
    same_type=("A", "output0", "output1", "output2"),
    result_type=torch.int32,
    visible=2,
)
def slogdet(A: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Signs and logarithms of the magnitudes of determinants; 0 and -inf, without gradient, for singular matrices."""
    sign, log, lu, pivots = _factored(A)
    return one_axis(sign), one_axis(log), lu, pivots


@slogdet.backward
def slogdet_gradient(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    """The gradient of their logarithms, whatever shape they are given in."""
    shape = inputs[0].shape[:-2]
    return (_inverse_transposed(inputs[0], grads[1].reshape(shape), outputs[0].reshape(shape) != 0),)
