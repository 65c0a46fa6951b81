"""Transforms: blocks that take an image and give another.

They take arrays ``(height, width, channels)``, and, where it says so, batches of them; after :class:`ToTensor` it is
``(channels, height, width)``. The usual order is sizes, colors, ``ToTensor``, ``Normalize``.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from itertools import groupby
from types import ModuleType
from typing import Any

import numpy as np

from .... import image
from ...._core.types import ShapeLike
from ....base import numeric_types
from ....ndarray import NDArray
from ..._types import Operand
from ...block import Block, HybridBlock
from ...nn import HybridSequential, Sequential

__all__ = [
    "Cast",
    "CenterCrop",
    "Compose",
    "CropResize",
    "Normalize",
    "RandomApply",
    "RandomBrightness",
    "RandomColorJitter",
    "RandomContrast",
    "RandomFlipLeftRight",
    "RandomFlipTopBottom",
    "RandomHue",
    "RandomLighting",
    "RandomResizedCrop",
    "RandomRotation",
    "RandomSaturation",
    "Resize",
    "Rotate",
    "ToTensor",
]


class Compose(Sequential):
    """Transforms one after the other. Neighbors that can be hybridized are.

    Parameters
    ----------
    transforms : list of Block

    Examples
    --------
    >>> from mxnet.gluon.data.vision import transforms
    >>> transform = transforms.Compose([transforms.Resize(300), transforms.CenterCrop(256), transforms.ToTensor()])
    >>> transform(mx.nd.random.uniform(0, 255, (224, 224, 3)).astype("uint8")).shape
    (3, 256, 256)
    """

    def __init__(self, transforms: Sequence[Block]) -> None:
        super().__init__()
        for hybrid, neighbors in groupby(transforms, lambda transform: isinstance(transform, HybridBlock)):
            run: list[Any] = list(neighbors)
            self.add(*([_joined(run)] if hybrid and len(run) > 1 else run))


def _joined(blocks: Sequence[HybridBlock]) -> HybridSequential:
    """Hybrid blocks as one, hybridized."""
    joined = HybridSequential()
    joined.add(*blocks)
    joined.hybridize()
    return joined


class RandomApply(Sequential):
    """Apply a transform with a probability.

    Parameters
    ----------
    transforms : Block, or list of Block
        A list is composed.
    p : float
    """

    def __init__(self, transforms: Any, p: float = 0.5) -> None:
        super().__init__()
        self.transforms = Compose(transforms) if isinstance(transforms, (list, tuple)) else transforms
        self.p = p

    def forward(self, x: Operand) -> Any:
        """Transform ``x``, or give it back."""
        return x if self.p < random.random() else self.transforms(x)


class _ImageOperator(HybridBlock):
    """A transform that is one image operator, with fixed parameters."""

    _operator: str

    def __init_subclass__(cls, operator: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._operator = operator

    def __init__(self, *parameters: Any) -> None:
        super().__init__()
        self._parameters = parameters

    def hybrid_forward(self, F: ModuleType, x: NDArray) -> Any:
        """Call the operator."""
        return getattr(F.image, self._operator)(x, *self._parameters)


class _Fixed(_ImageOperator):
    """One that has no parameters."""

    def __init__(self) -> None:
        super().__init__()


# ---------------------------------------------------------------------- types and layouts


class Cast(HybridBlock):
    """Convert to another type.

    Parameters
    ----------
    dtype : str or type
    """

    def __init__(self, dtype: Any = "float32") -> None:
        super().__init__()
        self._dtype = dtype

    def hybrid_forward(self, F: ModuleType, x: NDArray) -> Any:
        """Convert ``x``."""
        return F.cast(x, self._dtype)


class ToTensor(_Fixed, operator="to_tensor"):
    """Bring channels to the front and values from [0, 255] to float32 in [0, 1], of images or batches of them."""


class Normalize(_ImageOperator, operator="normalize"):
    """Subtract a mean from each channel and divide it by a deviation; after :class:`ToTensor`, also of batches.

    Parameters
    ----------
    mean, std : float or tuple of float
        One number, or one for each channel.
    """

    def __init__(self, mean: Any = 0.0, std: Any = 1.0) -> None:
        super().__init__(mean, std)


# ---------------------------------------------------------------------- places and sizes


def _both(size: ShapeLike) -> Any:
    """``(width, height)``; one number stands for both."""
    return (size, size) if isinstance(size, numeric_types) else size


class Resize(_ImageOperator, operator="resize"):
    """Resize images or batches of them.

    Parameters
    ----------
    size : int or tuple of int
        ``(width, height)``, or one number for both.
    keep_ratio : bool
        With one number: make it the length of the shorter edge, and keep the ratio of the edges.
    interpolation : int
        0 nearest, 1 bilinear, 2 bicubic, 3 by area, 4 Lanczos.
    """

    def __init__(self, size: Any, keep_ratio: bool = False, interpolation: int = 1) -> None:
        super().__init__(size, keep_ratio, interpolation)


class CropResize(HybridBlock):
    """Cut a rectangle out of images or batches of them, and perhaps resize it.

    Parameters
    ----------
    x, y : int
        The left and upper edge of the rectangle.
    width, height : int
        Its size.
    size : int or tuple of int, optional
        The new ``(width, height)``.
    interpolation : int, optional
        See :class:`Resize`; 1 by default.
    """

    def __init__(
        self, x: int, y: int, width: int, height: int, size: Any = None, interpolation: int | None = None
    ) -> None:
        super().__init__()
        self._rectangle = (x, y, width, height)
        self._size = size
        self._interpolation = 1 if interpolation is None else interpolation

    def hybrid_forward(self, F: ModuleType, x: NDArray) -> Any:
        """Cut and resize ``x``."""
        out = F.image.crop(x, *self._rectangle)
        return F.image.resize(out, self._size, False, self._interpolation) if self._size else out


class CenterCrop(Block):
    """Cut a rectangle out of the middle; where the image is too small, it is enlarged.

    Parameters
    ----------
    size : int or tuple of int
        ``(width, height)``, or one number for both.
    interpolation : int
        See :func:`mxnet.image.resize_short`.
    """

    def __init__(self, size: Any, interpolation: int = 1) -> None:
        super().__init__()
        self._size = _both(size)
        self._interpolation = interpolation

    def forward(self, x: Any) -> Any:
        """Cut ``x``."""
        return image.center_crop(x, self._size, self._interpolation)[0]


class RandomResizedCrop(Block):
    """Cut out a rectangle of random area, shape and place, and resize it.

    Parameters
    ----------
    size : int or tuple of int
        The new ``(width, height)``, or one number for both.
    scale : tuple of float
        The smallest and largest part of the image's area.
    ratio : tuple of float
        The smallest and largest ratio of width to height.
    interpolation : int
        See :func:`mxnet.image.resize_short`.
    """

    def __init__(
        self,
        size: Any,
        scale: tuple[float, float] = (0.08, 1.0),
        ratio: tuple[float, float] = (3.0 / 4.0, 4.0 / 3.0),
        interpolation: int = 1,
    ) -> None:
        super().__init__()
        self._args = (_both(size), scale, ratio, interpolation)

    def forward(self, x: Any) -> Any:
        """Cut and resize ``x``."""
        return image.random_size_crop(x, *self._args)[0]


class RandomFlipLeftRight(_Fixed, operator="random_flip_left_right"):
    """Exchange left and right in half of the images."""


class RandomFlipTopBottom(_Fixed, operator="random_flip_top_bottom"):
    """Exchange top and bottom in half of the images."""


def _check_rotated(x: NDArray) -> None:
    if x.dtype != np.float32:
        raise TypeError(
            f"This transformation only supports float32, got {np.dtype(x.dtype).name}. Consider calling it after "
            "ToTensor"
        )


class Rotate(Block):
    """Rotate images ``(channels, height, width)`` or batches of them around their centers, float32.

    Parameters
    ----------
    rotation_degrees : float
    zoom_in : bool
        Enlarge the result until no place is empty.
    zoom_out : bool
        Shrink the result until all of the image is there.
    """

    def __init__(self, rotation_degrees: float, zoom_in: bool = False, zoom_out: bool = False) -> None:
        super().__init__()
        self._args = (rotation_degrees, zoom_in, zoom_out)

    def forward(self, x: NDArray) -> Any:
        """Rotate ``x``."""
        _check_rotated(x)
        return image.imrotate(x, *self._args)


class RandomRotation(Block):
    """Rotate images ``(channels, height, width)`` or batches of them by random angles, float32.

    Parameters
    ----------
    angle_limits : tuple of float
        The smallest and largest angle, in degrees.
    zoom_in, zoom_out : bool
        See :class:`Rotate`.
    rotate_with_proba : float
        The probability to rotate at all.
    """

    def __init__(
        self,
        angle_limits: tuple[float, float],
        zoom_in: bool = False,
        zoom_out: bool = False,
        rotate_with_proba: float = 1.0,
    ) -> None:
        super().__init__()
        lower, upper = angle_limits
        if lower >= upper:
            raise ValueError(f"`angle_limits` must be an ordered tuple, got {angle_limits}")
        if not 0 <= rotate_with_proba <= 1:
            raise ValueError(f"RandomRotation: rotate_with_proba must be between 0 and 1, got {rotate_with_proba}")
        self._args = (angle_limits, zoom_in, zoom_out)
        self._rotate_with_proba = rotate_with_proba

    def forward(self, x: NDArray) -> Any:
        """Rotate ``x``, or give it back."""
        if np.random.random() > self._rotate_with_proba:
            return x
        _check_rotated(x)
        return image.random_rotate(x, *self._args)


# ---------------------------------------------------------------------- colors


class _Jitter(_ImageOperator):
    """A factor between ``1 - amount`` (not below 0) and ``1 + amount``."""

    def __init__(self, amount: float) -> None:
        super().__init__(max(0, 1 - amount), 1 + amount)


class RandomBrightness(_Jitter, operator="random_brightness"):
    """Multiply colors by a random factor, which is at most ``brightness`` away from 1."""

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness)


class RandomContrast(_Jitter, operator="random_contrast"):
    """Move colors away from the mean gray, or to it, by a random factor at most ``contrast`` away from 1."""

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast)


class RandomSaturation(_Jitter, operator="random_saturation"):
    """Make colors stronger or weaker by a random factor at most ``saturation`` away from 1."""

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation)


class RandomHue(_Jitter, operator="random_hue"):
    """Turn hues by a random part of the circle, at most ``hue``."""

    def __init__(self, hue: float) -> None:
        super().__init__(hue)


class RandomColorJitter(_ImageOperator, operator="random_color_jitter"):
    """Change brightness, contrast, saturation and hue in random order; see the transforms for each of them."""

    def __init__(self, brightness: float = 0, contrast: float = 0, saturation: float = 0, hue: float = 0) -> None:
        super().__init__(brightness, contrast, saturation, hue)


class RandomLighting(_ImageOperator, operator="random_lighting"):
    """Add color noise in the directions in which the colors of ImageNet vary most, as AlexNet did.

    Parameters
    ----------
    alpha : float
        The deviation of the amounts.
    """

    def __init__(self, alpha: float) -> None:
        super().__init__(alpha)
