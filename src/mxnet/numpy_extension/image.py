"""Operators over images (``mx.npx.image``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ._calls import operator

if TYPE_CHECKING:
    from ._stubs.image import *  # noqa: F403

_NAMES = [
    "adjust_lighting",
    "crop",
    "flip_left_right",
    "flip_top_bottom",
    "normalize",
    "random_brightness",
    "random_color_jitter",
    "random_contrast",
    "random_flip_left_right",
    "random_flip_top_bottom",
    "random_hue",
    "random_lighting",
    "random_saturation",
    "resize",
    "to_tensor",
]
_OPERATORS = {shown: f"_image_{shown}" for shown in _NAMES}
globals().update({shown: operator(name, shown, __name__) for shown, name in _OPERATORS.items()})

__all__ = [*_OPERATORS]
