"""Region proposals from the predictions of a region proposal network."""

from functools import partial
from inspect import signature
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Floats
from ...registry import Display, op
from ...shapes import ShapeRule
from ..signatures import with_signature
from .boxes import suppress


def _base_anchors(stride: int, ratios: tuple, scales: tuple) -> list[list[float]]:
    """Anchors around the first position: for each ratio, each scale."""
    center = 0.5 * (stride - 1)
    anchors = []
    for ratio in ratios:
        side = float(int((stride * stride // ratio) ** 0.5 + 0.5))
        for scale in scales:
            half_w = 0.5 * (side * scale - 1)
            half_h = 0.5 * (int(side * ratio + 0.5) * scale - 1)
            anchors.append([center - half_w, center - half_h, center + half_w, center + half_h])
    return anchors


def _anchors(height: int, width: int, stride: int, ratios: tuple, scales: tuple, like: Tensor) -> Tensor:
    """All anchors, ``(height * width * kinds, 4)``."""
    base = like.new_tensor(_base_anchors(stride, ratios, scales))
    y = torch.arange(height, dtype=like.dtype, device=like.device) * stride
    x = torch.arange(width, dtype=like.dtype, device=like.device) * stride
    y, x = y.view(-1, 1).expand(height, width), x.expand(height, width)
    return (torch.stack((x, y, x, y), -1).unsqueeze(2) + base).reshape(-1, 4)


def _moved(anchors: Tensor, delta: Tensor, iou_loss: bool) -> Tensor:
    """Anchors moved by predictions: of corners, or of centers and logarithms of sizes."""
    if iou_loss:
        return anchors + delta
    size = anchors[:, 2:] - anchors[:, :2] + 1
    center = anchors[:, :2] + 0.5 * (size - 1) + delta[..., :2] * size
    half = 0.5 * (delta[..., 2:].exp() * size - 1)
    return torch.cat((center - half, center + half), -1)


def _propose(
    cls_prob: Tensor,
    bbox_pred: Tensor,
    im_info: Tensor,
    *,
    rpn_pre_nms_top_n: int = 6000,
    rpn_post_nms_top_n: int = 300,
    threshold: float = 0.7,
    rpn_min_size: int = 16,
    scales: Floats = (4.0, 8.0, 16.0, 32.0),
    ratios: Floats = (0.5, 1.0, 2.0),
    feature_stride: int = 16,
    output_score: bool = False,
    iou_loss: bool = False,
) -> tuple[Tensor, Tensor]:
    """Boxes that may hold an object, of each image, best first.

    Parameters
    ----------
    cls_prob : Tensor
        ``(batch, 2 * anchors, height, width)``: probabilities of background, then of objects.
    bbox_pred : Tensor
        ``(batch, 4 * anchors, height, width)``: how each anchor shall be moved.
    im_info : Tensor
        ``(batch, 3)``: height, width and scale of each image.
    rpn_pre_nms_top_n, rpn_post_nms_top_n : int
        How many boxes there are before and after suppression; if fewer are left they repeat.
    threshold : float
        Boxes which overlap a better one by more are dropped.
    rpn_min_size : int
        Smaller boxes, in units of the unscaled image, come last.
    scales, ratios : tuple of float
        Sizes of the anchors in units of ``feature_stride``, and their heights over their widths.
    output_score : bool
        Give the probabilities too.
    iou_loss : bool
        ``bbox_pred`` moves corners, rather than centers and sizes.

    Returns
    -------
    Tensor
        ``(batch * rpn_post_nms_top_n, 5)``: number of the image, corners.
    """
    if not scales or not ratios or not min(ratios) > 0:
        raise MXNetError(f"scales and ratios should not be empty and ratios positive, got {scales} and {ratios}")
    if rpn_post_nms_top_n < 1 or feature_stride < 1:
        raise MXNetError(
            f"rpn_post_nms_top_n and feature_stride must be positive, got {rpn_post_nms_top_n} and {feature_stride}"
        )
    kinds = len(scales) * len(ratios)
    if cls_prob.ndim != 4 or cls_prob.shape[1] != 2 * kinds:
        raise MXNetError(
            f"cls_prob should be (batch, 2 * {kinds} anchors, height, width), got shape {tuple(cls_prob.shape)}"
        )
    batch, _, height, width = cls_prob.shape
    if tuple(bbox_pred.shape) != (batch, 4 * kinds, height, width) or tuple(im_info.shape) != (batch, 3):
        raise MXNetError(
            f"bbox_pred should be {(batch, 4 * kinds, height, width)} and im_info {(batch, 3)}, "
            f"got {tuple(bbox_pred.shape)} and {tuple(im_info.shape)}"
        )
    delta = bbox_pred.reshape(batch, kinds, 4, height, width).permute(0, 3, 4, 1, 2).reshape(batch, -1, 4)
    boxes = _moved(_anchors(height, width, feature_stride, ratios, scales, cls_prob), delta, iou_loss)
    score = cls_prob[:, kinds:].permute(0, 2, 3, 1).reshape(batch, -1)
    limit = im_info[:, [1, 0, 1, 0]].unsqueeze(1) - 1
    boxes = torch.minimum(boxes, limit).clamp(min=0)
    # Predictions for the padding around an image, and boxes too small, come last.
    real = (im_info[:, :2] / feature_stride).long()
    y = torch.arange(height, device=score.device).view(1, -1, 1, 1)
    x = torch.arange(width, device=score.device).view(1, 1, -1, 1)
    padding = (y >= real[:, 0].view(-1, 1, 1, 1)) | (x >= real[:, 1].view(-1, 1, 1, 1))
    score = score.masked_fill(padding.expand(-1, -1, -1, kinds).reshape(batch, -1), -1.0)
    least = (im_info[:, 2] * rpn_min_size).view(-1, 1, 1)
    small = (boxes[..., 2:] - boxes[..., :2] + 1 < least).any(-1)
    grown = torch.cat((boxes[..., :2] - least / 2, boxes[..., 2:] + least / 2), -1)
    boxes = torch.where(small.unsqueeze(2), grown, boxes)
    score = score.masked_fill(small, -1.0)

    count = score.shape[1]
    pre = min(rpn_pre_nms_top_n, count) if rpn_pre_nms_top_n > 0 else count
    order = score.argsort(dim=1, descending=True, stable=True)[:, :pre]
    boxes = boxes.gather(1, order.unsqueeze(2).expand(-1, -1, 4))
    score = score.gather(1, order)
    kept = suppress(
        boxes,
        torch.ones_like(score, dtype=torch.bool),
        lambda iou: iou > threshold,
        extra=1.0,
        limit=min(rpn_post_nms_top_n, pre),
    )
    front = (~kept).long().argsort(dim=1, stable=True)
    # When fewer stay than wanted, they are given again from the first on.
    found = kept.sum(1, keepdim=True)
    picked = front.gather(1, torch.arange(rpn_post_nms_top_n, device=score.device) % found)
    chosen = boxes.gather(1, picked.unsqueeze(2).expand(-1, -1, 4))
    image = torch.arange(batch, device=score.device, dtype=score.dtype).view(-1, 1, 1).expand(-1, rpn_post_nms_top_n, 1)
    return torch.cat((image, chosen), 2).reshape(-1, 5), score.gather(1, picked).reshape(-1, 1)


# Forks of MXNet, whose scripts are still about, have the operators without "contrib".
_register = partial(
    op,
    outputs=("output", "score"),
    visible=lambda p: 1 + p.output_score,
    differentiable=False,
    display=Display(output_named=True),
)
multi_proposal = _register("_contrib_MultiProposal", aliases=("MultiProposal",))(_propose)


def _propose_one(cls_prob: Tensor, *others: Tensor, **given: Any) -> tuple[Tensor, Tensor]:
    if cls_prob.shape[0] != 1:
        raise MXNetError(
            f"_contrib_Proposal takes one image, got a batch of {cls_prob.shape[0]}; "
            "_contrib_MultiProposal takes several"
        )
    return _propose(cls_prob, *others, **given)


proposal = _register("_contrib_Proposal", aliases=("Proposal",))(
    with_signature(
        _propose_one,
        "proposal",
        signature(_propose),
        (_propose.__doc__ or "").replace("of each image", "of one image", 1),
    )
)


@proposal.infer_shape
@multi_proposal.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    scores = s["cls_prob"]
    if scores is None or len(scores) != 4:
        return
    batch, channels, height, width = scores
    s.unify("bbox_pred", (batch, None if channels is None else channels * 2, height, width))
    s.unify("im_info", (batch, 3))
    rows = None if batch is None else batch * p.rpn_post_nms_top_n
    s.unify("output", (rows, 5))
    s.unify("score", (rows, 1))
