"""All public operators over NDArrays, generated from the registry."""

from typing import TYPE_CHECKING

from .._core.frontend.namespaces import install
from ._array import make_function
from ._cached_op import CachedOp  # noqa: F401

if TYPE_CHECKING:
    from ._stubs.op import *  # noqa: F403

install(__name__, "", make_function)
