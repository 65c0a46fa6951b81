"""Operators of neural networks over ``mxnet.numpy`` arrays, and the switches of NumPy semantics (``mx.npx``).

The operators are those that are registered as ``_npx_*``, most of them other names of classic ones; they take and
give :class:`mxnet.numpy.ndarray`.
"""

from typing import TYPE_CHECKING

from ..base import check_call, classproperty, with_metaclass  # noqa: F401  (MXNet has them here)
from ..context import (
    Context,
    cpu,
    cpu_pinned,
    current_context,
    gpu,
    gpu_memory_info,
    num_gpus,
)
from ..ndarray.ndarray import waitall
from ..util import (
    get_cuda_compute_capability,
    is_np_array,
    is_np_shape,
    np_array,
    np_shape,
    reset_np,
    set_np,
    set_np_shape,
    use_np,
    use_np_array,
    use_np_shape,
)
from . import _op, image, random
from ._op import *  # noqa: F403
from .control_flow import cond, foreach, while_loop
from .random import seed
from .utils import load, save, savez

if TYPE_CHECKING:
    from ._stubs._op import *  # noqa: F403

__all__ = [
    "Context",
    "cond",
    "cpu",
    "cpu_pinned",
    "current_context",
    "foreach",
    "get_cuda_compute_capability",
    "gpu",
    "gpu_memory_info",
    "image",
    "is_np_array",
    "is_np_shape",
    "load",
    "np_array",
    "np_shape",
    "num_gpus",
    "random",
    "reset_np",
    "save",
    "savez",
    "seed",
    "set_np",
    "set_np_shape",
    "use_np",
    "use_np_array",
    "use_np_shape",
    "waitall",
    "while_loop",
    *_op.__all__,
]
