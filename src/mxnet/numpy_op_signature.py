"""Functions of `mxnet.numpy` and `mxnet.numpy_extension` by the names that MXNet registers them under."""

from __future__ import annotations

import inspect
from typing import Any

from . import numpy as mx_np
from . import numpy_extension as mx_npx

_PREFIXES = {"_np_": mx_np, "_npx_": mx_npx}


def _get_builtin_op(op_name: str) -> Any:
    """The function behind a registered name, such as ``_np_sum`` or ``_npx_relu``; None for other operators.

    Raises
    ------
    ValueError
        When the module has no such function.
    """
    for prefix, module in _PREFIXES.items():
        if op_name.startswith(prefix):
            name = op_name[len(prefix) :].lstrip("_")  # _npx__image_resize is of the module image
            for part, inner in vars(module).items():
                if name.startswith(f"{part}_") and getattr(inner, "__name__", "") == f"{module.__name__}.{part}":
                    module, name = inner, name[len(part) + 1 :]
                    break
            if hasattr(module, name):
                found = getattr(module, name)
                vars(found).setdefault("__signature__", inspect.signature(found))
                return found
            raise ValueError(f"{module.__name__} has no function {name!r}")
    return None
