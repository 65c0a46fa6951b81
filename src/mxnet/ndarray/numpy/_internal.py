"""The operators ``_npi_*``, generated from the registry: what the functions of ``mx.np`` run."""

from ..._core.frontend.namespaces import install
from ...numpy_extension._calls import make_function

install(__name__, "numpy._internal", make_function)
