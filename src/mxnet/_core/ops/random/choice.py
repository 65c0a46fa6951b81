"""Drawing from a finite set: classes by their probabilities, permutations, different classes of a Zipfian."""

import math
from types import SimpleNamespace
from typing import Annotated, Any

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import DTypeOf, Shape
from ...registry import Device, Generator, op
from ...shapes import TypeRule
from ..init.creation import checked_shape

ClassType = Annotated[Any, DTypeOf("float16", "float32", "float64", "int32", "uint8")]

_LEAST_SHARE = 2.0**-32

# The largest class number each type can hold exactly.
_LAST_CLASS = {
    torch.uint8: 2**8 - 1,
    torch.int32: 2**31 - 1,
    torch.float16: 2**11,
    torch.float32: 2**24,
    torch.float64: 2**53,
}


@op(
    "_sample_multinomial",
    aliases=("sample_multinomial",),
    outputs=lambda p: ("output0", "output1") if p.get_prob else ("output",),
)
def sample_multinomial(
    data: Tensor, *, shape: Shape = (), get_prob: bool = False, dtype: ClassType = torch.int32, rng: Generator = None
) -> Any:
    """Draw class numbers with the probabilities in the last axis of ``data``.

    Parameters
    ----------
    data : Tensor
        Probabilities of shape ``(k,)`` or ``(..., k)``, which should add up to 1 along the last axis.
    shape : tuple of int
        How many numbers to draw from each distribution; one when empty.
    get_prob : bool
        Give the logarithm of the probability of each draw too. Gradients flow through it to ``data``.
    dtype : type
        The type of the numbers.

    Returns
    -------
    Tensor, or two
        Of shape ``(..., *shape)``; of a single distribution ``shape``, or ``(1,)``.
    """
    if not data.is_floating_point():
        raise MXNetError(f"only floating point types are supported, not {str(data.dtype)[6:]}")
    *batch, classes = data.shape or (0,)
    if classes == 0:
        raise MXNetError(f"data must have at least one class in its last axis, got the shape {tuple(data.shape)}")
    if classes - 1 > _LAST_CLASS[dtype]:
        raise MXNetError(f"{classes} classes cannot be numbered in {str(dtype)[6:]}")
    result = checked_shape((*batch, *shape)) or (1,)
    if data.is_meta:
        drawn = torch.empty(result, dtype=dtype, device=data.device)
        return (drawn, torch.empty(result, dtype=data.dtype, device=data.device)) if get_prob else drawn

    rows = data if len(batch) == 1 else data.reshape(-1, classes)
    found = _draw(rows.detach(), math.prod(shape), rng)
    drawn = found.view(result).to(dtype)
    return (drawn, rows.gather(1, found.long()).log().view(result)) if get_prob else drawn


def _draw(weights: Tensor, count: int, rng: object) -> Tensor:
    """``count`` places (int32) in each row, as likely as their weights."""
    edges = weights.cumsum(1, dtype=torch.float64 if weights.dtype is torch.float64 else torch.float32)
    # A positive share of the row's total lies at or below the edge of an element that has a weight.
    share = edges.new_empty((edges.shape[0], count)).uniform_(_LEAST_SHARE, 1.0, generator=rng)
    found = torch.searchsorted(edges, share.mul_(edges[:, -1:]), out_int32=True)
    return found.clamp_(max=edges.shape[1] - 1)  # weights that are no numbers have no order


@sample_multinomial.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.unify(t.outputs[0], p.dtype)
    if p.get_prob:
        t.same("data", "output1")


@op("_shuffle", aliases=("shuffle", "_npi_shuffle"), no_gradient=True, same_shape=True)
def shuffle(data: Tensor, *, rng: Generator = None) -> Tensor:
    """The slices along the first axis in random order, all orders equally likely."""
    if data.is_meta or data.shape[0] < 2:
        return data.clone()
    return data[torch.randperm(data.shape[0], generator=rng, device=data.device)]


@op("_sample_unique_zipfian", outputs=("output0", "output1"), differentiable=False, result_type=torch.int64)
def sample_unique_zipfian(
    *, range_max: int, shape: Shape = None, rng: Generator = None, device: Device = None
) -> tuple[Tensor, Tensor]:
    """Draw different class numbers from an approximately Zipfian distribution.

    Class ``c`` has the probability ``(log(c + 2) - log(c + 1)) / log(range_max + 1)``, roughly. A number that was drawn
    before is thrown away.

    Parameters
    ----------
    range_max : int
        The number of classes.
    shape : tuple of int
        ``(batch, n)``: how many rows, and how many numbers in each.

    Returns
    -------
    Tensor, Tensor
        The numbers, int64 of shape ``(batch, n)``, and how many draws each row took, int64 of shape ``(batch,)``.
    """
    if shape is None or len(shape) != 2:
        raise MXNetError(f"shape must be (batch size, number of samples), got {shape}")
    rows, wanted = checked_shape(shape)
    if range_max < 1 or wanted > range_max:
        raise MXNetError(f"range_max must be at least 1 and the number of samples, {wanted}, got {range_max}")
    classes = torch.empty((rows, wanted), dtype=torch.int64, device=device)
    tries = torch.empty((rows,), dtype=torch.int64, device=device)
    if not classes.is_meta:
        for row in range(rows):
            classes[row], tries[row] = _unique_zipfian(wanted, range_max, rng, classes.device)
    return classes, tries


def _unique_zipfian(wanted: int, range_max: int, rng: Generator, device: torch.device) -> tuple[Tensor, int]:
    """The first ``wanted`` different numbers of a stream of draws, in order, and how far it was read."""
    scale = math.log(range_max)
    drawn = torch.empty(0, dtype=torch.int64, device=device)
    while True:
        more = torch.rand(max(2 * wanted, 64, len(drawn)), generator=rng, dtype=torch.float64, device=device)
        drawn = torch.cat([drawn, (more * scale).exp_().round_().long() - 1])
        values, inverse = torch.unique(drawn, return_inverse=True)
        if len(values) >= wanted:
            break
    places = torch.arange(len(drawn), device=device)
    first = torch.full((len(values),), len(drawn), device=device).scatter_reduce_(0, inverse, places, "amin")
    first = first.sort().values[:wanted]
    return drawn[first], int(first[-1]) + 1 if wanted else 0
