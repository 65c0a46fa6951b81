"""Names that NumPy had when scripts for MXNet were written, given back where they are missing.

NumPy 1.24 dropped its names for Python's types (``np.bool``, ``np.int``), NumPy 2 a hundred more. `ALIASES` says what
each of them meant. A name that NumPy still has keeps NumPy's meaning, also where that is a new one: in NumPy 2
``np.bool`` is ``np.bool_`` and ``np.long`` the C type. Names that are deprecated, but there, are left alone with their
warnings.
"""

from __future__ import annotations

import importlib
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike


def _in1d(
    ar1: ArrayLike, ar2: ArrayLike, assume_unique: bool = False, invert: bool = False, *, kind: str | None = None
) -> Any:
    """Which elements of ``ar1``, in one row, are in ``ar2``."""
    return np.isin(np.asarray(ar1).ravel(), ar2, assume_unique=assume_unique, invert=invert, kind=kind)


def _msort(a: ArrayLike) -> Any:
    """A copy that is sorted along the first axis."""
    return np.sort(a, axis=0)


def _asfarray(a: ArrayLike, dtype: DTypeLike = np.float64) -> Any:
    """An array of floating numbers: ``dtype``, or float64 when that is none."""
    return np.asarray(a, dtype=dtype if np.issubdtype(dtype, np.inexact) else np.float64)


def _asscalar(a: np.ndarray) -> Any:
    """The Python number of an array with one element."""
    return a.item()


def _alen(a: ArrayLike) -> int:
    """The length of the first axis, 1 for a number."""
    return len(np.array(a, ndmin=1))


def _find_common_type(array_types: Iterable[DTypeLike], scalar_types: Iterable[DTypeLike]) -> Any:
    """The type that arrays and numbers are computed in: numbers count only where their kind is larger."""
    arrays = [np.dtype(t) for t in array_types]
    scalars = [np.dtype(t) for t in scalar_types]
    of_arrays = np.result_type(*arrays) if arrays else None
    of_scalars = np.result_type(*scalars) if scalars else None
    if of_arrays is None or of_scalars is None:
        return of_arrays or of_scalars
    order = "buifcSUVOMm"
    return of_scalars if order.index(of_scalars.kind) > order.index(of_arrays.kind) else of_arrays


def _issctype(rep: object) -> bool:
    """Whether this is a type of numbers."""
    return isinstance(rep, (type, np.dtype)) and np.dtype(rep).type is not np.object_


def _obj2sctype(rep: Any, default: object | None = None) -> Any:
    """The type of numbers that this is, or has, or stands for."""
    if isinstance(rep, (np.ndarray, np.generic)):
        return rep.dtype.type
    try:
        return np.dtype(rep).type
    except TypeError:
        return default


def _issubsctype(arg1: object, arg2: object) -> bool:
    """Whether the first type is a kind of the second."""
    return issubclass(_obj2sctype(arg1), _obj2sctype(arg2))


def _issubclass(arg1: object, arg2: type | tuple[type, ...]) -> bool:
    """`issubclass`, and False for what is no class."""
    return isinstance(arg1, type) and issubclass(arg1, arg2)


def _maximum_sctype(t: DTypeLike) -> Any:
    """The largest type of the same kind."""
    kind = np.dtype(t).kind
    largest = {"i": np.int64, "u": np.uint64, "f": np.longdouble, "c": np.clongdouble}
    return largest.get(kind, np.dtype(t).type)


def _sctype2char(sctype: DTypeLike) -> str:
    """The letter of a type."""
    return np.dtype(sctype).char


def _deprecate(*args: Any, **kwargs: Any) -> Any:
    """A decorator that changes nothing."""
    return args[0] if args and callable(args[0]) else lambda func: func


_SCTYPES: dict[str, list[type]] = {
    "int": [np.int8, np.int16, np.int32, np.int64],
    "uint": [np.uint8, np.uint16, np.uint32, np.uint64],
    "float": [np.float16, np.float32, np.float64, *([np.longdouble] if np.longdouble(0).nbytes > 8 else [])],
    "complex": [np.complex64, np.complex128, *([np.clongdouble] if np.clongdouble(0).nbytes > 16 else [])],
    "others": [bool, object, bytes, str, np.void],
}

# Name -> what it meant: a path to the value of today, a function with the old meaning, or a value.
ALIASES: dict[str, Any] = {
    # Python's own types; until NumPy 1.23.
    "bool": "builtins.bool",
    "int": "builtins.int",
    "float": "builtins.float",
    "complex": "builtins.complex",
    "object": "builtins.object",
    "str": "builtins.str",
    "long": "builtins.int",
    "unicode": "builtins.str",
    # Other names of NumPy's types.
    "bool8": "numpy.bool_",
    "int0": "numpy.intp",
    "uint0": "numpy.uintp",
    "object0": "numpy.object_",
    "str0": "numpy.str_",
    "bytes0": "numpy.bytes_",
    "void0": "numpy.void",
    "string_": "numpy.bytes_",
    "unicode_": "numpy.str_",
    "float_": "numpy.float64",
    "longfloat": "numpy.longdouble",
    "complex_": "numpy.complex128",
    "cfloat": "numpy.complex128",
    "singlecomplex": "numpy.complex64",
    "clongfloat": "numpy.clongdouble",
    "longcomplex": "numpy.clongdouble",
    # Numbers.
    "Inf": float("inf"),
    "Infinity": float("inf"),
    "infty": float("inf"),
    "PINF": float("inf"),
    "NINF": float("-inf"),
    "NaN": float("nan"),
    "NAN": float("nan"),
    "PZERO": 0.0,
    "NZERO": -0.0,
    # Functions with another name today.
    "product": "numpy.prod",
    "cumproduct": "numpy.cumprod",
    "alltrue": "numpy.all",
    "sometrue": "numpy.any",
    "round_": "numpy.round",
    "mat": "numpy.asmatrix",
    "row_stack": "numpy.vstack",
    "trapz": "numpy.trapezoid",
    "rank": "numpy.ndim",
    "fastCopyAndTranspose": lambda a: np.asarray(a).T.copy(),
    "byte_bounds": "numpy.lib.array_utils.byte_bounds",
    "compare_chararrays": "numpy.char.compare_chararrays",
    "format_parser": "numpy.rec.format_parser",
    "DataSource": "numpy.lib.npyio.DataSource",
    "safe_eval": "ast.literal_eval",
    # Functions without one.
    "in1d": _in1d,
    "msort": _msort,
    "asfarray": _asfarray,
    "asscalar": _asscalar,
    "alen": _alen,
    "find_common_type": _find_common_type,
    "issctype": _issctype,
    "obj2sctype": _obj2sctype,
    "issubsctype": _issubsctype,
    "issubclass_": _issubclass,
    "maximum_sctype": _maximum_sctype,
    "sctype2char": _sctype2char,
    "deprecate": _deprecate,
    "deprecate_with_doc": _deprecate,
    # Tables of types.
    "typeDict": "numpy.sctypeDict",
    "sctypes": _SCTYPES,
    # Errors and warnings.
    "AxisError": "numpy.exceptions.AxisError",
    "ComplexWarning": "numpy.exceptions.ComplexWarning",
    "ModuleDeprecationWarning": "numpy.exceptions.ModuleDeprecationWarning",
    "RankWarning": "numpy.exceptions.RankWarning",
    "TooHardError": "numpy.exceptions.TooHardError",
    "VisibleDeprecationWarning": "numpy.exceptions.VisibleDeprecationWarning",
    # Modules that NumPy happened to show.
    "math": "math",
    "os": "os",
    "sys": "sys",
    "warnings": "warnings",
}


def _value(meaning: object) -> Any:
    """What a row of the table stands for; AttributeError or ImportError where this NumPy has nothing of the kind."""
    if not isinstance(meaning, str):
        return meaning
    module, dot, name = meaning.rpartition(".")
    return getattr(importlib.import_module(module), name) if dot else importlib.import_module(name)


def meaning_of(name: str) -> Any:
    """What a name of the table meant; AttributeError or ImportError where this NumPy has nothing of the kind."""
    return _value(ALIASES[name])


# What `restore` has given NumPy so far.
given: list[str] = []


def restore(module: ModuleType = np) -> list[str]:
    """Give NumPy the names of the table that it has not.

    ``hasattr`` is not asked: it would warn for some of these names.

    Returns
    -------
    list of str
        The names that were missing.
    """
    there = vars(module)
    deprecated = there.get("__deprecated_attrs__", {})
    found = []
    for name, meaning in ALIASES.items():
        if name in there or name in deprecated:
            continue
        try:
            setattr(module, name, _value(meaning))
        except (AttributeError, ImportError):  # gone without a trace from this release
            continue
        found.append(name)
    if module is np:
        given.extend(found)
    return found
