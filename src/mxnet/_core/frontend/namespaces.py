"""Which public namespace an operator's name belongs to, and lazily filled modules for these namespaces."""

from __future__ import annotations

import builtins
import functools
import importlib
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from ..registry import OpDef, all_names, get_op
from ..spelling import suggestion

# Prefix of an operator's name -> sub-namespace. The sub-namespace shows the name without its prefix.
_PREFIXES = {
    "_contrib_": "contrib",
    "_linalg_": "linalg",
    "_random_": "random",
    "_sample_": "random",
    "_image_": "image",
    "_sparse_": "sparse",
    # The NumPy interface: what users call, what stands behind its functions, and what NumPy does not have.
    "_np_": "numpy",
    "_npi_": "numpy._internal",
    "_npx__image_": "numpy_extension.image",
    "_npx_": "numpy_extension",
}
# Operators of these namespaces are reachable by their full names too, in ``_internal``.
_SHOWN_INTERNALLY = ("random", "contrib", "linalg", "image", "sparse")


def split_name(name: str) -> tuple[str, str]:
    """The namespace and the name shown there: ``_contrib_box_nms`` -> ``("contrib", "box_nms")``.

    The classic public operators are in ``""``, other names with an underscore in ``"_internal"``.
    """
    for prefix, space in _PREFIXES.items():
        if name.startswith(prefix):
            return space, name[len(prefix) :]
    return ("_internal", name) if name.startswith("_") else ("", name)


def names_in(space: str) -> dict[str, str]:
    """Shown name -> operator name, of one namespace."""
    found = {}
    for name in all_names():
        where, shown = split_name(name)
        if where == space:
            found[shown] = name
        elif space == "_internal" and where in _SHOWN_INTERNALLY:
            found[name] = name
    return found


def _belongs(module_name: str, name: str, value: object) -> bool:
    """Whether a value in a module is its own, or that of a module below it, and no helper from elsewhere."""
    home = value.__name__ if isinstance(value, ModuleType) else getattr(value, "__module__", None) or ""
    return not name.startswith("_") and home.startswith(module_name)


def install(
    module_name: str, space: str, make: Callable[[OpDef, str], Any], modules: Mapping[str, str] | None = None
) -> None:
    """Give a module the functions of a namespace, each made on first use.

    Hand-written functions of the module win. ``from module import *`` brings them all.

    Parameters
    ----------
    module_name, space : str
    make : callable
        ``make(operator, shown name)`` gives a function.
    modules : dict of str to str, optional
        Modules of the package that are imported on first use, by what they are called there.
    """
    module = sys.modules[module_name]
    made: dict[str, Any] = {}
    written = vars(module).pop("__all__", None)

    @functools.cache
    def generated() -> dict[str, str]:
        return names_in(space)

    def exported() -> list[str]:
        own = [n for n, v in vars(module).items() if _belongs(module_name, n, v)] if written is None else written
        return sorted({*own, *generated()})

    def __getattr__(name: str) -> Any:
        if name in made:
            return made[name]
        if name == "__all__":
            return exported()
        if modules and name in modules:
            made[name] = found = importlib.import_module(f".{modules[name]}", module_name)
            setattr(module, name, found)
            return found
        table = generated()
        target = table.get(name)
        if target is None:
            if name.startswith("__"):
                raise AttributeError(f"module {module_name!r} has no attribute {name!r}")
            raise AttributeError(f"module {module_name!r} has no attribute {name!r}{suggestion(name, table)}")
        fn = make(get_op(target), name)
        fn.__module__ = module_name
        made[name] = fn
        # The modules of sub-namespaces have code of their own, in which ``slice`` or ``sum`` must stay Python's.
        if not (space and hasattr(builtins, name)):
            setattr(module, name, fn)
        return fn

    def __dir__() -> list[str]:
        return sorted({*vars(module), *generated()})

    module.__getattr__ = __getattr__  # type: ignore[method-assign]
    module.__dir__ = __dir__  # type: ignore[method-assign]
    module._generated = generated  # type: ignore[attr-defined]
