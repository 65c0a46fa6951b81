"""Operators over Symbols of the ``_internal`` namespace, generated from the registry."""

from .._core.frontend.namespaces import install
from .._core.frontend.sym import make_function

install(__name__, "_internal", make_function)
