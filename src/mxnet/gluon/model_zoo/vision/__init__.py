"""Image classifiers: AlexNet, DenseNet, Inception v3, MobileNet v1 and v2, ResNet v1 and v2, SqueezeNet, VGG.

All have a convolutional part, ``features``, and a classifier, ``output``, that gives scores before the softmax.

>>> import mxnet as mx
>>> net = mx.gluon.model_zoo.vision.mobilenet0_25(classes=10)
>>> net.initialize()
>>> net(mx.nd.zeros((1, 3, 32, 32))).shape
(1, 10)
"""

from __future__ import annotations

from typing import Any

from ...block import HybridBlock
from ._network import MODELS as _MODELS
from .alexnet import *  # noqa: F403
from .densenet import *  # noqa: F403
from .inception import *  # noqa: F403
from .mobilenet import *  # noqa: F403
from .resnet import *  # noqa: F403
from .squeezenet import *  # noqa: F403
from .vgg import *  # noqa: F403


def get_model(name: str, **kwargs: Any) -> HybridBlock:
    """A network by name.

    Parameters
    ----------
    name : str
        Such as ``"resnet50_v1"``, ``"mobilenetv2_0.5"``, ``"inceptionv3"``; in any case.
    **kwargs
        ``pretrained``, ``ctx``, ``root``, ``classes`` and what else the network takes.

    Raises
    ------
    ValueError
        When there is no such network; the error lists all.
    """
    build = _MODELS.get(name.lower())
    if build is None:
        names = "\n\t".join(sorted(_MODELS))
        raise ValueError(f"Model {name} is not supported. Available options are\n\t{names}")
    return build(**kwargs)
