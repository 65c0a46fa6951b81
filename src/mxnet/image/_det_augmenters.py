"""Augmenters for detection: they change an image and the boxes of its objects together.

Labels are arrays of rows ``(class, left, top, right, bottom, ...)`` with coordinates from 0 to 1.
"""

from __future__ import annotations

import math
import random
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .. import ndarray as nd
from .._core import logs
from ..base import ArgumentValueError, numeric_types
from ..ndarray import _internal
from ..ndarray.ndarray import NDArray
from ._augmenters import Augmenter, ForceResizeAug, ResizeAug, _color_augmenters, _Described
from ._functions import fixed_crop

__all__ = [
    "CreateDetAugmenter",
    "CreateMultiRandCropAugmenter",
    "DetAugmenter",
    "DetBorrowAug",
    "DetHorizontalFlipAug",
    "DetRandomCropAug",
    "DetRandomPadAug",
    "DetRandomSelectAug",
]

# OpenCV's flags: one color, and no looking outside of the part of an image.
_BORDER_CONSTANT_ISOLATED = 16
# Where a row of a label has its coordinates.
_X, _Y, _BOX = [1, 3], [2, 4], slice(1, 5)


class DetAugmenter(_Described):
    """Something that changes an image and its label. Subclasses are called with both and give both."""

    def __call__(self, src: Any, label: Any) -> Any:
        raise NotImplementedError("Must override implementation.")


class DetBorrowAug(DetAugmenter):
    """An augmenter for classification that leaves boxes where they are.

    Raises
    ------
    TypeError
        When ``augmenter`` is none.
    """

    def __init__(self, augmenter: Augmenter) -> None:
        if not isinstance(augmenter, Augmenter):
            raise TypeError(f"Borrowing from invalid Augmenter {augmenter!r}")
        super().__init__(augmenter=augmenter.dumps())
        self.augmenter = augmenter

    def dumps(self) -> Any:
        """The class's name in lower case and the augmenter's description."""
        return [self.__class__.__name__.lower(), self.augmenter.dumps()]

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        return self.augmenter(src), label


class DetRandomSelectAug(DetAugmenter):
    """One of several augmenters, drawn anew for each image; with the probability ``skip_prob`` none of them."""

    def __init__(self, aug_list: Any, skip_prob: float = 0) -> None:
        super().__init__(skip_prob=skip_prob)
        self.aug_list: list[DetAugmenter] = list(aug_list) if isinstance(aug_list, (list, tuple)) else [aug_list]
        for augmenter in self.aug_list:
            if not isinstance(augmenter, DetAugmenter):
                raise ValueError(f"Allow DetAugmenter in list only, got {augmenter!r}")
        self.skip_prob = skip_prob if self.aug_list else 1

    def dumps(self) -> Any:
        """The class's name in lower case and the descriptions of the augmenters."""
        return [self.__class__.__name__.lower(), [a.dumps() for a in self.aug_list]]

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        if random.random() >= self.skip_prob:
            random.shuffle(self.aug_list)
            src, label = self.aug_list[0](src, label)
        return src, label


class DetHorizontalFlipAug(DetAugmenter):
    """Exchange left and right with the probability ``p``."""

    def __init__(self, p: float) -> None:
        super().__init__(p=p)
        self.p = p

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        if random.random() < self.p:
            src = nd.flip(src, axis=1)
            label[:, _X] = 1.0 - label[:, _X[::-1]]
        return src, label


# ---------------------------------------------------------------------- cutting and framing


def _areas(boxes: np.ndarray) -> np.ndarray:
    """Areas of rows (left, top, right, bottom)."""
    return np.maximum(0, boxes[:, 2] - boxes[:, 0]) * np.maximum(0, boxes[:, 3] - boxes[:, 1])


def _overlaps(boxes: np.ndarray, window: np.ndarray) -> np.ndarray:
    """Areas of the parts of boxes inside a window (left, top, right, bottom)."""
    corners = np.concatenate([np.maximum(boxes[:, :2], window[:2]), np.minimum(boxes[:, 2:4], window[2:])], 1)
    return _areas(corners)


def _pair(value: object, name: str, owner: str) -> Any:
    """A range; one number stands for itself as both ends."""
    if isinstance(value, (tuple, list)):
        low, high = value
        return low, high
    if not isinstance(value, numeric_types):
        raise ArgumentValueError(f"{owner}: {name} should be a number or a pair of them, got {value!r}")
    logs.root.info("Using fixed %s: %s in %s", name.replace("_", " "), value, owner)
    return value, value


class _RandomWindow(DetAugmenter):
    """An augmenter that draws a window of random shape and area around or inside an image.

    Its arguments become attributes. ``smallest_area`` is the area, as a multiple of the image's, up to which there is
    nothing to draw.
    """

    aspect_ratio_range: tuple[float, float]
    area_range: tuple[float, float]
    max_attempts: int

    def __init__(self, smallest_area: float, **arguments: Any) -> None:
        name = self.__class__.__name__
        for key in ("aspect_ratio_range", "area_range"):
            arguments[key] = _pair(arguments[key], key, name)
        super().__init__(**arguments)
        vars(self).update(arguments)
        ratios, areas = self.aspect_ratio_range, self.area_range
        wrong = None
        if areas[1] <= smallest_area or areas[0] > areas[1]:
            wrong = f"area_range: {areas}"
        elif ratios[0] <= 0 or ratios[0] > ratios[1]:
            wrong = f"aspect_ratio_range: {ratios}"
        if wrong:
            warnings.warn(f"Skip {name} due to invalid {wrong}", stacklevel=3)
        self.enabled = wrong is None

    def _attempts(self, height: int, width: int) -> Iterator[tuple[float, float, float]]:
        """Ratios of width to height to try, each with the smallest and the largest area for an image of this size."""
        if self.enabled and height > 0 and width > 0:
            smallest, largest = (a * height * width for a in self.area_range)
            for _ in range(self.max_attempts):
                ratio = random.uniform(*self.aspect_ratio_range)
                if ratio > 0:
                    yield ratio, smallest, largest


class DetRandomCropAug(_RandomWindow):
    """Cut out a random rectangle that shows enough of the objects it touches.

    Parameters
    ----------
    min_object_covered : float
        Each object that the rectangle touches must be in it by more than this part of its area.
    aspect_ratio_range : tuple of float
        The smallest and largest ratio of width to height.
    area_range : tuple of float
        The smallest and largest part of the image's area.
    min_eject_coverage : float
        Objects of which not more than this part is left are dropped.
    max_attempts : int
        After so many failures the image stays as it is.
    """

    min_object_covered: float
    min_eject_coverage: float

    def __init__(
        self,
        min_object_covered: float = 0.1,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (0.05, 1.0),
        min_eject_coverage: float = 0.3,
        max_attempts: int = 50,
    ) -> None:
        super().__init__(
            smallest_area=0,
            min_object_covered=min_object_covered,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            min_eject_coverage=min_eject_coverage,
            max_attempts=max_attempts,
        )

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        found = self._random_crop_proposal(label, *src.shape[:2])
        if not found:
            return src, label
        *rectangle, cut = found
        return fixed_crop(src, *rectangle), cut

    def _random_crop_proposal(self, label: np.ndarray, height: int, width: int) -> tuple[Any, ...]:
        """A rectangle x, y, width, height and the label for it; empty when there is none."""
        for ratio, smallest, largest in self._attempts(height, width):
            h, w = self._random_size(ratio, smallest, largest, height, width)
            if not (smallest <= w * h <= largest and 0 <= w <= width and 0 <= h <= height):
                continue
            y = random.randint(0, height - h)
            x = random.randint(0, width - w)
            if self._shows_enough(label, x, y, w, h, width, height):
                cut = self._cut_label(label, x / width, y / height, w / width, h / height)
                if cut is not None:
                    return x, y, w, h, cut
        return ()

    @staticmethod
    def _random_size(ratio: float, smallest: float, largest: float, height: int, width: int) -> tuple[int, int]:
        """A height and width of about this ratio, and of an area within the limits if rounding allows."""
        h, highest = round(math.sqrt(smallest / ratio)), round(math.sqrt(largest / ratio))
        if round(highest * ratio) > width:
            highest = int((width + 0.4999999) / ratio)
        highest = min(highest, height)
        h = min(h, highest)
        if h < highest:
            h = random.randint(h, highest)
        for beyond, step in ((lambda area: area < smallest, 1), (lambda area: area > largest, -1)):
            if beyond(h * round(h * ratio)):
                h += step
        return h, round(h * ratio)

    def _shows_enough(self, label: np.ndarray, x: int, y: int, w: int, h: int, width: int, height: int) -> bool:
        if w * h < 2:
            return False
        boxes = label[:, _BOX]
        areas = _areas(boxes)
        visible = areas * width * height > 2
        window = np.array([x / width, y / height, (x + w) / width, (y + h) / height])
        covered = _overlaps(boxes[visible], window) / areas[visible]
        touched = covered[covered > 0]
        return touched.size > 0 and touched.min() > self.min_object_covered

    def _cut_label(self, label: np.ndarray, x: float, y: float, w: float, h: float) -> np.ndarray | None:
        """The label in coordinates of the rectangle, without objects of which too little is left; None if none is."""
        out = label.copy()
        out[:, _X] = (out[:, _X] - x) / w
        out[:, _Y] = (out[:, _Y] - y) / h
        out[:, _BOX] = out[:, _BOX].clip(0, 1)
        with np.errstate(divide="ignore", invalid="ignore"):
            left = _areas(out[:, _BOX]) * w * h / _areas(label[:, _BOX])
        valid = (out[:, 3] > out[:, 1]) & (out[:, 4] > out[:, 2]) & (left > self.min_eject_coverage)
        return out[valid] if valid.any() else None


class DetRandomPadAug(_RandomWindow):
    """Put the image into a larger one of one color, at a random place.

    Parameters
    ----------
    aspect_ratio_range : tuple of float
        The smallest and largest ratio of width to height of the larger image.
    area_range : tuple of float
        Its smallest and largest area, as a multiple of the image's.
    max_attempts : int
        After so many failures the image stays as it is.
    pad_val : float or tuple of float
        The color.
    """

    pad_val: Any

    def __init__(
        self,
        aspect_ratio_range: Any = (0.75, 1.33),
        area_range: Any = (1.0, 3.0),
        max_attempts: int = 50,
        pad_val: Any = (128, 128, 128),
    ) -> None:
        if isinstance(pad_val, numeric_types):
            pad_val = (pad_val,) * 3
        elif not isinstance(pad_val, (list, tuple)):
            raise ArgumentValueError(f"DetRandomPadAug: pad_val should be a number or a list of them, got {pad_val!r}")
        super().__init__(
            smallest_area=1.0,
            aspect_ratio_range=aspect_ratio_range,
            area_range=area_range,
            max_attempts=max_attempts,
            pad_val=pad_val,
        )

    def __call__(self, src: NDArray, label: np.ndarray) -> tuple[NDArray, np.ndarray]:
        height, width = src.shape[:2]
        found = self._random_pad_proposal(label, height, width)
        if not found:
            return src, label
        x, y, w, h, moved = found
        sides = {"top": y, "bot": h - y - height, "left": x, "right": w - x - width}
        return _internal._cvcopyMakeBorder(src, **sides, type=_BORDER_CONSTANT_ISOLATED, values=self.pad_val), moved

    def _random_pad_proposal(self, label: np.ndarray, height: int, width: int) -> tuple[Any, ...]:
        """Where the image goes (x, y), the size of the larger image, and the label for it; empty when there is none."""
        for ratio, smallest, largest in self._attempts(height, width):
            h, highest = round(math.sqrt(smallest / ratio)), round(math.sqrt(largest / ratio))
            if round(h * ratio) < width:
                h = int((width + 0.499999) / ratio)
            h = min(max(h, height), highest)
            if h < highest:
                h = random.randint(h, highest)
            w = round(h * ratio)
            if h - height < 2 or w - width < 2:
                continue  # hardly a frame
            y = random.randint(0, h - height)
            x = random.randint(0, w - width)
            out = label.copy()
            out[:, _X] = (out[:, _X] * width + x) / w
            out[:, _Y] = (out[:, _Y] * height + y) / h
            return x, y, w, h, out
        return ()


# ---------------------------------------------------------------------- the usual lists


def CreateMultiRandCropAugmenter(
    min_object_covered: Any = 0.1,
    aspect_ratio_range: float | Sequence[float] = (0.75, 1.33),
    area_range: float | Sequence[float] = (0.05, 1.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    skip_prob: float = 0,
) -> DetRandomSelectAug:
    """Several :class:`DetRandomCropAug`, one of which is drawn for each image.

    Each argument is that of one augmenter, or a list with one for each; lists must be equally long.

    Examples
    --------
    >>> import mxnet as mx
    >>> several = mx.image.CreateMultiRandCropAugmenter(min_object_covered=[0.1, 0.5, 0.9], max_attempts=20)
    >>> len(several.aug_list)
    3
    """
    arguments = {
        "min_object_covered": min_object_covered,
        "aspect_ratio_range": aspect_ratio_range,
        "area_range": area_range,
        "min_eject_coverage": min_eject_coverage,
        "max_attempts": max_attempts,
    }
    lists = {name: value if isinstance(value, list) else [value] for name, value in arguments.items()}
    count = max(len(values) for values in lists.values())
    for name, values in lists.items():
        if len(values) not in (1, count):
            raise ArgumentValueError(f"{name} should be one value or a list of {count}, got {len(values)}")
    augmenters = [
        DetRandomCropAug(**{name: values[i if len(values) > 1 else 0] for name, values in lists.items()})
        for i in range(count)
    ]
    return DetRandomSelectAug(augmenters, skip_prob=skip_prob)


def CreateDetAugmenter(
    data_shape: tuple[int, int, int],
    resize: int = 0,
    rand_crop: float = 0,
    rand_pad: float = 0,
    rand_gray: float = 0,
    rand_mirror: bool = False,
    mean: float | Sequence[float] | None = None,
    std: float | Sequence[float] | None = None,
    brightness: float = 0,
    contrast: float = 0,
    saturation: float = 0,
    pca_noise: float = 0,
    hue: float = 0,
    inter_method: int = 2,
    min_object_covered: Any = 0.1,
    aspect_ratio_range: Any = (0.75, 1.33),
    area_range: Any = (0.05, 3.0),
    min_eject_coverage: Any = 0.3,
    max_attempts: Any = 50,
    pad_val: Any = (127, 127, 127),
) -> list[DetAugmenter]:
    """The usual list of augmenters for detection.

    Parameters
    ----------
    data_shape : tuple of int
        ``(channels, height, width)`` of the images wanted.
    resize : int
        The length of the shorter edge at the beginning; 0 leaves images as they are.
    rand_crop, rand_pad, rand_gray : float
        The probabilities to cut, to put a frame around, and to take the colors away.
    rand_mirror : bool
        Exchange left and right in half of the images.
    mean, std : numpy.ndarray or True
        Subtract and divide by these numbers; True stands for those of ImageNet.
    brightness, contrast, saturation, pca_noise, hue : float
        How much to jitter.
    inter_method : int
        See :func:`mxnet.image.resize_short`.
    min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts
        See :class:`DetRandomCropAug`; lists make several augmenters. Frames are up to ``area_range[1]`` times as large.
    pad_val : float or tuple of float
        The color of frames.
    """
    augmenters: list[DetAugmenter] = []
    if resize > 0:
        augmenters.append(DetBorrowAug(ResizeAug(resize, inter_method)))
    if rand_crop > 0:
        crops = (min_object_covered, aspect_ratio_range, area_range, min_eject_coverage, max_attempts)
        augmenters.append(CreateMultiRandCropAugmenter(*crops, skip_prob=1 - rand_crop))
    if rand_mirror:
        augmenters.append(DetHorizontalFlipAug(0.5))
    if rand_pad > 0:
        frame = DetRandomPadAug(aspect_ratio_range, (1.0, area_range[1]), max_attempts, pad_val)
        augmenters.append(DetRandomSelectAug([frame], 1 - rand_pad))
    resized: Sequence[Augmenter] = (ForceResizeAug((data_shape[2], data_shape[1]), inter_method),)
    colors = _color_augmenters(brightness, contrast, saturation, hue, pca_noise, rand_gray, mean, std)
    return augmenters + [DetBorrowAug(a) for a in (*resized, *colors)]
