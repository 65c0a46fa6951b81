"""Position-sensitive pooling of regions of interest: each bin reads channels of its own."""

from types import SimpleNamespace
from typing import Annotated, Any, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ...params import Ge, Le
from ...registry import Display, op
from ...shapes import ShapeRule
from ._regions import Scale, checked_rois, roi_shape, round_away
from ._sample import check_images


def _group(pooled_size: int, group_size: int, device: torch.device) -> Tensor:
    """The group of channels that each bin reads, along one axis."""
    k = torch.arange(pooled_size, device=device)
    return (k * group_size).div(pooled_size, rounding_mode="floor").clamp(0, group_size - 1)


def _channels(pooled_size: int, group_size: int, output_dim: int, device: torch.device) -> Tensor:
    """The channel that each output channel reads in each bin, ``(output_dim, pooled_size, pooled_size)``."""
    g = _group(pooled_size, group_size, device)
    c = torch.arange(output_dim, device=device).view(-1, 1, 1)
    return (c * group_size + g.view(-1, 1)) * group_size + g


def _check_channels(data: Tensor, output_dim: int, group_size: int) -> None:
    if output_dim < 1 or group_size < 1 or data.shape[1] < output_dim * group_size * group_size:
        raise MXNetError(
            f"data should have at least output_dim * group_size ** 2 channels, got {data.shape[1]} with "
            f"output_dim={output_dim}, group_size={group_size}"
        )


def _rounded_regions(rois: Tensor, spatial_scale: float) -> tuple[Tensor, Tensor, Tensor]:
    """Images, origins and sizes of regions, x before y, in the units of the feature map."""
    corners = round_away(rois[:, 1:])
    start = corners[:, :2] * spatial_scale
    return rois[:, 0].to(torch.int64), start, ((corners[:, 2:] + 1) * spatial_scale - start).clamp(min=0.1)


@op("_contrib_PSROIPooling", inert=("rois",), display=Display(input_type="Symbol", output_named=True))
def psroi_pooling(
    data: Tensor,
    rois: Tensor,
    *,
    spatial_scale: Scale,
    output_dim: int,
    pooled_size: Annotated[int, Ge(1)],
    group_size: int = 0,
) -> Tensor:
    """Average over each bin of a region, each bin reading channels of its own (R-FCN).

    Parameters
    ----------
    data : Tensor
        ``(batch, output_dim * group_size ** 2, height, width)``; ``group_size`` is ``pooled_size`` unless given.
    rois : Tensor
        ``(regions, 5)``: number of the image, x1, y1, x2, y2 in units of the original image.

    Returns
    -------
    Tensor
        ``(regions, output_dim, pooled_size, pooled_size)``.
    """
    check_images("data", data)
    rois = checked_rois(rois, 5)
    group_size = group_size or pooled_size
    _check_channels(data, output_dim, group_size)
    n, _, height, width = data.shape
    image, start, size = _rounded_regions(rois.detach(), spatial_scale)
    k = torch.arange(pooled_size + 1, device=data.device, dtype=data.dtype)
    edges = k * (size / pooled_size).unsqueeze(2) + start.unsqueeze(2)
    (left, top), (right, bottom) = (
        (e[:, 0].clamp(0, width).long(), e[:, 1].clamp(0, height).long())
        for e in (edges[:, :, :-1].floor(), edges[:, :, 1:].ceil())
    )
    # Sums over rectangles are four reads of a table of sums.
    table = F.pad(data.double().cumsum(2).cumsum(3), (1, 0, 1, 0))
    channel = _channels(pooled_size, group_size, output_dim, data.device)
    image, channel = image.clamp(0, n - 1).view(-1, 1, 1, 1), channel.unsqueeze(0)

    def read(y: Tensor, x: Tensor) -> Tensor:
        return table[image, channel, y[:, None, :, None], x[:, None, None, :]]

    total = read(bottom, right) - read(top, right) - read(bottom, left) + read(top, left)
    area = (bottom - top).clamp(min=0)[:, None, :, None] * (right - left).clamp(min=0)[:, None, None, :]
    return (total / area.clamp(min=1)).masked_fill(area == 0, 0.0).to(data.dtype)


@psroi_pooling.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    roi_shape(s, p.output_dim, (p.pooled_size,) * 2)


@op(
    "_contrib_DeformablePSROIPooling",
    display=Display(input_type="Symbol", output_named=True),
    outputs=("output", "top_count"),
    visible=1,
    inputs=lambda p: ("data", "rois", "trans")[: 3 - p.no_trans],
    inert=("rois",),
)
def deformable_psroi_pooling(
    data: Tensor,
    rois: Tensor,
    trans: Optional[Tensor] = None,
    *,
    spatial_scale: Scale,
    output_dim: int,
    group_size: int,
    pooled_size: Annotated[int, Ge(1)],
    part_size: int = 0,
    sample_per_part: Annotated[int, Ge(1)] = 1,
    trans_std: Annotated[float, Ge(0), Le(1)] = 0.0,
    no_trans: bool = False,
) -> tuple[Tensor, Tensor]:
    """:func:`PSROIPooling` over bins which are moved by learned offsets, averaging bilinear samples.

    Parameters
    ----------
    data : Tensor
        ``(batch, output_dim * group_size ** 2, height, width)``.
    rois : Tensor
        ``(regions, 5)``: number of the image, x1, y1, x2, y2 in units of the original image.
    trans : Tensor, optional
        ``(regions, 2 * classes, part_size, part_size)``, x first, in units of the region's size over ``trans_std``.
    part_size : int
        Rows and columns of offsets; ``pooled_size`` unless given.
    sample_per_part : int
        Samples along each axis of a bin.
    trans_std
        The factor of the offsets.
    no_trans
        Whether there are no offsets.
    """
    check_images("data", data)
    rois = checked_rois(rois, 5)
    _check_channels(data, output_dim, group_size)
    parts = part_size or pooled_size
    n, _, height, width = data.shape
    image, start, size = _rounded_regions(rois.detach(), spatial_scale)
    (x1, y1), (wide, high) = (start - 0.5).unbind(1), size.unbind(1)
    k = torch.arange(pooled_size, device=data.device)
    dx: Any = 0.0
    dy: Any = 0.0
    if not no_trans:
        if trans is None:
            raise MXNetError("no_trans=False needs the input trans")
        shape = tuple(trans.shape)
        if trans.ndim != 4 or shape[1] < 2 or shape != (rois.shape[0], shape[1], parts, parts):
            raise MXNetError(
                "trans should be (regions, 2 * classes, part_size, part_size) = "
                f"({rois.shape[0]}, ?, {parts}, {parts}), got {shape}"
            )
        classes = shape[1] // 2
        if output_dim % classes:
            raise MXNetError(f"output_dim should be a multiple of the {classes} classes of trans, got {output_dim}")
        part = (k * parts).div(pooled_size, rounding_mode="floor")
        own = torch.arange(output_dim, device=data.device) // (output_dim // classes)
        offsets = trans[:, : 2 * classes].reshape(-1, classes, 2, parts, parts)
        offsets = offsets[:, own][..., part, :][..., part] * trans_std
        # (regions, output_dim, pooled, pooled, 1, 1)
        dx = (offsets[:, :, 0] * wide.view(-1, 1, 1, 1))[..., None, None]
        dy = (offsets[:, :, 1] * high.view(-1, 1, 1, 1))[..., None, None]
    i = torch.arange(sample_per_part, device=data.device)
    step_y, step_x = (high / pooled_size).view(-1, 1, 1, 1, 1, 1), (wide / pooled_size).view(-1, 1, 1, 1, 1, 1)
    y = y1.view(-1, 1, 1, 1, 1, 1) + k.view(-1, 1, 1, 1) * step_y + dy + i.view(-1, 1) * (step_y / sample_per_part)
    x = x1.view(-1, 1, 1, 1, 1, 1) + k.view(-1, 1, 1) * step_x + dx + i * (step_x / sample_per_part)
    inside = (y >= -0.5) & (y <= height - 0.5) & (x >= -0.5) & (x <= width - 0.5)
    channel = _channels(pooled_size, group_size, output_dim, data.device)
    read = _read(
        data,
        image.clamp(0, n - 1).view(-1, 1, 1, 1, 1, 1),
        channel[None, ..., None, None],
        y.clamp(0, height - 1),
        x.clamp(0, width - 1),
    )
    count = inside.sum((4, 5))
    out = (read * inside).sum((4, 5)) / count.clamp(min=1)
    return out, count.expand_as(out).to(data.dtype)


def _read(data: Tensor, image: Tensor, channel: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Bilinear reads at positions inside the images."""
    y0, x0, y1, x1 = y.floor(), x.floor(), y.ceil(), x.ceil()
    wy, wx = y - y0.detach(), x - x0.detach()
    y0, x0, y1, x1 = (t.long() for t in (y0, x0, y1, x1))
    top = data[image, channel, y0, x0] * (1 - wx) + data[image, channel, y0, x1] * wx
    bottom = data[image, channel, y1, x0] * (1 - wx) + data[image, channel, y1, x1] * wx
    return top * (1 - wy) + bottom * wy


@deformable_psroi_pooling.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    roi_shape(s, p.output_dim, (p.pooled_size,) * 2)
    s.unify("top_count", s["output"])
