"""The functions of :mod:`mxnet.numpy.linalg`, which take symbols too."""

from ...numpy.linalg import *  # noqa: F403
