"""NumPy's functions over arrays that live on devices and record gradients (``mx.np``).

Arrays are float32 unless said otherwise, types are promoted as MXNet 1.9.1 promotes them, and everything that is
computed inside :func:`mxnet.autograd.record` is recorded.

Examples
--------
>>> import mxnet as mx
>>> x = mx.np.arange(6).reshape(2, 3)
>>> x.mean(axis=0)
array([1.5, 2.5, 3.5])
"""

from typing import TYPE_CHECKING

from . import (
    _protocol,
    arrayprint,
    fallback,
    fallback_linalg,
    function_base,
    io,
    linalg,
    multiarray,
    random,
    stride_tricks,
    utils,
)
from .arrayprint import *  # noqa: F403
from .multiarray import *  # noqa: F403
from .utils import *  # noqa: F403

if TYPE_CHECKING:
    from ._array import ndarray as ndarray
    from ._stubs.multiarray import *  # noqa: F403

__all__ = [
    "arrayprint",
    "fallback",
    "fallback_linalg",
    "function_base",
    "io",
    "linalg",
    "random",
    "stride_tricks",
    *arrayprint.__all__,
    *multiarray.__all__,
    *utils.__all__,
]

_protocol.install()
