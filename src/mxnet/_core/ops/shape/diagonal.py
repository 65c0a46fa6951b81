"""The diagonal of a matrix, and the matrix of a diagonal."""

import torch
from torch import Tensor

from ...registry import Display, op
from ..axes import check_axis


@op("diag", display=Display(input_named=True), aliases_input=True)
def diag(data: Tensor, *, k: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Extract the ``k``-th diagonal of the planes spanned by two axes, or make a matrix of a vector.

    An input of one axis becomes a matrix with it on the ``k``-th diagonal. Otherwise the diagonals of the planes
    ``axis1`` x ``axis2`` become the last axis of the result.

    Parameters
    ----------
    axis1, axis2
        The axes of the planes.
    """
    if data.ndim == 1:
        return torch.diag_embed(data, k)
    first, second = check_axis(axis1, data.ndim, "axis1"), check_axis(axis2, data.ndim, "axis2")
    if first == second:
        raise ValueError(f"axis1 and axis2 cannot refer to the same axis {first}")
    height, width = data.shape[first], data.shape[second]
    if k > width or -k > height:
        raise ValueError(f"there is no diagonal {k} in a plane of {height} x {width}")
    return data.diagonal(k, first, second)
