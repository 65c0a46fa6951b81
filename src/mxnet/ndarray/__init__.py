"""The NDArray package: arrays, functions that make them, and all operators over them (``mx.nd``)."""

from __future__ import annotations

from typing import TYPE_CHECKING

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

# Operators are made on first use, and ``F.np`` and ``F.npx`` of blocks imported; what is written by hand above wins.
_NUMPY = {"np": "numpy", "npx": "numpy_extension", "numpy": "numpy", "numpy_extension": "numpy_extension"}
_install(__name__, "", _make_function, _NUMPY)

_NDArray.__getitem__ = _indexing.getitem  # type: ignore[assignment]
_NDArray.__setitem__ = _indexing.setitem  # type: ignore[assignment]
_NDArray._basic_indexing_slice_is_contiguous = staticmethod(_indexing.slice_is_contiguous)  # type: ignore[attr-defined]

_fluent.add_methods(_NDArray, __name__)
