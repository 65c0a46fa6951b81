"""DenseNet (Huang et al. 2017, "Densely connected convolutional networks", arXiv:1608.06993)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ... import nn
from ...block import HybridBlock
from ...contrib.nn import HybridConcurrent, Identity
from ._network import CPU, ROOT, Classifier, Contexts, chain, look_up, variant, with_parameters

__all__ = ["DenseNet", "densenet121", "densenet161", "densenet169", "densenet201"]

# Layers -> channels of the first convolution, channels that a layer adds, layers of each block.
densenet_spec = {
    121: (64, 32, [6, 12, 24, 16]),
    161: (96, 48, [6, 12, 36, 24]),
    169: (64, 32, [6, 12, 32, 32]),
    201: (64, 32, [6, 12, 48, 32]),
}


def _normalized(*layers: HybridBlock) -> Iterator[HybridBlock]:
    """The layers behind a batch normalization and an activation."""
    yield from (nn.BatchNorm(), nn.Activation("relu"), *layers)


def _make_dense_layer(growth_rate: int, bn_size: int, dropout: float) -> HybridBlock:
    """A bottleneck and a convolution, whose output is joined to their input."""
    added = chain(
        *_normalized(nn.Conv2D(bn_size * growth_rate, kernel_size=1, use_bias=False)),
        *_normalized(nn.Conv2D(growth_rate, kernel_size=3, padding=1, use_bias=False)),
    )
    if dropout:
        added.add(nn.Dropout(dropout))
    out = HybridConcurrent(axis=1, prefix="")
    out.add(Identity(), added)
    return out


def _make_dense_block(num_layers: int, bn_size: int, growth_rate: int, dropout: float, stage_index: int) -> HybridBlock:
    out = nn.HybridSequential(prefix=f"stage{stage_index}_")
    with out.name_scope():
        out.add(*(_make_dense_layer(growth_rate, bn_size, dropout) for _ in range(num_layers)))
    return out


def _make_transition(channels: int) -> HybridBlock:
    """Halves images and channels between two blocks."""
    return chain(*_normalized(nn.Conv2D(channels, kernel_size=1, use_bias=False), nn.AvgPool2D(pool_size=2, strides=2)))


class DenseNet(Classifier):
    """DenseNet: each layer sees the outputs of all before it in its block.

    Parameters
    ----------
    num_init_features : int
        Channels of the first convolution.
    growth_rate : int
        Channels that each layer adds.
    block_config : list of int
        Number of layers of each block.
    bn_size : int, default 4
        Channels of the bottlenecks, in growth rates.
    dropout : float, default 0
        Rate of dropout after each layer.
    """

    def __init__(
        self,
        num_init_features: int,
        growth_rate: int,
        block_config: list[int],
        bn_size: int = 4,
        dropout: float = 0,
        classes: int = 1000,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain(
                nn.Conv2D(num_init_features, kernel_size=7, strides=2, padding=3, use_bias=False),
                *_normalized(nn.MaxPool2D(pool_size=3, strides=2, padding=1)),
            )
            channels = num_init_features
            for index, num_layers in enumerate(block_config, 1):
                self.features.add(_make_dense_block(num_layers, bn_size, growth_rate, dropout, index))
                channels += num_layers * growth_rate
                if index < len(block_config):
                    channels //= 2
                    self.features.add(_make_transition(channels))
            self.features.add(*_normalized(nn.AvgPool2D(pool_size=7), nn.Flatten()))
            self.output = nn.Dense(classes)


def get_densenet(
    num_layers: int, pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any
) -> HybridBlock:
    """The DenseNet of 121, 161, 169 or 201 layers; see :func:`densenet121` for the other parameters."""
    net = DenseNet(*look_up(densenet_spec, "num_layers", num_layers), **kwargs)
    return with_parameters(net, f"densenet{num_layers}", pretrained, ctx, root)


densenet121 = variant("densenet121", get_densenet, 121)
densenet161 = variant("densenet161", get_densenet, 161)
densenet169 = variant("densenet169", get_densenet, 169)
densenet201 = variant("densenet201", get_densenet, 201)
