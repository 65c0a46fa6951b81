"""Images with the boxes of objects: the augmenter of ``ImageDetRecordIter``, and its batches.

A label is ``[a, b, ..., class, left, top, right, bottom, ...]``: the width ``a`` of its header, the width ``b`` of an
object, then objects with coordinates from 0 to 1.
"""

from __future__ import annotations

import math
import random
from typing import Any

import numpy as np

from .. import recordio
from .._core import opencv
from ..base import MXNetError
from ._image_augment import resized, shift_hls, shorter_edge
from ._image_parameters import DetAugmentation, DetNormalization, DetReading, signature_of
from ._image_record import ImageRecordSource

_RANGES = ("scales", "aspect_ratios", "overlaps", "sample_coverages", "object_coverages")
_PER_SAMPLER = (*[f"{end}_crop_{name}" for name in _RANGES for end in ("min", "max")], "max_crop_trials")
# Frames that make an image hardly larger are left out.
_SMALLEST_FRAME = 1.05
# What an image's row of labels begins with: channels, height, width, and the width of its label.
INFO = 4


def parse_label(label: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The header of a label, and its objects that have an area, one a row."""
    if len(label) < 7:
        raise MXNetError(f"a label has a header of 2 and an object of 5 numbers at least, got {len(label)} numbers")
    header, width = int(label[0]), int(label[1])
    if header < 2 or width < 5 or header > len(label) or (len(label) - header) % width:
        raise MXNetError(f"a label of {len(label)} numbers cannot have a header of {header} and objects of {width}")
    objects = label[header:].reshape(-1, width)
    return label[:header], objects[(objects[:, 3] > objects[:, 1]) & (objects[:, 4] > objects[:, 2])]


def _project(objects: np.ndarray, x: float, y: float, w: float, h: float) -> np.ndarray:
    """Objects in coordinates of a window."""
    out = objects.copy()
    out[:, [1, 3]] = (out[:, [1, 3]] - x) / w
    out[:, [2, 4]] = (out[:, [2, 4]] - y) / h
    out[:, 1:3] = np.maximum(out[:, 1:3], 0)
    out[:, 3:5] = np.minimum(out[:, 3:5], 1)
    return out


class DetAugmenter:
    """Changes an image and its objects together, and resizes the image to the wanted size.

    Parameters
    ----------
    p : DetAugmentation
    height, width : int
        The size wanted.
    """

    def __init__(self, p: DetAugmentation, height: int, width: int) -> None:
        self.p = p
        self.height, self.width = height, width
        columns = []
        for name in _PER_SAMPLER:
            values = getattr(p, name)
            if len(values) not in (1, p.num_crop_sampler):
                raise MXNetError(
                    f"{name} should be one number or {p.num_crop_sampler} (num_crop_sampler), got {values}"
                )
            columns.append(values * p.num_crop_sampler if len(values) == 1 else values)
        self.samplers = list(zip(*columns))
        for low_scale, high_scale, *ranges, _ in self.samplers:
            if not 0 <= low_scale < high_scale <= 1 or any(a > b for a, b in zip(ranges[::2], ranges[1::2])):
                raise MXNetError("the ranges of a crop sampler should be in order, and its scales in [0, 1]")

    def __call__(self, image: np.ndarray, label: np.ndarray, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
        """The changed image and label."""
        p = self.p
        header, objects = parse_label(label)
        if p.resize != -1:
            image = shorter_edge(image, p.resize, p.inter_method, rng)
        image = self._colors(image, rng)
        if p.rand_mirror_prob > 0 and rng.random() < p.rand_mirror_prob:
            image = opencv.call("flip", image, 1)
            objects = objects.copy()
            objects[:, [1, 3]] = 1 - objects[:, [3, 1]]
        if p.rand_pad_prob > 0 and p.max_pad_scale > 1 and rng.random() < p.rand_pad_prob:
            image, objects = self._frame(image, objects, rng)
        if p.rand_crop_prob > 0 and rng.random() < p.rand_crop_prob:
            image, objects = self._crop(image, objects, rng)
        return self._fit(image, rng), np.concatenate([header, objects.ravel()])

    def _colors(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        p = self.p
        h, s, v, contrast = (
            rng.uniform(-most, most) if rng.random() < chance else 0
            for most, chance in (
                (p.max_random_hue, p.random_hue_prob),
                (p.max_random_saturation, p.random_saturation_prob),
                (p.max_random_illumination, p.random_illumination_prob),
                (p.max_random_contrast, p.random_contrast_prob),
            )
        )
        if (int(h) or int(s) or int(v)) and image.ndim == 3:
            image = shift_hls(image, int(h), int(v), int(s))
        if abs(contrast) > 1e-3:
            image = opencv.call("addWeighted", image, 1 + contrast, image, 0, 0)
        return image

    def _frame(self, image: np.ndarray, objects: np.ndarray, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
        """The image inside a larger one of one color."""
        scale = rng.uniform(1, self.p.max_pad_scale)
        if scale < _SMALLEST_FRAME:
            return image, objects
        x, y = rng.uniform(0, scale - 1), rng.uniform(0, scale - 1)
        h, w = image.shape[:2]
        sides = int(y * h), int((scale - y - 1) * h), int(x * w), int((scale - x - 1) * w)
        image = opencv.call("copyMakeBorder", image, *sides, borderType=0, value=[self.p.fill_value] * 3)
        return image, _project(objects, -x, -y, scale, scale)

    # ------------------------------------------------------------------ cutting

    def _crop(self, image: np.ndarray, objects: np.ndarray, rng: random.Random) -> tuple[np.ndarray, np.ndarray]:
        """A part of the image that one of the samplers accepts; all of it when none does."""
        h, w = image.shape[:2]
        for sampler in rng.sample(self.samplers, len(self.samplers)):
            for _ in range(sampler[-1]):
                x, y, part_w, part_h = self._window(sampler, w / h, rng)
                left = self._objects_in(sampler, objects, x, y, part_w, part_h)
                columns, rows = int(part_w * w), int(part_h * h)
                if left is not None and columns and rows:
                    start_y, start_x = int(y * h), int(x * w)
                    return image[start_y : start_y + rows, start_x : start_x + columns], left
        return image, objects

    @staticmethod
    def _window(sampler: tuple[Any, ...], image_ratio: float, rng: random.Random) -> tuple[float, float, float, float]:
        """A window x, y, width and height of random size, shape and place."""
        low_scale, high_scale, low_ratio, high_ratio = sampler[:4]
        scale = rng.uniform(low_scale, high_scale) + 1e-12
        lowest, highest = max(low_ratio / image_ratio, scale**2), min(high_ratio / image_ratio, 1 / scale**2)
        ratio = math.sqrt(rng.uniform(lowest, highest))
        w, h = min(1.0, scale * ratio), min(1.0, scale / ratio)
        return rng.uniform(0, 1 - w), rng.uniform(0, 1 - h), w, h

    def _objects_in(
        self, sampler: tuple[Any, ...], objects: np.ndarray, x: float, y: float, w: float, h: float
    ) -> np.ndarray | None:
        """The objects that stay in a window; None when the sampler refuses it, or no object stays."""
        if not len(objects):
            return objects
        boxes = objects[:, 1:5]
        areas = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
        shared_w = np.minimum(boxes[:, 2], x + w) - np.maximum(boxes[:, 0], x)
        shared_h = np.minimum(boxes[:, 3], y + h) - np.maximum(boxes[:, 1], y)
        shared = np.maximum(shared_w, 0) * np.maximum(shared_h, 0)
        measures = (shared / (areas + w * h - shared), shared / (w * h), shared / areas)
        accepted = np.ones(len(objects), bool)
        for measure, low, high in zip(measures, sampler[4:10:2], sampler[5:10:2]):
            if low > 0 or high < 1:
                accepted &= (measure >= low) & (measure <= high)
        if not accepted.any():
            return None
        if self.p.crop_emit_mode == "center":
            center_x, center_y = (boxes[:, 0] + boxes[:, 2]) / 2, (boxes[:, 1] + boxes[:, 3]) / 2
            stay = (center_x >= x) & (center_x < x + w) & (center_y >= y) & (center_y < y + h)
        else:
            stay = measures[2] > self.p.emit_overlap_thresh
        return _project(objects[stay], x, y, w, h) if stay.any() else None

    def _fit(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        """The image in the wanted size, or as large as fits into it."""
        w, h = self.width, self.height
        if self.p.resize_mode != "force":
            rows, columns = image.shape[:2]
            ratio = min(h / rows, w / columns)
            if self.p.resize_mode == "shrink" and ratio >= 1:
                return image
            w, h = max(1, int(ratio * columns)), max(1, int(ratio * rows))
        return resized(image, w, h, self.p.inter_method, rng)


class ImageDetRecordSource(ImageRecordSource):
    """Batches of augmented images with boxes of objects, from a record file.

    An image's row of labels is its channels, height, width and the number of its label's values, then these values,
    filled up with ``label_pad_value`` to ``label_pad_width`` (the longest label by default). With the ``resize_mode``
    ``fit`` or ``shrink`` images keep the ratio of their edges and are filled up with zeros. See ``ImageRecordIter`` for
    the other parameters.
    """

    groups = (DetReading, DetAugmentation, DetNormalization)
    augmenter = "det_aug_default"
    __signature__ = signature_of(groups)

    def __init__(self, **given: Any) -> None:
        self._width = 0
        super().__init__(**given)

    def _make_augmenter(self, augmentation: Any) -> DetAugmenter:
        return DetAugmenter(augmentation, *self.p.data_shape[1:])

    def _new_data(self, filled: int) -> np.ndarray:
        return np.zeros((self.p.batch_size, *self.p.data_shape), self.dtype)

    def _new_labels(self) -> np.ndarray:
        if not self._width:
            self._width = self._label_width()
        return np.full((self.p.batch_size, INFO + self._width), self.p.label_pad_value, np.float32)

    def _label_width(self) -> int:
        """How long rows of labels are; looks at all labels of the part."""
        if self._labels is not None:
            longest = max((len(v) for v in self._labels.values()), default=0)
        else:
            split = self._split(shuffle=False)
            longest = 0
            while True:
                records = split.take(256)
                if not records:
                    break
                longest = max(longest, *(len(self._label_of(recordio.unpack(r)[0])) for r in records))
            split.close()
        if 0 < self.p.label_pad_width < longest:
            raise MXNetError(f"label_pad_width {self.p.label_pad_width} smaller than estimated width {longest}")
        return max(longest, self.p.label_pad_width)

    def _decode(self, header: object, encoded: bytes, data: np.ndarray, label: np.ndarray, rng: random.Random) -> None:
        raw = self._label_of(header)
        image = self._pixels(encoded)
        if self._augment is not None:
            image, raw = self._augment(image, raw, rng)
        rows, columns = image.shape[:2]
        if rows > data.shape[1] or columns > data.shape[2] or INFO + len(raw) > len(label):
            raise MXNetError(f"its size {image.shape} does not fit into data_shape {self.p.data_shape}")
        label[:INFO] = len(data), rows, columns, len(raw)
        label[INFO : INFO + len(raw)] = raw
        if (rows, columns) != data.shape[1:]:
            # The place that is left counts as black.
            free = data.shape[1] - rows, data.shape[2] - columns
            image = opencv.call("copyMakeBorder", image, 0, free[0], 0, free[1], borderType=0, value=[0] * 4)
        self._normalize.write(image, data, rng)
