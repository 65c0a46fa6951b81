"""Operators that select by a condition, and copying by row."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ...registry import op
from ...shapes import ShapeRule
from ..axes import check_axis
from .places import check_bounds


@op("where", aliases=("_sparse_where",), inert=("condition",), same_type=("x", "y", "output"))
def where(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Elements of ``x`` where the condition is not zero, else of ``y``.

    ``condition`` has the shape of ``x`` and ``y``, or one element for each of their rows.

    Parameters
    ----------
    condition
        Numbers; all but 0 are true.
    x
        Where elements come from when the condition is true.
    y
        Where they come from otherwise.
    """
    if x.shape != y.shape:
        raise ValueError(f"x and y must have the same shape, got {tuple(x.shape)} and {tuple(y.shape)}")
    if x.dtype != y.dtype:
        raise TypeError(f"x and y must have the same type, got {str(x.dtype)[6:]} and {str(y.dtype)[6:]}")
    chosen = condition if condition.dtype == torch.bool else condition != 0
    if condition.shape != x.shape:
        if condition.ndim != 1 or condition.shape[0] != x.shape[0]:
            raise ValueError(
                f"condition must have the shape {tuple(x.shape)} or ({x.shape[0]},), got {tuple(condition.shape)}"
            )
        chosen = chosen.reshape(-1, *[1] * (x.ndim - 1))
    return torch.where(chosen, x, y)


@where.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    condition = s["condition"]
    if condition is None or None in condition:  # MXNet concludes nothing before
        return
    s.same("x", "y", "output")
    x = s["x"]
    if x is None:
        return
    if len(condition) == len(x):
        s.same("condition", "x", "y", "output")
    elif len(condition) == 1:
        s.unify("condition", x[:1])
    else:
        raise ValueError(f"condition must have as many axes as x ({len(x)}) or one, got {len(condition)}")


@op("_contrib_boolean_mask", aliases=("_npi_boolean_mask",), inert=("index",), same_type=("data", "output"))
def boolean_mask(data: Tensor, index: Tensor, *, axis: int = 0) -> Tensor:
    """The slices along an axis where ``index``, which has one element for each, is not zero.

    The shape of the result depends on the values, so that it cannot be inferred.

    Parameters
    ----------
    index
        One number for each slice along the axis.
    """
    axis = check_axis(axis, data.ndim)
    if tuple(index.shape) != (data.shape[axis],):
        raise ValueError(f"index must have the shape ({data.shape[axis]},), got {tuple(index.shape)}")
    return data.index_select(axis, index.nonzero().reshape(-1))


@op("_contrib_index_copy", inert=("index_vector",), same_type=("old_tensor", "new_tensor", "output"))
def index_copy(old_tensor: Tensor, index_vector: Tensor, new_tensor: Tensor) -> Tensor:
    """A copy of ``old_tensor`` whose rows at ``index_vector`` are the rows of ``new_tensor``.

    Parameters
    ----------
    old_tensor
        The array whose copy is changed.
    index_vector
        The numbers of the rows, integers.
    new_tensor
        A row for each of them.

    Raises
    ------
    IndexError
        For an index out of range.
    """
    if index_vector.ndim != 1 or tuple(new_tensor.shape) != (index_vector.shape[0], *old_tensor.shape[1:]):
        raise ValueError(
            f"index_vector must have one axis and new_tensor one row of old_tensor's for each index, got "
            f"shapes {tuple(index_vector.shape)}, {tuple(new_tensor.shape)} and {tuple(old_tensor.shape)}"
        )
    rows = index_vector.to(torch.int64)
    check_bounds(rows, 0, old_tensor.shape[0], low=0)
    return old_tensor.index_copy(0, rows, new_tensor)


@index_copy.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("old_tensor", "output")
