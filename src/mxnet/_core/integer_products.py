"""Sums of products of integers on CUDA devices, whose kernels are for floating-point numbers only."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor


def integer_product(product: Callable[..., Tensor], *arrays: Any) -> Tensor:
    """What a function that CUDA has refused gives for integers, computed in float64; all else is refused again.

    To be called while the error is handled, so that nothing is asked where kernels are there. Exact as long as sums
    stay below 2**53; beyond the range of the type they wrap, as on a CPU.

    Parameters
    ----------
    product : callable
        Takes the arrays.
    *arrays : Tensor or None
        Of one integer type, else the error is raised again.
    """
    dtype = arrays[0].dtype
    given = [a for a in arrays if a is not None]
    if dtype.is_floating_point or any(a.dtype != dtype or a.device.type != "cuda" for a in given):
        raise
    wide = product(*[None if a is None else a.double() for a in arrays])
    return wide.round().to(torch.int64).to(dtype)
