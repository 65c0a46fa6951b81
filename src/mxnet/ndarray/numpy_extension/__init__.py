"""What ``F.npx`` is in blocks where ``F`` is ``mx.nd``: the operators of :mod:`mxnet.numpy_extension`."""

from . import _op, image, random
from ._op import *  # noqa: F403

__all__ = ["_op", "image", "random"]
