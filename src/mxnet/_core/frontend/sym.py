"""Functions over Symbols, made from operator declarations."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ...base import _Null
from ..errors import ArgumentTypeError
from ..registry import OpDef
from .binding import argument_order, described

_TAIL = ("name", "attr", "out")
_OWN = frozenset(_TAIL)


def make_function(od: OpDef, shown: str, symbol: type, create: Callable[..., Any]) -> Any:
    """The symbolic function of an operator, over symbols of a class, which ``create`` makes."""
    inputs = frozenset(od.inputs)
    order = argument_order(od) + _TAIL
    hint = shown.lower()

    def fixed(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(order):
            raise TypeError(f"{od.name}() takes at most {len(order)} positional arguments, got {len(args)}")
        for name, value in zip(order, args):
            if name in kwargs and kwargs[name] is not _Null and kwargs[name] is not None:
                raise TypeError(f"{od.name}() got multiple values for argument {name!r}")
            kwargs[name] = value
        kwargs.pop("out", None)  # a graph has no memory to write to
        symbols, params = {}, {}
        for name, value in kwargs.items():
            if isinstance(value, symbol):
                symbols[name] = value
            elif name in inputs:
                if value is not None:
                    raise ArgumentTypeError(f"Argument {name} of {od.name} must be a Symbol, but got {value!r}")
            elif name not in _OWN and value is not _Null:
                params[name] = value
        return create(od, (), symbols, params, kwargs.get("name"), kwargs.get("attr"), hint)

    def variadic(*args: Any, **kwargs: Any) -> Any:
        bodies = args[: len(od.subgraphs)]
        positional: list[Any] = []
        for a in args[len(od.subgraphs) :]:
            positional.extend(a if isinstance(a, (list, tuple)) else [a])
        kwargs.pop("out", None)
        symbols, params = {}, {}
        for name, value in kwargs.items():
            if isinstance(value, symbol):
                symbols[name] = value
            elif isinstance(value, (list, tuple)) and value and isinstance(value[0], symbol):
                positional.extend(value)
            elif name not in _OWN and value is not _Null:
                params[name] = value
        for value in (*bodies, *positional):
            if not isinstance(value, symbol):
                raise ArgumentTypeError(f"Argument {od.inputs[-1]} of {od.name} must be a Symbol, but got {value!r}")
        return create(od, tuple(positional), symbols, params, kwargs.get("name"), kwargs.get("attr"), hint, bodies)

    return described(variadic if od.variadic else fixed, od, shown, _TAIL, "Symbol")
