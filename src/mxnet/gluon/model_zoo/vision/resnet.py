"""ResNet v1 (He et al. 2016, arXiv:1512.03385) and v2 (He et al. 2016, arXiv:1603.05027)."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ....base import ArgumentValueError
from ... import nn
from ...block import HybridBlock
from ._network import CPU, ROOT, Classifier, Contexts, chain, look_up, variant, with_parameters

__all__ = [
    "BasicBlockV1",
    "BasicBlockV2",
    "BottleneckV1",
    "BottleneckV2",
    "ResNetV1",
    "ResNetV2",
    "get_resnet",
    "resnet18_v1",
    "resnet18_v2",
    "resnet34_v1",
    "resnet34_v2",
    "resnet50_v1",
    "resnet50_v2",
    "resnet101_v1",
    "resnet101_v2",
    "resnet152_v1",
    "resnet152_v2",
]

# Layers of the network -> kind of its blocks, blocks of each stage, and channels before and after each stage.
resnet_spec = {
    18: ("basic_block", [2, 2, 2, 2], [64, 64, 128, 256, 512]),
    34: ("basic_block", [3, 4, 6, 3], [64, 64, 128, 256, 512]),
    50: ("bottle_neck", [3, 4, 6, 3], [64, 256, 512, 1024, 2048]),
    101: ("bottle_neck", [3, 4, 23, 3], [64, 256, 512, 1024, 2048]),
    152: ("bottle_neck", [3, 8, 36, 3], [64, 256, 512, 1024, 2048]),
}


def _conv(channels: int, kernel: int, stride: int = 1, in_channels: int = 0, use_bias: bool = False) -> nn.Conv2D:
    """A convolution that keeps the size of images but for the stride."""
    return nn.Conv2D(channels, kernel, stride, kernel // 2, use_bias=use_bias, in_channels=in_channels)


def _conv3x3(channels: int, stride: int, in_channels: int) -> nn.Conv2D:
    """The 3x3 convolution of residual blocks, which programs that extend them import."""
    return _conv(channels, 3, stride, in_channels)


class _Block(HybridBlock):
    """A residual block: of two convolutions, unless a subclass lists others.

    Parameters
    ----------
    channels : int
        Number of output channels.
    stride : int
        Step of the block.
    downsample : bool, default False
        Whether a convolution on the shortcut brings it to the shape of the output.
    in_channels : int, default 0
        Number of input channels; 0 finds it at the first call.
    """

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[nn.Conv2D]:
        return [_conv(channels, 3, stride, in_channels), _conv(channels, 3, 1, channels)]


class _BlockV1(_Block):
    """``relu(body(x) + shortcut(x))``, with a normalization after each convolution and activations between them."""

    _shortcut_first = False  # which of the two the sum names first in graph files

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        self.body = chain()
        for conv in self._convolutions(channels, stride, in_channels):
            if len(self.body):
                self.body.add(nn.Activation("relu"))
            self.body.add(conv, nn.BatchNorm())
        self.downsample = chain(_conv(channels, 1, stride, in_channels), nn.BatchNorm()) if downsample else None

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        shortcut = x if self.downsample is None else self.downsample(x)
        x = self.body(x)
        return F.Activation(shortcut + x if self._shortcut_first else x + shortcut, act_type="relu")


class BasicBlockV1(_BlockV1):
    """Two convolutions with a shortcut, as ResNet 18 and 34 v1 have it."""

    _shortcut_first = True


class BottleneckV1(_BlockV1):
    """Three convolutions, the middle one in a quarter of the channels, with a shortcut: ResNet 50 and more, v1."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[nn.Conv2D]:
        middle = channels // 4
        return [_conv(middle, 1, stride, use_bias=True), _conv(middle, 3, 1, middle), _conv(channels, 1, use_bias=True)]


class _BlockV2(_Block):
    """``body(x) + shortcut(x)``, with a normalization and an activation before each convolution."""

    def __init__(
        self, channels: int, stride: int, downsample: bool = False, in_channels: int = 0, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        convolutions = self._convolutions(channels, stride, in_channels)
        self._depth = len(convolutions)
        for i, conv in enumerate(convolutions, 1):
            setattr(self, f"bn{i}", nn.BatchNorm())
            setattr(self, f"conv{i}", conv)
        self.downsample = _conv(channels, 1, stride, in_channels) if downsample else None

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        shortcut = x
        for i in range(1, self._depth + 1):
            x = F.Activation(getattr(self, f"bn{i}")(x), act_type="relu")
            if i == 1 and self.downsample is not None:
                shortcut = self.downsample(x)
            x = getattr(self, f"conv{i}")(x)
        return x + shortcut


class BasicBlockV2(_BlockV2):
    """Two convolutions with a shortcut, as ResNet 18 and 34 v2 have it."""


class BottleneckV2(_BlockV2):
    """Three convolutions, the middle one in a quarter of the channels, with a shortcut: ResNet 50 and more, v2."""

    def _convolutions(self, channels: int, stride: int, in_channels: int) -> list[nn.Conv2D]:
        middle = channels // 4
        return [_conv(middle, 1), _conv(middle, 3, stride, middle), _conv(channels, 1)]


class _ResNet(Classifier):
    """What both versions have in common; they differ in what comes before and after the blocks.

    Parameters
    ----------
    layers : list of int
        Number of blocks of each stage.
    channels : list of int
        Channels before the first stage, and after each.
    thumbnail : bool, default False
        Whether images are small (CIFAR): they are then not halved before the first stage.
    """

    def __init__(
        self,
        block: type[HybridBlock],
        layers: list[int],
        channels: list[int],
        classes: int = 1000,
        thumbnail: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if len(layers) != len(channels) - 1:
            raise ArgumentValueError(
                f"{type(self).__name__}: channels must hold one number more than layers, "
                f"got {len(channels)} and {len(layers)}"
            )
        with self.name_scope():
            self.features = chain(*self._before())
            if thumbnail:
                self.features.add(_conv(channels[0], 3))
            else:
                self.features.add(
                    _conv(channels[0], 7, 2), nn.BatchNorm(), nn.Activation("relu"), nn.MaxPool2D(3, 2, 1)
                )
            for i, count in enumerate(layers):
                stride = 1 if i == 0 else 2
                self.features.add(self._make_layer(block, count, channels[i + 1], stride, i + 1, channels[i]))
            self.features.add(*self._after())
            self.output = nn.Dense(classes, in_units=channels[-1])

    def _before(self) -> list[HybridBlock]:
        return []

    def _after(self) -> list[HybridBlock]:
        return [nn.GlobalAvgPool2D()]

    def _make_layer(
        self, block: Any, layers: int, channels: int, stride: int, stage_index: int, in_channels: int = 0
    ) -> HybridBlock:
        """A stage: ``layers`` blocks, the first of which changes the shape."""
        stage = nn.HybridSequential(prefix=f"stage{stage_index}_")
        with stage.name_scope():
            for i in range(layers):
                before, step = (in_channels, stride) if i == 0 else (channels, 1)
                stage.add(block(channels, step, channels != before, in_channels=before, prefix=""))
        return stage


class ResNetV1(_ResNet):
    """ResNet v1.

    Parameters
    ----------
    block : type
        :class:`BasicBlockV1` or :class:`BottleneckV1`.
    """


class ResNetV2(_ResNet):
    """ResNet v2: normalizations and activations come before the convolutions.

    Parameters
    ----------
    block : type
        :class:`BasicBlockV2` or :class:`BottleneckV2`.
    """

    def _before(self) -> list[HybridBlock]:
        return [nn.BatchNorm(scale=False, center=False)]

    def _after(self) -> list[HybridBlock]:
        return [nn.BatchNorm(), nn.Activation("relu"), nn.GlobalAvgPool2D(), nn.Flatten()]


_VERSIONS: dict[int, tuple[type[_ResNet], dict[str, type[_Block]]]] = {
    1: (ResNetV1, {"basic_block": BasicBlockV1, "bottle_neck": BottleneckV1}),
    2: (ResNetV2, {"basic_block": BasicBlockV2, "bottle_neck": BottleneckV2}),
}


# The same by number, as lists.
resnet_net_versions = [network for network, _ in _VERSIONS.values()]
resnet_block_versions = [blocks for _, blocks in _VERSIONS.values()]


def get_resnet(
    version: int, num_layers: int, pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any
) -> HybridBlock:
    """The ResNet of a version (1 or 2) with 18, 34, 50, 101 or 152 layers.

    See :func:`resnet18_v1` for the other parameters.
    """
    network, blocks = look_up(_VERSIONS, "version", version)
    kind, layers, channels = look_up(resnet_spec, "num_layers", num_layers)
    net = network(blocks[kind], layers, channels, **kwargs)
    return with_parameters(net, f"resnet{num_layers}_v{version}", pretrained, ctx, root)


resnet18_v1 = variant("resnet18_v1", get_resnet, 1, 18)
resnet34_v1 = variant("resnet34_v1", get_resnet, 1, 34)
resnet50_v1 = variant("resnet50_v1", get_resnet, 1, 50)
resnet101_v1 = variant("resnet101_v1", get_resnet, 1, 101)
resnet152_v1 = variant("resnet152_v1", get_resnet, 1, 152)
resnet18_v2 = variant("resnet18_v2", get_resnet, 2, 18)
resnet34_v2 = variant("resnet34_v2", get_resnet, 2, 34)
resnet50_v2 = variant("resnet50_v2", get_resnet, 2, 50)
resnet101_v2 = variant("resnet101_v2", get_resnet, 2, 101)
resnet152_v2 = variant("resnet152_v2", get_resnet, 2, 152)
