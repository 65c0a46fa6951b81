"""Hooks into `import`: what happens after a module is there, and how the user's own sources become code."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import os
import sys
import sysconfig
from collections.abc import Callable, Sequence
from types import CodeType, ModuleType
from typing import Any

Compile = Callable[[bytes, str], CodeType]

_after: dict[str, list[Callable[[ModuleType], None]]] = {}
_transform: Compile | None = None
# Folders whose modules are other people's: the standard library and what is installed.
_INSTALLED = tuple(
    os.path.realpath(sysconfig.get_path(name)) + os.sep for name in ("stdlib", "platstdlib", "purelib", "platlib")
)


def after_import(name: str, patch: Callable[[ModuleType], None]) -> None:
    """Have a module patched when it is imported, or now if it is."""
    if name in sys.modules:
        patch(sys.modules[name])
    else:
        _after.setdefault(name, []).append(patch)
        _install()


def transform_user_code(transform: Compile) -> None:
    """Have sources compiled by ``transform(source, path)``, but for those of the standard library and packages."""
    global _transform
    _transform = transform
    _install()


def compile_source(source: bytes, path: str) -> CodeType:
    """The code of a source of the user's."""
    if _transform is not None:
        return _transform(source, path)
    return compile(source, path, "exec", dont_inherit=True)


class _UserLoader(importlib.machinery.SourceFileLoader):
    """Compiles the user's sources itself."""

    def get_code(self, fullname: str) -> CodeType | None:
        """The code, never from a cache where sources are transformed, and never into one."""
        path = self.get_filename(fullname)
        if _transform is None or os.path.realpath(path).startswith(_INSTALLED):
            return super().get_code(fullname)
        return compile_source(self.get_data(path), path)


class _PatchedLoader(_UserLoader):
    """Calls the patches of a module when it is there."""

    def exec_module(self, module: ModuleType) -> None:
        """Run the module, then its patches."""
        super().exec_module(module)
        for patch in _after.pop(module.__name__, ()):
            patch(module)


class _Finder(importlib.abc.MetaPathFinder):
    def find_spec(self, fullname: str, path: Sequence[str] | None, target: Any = None) -> Any:
        """The specification that Python itself finds, with our loader."""
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target)
        if spec is None or type(spec.loader) is not importlib.machinery.SourceFileLoader:
            return None
        if fullname not in _after and (_transform is None or str(spec.origin).startswith(_INSTALLED)):
            return None
        loader = _PatchedLoader if fullname in _after else _UserLoader
        spec.loader = loader(fullname, str(spec.origin))
        return spec


def _install() -> None:
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
