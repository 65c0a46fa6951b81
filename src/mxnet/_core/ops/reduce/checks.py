"""Reductions to a truth value."""

import torch
from torch import Tensor

from ...registry import op


@op("_contrib_allclose", no_gradient=True, same_type=("a", "b"), result_type=torch.uint8)
def allclose(a: Tensor, b: Tensor, *, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = True) -> Tensor:
    """1 when all elements fulfill ``|a - b| <= atol + rtol * |b|``, else 0, as a uint8 without dimensions.

    Parameters
    ----------
    a, b
        The arrays.
    rtol, atol
        The relative and the absolute tolerance.
    equal_nan
        Whether NaN equals NaN.
    """
    if a.shape != b.shape:
        raise ValueError(f"a and b must have the same shape, got {tuple(a.shape)} and {tuple(b.shape)}")
    return torch.isclose(a, b, rtol, atol, equal_nan).all().to(torch.uint8)
