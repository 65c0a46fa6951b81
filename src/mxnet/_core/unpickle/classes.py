"""What a file may name: our arrays, optimizers and schedulers, the user's, and a few makers of plain data."""

from __future__ import annotations

import collections
import inspect
import pickle
from collections.abc import Callable
from typing import Any

import numpy as np

from ..text import quoted
from ..types import DTypeLike
from .checks import Bases, Keys

# A class or maker, given its arguments. ``spend`` is told how many bytes a maker copies.
Spend = Callable[[int], None]

_NUMBERS = {np.dtype(code).str[1:]: np.dtype(code) for code in "?bhilqBHILQefd"}


def short(text: object) -> str:
    """A name out of a file, for a message; where it is no text, it may be a nest that doubles at each level."""
    text = text if type(text) is str else quoted(text)
    return text if len(text) <= 60 else text[:57] + "..."


class NumpyType:
    """What a pickled ``numpy.dtype`` becomes until a scalar needs it."""

    def __init__(self, code: object) -> None:
        dtype = _NUMBERS.get(code) if type(code) is str else None
        if dtype is None:
            raise pickle.UnpicklingError(f"NumPy type {short(code)} is not a number")
        self._dtype = dtype

    def build(self, state: Any) -> None:
        """Take over the byte order, the only part of the state that numbers have."""
        if type(state) is not tuple or len(state) < 2 or state[1] not in ("<", ">", "=", "|"):
            raise pickle.UnpicklingError("a NumPy type is damaged")
        self._dtype = self._dtype.newbyteorder(state[1])

    def scalar(self, data: object) -> Any:
        """The number whose bytes these are."""
        data = data.encode("latin-1") if type(data) is str else data
        if type(data) is not bytes or len(data) != self._dtype.itemsize:
            raise pickle.UnpicklingError(f"the bytes of a NumPy {self._dtype.name} are damaged")
        return np.frombuffer(data, self._dtype, 1)[0]


def _numpy_type(spend: Spend, keys: Keys, code: object, *flags: Any) -> NumpyType:
    return NumpyType(code)


def _numpy_scalar(spend: Spend, keys: Keys, dtype: DTypeLike, data: object) -> Any:
    if type(dtype) is not NumpyType:
        raise pickle.UnpicklingError(f"a NumPy number of type {short(dtype)}")
    return dtype.scalar(data)


def _bytes(data: object, encoding: object) -> bytes:
    """Bytes, or text that stands for them; never a number, for which ``bytearray`` would allocate."""
    if type(data) is str and encoding in ("latin-1", "latin1", "utf-8"):
        return data.encode(encoding)
    if type(data) is not bytes:
        raise pickle.UnpicklingError(f"bytes are made of a {type(data).__name__}")
    return data


def _bytearray(spend: Spend, keys: Keys, data: object = b"", encoding: object = "latin-1") -> bytearray:
    made = bytearray(_bytes(data, encoding))
    spend(len(made))
    return made


def _encode(spend: Spend, keys: Keys, text: object, encoding: object = "latin-1") -> bytes:
    made = _bytes(text, encoding)
    spend(len(made))
    return made


def _set(spend: Spend, keys: Keys, items: Any = ()) -> set[Any]:
    if type(items) not in (list, tuple):
        raise pickle.UnpicklingError(f"a set is made of a {type(items).__name__}")
    spend(64 * len(items))
    return {keys.check(x) for x in items}


def _frozenset(spend: Spend, keys: Keys, items: Any = ()) -> frozenset[Any]:
    return frozenset(_set(spend, keys, items))


def _complex(spend: Spend, keys: Keys, real: object, imag: object = 0.0) -> complex:
    if not type(real) is type(imag) is float:
        raise pickle.UnpicklingError("a complex number is made of something else than two numbers")
    return complex(real, imag)


def _ordered(spend: Spend, keys: Keys, pairs: Any = ()) -> Any:
    if type(pairs) not in (list, tuple) or any(type(p) not in (list, tuple) or len(p) != 2 for p in pairs):
        raise pickle.UnpicklingError("an OrderedDict is made of something else than pairs")
    spend(128 * len(pairs))
    return collections.OrderedDict((keys.check(k), v) for k, v in pairs)


def _rebuild(bases: Bases, cls: object, base: object, state: object) -> Any:
    """``copyreg._reconstructor`` for plain classes (pickle protocols 0 and 1)."""
    if base is not object or not isinstance(cls, type):
        raise pickle.UnpicklingError(f"cannot rebuild {short(cls)} from {short(base)}")
    return new(cls, (), bases)


# Makers of plain data, by module and name.
_MAKERS: dict[tuple[str, str], Any] = {
    ("builtins", "bytearray"): _bytearray,
    ("builtins", "set"): _set,
    ("builtins", "frozenset"): _frozenset,
    ("builtins", "complex"): _complex,
    ("collections", "OrderedDict"): _ordered,
    ("_codecs", "encode"): _encode,
    ("copyreg", "_reconstructor"): _rebuild,
    ("numpy", "dtype"): _numpy_type,
    ("numpy.core.multiarray", "scalar"): _numpy_scalar,
    ("numpy._core.multiarray", "scalar"): _numpy_scalar,
}
_MAKES = frozenset(_MAKERS.values())
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


def is_own(cls: type) -> bool:
    """Whether a class is this package's, not the user's."""
    return cls.__module__.startswith("mxnet.")


def find(module: object, name: object, bases: Bases) -> Any:
    """What a file means by a module and a name.

    Raises
    ------
    pickle.UnpicklingError
        When it is nothing that optimizer states hold.
    """
    if type(module) is not str or type(name) is not str:
        raise pickle.UnpicklingError("it refers to something without a name")
    module = _PYTHON2.get(module, module)
    if (module, name) == ("builtins", "object"):
        return object
    found = _MAKERS.get((module, name))
    if found is not None:
        return found
    own = module.startswith("mxnet.")
    for base in bases:
        # Classes of ours by name: their modules differ between versions. The user's own (registered or only defined) by
        # module and name.
        cls = _subclass(
            base,
            lambda c: c.__name__ == name and is_own(c) if own else (c.__module__, c.__qualname__) == (module, name),
        )
        if cls is not None:
            return cls
    raise pickle.UnpicklingError(f"it refers to {short(module)}.{short(name)}, which optimizer states do not hold")


def new(cls: object, args: object, bases: Bases) -> Any:
    """An object of one of our classes or the user's, whose state follows."""
    if not (isinstance(cls, type) and issubclass(cls, bases)):
        raise pickle.UnpicklingError(f"it makes an object of {short(cls)}")
    if type(args) is not tuple or args:
        raise pickle.UnpicklingError(f"{cls.__name__} is made with arguments")
    return cls.__new__(cls)  # type: ignore[call-overload]


def call(function: Callable[..., Any], args: object, spend: Spend, keys: Keys, bases: Bases) -> Any:
    """What a file makes by a call: plain data, an array whose content follows, an object of a class of the user's."""
    if type(args) is not tuple:
        raise pickle.UnpicklingError(f"the arguments of a call are a {type(args).__name__}")
    if not isinstance(function, type):
        # By identity, for what stands there need not be hashable.
        if not any(function is maker for maker in _MAKES):
            raise pickle.UnpicklingError(f"it calls a {type(function).__name__}")
        return function(bases, *args) if function is _rebuild else function(spend, keys, *args)
    if issubclass(function, bases.array) and len(args) == 1 and args[0] is None:
        return function.__new__(function)  # type: ignore[call-overload]
    if issubclass(function, bases[1:]) and not is_own(function) and _reduces(function):
        return function(*args)
    return new(function, args, bases)


def _reduces(cls: type) -> bool:
    """Whether a class says itself by what call its objects are made again."""
    for name in ("__reduce__", "__reduce_ex__"):
        definer = next(c for c in cls.__mro__ if name in vars(c))
        if definer is not object and not is_own(definer):
            return True
    return False


def build(made: object, state: Any, spend: Spend, bases: Bases) -> None:
    """Give an object its state.

    Raises
    ------
    pickle.UnpicklingError
        When it cannot be one.
    """
    if type(made) is NumpyType:
        made.build(state)
    elif isinstance(made, bases.array):
        handle = state.get("handle", state) if type(state) is dict else state
        if type(handle) not in (bytes, bytearray, type(None)):
            raise pickle.UnpicklingError(f"an array is made of a {type(handle).__name__}")
        spend(len(handle or b""))
        made.__setstate__({"handle": handle})
    elif isinstance(made, bases[1:]):
        _set_attributes(made, state, spend)
    else:
        kind = "a class or function" if isinstance(made, type) or callable(made) else f"a {type(made).__name__}"
        raise pickle.UnpicklingError(f"it changes {kind}")


def _set_attributes(made: Any, state: Any, spend: Spend) -> None:
    cls: Any = type(made)
    own_setter = next((c for c in cls.__mro__ if "__setstate__" in vars(c)), None)
    if own_setter is not None and not is_own(own_setter):
        made.__setstate__(state)  # the user's, who knows what it takes
        return
    if type(state) is not dict:
        raise pickle.UnpicklingError(f"the attributes of {cls.__name__} are a {type(state).__name__}")
    spend(8 * len(state))
    for name in state:
        if type(name) is not str:
            raise pickle.UnpicklingError(f"an attribute of {cls.__name__} is called {short(name)}")
        there = getattr(cls, name, None)
        if name.startswith("__") or inspect.isroutine(there) or isinstance(there, property):
            raise pickle.UnpicklingError(f"it changes {cls.__name__}.{short(name)}, which is no attribute of objects")
    if own_setter is not None:
        made.__setstate__(state)
    else:
        made.__dict__.update(state)
