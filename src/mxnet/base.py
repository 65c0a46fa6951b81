"""Errors, type tuples and the small helpers that MXNet kept in ``mxnet.base``."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import numpy as np

from ._core import env
from ._core.errors import (  # noqa: F401
    ArgumentTypeError,
    ArgumentValueError,
    MissingFeatureError,
    MXNetError,
    NotImplementedForSymbol,
    NotSupportedForSparseNDArray,
    OperatorIndexError,
    OperatorTypeError,
    OperatorValueError,
    UnknownNameError,
)
from ._core.native import NativeLibrary

__all__ = ["MXNetError"]

mx_real_t = np.float32
mx_uint = ctypes.c_uint
mx_float = ctypes.c_float
mx_float_p = ctypes.POINTER(ctypes.c_float)
mx_int = ctypes.c_int
mx_int64 = ctypes.c_int64
# The kinds of pointers that MXNet's library hands out; here they are names for casts only.
NDArrayHandle = SymbolHandle = ExecutorHandle = CachedOpHandle = OpHandle = FunctionHandle = ctypes.c_void_p
DataIterHandle = DataIterCreatorHandle = RecordIOHandle = KVStoreHandle = ProfileHandle = ctypes.c_void_p
CudaModuleHandle = CudaKernelHandle = RtcHandle = DLPackHandle = ctypes.c_void_p
_LIB = NativeLibrary()
long = int
string_types = (str,)
integer_types = (int, np.int32, np.int64)
numeric_types = (float, int, np.generic)


class _NullType:
    """Marks a parameter which the caller has not given."""

    _instance: _NullType | None = None

    def __new__(cls) -> _NullType:
        if cls._instance is None:
            cls._instance = super().__new__(cls)
        return cls._instance

    def __repr__(self) -> str:
        return "_Null"

    def __bool__(self) -> bool:
        return False

    def __reduce__(self) -> str:
        return "_Null"


_Null = _NullType()


class MXCallbackList(ctypes.Structure):
    """A list of C callbacks (kept for code that names the type)."""

    _fields_ = [
        ("num_callbacks", ctypes.c_int),
        ("callbacks", ctypes.POINTER(ctypes.CFUNCTYPE(ctypes.c_int))),
        ("contexts", ctypes.POINTER(ctypes.c_void_p)),
    ]


# Errors by the name that a message may begin with ("ValueError: ..."), see register_error.
_ERROR_TYPES: dict[str, type[Exception]] = {
    "MXNetError": MXNetError,
    "ValueError": ValueError,
    "TypeError": TypeError,
    "AttributeError": AttributeError,
    "IndexError": IndexError,
    "NotImplementedError": NotImplementedError,
}
error_types = _ERROR_TYPES


def register_error(func_name: str | type[Exception] | None = None, cls: type[Exception] | None = None) -> Any:
    """Register an exception class under a name, so that messages beginning with it raise this class.

    Usable as a function ``register_error("MyError", MyError)`` or as a class decorator.
    """
    if callable(func_name):
        cls = func_name
        func_name = cls.__name__

    def register(mycls: type[Exception]) -> type[Exception]:
        _ERROR_TYPES[func_name or mycls.__name__] = mycls
        return mycls

    return register if cls is None else register(cls)


def c2pyerror(err_msg: str) -> tuple[str, str | None]:
    """Split a message of the form ``"ErrorName: text"`` into the message and the error's name, if there is one."""
    name, colon, _ = err_msg.partition(":")
    return (err_msg, name.strip()) if colon and name.strip().isidentifier() else (err_msg, None)


def get_last_ffi_error() -> MXNetError:
    """An error object for interface compatibility: remx raises where things happen and stores no last error."""
    return MXNetError("no error is pending: remx raises errors in the call that caused them")


def check_call(ret: int) -> None:
    """Raise when a C-style return code is not zero."""
    if ret != 0:
        raise get_last_ffi_error()


def py_str(x: bytes | str) -> str:
    """Decode UTF-8 bytes; text stays as it is."""
    return x.decode("utf-8") if isinstance(x, bytes) else x


def c_str(string: str) -> ctypes.c_char_p:
    """A C string of a Python string."""
    return ctypes.c_char_p(string.encode("utf-8"))


def c_str_array(strings: Sequence[str]) -> Any:
    """A C array of C strings."""
    return (ctypes.c_char_p * len(strings))(*[s.encode("utf-8") for s in strings])


def c_array(ctype: Any, values: Sequence[Any]) -> Any:
    """A C array of ``ctype`` with the given values."""
    return (ctype * len(values))(*values)


def c_array_buf(ctype: Any, buf: Any) -> Any:
    """A C array over an existing buffer, without a copy."""
    return (ctype * len(buf)).from_buffer(buf)


def c_handle_array(objs: Sequence[object]) -> Any:
    """A C array of the ``handle`` of each object."""
    return (ctypes.c_void_p * len(objs))(*[getattr(o, "handle", None) for o in objs])


def ctypes2buffer(cptr: object, length: int) -> bytearray:
    """Copy ``length`` bytes behind a ``char*`` into a bytearray."""
    if not isinstance(cptr, ctypes.POINTER(ctypes.c_char)):
        raise TypeError("expected char pointer")
    return bytearray(ctypes.string_at(cptr, length))


def ctypes2numpy_shared(cptr: object, shape: tuple[int, ...]) -> np.ndarray:
    """A NumPy array over the memory behind a ``float*``."""
    if not isinstance(cptr, mx_float_p):
        raise RuntimeError("expected float pointer")
    return np.ctypeslib.as_array(cptr, shape=shape)


def build_param_doc(
    arg_names: Sequence[str], arg_types: Sequence[str], arg_descs: Sequence[str], remove_dup: bool = True
) -> str:
    """The "Parameters" section of a docstring from parallel lists of names, types and descriptions."""
    seen: set[str] = set()
    lines = []
    for name, kind, text in zip(arg_names, arg_types, arg_descs):
        if (name in seen and remove_dup) or name == "num_args":
            continue
        seen.add(name)
        lines.append(f"{name} : {kind}" + (f"\n    {text}" if text else ""))
    return "Parameters\n----------\n" + "\n".join(lines) + "\n"


def add_fileline_to_docstring(module: ModuleType | str, incursive: bool = True) -> None:
    """Append "From:file:line" to the docstrings of a module's functions."""
    import inspect
    import sys

    target = sys.modules[module] if isinstance(module, str) else module
    for _, obj in inspect.getmembers(target):
        if inspect.isfunction(obj) and obj.__doc__ and obj.__module__ == target.__name__:
            code = obj.__code__
            if "From:" not in obj.__doc__:
                obj.__doc__ += f"\n\nFrom:{code.co_filename}:{code.co_firstlineno}"
        elif incursive and inspect.isclass(obj) and obj.__module__ == target.__name__:
            for _, method in inspect.getmembers(obj, inspect.isfunction):
                if method.__doc__ and "From:" not in method.__doc__:
                    method.__doc__ += f"\n\nFrom:{method.__code__.co_filename}:{method.__code__.co_firstlineno}"


class _ClassProperty:
    def __init__(self, fget: classmethod[Any, Any, Any] | staticmethod[Any, Any]) -> None:
        self.fget = fget

    def __get__(self, obj: object, owner: type | None = None) -> Any:
        return self.fget.__get__(obj, owner or type(obj))()


def classproperty(func: Callable[..., Any]) -> _ClassProperty:
    """A read-only property of the class itself."""
    return _ClassProperty(func if isinstance(func, (classmethod, staticmethod)) else classmethod(func))


def with_metaclass(meta: type, *bases: type) -> Any:
    """A base class which makes its subclasses be created by ``meta``."""

    class _Temporary(type):
        def __new__(mcs, name: str, this_bases: tuple[type, ...], namespace: dict[str, Any]) -> Any:
            return meta(name, bases, namespace)

    return type.__new__(_Temporary, "temporary_class", (), {})


def data_dir_default() -> str:
    """The folder for downloaded data when ``MXNET_HOME`` is not set: ``~/.mxnet`` (``%APPDATA%/mxnet`` on Windows)."""
    if os.name == "nt":
        return os.path.join(os.environ.get("APPDATA", os.path.expanduser("~")), "mxnet")
    return os.path.join(os.path.expanduser("~"), ".mxnet")


def data_dir() -> str:
    """The folder for downloaded data: ``MXNET_HOME`` or the default."""
    return env.text("MXNET_HOME") or data_dir_default()


def _as_list(obj: object) -> list[Any]:
    """A list or tuple as it is, anything else as a list of one."""
    return obj if isinstance(obj, (list, tuple)) else [obj]  # type: ignore[return-value]
