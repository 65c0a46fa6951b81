"""The errors of the package, what is caught around operators, and what is raised instead."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar

import torch


class MXNetError(RuntimeError):
    """The error every failing operator, graph and file reader raises.

    It is raised synchronously, by the call that was wrong.
    """


MXNetError.__module__ = "mxnet.base"  # where pickles and MXNet's users look for it


_Kind = TypeVar("_Kind", bound=type[MXNetError])
_SHOWN_AS_MXNET_ERROR: dict[str, type[MXNetError]] = {}


def shown_as_mxnet_error(kind: _Kind) -> _Kind:
    """Let an exception class of ours be called ``mxnet.base.MXNetError`` in tracebacks, as in MXNet's."""
    key = f"{kind.__module__}.{kind.__qualname__}"
    _SHOWN_AS_MXNET_ERROR[key] = kind

    def reduce(self: MXNetError) -> Any:
        return _remade_error, (key, self.args)

    kind.__reduce__ = reduce  # type: ignore[method-assign,assignment]
    kind.__module__, kind.__name__, kind.__qualname__ = MXNetError.__module__, "MXNetError", "MXNetError"
    return kind


def _remade_error(key: str, args: tuple[Any, ...]) -> MXNetError:
    """What pickles of such errors are read by."""
    return _SHOWN_AS_MXNET_ERROR.get(key, MXNetError)(*args)


@shown_as_mxnet_error
class OperatorValueError(MXNetError, ValueError):
    """A value, shape or parameter an operator cannot work with; caught as MXNetError and as ValueError."""


@shown_as_mxnet_error
class OperatorTypeError(MXNetError, TypeError):
    """A type an operator cannot work with; caught as MXNetError and as TypeError."""


@shown_as_mxnet_error
class OperatorIndexError(MXNetError, IndexError):
    """An index out of range in an operator; caught as MXNetError and as IndexError."""


@shown_as_mxnet_error
class ArgumentValueError(OperatorValueError, AssertionError):
    """A value that an argument cannot have, where MXNet asserts: ``except AssertionError`` catches it as well."""


@shown_as_mxnet_error
class ArgumentTypeError(OperatorTypeError, AssertionError):
    """A type that an argument cannot have, where MXNet asserts: ``except AssertionError`` catches it as well."""


@shown_as_mxnet_error
class UnknownNameError(ArgumentValueError, KeyError):
    """A name that is none of those there are, where MXNet looks it up: ``except KeyError`` catches it as well."""

    __str__ = Exception.__str__  # a KeyError would show its message as a literal


@shown_as_mxnet_error
class NotAScalarError(OperatorValueError, OperatorTypeError):
    """An array of no or several elements in the place of a number; caught as ValueError and as TypeError."""


class MissingFeatureError(MXNetError, AttributeError, NotImplementedError):
    """Raised by the use of something that MXNet has and remx has not."""


class _NotForKind(MXNetError):
    """An operation that a kind of arrays has not; ``_said`` says of which kind that is."""

    _said = ""

    def __init__(self, function: object, alias: str | None, *args: Any) -> None:
        super().__init__()
        self.function = getattr(function, "__name__", str(function))
        self.alias = alias
        self.args = [str(type(a)) for a in args]  # type: ignore[assignment]

    def __str__(self) -> str:
        alias = f" (namely operator {self.alias!r})" if self.alias else ""
        types = f" with arguments ({', '.join(self.args)})" if self.args else ""
        return f"Function {self.function}{alias}{types} is {self._said}."


class NotImplementedForSymbol(_NotForKind):
    """Raised by operations that an NDArray has and a Symbol has not."""

    _said = "not implemented for Symbol and only available in NDArray"


class NotSupportedForSparseNDArray(_NotForKind):
    """Raised by operations that dense arrays have and sparse arrays have not."""

    _said = "not supported for SparseNDArray and only for NDArray"


for _public in (MissingFeatureError, NotImplementedForSymbol, NotSupportedForSparseNDArray):
    _public.__module__ = MXNetError.__module__

# What operators and torch raise for wrong inputs.
RAISED = (RuntimeError, ValueError, TypeError, LookupError, ArithmeticError)

_AS_OPERATOR_ERROR = (
    (ValueError, OperatorValueError),
    (TypeError, OperatorTypeError),
    (IndexError, OperatorIndexError),
)
# What torch says about two shapes that do not fit.
_BROADCAST = ("must match the size of tensor b", "expected shape should be broadcastable")


def op_error(name: str, error: Exception, tensors: Sequence[torch.Tensor | None] = ()) -> MXNetError:
    """The error to raise for one raised inside an operator: it names the operator and what it was given."""
    message = str(error)
    if isinstance(error, MXNetError) and message.startswith("Operator "):
        return error
    if len(tensors) == 2 and any(words in message for words in _BROADCAST):
        message = "the shapes of lhs and rhs cannot be broadcast together"
    given = ", ".join("None" if t is None else f"{tuple(t.shape)} {str(t.dtype)[6:]}" for t in tensors)
    return error_like(error, f"Operator {name}: {message}" + (f" (inputs: {given})" if given else ""))


def error_like(error: Exception, text: str) -> MXNetError:
    """An MXNetError with another text, which is caught as the type of ``error`` too."""
    for builtin, kind in _AS_OPERATOR_ERROR:
        if isinstance(error, builtin):
            return kind(text)
    return MXNetError(text)
