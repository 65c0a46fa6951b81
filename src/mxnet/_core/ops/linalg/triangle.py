"""Diagonals and triangles of matrices: ``linalg.extractdiag``, ``makediag``, ``extracttrian``, ``maketrian``, ..."""

import math

import torch
from torch import Tensor

from ...registry import Display, op
from ._checks import matrices, one_axis


@op("_linalg_sumlogdiag", display=Display(input_named=True), aliases=("linalg_sumlogdiag",))
def sumlogdiag(A: Tensor) -> Tensor:
    """The sum of the logarithms of the diagonal of square matrices, of shape ``(1,)`` for a single one."""
    matrices("A", A, square=True)
    return one_axis(A.diagonal(dim1=-2, dim2=-1).log().sum(-1))


def _check_offset(a: Tensor, offset: int) -> None:
    matrices("A", a, square=True)
    if abs(offset) >= a.shape[-1]:
        raise ValueError(f"offset must be within the matrix of side {a.shape[-1]}, got {offset}")


@op("_linalg_extractdiag", display=Display(input_named=True), aliases=("linalg_extractdiag",))
def extractdiag(A: Tensor, *, offset: int = 0) -> Tensor:
    """A diagonal of square matrices, ``offset`` places above (negative: below) the main one."""
    _check_offset(A, offset)
    return A.diagonal(offset, -2, -1).clone()


@op("_linalg_makediag", display=Display(input_named=True), aliases=("linalg_makediag",))
def makediag(A: Tensor, *, offset: int = 0) -> Tensor:
    """Square matrices with the last axis as a diagonal, ``offset`` places above (negative: below) the main one."""
    if not A.ndim:
        raise ValueError("A must have at least one axis")
    return torch.diag_embed(A, offset)


def _places(side: int, offset: int, lower: bool, device: torch.device) -> tuple[Tensor, Tensor]:
    """Rows and columns of the triangle on or beyond a diagonal, in the order in which they are packed.

    A lower triangle is packed by rows, an upper one by columns. A non-zero offset says by itself which one it is.
    """
    rows, columns = torch.tril_indices(side, side, -abs(offset), device=device)
    return (rows, columns) if offset < 0 or (offset == 0 and lower) else (columns, rows)


@op("_linalg_extracttrian", display=Display(input_named=True), aliases=("linalg_extracttrian",))
def extracttrian(A: Tensor, *, offset: int = 0, lower: bool = True) -> Tensor:
    """A triangle of square matrices, packed into the last axis.

    Parameters: ``offset`` > 0 takes the triangle from that diagonal upwards, < 0 from that one downwards; for 0
    ``lower`` decides.
    """
    _check_offset(A, offset)
    side = A.shape[-1] - abs(offset)
    if A.is_meta:
        return A.new_empty((*A.shape[:-2], side * (side + 1) // 2))
    rows, columns = _places(A.shape[-1], offset, lower, A.device)
    return A[..., rows, columns]


@op("_linalg_maketrian", display=Display(input_named=True), aliases=("linalg_maketrian",))
def maketrian(A: Tensor, *, offset: int = 0, lower: bool = True) -> Tensor:
    """Square matrices with the last axis unpacked into a triangle: the opposite of ``extracttrian``."""
    if not A.ndim:
        raise ValueError("A must have at least one axis")
    count = A.shape[-1]
    side = (math.isqrt(8 * count + 1) - 1) // 2
    if side * (side + 1) // 2 != count:
        raise ValueError(f"the last axis of A must hold a whole triangle (1, 3, 6, 10, ... elements), got {count}")
    side += abs(offset)
    if A.is_meta:
        return A.new_empty((*A.shape[:-1], side, side))
    rows, columns = _places(side, offset, lower, A.device)
    packed = A.new_zeros((*A.shape[:-1], side * side))
    return packed.index_copy(-1, rows * side + columns, A).reshape(*A.shape[:-1], side, side)
