"""What the array and the symbol functions share: signatures, and sorting of arguments."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from ...base import _Null
from ..registry import OpDef
from .help import docstring

_POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
REQUIRED = inspect.Parameter.empty  # the default of an argument that has none


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


def with_signature(
    name: str, arguments: Mapping[str, Any], doc: str, call: Callable[[dict[str, Any]], Any]
) -> Callable[..., Any]:
    """A function of arguments by position or name, and any others by name, which hands them all to ``call``.

    ``arguments`` has the default values of the named ones, or ``REQUIRED``.
    """
    order = tuple(arguments)
    required = frozenset(n for n, default in arguments.items() if default is REQUIRED)
    defaults = {n: default for n, default in arguments.items() if default is not REQUIRED}

    def fn(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(order):
            raise TypeError(f"{name}() takes at most {len(order)} positional arguments, got {len(args)}")
        given = {**defaults, **dict(zip(order, args)), **kwargs}
        if not kwargs.keys().isdisjoint(order[: len(args)]):
            twice = next(n for n in order[: len(args)] if n in kwargs)
            raise TypeError(f"{name}() got multiple values for argument {twice!r}")
        if not required <= given.keys():
            missing = ", ".join(n for n in order if n not in given)
            raise TypeError(f"{name}() is missing the arguments {missing}")
        return call(given)

    fn.__name__ = fn.__qualname__ = name
    parameters = [inspect.Parameter(n, _POSITIONAL, default=default) for n, default in arguments.items()]
    parameters.append(inspect.Parameter("kwargs", inspect.Parameter.VAR_KEYWORD))
    fn.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    fn.__doc__ = doc
    return fn
