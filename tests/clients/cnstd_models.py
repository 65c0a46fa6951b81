"""cnstd 0.1: PSENet for detecting text, on MobileNetV3 of GluonCV."""

import numpy as np
from cnstd.model.loss import DiceLoss, DiceLoss_with_OHEM
from cnstd.model.net import PSENet
from cnstd.model.pse import pse
from common import draw, main, set_parameters

import mxnet as mx
from mxnet import gluon


def detection():
    net = PSENet("mobilenetv3", num_kernels=3, pretrained=False)
    net.initialize()
    net.cast("float64")
    data = mx.nd.array(draw((2, 3, 64, 64), 1), dtype="float64")
    set_parameters(net, data)
    boxes = np.zeros((2, 3, 64, 64), "float64")
    boxes[:, 0, 8:56, 8:56] = boxes[:, 1, 16:48, 16:48] = boxes[:, 2, 24:40, 24:40] = 1
    text, kernels = mx.nd.array(boxes[:, 0, ::4, ::4], dtype="float64"), boxes[:, 1:, ::4, ::4]
    kernels, mask = mx.nd.array(kernels, dtype="float64"), mx.nd.ones((2, 16, 16), dtype="float64")
    losses = []
    for criterion in DiceLoss(num_kernels=3), DiceLoss_with_OHEM(num_kernels=3):
        trainer = gluon.Trainer(net.collect_params(), "adam", {"learning_rate": 1e-4, "epsilon": 1e-3})
        for _ in range(2):
            with mx.autograd.record():
                loss = criterion(text, kernels, net(data), mask)
            loss.backward()
            trainer.step(2)
            losses.append(loss.mean().asscalar())
    maps = (net(data).asnumpy()[0] > 0.5).astype("uint8")
    assert pse(list(maps), 5).shape == maps.shape[1:]
    return losses


if __name__ == "__main__":
    main("cnstd", [detection])
