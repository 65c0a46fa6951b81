"""Colors: brightness, contrast, saturation, hue and lighting, fixed and at random.

All of them take one image ``(height, width, channels)`` with RGB or one gray channel, of any type, and compute in
float32. As in MXNet their gradient is handed on unchanged.
"""

from collections.abc import Callable
from typing import Annotated, Any, Optional, TypeAlias

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Floats, Ge
from ...registry import Generator, op
from ._layout import check_image, registered_names

Factor = Annotated[float, Ge(0)]
# A drawn number is a tensor without axes: nobody has to wait for a GPU to read it.
Drawn: TypeAlias = Tensor

# How much of red, green and blue the eye sees (ITU-R BT.601).
_LUMA = (0.299, 0.587, 0.114)
# Eigenvectors of the colors of ImageNet, each times its eigenvalue (Krizhevsky et al., "ImageNet Classification with
# Deep Convolutional Neural Networks", 2012).
_LIGHTING = (
    (55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009),
    (55.46 * -0.5808, 4.794 * -0.0045, 1.148 * -0.8140),
    (55.46 * -0.5836, 4.794 * -0.6948, 1.148 * 0.4203),
)


def _pixels(values: Tensor, dtype: torch.dtype) -> Tensor:
    """Computed values (which nobody else holds) as pixels; bytes are clamped and, as in MXNet, cut off."""
    return (values.clamp_(0, 255) if dtype == torch.uint8 else values).to(dtype)


def _uniform(low: float, high: float, data: Tensor, rng: Optional[torch.Generator]) -> Drawn:
    return low + (high - low) * torch.rand((), generator=rng, device=data.device)


def _register(name: str) -> Callable[[Callable[..., Any]], Any]:
    """Declare an operator that changes colors."""

    def register(fn: Callable[..., Any]) -> Any:
        opdef = op(name, **registered_names(name))(fn)
        opdef.backward(lambda grads, inputs, outputs, p: (grads[0],))
        return opdef

    return register


# ---------------------------------------------------------------------- one image, one number


def _brightness(data: Tensor, factor: Drawn) -> Tensor:
    return _pixels(data.float() * factor, data.dtype)


def _contrast(data: Tensor, factor: Drawn) -> Tensor:
    values = data.float()
    means = values.mean((0, 1))
    gray = means if data.shape[2] == 1 else (means * torch.tensor(_LUMA, device=data.device)).sum()
    return _pixels(values * factor + (1 - factor) * gray, data.dtype)


def _saturation(data: Tensor, factor: Drawn) -> Tensor:
    if data.shape[2] == 1:
        return data.clone()
    values = data.float()
    # MXNet means to mix with the gray image, but keeps the last summand only: the blue channel's share.
    gray = values[..., 2:] * _LUMA[2] * (1 - factor)
    return _pixels(gray + values * factor, data.dtype)


def _hue(data: Tensor, turn: Drawn) -> Tensor:
    """Turn the hue by a part of the full circle."""
    if data.shape[2] == 1:
        return data.clone()
    planes = data.movedim(2, 0).contiguous()
    hue, lightness, saturation = _to_hls(planes.float() / 255)
    turned = _from_hls(hue + turn * 360, lightness, saturation) * 255
    return _pixels(turned, data.dtype).movedim(0, 2).contiguous()


def _to_hls(rgb: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Hue (in degrees), lightness and saturation of colors in [0, 1]."""
    r, g, b = rgb
    high, low = rgb.amax(0), rgb.amin(0)
    spread = high - low
    lightness = (high + low) * 0.5
    colored = spread > torch.finfo(torch.float32).eps
    saturation = torch.where(colored, spread / torch.where(lightness < 0.5, high + low, 2 - high - low), 0)
    step = 60 / torch.where(colored, spread, 1)
    hue = torch.where(high == r, (g - b) * step, torch.where(high == g, (b - r) * step + 120, (r - g) * step + 240))
    hue = torch.where(hue < 0, hue + 360, hue)
    return torch.where(colored, hue, 0), lightness, saturation


def _from_hls(hue: Tensor, lightness: Tensor, saturation: Tensor) -> Tensor:
    top = torch.where(lightness <= 0.5, lightness * (1 + saturation), lightness + saturation - lightness * saturation)
    bottom = 2 * lightness - top
    hue = torch.remainder(hue * (1 / 60), 6)
    # How far each channel is between bottom and top.
    share = torch.stack([(hue - 3).abs() - 1, 2 - (hue - 2).abs(), 2 - (hue - 4).abs()]).clamp_(0, 1)
    return torch.where(share == 1, top, bottom + (top - bottom) * share)


def _lighting(data: Tensor, alpha: Tensor) -> Tensor:
    if data.shape[2] == 1:
        return data.clone()
    shift = (torch.tensor(_LIGHTING, device=data.device) * alpha).sum(1)
    return _pixels(data.float() + shift, data.dtype)


# ---------------------------------------------------------------------- the operators


def _random(name: str, change: Callable[[Tensor, Drawn], Tensor], text: str) -> None:
    """An operator that draws one number uniformly and changes an image by it."""

    def draw_and_change(data: Tensor, *, min_factor: Factor, max_factor: Factor, rng: Generator = None) -> Tensor:
        check_image(data)
        return change(data, _uniform(min_factor, max_factor, data, rng))

    draw_and_change.__doc__ = text
    _register(f"_image_random_{name}")(draw_and_change)


_random("brightness", _brightness, "Multiply an image by a factor between ``min_factor`` and ``max_factor``.")
_random(
    "contrast",
    _contrast,
    "Move an image away from the mean of its gray values (or to it, below 1) by a factor between ``min_factor`` and "
    "``max_factor``.",
)
_random(
    "saturation",
    _saturation,
    "Multiply the colors of an image by a factor between ``min_factor`` and ``max_factor``, and add what is missing "
    "to 1 of the blue channel's share in the gray value (MXNet does not add those of red and green).",
)
_random("hue", _hue, "Turn the hues of an image by a part of the circle between ``min_factor`` and ``max_factor``.")


@_register("_image_random_color_jitter")
def random_color_jitter(
    data: Tensor, *, brightness: float, contrast: float, saturation: float, hue: float, rng: Generator = None
) -> Tensor:
    """Change brightness, contrast, saturation and hue at random, in random order.

    Parameters
    ----------
    data : Tensor
    brightness, contrast, saturation : float
        How far from 1 the factor may be; what is not positive is left out.
    hue : float
        How far the hues may turn either way, in circles.
    """
    check_image(data)
    if data.is_meta:
        return torch.empty_like(data)
    changes = (
        (_brightness, brightness, 1.0),
        (_contrast, contrast, 1.0),
        (_saturation, saturation, 1.0),
        (_hue, hue, 0.0),
    )
    result = data
    for i in torch.randperm(len(changes), generator=rng, device=data.device).tolist():
        change, reach, middle = changes[i]
        if reach > 0:
            result = change(result, _uniform(middle - reach, middle + reach, data, rng))
    return data.clone() if result is data else result


@_register("_image_adjust_lighting")
def adjust_lighting(data: Tensor, *, alpha: Floats) -> Tensor:
    """Add color noise in the directions in which the colors of ImageNet vary most, as AlexNet did.

    ``alpha`` are the three amounts.

    Parameters
    ----------
    alpha
        How much of each of the three directions.
    """
    check_image(data)
    if len(alpha) != 3:
        raise MXNetError(f"alpha must be three numbers, got {tuple(alpha)}")
    return _lighting(data, torch.tensor(alpha, device=data.device))


@_register("_image_random_lighting")
def random_lighting(data: Tensor, *, alpha_std: float = 0.05, rng: Generator = None) -> Tensor:
    """Add color noise as ``adjust_lighting`` does, with normal amounts of the deviation ``alpha_std``.

    Parameters
    ----------
    alpha_std
        The standard deviation.
    """
    check_image(data)
    return _lighting(data, torch.randn(3, generator=rng, device=data.device) * alpha_std)
