"""VGG (Simonyan and Zisserman 2015, "Very deep convolutional networks", arXiv:1409.1556)."""

from __future__ import annotations

from typing import Any

from ....base import ArgumentValueError
from ....initializer import Xavier
from ... import nn
from ...block import HybridBlock
from ._network import CPU, ROOT, Classifier, Contexts, chain, look_up, variant, with_parameters

__all__ = ["VGG", "get_vgg", "vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn"]

_FILTERS = [64, 128, 256, 512, 512]
# Layers of the network -> convolutions of each stage, and their channels.
vgg_spec = {
    11: ([1, 1, 2, 2, 2], _FILTERS),
    13: ([2, 2, 2, 2, 2], _FILTERS),
    16: ([2, 2, 3, 3, 3], _FILTERS),
    19: ([2, 2, 4, 4, 4], _FILTERS),
}


def _dense(units: int, activation: str | None = None) -> HybridBlock:
    return nn.Dense(units, activation, weight_initializer="normal", bias_initializer="zeros")


class VGG(Classifier):
    """VGG.

    Parameters
    ----------
    layers : list of int
        Number of convolutions of each stage.
    filters : list of int
        Their channels.
    batch_norm : bool, default False
        Whether each convolution is followed by a batch normalization.
    """

    def __init__(
        self, layers: list[int], filters: list[int], classes: int = 1000, batch_norm: bool = False, **kwargs: Any
    ) -> None:
        super().__init__(**kwargs)
        if len(layers) != len(filters):
            raise ArgumentValueError(
                f"VGG: layers and filters must be of one length, got {len(layers)} and {len(filters)}"
            )
        with self.name_scope():
            self.features = self._make_features(layers, filters, batch_norm)
            self.features.add(_dense(4096, "relu"), nn.Dropout(rate=0.5), _dense(4096, "relu"), nn.Dropout(rate=0.5))
            self.output = _dense(classes)

    def _make_features(self, layers: list[int], filters: list[int], batch_norm: bool) -> nn.HybridSequential:
        out = chain()
        init = Xavier(rnd_type="gaussian", factor_type="out", magnitude=2)
        for count, channels in zip(layers, filters):
            for _ in range(count):
                out.add(nn.Conv2D(channels, 3, padding=1, weight_initializer=init, bias_initializer="zeros"))
                if batch_norm:
                    out.add(nn.BatchNorm())
                out.add(nn.Activation("relu"))
            out.add(nn.MaxPool2D(strides=2))
        return out


def get_vgg(
    num_layers: int, pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any
) -> HybridBlock:
    """The VGG of 11, 13, 16 or 19 layers; see :func:`vgg11` for the other parameters."""
    net = VGG(*look_up(vgg_spec, "num_layers", num_layers), **kwargs)
    name = f"vgg{num_layers}_bn" if kwargs.get("batch_norm") else f"vgg{num_layers}"
    return with_parameters(net, name, pretrained, ctx, root)


vgg11 = variant("vgg11", get_vgg, 11)
vgg13 = variant("vgg13", get_vgg, 13)
vgg16 = variant("vgg16", get_vgg, 16)
vgg19 = variant("vgg19", get_vgg, 19)
vgg11_bn = variant("vgg11_bn", get_vgg, 11, batch_norm=True)
vgg13_bn = variant("vgg13_bn", get_vgg, 13, batch_norm=True)
vgg16_bn = variant("vgg16_bn", get_vgg, 16, batch_norm=True)
vgg19_bn = variant("vgg19_bn", get_vgg, 19, batch_norm=True)
