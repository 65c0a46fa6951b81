"""Arithmetic and comparison of symbols: Python's operators, and ``mx.sym.pow``, ``maximum``, ``minimum``, ``hypot``.

The names of operators and of the nodes made here are what MXNet puts into files.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from numbers import Number
from typing import Any

import numpy as np

from .._core.registry import get_op
from ..base import NotImplementedForSymbol
from ._create import create
from ._symbol import Symbol

# Python operator, operator of two symbols and the name of its node, the same of a symbol and a number and of a number
# and a symbol (None: as the one before).
_BINARY = [
    ("add", "elemwise_add", "_plus", "_plus_scalar", "_plusscalar", None, None),
    ("sub", "elemwise_sub", "_minus", "_minus_scalar", "_minusscalar", "_rminus_scalar", "_rminusscalar"),
    ("mul", "elemwise_mul", "_mul", "_mul_scalar", "_mulscalar", None, None),
    ("truediv", "elemwise_div", "_div", "_div_scalar", "_divscalar", "_rdiv_scalar", "_rdivscalar"),
    ("mod", "_mod", "_mod", "_mod_scalar", "_modscalar", "_rmod_scalar", "_rmodscalar"),
    ("pow", "_power", "_power", "_power_scalar", "_powerscalar", "_rpower_scalar", "_rpower_scalar"),
]
_COMPARISONS = [
    ("eq", "_equal"),
    ("ne", "_not_equal"),
    ("gt", "_greater"),
    ("ge", "_greater_equal"),
    ("lt", "_lesser"),
    ("le", "_lesser_equal"),
]
_IN_PLACE = {"add": "+=", "sub": "-=", "mul": "*=", "truediv": "/="}


def _two(name: str, hint: str, a: Symbol, b: Symbol) -> Symbol:
    return create(get_op(name), (a, b), {}, {}, hint=hint)


def _number(name: str, hint: str, a: Symbol, scalar: object) -> Symbol:
    return create(get_op(name), (a,), {}, {"scalar": scalar}, hint=hint)


def _method(symbol: str, two: tuple[str, str], number: tuple[str, str], numbers: Any, reflected: bool) -> Any:
    def method(self: Symbol, other: object) -> Symbol:
        if isinstance(other, Symbol):
            return _two(*two, other, self) if reflected else _two(*two, self, other)
        if isinstance(other, numbers):
            return _number(*number, self, other)
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    method.__qualname__ = f"Symbol.{symbol}"
    method.__doc__ = f"``{two[0]}`` of two symbols of one shape, ``{number[0]}`` of a symbol and a number."
    return method


def _refusal(name: str, shown: str) -> Any:
    def method(self: Symbol, other: object) -> Symbol:
        raise NotImplementedForSymbol(getattr(self, name), shown, other)

    method.__name__ = name
    method.__qualname__ = f"Symbol.{name}"
    method.__doc__ = "Raises NotImplementedForSymbol: graphs are not changed in place."
    return method


def _give_operators() -> None:
    """Give Symbol its operators."""
    for symbol, two, hint, right, right_hint, left, left_hint in _BINARY:
        forward, backward = f"__{symbol}__", f"__r{symbol}__"
        setattr(Symbol, forward, _method(forward, (two, hint), (right, right_hint), Number, False))
        reflected = (left or right, left_hint or right_hint)
        setattr(Symbol, backward, _method(backward, (two, hint), reflected, Number, True))
        if symbol in _IN_PLACE:
            setattr(Symbol, f"__i{symbol}__", _refusal(f"__i{symbol}__", _IN_PLACE[symbol]))
    for symbol, name in _COMPARISONS:
        scalar = f"{name}_scalar"
        made = _method(f"__{symbol}__", (name, name), (scalar, scalar), (float, int, np.generic), False)
        setattr(Symbol, f"__{symbol}__", made)
    # Comparing gives a graph, so symbols cannot be keys.
    Symbol.__hash__ = None  # type: ignore[assignment,method-assign]
    for prefix in ("", "r", "i"):
        setattr(Symbol, f"__{prefix}div__", getattr(Symbol, f"__{prefix}truediv__"))
    setattr(Symbol, "__neg__", lambda self: self.__mul__(-1.0))  # noqa: B010  (operators are installed here)
    setattr(Symbol, "__abs__", lambda self: create(get_op("abs"), (self,), {}, {}, hint="abs"))  # noqa: B010


_give_operators()


Named = tuple[str, str]  # an operator, and what its nodes are called


def _function(two: Named, right: Named, left: Named, numbers: Callable[[Any, Any], Any], a: object, b: object) -> Any:
    if isinstance(a, Symbol):
        if isinstance(b, Symbol):
            return _two(*two, a, b)
        if isinstance(b, Number):
            return _number(*right, a, b)
    elif isinstance(a, Number):
        if isinstance(b, Symbol):
            return _number(*left, b, a)
        if isinstance(b, Number):
            return numbers(a, b)
    raise TypeError(f"types ({type(a)}, {type(b)}) not supported")


def pow(base: Any, exp: Any) -> Any:
    """``base ** exp``, element by element, of symbols or numbers. The same as :func:`power`."""
    scalars: tuple[Named, Named] = ("_power_scalar", "_powerscalar"), ("_rpower_scalar", "_rpowerscalar")
    return _function(("_power", "_power"), *scalars, operator.pow, base, exp)


def power(base: Any, exp: Any) -> Any:
    """``base ** exp``, element by element, of symbols or numbers.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.sym.power(mx.sym.var("x"), 2).eval(x=mx.nd.array([1, 3]))[0].asnumpy().tolist()
    [1.0, 9.0]
    """
    return pow(base, exp)


def maximum(left: Any, right: Any) -> Any:
    """The larger of two, element by element, of symbols or numbers."""
    number = ("_maximum_scalar", "_maximumscalar")
    return _function(("_maximum", "_maximum"), number, number, max, left, right)


def minimum(left: Any, right: Any) -> Any:
    """The smaller of two, element by element, of symbols or numbers."""
    number = ("_minimum_scalar", "_minimumscalar")
    return _function(("_minimum", "_minimum"), number, number, min, left, right)


def hypot(left: Any, right: Any) -> Any:
    """``sqrt(left ** 2 + right ** 2)``, element by element, of symbols or numbers."""
    number = ("_hypot_scalar", "_hypotscalar")
    return _function(("_hypot", "_hypot"), number, number, np.hypot, left, right)
