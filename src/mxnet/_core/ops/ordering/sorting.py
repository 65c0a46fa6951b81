"""Sorting, and the largest or smallest elements."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal, Optional

import torch
from torch import Tensor

from ...params import DTypeOf
from ...registry import op
from ...shapes import TypeRule
from ..axes import check_axis

IndexType = Annotated[Any, DTypeOf("float16", "float32", "float64", "int32", "int64", "uint8")]

# Up to this length equal elements keep their order.
_STABLE_LENGTH = 1024


def _flat(data: Tensor, axis: Optional[int]) -> tuple[Tensor, int]:
    """The array and the axis to work on: the flattened array when there is no axis."""
    return (data.reshape(-1), 0) if axis is None else (data, check_axis(axis, data.ndim))


def _sorted(data: Tensor, axis: int, is_ascend: bool) -> tuple:
    return torch.sort(data, dim=axis, descending=not is_ascend, stable=True)


# From this size on it pays to select without regard to order first, and to sort where there are equal elements.
_MANY = 1 << 12


def _has_ties(data: Tensor, values: Tensor, axis: int, is_ascend: bool) -> bool:
    """Whether some of the selected values (k along the axis, in order) are equal to each other or to one left out."""
    last = values.narrow(axis, -1, 1)
    reached = torch.count_nonzero(data <= last if is_ascend else data >= last)
    k = values.shape[axis]
    return int(reached) != values.numel() or bool(
        (values.narrow(axis, 1, k - 1) == values.narrow(axis, 0, k - 1)).any()
    )


def _top(data: Tensor, axis: int, k: int, is_ascend: bool) -> tuple:
    n = data.shape[axis]
    if k > n:
        raise ValueError(f"k must not be greater than the length {n} of the axis, got {k}")
    if k < 1 or k == n:
        return _sorted(data, axis, is_ascend)
    if n > _STABLE_LENGTH or (data.numel() >= _MANY and data.device.type == "cpu"):
        values, indices = torch.topk(data, k, axis, largest=not is_ascend, sorted=True)
        if n > _STABLE_LENGTH or not _has_ties(data.detach(), values.detach(), axis, is_ascend):
            return values, indices
    values, indices = _sorted(data, axis, is_ascend)
    return values.narrow(axis, 0, k), indices.narrow(axis, 0, k)


@op(
    "topk",
    methods=True,
    aliases=("_npx_topk",),
    outputs=lambda p: ("output0", "output1") if p.ret_typ in ("value", "both") else ("output",),
    visible=lambda p: 2 if p.ret_typ == "both" else 1,
)
def topk(
    data: Tensor,
    *,
    axis: Optional[int] = -1,
    k: int = 1,
    ret_typ: Literal["both", "indices", "mask", "value"] = "indices",
    is_ascend: bool = False,
    dtype: IndexType = torch.float32,
) -> Any:
    """The ``k`` largest elements along an axis (smallest with ``is_ascend``), in order.

    Without an axis the array is flattened; ``k < 1`` takes all elements. The result is the elements' ``"indices"`` (of
    type ``dtype``), the ``"value"`` of each, ``"both"`` (values first), or a ``"mask"`` with 1 at the places of the
    elements. Of equal elements the first come first. Gradients flow through the values.

    Parameters
    ----------
    k
        How many elements; all when less than 1.
    ret_typ
        What the result holds.

    Examples
    --------
    >>> mx.nd.topk(mx.nd.array([3, 1, 2]), k=2, ret_typ="both")[0].asnumpy().tolist()
    [3.0, 2.0]
    """
    flat, at = _flat(data, axis)
    values, indices = _top(flat if ret_typ in ("value", "both") else flat.detach(), at, k, is_ascend)
    if ret_typ == "mask":
        return torch.zeros_like(flat).scatter_(at, indices, 1).reshape(data.shape)
    if ret_typ == "indices":
        return indices.to(dtype)
    return values, indices.to(torch.int32 if ret_typ == "value" else dtype)


@topk.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    if p.ret_typ == "indices":
        t.unify("output", p.dtype)
        return
    t.same("data", t.outputs[0])
    if p.ret_typ != "mask":
        t.unify("output1", p.dtype if p.ret_typ == "both" else torch.int32)


@op(
    "sort",
    methods=True,
    aliases=("_npi_sort",),
    outputs=("output0", "output1"),
    visible=1,
    same_type=("data", "output0"),
    result_type=torch.int32,
)
def sort(data: Tensor, *, axis: Optional[int] = -1, is_ascend: bool = True) -> tuple:
    """Sort along an axis; without one the array is flattened. The hidden second output are the indices."""
    values, indices = _sorted(*_flat(data, axis), is_ascend)
    return values, indices.to(torch.int32)


@op("argsort", methods=True, aliases=("_npi_argsort",), differentiable=False, result_type="dtype")
def argsort(
    data: Tensor, *, axis: Optional[int] = -1, is_ascend: bool = True, dtype: IndexType = torch.float32
) -> Tensor:
    """The indices that sort an array along an axis; without one the array is flattened.

    Equal elements keep their order.
    """
    return _sorted(*_flat(data, axis), is_ascend)[1].to(dtype)
