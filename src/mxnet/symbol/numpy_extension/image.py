"""The operators ``_npx__image_*``, generated from the registry."""

from ..._core.frontend.namespaces import install
from ..numpy._function import make_function

install(__name__, "numpy_extension.image", make_function)
