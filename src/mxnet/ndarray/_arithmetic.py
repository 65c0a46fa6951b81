"""Arithmetic and comparison of arrays: Python's operators on NDArray, and functions such as ``mx.nd.add``.

One table names, for each operation, the operator for two arrays and those for an array and a number.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .._core.invoke import arithmetic, arithmetic_in_place, arithmetic_with_number, invoke
from .._core.registry import OpDef, get_op
from ..base import ArgumentTypeError
from ._array import NDArray

_NUMBERS = (float, int, np.generic)

# function, two arrays, array and number, number and array, Python operator (None: there is none)
_TABLE = [
    ("add", "broadcast_add", "_plus_scalar", "_plus_scalar", "add"),
    ("subtract", "broadcast_sub", "_minus_scalar", "_rminus_scalar", "sub"),
    ("multiply", "broadcast_mul", "_mul_scalar", "_mul_scalar", "mul"),
    ("divide", "broadcast_div", "_div_scalar", "_rdiv_scalar", "truediv"),
    ("modulo", "broadcast_mod", "_mod_scalar", "_rmod_scalar", "mod"),
    ("power", "broadcast_power", "_power_scalar", "_rpower_scalar", "pow"),
    ("maximum", "broadcast_maximum", "_maximum_scalar", "_maximum_scalar", None),
    ("minimum", "broadcast_minimum", "_minimum_scalar", "_minimum_scalar", None),
    ("equal", "broadcast_equal", "_equal_scalar", "_equal_scalar", "eq"),
    ("not_equal", "broadcast_not_equal", "_not_equal_scalar", "_not_equal_scalar", "ne"),
    ("greater", "broadcast_greater", "_greater_scalar", "_lesser_scalar", "gt"),
    ("greater_equal", "broadcast_greater_equal", "_greater_equal_scalar", "_lesser_equal_scalar", "ge"),
    ("lesser", "broadcast_lesser", "_lesser_scalar", "_greater_scalar", "lt"),
    ("lesser_equal", "broadcast_lesser_equal", "_lesser_equal_scalar", "_greater_equal_scalar", "le"),
    ("logical_and", "broadcast_logical_and", "_logical_and_scalar", "_logical_and_scalar", None),
    ("logical_or", "broadcast_logical_or", "_logical_or_scalar", "_logical_or_scalar", None),
    ("logical_xor", "broadcast_logical_xor", "_logical_xor_scalar", "_logical_xor_scalar", None),
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

    def method(self: NDArray, other: object) -> Any:
        if isinstance(other, NDArray):
            return arithmetic(arrays, self, other, same_shape)
        if isinstance(other, _NUMBERS):
            return arithmetic_with_number(number, self, other)
        if other is None and none is not None:
            return none
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    return method


def _reflected(arrays: OpDef, number: OpDef, symbol: str) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def method(self: NDArray, other: object) -> Any:
        if isinstance(other, _NUMBERS):
            return arithmetic_with_number(number, self, other)
        if isinstance(other, NDArray):
            return arithmetic(arrays, other, self, same_shape)
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    return method


def _in_place(arrays: OpDef, number: OpDef, torch_method: str | None, symbol: str) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def method(self: NDArray, other: object) -> NDArray:
        if isinstance(other, NDArray):
            return arithmetic_in_place(arrays, self, other, same_shape, torch_method)
        if isinstance(other, _NUMBERS):
            arithmetic_with_number(number, self, other, self)
            return self
        raise TypeError(f"type {type(other)} not supported")

    method.__name__ = symbol
    return method


def _function(name: str, arrays: OpDef, left: OpDef, right: OpDef) -> Any:
    same_shape = _SAME_SHAPE.get(arrays.name, arrays)

    def fn(lhs: Any, rhs: Any) -> Any:
        if isinstance(lhs, NDArray):
            if isinstance(rhs, NDArray):
                return arithmetic(arrays, lhs, rhs, same_shape)
            if isinstance(rhs, _NUMBERS):
                return arithmetic_with_number(left, lhs, rhs)
        elif isinstance(lhs, _NUMBERS):
            if isinstance(rhs, NDArray):
                return arithmetic_with_number(right, rhs, lhs)
            if isinstance(rhs, _NUMBERS):
                return _PYTHON[name](lhs, rhs)
        raise ArgumentTypeError(f"types ({type(lhs)}, {type(rhs)}) not supported")

    fn.__name__ = fn.__qualname__ = name
    fn.__doc__ = (
        f"``{name}`` of two arrays, or an array and a number, element by element with broadcasting.\n\n"
        "Parameters\n----------\nlhs, rhs : NDArray or float\n\nReturns\n-------\nNDArray\n"
    )
    return fn


# Two numbers stay numbers.
_PYTHON: dict[str, Any] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "modulo": lambda a, b: a % b,
    "power": lambda a, b: a**b,
    "maximum": lambda a, b: a if a > b else b,
    "minimum": lambda a, b: a if a < b else b,
    "equal": lambda a, b: 1 if a == b else 0,
    "not_equal": lambda a, b: 1 if a != b else 0,
    "greater": lambda a, b: 1 if a > b else 0,
    "greater_equal": lambda a, b: 1 if a >= b else 0,
    "lesser": lambda a, b: 1 if a < b else 0,
    "lesser_equal": lambda a, b: 1 if a <= b else 0,
    "logical_and": lambda a, b: 1 if a and b else 0,
    "logical_or": lambda a, b: 1 if a or b else 0,
    "logical_xor": lambda a, b: 1 if bool(a) ^ bool(b) else 0,
}


def install() -> dict[str, Any]:
    """Give NDArray its operators; returns the functions of the table by name."""
    functions = {}
    for name, arrays_name, left_name, right_name, symbol in _TABLE:
        arrays, left, right = get_op(arrays_name), get_op(left_name), get_op(right_name)
        functions[name] = _function(name, arrays, left, right)
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
    for python2 in ("div", "rdiv", "idiv"):
        true = {"div": "truediv", "rdiv": "rtruediv", "idiv": "itruediv"}[python2]
        setattr(NDArray, f"__{python2}__", getattr(NDArray, f"__{true}__"))
    negate, absolute = get_op("_mul_scalar"), get_op("abs")
    setattr(NDArray, "__neg__", lambda self: arithmetic_with_number(negate, self, -1.0))  # noqa: B010  (the stubs have it already)
    setattr(NDArray, "__abs__", lambda self: invoke(absolute, (self,), {}))  # noqa: B010
    functions["true_divide"] = functions["divide"]
    return functions


FUNCTIONS = install()
_power = FUNCTIONS["power"]


def power(base: Any, exp: Any) -> Any:
    """``base ** exp`` of two arrays, or an array and a number, element by element with broadcasting."""
    return _power(base, exp)


FUNCTIONS["power"] = power
