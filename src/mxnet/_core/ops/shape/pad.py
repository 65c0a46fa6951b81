"""Operators that add a border to images, cut one off, or gather the patches that a kernel sees."""

from typing import Literal

import torch.nn.functional as F
from torch import Tensor

from ...params import Double, Shape
from ...registry import Display, op
from ..elemwise.scalar import held


@op("Pad", methods=("pad",), display=Display(input_named=True, output_named=True), aliases=("pad",))
def pad(
    data: Tensor, *, mode: Literal["constant", "edge", "reflect"], pad_width: Shape, constant_value: Double = 0.0
) -> Tensor:
    """Add a border to the spatial axes of an array of 4 or 5 axes.

    ``pad_width`` has two numbers an axis, before and after; those of batch and channel must be 0. The border is
    ``constant_value``, the nearest element (``"edge"``), or the mirrored inside without the edge (``"reflect"``).

    Parameters
    ----------
    mode
        ``constant``, ``edge`` or ``reflect``.
    pad_width
        Two numbers an axis.
    constant_value
        The number in the border.
    """
    widths = _check_widths(tuple(data.shape), mode, pad_width)
    if mode == "constant":
        return F.pad(data, widths, value=held(constant_value, data.dtype))
    if not data.is_floating_point():
        raise TypeError(f"mode {mode!r} only supports floating point types, got {str(data.dtype)[6:]}")
    return F.pad(data, widths, mode="replicate" if mode == "edge" else "reflect")


def _check_widths(shape: tuple, mode: str, pad_width: tuple) -> list:
    """The widths in torch's order: last axis first, without batch and channel."""
    if len(shape) not in (4, 5):
        raise ValueError(f"data must have 4 or 5 axes, got shape {shape}")
    if len(pad_width) != 2 * len(shape):
        raise ValueError(f"pad_width must have {2 * len(shape)} numbers for data of shape {shape}, got {pad_width}")
    if any(pad_width[:4]):
        raise ValueError(f"the first four numbers of pad_width (batch and channel) must be zero, got {pad_width}")
    for axis in range(2, len(shape)):
        before, after = pad_width[2 * axis], pad_width[2 * axis + 1]
        if mode == "reflect" and max(before, after) >= shape[axis]:
            raise ValueError(
                f"reflection needs pad_width smaller than the array, got {before} and {after} for axis "
                f"{axis} of length {shape[axis]}"
            )
    return [w for axis in range(len(shape) - 1, 1, -1) for w in pad_width[2 * axis : 2 * axis + 2]]


@op(
    "Crop",
    display=Display(input_type="Symbol or Symbol", output_named=True),
    variadic="num_args",
    inert=("arg1",),
    aliases_input=True,
)
def crop(*data: Tensor, offset: Shape = (0, 0), h_w: Shape = (0, 0), center_crop: bool = False) -> Tensor:
    """Cut a window out of a batch of images (n, c, h, w).

    The window has the size ``h_w``, or with two inputs the height and width of the second. It begins at ``offset``
    (y, x), or lies in the middle with ``center_crop``.

    Parameters
    ----------
    offset
        Where the window begins: y, x.
    h_w
        Its height and width.
    center_crop
        Whether it lies in the middle.
    """
    if len(data) not in (1, 2):
        raise ValueError(f"one or two inputs are needed, got {len(data)}")
    for i, t in enumerate(data):
        if t.ndim != 4:
            raise ValueError(f"arg{i} must have 4 axes (batch, channel, y, x), got shape {tuple(t.shape)}")
    if len(offset) != 2 or len(h_w) != 2:
        raise ValueError(f"offset and h_w must have two numbers each, got {offset} and {h_w}")
    image = data[0]
    size = tuple(data[1].shape[2:]) if len(data) == 2 else h_w
    room = [full - part for full, part in zip(image.shape[2:], size)]
    if min(size) < 1 or min(room) < 0:
        raise ValueError(f"the window {tuple(size)} must be between (1, 1) and the image's {tuple(image.shape[2:])}")
    top, left = [r // 2 for r in room] if center_crop else offset
    if not 0 <= top <= room[0] or not 0 <= left <= room[1]:
        raise ValueError(f"offset {offset} moves the window {tuple(size)} out of the image {tuple(image.shape[2:])}")
    return image[:, :, top : top + size[0], left : left + size[1]]


def _window(ndim: int, kernel: tuple, stride: tuple, dilate: tuple, padding: tuple) -> dict:
    """Arguments of torch's fold and unfold, with MXNet's defaults and with two spatial axes."""
    if ndim not in (1, 2):
        raise ValueError(f"kernel must have 1 or 2 numbers, got {kernel}")
    sizes = {
        "kernel_size": kernel,
        "stride": stride or (1,) * ndim,
        "dilation": dilate or (1,) * ndim,
        "padding": padding or (0,) * ndim,
    }
    for (name, value), low in zip(sizes.items(), (1, 1, 1, 0)):
        if len(value) != ndim or any(v < low for v in value):
            raise ValueError(f"{name} must have {ndim} numbers of at least {low}, got {value}")
    return {name: value if ndim == 2 else (0 if name == "padding" else 1, *value) for name, value in sizes.items()}


@op("im2col", display=Display(input_named=True, output_named=True))
def im2col(data: Tensor, *, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = ()) -> Tensor:
    """Gather the patches that a sliding kernel sees: ``(n, c, h, w)`` becomes ``(n, c * kh * kw, places)``."""
    ndim = len(kernel)
    window = _window(ndim, kernel, stride, dilate, pad)
    if data.ndim != ndim + 2:
        raise ValueError(f"data must have {ndim + 2} axes for kernel {kernel}, got shape {tuple(data.shape)}")
    return F.unfold(data if ndim == 2 else data.unsqueeze(2), **window)


@op("col2im", display=Display(input_named=True, output_named=True))
def col2im(
    data: Tensor, *, output_size: Shape, kernel: Shape, stride: Shape = (), dilate: Shape = (), pad: Shape = ()
) -> Tensor:
    """Add patches back to images of ``output_size``; the adjoint of ``im2col``.

    Parameters
    ----------
    output_size
        The spatial size of the images.
    """
    ndim = len(kernel)
    window = _window(ndim, kernel, stride, dilate, pad)
    if data.ndim != 3 or len(output_size) != ndim:
        raise ValueError(
            f"data must have 3 axes and output_size {ndim} numbers, got {tuple(data.shape)} and {output_size}"
        )
    images = F.fold(data, output_size if ndim == 2 else (1, *output_size), **window)
    return images if ndim == 2 else images.squeeze(2)
