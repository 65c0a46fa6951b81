"""Reading images between their pixels."""

import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ..nn._spatial import check_4d


def check_images(name: str, x: Tensor) -> None:
    """Check that an input is ``(batch, channels, height, width)``."""
    check_4d(name, x)
    if 0 in x.shape:
        raise MXNetError(f"{name} should not be empty, got shape {tuple(x.shape)}")


def sample(images: Tensor, y: Tensor, x: Tensor, padding: str = "zeros") -> Tensor:
    """Read images at positions in pixels, bilinearly.

    Parameters
    ----------
    images : Tensor
        ``(n, c, h, w)``.
    y, x : Tensor
        ``(n, a, b)``.
    padding : {'zeros', 'border'}
        What lies outside.

    Returns
    -------
    Tensor
        ``(n, c, a, b)``.
    """
    height, width = images.shape[2:]
    # The inverse of how torch scales positions when pixels are areas; unlike the other convention it allows one pixel.
    grid = torch.stack(((2 * x + 1) / width - 1, (2 * y + 1) / height - 1), -1)
    return F.grid_sample(images, grid, "bilinear", padding, align_corners=False)
