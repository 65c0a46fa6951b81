"""Reading pickled optimizer states without trusting them.

MXNet stores ``pickle.dumps(states)``: a dict of arrays, with or without the optimizer. An ordinary unpickler would run
whatever a file asks for. This one makes arrays, optimizers, learning rate schedulers and plain data, and refuses
everything else; nothing is imported because a file names it.
"""

from __future__ import annotations

import collections
import io
import pickle
import struct
import types
from collections.abc import Callable
from typing import Any

import numpy as np

from ..base import MXNetError


class _NumpyType:
    """What a pickled ``numpy.dtype`` becomes until :func:`_numpy_scalar` needs it."""

    def __init__(self, code: str, *flags: Any) -> None:
        dtype = np.dtype(code)
        if dtype.kind not in "biuf":
            raise pickle.UnpicklingError(f"NumPy type {code!r} is not a number")
        self._dtype = dtype

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self._dtype = self._dtype.newbyteorder(state[1])

    def scalar(self, data: bytes) -> Any:
        return np.frombuffer(data, self._dtype, 1)[0]


def _numpy_scalar(dtype: _NumpyType, data: bytes | str) -> Any:
    return dtype.scalar(data.encode("latin-1") if isinstance(data, str) else data)


def _bytearray(data: bytes | str = b"", encoding: str = "latin-1") -> bytearray:
    """A bytearray of bytes; ``bytearray(n)`` would allocate what a file asks for."""
    if isinstance(data, str):
        data = data.encode(encoding)
    if not isinstance(data, bytes):
        raise pickle.UnpicklingError(f"bytearray of {type(data).__name__}")
    return bytearray(data)


def _latin1(text: str, encoding: str = "latin-1") -> bytes:
    return text.encode(encoding)


def _rebuild(cls: Any, base: type, state: Any) -> Any:
    """``copyreg._reconstructor`` for plain classes (pickle protocols 0 and 1)."""
    if base is not object or not isinstance(cls, type):
        raise pickle.UnpicklingError(f"cannot rebuild {cls!r} from {base!r}")
    return object.__new__(cls)


# What a file may name besides our own classes; each takes plain data only.
_PLAIN: dict[tuple[str, str], Any] = {
    ("builtins", "bytearray"): _bytearray,
    ("builtins", "object"): object,
    ("builtins", "set"): set,
    ("builtins", "frozenset"): frozenset,
    ("builtins", "complex"): complex,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("_codecs", "encode"): _latin1,
    ("copyreg", "_reconstructor"): _rebuild,
    ("numpy", "dtype"): _NumpyType,
    ("numpy.core.multiarray", "scalar"): _numpy_scalar,
    ("numpy._core.multiarray", "scalar"): _numpy_scalar,
}
# Python 2's names, which old files hold.
_PYTHON2 = {"__builtin__": "builtins", "copy_reg": "copyreg"}


def _subclass(base: type, accept: Callable[[type], bool]) -> type | None:
    """A class that derives from ``base`` (or is it) and is accepted."""
    todo = [base]
    while todo:
        cls = todo.pop()
        if accept(cls):
            return cls
        todo += cls.__subclasses__()
    return None


def _find_class(module: str, name: str) -> Any:
    """What a file means by a module and a name.

    Raises
    ------
    pickle.UnpicklingError
        When it is nothing that optimizer states hold.
    """
    found = _PLAIN.get((_PYTHON2.get(module, module), name))
    if found is not None:
        return found
    from ..lr_scheduler import LRScheduler
    from ..ndarray.ndarray import NDArray
    from ..optimizer import Optimizer

    own = module.startswith("mxnet.")
    for base in (NDArray, Optimizer, LRScheduler):
        # Classes of ours by name: their modules differ between versions. The user's own (registered or only defined) by
        # module and name.
        cls = _subclass(
            base,
            lambda c: (
                c.__name__ == name and c.__module__.startswith("mxnet.")
                if own
                else (c.__module__, c.__qualname__) == (module, name)
            ),
        )
        if cls is not None:
            return cls
    raise pickle.UnpicklingError(f"it refers to {module}.{name}, which optimizer states do not hold")


_InPython: Any = pickle._Unpickler  # type: ignore[attr-defined]


class _Unpickler(_InPython):
    """The unpickler written in Python: unlike the one in C it allocates nothing because of a number in a file."""

    # Persistent objects, extension codes, old-style instances and buffers outside the file do not occur.
    dispatch = {
        key: value
        for key, value in _InPython.dispatch.items()
        if bytes([key])
        not in (
            pickle.PERSID,
            pickle.BINPERSID,
            pickle.EXT1,
            pickle.EXT2,
            pickle.EXT4,
            pickle.INST,
            pickle.OBJ,
            pickle.NEXT_BUFFER,
            pickle.READONLY_BUFFER,
        )
    }

    def find_class(self, module: str, name: str) -> Any:
        return _find_class(module, name)

    def _load_build(self) -> None:
        if isinstance(self.stack[-2], (type, types.FunctionType)):
            raise pickle.UnpicklingError("it changes a class or function")
        super().load_build()

    def _load_bytearray8(self) -> None:
        (length,) = struct.unpack("<Q", self.read(8))
        self.append(bytearray(self.read(length)))

    dispatch[pickle.BUILD[0]] = _load_build
    dispatch[pickle.BYTEARRAY8[0]] = _load_bytearray8


def loads(data: bytes, what: str = "optimizer states") -> Any:
    """Unpickle optimizer states.

    Parameters
    ----------
    data : bytes
    what : str
        What to call it in messages.

    Raises
    ------
    MXNetError
        When the data is damaged, or names a class or function that optimizer states do not hold.
    """
    try:
        return _Unpickler(io.BytesIO(data)).load()
    except MXNetError as e:
        raise MXNetError(f"cannot read {what}: {e}") from e
    except (
        pickle.UnpicklingError,
        ArithmeticError,
        AttributeError,
        EOFError,
        LookupError,
        NameError,
        TypeError,
        ValueError,
        struct.error,
    ) as e:
        raise MXNetError(f"cannot read {what}: {e or type(e).__name__}") from e
