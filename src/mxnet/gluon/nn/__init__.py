"""Layers: containers, dense and convolution layers, pooling, normalization, activations."""

from ..block import *  # noqa: F403
from ._pooling import *  # noqa: F403
from .activations import *  # noqa: F403
from .basic_layers import *  # noqa: F403
from .conv_layers import *  # noqa: F403
