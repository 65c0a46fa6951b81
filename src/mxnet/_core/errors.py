"""Errors of operators: what is caught around them, and what is raised instead."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from ..base import MXNetError, OperatorIndexError, OperatorTypeError, OperatorValueError

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
