"""The augmenter of ``ImageRecordIter``: random sizes, places and colors of images as OpenCV has them (BGR bytes)."""

from __future__ import annotations

import math
import random

import numpy as np

from .._core import opencv
from ..base import MXNetError
from ._image_parameters import Augmentation

# Limits of hue, lightness and saturation in OpenCV's bytes.
_HLS_LIMITS = (180, 255, 255)
# Eigenvectors of the colors of ImageNet in the order BGR, each times its eigenvalue (Krizhevsky et al., 2012).
_PCA = np.array(
    [
        [55.46 * -0.5836, 4.794 * -0.6948, 1.148 * 0.4203],
        [55.46 * -0.5808, 4.794 * -0.0045, 1.148 * -0.8140],
        [55.46 * -0.5675, 4.794 * 0.7192, 1.148 * 0.4009],
    ]
)


def resized(image: np.ndarray, width: int, height: int, method: int, rng: random.Random) -> np.ndarray:
    """An image in another size."""
    sizes = (*image.shape[:2], height, width)
    interp = opencv.interpolation(method, sizes, rng.randint)
    return opencv.call("resize", image, (width, height), interpolation=interp)


def shorter_edge(image: np.ndarray, size: int, method: int, rng: random.Random) -> np.ndarray:
    """An image whose shorter edge has another length."""
    h, w = image.shape[:2]
    new_w, new_h = (size, size * h // w) if h > w else (size * w // h, size)
    return resized(image, new_w, new_h, method, rng)


def shift_hls(image: np.ndarray, hue: int, lightness: int, saturation: int) -> np.ndarray:
    """A color image with numbers added to its hue, lightness and saturation, which stay in their ranges."""
    cv2 = opencv.opencv()
    planes = cv2.split(cv2.cvtColor(image, cv2.COLOR_BGR2HLS))
    places = np.arange(256)
    tables = [
        np.clip(places + shift, 0, limit).astype(np.uint8)
        for shift, limit in zip((hue, lightness, saturation), _HLS_LIMITS)
    ]
    return cv2.cvtColor(cv2.merge([cv2.LUT(p, t) for p, t in zip(planes, tables)]), cv2.COLOR_HLS2BGR)


class DefaultAugmenter:
    """Cuts images to the wanted size, after and before whatever else the parameters ask for.

    Parameters
    ----------
    p : Augmentation
    height, width : int
        The size wanted.
    """

    def __init__(self, p: Augmentation, height: int, width: int) -> None:
        self.p = p
        self.height, self.width = height, width
        if p.min_aspect_ratio is None:
            self.ratios = 1 - p.max_aspect_ratio, 1 + p.max_aspect_ratio
        else:
            self.ratios = p.min_aspect_ratio, p.max_aspect_ratio
        if p.random_resized_crop:
            self._check_resized_crop()
        self.warps = bool(
            p.max_rotate_angle > 0
            or p.max_shear_ratio > 0
            or p.rotate > 0
            or p.max_random_scale != 1
            or p.min_random_scale != 1
            or (not p.random_resized_crop and self.ratios != (1, 1))
            or p.max_img_size != 1e10
            or p.min_img_size != 0
        )

    def _check_resized_crop(self) -> None:
        p = self.p
        if (p.min_random_scale, p.max_random_scale, p.min_crop_size, p.max_crop_size, p.rand_crop) != (
            1,
            1,
            -1,
            -1,
            False,
        ):
            raise MXNetError(
                "random_resized_crop chooses size and place by itself: rand_crop, min_crop_size, max_crop_size, "
                "min_random_scale and max_random_scale must not be set beside it"
            )
        if not (0 < self.ratios[0] <= self.ratios[1] and p.min_random_area <= p.max_random_area):
            raise MXNetError(
                f"the ranges of areas [{p.min_random_area}, {p.max_random_area}] and of aspect ratios "
                f"{list(self.ratios)} should be in order, and ratios positive"
            )

    def __call__(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        """Change an image, drawing from ``rng``."""
        p = self.p
        if p.resize != -1:
            image = shorter_edge(image, p.resize, p.inter_method, rng)
        if self.warps:
            image = self._warp(image, rng)
        if p.pad > 0:
            image = opencv.call("copyMakeBorder", image, *[p.pad] * 4, borderType=0, value=[p.fill_value] * 3)
        image = self._cut(image, rng)
        if p.brightness > 0 or p.contrast > 0 or p.saturation > 0:
            image = self._jitter(image, rng)
        if (p.random_h or p.random_s or p.random_l) and image.ndim == 3:
            h, s, limit = (
                int((rng.random() + 4 * rng.random()) / 5 * most * 2 - most)  # the middle is more likely
                for most in (p.random_h, p.random_s, p.random_l)
            )
            image = shift_hls(image, h, limit, s)
        if p.pca_noise > 0 and image.ndim == 3:
            image = self._add_noise(image, rng)
        return image

    # ------------------------------------------------------------------ places

    def _warp(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        """Shear, rotate and scale around the center, with another aspect ratio."""
        p = self.p
        shear = rng.uniform(-p.max_shear_ratio, p.max_shear_ratio)
        drawn = rng.randint(-p.max_rotate_angle, p.max_rotate_angle)
        angle = math.radians(p.rotate if p.rotate > 0 else drawn)
        scale = ratio = 1.0
        if not p.random_resized_crop:
            scale = rng.uniform(p.min_random_scale, p.max_random_scale)
            ratio = rng.uniform(*self.ratios)
        cos, sin = math.cos(angle), math.sin(angle)
        high = 2 * scale / (1 + ratio)
        wide = ratio * high
        h, w = image.shape[:2]
        new_w, new_h = (max(p.min_img_size, min(p.max_img_size, scale * n)) for n in (w, h))
        matrix = np.array(
            [[high * cos - shear * sin * wide, high * sin + shear * cos * wide], [-sin * wide, cos * wide]]
        )
        offset = (np.array([new_w, new_h]) - matrix @ [w, h]) / 2
        interp = opencv.interpolation(p.inter_method, (h, w, int(new_h), int(new_w)), rng.randint)
        return opencv.call(
            "warpAffine",
            image,
            np.column_stack([matrix, offset]).astype(np.float32),
            (int(new_w), int(new_h)),
            flags=interp,
            borderMode=0,
            borderValue=[p.fill_value] * 3,
        )

    def _cut(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        p = self.p
        h, w = image.shape[:2]
        if p.random_resized_crop:
            part = self._random_part(h, w, rng)
            if part is not None:
                x, y, part_w, part_h = part
                return self._fit(image[y : y + part_h, x : x + part_w], rng)
        elif p.max_crop_size != -1 or p.min_crop_size != -1:
            if not (min(h, w) >= p.max_crop_size >= p.min_crop_size):
                raise MXNetError(
                    f"input image size smaller than max_crop_size: {h} x {w}, crops of {p.min_crop_size} to "
                    f"{p.max_crop_size}"
                )
            size = rng.randint(max(p.min_crop_size, 1), p.max_crop_size)
            return self._fit(self._part(image, size, size, rng), rng)
        if h < self.height:
            image = resized(image, int(self.height / h * w), self.height, p.inter_method, rng)
        if image.shape[1] < self.width:
            new_h = int(self.width / image.shape[1] * image.shape[0])
            image = resized(image, self.width, new_h, p.inter_method, rng)
        return self._part(image, self.width, self.height, rng)

    def _fit(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        return resized(image, self.width, self.height, self.p.inter_method, rng)

    def _part(self, image: np.ndarray, width: int, height: int, rng: random.Random) -> np.ndarray:
        """A rectangle at a random place, or in the middle."""
        free_y, free_x = image.shape[0] - height, image.shape[1] - width
        if free_y < 0 or free_x < 0:
            raise MXNetError(f"input image size {image.shape[:2]} smaller than input shape {(height, width)}")
        if self.p.rand_crop:
            y, x = rng.randint(0, free_y), rng.randint(0, free_x)
        else:
            y, x = free_y // 2, free_x // 2
        return image[y : y + height, x : x + width]

    def _random_part(self, h: int, w: int, rng: random.Random) -> tuple[int, int, int, int] | None:
        """A rectangle of random area and shape: x, y, width and height. None when ten attempts fail."""
        p = self.p
        if (p.min_random_area, p.max_random_area, *self.ratios) == (1, 1, 1, 1):
            return None
        for _ in range(10):
            area = rng.uniform(p.min_random_area, p.max_random_area) * h * w
            ratio = rng.uniform(*self.ratios)
            part_h, part_w = round(math.sqrt(area / ratio)), round(math.sqrt(area * ratio))
            if rng.random() > 0.5:
                part_h, part_w = part_w, part_h
            if 0 < part_h <= h and 0 < part_w <= w:
                y, x = rng.randint(0, h - part_h), rng.randint(0, w - part_w)
                return x, y, part_w, part_h
        return None

    # ------------------------------------------------------------------ colors

    def _jitter(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        """Brightness, contrast and saturation, in random order."""
        cv2 = opencv.opencv()
        amounts = {
            n: 1 + rng.uniform(-a, a)
            for n, a in (("b", self.p.brightness), ("c", self.p.contrast), ("s", self.p.saturation))
        }
        order = list(amounts)
        rng.shuffle(order)
        for name in order:
            factor = amounts[name]
            if name == "b":
                image = cv2.addWeighted(image, factor, image, 0, 0)
                continue
            # MXNet weighs blue as if it were red here, and red as blue.
            gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_RGB2GRAY)
            if name == "c":
                image = cv2.addWeighted(image, factor, image, 0, (1 - factor) * cv2.mean(gray)[0])
            elif image.ndim == 3:
                image = cv2.addWeighted(image, factor, cv2.cvtColor(gray, cv2.COLOR_GRAY2BGR), 1 - factor, 0)
        return image

    def _add_noise(self, image: np.ndarray, rng: random.Random) -> np.ndarray:
        shifts = _PCA @ [rng.gauss(0, self.p.pca_noise) for _ in range(3)]
        table = np.clip(np.trunc(np.arange(256)[:, None] + shifts), 0, 255).astype(np.uint8)
        return opencv.call("LUT", image, table.reshape(1, 256, 3))
