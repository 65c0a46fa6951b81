"""Operators over NDArrays of the ``linalg`` namespace, generated from the registry."""

from .._core.frontend.namespaces import install
from .._core.frontend.nd import make_function

install(__name__, "linalg", make_function)
