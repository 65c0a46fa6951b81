"""Products of matrices: ``linalg.gemm``, ``gemm2``, ``syrk``, ``trmm``, and the triangular solver ``trsm``."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ...integer_products import integer_product
from ...params import Double
from ...registry import Display, op
from ...shapes import ShapeRule
from ._checks import matrices, same_batch


def _product(a: Tensor, b: Tensor, transpose_a: bool, transpose_b: bool, axis: int) -> tuple[Tensor, int]:
    """``op(A) op(B)`` with matrix rows along ``axis`` moved to the last but one axis; gives that axis too."""
    n = matrices("A", a)
    row = axis + n if axis < 0 else axis
    if not 0 <= row < n - 1:
        raise ValueError(f"axis, where the rows of the matrices are, must be in [0, {n - 1}) or negative, got {axis}")
    if b.ndim != n:
        raise ValueError(f"A and B must have the same number of axes, got shapes {tuple(a.shape)} and {tuple(b.shape)}")
    left, right = a.movedim(row, -2), b.movedim(row, -2)
    same_batch(left, right)
    left = left.mT if transpose_a else left
    right = right.mT if transpose_b else right
    if left.shape[-1] != right.shape[-2]:
        raise ValueError(
            f"incompatible matrix dimensions for multiplication: {tuple(a.shape)} and {tuple(b.shape)}, "
            f"transpose_a={transpose_a}, transpose_b={transpose_b}"
        )
    try:
        return left.matmul(right), row
    except RuntimeError:
        return integer_product(torch.matmul, left, right), row


@op("_linalg_gemm", aliases=("linalg_gemm",))
def gemm(
    A: Tensor,
    B: Tensor,
    C: Tensor,
    *,
    transpose_a: bool = False,
    transpose_b: bool = False,
    alpha: Double = 1.0,
    beta: Double = 1.0,
    axis: int = -2,
) -> Tensor:
    """``alpha * op(A) op(B) + beta * C``, of matrices in the last two axes (rows along ``axis``), nothing broadcast.

    Parameters
    ----------
    C
        Matrices of the shape of the result.
    beta
        The factor of ``C``.
    """
    product, row = _product(A, B, transpose_a, transpose_b, axis)
    product = product.movedim(-2, row)
    if product.shape != C.shape:
        raise ValueError(f"C must have shape {tuple(product.shape)}, got {tuple(C.shape)}")
    return torch.add(product if alpha == 1.0 else product * alpha, C, alpha=beta)


@gemm.infer_shape
def _gemm_shape(s: ShapeRule, p: SimpleNamespace) -> None:
    """C has the shape of the product."""
    if s["A"] is None or s["B"] is None:
        return
    a, b = list(s["A"]), list(s["B"])
    n = len(a)
    row = p.axis + n if p.axis < 0 else p.axis
    if len(b) != n or not 0 <= row < n - 1:
        return
    out = [None if x is None else x for x in a]
    out[row] = a[-1] if p.transpose_a else a[row]
    out[-1] = b[row] if p.transpose_b else b[-1]
    s.unify("C", tuple(out))
    s.unify("output", tuple(out))


@op("_linalg_gemm2", aliases=("linalg_gemm2",))
def gemm2(
    A: Tensor, B: Tensor, *, transpose_a: bool = False, transpose_b: bool = False, alpha: Double = 1.0, axis: int = -2
) -> Tensor:
    """``alpha * op(A) op(B)``, of matrices in the last two axes (rows along ``axis``), nothing broadcast."""
    product, row = _product(A, B, transpose_a, transpose_b, axis)
    product = product.movedim(-2, row)
    return product if alpha == 1.0 else product * alpha


@op("_linalg_syrk", display=Display(input_named=True), aliases=("linalg_syrk",))
def syrk(A: Tensor, *, transpose: bool = False, alpha: Double = 1.0) -> Tensor:
    """``alpha * A A^T``, or ``alpha * A^T A`` when ``transpose``."""
    matrices("A", A)
    product = A.mT.matmul(A) if transpose else A.matmul(A.mT)
    return product if alpha == 1.0 else product * alpha


def _triangle(a: Tensor, b: Tensor, rightside: bool) -> None:
    """Check a triangular matrix and what it is multiplied with, from the left or the right."""
    matrices("A", a, square=True)
    same_batch(a, b)
    if a.shape[-1] != b.shape[-1 if rightside else -2]:
        raise ValueError(
            f"incompatible matrix dimensions for multiplication: {tuple(a.shape)} and {tuple(b.shape)}, "
            f"rightside={rightside}"
        )


@op("_linalg_trmm", aliases=("linalg_trmm",))
def trmm(
    A: Tensor, B: Tensor, *, transpose: bool = False, rightside: bool = False, lower: bool = True, alpha: Double = 1.0
) -> Tensor:
    """``alpha * op(A) B``, or ``alpha * B op(A)`` when ``rightside``; only the lower (upper) triangle of A is read."""
    _triangle(A, B, rightside)
    a = A.tril() if lower else A.triu()
    a = a.mT if transpose else a
    product = B.matmul(a) if rightside else a.matmul(B)
    return product if alpha == 1.0 else product * alpha


@op("_linalg_trsm", aliases=("linalg_trsm",))
def trsm(
    A: Tensor, B: Tensor, *, transpose: bool = False, rightside: bool = False, lower: bool = True, alpha: Double = 1.0
) -> Tensor:
    """Solve ``op(A) X = alpha * B``, or ``X op(A) = alpha * B`` when ``rightside``, for a triangular A.

    Only the lower (upper) triangle of A is read.
    """
    _triangle(A, B, rightside)
    a = A.mT if transpose else A
    solved = torch.linalg.solve_triangular(a, B, upper=lower == transpose, left=not rightside)
    return solved if alpha == 1.0 else solved * alpha


def _triangle_shape(s: ShapeRule, p: SimpleNamespace) -> None:
    """B and the output have one shape; A is square and fits."""
    for name in ("B", "output"):
        if s[name] is not None:
            s.unify("output", s[name])
            s.unify("B", s[name])
            side = s[name][-1 if p.rightside else -2]
            s.unify("A", (*s[name][:-2], side, side))
    if s["A"] is not None and len(s["A"]) >= 2:
        side = s["A"][-1] if s["A"][-1] is not None else s["A"][-2]
        rest = (None, side) if p.rightside else (side, None)
        s.unify("A", (*s["A"][:-2], side, side))
        s.unify("B", (*s["A"][:-2], *rest))


trmm.infer_shape(_triangle_shape)
trsm.infer_shape(_triangle_shape)
