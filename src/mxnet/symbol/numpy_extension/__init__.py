"""What ``F.npx`` is in blocks where ``F`` is ``mx.sym``: the operators of :mod:`mxnet.numpy_extension`."""

from . import _op, image, random
from ._op import *  # noqa: F403

__all__ = ["_op", "image", "random"]
