"""Functions that work element by element: one line a function.

Integers stay integers, as in MXNet: ``exp`` of an int32 array is an int32 array. What MXNet refuses is computed as
NumPy does, in float32: ``exp`` of booleans, ``arctan2`` of two integer arrays. Two arrays are brought to one type first
(float32 with int64 gives float32); a number takes the type of the array beside it.
"""

import operator
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, NamedTuple, TypeAlias, Union

import torch
from torch import Tensor

from ...opdef import OpDef
from ...registry import get_op
from ...shapes import TypeRule
from ..elemwise.arithmetic import modulo
from .families import binary, unary, with_number

# Of a function of two: an array, or a number beside one.
Operand: TypeAlias = Union[Tensor, float]

# ---------------------------------------------------------------------- one array


def _in_float(fn: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A function of floats that takes integers too, and gives integers back; of booleans it gives float32."""

    def of_any(x: Tensor) -> Tensor:
        if x.is_floating_point():
            return fn(x)
        return fn(x.float()) if x.dtype is torch.bool else fn(x.double()).to(x.dtype)

    return of_any


def _of_whole(fn: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """A function that changes no integers, of which torch has those of booleans not."""

    def of_any(x: Tensor) -> Tensor:
        return fn(x) if x.is_floating_point() else x.clone()

    return of_any


def _absolute(x: Tensor) -> Tensor:
    return x.clone() if x.dtype is torch.bool else x.abs()


def _cbrt(x: Tensor) -> Tensor:
    return x.sign() * x.abs().pow(1 / 3)


# Functions of real numbers. Name, function over tensors, description.
_REAL = [
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
]
# Functions that are exact for integers too.
_EXACT = [
    ("absolute", _absolute, "Absolute value"),
    ("negative", torch.neg, "Each element with the other sign"),
    ("sign", torch.sign, "-1, 0 or 1 by the sign"),
    ("square", torch.square, "Square"),
    ("rint", _of_whole(torch.round), "The nearest integer, the even one of two"),
    ("ceil", _of_whole(torch.ceil), "The smallest integer not below each element"),
    ("floor", _of_whole(torch.floor), "The largest integer not above each element"),
    ("trunc", _of_whole(torch.trunc), "The nearest integer towards zero"),
    ("fix", _of_whole(torch.trunc), "The nearest integer towards zero"),
    ("bitwise_not", torch.bitwise_not, "Bits inverted; of booleans, the other one"),
]
_TESTS = [
    ("logical_not", torch.logical_not, "Whether each element is zero"),
    ("isnan", torch.isnan, "Whether each element is not a number"),
    ("isinf", torch.isinf, "Whether each element is infinite"),
    ("isposinf", torch.isposinf, "Whether each element is positive infinity"),
    ("isneginf", torch.isneginf, "Whether each element is negative infinity"),
    ("isfinite", torch.isfinite, "Whether each element is neither infinite nor NaN"),
]


def _registered(
    name: str, fn: Callable[[Tensor], Tensor], text: str, *aliases: str, gives: torch.dtype | None = None
) -> OpDef:
    return unary(f"_npi_{name}", fn, f"{text}, element by element.", *aliases, gives=gives)


def _registered_real(name: str, fn: Callable[[Tensor], Tensor], text: str) -> OpDef:
    registered = _registered(name, _in_float(fn), text)

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        if t["x"] is not None:
            t.unify("output", torch.float32 if t["x"] is torch.bool else t["x"])

    return registered


# By name in mx.np.
UNARY = {
    **{name: _registered_real(name, fn, text) for name, fn, text in _REAL},
    **{name: _registered(name, fn, text, *(["_npi_abs"] if name == "absolute" else [])) for name, fn, text in _EXACT},
    **{name: _registered(name, fn, text, gives=torch.bool) for name, fn, text in _TESTS},
}
_OTHER_NAMES = {
    "abs": "absolute",
    "fabs": "absolute",
    "invert": "bitwise_not",
    "rad2deg": "degrees",
    "deg2rad": "radians",
}
UNARY.update({other: UNARY[name] for other, name in _OTHER_NAMES.items()})

# ---------------------------------------------------------------------- two arrays


def _filled(x: Tensor, value: float) -> Tensor:
    """A number as an array without axes, for torch functions that take tensors only."""
    return torch.full((), value, dtype=x.dtype, device=x.device)


def _quotient(a: Operand, b: Operand) -> Tensor:
    """A real quotient: integers count as float32."""
    return operator.truediv(_real(a), _real(b))


def _real(x: Operand) -> Operand:
    return x.float() if isinstance(x, Tensor) and not x.is_floating_point() else x


def _real_type(dtype: torch.dtype) -> torch.dtype:
    return dtype if dtype.is_floating_point else torch.float32


def _boolean(dtype: torch.dtype) -> torch.dtype:
    return torch.bool


def _power(a: Operand, b: Operand) -> Tensor:
    if not isinstance(a, Tensor):
        return a**b
    if isinstance(b, Tensor):
        return a | ~b if a.dtype is torch.bool else a**b  # torch has no powers of booleans
    if b >= 0 or a.is_floating_point():
        return a**b
    return (a.double() ** b).to(a.dtype)  # torch refuses negative powers of integers


def _ldexp(a: Tensor, b: Tensor) -> Tensor:
    return a * torch.pow(2.0, b).to(a.dtype)


def _reals(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two real numbers that takes integers too, and gives integers back."""

    def of_any(a: Tensor, b: Tensor) -> Tensor:
        return fn(a, b) if a.is_floating_point() else fn(a.double(), b.double()).to(a.dtype)

    return of_any


def _in_float32(fn: Callable[..., Any]) -> Callable[..., Any]:
    """A function of two real numbers that takes integers too, and gives float32 of these."""
    return lambda a, b: fn(a, b) if a.is_floating_point() else fn(a.float(), b.float())


def _lcm(a: Tensor, b: Tensor) -> Tensor:
    return a & b if a.dtype is torch.bool else torch.lcm(a, b)


class Binary(NamedTuple):
    """The operators of a function of two arrays, one of which may be a number."""

    arrays: OpDef
    number: OpDef  # of an array and a number
    reflected: OpDef  # of a number and an array
    one_type: bool = False  # whether the arrays must have one


# How numbers are treated: as torch takes them, as arrays, or by their exact value (a comparison of integers with 1.5).
_NATIVE, _AS_ARRAY, _EXACTLY = range(3)

# Name, function over two tensors of one type, treatment of numbers, the same with the operands exchanged ("": the
# function itself, None: an operator of its own), description.
_BINARY = [
    ("add", operator.add, _NATIVE, "", "``x1 + x2``"),
    ("subtract", operator.sub, _NATIVE, None, "``x1 - x2``"),
    ("multiply", operator.mul, _NATIVE, "", "``x1 * x2``"),
    ("true_divide", _quotient, _EXACTLY, None, "``x1 / x2``, real also for integers"),
    ("mod", modulo, _AS_ARRAY, None, "Remainder of ``x1 / x2``, with the sign of ``x2``"),
    ("power", _power, _NATIVE, None, "``x1 ** x2``"),
    ("equal", operator.eq, _EXACTLY, "", "Whether ``x1 == x2``"),
    ("not_equal", operator.ne, _EXACTLY, "", "Whether ``x1 != x2``"),
    ("greater", operator.gt, _EXACTLY, "less", "Whether ``x1 > x2``"),
    ("greater_equal", operator.ge, _EXACTLY, "less_equal", "Whether ``x1 >= x2``"),
    ("less", operator.lt, _EXACTLY, "greater", "Whether ``x1 < x2``"),
    ("less_equal", operator.le, _EXACTLY, "greater_equal", "Whether ``x1 <= x2``"),
    ("bitwise_and", torch.bitwise_and, _NATIVE, "", "Bits that both have"),
    ("bitwise_or", torch.bitwise_or, _NATIVE, "", "Bits that one of them has"),
    ("bitwise_xor", torch.bitwise_xor, _NATIVE, "", "Bits that only one of them has"),
    ("arctan2", _reals(torch.atan2), _AS_ARRAY, None, "Angle of the point ``(x2, x1)``"),
    ("copysign", _reals(torch.copysign), _AS_ARRAY, None, "``x1`` with the sign of ``x2``"),
    ("ldexp", _reals(_ldexp), _AS_ARRAY, None, "``x1 * 2**x2``"),
    ("lcm", _lcm, _AS_ARRAY, "", "The least common multiple of integers"),
]


def _exchanged(fn: Callable[..., Any]) -> Callable[..., Any]:
    return lambda data, value: fn(value, data)


def _with_arrays(fn: Callable[..., Any]) -> Callable[..., Any]:
    return lambda a, b: fn(_filled(b, a), b) if isinstance(b, Tensor) else fn(a, _filled(a, b))


def _of_points(name: str, fn: Callable[..., Any], text: str) -> OpDef:
    """Register an operator on the coordinates of points, of which integers count as float32."""
    return binary(f"_npi_{name}", _in_float32(fn), text, inputs=("x1", "x2"), gives=_real_type)


def _registered_binary(name: str, fn: Callable[..., Any], numbers: int, mirrored: str, text: str) -> Binary:
    gives = _boolean if numbers == _EXACTLY and name != "true_divide" else _real_type if name == "true_divide" else None
    options: dict[str, Any] = {} if gives is None else {"gives": gives}
    text = f"{text}, element by element with broadcasting."
    arrays = _of_points(name, torch.atan2, text) if name == "arctan2" else binary(f"_npi_{name}", fn, text, **options)
    options["exactly"] = numbers == _EXACTLY
    on_number = _with_arrays(fn) if numbers == _AS_ARRAY else fn
    number = with_number(f"_npi_{name}_scalar", on_number, f"{text} ``x2`` is a number.", **options)
    reflected = number
    if mirrored is None:
        reflected = with_number(f"_npi_r{name}_scalar", _exchanged(on_number), f"{text} ``x1`` is a number.", **options)
    return Binary(arrays, number, reflected)


# By name in mx.np.
BINARY = {name: _registered_binary(name, *rest) for name, *rest in _BINARY}
for _name, *_, _mirrored, _text in _BINARY:
    if _mirrored:
        BINARY[_name] = BINARY[_name]._replace(reflected=BINARY[_mirrored].number)
BINARY["divide"] = BINARY["true_divide"]
BINARY["remainder"] = BINARY["mod"]
BINARY["hypot"] = Binary(
    _of_points("hypot", torch.hypot, "``sqrt(x1**2 + x2**2)``, element by element with broadcasting."),
    get_op("_hypot_scalar"),
    get_op("_hypot_scalar"),
)
for _name in ("maximum", "minimum"):  # those of mx.nd
    _number = get_op(f"_{_name}_scalar")
    BINARY[_name] = Binary(get_op(f"broadcast_{_name}"), _number, _number, one_type=True)
