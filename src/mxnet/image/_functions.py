"""Reading, decoding, resizing, cutting and rotating images."""

from __future__ import annotations

import math
import random
import warnings
from numbers import Number
from typing import Any

import numpy as np
import torch

from .. import ndarray as nd
from .._core.opencv import interpolation
from ..base import ArgumentTypeError, numeric_types
from ..context import cpu
from ..ndarray import _internal
from ..ndarray.ndarray import NDArray, wrap

__all__ = [
    "center_crop",
    "color_normalize",
    "copyMakeBorder",
    "fixed_crop",
    "imdecode",
    "imread",
    "imresize",
    "imrotate",
    "random_crop",
    "random_rotate",
    "random_size_crop",
    "resize_short",
    "scale_down",
]

# Attempts of random_size_crop at a rectangle that fits.
_CROP_ATTEMPTS = 10


def imread(filename: str, *args: Any, **kwargs: Any) -> NDArray:
    """Read and decode an image file.

    Parameters
    ----------
    filename : str
    flag : int, default 1
        1 for three color channels, 0 for one gray channel.
    to_rgb : bool, default True
        RGB, or BGR when false.
    out : NDArray, optional
        Where to put the image.

    Returns
    -------
    NDArray
        Of shape ``(height, width, channels)``, uint8.

    Raises
    ------
    MXNetError
        When there is no such file, or it is no image.
    """
    with cpu():  # as in MXNet, whatever the current context is
        return _internal._cvimread(filename, *args, **kwargs)


def imdecode(buf: Any, *args: Any, **kwargs: Any) -> NDArray:
    """Decode an image.

    Parameters
    ----------
    buf : bytes, bytearray, numpy.ndarray or NDArray
        The content of a JPEG, PNG or other image file.
    flag : int, default 1
        1 for three color channels, 0 for one gray channel.
    to_rgb : bool, default True
        RGB, or BGR when false.
    out : NDArray, optional
        Where to put the image.

    Returns
    -------
    NDArray
        Of shape ``(height, width, channels)``, uint8.

    Raises
    ------
    ValueError
        When ``buf`` is something else.
    MXNetError
        When it is no image.
    """
    if not isinstance(buf, NDArray):
        if not isinstance(buf, (bytes, bytearray, np.ndarray)):
            raise ValueError(f"buf must be of type bytes, bytearray or numpy.ndarray, got {type(buf).__name__}")
        buf = wrap(torch.from_numpy(np.frombuffer(buf, dtype=np.uint8).copy()), cpu())
    return _internal._cvimdecode(buf, *args, **kwargs)


def imresize(src: NDArray, w: int, h: int, *args: Any, **kwargs: Any) -> NDArray:
    """Resize an image.

    Parameters
    ----------
    src : NDArray
        ``(height, width, channels)``.
    w, h : int
        The new width and height.
    interp : int, default 1
        0 nearest, 1 bilinear, 2 bicubic, 3 by area, 4 Lanczos.
    out : NDArray, optional
        Where to put the result.
    """
    return _internal._cvimresize(src, w, h, *args, **kwargs)


def copyMakeBorder(src: NDArray, top: int, bot: int, left: int, right: int, *args: Any, **kwargs: Any) -> NDArray:
    """Put a frame around an image.

    Parameters
    ----------
    src : NDArray
        ``(height, width, channels)``.
    top, bot, left, right : int
        Its width on each side.
    type : int, default 0
        0 one color, 1 the edge's pixels repeated, 2 mirrored, 3 the other side's, 4 mirrored without the edge itself.
    value : float, default 0
        The color as one number; better use ``values``.
    values : tuple of float, optional
        The color, one number a channel.
    out : NDArray, optional
        Where to put the result.
    """
    return _internal._cvcopyMakeBorder(src, top, bot, left, right, *args, **kwargs)


def scale_down(src_size: tuple[int, int], size: tuple[int, int]) -> tuple[int, int]:
    """The largest ``(width, height)`` inside ``src_size`` with the aspect ratio of ``size`` and not larger than it.

    >>> scale_down((640, 480), (720, 120))
    (640, 106)
    """
    w, h = size
    src_w, src_h = src_size
    if h > src_h:
        w, h = w * src_h / h, src_h  # type: ignore[assignment]
    if w > src_w:
        w, h = src_w, h * src_w / w  # type: ignore[assignment]
    return int(w), int(h)


def _get_interp_method(interp: int, sizes: tuple[int, ...] = ()) -> int:
    """OpenCV's number of an interpolation method; 9 chooses by the old and new height and width, 10 at random."""
    return interpolation(interp, sizes)


def resize_short(src: NDArray, size: int, interp: int = 2) -> NDArray:
    """Resize an image such that its shorter edge is ``size`` long, keeping the ratio of the edges.

    Parameters
    ----------
    src : NDArray
        ``(height, width, channels)``.
    size : int
    interp : int, default 2
        0 nearest, 1 bilinear, 2 bicubic, 3 by area, 4 Lanczos, 9 by the sizes, 10 at random.
    """
    h, w, _ = src.shape
    sizes = (h, w, size * h // w, size) if h > w else (h, w, size, size * w // h)
    return imresize(src, sizes[3], sizes[2], interp=_get_interp_method(interp, sizes))


def fixed_crop(
    src: NDArray, x0: int, y0: int, w: int, h: int, size: tuple[int, int] | None = None, interp: int = 2
) -> NDArray:
    """Cut the rectangle with the corner ``(x0, y0)`` out of an image, and resize it to ``size`` (width, height)."""
    part = src[y0 : y0 + h, x0 : x0 + w]
    if size is None or tuple(size) == (w, h):
        return part
    return imresize(part, *size, interp=_get_interp_method(interp, (h, w, size[1], size[0])))


def random_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, tuple[int, int, int, int]]:
    """Cut a rectangle of ``size`` (width, height) out of an image at a random place.

    Where the image is too small, the rectangle is smaller and then enlarged.

    Returns
    -------
    NDArray
        ``(height, width, channels)``.
    tuple
        The rectangle: x, y, width and height.
    """
    h, w, _ = src.shape
    inside = scale_down((w, h), size)
    return _cut_anywhere(src, *inside, size, interp)


def _cut_anywhere(src: NDArray, w: int, h: int, *more: Any) -> tuple[NDArray, tuple[int, int, int, int]]:
    """Cut a rectangle of a width and height out of an image at a random place; ``more`` is for :func:`fixed_crop`."""
    rectangle = random.randint(0, src.shape[1] - w), random.randint(0, src.shape[0] - h), w, h
    return fixed_crop(src, *rectangle, *more), rectangle


def center_crop(src: NDArray, size: tuple[int, int], interp: int = 2) -> tuple[NDArray, tuple[int, int, int, int]]:
    """Cut a rectangle of ``size`` (width, height) out of the middle of an image. See :func:`random_crop`."""
    h, w, _ = src.shape
    inner_w, inner_h = scale_down((w, h), size)
    rectangle = (w - inner_w) // 2, (h - inner_h) // 2, inner_w, inner_h
    return fixed_crop(src, *rectangle, size, interp), rectangle


def random_size_crop(
    src: NDArray, size: tuple[int, int], area: Any, ratio: tuple[float, float], interp: int = 2, **kwargs: Any
) -> tuple[NDArray, tuple[int, int, int, int]]:
    """Cut a rectangle of random area and shape out of an image at a random place, and resize it to ``size``.

    Parameters
    ----------
    src : NDArray
        ``(height, width, channels)``.
    size : tuple of int
        ``(width, height)``.
    area : float or tuple of float
        The smallest (and largest) part of the image's area.
    ratio : tuple of float
        The smallest and largest ratio of width to height.
    interp : int, default 2
        See :func:`resize_short`.

    Returns
    -------
    NDArray
    tuple
        The rectangle: x, y, width and height. It is that of :func:`center_crop` when ten attempts at one fail.
    """
    area = _area_argument(area, kwargs, "random_size_crop")
    h, w, _ = src.shape
    limits: Any = (area, 1.0) if isinstance(area, numeric_types) else area
    log_ratio = [math.log(r) for r in ratio]
    for _ in range(_CROP_ATTEMPTS):
        target = random.uniform(*limits) * h * w
        shape = math.exp(random.uniform(*log_ratio))
        cut_w, cut_h = round(math.sqrt(target * shape)), round(math.sqrt(target / shape))
        if cut_w <= w and cut_h <= h:
            return _cut_anywhere(src, cut_w, cut_h, size, interp)
    return center_crop(src, size, interp)


def _area_argument(area: object, kwargs: dict[str, Any], caller: str) -> Any:
    """``area``, or what was given under its old name ``min_area``; other keywords are refused."""
    if "min_area" in kwargs:
        warnings.warn("`min_area` is deprecated. Please use `area` instead.", DeprecationWarning, stacklevel=3)
        area = kwargs.pop("min_area")
    if kwargs:
        raise ArgumentTypeError(f"unexpected keyword arguments for `{caller}`: {sorted(kwargs)}")
    return area


def color_normalize(src: NDArray, mean: Any, std: Any = None) -> NDArray:
    """Subtract ``mean`` from an image and divide it by ``std``, in place; None leaves that out."""
    if mean is not None:
        src -= mean
    if std is not None:
        src /= std
    return src


def imrotate(src: NDArray, rotation_degrees: Any, zoom_in: bool = False, zoom_out: bool = False) -> NDArray:
    """Rotate images around their centers.

    Parameters
    ----------
    src : NDArray
        ``(channels, height, width)`` or ``(N, channels, height, width)``, float32.
    rotation_degrees : number or NDArray
        The angle, or one for each image of a batch.
    zoom_in : bool
        Enlarge the result until no place is empty.
    zoom_out : bool
        Shrink the result until all of the image is there.

    Returns
    -------
    NDArray
        Of the shape of ``src``.

    Raises
    ------
    TypeError
        For other types than float32, or a vector of angles for a single image.
    ValueError
        For both zooms at once, other shapes, or another number of angles than images.
    """
    if zoom_in and zoom_out:
        raise ValueError("`zoom_in` and `zoom_out` cannot be both True")
    if src.dtype != np.float32:
        raise TypeError(f"Only `float32` images are supported by this function, got {np.dtype(src.dtype).name}")
    if src.ndim == 3:
        if not isinstance(rotation_degrees, Number):
            raise TypeError(f"rotation_degrees: one image takes one number, got {type(rotation_degrees).__name__}")
        return imrotate(src.expand_dims(axis=0), rotation_degrees, zoom_in, zoom_out)[0]
    if src.ndim != 4:
        raise ValueError(f"src should be one image or a batch, with three or four axes, got the shape {src.shape}")
    count, _, h, w = src.shape
    if isinstance(rotation_degrees, Number):
        degrees = torch.full((count,), float(rotation_degrees), device=src._t.device)  # type: ignore[arg-type]
    else:
        degrees = rotation_degrees._t.to(src._t.device, torch.float32).reshape(-1)
    if len(degrees) != count:
        raise ValueError(f"rotation_degrees: {count} images need as many angles, got {len(degrees)}")
    transforms = wrap(_rotations(torch.deg2rad(degrees), h, w, zoom_in, zoom_out), src.context)
    return nd.SpatialTransformer(src, transforms, target_shape=(h, w), transform_type="affine", sampler_type="bilinear")


def _rotations(angles: torch.Tensor, h: int, w: int, zoom_in: bool, zoom_out: bool) -> torch.Tensor:
    """Affine transforms ``(N, 6)``, between coordinates from -1 to 1 along both edges, that rotate by angles."""
    cos, sin = angles.cos(), angles.sin()
    ratio = max(h - 1, 1) / max(w - 1, 1)
    zero = torch.zeros_like(cos)
    transforms = torch.stack([cos, -sin * ratio, zero, sin / ratio, cos, zero], 1)
    if not (zoom_in or zoom_out):
        return transforms
    # The smallest upright rectangle around the rotated image, as a multiple of the image's own.
    wider = (w * cos.abs() + h * sin.abs()) / w
    higher = (w * sin.abs() + h * cos.abs()) / h
    largest = torch.maximum(wider, higher)
    return transforms * (largest if zoom_out else 1 / largest).unsqueeze(1)


def random_rotate(
    src: NDArray, angle_limits: tuple[float, float], zoom_in: bool = False, zoom_out: bool = False
) -> NDArray:
    """Rotate images by angles drawn between two limits, each image by its own. See :func:`imrotate`."""
    if src.ndim == 3:
        angles: Any = np.random.uniform(*angle_limits)
    else:
        angles = nd.array(np.random.uniform(*angle_limits, size=src.shape[0]))
    return imrotate(src, angles, zoom_in=zoom_in, zoom_out=zoom_out)
