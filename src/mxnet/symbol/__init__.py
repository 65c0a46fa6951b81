"""The Symbol package: symbols, functions that make them, and all operators over them (``mx.sym``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .._core.frontend import fluent as _fluent
from .._core.frontend.namespaces import install as _install
from . import _internal, contrib, image, linalg, op, random, register, sparse
from . import _methods as _methods  # gives Symbol its methods
from . import symbol as symbol
from ._functions import make_function as _make_function
from .symbol import *  # noqa: F403
from .symbol import Symbol
from .symbol import __all__ as _names
from .symbol import fromjson as fromjson

if TYPE_CHECKING:
    from ._stubs.package import *  # noqa: F403

__all__ = [*_names, "_internal", "contrib", "image", "linalg", "op", "random", "register", "sparse"]

# Operators are made on first use, and ``F.np`` and ``F.npx`` of blocks imported; what is written by hand above wins.
_NUMPY = {"np": "numpy", "npx": "numpy_extension", "numpy": "numpy", "numpy_extension": "numpy_extension"}
_install(__name__, "", _make_function, _NUMPY)

_fluent.add_methods(Symbol, __name__)
