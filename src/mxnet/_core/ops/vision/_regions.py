"""What operators over regions of interest share."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, Le
from ...shapes import ShapeRule

# Size of the feature map over that of the image.
Scale = Annotated[float, Ge(0), Le(1)]


# No image reaches that far. Positions beyond are brought here (in float16: to its limits), so that they stay numbers
# under all arithmetic.
_FAR = 1e7


def checked_rois(rois: Tensor, columns: int) -> Tensor:
    """Regions, checked to be rows of so many columns, with finite positions (0 for what is not a number)."""
    if rois.ndim != 2 or rois.shape[1] != columns:
        raise MXNetError(f"rois should be (number, {columns}), got shape {tuple(rois.shape)}")
    far = min(_FAR, torch.finfo(rois.dtype).max)
    return rois.nan_to_num(0.0).clamp(-far, far)


def pooled_grid(size: tuple) -> tuple[int, int]:
    """Rows and columns of bins, checked."""
    if len(size) != 2 or min(size) < 1:
        raise MXNetError(f"pooled_size should be two positive numbers, got {tuple(size)}")
    return tuple(size)


def round_away(x: Tensor) -> Tensor:
    """Round half away from zero, as C does."""
    return torch.trunc(x + torch.copysign(torch.full_like(x, 0.5), x))


def roi_shape(s: ShapeRule, channels: int | None, size: tuple, columns: int = 5) -> None:
    """One output for each region, a row of so many columns."""
    s.unify("rois", (None, columns))
    s.unify("output", (s["rois"][0], channels, *size))


def pooled_shape(columns: int = 5) -> Callable[[ShapeRule, SimpleNamespace], None]:
    """The shape rule of pooling each channel into a grid of ``pooled_size``."""

    def rule(s: ShapeRule, p: SimpleNamespace) -> None:
        roi_shape(s, None if s["data"] is None else s["data"][1], pooled_grid(p.pooled_size), columns)

    return rule
