"""The array class of ``mxnet.numpy`` and all functions over it, by name; see the private modules beside this one."""

from __future__ import annotations

from typing import Any

from . import _creation, _editing, _elementwise, _products, _reduction, _selection, _shape, fallback
from ._array import ndarray
from ._methods import install as _install  # noqa: F401  (importing it completes the class)

_FUNCTIONS: dict[str, Any] = {
    **fallback._FUNCTIONS,
    **_creation.FUNCTIONS,
    **_editing.FUNCTIONS,
    **_elementwise.FUNCTIONS,
    **_products.FUNCTIONS,
    **_reduction.FUNCTIONS,
    **_selection.FUNCTIONS,
    **_shape.FUNCTIONS,
}
for _name, _fn in _FUNCTIONS.items():
    _fn.__module__ = "mxnet.numpy"
globals().update(_FUNCTIONS)

__all__ = ["ndarray", *_FUNCTIONS]
