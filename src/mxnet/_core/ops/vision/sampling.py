"""Spatial transformers (grids and bilinear sampling) and the correlation of two feature maps."""

from types import SimpleNamespace
from typing import Literal, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ...params import NonNeg, Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ..nn._spatial import check_shape
from ._sample import check_images


def _axis(n: int, like: Tensor) -> Tensor:
    """``n`` positions from -1 to 1."""
    return torch.arange(n, dtype=like.dtype, device=like.device) * (2 / max(n - 1, 1)) - 1


def _target(target_shape: tuple) -> tuple[int, int]:
    if len(target_shape) != 2 or min(target_shape) < 1:
        raise MXNetError(f"incorrect target_shape: {tuple(target_shape)}, expected (height, width)")
    return tuple(target_shape)


def _affine_grid(theta: Tensor, size: tuple[int, int]) -> Tensor:
    """Where each position of the output comes from, ``(batch, 2, height, width)``, x first."""
    height, width = size
    y, x = _axis(height, theta), _axis(width, theta)
    base = torch.stack(
        (x.expand(height, width), y.unsqueeze(1).expand(height, width), torch.ones_like(x).expand(height, width))
    ).reshape(3, -1)
    return (theta.reshape(-1, 2, 3) @ base).view(-1, 2, height, width)


@op("GridGenerator", display=Display(input_named=True, output_named=True), outputs=("output", "grid_dst"), visible=1)
def grid_generator(
    data: Tensor, *, transform_type: Literal["affine", "warp"], target_shape: Shape = (0, 0)
) -> tuple[Tensor, Tensor]:
    """Positions for :func:`BilinearSampler`, in units where the image reaches from -1 to 1.

    Parameters
    ----------
    data : Tensor
        ``affine``: the matrices of affine maps, ``(batch, 6)``. ``warp``: a flow in pixels, ``(batch, 2, height,
        width)``, x first.
    target_shape : tuple
        Height and width of the grid of affine maps.

    Returns
    -------
    Tensor
        ``(batch, 2, height, width)``, x first.
    """
    if transform_type == "affine":
        size = _target(target_shape)
        if data.ndim != 2 or data.shape[1] != 6:
            raise MXNetError(f"data of affine maps should be (batch, 6), got shape {tuple(data.shape)}")
        grid = _affine_grid(data, size)
        return grid, grid
    check_images("data", data)
    if data.shape[1] != 2:
        raise MXNetError(f"data of a flow should be (batch, 2, height, width), got shape {tuple(data.shape)}")
    height, width = data.shape[2:]
    y = torch.arange(height, dtype=data.dtype, device=data.device).unsqueeze(1).expand(height, width)
    x = torch.arange(width, dtype=data.dtype, device=data.device).expand(height, width)
    half = data.new_tensor([(width - 1) / 2, (height - 1) / 2]).view(1, 2, 1, 1)
    grid = (data + torch.stack((x, y))) / half - 1
    return grid, grid


@grid_generator.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if p.transform_type == "affine":
        s.unify("data", (None, 6))
        s.unify("output", (s["data"][0], 2, *_target(p.target_shape)))
    else:
        s.same("data", "output")


def _sample_grid(data: Tensor, grid: Tensor) -> Tensor:
    return F.grid_sample(data, grid.permute(0, 2, 3, 1), "bilinear", "zeros", align_corners=True)


@op("BilinearSampler", display=Display(output_named=True), outputs=("output", "tmp"), visible=1)
def bilinear_sampler(data: Tensor, grid: Tensor, *, cudnn_off: Optional[bool] = None) -> tuple[Tensor, Tensor]:
    """Read images at the positions of a grid, bilinearly; zero lies outside.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    grid : Tensor
        ``(batch, 2, out height, out width)``, x first, -1 and 1 being the centers of the outermost pixels.
    """
    check_images("data", data)
    check_images("grid", grid)
    if grid.shape[0] != data.shape[0] or grid.shape[1] != 2:
        raise MXNetError(f"grid should be ({data.shape[0]}, 2, height, width), got shape {tuple(grid.shape)}")
    out = _sample_grid(data, grid)
    return out, out


@op("SpatialTransformer", display=Display(output_named=True), outputs=("output", "grid_dst", "grid_src"), visible=1)
def spatial_transformer(
    data: Tensor,
    loc: Tensor,
    *,
    target_shape: Shape = (0, 0),
    transform_type: Literal["affine"],
    sampler_type: Literal["bilinear"],
    cudnn_off: Optional[bool] = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Apply affine maps to images.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    loc : Tensor
        The maps' matrices, ``(batch, 6)``.
    target_shape : tuple
        Height and width of the output.
    transform_type
        ``affine``.
    sampler_type
        ``bilinear``.
    """
    check_images("data", data)
    check_shape("loc", loc, (data.shape[0], 6))
    grid = _affine_grid(loc, _target(target_shape))
    return _sample_grid(data, grid), grid, grid


@spatial_transformer.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["data"] is None:
        return
    s.unify("loc", (s["data"][0], 6))
    s.unify("output", (*s["data"][:2], *_target(p.target_shape)))


def _distance(x: Tensor) -> Tensor:
    """Absolute value, with the gradient one at zero."""
    return torch.where(x >= 0, x, -x)


@op("Correlation", display=Display(output_named=True), outputs=("output", "tmp1", "tmp2"), visible=1)
def correlation(
    data1: Tensor,
    data2: Tensor,
    *,
    kernel_size: NonNeg = 1,
    max_displacement: NonNeg = 1,
    stride1: NonNeg = 1,
    stride2: NonNeg = 1,
    pad_size: NonNeg = 0,
    is_multiply: bool = True,
) -> tuple[Tensor, Tensor, Tensor]:
    """Compare patches of two feature maps at a range of displacements, as in FlowNet.

    Parameters
    ----------
    data1, data2 : Tensor
        ``(batch, channels, height, width)``.
    kernel_size : int
        Size of the patches, odd.
    max_displacement, stride2 : int
        The displacements are the multiples of ``stride2`` up to ``max_displacement``, in both directions.
    stride1 : int
        Distance of the patches of the first map.
    is_multiply : bool
        Mean product of the patches, or else their mean absolute difference.
    pad_size
        Zeros around the feature maps.

    Returns
    -------
    Tensor
        ``(batch, displacements, height, width)``.
    """
    check_images("data1", data1)
    check_shape("data2", data2, tuple(data1.shape))
    if kernel_size % 2 == 0 or stride1 < 1 or stride2 < 1:
        raise MXNetError(
            "kernel size should be odd number and strides positive, "
            f"got kernel_size={kernel_size}, stride1={stride1}, stride2={stride2}"
        )
    border = max_displacement + kernel_size // 2
    rows, cols = (-(-(n + 2 * pad_size - 2 * border) // stride1) for n in data1.shape[2:])
    if rows < 1 or cols < 1:
        raise MXNetError(f"max_displacement and kernel_size leave no position in maps of shape {tuple(data1.shape)}")
    a, b = (F.pad(x, (pad_size,) * 4) for x in (data1, data2))
    # What the patches of the first map cover, from their top left corners on.
    high, wide = (rows - 1) * stride1 + kernel_size, (cols - 1) * stride1 + kernel_size
    first = a[:, :, max_displacement : max_displacement + high, max_displacement : max_displacement + wide]
    radius = max_displacement // stride2
    shifts = [max_displacement + i * stride2 for i in range(-radius, radius + 1)]
    maps = []
    for dy in shifts:
        for dx in shifts:
            second = b[:, :, dy : dy + high, dx : dx + wide]
            maps.append((first * second if is_multiply else _distance(first - second)).sum(1))
    total = F.avg_pool2d(torch.stack(maps, 1), kernel_size, stride1, divisor_override=1)
    out = total / (kernel_size * kernel_size * data1.shape[1])
    return out, out, out
