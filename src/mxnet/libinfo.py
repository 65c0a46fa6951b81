"""The version, and where files of the library are."""

from __future__ import annotations

import os
from typing import NoReturn

from ._core import env

__version__ = "1.9.1"


def _from_environment(variable: str, is_there: object, what: str) -> str:
    found = env.text(variable)
    if found and is_there(found):  # type: ignore[operator]
        return found
    raise RuntimeError(_none(variable, what) + (f" (now {found!r}, which is not there)" if found else ""))


def _none(variable: str, what: str) -> str:
    return f"Cannot find {what}: remx is Python code on PyTorch and has none. Set {variable} to use another one"


class _NoLibrary(list):
    """An empty list of paths, which says why it is empty."""

    def __getitem__(self, position: object) -> NoReturn:
        raise RuntimeError(_none("MXNET_LIBRARY_PATH", "the native library"))


def find_lib_path(prefix: str = "libmxnet") -> list[str]:
    """The paths of the native library: what ``MXNET_LIBRARY_PATH`` names, or none, as remx has no library of its own.

    Raises
    ------
    RuntimeError
        When the variable names what is not there; and by the first path of an empty list.
    """
    if not env.is_set("MXNET_LIBRARY_PATH"):
        return _NoLibrary()
    return [_from_environment("MXNET_LIBRARY_PATH", os.path.isfile, f"the library {prefix}")]


def find_include_path() -> str:
    """The folder of the C headers: what ``MXNET_INCLUDE_PATH`` names.

    Raises
    ------
    RuntimeError
        When it names none, as remx has no C headers.
    """
    return _from_environment("MXNET_INCLUDE_PATH", os.path.isdir, "the C headers")


def find_conf_path(prefix: str = "tvmop") -> list[str]:
    """The path of the TVM operators' configuration: what ``MXNET_CONF_PATH`` names.

    Raises
    ------
    RuntimeError
        When it names none, as remx has no TVM operators.
    """
    return [_from_environment("MXNET_CONF_PATH", os.path.isfile, f"the configuration {prefix}.conf")]
