"""Images and points that are made: adversarial networks, transferred styles; recommendations."""

from __future__ import annotations

from typing import Any

import numpy as onp

from mxnet import gluon, np
from mxnet.gluon import nn

from .training import Network

binary = gluon.loss.SigmoidBinaryCrossEntropyLoss()


class Rivals(nn.Block):
    """A generator and the discriminator that it deceives."""

    def __init__(self, generator: nn.Block, discriminator: nn.Block) -> None:
        super().__init__()
        self.generator, self.discriminator = generator, discriminator


def critical(net: Any, real: Any, noise: Any) -> Any:
    """The discriminator's loss: what is real gets 1, what is made 0."""
    ones, zeros = np.ones((real.shape[0],), ctx=real.ctx), np.zeros((real.shape[0],), ctx=real.ctx)
    made = net.generator(noise).detach()
    return (binary(net.discriminator(real), ones) + binary(net.discriminator(made), zeros)) / 2


def deceiving(net: Any, real: Any, noise: Any) -> Any:
    """The generator's loss: what it makes should get 1."""
    return binary(net.discriminator(net.generator(noise)), np.ones((real.shape[0],), ctx=real.ctx))


def adversarial(generator: nn.Block, discriminator: nn.Block, *batch: onp.ndarray) -> Network:
    """Both are trained in turns."""
    rivals = Rivals(generator, discriminator)
    phases = ((discriminator, critical), (generator, deceiving))
    return Network(rivals, batch, inputs=0, optimizer="adam", rate=0.02, rivals=phases)


def sequence(*layers: nn.Block) -> nn.HybridSequential:
    """Layers that run one after the other."""
    block = nn.HybridSequential()
    block.add(*layers)
    return block


def gan(rng: onp.random.RandomState) -> Network:
    """Points of a tilted normal distribution, made by one linear layer."""
    points = rng.randn(8, 2) @ onp.array([[1, 2], [-0.1, 0.5]]) + onp.array([1, 2])
    noise = rng.randn(8, 2)
    discriminator = sequence(nn.Dense(5, activation="tanh"), nn.Dense(3, activation="tanh"), nn.Dense(1))
    return adversarial(sequence(nn.Dense(2)), discriminator, points.astype("float32"), noise.astype("float32"))


def dcgan(rng: onp.random.RandomState) -> Network:
    """Images of eight by eight pixels, made by transposed convolutions."""
    generator = sequence(
        nn.Conv2DTranspose(6, kernel_size=4, use_bias=False),
        nn.BatchNorm(),
        nn.Activation("relu"),
        nn.Conv2DTranspose(3, kernel_size=4, strides=2, padding=1, use_bias=False),
        nn.Activation("tanh"),
    )
    discriminator = sequence(
        nn.Conv2D(6, kernel_size=4, strides=2, padding=1, use_bias=False),
        nn.BatchNorm(),
        nn.LeakyReLU(0.2),
        nn.Conv2D(1, kernel_size=4, use_bias=False),
    )
    images, noise = rng.rand(4, 3, 8, 8) * 2 - 1, rng.randn(4, 5, 1, 1)
    return adversarial(generator, discriminator, images.astype("float32"), noise.astype("float32"))


class Image(nn.HybridBlock):
    """An image that is itself the parameter, and a network that is not trained."""

    def __init__(self, *shape: int) -> None:
        super().__init__()
        self.features = nn.HybridSequential()
        for channels in (4, 6):
            self.features.add(nn.Conv2D(channels, kernel_size=3, padding=1, activation="relu"), nn.AvgPool2D(2))
        self.features.collect_params().setattr("grad_req", "null")
        self.image = self.params.get("image", shape=shape)

    def hybrid_forward(self, F: Any, x: Any, image: Any) -> Any:
        """The image, and what each layer says of it and of ``x``."""
        found = [image]
        for start in (image + x * 0, x):
            for layer in self.features:
                start = layer(start)
                found.append(start)
        return found


def gram(x: Any) -> Any:
    """How channels go together, (batch, channels, channels)."""
    flat = x.reshape(x.shape[0], x.shape[1], -1)
    return np.einsum("bik,bjk->bij", flat, flat) / (flat.shape[1] * flat.shape[2])


def style_transfer(rng: onp.random.RandomState) -> Network:
    """The contents of one image, the style of another, and little noise."""
    images = rng.rand(1, 3, 8, 8).astype("float32")

    def loss(net: Any, x: Any) -> Any:
        image, style, _, content, _, styled, _, contents, _ = net(x)
        noise = np.abs(image[:, :, 1:] - image[:, :, :-1]).mean() + np.abs(image[..., 1:] - image[..., :-1]).mean()
        alike = np.square(content - contents.detach()).mean()
        return alike + 10 * np.square(gram(style) - gram(styled.detach())).mean() + 0.1 * noise

    return Network(Image(1, 3, 8, 8), (images,), loss, optimizer="adam", rate=0.05)


# ------------------------------------------------------------------ recommendations


class Factors(nn.HybridBlock):
    """Ratings as products of vectors of users and items, with biases."""

    def __init__(self, users: int, items: int) -> None:
        super().__init__()
        self.users, self.items = nn.Embedding(users, 4), nn.Embedding(items, 4)
        self.user_bias, self.item_bias = nn.Embedding(users, 1), nn.Embedding(items, 1)

    def hybrid_forward(self, F: Any, user: Any, item: Any) -> Any:
        """One rating for each pair."""
        product = (self.users(user) * self.items(item)).sum(axis=1)
        return product + F.np.squeeze(self.user_bias(user) + self.item_bias(item), axis=1)


def matrix_factorization(rng: onp.random.RandomState) -> Network:
    """Ratings from 1 to 5."""
    user, item, rating = rng.randint(0, 6, 8), rng.randint(0, 7, 8), rng.randint(1, 6, 8)
    square = gluon.loss.L2Loss()
    batch = tuple(a.astype("float32") for a in (user, item, rating))
    return Network(Factors(6, 7), batch, lambda net, u, i, y: square(net(u, i), y), inputs=2)


class Machine(nn.HybridBlock):
    """A factorization machine with a deep part: pairs of features by the square of their sum."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.vectors, self.weights, self.linear = nn.Embedding(features, 4), nn.Embedding(features, 1), nn.Dense(1)
        self.deep = sequence(nn.Dense(6, activation="relu"), nn.Dropout(rate=0), nn.Dense(1))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """A probability for each row of features."""
        vectors = self.vectors(x)
        pairs = (vectors.sum(axis=1) ** 2 - (vectors**2).sum(axis=1)).sum(axis=1, keepdims=True)
        score = self.linear(self.weights(x).sum(1)) + 0.5 * pairs + self.deep(F.npx.batch_flatten(vectors))
        return F.npx.sigmoid(score)


def deep_factorization_machine(rng: onp.random.RandomState) -> Network:
    """Clicks of three features each."""
    features = rng.randint(0, 4, (6, 3)) + onp.array([0, 4, 8])
    clicks = rng.randint(0, 2, 6)
    given = gluon.loss.SigmoidBinaryCrossEntropyLoss(from_sigmoid=True)
    batch = (features.astype("float32"), clicks.astype("float32"))
    return Network(Machine(12), batch, lambda net, x, y: given(net(x), y), optimizer="adam", rate=0.02)


NETWORKS = [gan, dcgan, style_transfer, matrix_factorization, deep_factorization_machine]
