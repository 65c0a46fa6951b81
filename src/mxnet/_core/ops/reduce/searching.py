"""Positions of extrema, cumulative sums, histograms."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Annotated, Any, Optional

import torch
from torch import Tensor

from ...params import Doubles, DTypeOf
from ...registry import Display, op
from ...shapes import TypeRule
from .axes import one_axis


def _search(fn: Callable[..., Any], what: str) -> Callable[..., Tensor]:
    def run(data: Tensor, *, axis: Optional[int] = None, keepdims: bool = False) -> Tensor:
        if data.numel() == 0:
            raise ValueError(f"data must have elements, got the shape {tuple(data.shape)}")
        if axis is None:
            found = fn(data.reshape(-1), 0)
            return found.reshape((1,) * data.dim() if keepdims else (1,)).to(data.dtype)
        found = fn(data, one_axis(data.dim(), axis), keepdims)
        return (found if found.dim() else found.reshape(1)).to(data.dtype)

    run.__doc__ = (
        f"Position of the first {what} along an axis (of the flattened array by default), in the type of the data."
    )
    return run


_FORMER = {"axis": "-1"}
argmax = op("argmax", differentiable=False, methods=True, former_defaults=_FORMER)(_search(torch.argmax, "maximum"))
argmin = op("argmin", differentiable=False, methods=True, former_defaults=_FORMER)(_search(torch.argmin, "minimum"))


@op("argmax_channel", methods=True, no_gradient=True)
def argmax_channel(data: Tensor) -> Tensor:
    """Position of the maximum along axis 1, in the type of the data."""
    if data.dim() < 2:
        raise ValueError(f"data must have at least 2 dimensions, got the shape {tuple(data.shape)}")
    return argmax(data, axis=1)


CumsumType = Annotated[Any, DTypeOf("float16", "float32", "float64", "int8", "int32", "int64")]


@op("_np_cumsum", display=Display(input_named=True), aliases=("cumsum",))
def cumsum(a: Tensor, *, axis: Optional[int] = None, dtype: Optional[CumsumType] = None) -> Tensor:
    """Sum of all elements up to each one, along an axis or of the flattened array.

    The type stays unless ``dtype`` is given (booleans are counted in int64).
    """
    dtype = dtype or _cumsum_type(a.dtype)
    a = a.to(dtype)
    if axis is None:
        return torch.cumsum(a.reshape(-1), 0, dtype=dtype)
    return torch.cumsum(a, one_axis(a.dim(), axis), dtype=dtype)


def _cumsum_type(dtype: torch.dtype) -> torch.dtype:
    return torch.int64 if dtype is torch.bool else dtype


@cumsum.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    if p.dtype is not None:
        t.unify("output", p.dtype)
    elif t["a"] is not None:
        t.unify("output", _cumsum_type(t["a"]))


@op(
    "_histogram",
    display=Display(printed={"range": ", optional, default=None"}, input_named=True),
    aliases=("_npi_histogram",),
    outputs=("output0", "output1"),
    no_gradient=True,
    inputs=lambda p: ("data",) if p.bin_cnt is not None else ("data", "bins"),
    same_type=("data", "output1"),
    result_type=torch.int64,
)
def histogram(
    data: Tensor, bins: Optional[Tensor] = None, *, bin_cnt: Optional[int] = None, range: Optional[Doubles] = None
) -> tuple:
    """How many elements fall between the bounds of bins: the counts (int64), and the bounds.

    Either ``bins`` holds the bounds, or ``bin_cnt`` bins of one width cover ``range``. The last bin includes its upper
    bound; what lies outside is not counted.

    Parameters
    ----------
    bins
        The bounds, ascending.
    bin_cnt
        The number of bins.
    range
        The least and the greatest number.
    """
    if (bin_cnt is None) is not (range is None) or (bin_cnt is None) is not (bins is not None):
        raise ValueError("either bins, or both bin_cnt and range must be given")
    if bins is not None:
        if bins.dim() != 1 or bins.shape[0] < 2:
            raise ValueError(f"bins must be a vector of at least 2 bounds, got the shape {tuple(bins.shape)}")
        bounds = bins
    elif bin_cnt is not None and range is not None:
        if bin_cnt < 1:
            raise ValueError(f"bin_cnt must be at least 1, got {bin_cnt}")
        if len(range) != 2 or not range[0] < range[1]:
            raise ValueError(f"range must be two increasing numbers, got {range}")
        steps = torch.arange(bin_cnt + 1, dtype=torch.float64, device=data.device)
        bounds = ((range[1] * steps + (bin_cnt - steps) * range[0]) / bin_cnt).to(data.dtype)
    flat = data.reshape(-1)
    count = bounds.shape[0] - 1
    if range is None:
        place = (torch.searchsorted(bounds, flat, right=True) - 1).clamp_(max=count - 1)
        inside = (flat >= bounds[0]) & (flat <= bounds[-1])
    else:
        place, inside = _even_bins(flat, bounds, *range)
    return torch.zeros(count + 1, dtype=torch.int64, device=data.device).index_add_(
        0, torch.where(inside, place, count), torch.ones_like(place)
    )[:count].clone(), bounds.clone()


def _even_bins(flat: Tensor, bins: Tensor, low: float, high: float) -> tuple[Tensor, Tensor]:
    """The bin of each element, and whether it is in any.

    The bin follows from arithmetic, then gives way to a neighbor whose bound says otherwise. Bounds of integers may
    coincide, so that looking up the bound alone would name another bin than MXNet does.
    """
    count = bins.shape[0] - 1
    inside = (flat >= low) & (flat <= high)
    exact = flat.double()
    place = ((exact - low) * count / (high - low)).nan_to_num_(0.0).clamp_(0, count - 1).long()
    place = place - (flat < bins[place]).long()
    place = place + ((flat >= bins[place + 1]) & (place != count - 1)).long()
    return place.clamp_(min=0), inside
