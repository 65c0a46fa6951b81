"""Boxes: overlap, non-maximum suppression, matching, and their coding relative to anchors."""

from collections.abc import Callable
from math import prod
from types import SimpleNamespace
from typing import Any, Literal

import torch
from torch import Tensor

from ....base import MXNetError
from ...registry import op
from ...shapes import ShapeRule

Format = Literal["corner", "center"]

# How many boxes are compared with each other, and with all the later ones, at a time.
_BLOCK = 256


def _corners(boxes: Tensor, fmt: str) -> Tensor:
    """Boxes as x1, y1, x2, y2."""
    if fmt == "corner":
        return boxes
    center, half = boxes[..., :2], boxes[..., 2:] / 2
    return torch.cat((center - half, center + half), -1)


def overlap(a: Tensor, b: Tensor, extra: float = 0.0) -> Tensor:
    """Intersection over union of boxes given by corners, ``(..., m, 4)`` and ``(..., n, 4)`` to ``(..., m, n)``.

    ``extra`` is one where both corners are pixels of the box.
    """
    ax1, ay1, ax2, ay2 = a.unsqueeze(-2).unbind(-1)
    bx1, by1, bx2, by2 = b.unsqueeze(-3).unbind(-1)
    wide = (torch.minimum(ax2, bx2) - torch.maximum(ax1, bx1) + extra).clamp_(min=0)
    high = (torch.minimum(ay2, by2) - torch.maximum(ay1, by1) + extra).clamp_(min=0)
    shared = wide.mul_(high)
    union = _area(a, extra).unsqueeze(-1) + _area(b, extra).unsqueeze(-2) - shared
    # Boxes without area overlap nothing.
    return (shared / union).masked_fill_(shared <= 0, 0.0)


def _area(boxes: Tensor, extra: float) -> Tensor:
    sides = boxes[..., 2:] - boxes[..., :2] + extra
    return (sides[..., 0] * sides[..., 1]).masked_fill((sides < 0).any(-1), 0.0)


def suppress(
    boxes: Tensor,
    alive: Tensor,
    hit: Callable[[Tensor], Tensor],
    same: Tensor | None = None,
    extra: float = 0.0,
    limit: int | None = None,
) -> Tensor:
    """Greedy non-maximum suppression of boxes that come best first.

    Parameters
    ----------
    boxes : Tensor
        ``(batch, n, 4)`` corners.
    alive : Tensor
        ``(batch, n)``: which boxes take part.
    hit : callable
        From overlaps to whether the later box goes.
    same : Tensor, optional
        ``(batch, n)`` classes; boxes of different classes leave each other alone.
    limit : int, optional
        How many boxes are wanted at most.

    Returns
    -------
    Tensor
        ``(batch, n)``: which boxes stay.
    """
    if boxes.is_meta:  # what stays depends on the data
        return torch.empty_like(alive)
    stays = torch.zeros_like(alive)
    for image in range(boxes.shape[0]):
        classes = None if same is None else same[image]
        kept = _survivors(boxes[image], alive[image].nonzero().squeeze(1), hit, classes, extra, limit)
        stays[image, kept] = True
    return stays


def _survivors(
    boxes: Tensor, left: Tensor, hit: Callable[[Tensor], Tensor], same: Tensor | None, extra: float, limit: int | None
) -> Tensor:
    """Numbers of the boxes of one image that stay, out of ``left``."""

    def strikes(a: Tensor, b: Tensor) -> Tensor:
        found = hit(overlap(boxes[a], boxes[b], extra))
        return found if same is None else found & (same[a].unsqueeze(1) == same[b])

    kept: list[Tensor] = []
    count = 0
    while left.numel() and (limit is None or count < limit):
        block, left = left[:_BLOCK], left[_BLOCK:]
        among = strikes(block, block).triu_(1)
        stay = torch.ones_like(block, dtype=torch.bool)
        # Whether a box stays depends on better ones only, so this settles from the best one on.
        while True:
            new = ~(among & stay.unsqueeze(1)).any(0)
            if torch.equal(new, stay):
                break
            stay = new
        block = block[stay]
        kept.append(block)
        count += block.numel()
        if left.numel():
            left = left[~strikes(block, left).any(0)]
    kept_all = torch.cat(kept) if kept else left
    return kept_all if limit is None else kept_all[:limit]


@op("_contrib_box_iou", differentiable=False)
def box_iou(lhs: Tensor, rhs: Tensor, *, format: Format = "corner") -> Tensor:
    """Intersection over union of all pairs of boxes; it hands no gradient on.

    Parameters
    ----------
    lhs, rhs : Tensor
        ``(..., 4)``: x1, y1, x2, y2, or with ``format='center'`` x, y, width, height.
    format
        Whether boxes are given as ``corner`` or ``center``.

    Returns
    -------
    Tensor
        The axes of ``lhs`` but the last, then those of ``rhs``.
    """
    for name, x in (("lhs", lhs), ("rhs", rhs)):
        if x.ndim < 2 or x.shape[-1] != 4:
            raise MXNetError(f"{name} should have at least two axes, the last of 4, got shape {tuple(x.shape)}")
    a, b = (_corners(x.detach(), format).reshape(-1, 4) for x in (lhs, rhs))
    return overlap(a, b).view(*lhs.shape[:-1], *rhs.shape[:-1])


def _check_columns(width: int, coord_start: int, score_index: int, id_index: int) -> None:
    coords = range(coord_start, coord_start + 4)
    others = [score_index] if id_index < 0 else [score_index, id_index]
    used = [*coords, *others]
    if len(set(used)) < len(used) or min(used) < 0 or max(used) >= width:
        raise MXNetError(
            f"coord_start={coord_start}, score_index={score_index} and id_index={id_index} must name "
            f"different columns of the {width} that data has"
        )


def _converted(rows: Tensor, coord_start: int, out_format: str) -> Tensor:
    """Rows with their boxes in the other format, but for those that begin below zero (which mark nothing)."""
    part = slice(coord_start, coord_start + 4)
    old = rows[..., part]
    a, b = old.split(2, -1)
    new = torch.cat((a - b / 2, a + b / 2) if out_format == "corner" else ((a + b) / 2, b - a), -1)
    rows = rows.clone()
    rows[..., part] = torch.where(old[..., :1] < 0, old, new)
    return rows


@op("_contrib_box_nms", aliases=("_contrib_box_non_maximum_suppression",), outputs=("output0", "output1"), visible=1)
def box_nms(
    data: Tensor,
    *,
    overlap_thresh: float = 0.5,
    valid_thresh: float = 0.0,
    topk: int = -1,
    coord_start: int = 2,
    score_index: int = 1,
    id_index: int = -1,
    background_id: int = -1,
    force_suppress: bool = False,
    in_format: Format = "corner",
    out_format: Format = "corner",
) -> tuple[Tensor, Tensor]:
    """Drop boxes that overlap better ones.

    Parameters
    ----------
    data : Tensor
        ``(..., boxes, columns)``: each row has a score, four coordinates, maybe a class, and anything else.
    overlap_thresh : float
        Boxes that overlap a better one by more are dropped.
    valid_thresh : float
        Scores must be greater.
    topk : int
        Only so many of the best boxes are looked at; -1 for all.
    coord_start, score_index, id_index : int
        Columns of the first coordinate, the score, and the class (-1: none).
    background_id : int
        Class whose boxes are dropped.
    force_suppress : bool
        Compare boxes of different classes too.
    in_format, out_format : {'corner', 'center'}
        Whether boxes are given as corners, or as center and size.

    Returns
    -------
    Tensor
        The data's shape: rows that stay, best first, then rows of -1.
    """
    if data.ndim < 2:
        raise MXNetError(f"data should have at least two axes, boxes and columns, got shape {tuple(data.shape)}")
    n, width = data.shape[-2:]
    _check_columns(width, coord_start, score_index, id_index)
    shape = (*data.shape[:-1], 1)
    rows = data.reshape(-1, n, width)
    first = torch.arange(rows.shape[0], device=data.device).unsqueeze(1) * n
    k = n if topk < 0 else min(n, topk)
    if k < 1:
        return data.clone(), (first + torch.arange(n, device=data.device)).to(data.dtype).view(shape)
    score = rows[..., score_index]
    valid = score > valid_thresh
    if id_index >= 0:
        valid &= rows[..., id_index] != background_id
    order = score.masked_fill(~valid, -torch.inf).argsort(dim=1, descending=True, stable=True)[:, :k]
    best = rows.gather(1, order.unsqueeze(2).expand(-1, -1, width))
    boxes = _corners(best[..., coord_start : coord_start + 4], in_format)
    same = None if force_suppress or id_index < 0 else best[..., id_index].long()
    kept = suppress(boxes, valid.gather(1, order), lambda iou: iou > overlap_thresh, same)
    # What stays moves to the front, in order.
    front = (~kept).long().argsort(dim=1, stable=True)
    stays = kept.gather(1, front).unsqueeze(2)
    out = torch.full_like(rows, -1)
    out[:, :k] = best.gather(1, front.unsqueeze(2).expand(-1, -1, width)).where(stays, out[:, :k])
    record = rows.new_full((*rows.shape[:2], 1), -1)
    record[:, :k] = (order.gather(1, front) + first).unsqueeze(2).to(data.dtype).where(stays, record[:, :k])
    if in_format != out_format:
        out = _converted(out, coord_start, out_format)
    return out.view(data.shape), record.view(shape)


@box_nms.backward
def _(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace) -> tuple:
    # Each row that stayed hands its gradient, columns as they are, to the row it came from.
    data, source = inputs[0], outputs[1].reshape(-1).long()
    rows = grads[0].reshape(source.shape[0], -1) * (source >= 0).unsqueeze(1)
    return (torch.zeros_like(rows).index_add_(0, source.clamp(min=0), rows).view(data.shape),)


@box_nms.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output0")


@op("_contrib_bipartite_matching", outputs=("output0", "output1"), differentiable=False)
def bipartite_matching(
    data: Tensor, *, is_ascend: bool = False, threshold: float, topk: int = -1
) -> tuple[Tensor, Tensor]:
    """Match rows and columns of score matrices one to one, best score first; it hands no gradient on.

    Parameters
    ----------
    data : Tensor
        ``(..., rows, columns)``.
    is_ascend : bool
        Small scores are good.
    threshold : float
        Scores must be better than this.
    topk : int
        Stop when there are more matches than that; -1 for never.

    Returns
    -------
    tuple of Tensor
        For each row the number of its column, and for each column that of its row; -1 without one.
    """
    if data.ndim < 2:
        raise MXNetError(f"score matrix must have dim >= 2, got shape {tuple(data.shape)}")
    rows, cols = data.shape[-2:]
    shapes = data.shape[:-1], (*data.shape[:-2], cols)
    score = data.detach().reshape(prod(data.shape[:-2]), rows * cols)
    score = (-score if is_ascend else score).clone()
    limit = -threshold if is_ascend else threshold
    batch = torch.arange(score.shape[0], device=data.device)
    of_row, of_col = score.new_full((len(batch), rows), -1), score.new_full((len(batch), cols), -1)
    grid = score.view(-1, rows, cols)
    for _ in range(min(rows, cols) if topk <= 0 else min(rows, cols, topk + 1)):
        best, at = score.max(1)
        good = best > limit
        r, c = at // cols, at % cols
        of_row[batch, r] = torch.where(good, c.to(score.dtype), of_row[batch, r])
        of_col[batch, c] = torch.where(good, r.to(score.dtype), of_col[batch, c])
        grid[batch, r] = -torch.inf
        grid[batch, :, c] = -torch.inf
    return of_row.view(shapes[0]), of_col.view(shapes[1])


@op("_contrib_box_encode", outputs=("output0", "output1"), differentiable=False)
def box_encode(
    samples: Tensor, matches: Tensor, anchors: Tensor, refs: Tensor, means: Tensor, stds: Tensor
) -> tuple[Tensor, Tensor]:
    """Code the boxes that anchors are matched with relative to the anchors.

    Parameters
    ----------
    samples : Tensor
        ``(batch, anchors)``: 1 for anchors to code.
    matches : Tensor
        ``(batch, anchors)``: number of the box of each anchor.
    anchors : Tensor
        ``(batch, anchors, 4)`` corners.
    refs : Tensor
        ``(batch, boxes, 4)`` corners.
    means, stds : Tensor
        ``(4,)``: subtracted from the codes, and divided by.

    Returns
    -------
    tuple of Tensor
        Codes and a mask, ``(batch, anchors, 4)`` each.
    """
    batch = tuple(samples.shape[:1])
    if (
        samples.ndim != 2
        or matches.shape != samples.shape
        or tuple(anchors.shape) != (*samples.shape, 4)
        or tuple(refs.shape) != (*batch, refs.shape[1] if refs.ndim == 3 else 0, 4)
    ):
        raise MXNetError(
            "samples and matches should be (batch, anchors), anchors (batch, anchors, 4) and refs "
            f"(batch, boxes, 4), got {tuple(samples.shape)}, {tuple(matches.shape)}, "
            f"{tuple(anchors.shape)}, {tuple(refs.shape)}"
        )
    index = matches.long().clamp(0, refs.shape[1] - 1).unsqueeze(2).expand(-1, -1, 4)
    box = refs.gather(1, index)
    size, anchor_size = box[..., 2:] - box[..., :2], anchors[..., 2:] - anchors[..., :2]
    shift = box[..., :2] + size * 0.5 - (anchors[..., :2] + anchor_size * 0.5)
    code = (torch.cat((shift / anchor_size, (size / anchor_size).log()), -1) - means) / stds
    chosen = (samples > 0.5).unsqueeze(2).expand_as(code)
    return code.masked_fill(~chosen, 0.0), chosen.to(anchors.dtype)


@op("_contrib_box_decode", differentiable=False)
def box_decode(
    data: Tensor,
    anchors: Tensor,
    *,
    std0: float = 1.0,
    std1: float = 1.0,
    std2: float = 1.0,
    std3: float = 1.0,
    clip: float = -1.0,
    format: Format = "center",
) -> Tensor:
    """Boxes from their codes relative to anchors.

    Parameters
    ----------
    data : Tensor
        Codes, ``(batch, anchors, 4)``.
    anchors : Tensor
        ``(1, anchors, 4)``, centers or corners.
    std0, std1, std2, std3 : float
        Factors on the codes.
    clip : float
        Largest logarithm of a size, if positive.
    format
        Whether anchors are given as ``corner`` or ``center``.

    Returns
    -------
    Tensor
        Corners, ``(batch, anchors, 4)``.
    """
    if data.ndim != 3 or anchors.ndim != 3 or tuple(anchors.shape) != (1, data.shape[1], 4) or data.shape[2] != 4:
        raise MXNetError(
            "data should be (batch, anchors, 4) and anchors (1, anchors, 4), "
            f"got {tuple(data.shape)} and {tuple(anchors.shape)}"
        )
    center, size = anchors[..., :2], anchors[..., 2:]
    if format == "corner":
        size = size - center
        center = center + size * 0.5
    center = data[..., :2] * data.new_tensor([std0, std1]) * size + center
    grow = data[..., 2:] * data.new_tensor([std2, std3])
    half = (grow.clamp(max=clip) if clip > 0 else grow).exp() * size * 0.5
    return torch.cat((center - half, center + half), -1)
