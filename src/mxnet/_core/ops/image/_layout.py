"""The layouts of images, and the way to OpenCV and back."""

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor

from ....base import MXNetError


def check_image(data: Tensor) -> None:
    """Refuse what is not one image ``(height, width, 1 or 3 channels)``."""
    shape = tuple(data.shape)
    if data.ndim != 3:
        raise MXNetError(f"Input image must have shape (height, width, channels), but got {shape}")
    if shape[2] not in (1, 3):
        raise MXNetError(f"an image has 1 or 3 channels along its last axis, got the shape {shape}")


def check_image_or_batch(data: Tensor) -> None:
    """Refuse what is neither an image ``(height, width, channels)`` nor a batch of them."""
    if data.ndim not in (3, 4):
        raise MXNetError(
            "expected an image (height, width, channels), or a batch of them with one axis more, got the shape "
            f"{tuple(data.shape)}"
        )


def on_host(data: Tensor, work: Callable[[np.ndarray], np.ndarray]) -> Tensor:
    """Do something to an image with OpenCV, on whatever device the image is."""
    return torch.from_numpy(work(data.detach().cpu().numpy())).to(data.device)


def registered_names(name: str) -> dict[str, Any]:
    """The alias under which the NumPy interface knows an image operator."""
    return {"aliases": (f"_npx_{name}",)}
