"""Inception v3 (Szegedy et al. 2016, "Rethinking the inception architecture for computer vision", arXiv:1512.00567)."""

from __future__ import annotations

from typing import Any

from ... import nn
from ...block import HybridBlock
from ...contrib.nn import HybridConcurrent
from ._network import Classifier, chain, variant

__all__ = ["Inception3", "inception_v3"]


class _Split(list):
    """Branches side by side, whose outputs are joined. A branch is a list of what :func:`_build` knows."""

    def __init__(self, *branches: list[Any], prefix: str = "") -> None:
        super().__init__(branches)
        self.prefix = prefix


def _build(item: Any) -> HybridBlock:
    """A layer or block from its description.

    A tuple is a convolution: channels, kernel and, where they are not 1 and 0, strides and padding. A list is a chain.
    """
    if item == "average":
        return nn.AvgPool2D(pool_size=3, strides=1, padding=1)
    if item == "halve":
        return nn.MaxPool2D(pool_size=3, strides=2)
    if isinstance(item, _Split):
        out = HybridConcurrent(axis=1, prefix=item.prefix)
        with out.name_scope():
            out.add(*map(_build, item))
        return out
    if isinstance(item, list):
        return chain(*map(_build, item))
    arguments = dict(zip(("channels", "kernel_size", "strides", "padding"), item), use_bias=False)
    return chain(nn.Conv2D(**arguments), nn.BatchNorm(epsilon=0.001), nn.Activation("relu"))


def _block_a(prefix: str, pool_features: int) -> _Split:
    return _Split(
        [(64, 1)],
        [(48, 1), (64, 5, 1, 2)],
        [(64, 1), (96, 3, 1, 1), (96, 3, 1, 1)],
        ["average", (pool_features, 1)],
        prefix=prefix,
    )


# Long kernels in one direction after the other take the place of square ones.
_WIDE = (1, 7), 1, (0, 3)
_TALL = (7, 1), 1, (3, 0)


def _block_c(prefix: str, channels: int) -> _Split:
    return _Split(
        [(192, 1)],
        [(channels, 1), (channels, *_WIDE), (192, *_TALL)],
        [(channels, 1), (channels, *_TALL), (channels, *_WIDE), (channels, *_TALL), (192, *_WIDE)],
        ["average", (192, 1)],
        prefix=prefix,
    )


def _block_e(prefix: str) -> _Split:
    split = _Split([(384, (1, 3), 1, (0, 1))], [(384, (3, 1), 1, (1, 0))])
    return _Split(
        [(320, 1)], [[(384, 1)], split], [[(448, 1), (384, 3, 1, 1)], split], ["average", (192, 1)], prefix=prefix
    )


_FEATURES = [
    (32, 3, 2),
    (32, 3),
    (64, 3, 1, 1),
    "halve",
    (80, 1),
    (192, 3),
    "halve",
    _block_a("A1_", 32),
    _block_a("A2_", 64),
    _block_a("A3_", 64),
    _Split([(384, 3, 2)], [(64, 1), (96, 3, 1, 1), (96, 3, 2)], ["halve"], prefix="B_"),
    _block_c("C1_", 128),
    _block_c("C2_", 160),
    _block_c("C3_", 160),
    _block_c("C4_", 192),
    _Split([(192, 1), (320, 3, 2)], [(192, 1), (192, *_WIDE), (192, *_TALL), (192, 3, 2)], ["halve"], prefix="D_"),
    _block_e("E1_"),
    _block_e("E2_"),
]


def make_aux(classes: int) -> HybridBlock:
    """The auxiliary classifier that training hangs on the middle of the network."""
    return chain(
        nn.AvgPool2D(pool_size=5, strides=3), _build((128, 1)), _build((768, 5)), nn.Flatten(), nn.Dense(classes)
    )


class Inception3(Classifier):
    """Inception v3, for images of 299 by 299 pixels."""

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain(*map(_build, _FEATURES), nn.AvgPool2D(pool_size=8), nn.Dropout(0.5))
            self.output = nn.Dense(classes)


inception_v3 = variant("inception_v3", Inception3, model="inceptionv3")
