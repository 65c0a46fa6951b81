"""OpenCV, which decodes, encodes and resizes images on the host. It is imported when the first image needs it."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .errors import ArgumentValueError, MXNetError, shown_as_mxnet_error
from .image_size import NotAnImageError, check_size

# Types that OpenCV resizes by weighing pixels; others can only be picked from.
_WEIGHED = frozenset(np.dtype(t) for t in ("uint8", "uint16", "int16", "float32", "float64"))
# OpenCV's methods of interpolation, and two of MXNet's: the best for the sizes, and any.
_NEAREST, _LINEAR, _CUBIC, _AREA, _LANCZOS = range(5)
_BEST, _ANY = 9, 10
_JPEG_END = b"\xff\xd9"
_PNG = b"\x89PNG"
_PNG_HEADER = b"\r\n\x1a\n\0\0\0\rIHDR"


def opencv() -> Any:
    """The ``cv2`` module.

    Raises
    ------
    ImportError
        When it is not installed; the message says how to get it.
    """
    try:
        import cv2
    except ImportError as e:
        raise ImportError("images need OpenCV: pip install opencv-python-headless") from e
    return cv2


def call(function: str, *args: Any, **kwargs: Any) -> Any:
    """Call a function of OpenCV; its errors become MXNetError, and stay ``cv2.error``."""
    cv2 = opencv()
    try:
        return getattr(cv2, function)(*args, **kwargs)
    except cv2.error as e:
        raise _error_kind()(f"OpenCV {function}: {e.err or e}") from None


@cache
def _error_kind() -> type[MXNetError]:
    return shown_as_mxnet_error(type("OpenCVError", (MXNetError, opencv().error), {}))


def imdecode(encoded: np.ndarray, flag: int) -> np.ndarray:
    """An encoded image as OpenCV gives it: BGR, BGRA or no axis of channels. All images are decoded here.

    A JPEG that lacks its end is decoded as far as it goes, with a warning.

    Parameters
    ----------
    encoded : numpy.ndarray
        The bytes of a file, uint8.
    flag : int
        One of OpenCV's ``IMREAD_`` flags.

    Raises
    ------
    MXNetError
        When the bytes are no image, or one that claims to be too large.
    """
    if encoded.size == 0:
        raise MXNetError("Input cannot be an empty buffer")
    encoded = np.ascontiguousarray(encoded)
    check_size(memoryview(encoded))  # type: ignore[arg-type]
    pixels = call("imdecode", encoded, flag)
    if pixels is None and _lacks_its_end(encoded):
        pixels = call("imdecode", np.concatenate([encoded, np.frombuffer(_JPEG_END, np.uint8)]), flag)
        if pixels is not None:
            warnings.warn(
                f"a JPEG of {encoded.size} bytes and {pixels.shape[1]} x {pixels.shape[0]} pixels lacks its end; what "
                "is missing is gray",
                stacklevel=2,
            )
    if pixels is None:
        raise NotAnImageError("Decoding failed. Invalid image file.")
    return pixels


def _lacks_its_end(encoded: np.ndarray) -> bool:
    """Whether this is a JPEG whose image has begun and does not end."""
    data = encoded.tobytes()
    return data.startswith(b"\xff\xd8\xff") and b"\xff\xda" in data and not data.endswith(_JPEG_END)


def decode(encoded: np.ndarray, flag: int = 1, to_rgb: bool = True) -> np.ndarray:
    """The pixels of an encoded image.

    Parameters
    ----------
    encoded : numpy.ndarray
        The bytes of a JPEG, PNG or other file that OpenCV reads, as uint8.
    flag : int
        0 for gray, 1 for color, or another of OpenCV's ``IMREAD_`` flags that gives three channels of bytes.
    to_rgb : bool
        RGB instead of OpenCV's own BGR.

    Returns
    -------
    numpy.ndarray
        Of shape ``(height, width, 1 or 3)``, uint8.

    Raises
    ------
    MXNetError
        When the bytes are not an image.
    """
    if encoded.size == 0:
        raise MXNetError("Input cannot be an empty buffer")
    cv2 = opencv()
    # MXNet reads the size of plain JPEG and PNG files itself, and so does not turn them as a camera's note may ask.
    start = encoded[:16].tobytes()
    if start.startswith(_PNG) and start[4:] != _PNG_HEADER:
        raise NotAnImageError(
            "Decoding failed. Invalid image file."
        )  # OpenCV would believe in a first block of any length
    if start.startswith(_PNG) or (start.startswith(b"\xff\xd8\xff\xe0") and start[6:11] == b"JFIF\0"):
        flag |= cv2.IMREAD_IGNORE_ORIENTATION
    pixels = imdecode(encoded, flag)
    channels = 1 if flag & ~cv2.IMREAD_IGNORE_ORIENTATION == 0 else 3
    if pixels.ndim == 2:
        pixels = pixels[:, :, None]
    if pixels.shape[2] != channels or pixels.dtype != np.uint8:
        raise MXNetError(
            f"flag {flag} should give {channels} channels of uint8, got {pixels.shape[2]} of {pixels.dtype.name}"
        )
    if to_rgb and channels == 3:
        cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB, dst=pixels)
    return pixels


def interpolation(method: int, sizes: tuple[int, ...] = (), draw: Callable[[int, int], int] = random.randint) -> int:
    """OpenCV's number of an interpolation method.

    9 chooses by ``sizes`` (old height and width, new height and width): bicubic to enlarge, by area to shrink, bilinear
    for a bit of both. 10 chooses at random.
    """
    if method == _BEST:
        if not sizes:
            return _CUBIC
        if len(sizes) != 4:
            raise ArgumentValueError(f"sizes should be the old and the new height and width, got {sizes}")
        old_h, old_w, new_h, new_w = sizes
        if new_h > old_h and new_w > old_w:
            return _CUBIC
        return _AREA if new_h < old_h and new_w < old_w else _LINEAR
    if method == _ANY:
        return draw(_NEAREST, _LANCZOS)
    if not _NEAREST <= method <= _LANCZOS:
        raise ValueError(f"Unknown interp method {method}")
    return method


def resize(pixels: np.ndarray, width: int, height: int, interp: int = 1) -> np.ndarray:
    """An image ``(height, width, channels)`` in another size; ``interp`` is one of OpenCV's ``INTER_`` numbers.

    Raises
    ------
    MXNetError
        For a type or a method that OpenCV cannot resize.
    """
    if interp != _NEAREST and pixels.dtype not in _WEIGHED:
        raise MXNetError(f"opencv resize doesn't support {pixels.dtype.name}")
    return call("resize", pixels, (width, height), interpolation=interp).reshape(height, width, pixels.shape[2])
