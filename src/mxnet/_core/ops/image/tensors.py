"""From images to what networks take: ``to_tensor`` and ``normalize``."""

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Floats
from ...registry import Display, op
from ._layout import check_image_or_batch, registered_names


@op(
    "_image_to_tensor",
    display=Display(input_named=True),
    **registered_names("_image_to_tensor"),
    result_type=torch.float32,
)
def to_tensor(data: Tensor) -> Tensor:
    """Bring the channels to the front, and values from [0, 255] to float32 in [0, 1].

    Parameters
    ----------
    data : Tensor
        ``(height, width, channels)`` or ``(N, height, width, channels)``, of any type.

    Returns
    -------
    Tensor
        ``(channels, height, width)`` or ``(N, channels, height, width)``.
    """
    check_image_or_batch(data)
    planes = data.movedim(-1, -3).contiguous()
    return (planes / 255).to(torch.float32)


@op("_image_normalize", display=Display(input_named=True), **registered_names("_image_normalize"))
def normalize(data: Tensor, *, mean: Floats = (0.0, 0.0, 0.0, 0.0), std: Floats = (1.0, 1.0, 1.0, 1.0)) -> Tensor:
    """Subtract a mean from each channel and divide it by a deviation.

    Parameters
    ----------
    data : Tensor
        ``(channels, height, width)`` or ``(N, channels, height, width)`` with 1 or 3 channels.
    mean, std : tuple of float
        One number for all channels, or one for each. As in MXNet the defaults fit no image: give both.
    """
    shape = tuple(data.shape)
    if data.ndim not in (3, 4):
        raise MXNetError(
            f"expected an image (channels, height, width), or a batch of them with one axis more, got the shape {shape}"
        )
    channels = shape[-3]
    if channels not in (1, 3):
        raise MXNetError(f"an image has 1 or 3 channels, got the shape {shape}")
    for name, values in (("mean", mean), ("std", std)):
        if len(values) not in (1, channels):
            raise MXNetError(
                f"Invalid {name} for input with shape {shape}. {name} must have either 1 or {channels} elements, "
                f"but got {tuple(values)}"
            )
    # MXNet keeps the numbers as float32, and computes in float32 unless the data is wider.
    wide = data if data.dtype == torch.float64 else data.float()
    offset, scale = (torch.tensor(v, device=data.device).reshape(-1, 1, 1) for v in (mean, std))
    return ((wide - offset) / scale).to(data.dtype)
