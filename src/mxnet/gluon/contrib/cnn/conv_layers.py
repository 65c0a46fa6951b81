"""Convolutions whose kernels look at learned places."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ...._core.descriptions import described_like
from ..._types import Operand
from ...block import HybridBlock
from ...nn import Activation, Conv2D
from ...nn._arguments import InitLike, PerDimension, Size, integer, one_of, per_axis
from ...nn.conv_layers import describe_convolution, weight_shapes

__all__ = ["DeformableConvolution", "ModulatedDeformableConvolution"]


@described_like(Conv2D)
class _Deformable(PerDimension, HybridBlock):
    """An ordinary convolution finds the offsets, the deformable one follows them.

    Parameters
    ----------
    kernel_size, strides, padding, dilation : int or tuple of 2 int
        As for :class:`mxnet.gluon.nn.Conv2D`; also those of the convolution that finds the offsets.
    num_deformable_group : int, default 1
        Number of groups of channels that have offsets of their own.
    layout : str
        {layouts}: the axes of data and output.
    use_bias, offset_use_bias : bool, default True
        Whether the two convolutions add a bias.
    weight_initializer, bias_initializer, offset_weight_initializer, offset_bias_initializer : str or Initializer
        Initial values; offsets begin as zero, which makes it an ordinary convolution.
    """

    _offset_first = True  # order of the parameters
    _per_place = 2  # numbers that the first convolution gives for each value of the kernel
    deformable_conv_weight: Any

    def __init__(
        self,
        channels: int,
        kernel_size: Size = (1, 1),
        strides: Size = (1, 1),
        padding: Size = (0, 0),
        dilation: Size = (1, 1),
        groups: int = 1,
        num_deformable_group: int = 1,
        layout: str = "",
        use_bias: bool = True,
        in_channels: int = 0,
        activation: str | None = None,
        weight_initializer: InitLike = None,
        bias_initializer: InitLike = "zeros",
        offset_weight_initializer: InitLike = "zeros",
        offset_bias_initializer: InitLike = "zeros",
        offset_use_bias: bool = True,
        op_name: str = "",
        adj: Any = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        name = type(self).__name__
        self._channels = integer(name, "channels", channels, 1)
        self._in_channels = integer(name, "in_channels", in_channels, 0)
        self._op_name = op_name
        kernel = per_axis(name, "kernel_size", kernel_size, 2)
        places = kernel[0] * kernel[1] * integer(name, "num_deformable_group", num_deformable_group, 1)
        self.offset_split_index = 2 * places
        shared = {
            "kernel": kernel,
            "stride": per_axis(name, "strides", strides, 2),
            "dilate": per_axis(name, "dilation", dilation, 2),
            "pad": per_axis(name, "padding", padding, 2),
            "num_group": integer(name, "groups", groups, 1),
            "layout": one_of(name, "layout", layout, self._layouts),
            **({"adj": adj} if adj else {}),
        }
        self._kwargs_offset = {**shared, "num_filter": self._per_place * places, "no_bias": not offset_use_bias}
        self._kwargs_deformable_conv = {
            **shared,
            "num_filter": self._channels,
            "num_deformable_group": num_deformable_group,
            "no_bias": not use_bias,
        }
        with self.name_scope():
            shapes = weight_shapes("Convolution", self._in_channels, self._kwargs_offset)
            offset = [("offset_weight", shapes[1], offset_weight_initializer)]
            deformable = [("deformable_conv_weight", (self._channels, 0, *kernel), weight_initializer)]
            if offset_use_bias:
                offset.append(("offset_bias", shapes[2], offset_bias_initializer))
            if use_bias:
                deformable.append(("deformable_conv_bias", (self._channels,), bias_initializer))
            self.offset_bias = self.deformable_conv_bias = None
            for key, shape, init in offset + deformable if self._offset_first else deformable + offset:
                setattr(self, key, self.params.get(key, shape=shape, init=init, allow_deferred_init=True))
            self.act = Activation(activation, prefix=activation + "_") if activation else None

    def hybrid_forward(
        self,
        F: ModuleType,
        x: Operand,
        offset_weight: Any,
        deformable_conv_weight: Any,
        offset_bias: Any = None,
        deformable_conv_bias: Any = None,
    ) -> Any:
        offset = F.Convolution(x, offset_weight, offset_bias, cudnn_off=True, **self._kwargs_offset)
        inputs = self._places(F, offset) | {"data": x, "weight": deformable_conv_weight, "bias": deformable_conv_bias}
        out = getattr(F.contrib, self._op_name)(**inputs, name="fwd", **self._kwargs_deformable_conv)
        return out if self.act is None else self.act(out)

    def _places(self, F: ModuleType, offset: object) -> dict[str, Any]:
        """What the deformable operator gets out of the first convolution."""
        raise NotImplementedError


class DeformableConvolution(_Deformable, axes=2, defaults={"op_name": "DeformableConvolution"}):
    """Convolution whose kernel looks at places moved by learned offsets (Dai et al. 2017, arXiv:1703.06211)."""

    _hint = "deformable_conv"

    def _places(self, F: ModuleType, offset: object) -> dict[str, Any]:
        return {"offset": offset}

    def __repr__(self) -> str:
        return describe_convolution(
            self, self._kwargs_deformable_conv, self.deformable_conv_weight, self.deformable_conv_bias
        )


class ModulatedDeformableConvolution(_Deformable, axes=2, defaults={"op_name": "ModulatedDeformableConvolution"}):
    """Deformable convolution that also learns how much each place counts (Zhu et al. 2019, arXiv:1811.11168)."""

    _hint = "modulated_deformable_conv"
    _offset_first = False
    _per_place = 3

    def _places(self, F: ModuleType, offset: object) -> dict[str, Any]:
        ends = (0, self.offset_split_index, None)
        places, mask = (F.slice_axis(offset, axis=1, begin=a, end=b) for a, b in zip(ends, ends[1:]))
        return {"offset": places, "mask": F.sigmoid(mask) * 2}
