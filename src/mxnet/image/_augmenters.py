"""Augmenters: what may happen to an image before a network sees it.

Random numbers come from Python's ``random`` and NumPy's global generator, as in MXNet: the same seeds give the same
images.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from ..base import ArgumentValueError
from ..ndarray.ndarray import NDArray
from ._functions import (
    _area_argument,
    _get_interp_method,
    center_crop,
    color_normalize,
    imresize,
    random_crop,
    random_size_crop,
    resize_short,
)

__all__ = [
    "Augmenter",
    "BrightnessJitterAug",
    "CastAug",
    "CenterCropAug",
    "ColorJitterAug",
    "ColorNormalizeAug",
    "ContrastJitterAug",
    "CreateAugmenter",
    "ForceResizeAug",
    "HorizontalFlipAug",
    "HueJitterAug",
    "LightingAug",
    "RandomCropAug",
    "RandomGrayAug",
    "RandomOrderAug",
    "RandomSizedCropAug",
    "ResizeAug",
    "SaturationJitterAug",
    "SequentialAug",
]

# How much of red, green and blue the eye sees (ITU-R BT.601).
_LUMA = [[[0.299, 0.587, 0.114]]]
# Mean and deviation of the colors of ImageNet.
_IMAGENET_MEAN = np.array([123.68, 116.28, 103.53])
_IMAGENET_STD = np.array([58.395, 57.12, 57.375])
# The directions in which they vary (Krizhevsky et al., "ImageNet Classification with Deep Convolutional Neural
# Networks", 2012).
_EIGENVALUES = np.array([55.46, 4.794, 1.148])
_EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])


def _listed(value: object) -> Any:
    """Arrays as lists, for JSON."""
    if isinstance(value, NDArray):
        value = value.asnumpy()
    return value.tolist() if isinstance(value, np.ndarray) else value


class _Described:
    """Keeps the arguments an object was made with, and writes them as JSON."""

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = {name: _listed(value) for name, value in kwargs.items()}

    def dumps(self) -> Any:
        """The class's name in lower case and its arguments, as JSON."""
        return json.dumps([self.__class__.__name__.lower(), self._kwargs])


class Augmenter(_Described):
    """Something that changes an image. Subclasses are called with ``(height, width, channels)`` and give the like."""

    def __call__(self, src: Any) -> Any:
        raise NotImplementedError("Must override implementation.")


class _Several(Augmenter):
    """Augmenters made of others."""

    def __init__(self, ts: list[Augmenter]) -> None:
        super().__init__()
        self.ts = ts

    def dumps(self) -> Any:
        """The class's name in lower case and the descriptions of its augmenters."""
        return [self.__class__.__name__.lower(), [t.dumps() for t in self.ts]]

    def __call__(self, src: NDArray) -> NDArray:
        for t in self.ts:
            src = t(src)
        return src


class SequentialAug(_Several):
    """Augmenters one after the other."""


class RandomOrderAug(_Several):
    """Augmenters one after the other, in an order drawn anew for each image."""

    def __call__(self, src: NDArray) -> NDArray:
        random.shuffle(self.ts)
        return super().__call__(src)


# ---------------------------------------------------------------------- sizes


class _Sized(Augmenter):
    """Augmenters with a size and an interpolation method (see :func:`mxnet.image.resize_short`)."""

    def __init__(self, size: Any, interp: int = 2) -> None:
        super().__init__(size=size, interp=interp)
        self.size = size
        self.interp = interp


class ResizeAug(_Sized):
    """Resize the shorter edge to ``size``."""

    def __call__(self, src: NDArray) -> NDArray:
        return resize_short(src, self.size, self.interp)


class ForceResizeAug(_Sized):
    """Resize to ``size`` (width, height), whatever the ratio of the edges."""

    def __call__(self, src: NDArray) -> NDArray:
        w, h = self.size
        return imresize(src, w, h, interp=_get_interp_method(self.interp, (*src.shape[:2], h, w)))


class RandomCropAug(_Sized):
    """Cut out a rectangle of ``size`` (width, height) at a random place."""

    def __call__(self, src: NDArray) -> NDArray:
        return random_crop(src, self.size, self.interp)[0]


class CenterCropAug(_Sized):
    """Cut a rectangle of ``size`` (width, height) out of the middle."""

    def __call__(self, src: NDArray) -> NDArray:
        return center_crop(src, self.size, self.interp)[0]


class RandomSizedCropAug(Augmenter):
    """Cut out a rectangle of random area and shape, and resize it. See :func:`mxnet.image.random_size_crop`."""

    def __init__(self, size: Any, area: Any, ratio: Any, interp: int = 2, **kwargs: Any) -> None:
        super().__init__(size=size, area=area, ratio=ratio, interp=interp)
        self.size = size
        self.area = _area_argument(area, kwargs, "RandomSizedCropAug")
        self.ratio = ratio
        self.interp = interp

    def __call__(self, src: NDArray) -> NDArray:
        return random_size_crop(src, self.size, self.area, self.ratio, self.interp)[0]


class HorizontalFlipAug(Augmenter):
    """Exchange left and right with the probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray) -> NDArray:
        return nd.flip(src, axis=1) if random.random() < self.p else src


# ---------------------------------------------------------------------- colors


class BrightnessJitterAug(Augmenter):
    """Multiply by a factor which is at most ``brightness`` away from 1, in place."""

    def __init__(self, brightness: float) -> None:
        super().__init__(brightness=brightness)
        self.brightness = brightness

    def __call__(self, src: NDArray) -> NDArray:
        src *= 1.0 + random.uniform(-self.brightness, self.brightness)
        return src


class ContrastJitterAug(Augmenter):
    """Move colors away from the mean gray (or to it) by a factor at most ``contrast`` away from 1, in place."""

    def __init__(self, contrast: float) -> None:
        super().__init__(contrast=contrast)
        self.contrast = contrast
        self.coef = nd.array(_LUMA)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.contrast, self.contrast)
        gray = src * self.coef
        mean = (3.0 * (1.0 - alpha) / gray.size) * nd.sum(gray)
        src *= alpha
        src += mean
        return src


class SaturationJitterAug(Augmenter):
    """Move colors away from their gray (or to it) by a factor at most ``saturation`` away from 1, in place."""

    def __init__(self, saturation: float) -> None:
        super().__init__(saturation=saturation)
        self.saturation = saturation
        self.coef = nd.array(_LUMA)

    def __call__(self, src: NDArray) -> NDArray:
        alpha = 1.0 + random.uniform(-self.saturation, self.saturation)
        gray = nd.sum(src * self.coef, axis=2, keepdims=True) * (1.0 - alpha)
        src *= alpha
        src += gray
        return src


# The transformation of the NTSC standard and its inverse.
_RGB_TO_YIQ = np.array([(0.299, 0.587, 0.114), (0.596, -0.274, -0.321), (0.211, -0.523, 0.311)])
_YIQ_TO_RGB = np.array([(1.0, 0.956, 0.621), (1.0, -0.272, -0.647), (1.0, -1.107, 1.705)])


class HueJitterAug(Augmenter):
    """Turn the hues by at most ``hue`` half circles, by a rotation in the YIQ space of colors."""

    def __init__(self, hue: float) -> None:
        super().__init__(hue=hue)
        self.hue = hue
        self.tyiq, self.ityiq = _RGB_TO_YIQ, _YIQ_TO_RGB

    def __call__(self, src: NDArray) -> NDArray:
        angle = random.uniform(-self.hue, self.hue) * np.pi
        cos, sin = np.cos(angle), np.sin(angle)
        turn = np.array([[1.0, 0.0, 0.0], [0.0, cos, -sin], [0.0, sin, cos]])
        return nd.dot(src, nd.array((self.ityiq @ turn @ self.tyiq).T))


class ColorJitterAug(RandomOrderAug):
    """Jitter brightness, contrast and saturation in random order; what is not positive is left out."""

    def __init__(self, brightness: float, contrast: float, saturation: float) -> None:
        jitters = (
            (BrightnessJitterAug, brightness),
            (ContrastJitterAug, contrast),
            (SaturationJitterAug, saturation),
        )
        super().__init__([jitter(amount) for jitter, amount in jitters if amount > 0])


class LightingAug(Augmenter):
    """Add color noise along the directions ``eigvec`` with normal amounts of ``alphastd`` times ``eigval``."""

    def __init__(self, alphastd: float, eigval: np.ndarray, eigvec: np.ndarray) -> None:
        super().__init__(alphastd=alphastd, eigval=eigval, eigvec=eigvec)
        self.alphastd, self.eigval, self.eigvec = alphastd, eigval, eigvec

    def __call__(self, src: NDArray) -> NDArray:
        alpha = np.random.normal(0, self.alphastd, size=(3,))
        src += nd.array(np.dot(self.eigvec * alpha, self.eigval))
        return src


class ColorNormalizeAug(Augmenter):
    """Subtract ``mean`` and divide by ``std``, in place; None leaves that out."""

    def __init__(self, mean: Any, std: Any) -> None:
        super().__init__(mean=mean, std=std)
        self.mean, self.std = (v if v is None or isinstance(v, NDArray) else nd.array(v) for v in (mean, std))

    def __call__(self, src: NDArray) -> NDArray:
        return color_normalize(src, self.mean, self.std)


class RandomGrayAug(Augmenter):
    """Make the image gray with the probability ``p``; it keeps its three channels."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p
        self.mat = nd.array([[0.21] * 3, [0.72] * 3, [0.07] * 3])

    def __call__(self, src: NDArray) -> NDArray:
        return nd.dot(src, self.mat) if random.random() < self.p else src


class CastAug(Augmenter):
    """Convert to another type."""

    def __init__(self, typ: str = "float32") -> None:
        super().__init__(type=typ)
        self.typ = typ

    def __call__(self, src: NDArray) -> NDArray:
        return src.astype(self.typ)


# ---------------------------------------------------------------------- the usual list


def _color_augmenters(
    brightness: float,
    contrast: float,
    saturation: float,
    hue: float,
    pca_noise: float,
    rand_gray: float,
    mean: object,
    std: object,
) -> list[Augmenter]:
    """The part of the usual list that works on float32 colors."""
    augmenters: list[Augmenter] = [CastAug()]
    if brightness or contrast or saturation:
        augmenters.append(ColorJitterAug(brightness, contrast, saturation))
    if hue:
        augmenters.append(HueJitterAug(hue))
    if pca_noise > 0:
        augmenters.append(LightingAug(pca_noise, _EIGENVALUES, _EIGENVECTORS))
    if rand_gray > 0:
        augmenters.append(RandomGrayAug(rand_gray))
    mean, std = _statistic("mean", mean, _IMAGENET_MEAN), _statistic("std", std, _IMAGENET_STD)
    if mean is not None or std is not None:
        augmenters.append(ColorNormalizeAug(mean, std))
    return augmenters


def _statistic(name: str, value: object, usual: np.ndarray) -> Any:
    """Numbers for the channels: those given, or ImageNet's for True."""
    if value is True:
        return usual
    if value is not None and not (isinstance(value, (np.ndarray, NDArray)) and value.shape[0] in (1, 3)):
        raise ArgumentValueError(f"{name} should be True, or an array of one or three numbers, got {value!r}")
    return value


def CreateAugmenter(
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: bool = False,
    rand_resize: bool = False,
    rand_mirror: bool = False,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    hue: float = 0,
    pca_noise: float = 0,
    rand_gray: float = 0,
    inter_method: int = 2,
) -> list[Augmenter]:
    """The usual list of augmenters for classification.

    Parameters
    ----------
    data_shape : tuple of int
        ``(channels, height, width)`` of the images wanted.
    resize : int
        The length of the shorter edge before cutting; 0 leaves images as they are.
    rand_crop : bool
        Cut at a random place, not in the middle.
    rand_resize : bool
        Cut out random areas and shapes; needs ``rand_crop``.
    rand_mirror : bool
        Exchange left and right in half of the images.
    mean, std : numpy.ndarray, NDArray or True
        Subtract and divide by these numbers; True stands for those of ImageNet.
    brightness, contrast, saturation, hue, pca_noise : float
        How much to jitter.
    rand_gray : float
        The probability to take the colors away.
    inter_method : int
        See :func:`mxnet.image.resize_short`.

    Examples
    --------
    >>> import mxnet as mx
    >>> [type(a).__name__ for a in mx.image.CreateAugmenter((3, 300, 300), rand_mirror=True, brightness=0.125)]
    ['CenterCropAug', 'HorizontalFlipAug', 'CastAug', 'ColorJitterAug']
    """
    augmenters: list[Augmenter] = [ResizeAug(resize, inter_method)] if resize > 0 else []
    size = (data_shape[2], data_shape[1])
    if rand_resize:
        if not rand_crop:
            raise ArgumentValueError("rand_resize needs rand_crop")
        augmenters.append(RandomSizedCropAug(size, 0.08, (3.0 / 4.0, 4.0 / 3.0), inter_method))
    else:
        augmenters.append((RandomCropAug if rand_crop else CenterCropAug)(size, inter_method))
    if rand_mirror:
        augmenters.append(HorizontalFlipAug(0.5))
    mean, std = (
        nd.array(usual) if given is True else given for given, usual in ((mean, _IMAGENET_MEAN), (std, _IMAGENET_STD))
    )
    return augmenters + _color_augmenters(brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std)
