"""Operator parameters: from annotations to decoders of values and of attribute strings, and to MXNet's type strings.

An operator's keyword-only argument is annotated with what it takes (`int`, ``Shape``, ``Literal["a", "b"]``, ...).
:func:`codec_for` turns the annotation into a :class:`Codec`, whose ``decode`` accepts native Python values as well
as the strings that MXNet stores in ``-symbol.json`` files.
"""

from __future__ import annotations

import ast
import math
import operator
import re
import types
from typing import Annotated, Any, Literal, NamedTuple, Optional, TypeAlias, Union, get_args, get_origin

import torch

from .dtypes import NAME_TO_TORCH, TORCH_TO_NAME, torch_dtype
from .text import quoted

# How numbers are written in attributes: ASCII digits, nothing else that Python would take for a number.
_INTEGER = re.compile(r"[+-]?[0-9]+")
_LONG_INTEGER = re.compile(r"([+-]?[0-9]+)\s*L?")  # in tuples; Python 2 marked long numbers
_ALONE = re.compile(r"[-0-9][^L]*\Z")
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
_WORDS_FOR_FLOATS = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)
_SPACES = " \t\n\v\f\r"
LARGEST_SIZE = 2**63 - 1
_LARGEST = {"int": 2**31 - 1, "int (non-negative)": 2**32 - 1}
_LONGEST_NUMBER = 200


class Codec:
    """Decodes one kind of parameter.

    Attributes
    ----------
    type_name : str
        What MXNet prints for the type, such as ``"int (non-negative)"``.
    plain : frozenset of type
        Python types of which every value decodes to itself, so that callers in a hurry need not ask.
    """

    type_name = ""
    plain: frozenset[type] = frozenset()

    def decode(self, value: object) -> Any:
        """The Python value of a native value or of an attribute string; ValueError says what was expected."""
        raise NotImplementedError

    def describe(self, default: Any) -> str:
        """MXNet's text for a default value in a type string."""
        return repr(default) if isinstance(default, str) else f"{default}"

    def type_string(self, required: bool, default: object) -> str:
        """MXNet's text for the whole parameter, as in ``"int, optional, default=1"``."""
        if required:
            return f"{self.type_name}, required"
        return f"{self.type_name}{self.separator}optional, default={self.describe(default)}"

    separator = ", "


class _Number(Codec):
    """A number, which may have limits."""

    kind: type

    def __init__(self, type_name: str, low: float | None = None, high: float | None = None) -> None:
        self.type_name = type_name
        self.low = low
        self.high = high
        self.plain = frozenset((self.kind,)) if low is None and high is None else frozenset()

    def decode(self, value: Any) -> Any:
        if type(value) is not self.kind:
            value = self.read(value) if isinstance(value, str) else self.convert(value)
        if self.low is not None and not value >= self.low:
            raise ValueError(f"a value >= {self.low}, got {value}")
        if self.high is not None and not value <= self.high:
            raise ValueError(f"a value <= {self.high}, got {value}")
        return value

    def convert(self, value: Any) -> Any:
        """The number that another object is; ValueError for anything else."""
        raise NotImplementedError

    def read(self, text: str) -> Any:
        """The number that a text is; ValueError for anything else, and for what MXNet's type does not hold."""
        raise NotImplementedError

    def read_item(self, word: str) -> Any:
        """As :meth:`read`, for a number in a tuple."""
        raise NotImplementedError


class _Int(_Number):
    kind = int

    def describe(self, default: Any) -> str:
        """MXNet quotes the default of a plain ``int`` and of nothing else."""
        return repr(str(default)) if self.type_name == "int" else str(default)

    def convert(self, value: Any) -> int:
        try:
            if not isinstance(value, bool):
                return operator.index(value)
        except TypeError:
            pass
        raise ValueError(f"{self.type_name}, got {value!r}")

    def read(self, text: str) -> int:
        word = text.strip(_SPACES)
        if _INTEGER.fullmatch(word) and len(word) <= _LONGEST_NUMBER:  # Python refuses to read thousands of digits
            value = int(word)
            if abs(value) <= _LARGEST.get(self.type_name, LARGEST_SIZE):
                return value
        raise ValueError(f"{self.type_name}, got {quoted(text)}")

    def read_item(self, word: str) -> int:
        found = _LONG_INTEGER.fullmatch(word)
        return self.read(found[1] if found else word)


class _Float(_Number):
    kind = float

    def convert(self, value: Any) -> float:
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            raise ValueError(f"{self.type_name}, got {value!r}") from None

    def read(self, text: str) -> float:
        word = text.strip(_SPACES)
        if _WORDS_FOR_FLOATS.fullmatch(word):
            return float(word)
        word = word.removesuffix("f")  # as C++ writes its constants
        value = float(word) if _NUMBER.fullmatch(word) else math.inf
        if math.isinf(value):
            raise ValueError(f"{self.type_name}, got {quoted(text)}")
        return value

    def read_item(self, word: str) -> float:
        if not _NUMBER.fullmatch(word):
            raise ValueError(f"{self.type_name}, got {quoted(word)}")
        return self.read(word)

    def describe(self, default: Any) -> str:
        """Nine (double: seventeen) significant digits of the value as the C type holds it, as MXNet prints it."""
        if default is None:
            return "None"
        if self.type_name == "float":
            return f"{torch.tensor(default, dtype=torch.float32).item():.9g}"
        return f"{default:.17g}"


class _Bool(Codec):
    type_name = "boolean"
    plain = frozenset((bool,))
    _WORDS = {"true": True, "1": True, "false": False, "0": False}

    def decode(self, value: object) -> bool:
        if value is True or value is False:
            return value
        found = self._WORDS.get(str(value).lower())
        if found is None:
            raise ValueError(f"boolean, got {value!r}")
        return found

    def describe(self, default: Any) -> str:
        return "None" if default is None else str(int(default))


class _Str(Codec):
    type_name = "string"
    plain = frozenset((str,))

    def decode(self, value: object) -> str:
        return value if isinstance(value, str) else str(value)


class _Pointer(_Str):
    """Something that lives in this process, by its number."""

    type_name = "ptr"


class _Tuple(Codec):
    """A tuple of numbers; a single number counts as a tuple of one.

    As text it stands in round or square brackets, which MXNet lets mix, with commas between the numbers and at most one
    behind the last; a single number may stand alone.
    """

    def __init__(self, type_name: str, item: _Int | _Float, allow_none: bool = False) -> None:
        self.type_name = type_name
        self.item = item
        self.allow_none = allow_none
        self._plain_items = item.plain | {type(None)} if allow_none else item.plain

    def decode(self, value: object) -> tuple[Any, ...]:
        kinds = self._plain_items
        if type(value) is tuple:
            for v in value:
                if type(v) not in kinds:
                    break
            else:
                return value
        elif type(value) in kinds:
            return (value,)
        elif isinstance(value, str):
            return self.read(value)
        elif hasattr(value, "tolist") and not isinstance(value, (tuple, list)):
            value = value.tolist()
        if not isinstance(value, (tuple, list)):
            value = (value,)
        try:
            return tuple([self._native(v) for v in value])
        except ValueError as e:
            raise ValueError(f"{self.type_name}, got {quoted(value)} ({e})") from None

    def _native(self, value: object) -> Any:
        if value is None and self.allow_none:
            return None
        if isinstance(value, str):
            raise ValueError(f"numbers, not the text {quoted(value)}")
        return self.item.decode(value)

    def read(self, text: str) -> tuple[Any, ...]:
        """Read ``"(1, 2)"``, ``"[1,2]"`` or ``"3"``."""
        if len(text) > 100_000:
            raise ValueError(f"{self.type_name}, got a text of {len(text)} characters")
        inner = text.strip(_SPACES)
        if inner[:1] in ("(", "[") and inner[-1:] in (")", "]"):
            words = inner[1:-1].split(",")
            if not words[-1].strip(_SPACES):
                words.pop()
                if not words and "," not in inner:
                    return ()
        else:  # one number, without a sign + or a mark of Python 2
            words = [inner] if inner == "None" or _ALONE.match(inner) else []
        try:
            if words:
                return tuple([self._read_item(word.strip(_SPACES)) for word in words])
        except ValueError:
            pass
        raise ValueError(f"{self.type_name}, got {quoted(text)}")

    def _read_item(self, word: str) -> Any:
        return None if word == "None" and self.allow_none else self.item.read_item(word)

    def describe(self, default: Any) -> str:
        if default is None:
            return "None"
        return "[" + ",".join(f"{v:.9g}" if isinstance(v, float) else str(v) for v in default) + "]"


class _Nested(Codec):
    """A tuple of tuples, as the ranges of some image operators."""

    type_name = "tuple of <Shape(tuple)>"

    def decode(self, value: object) -> tuple[tuple[int, ...], ...]:
        if isinstance(value, str):
            try:
                value = ast.literal_eval(value)
            except (ValueError, SyntaxError, MemoryError, RecursionError):
                raise ValueError(f"{self.type_name}, got {quoted(value)}") from None
        if not isinstance(value, (tuple, list)):
            raise ValueError(f"{self.type_name}, got {quoted(value)}")
        return tuple([_SHAPE.decode(v) for v in value])


class _Optional(Codec):
    def __init__(self, inner: Codec) -> None:
        self.inner = inner
        self.plain = (inner.plain | {type(None)}) - {str}  # "None" is a word for None
        plain = "Shape" if inner.type_name == "Shape(tuple)" else inner.type_name
        self.type_name = f"{plain} or None"

    def decode(self, value: object) -> Any:
        return None if value is None or value == "None" else self.inner.decode(value)

    def describe(self, default: Any) -> str:
        if isinstance(self.inner, _Int):
            return repr(str(default))
        return "None" if default is None else self.inner.describe(default)


class _Enum(Codec):
    """One of a set of words. ``None`` among them makes the parameter optional."""

    separator = ","

    def __init__(self, words: tuple[Any, ...]) -> None:
        self.words = {("None" if w is None else w): w for w in words}
        listed = sorted(w for w in self.words if w != "None")
        quoted = ["None"] * ("None" in self.words) + [repr(w) for w in listed]
        self.type_name = "{" + ", ".join(quoted) + "}"

    def decode(self, value: object) -> Any:
        try:
            return self.words["None" if value is None else value]
        except (KeyError, TypeError):
            raise ValueError(f"one of {self.type_name}, got {value!r}") from None

    def describe(self, default: object) -> str:
        return repr(str(default))


class _DType(Codec):
    """A data type, held as a ``torch.dtype``; ``None`` where the word "None" is allowed."""

    separator = ","

    def __init__(self, *names: str, optional: bool = False) -> None:
        self.names = frozenset(names or NAME_TO_TORCH) | ({"None"} if optional else set())
        listed = sorted(self.names - {"None"})
        # Two spellings in MXNet: None is either one more word of the enumeration or the absence of a value.
        none = ["None"] if optional else ["'None'"] * ("None" in self.names)
        self.type_name = "{" + ", ".join(none + [repr(n) for n in listed]) + "}"

    def decode(self, value: object) -> torch.dtype | None:
        if value is None or value == "None" or value == -1:
            if "None" in self.names:
                return None
            raise ValueError(f"one of {self.type_name}, got {value!r}")
        try:
            if isinstance(value, str) and value.isascii() and value.isdigit():
                value = int(value)
            dtype = torch_dtype(value)
        except TypeError:
            raise ValueError(f"one of {self.type_name}, got {value!r}") from None
        if TORCH_TO_NAME[dtype] not in self.names:
            raise ValueError(f"one of {self.type_name}, got {value!r}")
        return dtype

    def describe(self, default: object) -> str:
        return "'None'" if default is None else repr(TORCH_TO_NAME[default])


class Ge(NamedTuple):
    """The smallest value a number may have: ``Annotated[int, Ge(1)]``."""

    bound: float


class Le(NamedTuple):
    """The largest value a number may have: ``Annotated[float, Le(1)]``."""

    bound: float


class DTypeOf(_DType):
    """The data types an operator accepts: ``Annotated[Any, DTypeOf("None", "float32", "int64")]``."""


_INT = _Int("int")
_SIZE = _Int("size")
_FLOAT = _Float("float")
_SHAPE = _Tuple("Shape(tuple)", _SIZE)

# What operator files annotate their parameters with.
NonNeg: TypeAlias = Annotated[int, _Int("int (non-negative)", low=0)]
Long: TypeAlias = Annotated[int, _Int("long")]
LongNonNeg: TypeAlias = Annotated[int, _Int("long (non-negative)", low=0)]
Double: TypeAlias = Annotated[float, _Float("double")]
Shape: TypeAlias = Annotated[tuple[Any, ...], _SHAPE]
OpenShape: TypeAlias = Annotated[tuple[Any, ...], _Tuple("Shape(tuple)", _SIZE, allow_none=True)]
Floats: TypeAlias = Annotated[tuple[float, ...], _Tuple("tuple of <float>", _FLOAT)]
Doubles: TypeAlias = Annotated[tuple[float, ...], _Tuple("tuple of <double>", _Float("double"))]
Longs: TypeAlias = Annotated[tuple[int, ...], _Tuple("tuple of <long>", _Int("long"))]
Shapes: TypeAlias = Annotated[tuple[tuple[int, ...], ...], _Nested()]
DType: TypeAlias = Annotated[Any, _DType()]
DTypeOrNone: TypeAlias = Annotated[Any, _DType("None", *NAME_TO_TORCH)]
Ctx: TypeAlias = Annotated[str, _Str()]
Pointer: TypeAlias = Annotated[str, _Pointer()]

_CACHE: dict[Any, Codec] = {int: _INT, float: _FLOAT, bool: _Bool(), str: _Str()}


def codec_for(annotation: object) -> Codec:
    """The codec of an annotation; TypeError when nothing is known about it."""
    found = _CACHE.get(annotation)
    if found is None:
        found = _CACHE[annotation] = _build(annotation)
    return found


def _build(annotation: object) -> Codec:
    if isinstance(annotation, Codec):
        return annotation
    origin = get_origin(annotation)
    if origin is Annotated:
        base, *marks = get_args(annotation)
        for mark in marks:
            if isinstance(mark, Codec):
                return mark
        low = next((m.bound for m in marks if isinstance(m, Ge)), None)
        high = next((m.bound for m in marks if isinstance(m, Le)), None)
        return _Int("int", low, high) if base is int else _Float("float", low, high)
    if origin is Literal:
        return _Enum(get_args(annotation))
    if origin in (Union, types.UnionType):
        inner = [a for a in get_args(annotation) if a is not type(None)]
        if len(inner) == 1:
            return _optional(codec_for(inner[0]))
    raise TypeError(f"no parameter codec for annotation {annotation!r}")


def _optional(codec: Codec) -> Codec:
    """The codec which also takes None."""
    if isinstance(codec, _Enum):
        return _Enum((None, *codec.words.values()))
    if isinstance(codec, _DType):
        return _DType(*codec.names, optional=True)
    return _Optional(codec)


__all__ = [
    "LARGEST_SIZE",
    "Codec",
    "Ctx",
    "DType",
    "DTypeOf",
    "DTypeOrNone",
    "Double",
    "Doubles",
    "Floats",
    "Ge",
    "Le",
    "Long",
    "LongNonNeg",
    "Longs",
    "NonNeg",
    "OpenShape",
    "Optional",
    "Pointer",
    "Shape",
    "Shapes",
    "codec_for",
]
