"""Image operators over Symbols, generated from the registry."""

from typing import TYPE_CHECKING

from .._core.frontend.namespaces import install
from ._functions import make_function

if TYPE_CHECKING:
    from ._stubs.image import *  # noqa: F403

install(__name__, "image", make_function)
