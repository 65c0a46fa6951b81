"""Deformable convolution: the kernel's taps are moved by learned offsets."""

from types import SimpleNamespace
from typing import Any, Literal, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import LongNonNeg, NonNeg, Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ..nn._spatial import check_shape, per_axis
from ._sample import check_images, sample

Layout = Optional[Literal["NCW", "NCHW", "NCDHW"]]


class _Geometry:
    """The parameters of a two-dimensional convolution, checked, with the sizes that follow."""

    def __init__(
        self,
        data_shape: tuple,
        kernel: tuple,
        stride: tuple,
        dilate: tuple,
        pad: tuple,
        filters: int,
        groups: int,
        deformable_groups: int,
    ) -> None:
        if len(kernel) != 2:
            raise MXNetError(f"kernel should have two axes, got {tuple(kernel)}")
        self.kernel = per_axis(kernel, 2, 1, "kernel", 1)
        self.stride = per_axis(stride, 2, 1, "stride", 1)
        self.dilate = per_axis(dilate, 2, 1, "dilate", 1)
        self.pad = per_axis(pad, 2, 0, "pad")
        self.groups, self.deformable_groups, self.filters = groups, deformable_groups, filters
        channels = data_shape[1]
        for name, value, total in (
            ("num_group", self.groups, self.filters),
            ("num_group", self.groups, channels),
            ("num_deformable_group", self.deformable_groups, channels),
        ):
            if value < 1 or (total is not None and (total < 1 or total % value)):
                raise MXNetError(f"{name}={value} must divide the numbers of channels and filters, here {total}")
        self.out: tuple[Any, ...] = tuple(  # None where a size of the data is unknown
            None if n is None else (n + 2 * q - d * (k - 1) - 1) // st + 1
            for n, k, st, d, q in zip(data_shape[2:], self.kernel, self.stride, self.dilate, self.pad)
        )
        if any(n is not None and n < 1 for n in self.out):
            raise MXNetError(f"kernel size exceed input: kernel {self.kernel}, data {tuple(data_shape)}")

    @property
    def taps(self) -> int:
        return self.kernel[0] * self.kernel[1]


def _deform(
    g: _Geometry, data: Tensor, offset: Tensor, mask: Tensor | None, weight: Tensor, bias: Tensor | None, wide: bool
) -> Tensor:
    """``wide``: taps up to one pixel outside still see the border's pixels fade out; else they are cut off there."""
    n, c, height, width = data.shape
    rows, cols = g.out
    dg, taps = g.deformable_groups, g.taps
    check_shape("offset", offset, (n, 2 * dg * taps, rows, cols))
    check_shape("weight", weight, (g.filters, c // g.groups, *g.kernel))
    if bias is not None:
        check_shape("bias", bias, (g.filters,))
    if mask is not None:
        check_shape("mask", mask, (n, dg * taps, rows, cols))
    dev = data.device
    ty = (torch.arange(g.kernel[0], device=dev) * g.dilate[0]).repeat_interleave(g.kernel[1]).view(-1, 1, 1)
    tx = (torch.arange(g.kernel[1], device=dev) * g.dilate[1]).repeat(g.kernel[0]).view(-1, 1, 1)
    moved = offset.view(n * dg, taps, 2, rows, cols)
    y = moved[:, :, 0] + (torch.arange(rows, device=dev) * g.stride[0] - g.pad[0]).view(-1, 1) + ty
    x = moved[:, :, 1] + (torch.arange(cols, device=dev) * g.stride[1] - g.pad[1]) + tx
    images = data.reshape(n * dg, c // dg, height, width)
    read = sample(images, y.flatten(2), x.flatten(2), "zeros" if wide else "border")
    if not wide:
        inside = (y >= 0) & (x >= 0) & (y < height) & (x < width)
        read = read * inside.flatten(2).unsqueeze(1)
    if mask is not None:
        read = read * mask.reshape(n * dg, 1, taps, rows * cols)
    columns = read.reshape(n, g.groups, c // g.groups * taps, rows * cols)
    out = (weight.reshape(g.groups, g.filters // g.groups, -1) @ columns).reshape(n, g.filters, rows, cols)
    return out if bias is None else out + bias.view(-1, 1, 1)


@op(
    "_contrib_DeformableConvolution",
    aliases=("_npx_deformable_convolution",),
    display=Display(output_named=True),
    omit={"bias": "no_bias"},
)
def deformable_convolution(
    data: Tensor,
    offset: Tensor,
    weight: Tensor,
    bias: Optional[Tensor] = None,
    *,
    kernel: Shape,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    num_filter: int,
    num_group: int = 1,
    num_deformable_group: int = 1,
    workspace: LongNonNeg = 1024,
    no_bias: bool = False,
    layout: Layout = None,
) -> Tensor:
    """Convolution whose taps read between pixels, at places given for each output position.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, height, width)``.
    offset : Tensor
        ``(batch, 2 * num_deformable_group * kernel elements, out height, out width)``, y before x for each tap.
    weight : Tensor
        ``(num_filter, channels / num_group, *kernel)``.
    bias : Tensor, optional
        ``(num_filter,)``.
    """
    check_images("data", data)
    g = _Geometry(tuple(data.shape), kernel, stride, dilate, pad, num_filter, num_group, num_deformable_group)
    return _deform(g, data, offset, None, weight, bias, False)


@op(
    "_contrib_ModulatedDeformableConvolution",
    aliases=("_npx_modulated_deformable_convolution",),
    display=Display(output_named=True),
    omit={"bias": "no_bias"},
)
def modulated_deformable_convolution(
    data: Tensor,
    offset: Tensor,
    mask: Tensor,
    weight: Tensor,
    bias: Optional[Tensor] = None,
    *,
    kernel: Shape,
    stride: Shape = (),
    dilate: Shape = (),
    pad: Shape = (),
    num_filter: NonNeg,
    num_group: NonNeg = 1,
    num_deformable_group: NonNeg = 1,
    workspace: LongNonNeg = 1024,
    no_bias: bool = False,
    im2col_step: NonNeg = 64,
    layout: Layout = None,
) -> Tensor:
    """:func:`DeformableConvolution` with a learned factor for each tap at each output position.

    ``mask`` is ``(batch, num_deformable_group * kernel elements, out height, out width)``.

    Parameters
    ----------
    offset
        Two numbers a tap, as there.
    mask
        The factors.
    im2col_step
        Taken for compatibility, without an effect.
    """
    check_images("data", data)
    g = _Geometry(tuple(data.shape), kernel, stride, dilate, pad, num_filter, num_group, num_deformable_group)
    return _deform(g, data, offset, mask, weight, bias, True)


@modulated_deformable_convolution.infer_shape
@deformable_convolution.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None or len(data) != 4:
        return
    g = _Geometry(data, p.kernel, p.stride, p.dilate, p.pad, p.num_filter, p.num_group, p.num_deformable_group)
    c = data[1]
    s.unify("weight", (g.filters, None if c is None else c // g.groups, *g.kernel))
    s.unify("offset", (data[0], 2 * g.deformable_groups * g.taps, *g.out))
    if "mask" in s:
        s.unify("mask", (data[0], g.deformable_groups * g.taps, *g.out))
    if "bias" in s:
        s.unify("bias", (g.filters,))
    s.unify("output", (data[0], g.filters, *g.out))
