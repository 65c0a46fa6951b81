"""All public operators over NDArrays, generated from the registry."""

from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function

install(__name__, "", make_function)
