"""Convolution and Deconvolution, one to three spatial axes, channels first or last."""

from inspect import signature
from types import SimpleNamespace
from typing import Literal, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...integer_products import integer_product
from ...params import LongNonNeg, NonNeg, Shape
from ...registry import Display, FusionRole, op
from ...shapes import ShapeRule
from ..signatures import annotated, with_signature
from ._spatial import (
    channels_first,
    check_rank,
    check_shape,
    from_channels_first,
    per_axis,
    shape_channels_first,
    shape_from_channels_first,
)

Tune = Optional[Literal["off", "limited_workspace", "fastest"]]
Layout = Optional[Literal["NCW", "NCHW", "NCDHW", "NHWC", "NDHWC"]]
LayoutV1 = Optional[Literal["NCHW", "NCDHW", "NHWC", "NDHWC"]]


def _check_groups(channels: int | None, num_filter: int, num_group: int) -> None:
    if num_group < 1 or num_filter < 1:
        raise MXNetError(f"num_filter and num_group must be positive, got {num_filter} and {num_group}")
    if channels is not None and channels % num_group:
        raise MXNetError(f"input num_filter must divide group size: {channels} channels, num_group={num_group}")
    if num_filter % num_group:
        raise MXNetError(f"output num_filter must divide group size: num_filter={num_filter}, num_group={num_group}")


def _fusion(p: SimpleNamespace) -> FusionRole | None:
    return "convolution" if len(p.kernel) == 2 and p.layout in (None, "NCHW") else None


@op(
    "Convolution",
    fresh_result=True,
    image_weight="weight",
    fusion=_fusion,
    display=Display(output_named=True),
    aliases=("_npx_convolution",),
    omit={"bias": "no_bias"},
)
def convolution(
    data: Tensor,
    weight: Tensor,
    bias: Optional[Tensor] = None,
    *,
    kernel: Shape,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    num_filter: NonNeg,
    num_group: NonNeg = 1,
    workspace: LongNonNeg = 1024,
    no_bias: bool = False,
    cudnn_tune: Tune = None,
    cudnn_off: bool = False,
    layout: Layout = None,
) -> Tensor:
    """Convolve (cross-correlate) over one, two or three spatial axes.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, *spatial)``, or channels last when the layout says so.
    weight : Tensor
        ``(num_filter, channels / num_group, *kernel)``, or channels last.
    bias : Tensor, optional
        ``(num_filter,)``; absent with ``no_bias``.
    kernel, stride, dilate, pad : tuple
        One value a spatial axis.
    workspace, cudnn_tune, cudnn_off
        Accepted for compatibility; the backend chooses its algorithms itself.

    Returns
    -------
    Tensor
        Along each spatial axis ``floor((n + 2 * pad - dilate * (kernel - 1) - 1) / stride) + 1``. What goes beyond
        int8 becomes its nearest number.
    """
    n = len(kernel)
    check_rank(data.shape, n, layout)
    x = channels_first(data, layout)
    w = channels_first(weight, layout)
    channels = x.shape[1]
    if num_group != 1 or not num_filter:
        _check_groups(channels, num_filter, num_group)
    expected = (num_filter, channels // num_group, *kernel)
    if w.shape != expected:
        check_shape("weight", weight, shape_from_channels_first(expected, layout))
    if bias is not None:
        check_shape("bias", bias, (num_filter,))
    saturate = x.dtype is torch.int8
    if saturate:
        x, w, bias = x.int(), w.int(), None if bias is None else bias.int()
    step, padding = per_axis(stride, n, 1, "stride", 1), per_axis(pad, n, 0, "pad")
    differentiated = x.requires_grad or w.requires_grad
    if kernel == (1, 1) and step != (1, 1) and not any(padding) and differentiated and x.device.type == "cpu":
        # The same without what is stepped over. For channels last and several threads oneDNN writes out of bounds in
        # the gradient of a weight of one element a filter and channel with steps (seen up to torch 2.13).
        x, step = x[:, :, :: step[0], :: step[1]], (1, 1)
    how = (step, padding, per_axis(dilate, n, 1, "dilate", 1), False, (0,) * n, num_group)
    try:
        out = torch.convolution(x, w, bias, *how)
    except RuntimeError:
        out = integer_product(lambda *given: torch.convolution(*given, *how), x, w, bias)
    if saturate:
        out = out.clamp_(-128, 127).to(torch.int8)
    return from_channels_first(out, layout)


convolution_v1 = op(
    "Convolution_v1", image_weight="weight", display=Display(output_named=True), omit={"bias": "no_bias"}
)(
    with_signature(
        lambda *tensors, **given: convolution(*tensors, **given),
        "convolution_v1",
        annotated(signature(convolution.fn), layout=LayoutV1),
        "Convolve; the name under which networks saved by early versions ask for :func:`Convolution`.",
    )
)


@convolution_v1.infer_shape
@convolution.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["data"] is None:
        return
    n = len(p.kernel)
    check_rank(s["data"], n, p.layout)
    stride, dilate = per_axis(p.stride, n, 1, "stride", 1), per_axis(p.dilate, n, 1, "dilate", 1)
    pad = per_axis(p.pad, n, 0, "pad")
    batch, channels, *spatial = shape_channels_first(s["data"], p.layout)
    _check_groups(channels, p.num_filter, p.num_group)
    per_group = None if channels is None else channels // p.num_group
    s.unify("weight", shape_from_channels_first((p.num_filter, per_group, *p.kernel), p.layout))
    if "bias" in s:
        s.unify("bias", (p.num_filter,))
    extent = [d * (k - 1) + 1 for k, d in zip(p.kernel, dilate)]
    for size, e, q in zip(spatial, extent, pad):
        if size is not None and e > size + 2 * q:
            raise MXNetError(f"kernel size exceed input: {e} after dilation, input {size} padded to {size + 2 * q}")
    out = [
        None if size is None else (size + 2 * q - e) // st + 1 for size, e, q, st in zip(spatial, extent, pad, stride)
    ]
    s.unify("output", shape_from_channels_first((batch, p.num_filter, *out), p.layout))
    # What the output knows flows back: the batch always, a spatial size when every position is used.
    known = shape_channels_first(s["output"], p.layout)
    back = [
        o + e - 1 - 2 * q if o is not None and st == 1 else None for o, e, q, st in zip(known[2:], extent, pad, stride)
    ]
    s.unify("data", shape_from_channels_first((known[0], channels, *back), p.layout))


def _deconvolution_padding(
    spatial: tuple, extent: list[int], stride: tuple, pad: tuple, adj: tuple, target_shape: tuple
) -> tuple[tuple, tuple]:
    """Padding and output padding of each axis; ``target_shape`` overrides what was given."""
    n = len(extent)
    if any(target_shape):
        if len(target_shape) != n or any(t is None or t < 1 for t in target_shape):
            raise MXNetError(f"target_shape must have {n} positive dimensions, got {tuple(target_shape)}")
        total = [st * (size - 1) + e - t for size, e, st, t in zip(spatial, extent, stride, target_shape)]
        if min(total) < 0:
            raise MXNetError(f"too big target shape {tuple(target_shape)} for an input of {tuple(spatial)}")
        pad, adj = tuple((t + 1) // 2 for t in total), tuple(t % 2 for t in total)
    else:
        pad, adj = per_axis(pad, n, 0, "pad"), per_axis(adj, n, 0, "adj")
    for a, st in zip(adj, stride):
        if a > st - 1:
            raise MXNetError(f"adj must be smaller than stride, got adj={adj} with stride={stride}")
    return pad, adj


@op(
    "Deconvolution",
    fresh_result=True,
    image_weight="weight",
    display=Display(output_named=True),
    aliases=("_npx_deconvolution",),
    omit={"bias": "no_bias"},
)
def deconvolution(
    data: Tensor,
    weight: Tensor,
    bias: Optional[Tensor] = None,
    *,
    kernel: Shape,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    adj: Shape = (),
    target_shape: Shape = (),
    num_filter: NonNeg,
    num_group: NonNeg = 1,
    workspace: LongNonNeg = 512,
    no_bias: bool = True,
    cudnn_tune: Tune = None,
    cudnn_off: bool = False,
    layout: Layout = None,
) -> Tensor:
    """Transposed convolution: the gradient of :func:`Convolution` with respect to its data.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, *spatial)``, or channels last when the layout says so.
    weight : Tensor
        ``(channels, num_filter / num_group, *kernel)``, or channels last.
    bias : Tensor, optional
        ``(num_filter,)``; absent with ``no_bias``, which is the default here.
    adj : tuple
        Added to the size of the output, for strides that leave it open.
    target_shape : tuple
        The wanted spatial size; padding and ``adj`` are then computed and those given ignored.

    Returns
    -------
    Tensor
        Along each spatial axis ``stride * (n - 1) + dilate * (kernel - 1) + 1 - 2 * pad + adj``.
    """
    n = len(kernel)
    check_rank(data.shape, n, layout)
    x = channels_first(data, layout)
    w = channels_first(weight, layout)
    _check_groups(x.shape[1], num_filter, num_group)
    check_shape("weight", weight, shape_from_channels_first((x.shape[1], num_filter // num_group, *kernel), layout))
    if bias is not None:
        check_shape("bias", bias, (num_filter,))
    stride, dilate = per_axis(stride, n, 1, "stride", 1), per_axis(dilate, n, 1, "dilate", 1)
    extent = [d * (k - 1) + 1 for k, d in zip(kernel, dilate)]
    pad, adj = _deconvolution_padding(tuple(x.shape[2:]), extent, stride, pad, adj, target_shape)
    out = torch.convolution(x, w, bias, stride, pad, dilate, True, adj, num_group)
    return from_channels_first(out, layout)


@deconvolution.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["data"] is None:
        return
    n = len(p.kernel)
    check_rank(s["data"], n, p.layout)
    batch, channels, *spatial = shape_channels_first(s["data"], p.layout)
    _check_groups(channels, p.num_filter, p.num_group)
    s.unify("weight", shape_from_channels_first((channels, p.num_filter // p.num_group, *p.kernel), p.layout))
    if "bias" in s:
        s.unify("bias", (p.num_filter,))
    out: list = [None] * n
    if None not in spatial:
        stride, dilate = per_axis(p.stride, n, 1, "stride", 1), per_axis(p.dilate, n, 1, "dilate", 1)
        extent = [d * (k - 1) + 1 for k, d in zip(p.kernel, dilate)]
        pad, adj = _deconvolution_padding(tuple(spatial), extent, stride, p.pad, p.adj, p.target_shape)
        out = [st * (size - 1) + e - 2 * q + a for size, e, st, q, a in zip(spatial, extent, stride, pad, adj)]
    s.unify("output", shape_from_channels_first((batch, p.num_filter, *out), p.layout))
    known = shape_channels_first(s["output"], p.layout)
    s.unify("data", shape_from_channels_first((known[0], channels, *spatial), p.layout))
