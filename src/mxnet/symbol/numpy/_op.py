"""The operators ``_np_*``, generated from the registry."""

from ..._core.frontend.namespaces import install
from ._function import make_function

install(__name__, "numpy", make_function)
