"""What stands in the place of MXNet's C library: the few of its functions that scripts call and Python can answer."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any

import torch

from .absent import Absent

# Scripts that pass DLPack capsules through ctypes expect that the import has set these types.
ctypes.pythonapi.PyCapsule_New.restype = ctypes.py_object
ctypes.pythonapi.PyCapsule_GetPointer.restype = ctypes.c_void_p


def pointed(target: Any) -> Any:
    """What ``ctypes.byref(x)`` or a pointer points to."""
    return target._obj if hasattr(target, "_obj") else target.contents


def _tell(record: Any, position: object) -> int:
    pointed(position).value = record._file.tell()
    return 0


def _set_threads(count: Any) -> int:
    torch.set_num_threads(int(getattr(count, "value", count)))
    return 0


def _version(out: object) -> int:
    pointed(out).value = 10901
    return 0


# Each gives 0, for `mxnet.base.check_call`.
_FUNCTIONS: dict[str, Callable[..., int]] = {
    "MXGetVersion": _version,
    "MXRecordIOReaderTell": _tell,
    "MXRecordIOWriterTell": _tell,
    "MXSetNumOMPThreads": _set_threads,
}


def offer(name: str, function: Callable[..., int]) -> None:
    """Make a function one of the library's; of layers above, which know arrays."""
    _FUNCTIONS[name] = function


class NativeLibrary(Absent):
    """``mxnet.base._LIB``: a `ctypes.CDLL` in MXNet."""

    def __init__(self) -> None:
        super().__init__("mxnet.base._LIB", "")

    def __getattr__(self, name: str) -> Any:
        if name in _FUNCTIONS:
            return _FUNCTIONS[name]
        if name.startswith("__"):
            raise AttributeError(name)
        return Absent(f"mxnet.base._LIB.{name}", "there is no native library; use the functions of Python")
