"""SqueezeNet (Iandola et al. 2016, "AlexNet-level accuracy with 50x fewer parameters", arXiv:1602.07360)."""

from __future__ import annotations

from typing import Any

from ... import nn
from ...block import HybridBlock
from ...contrib.nn import HybridConcurrent
from ._network import CPU, ROOT, Classifier, Contexts, chain, look_up, variant, with_parameters

__all__ = ["SqueezeNet", "squeezenet1_0", "squeezenet1_1"]

# Version -> channels and kernel of the first convolution; then the squeezed channels of each block, or a pooling.
_SPEC: dict[str, tuple[int, int, list[int | str]]] = {
    "1.0": (96, 7, ["halve", 16, 16, 32, "halve", 32, 48, 48, 64, "halve", 64]),
    "1.1": (64, 3, ["halve", 16, 16, "halve", 32, 32, "halve", 48, 48, 64, 64]),
}


def _make_fire_conv(channels: int, kernel_size: int, padding: int = 0) -> HybridBlock:
    return chain(nn.Conv2D(channels, kernel_size, padding=padding), nn.Activation("relu"))


def _make_fire(squeeze_channels: int, expand1x1_channels: int, expand3x3_channels: int) -> HybridBlock:
    """A fire module: squeeze the channels, and expand them by kernels of sizes 1 and 3 side by side."""
    squeeze = _make_fire_conv(squeeze_channels, 1)
    expand = HybridConcurrent(axis=1, prefix="")
    expand.add(_make_fire_conv(expand1x1_channels, 1), _make_fire_conv(expand3x3_channels, 3, 1))
    return chain(squeeze, expand)


def _build(squeezed: int | str) -> HybridBlock:
    """A pooling, or a fire module whose outputs have four times the channels."""
    if isinstance(squeezed, str):
        return nn.MaxPool2D(pool_size=3, strides=2, ceil_mode=True)
    return _make_fire(squeezed, 4 * squeezed, 4 * squeezed)


class SqueezeNet(Classifier):
    """SqueezeNet.

    Parameters
    ----------
    version : str
        ``"1.0"``, or ``"1.1"`` with less than half the work.
    """

    def __init__(self, version: str, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        channels, kernel, rows = look_up(_SPEC, "version", version)
        with self.name_scope():
            self.features = chain(nn.Conv2D(channels, kernel, strides=2), nn.Activation("relu"))
            self.features.add(*map(_build, rows), nn.Dropout(0.5))
            self.output = chain(
                nn.Conv2D(classes, kernel_size=1), nn.Activation("relu"), nn.AvgPool2D(13), nn.Flatten()
            )


def get_squeezenet(
    version: str, pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any
) -> HybridBlock:
    """SqueezeNet 1.0 or 1.1; see :func:`squeezenet1_0` for the other parameters."""
    return with_parameters(SqueezeNet(version, **kwargs), f"squeezenet{version}", pretrained, ctx, root)


squeezenet1_0 = variant("squeezenet1_0", get_squeezenet, "1.0", model="squeezenet1.0")
squeezenet1_1 = variant("squeezenet1_1", get_squeezenet, "1.1", model="squeezenet1.1")
