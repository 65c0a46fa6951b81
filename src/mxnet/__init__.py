"""remx: the MXNet 1.x Python API on PyTorch.

``mx.nd`` has arrays and operators, ``mx.sym`` symbolic graphs, ``mx.mod`` modules that train them, ``mx.io`` iterators
over data, ``mx.metric``, ``mx.optimizer``, ``mx.init`` and ``mx.callback`` what training needs besides.
"""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING
from typing import Any as _Any

import numpy as _np

# NumPy looks at the smallest denormal float when a type's limits are first asked for, and warns when there are none: so
# it looks now, before they are switched off.
for _type in (_np.float16, _np.float32, _np.float64, _np.longdouble):
    _np.finfo(_type)

from ._core import env as _env  # noqa: E402
from ._core.processors import brief_waits as _brief_waits  # noqa: E402

with _brief_waits():
    _importlib.import_module("torch")

from ._core.backend import apply_environment as _apply_environment  # noqa: E402
from ._core.foreign_wheel import check as _check_for_foreign_wheel  # noqa: E402
from ._core.memory import keep_freed_memory as _keep_freed_memory  # noqa: E402
from ._core.numpy_aliases import restore as _restore_numpy_aliases  # noqa: E402

# MXNet's imports bring these along: programs write `import multiprocessing` and use `multiprocessing.pool`.
for _name in ("multiprocessing.pool", "multiprocessing.queues"):
    _importlib.import_module(_name)

_check_for_foreign_wheel(__path__[0])
_keep_freed_memory()
_apply_environment()
if _env.flag("MXNET_NUMPY_ALIASES"):
    _restore_numpy_aliases()

from . import (  # noqa: E402
    api,
    attribute,
    autograd,
    base,
    callback,
    context,
    engine,
    error,
    executor,
    initializer,
    io,
    kvstore,
    libinfo,
    log,
    lr_scheduler,
    metric,
    model,
    module,
    monitor,
    name,
    ndarray,
    optimizer,
    random,
    recordio,
    registry,
    runtime,
    symbol,
    util,
)
from . import initializer as init  # noqa: E402
from . import kvstore as kv  # noqa: E402
from . import module as mod  # noqa: E402
from . import monitor as mon  # noqa: E402
from . import ndarray as nd  # noqa: E402
from . import random as rnd  # noqa: E402
from . import symbol as sym  # noqa: E402
from .attribute import AttrScope  # noqa: E402
from .base import MXNetError  # noqa: E402
from .context import Context, cpu, cpu_pinned, cpu_shared, current_context, gpu, mps, num_gpus  # noqa: E402
from .util import (  # noqa: E402
    is_np_array,
    is_np_shape,
    np_array,
    np_shape,
    set_np_shape,
    use_np,
    use_np_array,
    use_np_shape,
)

if TYPE_CHECKING:
    from . import (  # noqa: F401
        contrib,
        device,
        executor_manager,
        gluon,
        image,
        library,
        misc,
        ndarray_doc,
        notebook,
        numpy,
        numpy_dispatch_protocol,
        numpy_extension,
        numpy_op_fallback,
        numpy_op_signature,
        onnx,
        operator,
        profiler,
        rnn,
        rtc,
        symbol_doc,
        test_utils,
        visualization,
    )
    from . import image as img
    from . import numpy as np
    from . import numpy_extension as npx
    from . import visualization as viz

# The version of the interface; remx's own is that of its distribution.
__version__ = "1.9.1"

# Modules that few programs need, imported on first use: shown name -> module.
_LAZY = {"img": "image", "np": "numpy", "npx": "numpy_extension", "viz": "visualization"}
_SAME_NAME = """
    contrib device executor_manager gluon image library misc ndarray_doc notebook numpy numpy_dispatch_protocol
    numpy_extension numpy_op_fallback numpy_op_signature onnx operator profiler rnn rtc symbol_doc test_utils
    visualization
"""
_LAZY.update({_name: _name for _name in _SAME_NAME.split()})


if not TYPE_CHECKING:  # type checkers would take any name for one of these

    def __getattr__(name: str) -> _Any:
        if name in _LAZY:
            module = _importlib.import_module(f".{_LAZY[name]}", __name__)
            globals()[name] = module
            return module
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


__all__ = [
    "AttrScope",
    "Context",
    "MXNetError",
    "api",
    "attribute",
    "autograd",
    "base",
    "callback",
    "context",
    "contrib",
    "cpu",
    "cpu_pinned",
    "cpu_shared",
    "current_context",
    "engine",
    "error",
    "executor",
    "executor_manager",
    "gluon",
    "gpu",
    "image",
    "img",
    "init",
    "initializer",
    "io",
    "is_np_array",
    "is_np_shape",
    "kv",
    "kvstore",
    "libinfo",
    "log",
    "lr_scheduler",
    "metric",
    "misc",
    "mod",
    "model",
    "module",
    "mon",
    "monitor",
    "mps",
    "name",
    "nd",
    "ndarray",
    "ndarray_doc",
    "np",
    "np_array",
    "np_shape",
    "npx",
    "num_gpus",
    "numpy",
    "numpy_extension",
    "operator",
    "optimizer",
    "random",
    "recordio",
    "registry",
    "rnd",
    "rnn",
    "runtime",
    "set_np_shape",
    "sym",
    "symbol",
    "symbol_doc",
    "test_utils",
    "use_np",
    "use_np_array",
    "use_np_shape",
    "util",
    "visualization",
    "viz",
]

if _env.flag("MXNET_PROFILER_AUTOSTART"):
    _importlib.import_module(".profiler", __name__)._start_with_import()
