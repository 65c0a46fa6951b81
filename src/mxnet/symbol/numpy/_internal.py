"""The operators ``_npi_*``, generated from the registry: what the functions of ``mx.sym.np`` consist of."""

from ..._core.frontend.namespaces import install
from ._function import make_function

install(__name__, "numpy._internal", make_function)
