"""The Symbol package: symbols, functions that make them, and all operators over them (``mx.sym``)."""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING
from typing import Any as _Any

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

# Operators are made on first use; what is written by hand above wins.
_install(__name__, "", _make_function)
_operator = globals()["__getattr__"]


if not TYPE_CHECKING:  # type checkers know the operators from the stubs, and would take any name for one

    def __getattr__(name: str) -> _Any:
        """``F.np`` and ``F.npx`` of blocks, which come with the first use; everything else is an operator."""
        if name in _NUMPY:
            found = globals()[name] = _importlib.import_module(f".{_NUMPY[name]}", __name__)
            return found
        return _operator(name)


_NUMPY = {"np": "numpy", "npx": "numpy_extension", "numpy": "numpy", "numpy_extension": "numpy_extension"}


def _find(name: str) -> object:
    return globals()[name] if name in globals() else getattr(op, name)


_fluent.install(Symbol, _find, "Symbol")
