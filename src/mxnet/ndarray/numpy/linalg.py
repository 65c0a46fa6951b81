"""The functions of :mod:`mxnet.numpy.linalg`."""

from ...numpy.linalg import *  # noqa: F403
