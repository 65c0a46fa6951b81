"""Objects found in images by anchor boxes, and classes of single pixels."""

from __future__ import annotations

from typing import Any

import numpy as onp

from mxnet import gluon, npx
from mxnet.gluon import nn

from .training import Network

CLASSES = 2
SIZES, RATIOS = ([0.2, 0.3], [0.5, 0.7]), [1, 2, 0.5]
ANCHORS = len(SIZES[0]) + len(RATIOS) - 1  # of each pixel
smooth, entropy = gluon.loss.L1Loss(), gluon.loss.SoftmaxCrossEntropyLoss()


def halving(channels: int) -> nn.HybridSequential:
    """Two normalized convolutions, then maxima of two by two pixels."""
    block = nn.HybridSequential()
    for _ in range(2):
        block.add(nn.Conv2D(channels, kernel_size=3, padding=1), nn.BatchNorm(), nn.Activation("relu"))
    block.add(nn.MaxPool2D(2))
    return block


class Scale(nn.HybridBlock):
    """Features of one size, with the anchors around their pixels, and what is guessed of these."""

    def __init__(self, features: nn.HybridBlock, sizes: list[float]) -> None:
        super().__init__()
        self.features, self.sizes = features, sizes
        self.classes = nn.Conv2D(ANCHORS * (CLASSES + 1), kernel_size=3, padding=1)
        self.offsets = nn.Conv2D(ANCHORS * 4, kernel_size=3, padding=1)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """The features, the anchors, and classes and offsets with one row for an image."""
        x = self.features(x)
        anchors = F.npx.multibox_prior(x, sizes=self.sizes, ratios=RATIOS)
        rows = [F.npx.batch_flatten(guess(x).transpose((0, 2, 3, 1))) for guess in (self.classes, self.offsets)]
        return x, anchors, *rows


class Detector(nn.HybridBlock):
    """A detector of single shots at two scales."""

    def __init__(self) -> None:
        super().__init__()
        self.scales = nn.HybridSequential()
        pooled = nn.HybridSequential()
        pooled.add(nn.GlobalMaxPool2D())
        self.scales.add(Scale(halving(4), SIZES[0]), Scale(pooled, SIZES[1]))

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """Anchors (1, anchors, 4), classes (batch, anchors, classes + 1) and offsets (batch, anchors * 4)."""
        found = []
        for scale in self.scales:
            x, *parts = scale(x)
            found.append(parts)
        anchors, classes, offsets = (F.np.concatenate(parts, axis=1) for parts in zip(*found))
        return anchors, F.npx.reshape(classes, (-2, -1, CLASSES + 1)), offsets


def labeled_images(rng: onp.random.RandomState) -> tuple[onp.ndarray, onp.ndarray]:
    """Images with one bright box each, and rows of its class and corners; a second row is padding."""
    images, labels = rng.rand(3, 3, 8, 8).astype("float32") / 4, onp.full((3, 2, 5), -1, "float32")
    for i in range(3):
        left, top = rng.randint(0, 5, 2)
        images[i, i % CLASSES, top : top + 3, left : left + 3] += 0.7
        labels[i, 0] = [i % CLASSES, left / 8, top / 8, (left + 3) / 8, (top + 3) / 8]
    return images, labels


def ssd(rng: onp.random.RandomState) -> Network:
    """Classes and offsets of all anchors, as the targets say."""

    def loss(net: Any, x: Any, y: Any) -> Any:
        anchors, classes, offsets = net(x)
        targets, masks, wanted = npx.multibox_target(anchors, y, classes.transpose((0, 2, 1)))
        return entropy(classes, wanted) + smooth(offsets * masks, targets * masks)

    return Network(Detector(), labeled_images(rng), loss, rate=0.05)


class Answering(nn.HybridBlock):
    """A detector that gives boxes with classes and scores."""

    def __init__(self) -> None:
        super().__init__()
        self.detector = Detector()

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """(batch, anchors, 6)."""
        anchors, classes, offsets = self.detector(x)
        return F.npx.multibox_detection(F.npx.softmax(classes).transpose((0, 2, 1)), offsets, anchors)


def ssd_answers(rng: onp.random.RandomState) -> Network:
    """Training changes what is found: the loss looks at the boxes too."""

    def loss(net: Any, x: Any, y: Any) -> Any:
        anchors, classes, offsets = net.detector(x)
        targets, masks, wanted = npx.multibox_target(anchors, y, classes.transpose((0, 2, 1)))
        boxes = net(x)
        best = boxes[:, 0, 1:2].detach()
        return entropy(classes, wanted) + smooth(offsets * masks, targets * masks) + best.mean(axis=1)

    return Network(Answering(), labeled_images(rng), loss, rate=0.05)


class Segmentation(nn.HybridBlock):
    """A fully convolutional network: features are brought to classes, and these back to the size of the image."""

    def __init__(self) -> None:
        super().__init__()
        self.features = nn.HybridSequential()
        self.features.add(halving(4), halving(6))
        self.classes = nn.Conv2D(CLASSES, kernel_size=1)
        self.enlarge = nn.Conv2DTranspose(CLASSES, kernel_size=8, padding=2, strides=4)

    def hybrid_forward(self, F: Any, x: Any) -> Any:
        """(batch, classes, height, width)."""
        return self.enlarge(self.classes(self.features(x)))


def fcn(rng: onp.random.RandomState) -> Network:
    """The class of each pixel."""
    images, _ = labeled_images(rng)
    labels = (images.max(axis=1) > 0.5).astype("float32")
    by_pixel = gluon.loss.SoftmaxCrossEntropyLoss(axis=1)
    return Network(Segmentation(), (images, labels), lambda net, x, y: by_pixel(net(x), y))


class Regions(nn.HybridBlock):
    """Features of given boxes, pooled to one size."""

    def __init__(self) -> None:
        super().__init__()
        self.features, self.decide = nn.Conv2D(4, kernel_size=3, padding=1, activation="relu"), nn.Dense(CLASSES)

    def hybrid_forward(self, F: Any, x: Any, boxes: Any) -> Any:
        """Scores of the boxes' classes."""
        return self.decide(F.npx.roi_pooling(self.features(x), boxes, pooled_size=(2, 2), spatial_scale=1.0))


def region_pooling(rng: onp.random.RandomState) -> Network:
    """Classes of boxes."""
    images, labels = labeled_images(rng)
    corners = onp.clip(onp.round(labels[:, 0, 1:] * 8), 0, 7)
    boxes = onp.concatenate([onp.arange(3, dtype="float32")[:, None], corners], axis=1).astype("float32")
    batch = (images, boxes, labels[:, 0, 0])
    return Network(Regions(), batch, lambda net, x, boxes, y: entropy(net(x, boxes), y), inputs=2)


NETWORKS = [ssd, ssd_answers, fcn, region_pooling]
