"""What ``F.np`` is in blocks where ``F`` is ``mx.nd``: the functions of :mod:`mxnet.numpy`.

Those that MXNet registers as operators of the same name (``_np_sum``) have the signatures of generated functions here.
"""

from ...numpy.multiarray import *  # noqa: F403
from ...numpy.utils import *  # noqa: F403
from . import _internal, _op, linalg, random
from ._op import *  # noqa: F403

__all__ = ["_internal", "_op", "linalg", "random"]
