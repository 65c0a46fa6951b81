"""Operators over images (``mx.npx.image``)."""

from __future__ import annotations

from ._calls import operator

_OPERATORS = [
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
globals().update({shown: operator(f"_image_{shown}", shown, __name__) for shown in _OPERATORS})

__all__ = [*_OPERATORS]
