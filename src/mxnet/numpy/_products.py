"""Products of vectors and matrices, and diagonals."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from .._core.ops.numpy.families import promoted
from ._calls import function


def _pair(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    if not isinstance(b, Tensor):
        raise TypeError(f"b must be an array, got {type(b).__name__}")
    if a.dtype == b.dtype:
        return a, b
    dtype = promoted(a.dtype, b.dtype)
    return a.to(dtype), b.to(dtype)


@function(out=2)
def dot(a: Tensor, b: Tensor) -> Tensor:
    """Sum of products over the last axis of ``a`` and the second last of ``b`` (the only one of a vector)."""
    a, b = _pair(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    return torch.tensordot(a, b, dims=([a.ndim - 1], [max(b.ndim - 2, 0)]))


@function(out=2)
def matmul(a: Tensor, b: Tensor, **kwargs: Any) -> Tensor:
    """Product of matrices, which lie in the last two axes; the other axes are broadcast."""
    if kwargs:
        raise TypeError(f"unknown keywords: {', '.join(kwargs)}")
    a, b = _pair(a, b)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("Multiplication by scalars is not allowed.")
    return torch.matmul(a, b)


@function
def inner(a: Tensor, b: Tensor) -> Tensor:
    """Sum of products over the last axes."""
    a, b = _pair(a, b)
    return torch.inner(a, b)


@function
def outer(a: Tensor, b: Tensor) -> Tensor:
    """Products of all pairs of elements of two flattened arrays."""
    a, b = _pair(a, b)
    return torch.outer(a.reshape(-1), b.reshape(-1))


@function
def vdot(a: Tensor, b: Tensor) -> Tensor:
    """Sum of products of two flattened arrays."""
    a, b = _pair(a, b)
    return torch.dot(a.reshape(-1), b.reshape(-1))


@function
def tensordot(a: Tensor, b: Tensor, axes: Any = 2) -> Tensor:
    """Sum of products over several axes: the last ``axes`` of ``a`` and the first of ``b``, or two lists of them."""
    a, b = _pair(a, b)
    if not isinstance(axes, int):
        axes = [[i] if isinstance(i, int) else list(i) for i in axes]
    return torch.tensordot(a, b, dims=axes)


@function
def einsum(*operands: Any, **kwargs: Any) -> Tensor:
    """Sum of products in Einstein's notation: ``einsum("ij,jk->ik", a, b)``."""
    kwargs.pop("optimize", None)
    if kwargs:
        raise TypeError(f"unknown keywords: {', '.join(kwargs)}")
    arrays = [x for x in operands if isinstance(x, Tensor)]
    dtype = arrays[0].dtype
    for x in arrays:
        dtype = dtype if x.dtype == dtype else promoted(dtype, x.dtype)
    # torch sums integers in int64
    return torch.einsum(*[x.to(dtype) if isinstance(x, Tensor) else x for x in operands]).to(dtype)


@function(out=4)
def trace(a: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of a diagonal, in the plane of two axes."""
    return torch.diagonal(a, offset, axis1, axis2).sum(-1, dtype=a.dtype)


@function
def diag(array: Tensor, k: int = 0) -> Tensor:
    """The ``k``-th diagonal of a matrix, or a matrix with a vector on it."""
    if array.ndim not in (1, 2):
        raise ValueError(f"Input must be 1- or 2-d, got {array.ndim} axes")
    return torch.diag(array, k)


@function
def diagflat(array: Tensor, k: int = 0) -> Tensor:
    """A matrix with the elements of an array on its ``k``-th diagonal."""
    return torch.diagflat(array, k)


@function
def diagonal(a: Tensor, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """A diagonal, in the plane of two axes."""
    return torch.diagonal(a, offset, axis1, axis2)


@function
def tril(m: Tensor, k: int = 0) -> Tensor:
    """With zeros above the ``k``-th diagonal."""
    return torch.tril(m if m.ndim > 1 else m.expand(m.shape[0], -1), k)


@function
def polyval(p: Any, x: Any) -> Tensor:
    """Values of a polynomial at ``x``; its coefficients ``p`` begin with that of the highest power."""
    p, x = _pair(p, x)
    if p.ndim != 1:
        raise ValueError(f"p must have one axis, got shape {tuple(p.shape)}")
    found = torch.zeros_like(x)
    for coefficient in p:
        found = found * x + coefficient
    return found


FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (diag, diagflat, diagonal, dot, einsum, inner, matmul, outer, polyval, tensordot, trace, tril, vdot)
}
