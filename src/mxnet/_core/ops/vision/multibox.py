"""Anchors of single-shot detectors: their places, what they shall learn, and what they have detected."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Floats
from ...registry import Display, op
from ...shapes import ShapeRule
from .boxes import overlap, suppress


@op(
    "_contrib_MultiBoxPrior",
    display=Display(input_named=True, output_named=True),
    aliases=("_npx_multibox_prior",),
    differentiable=False,
)
def multibox_prior(
    data: Tensor,
    *,
    sizes: Floats = (1.0,),
    ratios: Floats = (1.0,),
    clip: bool = False,
    steps: Floats = (-1.0, -1.0),
    offsets: Floats = (0.5, 0.5),
) -> Tensor:
    """Anchors around each position of a feature map, as corners in units of the image.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``; only its size matters.
    sizes, ratios : tuple of float
        Each position has an anchor of each size with the first ratio, and one of the first size with each other ratio.
    clip : bool
        Cut anchors off at the image's edge.
    steps, offsets : tuple of float
        Distance of the positions and place of the first one, y before x; by default they fill the image.

    Returns
    -------
    Tensor
        ``(1, height * width * anchors, 4)``.
    """
    if data.ndim < 4:
        raise MXNetError(f"data should be at least 4D in (batch, channel, y, x), got shape {tuple(data.shape)}")
    if not sizes or not ratios or len(steps) != 2 or len(offsets) != 2:
        raise MXNetError(
            "sizes and ratios must not be empty, steps and offsets have two numbers, got "
            f"{sizes}, {ratios}, {steps}, {offsets}"
        )
    height, width = data.shape[2:4]
    if min(height, width) < 1 or not min(ratios) > 0:
        raise MXNetError(f"data should have pixels and ratios be positive, got {tuple(data.shape)} and {ratios}")
    like = {"dtype": data.dtype, "device": data.device}
    step_y, step_x = (s if s > 0 else 1.0 / n for s, n in zip(steps, (height, width)))
    y = (torch.arange(height, **like) + offsets[0]) * step_y
    x = (torch.arange(width, **like) + offsets[1]) * step_x
    kinds = [(size, ratios[0]) for size in sizes] + [(sizes[0], ratio) for ratio in ratios[1:]]
    # Ratios are of the image's pixels, sizes of its height.
    half_w = torch.tensor([size * height / width * ratio**0.5 / 2 for size, ratio in kinds], **like)
    half_h = torch.tensor([size / ratio**0.5 / 2 for size, ratio in kinds], **like)
    y, x = y.view(-1, 1, 1), x.view(1, -1, 1)
    edges = torch.broadcast_tensors(x - half_w, y - half_h, x + half_w, y + half_h)
    anchors = torch.stack(edges, -1).view(1, -1, 4)
    return anchors.clamp(0, 1) if clip else anchors


def _check_target(anchor: Tensor, label: Tensor, cls_pred: Tensor, variances: tuple) -> None:
    if anchor.ndim != 3 or anchor.shape[0] != 1 or anchor.shape[2] != 4:
        raise MXNetError(f"anchor should be (1, anchors, 4), got shape {tuple(anchor.shape)}")
    if label.ndim != 3 or label.shape[2] < 5:
        raise MXNetError(f"label should be (batch, boxes, 5 or more), got shape {tuple(label.shape)}")
    if cls_pred.ndim != 3 or cls_pred.shape[0] != label.shape[0] or cls_pred.shape[2] != anchor.shape[1]:
        raise MXNetError(
            f"cls_pred should be (batch, classes, anchors), got shape {tuple(cls_pred.shape)} with "
            f"{label.shape[0]} labels and {anchor.shape[1]} anchors"
        )
    _check_variances(variances)


def _check_variances(variances: tuple) -> None:
    if len(variances) != 4:
        raise MXNetError(f"variances should be four numbers, got {variances}")


def _match(iou: Tensor, real: Tensor, threshold: float) -> tuple[Tensor, Tensor, Tensor]:
    """Match anchors with boxes.

    Each box first takes the free anchor it overlaps most, the best pair first; then each other anchor takes the box it
    overlaps most, when that is more than the threshold.

    Parameters
    ----------
    iou : Tensor
        ``(batch, anchors, boxes)``.
    real : Tensor
        ``(batch, boxes)``: which boxes exist.

    Returns
    -------
    tuple of Tensor
        ``(batch, anchors)`` each: which anchors are matched, with which box, and their largest overlap.
    """
    batch, anchors, boxes = iou.shape
    iou = iou.masked_fill(~real.unsqueeze(1), -1.0)
    best, chosen = iou.max(2)
    matched = best > threshold if threshold > 0 else torch.zeros_like(best, dtype=torch.bool)
    free = iou.clone()
    rows = torch.arange(batch, device=iou.device)
    first = torch.zeros_like(matched)
    for _ in range(min(boxes, anchors)):
        value, at = free.flatten(1).max(1)
        a, b = at // boxes, at % boxes
        good = value > 1e-6
        chosen[rows, a] = torch.where(good, b, chosen[rows, a])
        first[rows, a] |= good
        free[rows, a] = -1.0
        free[rows, :, b] = -1.0
    return matched | first, chosen, best


def _hard_negatives(matched: Tensor, best: Tensor, cls_pred: Tensor, ratio: float, threshold: float) -> Tensor:
    """The free anchors that look least like background, ``ratio`` of them for each matched one."""
    candidate = ~matched & (best < threshold)
    background = torch.softmax(cls_pred, 1)[:, 0].masked_fill(~candidate, torch.inf)
    rank = background.argsort(dim=1, stable=True).argsort(dim=1)
    positives = matched.sum(1)
    wanted = torch.minimum((positives * ratio).long(), matched.shape[1] - positives)
    return candidate & (rank < wanted.unsqueeze(1))


@op(
    "_contrib_MultiBoxTarget",
    display=Display(output_named=True),
    aliases=("_npx_multibox_target",),
    outputs=("loc_target", "loc_mask", "cls_target"),
    differentiable=False,
)
def multibox_target(
    anchor: Tensor,
    label: Tensor,
    cls_pred: Tensor,
    *,
    overlap_threshold: float = 0.5,
    ignore_label: float = -1.0,
    negative_mining_ratio: float = -1.0,
    negative_mining_thresh: float = 0.5,
    minimum_negative_samples: int = 0,
    variances: Floats = (0.1, 0.1, 0.2, 0.2),
) -> tuple[Tensor, Tensor, Tensor]:
    """What each anchor shall learn, from labeled boxes.

    Parameters
    ----------
    anchor : Tensor
        ``(1, anchors, 4)`` corners.
    label : Tensor
        ``(batch, boxes, 5 or more)``: class, x1, y1, x2, y2; boxes end at the first class -1.
    cls_pred : Tensor
        Scores, ``(batch, classes with background, anchors)``, by which hard negatives are chosen.
    overlap_threshold : float
        Overlap from which an anchor is taken for a box that has another anchor already.
    ignore_label : float
        Class target of anchors which are neither positive nor negative.
    negative_mining_ratio : float
        Negatives for each positive; all free anchors are negatives unless it is positive.
    negative_mining_thresh : float
        Only anchors of less overlap become negatives.
    variances : tuple of float
        The coordinates' targets are divided by them.
    minimum_negative_samples
        Taken for compatibility, without an effect.

    Returns
    -------
    tuple of Tensor
        Coordinates and mask ``(batch, anchors * 4)``, classes ``(batch, anchors)`` with 0 for background.
    """
    _check_target(anchor, label, cls_pred, variances)
    batch, count = label.shape[0], anchor.shape[1]
    anchors = anchor.detach()[0]
    real = (label[..., 0] != -1).long().cumprod(1).bool()
    if label.shape[1] == 0:
        zero = anchors.new_zeros((batch, count * 4))
        return zero, zero.clone(), anchors.new_full((batch, count), ignore_label)
    iou = overlap(anchors.expand(batch, -1, -1), label[..., 1:5].detach())
    matched, chosen, best = _match(iou, real, overlap_threshold)
    if negative_mining_ratio > 0:
        negative = _hard_negatives(matched, best, cls_pred.detach(), negative_mining_ratio, negative_mining_thresh)
    else:
        negative = ~matched
    box = label.detach().gather(1, chosen.unsqueeze(2).expand(-1, -1, label.shape[2]))
    size, box_size = anchors[:, 2:] - anchors[:, :2], box[..., 3:5] - box[..., 1:3]
    shift = (box[..., 1:3] + box[..., 3:5]) * 0.5 - (anchors[:, :2] + anchors[:, 2:]) * 0.5
    code = torch.cat((shift / size, (box_size / size).log()), -1) / anchors.new_tensor(variances)
    # Images without any box teach nothing, not even background.
    positive = matched & real.any(1, keepdim=True)
    mask = positive.unsqueeze(2).expand(-1, -1, 4)
    classes = torch.where(negative & real.any(1, keepdim=True), 0.0, ignore_label).to(anchors.dtype)
    classes = torch.where(positive, box[..., 0] + 1, classes)
    return code.masked_fill(~mask, 0.0).flatten(1), mask.to(anchors.dtype).flatten(1), classes


@multibox_target.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["anchor"] is None or s["label"] is None:
        return
    batch, count = s["label"][0], s["anchor"][1]
    s.unify("loc_target", (batch, None if count is None else count * 4))
    s.unify("loc_mask", s["loc_target"])
    s.unify("cls_target", (batch, count))


@op(
    "_contrib_MultiBoxDetection",
    display=Display(output_named=True),
    aliases=("_npx_multibox_detection",),
    differentiable=False,
)
def multibox_detection(
    cls_prob: Tensor,
    loc_pred: Tensor,
    anchor: Tensor,
    *,
    clip: bool = True,
    threshold: float = 0.01,
    background_id: int = 0,
    nms_threshold: float = 0.5,
    force_suppress: bool = False,
    variances: Floats = (0.1, 0.1, 0.2, 0.2),
    nms_topk: int = -1,
) -> Tensor:
    """Detected boxes from predictions for anchors.

    Parameters
    ----------
    cls_prob : Tensor
        ``(batch, classes, anchors)``; class 0 is background.
    loc_pred : Tensor
        ``(batch, anchors * 4)``.
    anchor : Tensor
        ``(1, anchors, 4)`` corners.
    clip : bool
        Cut boxes off at the image's edge.
    threshold : float
        Less probable classes count as background.
    nms_threshold, force_suppress, nms_topk
        Boxes that overlap a better one of their class (of any class) so much are dropped, after keeping only the
        ``nms_topk`` best ones.
    background_id
        Taken for compatibility, without an effect: class 0 is background.
    variances
        What coordinates are multiplied by.

    Returns
    -------
    Tensor
        ``(batch, anchors, 6)``: class (-1 for dropped ones), probability, corners.
    """
    if (
        cls_prob.ndim != 3
        or tuple(anchor.shape) != (1, cls_prob.shape[2], 4)
        or tuple(loc_pred.shape) != (cls_prob.shape[0], cls_prob.shape[2] * 4)
    ):
        raise MXNetError(
            "cls_prob should be (batch, classes, anchors), loc_pred (batch, anchors * 4) and anchor "
            f"(1, anchors, 4), got {tuple(cls_prob.shape)}, {tuple(loc_pred.shape)}, "
            f"{tuple(anchor.shape)}"
        )
    _check_variances(variances)
    batch, classes, count = cls_prob.shape
    corners = _decode(loc_pred.view(batch, count, 4), anchor, variances, clip)
    if classes > 1:
        score, number = cls_prob[:, 1:].max(1)
        number = torch.where((score < threshold) | (score <= -1), -1, number)
    else:
        score = cls_prob.new_full((batch, count), -1)
        number = torch.full_like(score, -1, dtype=torch.int64)
    rows = torch.cat((number.unsqueeze(2).to(corners.dtype), score.unsqueeze(2), corners), 2)
    detected = number >= 0
    # What was detected moves to the front, in order.
    front = (~detected).long().argsort(dim=1, stable=True)
    rows = rows.gather(1, front.unsqueeze(2).expand(-1, -1, 6)).masked_fill(~detected.gather(1, front).unsqueeze(2), -1)
    if not 0 < nms_threshold <= 1:
        return rows
    return _suppressed(rows, detected.sum(1, keepdim=True), nms_threshold, force_suppress, nms_topk)


def _decode(code: Tensor, anchor: Tensor, variances: tuple, clip: bool) -> Tensor:
    size = anchor[..., 2:] - anchor[..., :2]
    center = (anchor[..., :2] + anchor[..., 2:]) / 2 + code[..., :2] * code.new_tensor(variances[:2]) * size
    half = (code[..., 2:] * code.new_tensor(variances[2:])).exp() * size / 2
    corners = torch.cat((center - half, center + half), -1)
    return corners.clamp(0, 1) if clip else corners


def _suppressed(rows: Tensor, valid: Tensor, threshold: float, force: bool, topk: int) -> Tensor:
    """Sort the first ``valid`` rows by score and mark those that overlap better ones."""
    place = torch.arange(rows.shape[1], device=rows.device)
    score = rows[..., 1].masked_fill(place >= valid, -torch.inf)
    order = score.argsort(dim=1, descending=True, stable=True)
    best = rows.gather(1, order.unsqueeze(2).expand(-1, -1, 6))
    keep = valid.clamp(max=topk) if topk > 0 else valid
    looked_at = place < keep
    # Rows past the best ones stay where they were, marked as dropped.
    out = torch.where(looked_at.unsqueeze(2), best, rows)
    stays = suppress(out[..., 2:], looked_at, lambda iou: iou >= threshold, None if force else out[..., 0])
    out[..., 0] = out[..., 0].masked_fill(~stays, -1)
    return out


@multibox_detection.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["cls_prob"] is not None:
        batch, _, count = s["cls_prob"]
        s.unify("output", (batch, count, 6))
