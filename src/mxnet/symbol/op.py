"""All public operators over Symbols, generated from the registry."""

from .._core.frontend.namespaces import install
from .._core.frontend.sym import make_function

install(__name__, "", make_function)
