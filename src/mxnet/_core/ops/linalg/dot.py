"""Products of arrays: ``dot``, ``batch_dot`` and ``khatri_rao``."""

from types import SimpleNamespace
from typing import Any, Literal

import torch
from torch import Tensor

from ...integer_products import integer_product
from ...registry import op
from ...sparse.dispatch import run_rule

StorageType = Literal[None, "csr", "default", "row_sparse"]


@op("dot", aliases=("_sparse_dot",))
def dot(
    lhs: Tensor, rhs: Tensor, *, transpose_a: bool = False, transpose_b: bool = False, forward_stype: StorageType = None
) -> Any:
    """Sum of products over the last axis of ``lhs`` and the **first** axis of ``rhs``.

    The inner product of vectors (of shape ``(1,)``) and the product of matrices; the shape is that of ``lhs`` without
    its last axis, then that of ``rhs`` without its first. ``transpose_a`` sums over the first axis of ``lhs`` instead,
    ``transpose_b`` over the last of ``rhs``. ``forward_stype`` names the storage type of the output.
    """
    if forward_stype in ("csr", "row_sparse") and not lhs.is_meta:
        given = {"transpose_a": transpose_a, "transpose_b": transpose_b, "forward_stype": forward_stype}
        return run_rule(dot, [lhs, rhs], SimpleNamespace(**given), given)
    if not lhs.ndim or not rhs.ndim:
        raise ValueError("dot needs arrays of at least one axis")
    if lhs.ndim == 1 and rhs.ndim == 1:
        if transpose_a or transpose_b:
            raise ValueError("dot cannot transpose vectors")
        if lhs.shape != rhs.shape:
            raise ValueError(_mismatch("dot", lhs, rhs))
        if lhs.is_meta:
            return (lhs * rhs).sum(0, keepdim=True)
        try:
            return lhs.dot(rhs).reshape(1)
        except RuntimeError:
            return integer_product(torch.dot, lhs, rhs).reshape(1)
    # As matrices with the summed axis last (left) and first (right); a vector is a row left, a column right.
    left = _column_first(lhs).t() if transpose_a else _row_last(lhs)
    right = _row_last(rhs).t() if transpose_b else _column_first(rhs)
    if left.shape[1] != right.shape[0]:
        raise ValueError(_mismatch("dot", lhs, rhs))
    try:
        product = left.mm(right)
    except RuntimeError:
        product = integer_product(torch.mm, left, right)
    if lhs.ndim == 2 and rhs.ndim == 2:
        return product
    kept_left = lhs.shape[1:] if transpose_a else lhs.shape[:-1]
    kept_right = rhs.shape[:-1] if transpose_b else rhs.shape[1:]
    return product.reshape(*kept_left, *kept_right)


def _row_last(t: Tensor) -> Tensor:
    """A matrix whose columns are the last axis."""
    return t if t.ndim == 2 else t.flatten(0, -2) if t.ndim > 2 else t[None]


def _column_first(t: Tensor) -> Tensor:
    """A matrix whose rows are the first axis."""
    return t if t.ndim == 2 else t.flatten(1) if t.ndim > 2 else t[:, None]


@op("batch_dot", aliases=("_npx_batch_dot",))
def batch_dot(
    lhs: Tensor, rhs: Tensor, *, transpose_a: bool = False, transpose_b: bool = False, forward_stype: StorageType = None
) -> Tensor:
    """Products of the matrices in the last two axes, each transposed first if asked for.

    Both arrays have the same number of axes, three or more, and equal leading axes: nothing is broadcast.
    """
    if lhs.ndim < 3 or lhs.ndim != rhs.ndim:
        raise ValueError(
            f"batch_dot needs two arrays of the same number of axes, at least 3, got shapes "
            f"{tuple(lhs.shape)} and {tuple(rhs.shape)}"
        )
    left = lhs.transpose(-1, -2) if transpose_a else lhs
    right = rhs.transpose(-1, -2) if transpose_b else rhs
    if left.shape[:-2] != right.shape[:-2] or left.shape[-1] != right.shape[-2]:
        raise ValueError(f"{_mismatch('batch_dot', lhs, rhs)}, transpose_a={transpose_a}, transpose_b={transpose_b}")
    try:
        return left.bmm(right) if lhs.ndim == 3 else left.matmul(right)
    except RuntimeError:
        return integer_product(torch.matmul, left, right)


@op("khatri_rao", variadic="num_args", arg_order=("args",))
def khatri_rao(*args: Tensor) -> Tensor:
    """Column-wise Kronecker product of matrices: ``(r1, c), (r2, c), ...`` give ``(r1 * r2 * ..., c)``."""
    if not args:
        raise ValueError("khatri_rao needs at least one matrix")
    result = args[0]
    for matrix in args:
        if matrix.ndim != 2 or matrix.shape[1] != result.shape[1]:
            shapes = ", ".join(str(tuple(a.shape)) for a in args)
            raise ValueError(f"khatri_rao needs matrices with the same number of columns, got shapes {shapes}")
    for matrix in args[1:]:
        result = (result[:, None, :] * matrix[None, :, :]).reshape(-1, matrix.shape[1])
    return result


def _mismatch(name: str, lhs: Tensor, rhs: Tensor) -> str:
    return f"{name} shape error: {tuple(lhs.shape)} X {tuple(rhs.shape)}"
