"""MobileNet v1 (Howard et al. 2017, arXiv:1704.04861) and v2 (Sandler et al. 2018, arXiv:1801.04381)."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ... import nn
from ...block import HybridBlock
from ._network import CPU, ROOT, Classifier, Contexts, chain, variant, with_parameters

__all__ = [
    "MobileNet",
    "MobileNetV2",
    "get_mobilenet",
    "get_mobilenet_v2",
    "mobilenet0_5",
    "mobilenet0_25",
    "mobilenet0_75",
    "mobilenet1_0",
    "mobilenet_v2_0_5",
    "mobilenet_v2_0_25",
    "mobilenet_v2_0_75",
    "mobilenet_v2_1_0",
]

# Output channels and stride of v1's separable convolutions.
_V1 = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2), *[(512, 1)] * 5, (1024, 2), (1024, 1)]
# Expansion, output channels, repetitions, and stride of the first: table 2 of the paper on v2.
_V2 = [(1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2), (6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)]


class RELU6(HybridBlock):
    """``min(max(x, 0), 6)``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.clip(x, 0, 6, name="relu6")


def _add_conv(
    out: nn.HybridSequential,
    channels: int = 1,
    kernel: int = 1,
    stride: int = 1,
    pad: int = 0,
    num_group: int = 1,
    active: bool = True,
    relu6: bool = False,
) -> None:
    """Add a convolution, and what comes after it."""
    out.add(nn.Conv2D(channels, kernel, stride, pad, groups=num_group, use_bias=False), nn.BatchNorm())
    if active:
        out.add(RELU6() if relu6 else nn.Activation("relu"))


def _add_conv_dw(out: nn.HybridSequential, dw_channels: int, channels: int, stride: int, relu6: bool = False) -> None:
    """Add a convolution of each channel by itself, and one across channels."""
    _add_conv(out, dw_channels, kernel=3, stride=stride, pad=1, num_group=dw_channels, relu6=relu6)
    _add_conv(out, channels, relu6=relu6)


class LinearBottleneck(HybridBlock):
    """The block of v2: expand, convolve each channel, and project without an activation; with a shortcut where it fits.

    Parameters
    ----------
    in_channels, channels : int
        Number of input and output channels.
    t : int
        Expansion.
    stride : int
        Stride of the convolution in the middle.
    """

    def __init__(self, in_channels: int, channels: int, t: int, stride: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_shortcut = stride == 1 and in_channels == channels
        with self.name_scope():
            wide = in_channels * t
            self.out = nn.HybridSequential()
            _add_conv(self.out, wide, relu6=True)
            _add_conv(self.out, wide, kernel=3, stride=stride, pad=1, num_group=wide, relu6=True)
            _add_conv(self.out, channels, active=False)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        out = self.out(x)
        return F.elemwise_add(out, x) if self.use_shortcut else out


class MobileNet(Classifier):
    """MobileNet v1.

    Parameters
    ----------
    multiplier : float, default 1.0
        Factor of the numbers of channels.
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain()
            width = int(32 * multiplier)
            _add_conv(self.features, width, kernel=3, stride=2, pad=1)
            for channels, stride in _V1:
                _add_conv_dw(self.features, width, int(channels * multiplier), stride)
                width = int(channels * multiplier)
            self.features.add(nn.GlobalAvgPool2D(), nn.Flatten())
            self.output = nn.Dense(classes)


class MobileNetV2(Classifier):
    """MobileNet v2.

    Parameters
    ----------
    multiplier : float, default 1.0
        Factor of the numbers of channels; the last ones are never fewer than 1280.
    """

    def __init__(self, multiplier: float = 1.0, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            features = self.features = nn.HybridSequential(prefix="features_")
            with features.name_scope():
                width = int(32 * multiplier)
                _add_conv(self.features, width, kernel=3, stride=2, pad=1, relu6=True)
                for t, channels, count, stride in _V2:
                    for i in range(count):
                        before, width = width, int(channels * multiplier)
                        self.features.add(LinearBottleneck(before, width, t, stride if i == 0 else 1))
                _add_conv(self.features, int(1280 * max(multiplier, 1.0)), relu6=True)
                self.features.add(nn.GlobalAvgPool2D())
            self.output = head = nn.HybridSequential(prefix="output_")
            with head.name_scope():
                head.add(nn.Conv2D(classes, 1, use_bias=False, prefix="pred_"), nn.Flatten())


def _suffix(multiplier: float) -> str:
    """How the names of models write a multiplier: 1.0, 0.75, 0.5, 0.25."""
    return f"{multiplier:.2f}".removesuffix("0")


def get_mobilenet(
    multiplier: float, pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any
) -> HybridBlock:
    """MobileNet v1 of any width; see :func:`mobilenet1_0` for the other parameters."""
    return with_parameters(MobileNet(multiplier, **kwargs), f"mobilenet{_suffix(multiplier)}", pretrained, ctx, root)


def get_mobilenet_v2(
    multiplier: float, pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any
) -> HybridBlock:
    """MobileNet v2 of any width; see :func:`mobilenet_v2_1_0` for the other parameters."""
    net = MobileNetV2(multiplier, **kwargs)
    return with_parameters(net, f"mobilenetv2_{_suffix(multiplier)}", pretrained, ctx, root)


mobilenet1_0 = variant("mobilenet1_0", get_mobilenet, 1.0, model="mobilenet1.0")
mobilenet0_75 = variant("mobilenet0_75", get_mobilenet, 0.75, model="mobilenet0.75")
mobilenet0_5 = variant("mobilenet0_5", get_mobilenet, 0.5, model="mobilenet0.5")
mobilenet0_25 = variant("mobilenet0_25", get_mobilenet, 0.25, model="mobilenet0.25")
mobilenet_v2_1_0 = variant("mobilenet_v2_1_0", get_mobilenet_v2, 1.0, model="mobilenetv2_1.0")
mobilenet_v2_0_75 = variant("mobilenet_v2_0_75", get_mobilenet_v2, 0.75, model="mobilenetv2_0.75")
mobilenet_v2_0_5 = variant("mobilenet_v2_0_5", get_mobilenet_v2, 0.5, model="mobilenetv2_0.5")
mobilenet_v2_0_25 = variant("mobilenet_v2_0_25", get_mobilenet_v2, 0.25, model="mobilenetv2_0.25")
