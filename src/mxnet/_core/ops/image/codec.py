"""Operators that decode images, with OpenCV."""

import os
from typing import Annotated, Any, Optional

import numpy as np
import torch
from torch import Tensor

from ....base import MXNetError
from ... import opencv
from ...files import local_path
from ...params import Codec, Ge
from ...registry import Device, Display, op

Flag = Annotated[int, Ge(0)]


class _Bytes(Codec):
    """Bytes as they are."""

    type_name = "string"

    def decode(self, value: Any) -> bytes:
        """Bytes-like objects; text as UTF-8."""
        return value.encode() if isinstance(value, str) else bytes(value)


@op(
    "_cvimdecode",
    aliases=("_npi_cvimdecode",),
    differentiable=False,
    opaque=True,
    display=Display(input_type="NDArray"),
)
def imdecode(buf: Tensor, *, flag: Flag = 1, to_rgb: bool = True) -> Tensor:
    """Decode an image.

    Parameters
    ----------
    buf : Tensor
        The bytes of a JPEG, PNG or other file, uint8.
    flag : int
        0 for gray, 1 for color.
    to_rgb : bool
        RGB instead of OpenCV's own BGR.

    Returns
    -------
    Tensor
        ``(height, width, 3)``, or one channel for gray; uint8.
    """
    if buf.dtype != torch.uint8:
        raise MXNetError(f"Input needs to be uint8 buffer, got {str(buf.dtype)[6:]}")
    if buf.is_meta:
        raise MXNetError("the shape of a decoded image is known only when it is decoded")
    return torch.from_numpy(opencv.decode(buf.detach().cpu().reshape(-1).numpy(), flag, to_rgb)).to(buf.device)


@op("_cvimread", aliases=("_npi_cvimread",), differentiable=False, opaque=True)
def imread(*, filename: str, flag: Flag = 1, to_rgb: bool = True, device: Device = None) -> Tensor:
    """Read an image file and decode it, on the host. See ``_cvimdecode``.

    Parameters
    ----------
    filename
        The file.
    flag
        0 for gray, 1 for color, or another of OpenCV's ``IMREAD_`` flags.
    to_rgb
        Whether red comes first, not blue.
    """
    path = local_path(filename)
    try:
        if os.path.isdir(path):
            raise IsADirectoryError(21, "Is a directory")
        encoded = np.fromfile(path, dtype=np.uint8)
    except OSError as e:
        raise MXNetError(f"Imread: '{filename}' couldn't open file: {e.strerror or e}") from e
    try:
        return torch.from_numpy(opencv.decode(encoded, flag, to_rgb)).to(device)
    except MXNetError as e:
        raise MXNetError(f"Imread: '{filename}': {e}") from e


def decode_planes(
    encoded: bytes, channels: int, rectangle: tuple[int, int, int, int], mean: Optional[Tensor]
) -> Tensor:
    """An image as float32 planes ``(channels, height, width)``, cut to (x0, y0, x1, y1) unless that is empty."""
    if channels not in (1, 3):
        raise MXNetError(f"an image is decoded to 1 or 3 channels, not {channels}")
    pixels = opencv.decode(np.frombuffer(encoded, np.uint8), int(channels == 3))
    x0, y0, x1, y1 = rectangle
    if x1 > x0 and y1 > y0:
        if x0 < 0 or y0 < 0 or x1 > pixels.shape[1] or y1 > pixels.shape[0]:
            raise MXNetError(f"the rectangle {rectangle} is not inside the image of shape {pixels.shape}")
        pixels = pixels[y0:y1, x0:x1]
    planes = torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1))).float()
    if mean is None:
        return planes
    return planes.to(mean.device) - (mean.reshape(planes.shape) if mean.numel() > 1 else mean)


def _into_batch(old: Tensor, planes: Tensor, params: dict[str, Any]) -> Tensor:
    """A batch of images with one of them replaced."""
    batch = old.clone()
    batch[params["index"]] = planes
    return batch


_INTEGERS = ("index", "x0", "y0", "x1", "y1", "c", "size")


@op(
    "_imdecode",
    arg_order=("mean", *_INTEGERS),
    differentiable=False,
    opaque=True,
    merge=_into_batch,
    display=Display(listed=("mean", *_INTEGERS), printed=dict.fromkeys(_INTEGERS, "int")),
)
def imdecode_into(
    mean: Tensor,
    *,
    index: int,
    x0: int,
    y0: int,
    x1: int,
    y1: int,
    c: int,
    size: int,
    str_img: Annotated[bytes, _Bytes()] = b"",
) -> Tensor:
    """Decode an image to planes ``(c, height, width)`` and subtract a mean; ``out[index]`` gets it.

    This is what ``mx.nd.imdecode`` was made of in MXNet 0.x. ``(x0, y0)`` to ``(x1, y1)`` is the part wanted, ``size``
    the length of the encoded image ``str_img``.

    Parameters
    ----------
    mean
        What is subtracted; nothing when it is empty.
    index
        The place in ``out``.
    x0, y0, x1, y1
        The corners of the part.
    c
        How many channels: 1 or 3.
    size
        The length of ``str_img``.
    str_img
        The encoded image.
    """
    return decode_planes(str_img[:size], c, (x0, y0, x1, y1), mean)
