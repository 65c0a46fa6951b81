"""What the array and the symbol functions share: signatures, and sorting of arguments."""

from __future__ import annotations

import inspect
from typing import Any

from ...base import _Null
from ..registry import OpDef
from .help import docstring

_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD


def argument_order(od: OpDef) -> tuple[str, ...]:
    """Names a caller may give by position: the inputs, then the parameters."""
    return (*od.inputs, *od.params) if od.arg_order is None else od.arg_order


def signature(od: OpDef, tail: tuple[str, ...]) -> inspect.Signature:
    """The signature MXNet's generated functions show; ``tail`` are the frontend's own arguments."""
    if od.variadic:
        parameters = [inspect.Parameter(od.inputs[-1], inspect.Parameter.VAR_POSITIONAL)]
    else:
        inputs = frozenset(od.inputs)
        parameters = [
            inspect.Parameter(n, _POSITIONAL, default=None if n in inputs else _Null) for n in argument_order(od)
        ]
        parameters += [inspect.Parameter(n, _POSITIONAL, default=None) for n in tail]
    parameters.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(parameters)


def described(fn: Any, od: OpDef, shown: str, tail: tuple[str, ...], array_type: str) -> Any:
    """A generated function with its name, signature and docstring."""
    fn.__name__ = fn.__qualname__ = shown
    fn.__signature__ = signature(od, tail)
    fn.__doc__ = docstring(od, array_type)
    fn.operator = od
    return fn
