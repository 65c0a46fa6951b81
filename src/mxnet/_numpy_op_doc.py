"""Functions of `mxnet.numpy` and `mxnet.numpy_extension` by the names of their operators, for documentation."""

from __future__ import annotations

import contextlib

from ._core.registry import all_names
from .numpy_op_signature import _get_builtin_op

# Operators of MXNet's that are no operators here: their functions are written without.
_FUNCTIONS = ("_np__random_shuffle",)

for _name in (*all_names(), *_FUNCTIONS):
    if _name.startswith(("_np_", "_npx_")):
        with contextlib.suppress(ValueError):  # operators that there is no function of
            globals()[_name] = _get_builtin_op(_name)
