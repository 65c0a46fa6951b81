"""Gluon networks: a perceptron, ResNet-50, MobileNet 1.0, an LSTM, and data loading; and the same in plain torch."""

from __future__ import annotations

import numpy as np

# ---------------------------------------------------------------------------------------------------- perceptron


def _mlp(mx, hybridize):
    from mxnet import autograd, gluon

    rng = np.random.RandomState(0)
    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(26))
    net.initialize(mx.init.Xavier())
    if hybridize:
        net.hybridize(static_alloc=True, static_shape=True)
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 0.9})
    x = mx.nd.array(rng.rand(32, 16))
    y = mx.nd.array(rng.randint(0, 26, (32,)))
    count = 0

    def step():
        nonlocal count
        with autograd.record():
            value = loss(net(x), y)
        value.backward()
        trainer.step(32)
        count += 1
        if count % 50 == 0:
            mx.nd.waitall()

    return step, 300


def gluon_mlp(mx):
    """A training step of a perceptron, not hybridized."""
    return _mlp(mx, False)


def gluon_mlp_hybrid(mx):
    """A training step of a perceptron, hybridized."""
    return _mlp(mx, True)


def gluon_mlp_inference(mx):
    """A hybridized perceptron's prediction."""
    from mxnet import gluon

    net = gluon.nn.HybridSequential()
    net.add(gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(64, activation="relu"), gluon.nn.Dense(26))
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    x = mx.nd.array(np.random.RandomState(0).rand(32, 16))

    def step():
        net(x).wait_to_read()

    return step, 500


def _torch_mlp():
    from torch import nn

    return nn.Sequential(nn.Linear(16, 64), nn.ReLU(), nn.Linear(64, 64), nn.ReLU(), nn.Linear(64, 26))


def torch_gluon_mlp():
    """The perceptron's step in torch."""
    import torch

    net, rng = _torch_mlp(), np.random.RandomState(0)
    x = torch.from_numpy(rng.rand(32, 16).astype("float32"))
    y = torch.from_numpy(rng.randint(0, 26, (32,)))
    return _torch_training(net, x, y), 300


torch_gluon_mlp_hybrid = torch_gluon_mlp


def torch_gluon_mlp_inference():
    """The perceptron's prediction in torch."""
    import torch

    return _torch_inference(_torch_mlp(), torch.rand(32, 16)), 500


def _torch_training(net, x, y):
    import torch

    torch.set_flush_denormal(True)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, momentum=0.9)

    def step():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(net(x), y).backward()
        optimizer.step()

    return step


def _torch_inference(net, x):
    import torch

    torch.set_flush_denormal(True)
    net.eval()

    def step():
        with torch.no_grad():
            net(x)

    return step


# ---------------------------------------------------------------------------------------------------- images


def _zoo(mx, name, train, batch=8):
    from mxnet import autograd, gluon
    from mxnet.gluon.model_zoo import vision

    net = vision.get_model(name, classes=1000)
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    x = mx.nd.array(np.random.RandomState(0).rand(batch, 3, 224, 224))
    y = mx.nd.array(np.arange(batch))
    if not train:

        def predict():
            net(x).wait_to_read()

        return predict, 1
    loss = gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01, "momentum": 0.9})

    def step():
        with autograd.record():
            value = loss(net(x), y)
        value.backward()
        trainer.step(batch)
        mx.nd.waitall()

    return step, 1


def resnet50_inference(mx):
    """ResNet-50, hybridized, batch 8 of 224x224: prediction."""
    return _zoo(mx, "resnet50_v1", False)


def resnet50_train(mx):
    """ResNet-50, hybridized, batch 8 of 224x224: a training step."""
    return _zoo(mx, "resnet50_v1", True)


def mobilenet_inference(mx):
    """MobileNet 1.0, hybridized, batch 8 of 224x224: prediction."""
    return _zoo(mx, "mobilenet1.0", False)


def mobilenet_train(mx):
    """MobileNet 1.0, hybridized, batch 8 of 224x224: a training step."""
    return _zoo(mx, "mobilenet1.0", True)


def _torch_resnet50():
    """The network of Gluon's ``resnet50_v1``: strides in the first 1x1 convolution of a stage."""
    import torch
    from torch import nn

    class Bottleneck(nn.Module):
        def __init__(self, inputs, filters, stride, downsample):
            super().__init__()
            inner = filters // 4
            self.body = nn.Sequential(
                nn.Conv2d(inputs, inner, 1, stride),
                nn.BatchNorm2d(inner),
                nn.ReLU(),
                nn.Conv2d(inner, inner, 3, 1, 1, bias=False),
                nn.BatchNorm2d(inner),
                nn.ReLU(),
                nn.Conv2d(inner, filters, 1),
                nn.BatchNorm2d(filters),
            )
            self.side = None
            if downsample:
                self.side = nn.Sequential(nn.Conv2d(inputs, filters, 1, stride, bias=False), nn.BatchNorm2d(filters))

        def forward(self, x):
            return torch.relu(self.body(x) + (x if self.side is None else self.side(x)))

    layers = [nn.Conv2d(3, 64, 7, 2, 3, bias=False), nn.BatchNorm2d(64), nn.ReLU(), nn.MaxPool2d(3, 2, 1)]
    inputs = 64
    for stage, (count, filters) in enumerate(((3, 256), (4, 512), (6, 1024), (3, 2048))):
        for k in range(count):
            layers.append(Bottleneck(inputs, filters, 2 if stage and not k else 1, not k))
            inputs = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(2048, 1000))


def _torch_mobilenet():
    """The network of Gluon's ``mobilenet1.0``."""
    from torch import nn

    def block(inputs, filters, kernel, stride, pad, groups=1):
        return [
            nn.Conv2d(inputs, filters, kernel, stride, pad, groups=groups, bias=False),
            nn.BatchNorm2d(filters),
            nn.ReLU(),
        ]

    layers = block(3, 32, 3, 2, 1)
    inputs = 32
    for filters, stride in zip((64, 128, 128, 256, 256, *[512] * 6, 1024, 1024), (1, 2, 1, 2, 1, 2, *[1] * 5, 2, 1)):
        layers += block(inputs, inputs, 3, stride, 1, inputs) + block(inputs, filters, 1, 1, 0)
        inputs = filters
    return nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1024, 1000))


def _torch_images(net, train):
    import torch

    x = torch.rand(8, 3, 224, 224)
    return (_torch_training(net, x, torch.arange(8)) if train else _torch_inference(net, x)), 1


def torch_resnet50_inference():
    """ResNet-50's prediction in torch."""
    return _torch_images(_torch_resnet50(), False)


def torch_resnet50_train():
    """ResNet-50's step in torch."""
    return _torch_images(_torch_resnet50(), True)


def torch_mobilenet_inference():
    """MobileNet's prediction in torch."""
    return _torch_images(_torch_mobilenet(), False)


def torch_mobilenet_train():
    """MobileNet's step in torch."""
    return _torch_images(_torch_mobilenet(), True)


# ---------------------------------------------------------------------------------------------------- sequences


def _lstm(mx, train):
    from mxnet import autograd, gluon

    net = gluon.rnn.LSTM(200, 2, input_size=200)
    net.initialize(mx.init.Xavier())
    net.hybridize(static_alloc=True, static_shape=True)
    x = mx.nd.array(np.random.RandomState(0).rand(35, 32, 200))
    if not train:

        def predict():
            net(x).wait_to_read()

        return predict, 3
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})

    def step():
        with autograd.record():
            value = net(x).sum()
        value.backward()
        trainer.step(32)
        mx.nd.waitall()

    return step, 2


def lstm_inference(mx):
    """A two-layer LSTM of 200 units, 35 steps, batch 32: prediction."""
    return _lstm(mx, False)


def lstm_train(mx):
    """A two-layer LSTM of 200 units, 35 steps, batch 32: a training step."""
    return _lstm(mx, True)


def torch_lstm_inference():
    """The LSTM's prediction in torch."""
    import torch

    return _torch_inference(torch.nn.LSTM(200, 200, 2), torch.rand(35, 32, 200)), 3


def torch_lstm_train():
    """The LSTM's step in torch."""
    import torch

    torch.set_flush_denormal(True)
    net, x = torch.nn.LSTM(200, 200, 2), torch.rand(35, 32, 200)
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01)

    def step():
        optimizer.zero_grad()
        net(x)[0].sum().backward()
        optimizer.step()

    return step, 2


# ---------------------------------------------------------------------------------------------------- data


def _loader(mx, workers):
    from mxnet import gluon

    data = gluon.data.ArrayDataset(np.random.rand(10000, 32).astype("float32"), np.arange(10000, dtype="float32"))
    loader = gluon.data.DataLoader(data, batch_size=64, shuffle=True, num_workers=workers)

    def epoch():
        for _ in loader:
            pass

    return epoch, 1


def dataloader(mx):
    """An epoch of 10 000 small items in batches of 64, in the calling process."""
    return _loader(mx, 0)


def dataloader_workers(mx):
    """An epoch of 10 000 small items in batches of 64, by four workers."""
    return _loader(mx, 4)


CASES = [
    gluon_mlp,
    gluon_mlp_hybrid,
    gluon_mlp_inference,
    resnet50_inference,
    resnet50_train,
    mobilenet_inference,
    mobilenet_train,
    lstm_inference,
    lstm_train,
    dataloader,
    dataloader_workers,
]
