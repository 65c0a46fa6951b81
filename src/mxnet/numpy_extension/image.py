"""Operators over images (``mx.npx.image``), and what :mod:`mxnet.image` has besides."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from .._core.frontend.namespaces import install
from ._calls import make_function

if TYPE_CHECKING:
    from ._stubs.image import *  # noqa: F403

install(__name__, "numpy_extension.image", make_function)
_operator = globals()["__getattr__"]
_operators = globals()["__dir__"]


def _pictures() -> Any:
    """The package of augmenters and iterators, which needs most of this one."""
    return importlib.import_module("mxnet.image")


if not TYPE_CHECKING:  # type checkers know the operators from the stubs, and would take any name for one

    def __getattr__(name: str) -> Any:
        """Operators first: ``mxnet.image`` has some of the same names, over classic arrays."""
        if name.startswith("__") or name in globals()["_generated"]():
            return _operator(name)
        return getattr(_pictures(), name)


def __dir__() -> list[str]:
    return sorted({*_operators(), *dir(_pictures())})
