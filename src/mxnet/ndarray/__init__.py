"""The NDArray package: arrays, functions that make them, and all operators over them (``mx.nd``)."""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING
from typing import Any as _Any

from .._core.frontend import fluent as _fluent
from .._core.frontend.namespaces import install as _install
from . import _indexing, _internal, contrib, image, linalg, op, random, register, sparse, utils  # noqa: F401
from ._array import NDArray as _NDArray
from ._array import make_function as _make_function
from ._cached_op import CachedOp  # noqa: F401
from .ndarray import *  # noqa: F403
from .utils import *  # noqa: F403  (array, empty and zeros of any storage type)

if TYPE_CHECKING:
    from ._stubs.package import *  # noqa: F403

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

_NDArray.__getitem__ = _indexing.getitem  # type: ignore[assignment]
_NDArray.__setitem__ = _indexing.setitem  # type: ignore[assignment]
_NDArray._basic_indexing_slice_is_contiguous = staticmethod(_indexing.slice_is_contiguous)  # type: ignore[attr-defined]


def _find(name: str) -> object:
    return globals()[name] if name in globals() else getattr(op, name)


_fluent.install(_NDArray, _find, "NDArray")
