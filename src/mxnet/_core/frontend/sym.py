"""Functions over Symbols, made from operator declarations."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    def check(name: str, value: object) -> None:
        if not isinstance(value, symbol):
            raise ArgumentTypeError(f"Argument {name} of {od.name} must be a Symbol, but got {value!r}")

    def make(positional: Sequence[Any], kwargs: dict[str, Any], bodies: Sequence[Any] = ()) -> Any:
        """A node of inputs by position, and what was given by name."""
        symbols, params = {}, {}
        for name, value in kwargs.items():
            if isinstance(value, symbol):
                symbols[name] = value
            elif name in inputs:
                if value is not None:
                    check(name, value)
            elif name not in _OWN and value is not _Null:
                params[name] = value
        return create(od, positional, symbols, params, kwargs.get("name"), kwargs.get("attr"), hint, bodies)

    def fixed(*args: Any, **kwargs: Any) -> Any:
        if len(args) > len(order):
            raise TypeError(f"{od.name}() takes at most {len(order)} positional arguments, got {len(args)}")
        for name, value in zip(order, args):
            if name in kwargs and kwargs[name] is not _Null and kwargs[name] is not None:
                raise TypeError(f"{od.name}() got multiple values for argument {name!r}")
            kwargs[name] = value
        return make((), kwargs)

    def variadic(*args: Any, **kwargs: Any) -> Any:
        bodies = args[: len(od.subgraphs)]
        positional: list[Any] = []
        for a in args[len(od.subgraphs) :]:
            positional.extend(a if isinstance(a, (list, tuple)) else [a])
        named = {}
        for name, value in kwargs.items():
            if isinstance(value, (list, tuple)) and value and isinstance(value[0], symbol):
                positional.extend(value)
            else:
                named[name] = value
        for value in (*bodies, *positional):
            check(od.inputs[-1], value)
        return make(positional, named, bodies)

    return described(variadic if od.variadic else fixed, od, shown, _TAIL, "Symbol")
