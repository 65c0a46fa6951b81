"""Assignment to where a mask holds, and whether arrays share memory."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ...layout import byte_range
from ...registry import Display, op
from ...shapes import ShapeRule

_PRINTED = {"value": "float", "start_axis": "int"}


def _masked(data: Tensor, mask: Tensor, start_axis: int) -> tuple[Tensor, ...]:
    """The index of the elements of ``data`` that a mask selects, whose axes begin at ``start_axis``."""
    end = start_axis + mask.ndim
    if not 0 <= start_axis <= data.ndim or tuple(data.shape[start_axis:end]) != tuple(mask.shape):
        where = f"axes {start_axis} to {end - 1} of shape {tuple(data.shape)}"
        raise ValueError(f"mask of shape {tuple(mask.shape)} does not fit {where}")
    return (*[slice(None)] * start_axis, mask if mask.dtype == torch.bool else mask != 0)


@op(
    "_npi_boolean_mask_assign_scalar",
    inert=("mask",),
    same_type=("data", "output"),
    display=Display(printed=_PRINTED),
)
def boolean_mask_assign_scalar(data: Tensor, mask: Tensor, *, value: float = 0.0, start_axis: int = 0) -> Tensor:
    """``data`` with a number where the mask holds.

    Parameters
    ----------
    data : Tensor
    mask : Tensor
        As long as ``data`` along as many axes as it has.
    value : number
    start_axis : int
        The first of these axes.
    """
    found = data.clone()
    found[_masked(data, mask, start_axis)] = value
    return found


@op(
    "_npi_boolean_mask_assign_tensor",
    inert=("mask",),
    same_type=("data", "value", "output"),
    display=Display(printed={"start_axis": "int"}),
)
def boolean_mask_assign_tensor(data: Tensor, mask: Tensor, value: Tensor, *, start_axis: int = 0) -> Tensor:
    """``data`` with other values where the mask holds; see :func:`boolean_mask_assign_scalar`.

    Parameters
    ----------
    data, mask : Tensor
    value : Tensor
        As many as are replaced, along one axis in the place of those of the mask; or broadcast to that.
    start_axis : int
    """
    found = data.clone()
    found[_masked(data, mask, start_axis)] = value
    return found


@boolean_mask_assign_scalar.infer_shape
@boolean_mask_assign_tensor.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")


@op("_npi_share_memory", differentiable=False, result_type=torch.bool, opaque=True)
def share_memory(a: Tensor, b: Tensor) -> Tensor:
    """Whether the memory of one array reaches into that of another, as an array without axes."""
    (first, end), (other, other_end) = byte_range(a), byte_range(b)
    found = a.device == b.device and first < other_end and other < end
    return torch.tensor(found, device=a.device)


@share_memory.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.unify("output", ())
