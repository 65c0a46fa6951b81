"""Functions that choose and round elements."""

from types import SimpleNamespace
from typing import Optional

import torch
from torch import Tensor

from ...params import Double
from ...registry import op
from ...shapes import TypeRule
from .families import promoted
from .shape import one_axis


def _chosen(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    dtype = promoted(x.dtype, y.dtype)
    return torch.where(condition != 0, x.to(dtype), y.to(dtype))


def _filled(value: float, like: Tensor) -> Tensor:
    return torch.full((), value, dtype=like.dtype, device=like.device)


@op("_npi_where", inert=("condition",))
def where(condition: Tensor, x: Tensor, y: Tensor) -> Tensor:
    """Elements of ``x`` where the condition holds, else those of ``y``."""
    return _chosen(condition, x, y)


@where.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    if t["x"] is not None and t["y"] is not None:
        t.unify("output", promoted(t["x"], t["y"]))


@op("_npi_where_lscalar", inert=("condition",), same_type=("x", "output"))
def where_lscalar(condition: Tensor, x: Tensor, *, scalar: Double = 0.0) -> Tensor:
    """The number where the condition holds, else elements of ``x``."""
    return _chosen(condition, _filled(scalar, x), x)


@op("_npi_where_rscalar", inert=("condition",), same_type=("y", "output"))
def where_rscalar(condition: Tensor, y: Tensor, *, scalar: Double = 0.0) -> Tensor:
    """Elements of ``y`` where the condition holds, else the number."""
    return _chosen(condition, y, _filled(scalar, y))


@op("_npi_where_scalar2", inert=("condition",), result_type=torch.float32)
def where_scalar2(condition: Tensor, *, x: Double = 0.0, y: Double = 0.0) -> Tensor:
    """One of two numbers, float32 both, as the condition holds."""
    return torch.where(condition != 0, float(x), float(y)).float()


@op("_npi_around", same_shape=True)
def around(x: Tensor, *, decimals: int = 0) -> Tensor:
    """Rounded to a number of decimals, halves to the even neighbor."""
    if x.is_floating_point():
        return torch.round(x, decimals=decimals)
    return torch.round(x.double(), decimals=decimals).long().to(x.dtype) if decimals < 0 else x.clone()


@op("_npi_nan_to_num", same_shape=True)
def nan_to_num(
    data: Tensor,
    *,
    copy: bool = True,
    nan: Double = 0.0,
    posinf: Optional[Double] = None,
    neginf: Optional[Double] = None,
) -> Tensor:
    """NaN and infinities replaced by numbers: 0, and the largest and smallest of the type, unless given."""
    return torch.nan_to_num(data, nan, posinf, neginf)


@op("_npi_diff")
def diff(a: Tensor, *, n: int = 1, axis: int = -1) -> Tensor:
    """Differences of neighbors along an axis, ``n`` times over."""
    return torch.diff(a, n, one_axis(a, axis))
