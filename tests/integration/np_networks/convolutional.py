"""Multilayer perceptrons and convolutional networks for images of few pixels."""

from __future__ import annotations

from typing import Any

import numpy as onp

from mxnet import gluon
from mxnet.gluon import nn

from .training import Network

CLASSES = 5


def classifier(block: nn.Block, rng: onp.random.RandomState, *shape: int, rate: float = 0.1) -> Network:
    """A network that tells classes of noise apart."""
    entropy = gluon.loss.SoftmaxCrossEntropyLoss()
    images = rng.rand(4, *shape).astype("float32")
    labels = rng.randint(0, CLASSES, 4).astype("float32")
    return Network(block, (images, labels), lambda net, x, y: entropy(net(x), y), rate=rate)


def sequence(*layers: nn.Block) -> nn.HybridSequential:
    """Layers that run one after the other."""
    block = nn.HybridSequential()
    block.add(*layers)
    return block


def softmax_regression(rng: onp.random.RandomState) -> Network:
    """One linear layer."""
    return classifier(nn.Dense(CLASSES), rng, 1, 6, 6)


class Perceptron(nn.HybridBlock):
    """A multilayer perceptron whose matrices are its own parameters."""

    def __init__(self, inputs: int, hidden: int) -> None:
        super().__init__()
        for name, shape in {"w1": (inputs, hidden), "b1": (hidden,), "w2": (hidden, CLASSES), "b2": (CLASSES,)}.items():
            setattr(self, name, self.params.get(name, shape=shape))

    def hybrid_forward(self, F: Any, x: Any, w1: Any, b1: Any, w2: Any, b2: Any) -> Any:
        """Two matrix products with a rectifier between them."""
        hidden = F.np.maximum(F.np.dot(F.npx.reshape(x, (-2, -1)), w1) + b1, 0)
        return F.np.dot(hidden, w2) + b2


def mlp_from_scratch(rng: onp.random.RandomState) -> Network:
    """Matrices and a rectifier by hand."""
    return classifier(Perceptron(36, 8), rng, 1, 6, 6)


def mlp(rng: onp.random.RandomState) -> Network:
    """Dense layers, with a dropout that keeps everything."""
    return classifier(sequence(nn.Dense(16, activation="relu"), nn.Dropout(0), nn.Dense(CLASSES)), rng, 1, 6, 6)


class Correlation(nn.HybridBlock):
    """Cross-correlation with one kernel, a sum over windows that are written out."""

    def __init__(self, height: int, width: int) -> None:
        super().__init__()
        self.size = height, width
        self.weight = self.params.get("weight", shape=(height, width))
        self.bias = self.params.get("bias", shape=(1,))

    def hybrid_forward(self, F: Any, x: Any, weight: Any, bias: Any) -> Any:
        """Each place of the kernel meets the images that are moved by as much."""
        height, width = self.size
        total = bias
        for i in range(height):
            for j in range(width):
                total = total + x[:, i : 8 - height + i + 1, j : 8 - width + j + 1] * weight[i, j]
        return total


def correlation(rng: onp.random.RandomState) -> Network:
    """A kernel is learned that finds edges."""
    images = rng.rand(3, 8, 8).astype("float32")
    edges = images[:, :, :-1] - images[:, :, 1:]
    square = gluon.loss.L2Loss()
    return Network(Correlation(1, 2), (images, edges), lambda net, x, y: square(net(x), y))


def lenet(rng: onp.random.RandomState) -> Network:
    """Two convolutions with sigmoids and average pooling, then dense layers."""
    block = sequence(
        nn.Conv2D(4, kernel_size=5, padding=2, activation="sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Conv2D(8, kernel_size=5, activation="sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Dense(16, activation="sigmoid"),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 1, 16, 16)


def alexnet(rng: onp.random.RandomState) -> Network:
    """Large strides first, overlapping maxima, three convolutions in a row."""
    block = sequence(
        nn.Conv2D(6, kernel_size=7, strides=2, activation="relu"),
        nn.MaxPool2D(pool_size=3, strides=2),
        nn.Conv2D(8, kernel_size=5, padding=2, activation="relu"),
        nn.MaxPool2D(pool_size=3, strides=2),
        *[nn.Conv2D(n, kernel_size=3, padding=1, activation="relu") for n in (10, 10, 8)],
        nn.MaxPool2D(pool_size=2, strides=2),
        nn.Dense(16, activation="relu"),
        nn.Dropout(0),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 3, 32, 32)


def vgg(rng: onp.random.RandomState) -> Network:
    """Stages of small convolutions, each of half the size of the one before."""
    stages: list[nn.Block] = []
    for repeats, channels in ((1, 4), (2, 8)):
        layers = [nn.Conv2D(channels, kernel_size=3, padding=1, activation="relu") for _ in range(repeats)]
        stages.append(sequence(*layers, nn.MaxPool2D(pool_size=2, strides=2)))
    return classifier(sequence(*stages, nn.Dense(16, activation="relu"), nn.Dense(CLASSES)), rng, 1, 16, 16)


def nin(rng: onp.random.RandomState) -> Network:
    """Convolutions of one pixel in the place of dense layers; the classes are averages of channels."""

    def stage(channels: int, size: int, padding: int) -> list[nn.Block]:
        first = nn.Conv2D(channels, size, padding=padding, activation="relu")
        return [first, *[nn.Conv2D(channels, kernel_size=1, activation="relu") for _ in range(2)]]

    block = sequence(
        *stage(6, 5, 0),
        nn.MaxPool2D(pool_size=3, strides=2),
        *stage(CLASSES, 3, 1),
        nn.GlobalAvgPool2D(),
        nn.Flatten(),
    )
    return classifier(block, rng, 1, 16, 16)


class Inception(nn.HybridBlock):
    """Four paths of different reach, put side by side."""

    def __init__(self, one: int, three: tuple[int, int], five: tuple[int, int], pooled: int) -> None:
        super().__init__()
        self.paths = nn.HybridSequential()
        self.paths.add(
            nn.Conv2D(one, kernel_size=1, activation="relu"),
            sequence(
                nn.Conv2D(three[0], kernel_size=1, activation="relu"),
                nn.Conv2D(three[1], kernel_size=3, padding=1, activation="relu"),
            ),
            sequence(
                nn.Conv2D(five[0], kernel_size=1, activation="relu"),
                nn.Conv2D(five[1], kernel_size=5, padding=2, activation="relu"),
            ),
            sequence(nn.MaxPool2D(3, strides=1, padding=1), nn.Conv2D(pooled, kernel_size=1, activation="relu")),
        )

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Channels of all paths."""
        return F.np.concatenate([path(x) for path in self.paths], axis=1)


def googlenet(rng: onp.random.RandomState) -> Network:
    """Two inception blocks after one convolution."""
    block = sequence(
        nn.Conv2D(4, kernel_size=3, strides=2, padding=1, activation="relu"),
        Inception(2, (2, 4), (1, 2), 2),
        nn.MaxPool2D(pool_size=3, strides=2, padding=1),
        Inception(3, (2, 4), (1, 3), 2),
        nn.GlobalAvgPool2D(),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 1, 16, 16)


class Standardize(nn.HybridBlock):
    """Batch normalization by its formula, for training."""

    def __init__(self, channels: int, axes: tuple[int, ...]) -> None:
        super().__init__()
        self.axes = axes
        shape = (1, channels, *(1,) * (len(axes) - 1))
        self.gamma = self.params.get("gamma", shape=shape)
        self.beta = self.params.get("beta", shape=shape)

    def hybrid_forward(self, F: Any, x: Any, gamma: Any, beta: Any) -> Any:
        """Mean 0 and variance 1 over the batch, then scale and shift."""
        mean = x.mean(axis=self.axes, keepdims=True)
        variance = ((x - mean) ** 2).mean(axis=self.axes, keepdims=True)
        return gamma * (x - mean) / F.np.sqrt(variance + 1e-5) + beta


def batch_norm_from_scratch(rng: onp.random.RandomState) -> Network:
    """LeNet with normalizations by hand."""
    block = sequence(
        nn.Conv2D(4, kernel_size=5),
        Standardize(4, (0, 2, 3)),
        nn.Activation("sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Dense(12),
        Standardize(12, (0,)),
        nn.Activation("sigmoid"),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 1, 12, 12)


def batch_norm(rng: onp.random.RandomState) -> Network:
    """LeNet with normalization layers."""
    block = sequence(
        nn.Conv2D(4, kernel_size=5),
        nn.BatchNorm(),
        nn.Activation("sigmoid"),
        nn.AvgPool2D(pool_size=2, strides=2),
        nn.Dense(12),
        nn.BatchNorm(),
        nn.Activation("sigmoid"),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 1, 12, 12)


class Residual(nn.HybridBlock):
    """Two normalized convolutions that are added to their input."""

    def __init__(self, channels: int, strides: int = 1, project: bool = False) -> None:
        super().__init__()
        self.body = sequence(
            nn.Conv2D(channels, kernel_size=3, padding=1, strides=strides),
            nn.BatchNorm(),
            nn.Activation("relu"),
            nn.Conv2D(channels, kernel_size=3, padding=1),
            nn.BatchNorm(),
        )
        self.project = nn.Conv2D(channels, kernel_size=1, strides=strides) if project else None

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The sum, rectified."""
        return F.npx.relu(self.body(x) + (self.project(x) if self.project else x))


def resnet(rng: onp.random.RandomState) -> Network:
    """Two stages of residual blocks."""
    block = sequence(
        nn.Conv2D(4, kernel_size=3, padding=1),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.MaxPool2D(pool_size=3, strides=2, padding=1),
        Residual(4),
        Residual(8, strides=2, project=True),
        nn.GlobalAvgPool2D(),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 1, 12, 12, rate=0.05)


class DenselyJoined(nn.HybridBlock):
    """Convolutions, each of which sees the outputs of all before it."""

    def __init__(self, count: int, growth: int) -> None:
        super().__init__()
        self.stages = nn.HybridSequential()
        for _ in range(count):
            self.stages.add(
                sequence(nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(growth, kernel_size=3, padding=1))
            )

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """All channels."""
        for stage in self.stages:
            x = F.np.concatenate((x, stage(x)), axis=1)
        return x


def densenet(rng: onp.random.RandomState) -> Network:
    """Two dense blocks with a transition between them."""
    block = sequence(
        nn.Conv2D(4, kernel_size=3, padding=1),
        DenselyJoined(2, 3),
        sequence(nn.BatchNorm(), nn.Activation("relu"), nn.Conv2D(5, kernel_size=1), nn.AvgPool2D(2, strides=2)),
        DenselyJoined(2, 3),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.GlobalAvgPool2D(),
        nn.Dense(CLASSES),
    )
    return classifier(block, rng, 1, 8, 8, rate=0.05)


NETWORKS = [
    softmax_regression,
    mlp_from_scratch,
    mlp,
    correlation,
    lenet,
    alexnet,
    vgg,
    nin,
    googlenet,
    batch_norm_from_scratch,
    batch_norm,
    resnet,
    densenet,
]
