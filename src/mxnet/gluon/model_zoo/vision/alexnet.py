"""AlexNet (Krizhevsky 2014, "One weird trick for parallelizing convolutional neural networks", arXiv:1404.5997)."""

from __future__ import annotations

from typing import Any

from ... import nn
from ...block import HybridBlock
from ._network import CPU, ROOT, Classifier, Contexts, chain, variant, with_parameters

__all__ = ["AlexNet", "alexnet"]


class AlexNet(Classifier):
    """AlexNet.

    Parameters
    ----------
    classes : int, default 1000
        Number of outputs.
    """

    def __init__(self, classes: int = 1000, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            self.features = chain(
                nn.Conv2D(64, kernel_size=11, strides=4, padding=2, activation="relu"),
                nn.MaxPool2D(pool_size=3, strides=2),
                nn.Conv2D(192, kernel_size=5, padding=2, activation="relu"),
                nn.MaxPool2D(pool_size=3, strides=2),
                nn.Conv2D(384, kernel_size=3, padding=1, activation="relu"),
                nn.Conv2D(256, kernel_size=3, padding=1, activation="relu"),
                nn.Conv2D(256, kernel_size=3, padding=1, activation="relu"),
                nn.MaxPool2D(pool_size=3, strides=2),
                nn.Flatten(),
                nn.Dense(4096, activation="relu"),
                nn.Dropout(0.5),
                nn.Dense(4096, activation="relu"),
                nn.Dropout(0.5),
            )
            self.output = nn.Dense(classes)


def _alexnet(pretrained: bool = False, ctx: Contexts = CPU, root: str = ROOT, **kwargs: Any) -> HybridBlock:
    return with_parameters(AlexNet(**kwargs), "alexnet", pretrained, ctx, root)


alexnet = variant("alexnet", _alexnet)
