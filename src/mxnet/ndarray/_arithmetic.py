"""Arithmetic and comparison of arrays: Python's operators on NDArray, and functions such as ``mx.nd.add``.

One table names, for each operation, the operator for two arrays and those for an array and a number.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from .._core.invoke import arithmetic, arithmetic_in_place, elementwise, invoke
from .._core.registry import OpDef, get_op
from ..base import ArgumentTypeError
from ._array import NDArray

_NUMBERS: Any = (float, int, np.generic)  # those that float() takes

# Function; what its operators are called for two arrays (``broadcast_add``), for an array and a number
# (``_plus_scalar``), for a number and an array; Python's operator, if there is one; what two numbers give.
_TABLE: list[tuple[str, str, str, str, str | None, Callable[[Any, Any], Any]]] = [
    ("add", "add", "plus", "plus", "add", operator.add),
    ("subtract", "sub", "minus", "rminus", "sub", operator.sub),
    ("multiply", "mul", "mul", "mul", "mul", operator.mul),
    ("divide", "div", "div", "rdiv", "truediv", operator.truediv),
    ("modulo", "mod", "mod", "rmod", "mod", operator.mod),
    ("power", "power", "power", "rpower", "pow", operator.pow),
    ("maximum", "maximum", "maximum", "maximum", None, lambda a, b: a if a > b else b),
    ("minimum", "minimum", "minimum", "minimum", None, lambda a, b: a if a < b else b),
    ("equal", "equal", "equal", "equal", "eq", lambda a, b: int(a == b)),
    ("not_equal", "not_equal", "not_equal", "not_equal", "ne", lambda a, b: int(a != b)),
    ("greater", "greater", "greater", "lesser", "gt", lambda a, b: int(a > b)),
    ("greater_equal", "greater_equal", "greater_equal", "lesser_equal", "ge", lambda a, b: int(a >= b)),
    ("lesser", "lesser", "lesser", "greater", "lt", lambda a, b: int(a < b)),
    ("lesser_equal", "lesser_equal", "lesser_equal", "greater_equal", "le", lambda a, b: int(a <= b)),
    ("logical_and", "logical_and", "logical_and", "logical_and", None, lambda a, b: int(bool(a and b))),
    ("logical_or", "logical_or", "logical_or", "logical_or", None, lambda a, b: int(bool(a or b))),
    ("logical_xor", "logical_xor", "logical_xor", "logical_xor", None, lambda a, b: int(bool(a) ^ bool(b))),
]
_COMPARISONS = frozenset(("eq", "ne", "gt", "ge", "lt", "le"))

# Python's in-place operators and torch's methods that do the same to tensors of one shape and one floating type.
_INPLACE = {"add": "add_", "sub": "sub_", "mul": "mul_", "truediv": "div_", "mod": None}


# What the operators compute for sparse arrays of one shape: nothing is to be broadcast, and sparse arrays stay sparse.
_SAME_SHAPE = {
    "broadcast_add": get_op("elemwise_add"),
    "broadcast_sub": get_op("elemwise_sub"),
    "broadcast_mul": get_op("elemwise_mul"),
    "broadcast_div": get_op("elemwise_div"),
}


def _forward(arrays: OpDef, number: OpDef, symbol: str, none: object) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def method(self: NDArray, other: Any) -> Any:
        if isinstance(other, NDArray):
            return arithmetic(arrays, self, other, same_shape)
        if isinstance(other, _NUMBERS):
            return elementwise(number, self, {"scalar": float(other)})
        if other is None and none is not None:
            return none
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    return method


def _reflected(arrays: OpDef, number: OpDef, symbol: str) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def method(self: NDArray, other: Any) -> Any:
        if isinstance(other, _NUMBERS):
            return elementwise(number, self, {"scalar": float(other)})
        if isinstance(other, NDArray):
            return arithmetic(arrays, other, self, same_shape)
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    return method


def _in_place(arrays: OpDef, number: OpDef, torch_method: str | None, symbol: str) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def method(self: NDArray, other: Any) -> NDArray:
        if isinstance(other, NDArray):
            return arithmetic_in_place(arrays, self, other, same_shape, torch_method)
        if isinstance(other, _NUMBERS):
            return invoke(number, (self,), {"scalar": float(other)}, self)
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    return method


def _function(name: str, arrays: OpDef, left: OpDef, right: OpDef, numbers: Callable[[Any, Any], Any]) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def fn(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray):
            if isinstance(rhs, NDArray):
                return arithmetic(arrays, lhs, rhs, same_shape)
            if isinstance(rhs, _NUMBERS):
                return elementwise(left, lhs, {"scalar": float(rhs)})
        elif isinstance(lhs, _NUMBERS):
            if isinstance(rhs, NDArray):
                return elementwise(right, rhs, {"scalar": float(lhs)})
            if isinstance(rhs, _NUMBERS):
                return numbers(lhs, rhs)
        raise ArgumentTypeError(f"types ({type(lhs)}, {type(rhs)}) not supported")

    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = (
        f"``{name}`` of two arrays, or an array and a number, element by element with broadcasting.\n\n"
        "Parameters\n----------\nlhs, rhs : NDArray or float\n\nReturns\n-------\nNDArray\n"
    )
    return fn


def _give_operators() -> dict[str, Any]:
    """Give NDArray its operators; returns the functions of the table by name."""
    functions = {}
    for name, two, number, reflected, symbol, numbers in _TABLE:
        arrays, left, right = get_op(f"broadcast_{two}"), get_op(f"_{number}_scalar"), get_op(f"_{reflected}_scalar")
        functions[name] = _function(name, arrays, left, right, numbers)
        if symbol is None:
            continue
        # An array compares unequal to None, and never raises for it.
        none = {"eq": False, "ne": True}.get(symbol)
        setattr(NDArray, f"__{symbol}__", _forward(arrays, left, f"__{symbol}__", none))
        if symbol in _COMPARISONS:
            continue
        setattr(NDArray, f"__r{symbol}__", _reflected(arrays, right, f"__r{symbol}__"))
        if symbol in _INPLACE:
            setattr(NDArray, f"__i{symbol}__", _in_place(arrays, left, _INPLACE[symbol], f"__i{symbol}__"))
    for prefix in ("", "r", "i"):  # Python 2's name
        setattr(NDArray, f"__{prefix}div__", getattr(NDArray, f"__{prefix}truediv__"))
    negate, absolute = get_op("_mul_scalar"), get_op("abs")
    setattr(NDArray, "__neg__", lambda self: elementwise(negate, self, {"scalar": -1.0}))  # noqa: B010  (the stubs have it already)
    setattr(NDArray, "__abs__", lambda self: invoke(absolute, (self,), {}))  # noqa: B010
    functions["true_divide"] = functions["divide"]
    return functions


FUNCTIONS = _give_operators()
_power = FUNCTIONS["power"]


def power(base: Any, exp: Any) -> Any:
    """``base ** exp`` of two arrays, or an array and a number, element by element with broadcasting."""
    return _power(base, exp)


FUNCTIONS["power"] = power
