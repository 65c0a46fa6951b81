"""Cutting, mirroring, resizing and framing images."""

from typing import Annotated

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ... import opencv
from ...params import Double, Doubles, Ge, Shape
from ...registry import Display, Generator, op
from ._layout import check_image, check_image_or_batch, on_host, registered_names

# ---------------------------------------------------------------------- cutting and mirroring


@op("_image_crop", aliases_input=True, **registered_names("_image_crop"))
def crop(data: Tensor, *, x: int, y: int, width: int, height: int) -> Tensor:
    """Cut a rectangle out of images.

    Parameters
    ----------
    data : Tensor
        ``(height, width, channels)`` or ``(N, height, width, channels)`` with 1 or 3 channels.
    x, y : int
        Its left and upper edge.
    width, height : int
        Its size.
    """
    check_image_or_batch(data)
    shape = tuple(data.shape)
    if shape[-1] not in (1, 3):
        raise MXNetError(f"an image has 1 or 3 channels along its last axis, got the shape {shape}")
    if width < 1 or height < 1:
        raise MXNetError(f"height and width should be positive, got {height} and {width}")
    for name, size, start, length, limit in (
        ("x", "width", x, width, shape[-2]),
        ("y", "height", y, height, shape[-3]),
    ):
        if start < 0 or start + length > limit:
            raise MXNetError(
                f"{name} should not be negative and {name} + {size} should not be greater than input {size} {limit}, "
                f"got {name}={start} and {size}={length}"
            )
    return data[..., y : y + height, x : x + width, :]


def _mirror(name: str, axis: int, edges: str) -> None:
    """Two operators: one that mirrors images along an axis, and one that does so to half of them."""

    def flip(data: Tensor) -> Tensor:
        check_image(data)
        return data.flip(axis)

    def random_flip(data: Tensor, *, rng: Generator = None) -> Tensor:
        check_image(data)
        if data.is_meta:
            return torch.empty_like(data)
        stay = torch.rand((), generator=rng, device=data.device).item() < 0.5
        return data.clone() if stay else data.flip(axis)

    flip.__doc__ = f"""Mirror an image ``(height, width, channels)``: exchange its {edges} edges."""
    random_flip.__doc__ = f"""Exchange the {edges} edges of an image, or leave it, with equal chances."""
    op(f"_image_flip_{name}", **registered_names(f"_image_flip_{name}"))(flip)
    op(f"_image_random_flip_{name}", **registered_names(f"_image_random_flip_{name}"))(random_flip)


_mirror("left_right", 1, "left and right")
_mirror("top_bottom", 0, "upper and lower")

# ---------------------------------------------------------------------- resizing

# What torch interpolates as OpenCV does, by OpenCV's number.
_TORCH_MODES = {0: "nearest", 1: "bilinear", 2: "bicubic"}


def _resized(data: Tensor, width: int, height: int, interp: int) -> Tensor:
    """Images ``(..., height, width, channels)`` in another size.

    OpenCV does it for arrays on the host; torch where the image is on a device or a gradient is wanted.
    """
    shape = (*data.shape[:-3], height, width, data.shape[-1])
    if data.is_meta:
        return torch.empty(shape, dtype=data.dtype, device=data.device)
    on_torch = interp in _TORCH_MODES and (data.device.type != "cpu" or data.requires_grad)
    if data.requires_grad and not on_torch:
        raise MXNetError(f"there is no gradient through interpolation {interp}, only through {sorted(_TORCH_MODES)}")
    if on_torch:
        return _interpolated(data, width, height, interp)
    if data.ndim == 3:
        return on_host(data, lambda pixels: opencv.resize(pixels, width, height, interp))
    return on_host(data, lambda batch: _resize_each(batch, width, height, interp).reshape(shape))


def _resize_each(batch: np.ndarray, width: int, height: int, interp: int) -> np.ndarray:
    result = np.empty((batch.shape[0], height, width, batch.shape[-1]), batch.dtype)
    for image, target in zip(batch, result):
        target[...] = opencv.resize(image, width, height, interp)
    return result


def _interpolated(data: Tensor, width: int, height: int, interp: int) -> Tensor:
    images = data.reshape(-1, *data.shape[-3:]).movedim(-1, 1)
    values = images if images.is_floating_point() else images.float()
    corners = {"align_corners": False} if interp else {}
    result = F.interpolate(values, (height, width), mode=_TORCH_MODES[interp], **corners)
    if not images.is_floating_point():
        limits = torch.iinfo(images.dtype)
        result = result.round().clamp(limits.min, limits.max).to(images.dtype)
    return result.movedim(1, -1).reshape(*data.shape[:-3], height, width, data.shape[-1]).contiguous()


@op("_image_resize", **registered_names("_image_resize"))
def resize(data: Tensor, *, size: Shape = (), keep_ratio: bool = False, interp: int = 1) -> Tensor:
    """Resize images.

    Parameters
    ----------
    data : Tensor
        ``(height, width, channels)`` or ``(N, height, width, channels)``; uint8, int16, float32 or float64
        (other types with ``interp=0``).
    size : tuple of int
        ``(width, height)``, or one number for both.
    keep_ratio : bool
        With one number: make it the length of the shorter edge, and keep the ratio of the edges.
    interp : int
        0 nearest, 1 bilinear, 2 bicubic, 3 by area, 4 Lanczos.

    Notes
    -----
    OpenCV does the work on the host. Images on other devices stay there for 0, 1 and 2, and may differ by one unit.
    """
    check_image_or_batch(data)
    if len(size) not in (1, 2):
        raise MXNetError(f"Input size dimension must be 1 or 2, but got {len(size)}")
    if any(v is None or v < 1 for v in size):
        raise MXNetError(f"Input size should be greater than 0, but got {tuple(size)}")
    old_height, old_width = data.shape[-3:-1]
    width, height = size if len(size) == 2 else (size[0], size[0])
    if keep_ratio and len(size) == 1 and old_height and old_width:
        if old_height > old_width:
            height = old_height * width // old_width
        else:
            width = old_width * height // old_height
    return _resized(data, width, height, interp)


@op("_cvimresize", aliases=("_npi_cvimresize",), differentiable=False, display=Display(input_type="NDArray"))
def imresize(src: Tensor, *, w: Annotated[int, Ge(1)], h: Annotated[int, Ge(1)], interp: int = 1) -> Tensor:
    """Resize one image ``(height, width, channels)`` to width ``w`` and height ``h``.

    ``interp``: 0 nearest, 1 bilinear, 2 bicubic, 3 by area, 4 Lanczos.

    Parameters
    ----------
    w, h
        The new width and height in pixels.
    interp
        How pixels between pixels are found.
    """
    if src.ndim != 3:
        raise MXNetError(f"src must have shape (height, width, channels), but got {tuple(src.shape)}")
    return _resized(src.detach(), w, h, interp)


# ---------------------------------------------------------------------- framing


@op("_cvcopyMakeBorder", differentiable=False, display=Display(input_type="NDArray"))
def copy_make_border(
    src: Tensor,
    *,
    top: int,
    bot: int,
    left: int,
    right: int,
    type: int = 0,
    value: Double = 0.0,
    values: Doubles = (),
) -> Tensor:
    """Put a frame around an image ``(height, width, channels)``.

    Parameters
    ----------
    src : Tensor
    top, bot, left, right : int
        How wide it is on each side.
    type : int
        0 one color, 1 the edge's pixels repeated, 2 mirrored, 3 the other side's, 4 mirrored without the edge itself.
    value : float
        One number for the first three channels of the color. ``values`` replaces it.
    values : tuple of float
        The color, up to four channels.
    """
    if src.ndim != 3:
        raise MXNetError(f"src must have shape (height, width, channels), but got {tuple(src.shape)}")
    sides = {"top": top, "bot": bot, "left": left, "right": right}
    for name, side in sides.items():
        if side < 0:
            raise MXNetError(f"{name} must not be negative, got {side}")
    if len(values) > 4:
        raise MXNetError(f"values must be at most four numbers, got {len(values)}")
    height, width, channels = src.shape
    shape = (height + top + bot, width + left + right, channels)
    if src.is_meta:
        return torch.empty(shape, dtype=src.dtype, device=src.device)
    color = (*values, 0.0, 0.0, 0.0, 0.0)[:4] if values else (value, value, value, 0.0)
    return on_host(
        src,
        lambda pixels: opencv.call(
            "copyMakeBorder", pixels, top, bot, left, right, borderType=type, value=color
        ).reshape(shape),
    )
