"""The functions of :mod:`mxnet.numpy.random`."""

from ...numpy.random import *  # noqa: F403
