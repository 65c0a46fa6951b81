"""The functions of :mod:`mxnet.numpy_extension.random`."""

from ...numpy_extension.random import *  # noqa: F403
