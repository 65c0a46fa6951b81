"""Dropout."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Annotated, Any, Literal, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, Le, Shape
from ...registry import Display, Generator, TrainMode, op
from ...shapes import ShapeRule

# Drawing 32 random bits an element and comparing is several times faster on a CPU than torch's Bernoulli numbers.
_MANY = 1 << 10
_LOWEST = -(2**63)


def uniform_like(data: Tensor, low: float, high: float, rng: Generator) -> Tensor:
    """Uniform random numbers of the data's shape and type."""
    return torch.empty_like(data).uniform_(low, high, generator=rng)


def dropout_mask(data: Tensor, p: float, rng: Generator, shape: Any = None) -> Tensor:
    """Zeros with probability ``p``, ``1 / (1 - p)`` elsewhere (NaN when everything is dropped, as MXNet's), in the
    storage order of the data.
    """
    mask = torch.empty_like(data) if shape is None else data.new_empty(shape)
    scale = 1 / (1 - p) if p < 1 else torch.inf
    if mask.device.type == "cpu" and mask.numel() >= _MANY and 0 < p < 1:
        bits = torch.empty(-(-mask.numel() // 2), dtype=torch.int64).random_(_LOWEST, None, generator=rng)
        flat = mask.as_strided((mask.numel(),), (1,))
        threshold = min(round(p * 2**32), 2**32 - 1) - 2**31  # the range of int32
        torch.ge(bits.view(torch.int32)[: flat.numel()], threshold, out=flat)
    else:
        mask.bernoulli_(1 - p, generator=rng)
    return mask.mul_(scale)


def _checked_axes(axes: Sequence[int], shape: Sequence[int]) -> None:
    for axis in axes:
        if not -len(shape) <= axis < len(shape):
            raise MXNetError(f"axes {tuple(axes)} out of range for data of shape {tuple(shape)}")


@op(
    "Dropout",
    display=Display(input_named=True, output_named=True),
    aliases=("_npx_dropout",),
    outputs=("output", "mask"),
    visible=1,
    aliases_input=True,
)
def dropout(
    data: Tensor,
    *,
    p: Annotated[float, Ge(0), Le(1)] = 0.5,
    mode: Literal["training", "always"] = "training",
    axes: Shape = (),
    cudnn_off: Optional[bool] = False,
    is_train: TrainMode = False,
    rng: Generator = None,
) -> tuple[Tensor, Tensor]:
    """Set elements to zero with probability ``p`` and scale the others by ``1 / (1 - p)``, in training.

    Parameters
    ----------
    data : Tensor
    p : float
        The probability, from 0 to 1.
    mode : {'training', 'always'}
        With ``always`` prediction drops too.
    axes : tuple
        Axes along which all elements share their fate.
    """
    _checked_axes(axes, data.shape)
    if p == 0 or not (is_train or mode == "always"):
        return data, data
    shape = None
    if axes:
        shape = list(data.shape)
        for axis in axes:
            shape[axis] = 1
    mask = dropout_mask(data, p, rng, shape)
    return data * mask, mask


@dropout.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["data"] is not None:
        _checked_axes(p.axes, s["data"])
    s.same("data", "output")
