"""The arrays that an update works on: weights, gradients and states."""

from __future__ import annotations

from typing import Any

import torch

from ..base import ArgumentTypeError, MXNetError
from ..ndarray.ndarray import NDArray, wrap
from ..ndarray.sparse import BaseSparseNDArray, RowSparseNDArray, zeros


def arrays_of(state: Any) -> tuple[NDArray | None, ...]:
    """The arrays of a state: none for None, one, or those of a tuple or list."""
    if state is None:
        return ()
    return tuple(state) if isinstance(state, (tuple, list)) else (state,)


def check_arrays(index: int | str, weight: NDArray, grad: NDArray) -> None:
    """Raise unless weight and gradient of a parameter are arrays of one shape."""
    for name, x in (("weight", weight), ("grad", grad)):
        if not isinstance(x, NDArray):
            raise ArgumentTypeError(f"{name} of parameter {index!r} must be an NDArray, got {type(x).__name__}")
    if weight.shape != grad.shape:
        raise MXNetError(f"parameter {index!r} has shape {weight.shape}, but its gradient {grad.shape}")


def zeros_like(weight: NDArray, sparse: bool = False) -> NDArray:
    """Zeros like a weight, in its memory format; ``sparse``: in its storage type."""
    if not isinstance(weight, BaseSparseNDArray):
        return wrap(torch.zeros_like(weight._t.data), weight._ctx)
    return zeros(weight.stype if sparse else "default", weight.shape, ctx=weight.context, dtype=weight.dtype)


def writable(x: NDArray) -> torch.Tensor:
    """A dense tensor to update an array by.

    It is the array's own memory (a row-sparse one gets rows of zeros where it has none), but for ``csr`` arrays a copy,
    to be assigned in the end.
    """
    if not isinstance(x, RowSparseNDArray):
        return x._t.data
    if x._indices.numel() != x.shape[0]:
        x._values = x._dense()
        x._indices = torch.arange(x.shape[0], device=x._values.device)
    return x._values
