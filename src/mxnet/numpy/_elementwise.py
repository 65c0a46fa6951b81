"""Functions that work element by element, from tables: one line a function.

Integers stay integers, as in MXNet: ``exp`` of an int32 array is an int32 array. Two arrays are brought to one type
first (float32 with int64 gives float32); a number takes the type of the array beside it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as onp
import torch
from torch import Tensor

from .._core import integers
from .._core.functions import compute, wrap
from .._core.registry import get_op
from .._core.state import state
from ..util import _check_ufunc_keywords
from ._array import ndarray
from ._calls import NUMBERS, refuse, write

# ---------------------------------------------------------------------- one array


def _in_float(fn: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[torch.Tensor], torch.Tensor]:
    """A function of floats that takes integers too, and gives integers back."""

    def of_any(x: torch.Tensor) -> torch.Tensor:
        return fn(x) if x.is_floating_point() else fn(x.double()).to(x.dtype)

    return of_any


def _toward_zero(x: torch.Tensor) -> torch.Tensor:
    return torch.trunc(x) if x.is_floating_point() else x.clone()


def _cbrt(x: torch.Tensor) -> torch.Tensor:
    return x.sign() * x.abs().pow(1 / 3)


# Functions of real numbers. Name, function over tensors, description.
_REAL: list[tuple[str, Any, str]] = [
    ("sin", torch.sin, "Sine of angles in radians"),
    ("cos", torch.cos, "Cosine of angles in radians"),
    ("tan", torch.tan, "Tangent of angles in radians"),
    ("arcsin", torch.asin, "Inverse sine, from -pi/2 to pi/2"),
    ("arccos", torch.acos, "Inverse cosine, from 0 to pi"),
    ("arctan", torch.atan, "Inverse tangent, from -pi/2 to pi/2"),
    ("sinh", torch.sinh, "Hyperbolic sine"),
    ("cosh", torch.cosh, "Hyperbolic cosine"),
    ("tanh", torch.tanh, "Hyperbolic tangent"),
    ("arcsinh", torch.asinh, "Inverse hyperbolic sine"),
    ("arccosh", torch.acosh, "Inverse hyperbolic cosine, for elements from 1 up"),
    ("arctanh", torch.atanh, "Inverse hyperbolic tangent, for elements between -1 and 1"),
    ("exp", torch.exp, "Exponential"),
    ("expm1", torch.expm1, "Exponential minus 1, exact for small elements"),
    ("log", torch.log, "Natural logarithm"),
    ("log2", torch.log2, "Logarithm to base 2"),
    ("log10", torch.log10, "Logarithm to base 10"),
    ("log1p", torch.log1p, "Natural logarithm of 1 plus each element, exact for small elements"),
    ("sqrt", torch.sqrt, "Square root; NaN for negative elements"),
    ("cbrt", _cbrt, "Cube root"),
    ("reciprocal", torch.reciprocal, "One over each element"),
    ("degrees", torch.rad2deg, "Radians to degrees"),
    ("radians", torch.deg2rad, "Degrees to radians"),
    ("rad2deg", torch.rad2deg, "Radians to degrees"),
    ("deg2rad", torch.deg2rad, "Degrees to radians"),
]
# Functions that are exact for integers too.
_EXACT: list[tuple[str, Any, str]] = [
    ("abs", torch.abs, "Absolute value"),
    ("absolute", torch.abs, "Absolute value"),
    ("fabs", torch.abs, "Absolute value"),
    ("negative", torch.neg, "Each element with the other sign"),
    ("sign", torch.sign, "-1, 0 or 1 by the sign"),
    ("square", torch.square, "Square"),
    ("rint", torch.round, "The nearest integer, the even one of two"),
    ("ceil", torch.ceil, "The smallest integer not below each element"),
    ("floor", torch.floor, "The largest integer not above each element"),
    ("trunc", _toward_zero, "The nearest integer towards zero"),
    ("fix", _toward_zero, "The nearest integer towards zero"),
    ("logical_not", torch.logical_not, "Whether each element is zero"),
    ("isnan", torch.isnan, "Whether each element is not a number"),
    ("isinf", torch.isinf, "Whether each element is infinite"),
    ("isposinf", torch.isposinf, "Whether each element is positive infinity"),
    ("isneginf", torch.isneginf, "Whether each element is negative infinity"),
    ("isfinite", torch.isfinite, "Whether each element is neither infinite nor NaN"),
    ("invert", torch.bitwise_not, "Bits inverted; of booleans, the other one"),
    ("bitwise_not", torch.bitwise_not, "Bits inverted; of booleans, the other one"),
]


def _unary(name: str, fn: Callable[..., Any], text: str) -> Any:
    on_host = getattr(onp, name)

    def call(x: Tensor, out: ndarray | None = None, **kwargs: Any) -> Any:
        if kwargs:
            _check_ufunc_keywords(name, kwargs)
        if isinstance(x, ndarray):
            result = compute(name, fn, (x._t,), {})
            return wrap(result, ndarray, x._ctx, (x,)) if out is None else write(name, out, result)
        if isinstance(x, NUMBERS):
            return on_host(x)
        raise refuse(name, x)

    return _described(
        call,
        name,
        f"{text}, element by element.\n\nParameters\n----------\nx : ndarray or number\nout : ndarray, optional",
    )


def _described(call: Callable[..., Any], name: str, doc: str) -> Any:
    call.__name__ = call.__qualname__ = name
    call.__module__ = "mxnet.numpy"
    call.__doc__ = doc
    return call


# ---------------------------------------------------------------------- two arrays


def promoted(a: torch.dtype, b: torch.dtype) -> torch.dtype:
    """The type that values of two types are computed in; MXNet has no int16."""
    found = torch.promote_types(a, b)
    return torch.int32 if found == torch.int16 else found


def _together(a: torch.Tensor, b: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    if a.dtype == b.dtype:
        return a, b
    dtype = promoted(a.dtype, b.dtype)
    return a.to(dtype), b.to(dtype)


def _with_number(x: torch.Tensor, value: Any) -> tuple[torch.Tensor, Any]:
    """An array and a number of its type: integer arrays cut the fraction off, booleans count as int64."""
    value = value.item() if isinstance(value, onp.generic) else value
    if x.is_floating_point():
        return x, float(value)
    return (x.long() if x.dtype == torch.bool else x), int(value)


def _filled(x: torch.Tensor, value: Any) -> torch.Tensor:
    """A number as an array without axes, for torch functions that take tensors only."""
    return torch.full((), value, dtype=x.dtype, device=x.device)


def _quotient(a: Tensor, b: Tensor) -> torch.Tensor:
    """A real quotient: integers count as float32."""
    return operator.truediv(_real(a), _real(b))


def _real(x: Tensor) -> Any:
    return x.float() if isinstance(x, torch.Tensor) and not x.is_floating_point() else x


def _power(a: Tensor, b: Tensor) -> torch.Tensor:
    if isinstance(b, torch.Tensor) or b >= 0 or a.is_floating_point():
        return a**b
    return (a.double() ** b).to(a.dtype)  # torch refuses negative powers of integers


def _ldexp(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    return a * torch.pow(2.0, b).to(a.dtype)


def _reals(fn: Callable[..., Any]) -> Any:
    """A function of two real numbers that takes integers too, and gives integers back."""

    def of_any(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return fn(a, b) if a.is_floating_point() else fn(a.double(), b.double()).to(a.dtype)

    return of_any


# How numbers are treated: as torch takes them, as arrays, or by their exact value (a comparison of integers with 1.5).
_NATIVE, _AS_ARRAY, _EXACTLY = range(3)

# Name, function over two tensors of one type, treatment of numbers, Python's operator, description.
_BINARY: list[tuple[str, Any, int, str, str]] = [
    ("add", operator.add, _NATIVE, "add", "``x1 + x2``"),
    ("subtract", operator.sub, _NATIVE, "sub", "``x1 - x2``"),
    ("multiply", operator.mul, _NATIVE, "mul", "``x1 * x2``"),
    ("divide", _quotient, _EXACTLY, "truediv", "``x1 / x2``, real also for integers"),
    ("mod", get_op("broadcast_mod").fn, _AS_ARRAY, "mod", "Remainder of ``x1 / x2``, with the sign of ``x2``"),
    ("power", _power, _NATIVE, "pow", "``x1 ** x2``"),
    ("equal", operator.eq, _EXACTLY, "eq", "Whether ``x1 == x2``"),
    ("not_equal", operator.ne, _EXACTLY, "ne", "Whether ``x1 != x2``"),
    ("greater", operator.gt, _EXACTLY, "gt", "Whether ``x1 > x2``"),
    ("greater_equal", operator.ge, _EXACTLY, "ge", "Whether ``x1 >= x2``"),
    ("less", operator.lt, _EXACTLY, "lt", "Whether ``x1 < x2``"),
    ("less_equal", operator.le, _EXACTLY, "le", "Whether ``x1 <= x2``"),
    ("bitwise_and", torch.bitwise_and, _NATIVE, "and", "Bits that both have"),
    ("bitwise_or", torch.bitwise_or, _NATIVE, "or", "Bits that one of them has"),
    ("bitwise_xor", torch.bitwise_xor, _NATIVE, "xor", "Bits that only one of them has"),
    ("true_divide", _quotient, _EXACTLY, "", "``x1 / x2``, real also for integers"),
    ("remainder", get_op("broadcast_mod").fn, _AS_ARRAY, "", "Remainder of ``x1 / x2``, with the sign of ``x2``"),
    ("maximum", torch.maximum, _AS_ARRAY, "", "The larger of two"),
    ("minimum", torch.minimum, _AS_ARRAY, "", "The smaller of two"),
    ("arctan2", _reals(torch.atan2), _AS_ARRAY, "", "Angle of the point ``(x2, x1)``"),
    ("hypot", _reals(torch.hypot), _AS_ARRAY, "", "``sqrt(x1**2 + x2**2)``"),
    ("copysign", _reals(torch.copysign), _AS_ARRAY, "", "``x1`` with the sign of ``x2``"),
    ("ldexp", _reals(_ldexp), _AS_ARRAY, "", "``x1 * 2**x2``"),
    ("lcm", torch.lcm, _AS_ARRAY, "", "The least common multiple of integers"),
]
_WITHOUT_KEYWORDS = frozenset(
    ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "true_divide")
)  # of NumPy's ufuncs


def _of_one_type(fn: Callable[..., Any]) -> Any:
    return lambda a, b: fn(*_together(a, b))


def _binary(name: str, fn: Callable[..., Any], numbers: int, text: str) -> Any:
    on_host = getattr(onp, name)

    def combine(x1: Any, x2: Any, out: ndarray | None) -> Any:
        run = fn
        if isinstance(x1, ndarray):
            ctx = x1._ctx
            a = x1._t
            if isinstance(x2, ndarray):
                b = x2._t
                args = (a, b)
                if a.dtype != b.dtype:
                    if state.recording and integers.active:  # the gradient passes through the conversion too
                        run = _of_one_type(fn)
                    else:
                        args = _together(a, b)
            elif not isinstance(x2, NUMBERS):
                raise refuse(name, x2)
            elif numbers == _EXACTLY:
                args = (a, x2.item() if isinstance(x2, onp.generic) else x2)
            else:
                a, b = _with_number(a, x2)
                args = (a, b if numbers == _NATIVE else _filled(a, b))
        elif not isinstance(x1, NUMBERS):
            raise refuse(name, x1)
        elif isinstance(x2, ndarray):
            ctx = x2._ctx
            if numbers == _EXACTLY:
                args = (x1.item() if isinstance(x1, onp.generic) else x1, x2._t)
            else:
                b, a = _with_number(x2._t, x1)
                args = (a if numbers == _NATIVE else _filled(b, a), b)
        elif isinstance(x2, NUMBERS):
            return on_host(x1, x2)
        else:
            raise refuse(name, x2)
        result = compute(name, run, args, {})
        return wrap(result, ndarray, ctx, (x1, x2)) if out is None else write(name, out, result)

    if name in _WITHOUT_KEYWORDS:

        def call(x1: Any, x2: Any, out: ndarray | None = None) -> Any:
            return combine(x1, x2, out)

        made: Callable[..., Any] = call
    else:

        def checked(x1: Any, x2: Any, out: ndarray | None = None, **kwargs: Any) -> Any:
            if kwargs:
                _check_ufunc_keywords(name, kwargs)
            return combine(x1, x2, out)

        made = checked
    return _described(
        made,
        name,
        f"{text}, element by element with broadcasting.\n\nParameters\n----------\nx1, x2 : ndarray or number\n"
        "out : ndarray, optional",
    )


FUNCTIONS: dict[str, Any] = {
    **{name: _unary(name, _in_float(fn), text) for name, fn, text in _REAL},
    **{name: _unary(name, fn, text) for name, fn, text in _EXACT},
    **{name: _binary(name, fn, numbers, text) for name, fn, numbers, _, text in _BINARY},
}
# Python's operators: name between the underscores -> function.
OPERATORS: dict[str, Any] = {symbol: FUNCTIONS[name] for name, _, _, symbol, _ in _BINARY if symbol}
