#!/usr/bin/env python3
"""Train a convolutional network with Gluon on handwritten digits, export it, and use it again three ways.

    python examples/gluon_digits.py [--out build/gluon] [--epochs 6]

The exported files (``digits-symbol.json``, ``digits-0000.params``) are read back by ``SymbolBlock``, by Module, and as
plain arrays; all predict the same.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
from train_digits import load_digits

import mxnet as mx
from mxnet import autograd, gluon
from mxnet.gluon import nn


def build() -> nn.HybridSequential:
    """Two convolutions with batch normalization, and a classifier."""
    net = nn.HybridSequential()
    for channels in (16, 32):
        net.add(nn.Conv2D(channels, 3, padding=1, use_bias=False), nn.BatchNorm(), nn.Activation("relu"))
    net.add(nn.MaxPool2D(2), nn.Flatten(), nn.Dropout(0.25), nn.Dense(10))
    return net


def accuracy(net: gluon.Block, loader: gluon.data.DataLoader) -> float:
    """The share of pictures whose digit the network names."""
    metric = mx.metric.Accuracy()
    for data, label in loader:
        metric.update(label, net(data))
    return metric.get()[1]


def train(
    net: nn.HybridSequential, training: gluon.data.DataLoader, held_out: gluon.data.DataLoader, epochs: int
) -> None:
    """Adam on the cross entropy; prints a line an epoch."""
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 2e-3})
    for epoch in range(1, epochs + 1):
        total = 0.0
        for data, label in training:
            with autograd.record():
                value = loss(net(data), label)
            value.backward()
            trainer.step(len(data))
            total += float(value.mean().asscalar())
        print(f"epoch {epoch}: loss {total / len(training):.3f}, accuracy {accuracy(net, held_out):.3f}")


def main() -> None:
    """Run the example."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out", type=Path, default=Path("build/gluon"))
    parser.add_argument("--epochs", type=int, default=6)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    mx.random.seed(0)
    np.random.seed(0)

    images, labels = load_digits()
    order = np.random.permutation(len(images))
    images, labels = images[order], labels[order]
    cut = len(images) * 4 // 5
    training = gluon.data.DataLoader(gluon.data.ArrayDataset(images[:cut], labels[:cut]), batch_size=32, shuffle=True)
    held_out = gluon.data.DataLoader(gluon.data.ArrayDataset(images[cut:], labels[cut:]), batch_size=64)

    net = build()
    net.initialize(mx.init.Xavier())
    net.hybridize()
    train(net, training, held_out, options.epochs)

    net.export(str(options.out / "digits"))
    files = [str(options.out / name) for name in ("digits-symbol.json", "digits-0000.params")]
    some = mx.nd.array(images[:5])
    expected = net(some).asnumpy()

    block = gluon.SymbolBlock.imports(files[0], "data", files[1])
    assert np.allclose(block(some).asnumpy(), expected, atol=1e-5)

    symbol, arguments, states = mx.model.load_checkpoint(str(options.out / "digits"), 0)
    module = mx.mod.Module(symbol, label_names=None)
    module.bind([("data", some.shape)], for_training=False)
    module.set_params(arguments, states)
    assert np.allclose(module.predict(mx.io.NDArrayIter(some)).asnumpy(), expected, atol=1e-5)

    arrays = mx.nd.load(files[1])
    print(f"{len(arrays)} arrays in {files[1]}; SymbolBlock and Module predict what the network does")
    print(f"accuracy {accuracy(block, held_out):.3f}")


if __name__ == "__main__":
    main()
