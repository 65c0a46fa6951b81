"""Operators under their names in ``mx.npx``: all that the registry knows as ``_npx_*``."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.frontend.namespaces import install
from .._core.ops.numpy import codes, extension
from ..numpy._calls import operator
from ._calls import make_function

if TYPE_CHECKING:
    from ._stubs._op import *  # noqa: F403

# Those with NumPy's own signatures; all others are generated.
_WRITTEN = {
    "constraint_check": operator(extension.constraint_check, "constraint_check", "x, msg='Constraint violated.'"),
    "nonzero": operator(extension.nonzero, "nonzero", "a"),
    "reshape": operator(codes.reshape, "reshape", "a, newshape, reverse=False, order='C'"),
}
for _fn in _WRITTEN.values():
    _fn.__module__ = "mxnet.numpy_extension"
globals().update(_WRITTEN)
__all__ = [*_WRITTEN]

install(__name__, "numpy_extension", make_function)
