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
        star = inspect.Parameter(od.inputs[-1], inspect.Parameter.VAR_POSITIONAL)
        parameters = [star]
    else:
        inputs = frozenset(od.inputs)
        parameters = [
            inspect.Parameter(n, _POSITIONAL, default=None if n in inputs else _Null) for n in argument_order(od)
        ]
        parameters += [inspect.Parameter(n, _POSITIONAL, default=None) for n in tail]
    parameters.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    return inspect.Signature(parameters)


class lazy_metadata:
    """Attaches name, signature and docstring to a generated function."""

    def __init__(self, od: OpDef, shown: str, tail: tuple[str, ...], array_type: str) -> None:
        self.od, self.shown, self.tail, self.array_type = od, shown, tail, array_type

    def __call__(self, fn: Any) -> Any:
        fn.__name__ = fn.__qualname__ = self.shown
        fn.__signature__ = signature(self.od, self.tail)
        fn.__doc__ = docstring(self.od, self.array_type)
        fn.operator = self.od
        return fn
