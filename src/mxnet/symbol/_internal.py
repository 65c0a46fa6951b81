"""Operators over Symbols of the ``_internal`` namespace, generated from the registry."""

from typing import TYPE_CHECKING

from .._core.absent import Absent
from .._core.frontend.namespaces import install
from .._core.frontend.sym import make_function

if TYPE_CHECKING:
    from ._stubs._internal import *  # noqa: F403

# A node of it would be a whole hybridized block, whose graph is shown instead.
_CachedOp = Absent(f"{__name__}._CachedOp", "graphs of hybridized blocks are shown node by node (autograd.get_symbol)")

install(__name__, "_internal", make_function)
