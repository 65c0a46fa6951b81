"""Pooling of regions of interest: maximum, bilinear average, rotated."""

from collections.abc import Callable
from functools import lru_cache
from types import SimpleNamespace

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ._regions import Scale, checked_rois, pooled_grid, pooled_shape, roi_shape, round_away
from ._sample import check_images, sample

# How many elements the windows of one block of regions may have: bounds the memory of ROIPooling.
_BLOCK = 1 << 24
# ROIPooling goes region by region, which takes fewer kernels, up to this many regions times elements of the data.
_SMALL = 1 << 16


# ---------------------------------------------------------------------- ROIPooling


def _bins(start: Tensor, length: Tensor, count: int, limit: int) -> tuple[Tensor, Tensor]:
    """Begin and end of the bins of each region along one axis, ``(regions, count)``."""
    step = (length / count).unsqueeze(1)
    k = torch.arange(count, device=start.device, dtype=length.dtype)
    low = (k * step).floor() + start.unsqueeze(1)
    high = ((k + 1) * step).ceil() + start.unsqueeze(1)
    return low.clamp(0, limit).long(), high.clamp(0, limit).long()


def _window(low: Tensor, high: Tensor, limit: int) -> tuple[Tensor, Tensor]:
    """Positions in the bins, padded to the longest, and which of them are real."""
    longest = max(int((high - low).max()), 1) if low.numel() else 1
    index = low.unsqueeze(-1) + torch.arange(longest, device=low.device)
    return index.clamp(max=limit - 1), index < high.unsqueeze(-1)


@lru_cache(maxsize=4096)
def _is_even(length: int, count: int, dtype: torch.dtype) -> bool:
    """Whether the bins of a region, whose limits are rounded floats, are those that whole numbers give."""
    low, high = _bins(torch.zeros(1, dtype=dtype), torch.full((1,), length, dtype=dtype), count, length + 1)
    exact = [(k * length // count, -(-(k + 1) * length // count)) for k in range(count)]
    return list(zip(low[0].tolist(), high[0].tolist())) == exact


def _boxes_inside(image: Tensor, corners: Tensor, grid: tuple[int, int], data: Tensor) -> list[tuple] | None:
    """Number of the image, x, y, width and height of a few small regions; None unless all are inside of their image."""
    if data.device.type != "cpu" or data.dtype not in (torch.float32, torch.float64):
        return None
    if not 0 < corners.shape[0] * data.numel() <= _SMALL:
        return None
    # Traces of steps see that a number is read from a tensor, which ``tolist`` hides from them.
    if float(corners.min()) < 0:
        return None
    images, _, height, width = data.shape
    found = []
    for number, (x1, y1, x2, y2) in zip(image.tolist(), corners.tolist()):
        x, y, wide, high = int(x1), int(y1), max(int(x2 - x1) + 1, 1), max(int(y2 - y1) + 1, 1)
        if not (0 <= number < images and 0 <= x <= width - wide and 0 <= y <= height - high):
            return None
        if not (_is_even(high, grid[0], corners.dtype) and _is_even(wide, grid[1], corners.dtype)):
            return None
        found.append((number, x, y, wide, high))
    return found


def _pool_inside(data: Tensor, boxes: list[tuple], grid: tuple[int, int]) -> Tensor:
    """Pool regions inside of images, whose bins are those of adaptive pooling: one kernel a region."""
    pool = torch._C._nn.adaptive_max_pool2d
    return torch.stack([pool(data[n, :, y : y + high, x : x + wide], grid)[0] for n, x, y, wide, high in boxes])


@op(
    "ROIPooling",
    display=Display(output_named=True),
    aliases=("_npx_roi_pooling",),
    outputs=("output", "maxidx"),
    visible=1,
    inert=("rois",),
)
def roi_pooling(data: Tensor, rois: Tensor, *, pooled_size: Shape, spatial_scale: Scale) -> tuple[Tensor, Tensor]:
    """Largest elements in a grid of bins over each region, regions being rounded to whole positions.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    rois : Tensor
        ``(regions, 5)``: number of the image, x1, y1, x2, y2 in units of the original image.
    pooled_size : tuple
        Rows and columns of bins.
    spatial_scale : float
        Size of the feature map over that of the original image.

    Returns
    -------
    Tensor
        ``(regions, channels, rows, columns)``; zero for empty bins and images that do not exist.
    """
    check_images("data", data)
    rois = checked_rois(rois, 5)
    rows, cols = pooled_grid(pooled_size)
    n, c, height, width = data.shape
    if data.is_meta:
        out = data.new_empty((rois.shape[0], c, rows, cols))
        return out, out
    image = rois[:, 0].detach().to(torch.int64)
    corners = round_away(rois[:, 1:].detach() * spatial_scale)
    inside = _boxes_inside(image, corners, (rows, cols), data)
    if inside:
        out = _pool_inside(data, inside, (rows, cols))
        return out, out
    x1, y1, x2, y2 = corners.unbind(1)
    y_low, y_high = _bins(y1, (y2 - y1 + 1).clamp(min=1), rows, height)
    x_low, x_high = _bins(x1, (x2 - x1 + 1).clamp(min=1), cols, width)
    y, y_real = _window(y_low, y_high, height)
    x, x_real = _window(x_low, x_high, width)
    features = data.permute(0, 2, 3, 1)
    per_region = c * rows * cols * y.shape[2] * x.shape[2]
    block = max(1, _BLOCK // max(per_region, 1))
    blocks = []
    for k in range(0, rois.shape[0], block):
        part = slice(k, k + block)
        number = image[part]
        exists = (number >= 0) & (number < n)
        iy, ix = y[part, :, None, :, None], x[part, None, :, None, :]
        real = y_real[part, :, None, :, None] & x_real[part, None, :, None, :] & exists.view(-1, 1, 1, 1, 1)
        found = features[number.clamp(0, n - 1).view(-1, 1, 1, 1, 1), iy, ix]
        found = found.masked_fill(~real.unsqueeze(-1), -torch.inf).flatten(3, 4)
        best = found.max(3).values
        blocks.append(best.masked_fill(~real.flatten(3).any(3, keepdim=True), 0.0).permute(0, 3, 1, 2))
    out = torch.cat(blocks) if blocks else data.new_zeros((0, c, rows, cols))
    return out, out


roi_pooling.infer_shape(pooled_shape())


# ---------------------------------------------------------------------- ROIAlign


def _by_image(data: Tensor, image: Tensor, shape: tuple, pool: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Pool the regions image by image; those of images that do not exist stay zero."""
    out = data.new_zeros(shape)
    for n in range(data.shape[0]):
        mine = (image == n).nonzero().squeeze(1)
        if mine.numel():
            out = out.index_copy(0, mine, pool(data[n : n + 1], mine).to(out.dtype))
    return out


class _Samples:
    """Sampling positions of regions along one axis: ``(regions, bins, samples)``, with weights that average a bin."""

    def __init__(
        self, start: Tensor, length: Tensor, bins: int, ratio: int, low: float = -torch.inf, high: float = torch.inf
    ) -> None:
        step = length / bins
        count = torch.full_like(step, ratio) if ratio > 0 else step.ceil()
        most = max(int(count.max()), 1)
        i = torch.arange(most, device=start.device, dtype=start.dtype)
        k = torch.arange(bins, device=start.device, dtype=start.dtype)
        view = (slice(None), None, None)
        self.position = start[view] + k[:, None] * step[view] + (i + 0.5) * step[view] / count[view]
        inside = (self.position >= low) & (self.position <= high) & (i < count[view])
        self.weight = inside / count[view]


@op("_contrib_ROIAlign", aliases=("ROIAlign",), inert=("rois",), display=Display(output_named=True))
def roi_align(
    data: Tensor,
    rois: Tensor,
    *,
    pooled_size: Shape,
    spatial_scale: Scale,
    sample_ratio: int = -1,
    position_sensitive: bool = False,
    aligned: bool = False,
) -> Tensor:
    """Average of bilinear samples in a grid of bins over each region.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    rois : Tensor
        ``(regions, 5)``: number of the image, x1, y1, x2, y2 in units of the original image.
    pooled_size : tuple
        Rows and columns of bins.
    spatial_scale : float
        Size of the feature map over that of the original image.
    sample_ratio : int
        Samples along each axis of a bin; by default as many as it has pixels.
    position_sensitive : bool
        Each bin has channels of its own.
    aligned : bool
        Pixel centers lie at half coordinates.
    """
    check_images("data", data)
    rois = checked_rois(rois, 5)
    rows, cols = pooled_grid(pooled_size)
    _, c, height, width = data.shape
    bins = rows * cols
    if position_sensitive and c % bins:
        raise MXNetError(f"position_sensitive needs channels divisible by {rows} * {cols}, got {c}")
    shape = (rois.shape[0], c // bins if position_sensitive else c, rows, cols)
    if data.is_meta:
        return data.new_empty(shape)
    rois = rois.detach()
    image = rois[:, 0].to(torch.int64)
    x1, y1, x2, y2 = (rois[:, 1:] * spatial_scale - (0.5 if aligned else 0.0)).unbind(1)
    wide, high = x2 - x1, y2 - y1
    if not aligned:
        wide, high = wide.clamp(min=1), high.clamp(min=1)
    elif rois.shape[0] and float(torch.minimum(wide, high).min()) <= 0:
        raise MXNetError("aligned=True needs regions of positive width and height")

    def pool(one: Tensor, mine: Tensor) -> Tensor:
        y = _Samples(y1[mine], high[mine], rows, sample_ratio, -1, height)
        x = _Samples(x1[mine], wide[mine], cols, sample_ratio, -1, width)
        count, _, per_y = y.position.shape
        per_x = x.position.shape[2]
        iy = y.position.reshape(count, -1, 1).expand(-1, -1, cols * per_x).reshape(1, -1, cols * per_x)
        ix = x.position.reshape(count, 1, -1).expand(-1, rows * per_y, -1).reshape(1, -1, cols * per_x)
        read = sample(one, iy, ix, "border").view(c, count, rows, per_y, cols, per_x)
        weight = y.weight.view(count, rows, per_y, 1, 1) * x.weight.view(count, 1, 1, cols, per_x)
        found = (read * weight).sum((3, 5)).transpose(0, 1)
        if not position_sensitive:
            return found
        own = found.reshape(count, c // bins, bins, bins).diagonal(dim1=2, dim2=3)
        return own.reshape(count, c // bins, rows, cols)

    return _by_image(data, image, shape, pool)


@roi_align.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    rows, cols = pooled_grid(p.pooled_size)
    c = None if s["data"] is None else s["data"][1]
    roi_shape(s, c // (rows * cols) if p.position_sensitive and c is not None else c, (rows, cols))


@op("_contrib_RROIAlign", display=Display(output_named=True), differentiable=False)
def rotated_roi_align(
    data: Tensor, rois: Tensor, *, pooled_size: Shape, spatial_scale: Scale, sampling_ratio: int = -1
) -> Tensor:
    """:func:`ROIAlign` over rotated regions; it has no gradient.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    rois : Tensor
        ``(regions, 6)``: number of the image, x and y of the center, width, height, and angle in degrees.
    sampling_ratio
        Samples along each axis of a bin; as many as it has pixels when not positive.
    """
    check_images("data", data)
    rois = checked_rois(rois, 6)
    rows, cols = pooled_grid(pooled_size)
    _, c, height, width = data.shape
    shape = (rois.shape[0], c, rows, cols)
    if data.is_meta:
        return data.new_empty(shape)
    image = rois[:, 0].to(torch.int64)
    cx, cy = rois[:, 1] * spatial_scale, rois[:, 2] * spatial_scale
    wide, high = (rois[:, 3] * spatial_scale).clamp(min=1), (rois[:, 4] * spatial_scale).clamp(min=1)
    angle = rois[:, 5] * (torch.pi / 180)

    def pool(one: Tensor, mine: Tensor) -> Tensor:
        # Positions relative to the center, before they are turned; no limits apply there.
        y = _Samples(-high[mine] / 2, high[mine], rows, sampling_ratio)
        x = _Samples(-wide[mine] / 2, wide[mine], cols, sampling_ratio)
        count, _, per_y = y.position.shape
        per_x = x.position.shape[2]
        v, u = y.position.reshape(count, -1, 1), x.position.reshape(count, 1, -1)
        cos, sin = angle[mine].cos().view(-1, 1, 1), angle[mine].sin().view(-1, 1, 1)
        px = u * cos + v * sin + cx[mine].view(-1, 1, 1)
        py = v * cos - u * sin + cy[mine].view(-1, 1, 1)
        inside = (py >= -1) & (py <= height) & (px >= -1) & (px <= width)
        read = sample(one, py.reshape(1, -1, cols * per_x), px.reshape(1, -1, cols * per_x), "border")
        read = read.view(c, count, rows, per_y, cols, per_x)
        weight = y.weight.view(count, rows, per_y, 1, 1) * x.weight.view(count, 1, 1, cols, per_x)
        weight = weight * inside.view(count, rows, per_y, cols, per_x)
        return (read * weight).sum((3, 5)).transpose(0, 1)

    return _by_image(data, image, shape, pool)


rotated_roi_align.infer_shape(pooled_shape(columns=6))
