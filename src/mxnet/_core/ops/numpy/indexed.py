"""Arrays with elements or slices added or replaced at coordinates; ``mx.npx`` of MXNet 2 has these."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ...registry import op
from ...shapes import ShapeRule
from ..indexing.places import check_bounds


def _places(a: Tensor, ind: Tensor) -> tuple[Tensor, ...]:
    """The rows of ``ind`` as an index array for each of the leading axes."""
    if ind.ndim != 2 or ind.shape[0] > a.ndim:
        raise ValueError(
            f"ind must have a row for each of the leading axes and a column a place, got shape {tuple(ind.shape)} for "
            f"an array of shape {tuple(a.shape)}"
        )
    rows = ind.to(torch.int64).unbind(0)
    for axis, row in enumerate(rows):
        check_bounds(row, axis, a.shape[axis])
    return rows


@op("_npx_index_add", inert=("ind",), same_type=("a", "val", "output"))
def index_add(a: Tensor, ind: Tensor, val: Tensor) -> Tensor:
    """``a`` with values added at coordinates; what is added several times at a place is added up.

    Parameters
    ----------
    a : Tensor
    ind : Tensor
        The coordinates: a row for each of the leading axes of ``a``, a column a place.
    val : Tensor
        An element or slice for each place, or what is broadcast to that.
    """
    return a.index_put(_places(a, ind), val, accumulate=True)


@op("_npx_index_update", inert=("ind",), same_type=("a", "val", "output"))
def index_update(a: Tensor, ind: Tensor, val: Tensor) -> Tensor:
    """``a`` with values in the place of those at coordinates; arguments as those of :func:`index_add`.

    Of several values for one place, one is kept.
    """
    return a.index_put(_places(a, ind), val)


@index_add.infer_shape
@index_update.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("a", "output")
