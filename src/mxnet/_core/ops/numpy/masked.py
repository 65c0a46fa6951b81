"""Softmax over the elements where a mask holds; ``mx.npx`` of MXNet 2 has these."""

import torch
from torch import Tensor

from ...params import Double
from ...registry import op


def _kept(data: Tensor, mask: Tensor, temperature: float) -> tuple[Tensor, Tensor]:
    """The data with -inf where the mask does not hold, and these places."""
    if not data.is_floating_point():
        raise TypeError(f"data must be of a floating type, got {str(data.dtype)[6:]}")
    absent = torch.broadcast_to(mask == 0, data.shape)
    return (data if temperature == 1 else data / temperature).masked_fill(absent, -torch.inf), absent


@op("_npx_masked_softmax", inert=("mask",), same_type=("data", "output"))
def masked_softmax(
    data: Tensor, mask: Tensor, *, axis: int = -1, temperature: Double = 1.0, normalize: bool = True
) -> Tensor:
    """Softmax along an axis over the elements where the mask holds; the others give 0.

    Parameters
    ----------
    data : Tensor
    mask : Tensor
        Booleans or numbers, broadcast to the shape of ``data``.
    axis : int
    temperature : float
        The data is divided by it first.
    normalize : bool
        Changes nothing: the largest element is subtracted always.
    """
    kept, absent = _kept(data, mask, temperature)
    # Without any element a softmax is 0 / 0; masking the result also stops its gradient.
    return torch.softmax(kept, axis).masked_fill(absent, 0.0)


@op("_npx_masked_log_softmax", inert=("mask",), same_type=("data", "output"))
def masked_log_softmax(
    data: Tensor, mask: Tensor, *, axis: int = -1, temperature: Double = 1.0, normalize: bool = True
) -> Tensor:
    """Logarithm of :func:`masked_softmax`; -inf where the mask does not hold."""
    kept, absent = _kept(data, mask, temperature)
    return torch.log_softmax(kept, axis).masked_fill(absent, -torch.inf)
