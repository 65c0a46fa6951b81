"""Operators on an array and a number.

The result has the type of the array, to which the number is converted first: an int32 array plus 1.5 adds 1. Unless
``is_int=False`` says that the number counts: then integers become float64. Booleans always become int64 or float64.
"""

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ... import integers
from ...params import Double
from ...registry import Display, Gradients, OpDef, Params, Tensors, op
from ...shapes import TypeRule
from .arithmetic import divide, mask_of, modulo
from .families import same_type

_ANY_FLOAT = torch.finfo(torch.float16).max  # numbers up to it are held by every type of floats


def as_integer(value: float, dtype: torch.dtype) -> int:
    """A number as this integer type holds it: rounded toward zero, wrapped around; infinities become the limits."""
    info = torch.iinfo(dtype)
    if value != value:
        return 0
    if value in (float("inf"), float("-inf")):
        return info.max if value > 0 else info.min
    return (int(value) - info.min) % (info.max - info.min + 1) + info.min


def held(value: float, dtype: torch.dtype) -> float:
    """A number as an array of this type holds it: wrapped around in integers, infinite beyond a type of floats."""
    if not dtype.is_floating_point:
        return bool(value) if dtype is torch.bool else as_integer(value, dtype)
    if -_ANY_FLOAT <= value <= _ANY_FLOAT:
        return value
    return math.copysign(math.inf, value) if abs(value) > torch.finfo(dtype).max else value


def within(value: float, dtype: torch.dtype) -> float:
    """A number brought into a type, as a limit for its values: integers stop at the ends of their range."""
    if dtype.is_floating_point or dtype is torch.bool:
        return held(value, dtype)
    info = torch.iinfo(dtype)
    return int(min(max(value, info.min), info.max))


def scalar(
    name: str,
    fn: Callable[..., Any],
    doc: str,
    *aliases: str,
    exact: bool = True,
    differentiable: bool = True,
    on_ints: Callable[..., Tensor] | None = None,
) -> OpDef:
    """Register an operator on an array and a number.

    Parameters
    ----------
    fn : callable
        Of a tensor and a number.
    exact : bool
        Whether ``fn`` computes integers as C does; otherwise they go through float64.
    on_ints : callable, optional
        Computes integers instead of ``fn``, as C does.
    """
    exact = exact or on_ints is not None
    on_ints = on_ints or fn

    def run(data: Tensor, *, scalar: Double = 1.0, is_int: bool = True) -> Tensor:
        if data.is_floating_point():
            return fn(data, scalar)
        return on_integers(on_ints if is_int else fn, data, scalar, is_int, exact)

    run.__doc__ = doc
    registered = op(name, aliases=aliases, same_shape=True, differentiable=differentiable)(run)

    @registered.infer_type
    def _(t: TypeRule, p: Params) -> None:
        data = t["data"]
        if data is None or data.is_floating_point:
            t.same()
        elif data is torch.bool:
            t.unify("output", torch.int64 if p.is_int else torch.float64)
        else:
            t.unify("output", data if p.is_int else torch.float64)

    return registered


def on_integers(fn: Callable[..., Any], data: Tensor, scalar: float, is_int: bool, exact: bool) -> Tensor:
    """Apply a scalar function to an integer or boolean array."""
    if not is_int:
        return fn(data.double(), scalar)
    if data.dtype is torch.bool:
        data = data.long()
    number = as_integer(scalar, data.dtype)
    if exact:
        return fn(data, number)
    return fn(data.double(), float(number)).to(data.dtype)


def _full_like_0d(data: Tensor, s: float) -> Tensor:
    return torch.full((), s, dtype=data.dtype, device=data.device)


def _divide_integers(data: Tensor, s: float) -> Tensor:
    return divide(data, _full_like_0d(data, s))


def _compare(fn: Callable[..., Any]) -> Callable[..., Tensor]:
    def run(data: Tensor, s: float) -> Tensor:
        return fn(data, s, out=torch.empty_like(data))

    return run


def _logical(fn: Callable[..., Any]) -> Callable[[Tensor, float], Tensor]:
    def run(data: Tensor, s: float) -> Tensor:
        return fn(data, torch.full((), s != 0, device=data.device), out=torch.empty_like(data))

    return run


scalar("_plus_scalar", torch.add, "``data + scalar``.", "_PlusScalar")
scalar("_minus_scalar", torch.sub, "``data - scalar``.", "_MinusScalar")
scalar("_rminus_scalar", torch.rsub, "``scalar - data``.", "_RMinusScalar")
scalar("_mul_scalar", torch.mul, "``data * scalar``.", "_MulScalar")
scalar(
    "_div_scalar",
    torch.div,
    "``data / scalar``; integers are divided toward zero, and not by zero.",
    "_DivScalar",
    on_ints=_divide_integers,
)
scalar(
    "_rdiv_scalar",
    lambda x, s: torch.div(s, x),
    "``scalar / data``; integers are divided toward zero, and not by zero.",
    "_RDivScalar",
    on_ints=lambda x, s: divide(_full_like_0d(x, s), x),
)
scalar(
    "_mod_scalar",
    lambda x, s: integers.flat(torch.remainder(x, s)) if s else modulo(x, _full_like_0d(x, 0)),
    "Remainder of ``data / scalar`` with the sign of ``scalar``; 0 when that is 0.",
    "_ModScalar",
)
scalar(
    "_rmod_scalar",
    lambda x, s: modulo(_full_like_0d(x, s), x),
    "Remainder of ``scalar / data`` with the sign of ``data``; 0 where that is 0.",
    "_RModScalar",
)
scalar("_power_scalar", lambda x, s: torch.pow(x, held(s, x.dtype)), "``data ** scalar``.", "_PowerScalar", exact=False)
scalar("_rpower_scalar", lambda x, s: torch.pow(s, x), "``scalar ** data``.", "_RPowerScalar", exact=False)
for _word, _clamp, _passes, _doc in (
    ("Maximum", torch.clamp_min, torch.ge, "The larger of element and number"),
    ("Minimum", torch.clamp_max, torch.le, "The smaller of element and number"),
):
    _extremum = scalar(
        f"_{_word.lower()}_scalar",
        lambda x, s, _clamp=_clamp: _clamp(x, held(s, x.dtype)),
        f"{_doc}; the gradient passes where they are equal.",
        f"_{_word}Scalar",
        f"_npi_{_word.lower()}_scalar",
    )

    @_extremum.backward
    def _(
        grads: Tensors,
        inputs: Tensors,
        outputs: Tensors,
        p: Params,
        passes: Callable[..., Tensor] = _passes,
    ) -> Gradients:
        return (mask_of(passes, inputs[0].detach(), p.scalar, grads[0]).mul_(grads[0]),)


scalar(
    "_hypot_scalar",
    lambda x, s: torch.hypot(x, _full_like_0d(x, s)),
    "``sqrt(data**2 + scalar**2)``.",
    "_HypotScalar",
    "_npi_hypot_scalar",
    exact=False,
)

for _word, _alias, _fn, _sign in (
    ("equal", "Equal", torch.eq, "=="),
    ("not_equal", "NotEqual", torch.ne, "!="),
    ("greater", "Greater", torch.gt, ">"),
    ("greater_equal", "GreaterEqual", torch.ge, ">="),
    ("lesser", "Lesser", torch.lt, "<"),
    ("lesser_equal", "LesserEqual", torch.le, "<="),
):
    scalar(
        f"_{_word}_scalar",
        _compare(_fn),
        f"1 where ``data {_sign} scalar``, else 0.",
        f"_{_alias}Scalar",
        differentiable=False,
    )

for _word, _fn in (("and", torch.logical_and), ("or", torch.logical_or), ("xor", torch.logical_xor)):
    scalar(
        f"_logical_{_word}_scalar",
        _logical(_fn),
        f"Logical {_word} of element and number, nonzero being true: 1 or 0.",
        f"_Logical{_word.capitalize()}Scalar",
        differentiable=False,
    )

scalar("_scatter_plus_scalar", torch.add, "``data + scalar``; of a sparse array only the stored elements.")
scalar("_scatter_minus_scalar", torch.sub, "``data - scalar``; of a sparse array only the stored elements.")


@op(
    "smooth_l1",
    aliases=("_npx_smooth_l1",),
    arg_order=("data", "scalar"),
    same_shape=True,
    display=Display(printed={"scalar": "float"}),
)
def smooth_l1(data: Tensor, *, scalar: Double = 1.0, is_int: bool = True) -> Tensor:
    """Smooth L1 loss of each element: quadratic near zero, linear beyond ``1 / scalar**2``.

    ``0.5 * (scalar * x)**2`` where ``|x| < 1 / scalar**2``, else ``|x| - 0.5 / scalar**2``.
    """
    x = data
    if not data.is_floating_point():
        x, scalar = data.float(), as_integer(scalar, data.dtype)
    square = scalar * scalar
    bound = 1.0 / square if square else float("inf")
    size = x.abs()
    return same_type(torch.where(size > bound, size - 0.5 * bound, 0.5 * square * x * x), data)


@op("_contrib_gradientmultiplier", same_shape=True)
def gradient_multiplier(data: Tensor, *, scalar: Double = 1.0, is_int: bool = True) -> Tensor:
    """Hand the data through; multiply its gradient by ``scalar`` (negative: gradient reversal)."""
    return data.clone()


@gradient_multiplier.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (grads[0] * p.scalar,)
