"""Resizing of images: adaptive pooling, bilinear resizing, upsampling."""

from types import SimpleNamespace
from typing import Annotated, Literal, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, LongNonNeg, Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ._spatial import check_4d, check_shape


def _check_images(name: str, x: Tensor) -> None:
    check_4d(name, x)
    if 0 in x.shape[2:]:
        raise MXNetError(f"{name} should have pixels, got shape {tuple(x.shape)}")


@op("_contrib_AdaptiveAvgPooling2D")
def adaptive_avg_pooling(data: Tensor, *, output_size: Shape = ()) -> Tensor:
    """Average images over a grid of ``output_size`` cells, whatever their size.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    output_size : tuple
        ``(height, width)``, one number for both, or empty for one cell.
    """
    _check_images("data", data)
    if len(output_size) > 2 or any(v is None or v < 1 for v in output_size):
        raise MXNetError(f"output_size should be one or two positive numbers, got {tuple(output_size)}")
    size = tuple(output_size) if len(output_size) == 2 else (tuple(output_size) or (1,)) * 2
    return F.adaptive_avg_pool2d(data, size)


ResizeMode = Literal["size", "odd_scale", "like", "to_even_down", "to_even_up", "to_odd_down", "to_odd_up"]

# By mode: the parity that the new size shall have, and the step to it.
_PARITY = {"to_even_down": (0, -1), "to_even_up": (0, 1), "to_odd_down": (1, -1), "to_odd_up": (1, 1)}


# Beyond this, sizes are mistakes.
_HUGE = 2**31


def _resized(n: int, mode: str, wanted: int, scale: float | None) -> int:
    """The new size along one axis."""
    if mode in _PARITY:
        parity, step = _PARITY[mode]
        return n if n % 2 == parity else n + step
    if mode == "odd_scale":
        if scale is None:
            raise MXNetError("mode 'odd_scale' needs scale_height and scale_width")
        return int(n * scale) if n % 2 == 0 else int((n - 1) * scale) + 1
    if scale is not None and not scale * n < _HUGE:
        raise MXNetError(f"scale_height and scale_width should give a size below {_HUGE}, got {scale} of {n}")
    return wanted if scale is None else int(scale * n)


@op(
    "_contrib_BilinearResize2D",
    display=Display(input_named=True),
    inputs=lambda p: ("data", "like")[: 1 + (p.mode == "like")],
    inert=("like",),
)
def bilinear_resize(
    data: Tensor,
    like: Optional[Tensor] = None,
    *,
    height: Annotated[int, Ge(1)] = 1,
    width: Annotated[int, Ge(1)] = 1,
    scale_height: Optional[float] = None,
    scale_width: Optional[float] = None,
    mode: ResizeMode = "size",
    align_corners: bool = True,
) -> Tensor:
    """Resize images bilinearly.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    like : Tensor, optional
        In mode ``like``: images whose height and width are wanted.
    height, width : int
        The wanted size in mode ``size``, of each axis for which no scale is given.
    scale_height, scale_width : float, optional
        Factors on the size of the data; in mode ``odd_scale`` odd sizes stay odd.
    mode : str
        ``to_even_down``, ``to_even_up``, ``to_odd_down``, ``to_odd_up`` change sizes to the nearest even or odd ones.
    align_corners : bool
        Whether the centers of the corner pixels, not their outer edges, stay where they are.
    """
    _check_images("data", data)
    if mode == "like":
        if like is None:
            raise MXNetError("mode 'like' needs the input like")
        _check_images("like", like)
        size = tuple(like.shape[2:])
    else:
        size = (_resized(data.shape[2], mode, height, scale_height), _resized(data.shape[3], mode, width, scale_width))
    if min(size) < 1:
        raise MXNetError(f"the resized height and width must be positive, got {size} from {tuple(data.shape)}")
    if not align_corners:
        # A single output row or column is the first one of the input, not the middle.
        data = data[:, :, : 1 if size[0] == 1 else None, : 1 if size[1] == 1 else None]
    return F.interpolate(data, size=size, mode="bilinear", align_corners=align_corners)


def _upsample_nearest(data: tuple, scale: int, mode: str) -> Tensor:
    for i, x in enumerate(data):
        _check_images(f"input {i}", x)
    height, width = data[0].shape[2] * scale, data[0].shape[3] * scale
    grown = []
    for i, x in enumerate(data):
        if height % x.shape[2] or width % x.shape[3]:
            raise MXNetError(f"size {tuple(x.shape[2:])} of input {i} does not divide the output's {(height, width)}")
        # One factor, taken along the height, for both axes.
        factor = height // x.shape[2]
        if x.shape[3] * factor != width:
            raise MXNetError(
                f"size {tuple(x.shape[2:])} of input {i} has not the proportions of the output's {(height, width)}"
            )
        grown.append(x if factor == 1 else F.interpolate(x, scale_factor=factor, mode="nearest"))
    if mode == "concat":
        return torch.cat(grown, 1) if len(grown) > 1 else grown[0]
    out = grown[0]
    for x in grown[1:]:
        if x.shape[1] != out.shape[1]:
            raise MXNetError(
                f"Number of channels must be the same when multi_input_mode==sum, got {out.shape[1]} and {x.shape[1]}"
            )
        out = out + x
    return out


def _bilinear_kernel(scale: int) -> int:
    return 2 * scale - scale % 2


@op(
    "UpSampling",
    # Whatever the mode, as in MXNet: the second input of the nearest one is an image.
    initializers=dict.fromkeys(("weight", "arg1"), '["bilinear", {}]'),
    display=Display(output_named=True),
    variadic="num_args",
    aliases_input=True,
    inputs=lambda p: ("data", "weight") if p.sample_type == "bilinear" else tuple(f"arg{i}" for i in range(p.num_args)),
)
def upsampling(
    *data: Tensor,
    scale: Annotated[int, Ge(1)],
    num_filter: int = 0,
    sample_type: Literal["nearest", "bilinear"],
    multi_input_mode: Literal["concat", "sum"] = "concat",
    num_args: Annotated[int, Ge(1)],
    workspace: LongNonNeg = 512,
) -> Tensor:
    """Enlarge images by a whole factor.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``. With ``nearest`` several; all are enlarged to ``scale`` times the size of
        the first and joined along the channels, or added with ``multi_input_mode='sum'``. With ``bilinear`` the images
        and a weight of shape ``(channels, 1, kernel, kernel)``, ``kernel = 2 * scale - scale % 2``, for a transposed
        convolution that interpolates when the weight is initialized with ``mx.init.Bilinear``.
    num_filter : int
        The number of channels; needed by ``bilinear``.
    scale
        The factor.
    sample_type
        ``nearest`` or ``bilinear``.
    multi_input_mode
        ``concat`` or ``sum``.
    """
    if sample_type == "nearest":
        return _upsample_nearest(data, scale, multi_input_mode)
    if len(data) != 2:
        raise MXNetError(f"sample_type 'bilinear' needs two inputs, data and weight, got {len(data)}")
    images, weight = data
    _check_images("data", images)
    channels = images.shape[1]
    if num_filter != channels:
        raise MXNetError(f"num_filter must be the number of channels, {channels}, got {num_filter}")
    kernel = _bilinear_kernel(scale)
    check_shape("weight", weight, (channels, 1, kernel, kernel))
    # Half of what the kernel overlaps, rounded up: the output is exactly scale times as large.
    pad = scale // 2
    return torch.convolution(images, weight, None, (scale,) * 2, (pad,) * 2, (1, 1), True, (0, 0), channels)


@upsampling.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s[s.inputs[0]]
    if p.sample_type != "bilinear" or data is None or len(data) != 4:
        return
    kernel = _bilinear_kernel(p.scale)
    s.unify(s.inputs[1], (data[1], 1, kernel, kernel))
    s.unify("output", (*data[:2], *(None if d is None else d * p.scale for d in data[2:])))
