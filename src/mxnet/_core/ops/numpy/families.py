"""Helpers that register families of operators with NumPy's semantics."""

from collections.abc import Callable, Iterable
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ...params import Double
from ...registry import OpDef, op
from ...shapes import TypeRule


def promoted(a: torch.dtype, b: torch.dtype) -> torch.dtype:
    """The type that values of two types are computed in; MXNet has no int16."""
    found = torch.promote_types(a, b)
    return torch.int32 if found == torch.int16 else found


def of_one_type(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor]:
    """Two arrays in the type that both are promoted to."""
    if a.dtype == b.dtype:
        return a, b
    dtype = promoted(a.dtype, b.dtype)
    return a.to(dtype), b.to(dtype)


def all_of_one_type(arrays: Iterable[Tensor]) -> list[Tensor]:
    """Arrays in the type that all are promoted to, on the device of the first."""
    arrays = list(arrays)
    if not arrays:
        raise ValueError("needs at least one array")
    dtype = arrays[0].dtype
    for x in arrays:
        dtype = dtype if x.dtype == dtype else promoted(dtype, x.dtype)
    return [x.to(device=arrays[0].device, dtype=dtype) for x in arrays]


def unary(
    name: str, fn: Callable[[Tensor], Tensor], doc: str, *aliases: str, gives: torch.dtype | None = None
) -> OpDef:
    """Register an operator on one array; ``gives`` is the type of the result where it is not that of the array."""

    def run(x: Tensor) -> Tensor:
        return fn(x)

    run.__doc__ = doc
    return op(name, aliases=aliases, same_shape=True, result_type=gives)(run)


def _same(dtype: torch.dtype) -> torch.dtype:
    return dtype


def binary(
    name: str,
    fn: Callable[..., Any],
    doc: str,
    *,
    inputs: tuple[str, str] = ("lhs", "rhs"),
    gives: Callable[[torch.dtype], torch.dtype] = _same,
) -> OpDef:
    """Register an operator on two arrays, which are brought to one type and broadcast.

    Parameters
    ----------
    fn : callable
        Of two tensors of one type.
    inputs : pair of str
        What MXNet calls the arrays.
    gives : callable
        From the common type to that of the result.
    """

    def on_operands(lhs: Tensor, rhs: Tensor) -> Tensor:
        return fn(lhs, rhs) if lhs.dtype == rhs.dtype else fn(*of_one_type(lhs, rhs))

    def on_points(x1: Tensor, x2: Tensor) -> Tensor:
        return fn(x1, x2) if x1.dtype == x2.dtype else fn(*of_one_type(x1, x2))

    run = on_operands if inputs[0] == "lhs" else on_points
    run.__doc__ = doc
    registered = op(name)(run)

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        left, right = t[inputs[0]], t[inputs[1]]
        known = right if left is None else left
        if known is not None:
            t.unify("output", gives(promoted(known, right or known)))

    return registered


def with_number(
    name: str,
    fn: Callable[..., Any],
    doc: str,
    *,
    exactly: bool = False,
    gives: Callable[[torch.dtype], torch.dtype] = _same,
) -> OpDef:
    """Register an operator on an array and a number, which takes the type of the array.

    Integer arrays cut its fraction off, booleans count as int64. With ``exactly`` the number is taken as it is.
    ``is_int=False`` makes integers float64, so that nothing is cut off.
    """

    def run(data: Tensor, *, scalar: Double = 1.0, is_int: bool = True) -> Tensor:
        if data.is_floating_point():
            return fn(data, scalar if exactly else float(scalar))
        if not is_int:
            return fn(data.double(), scalar)
        if exactly:
            return fn(data, scalar)
        return fn(data.long() if data.dtype == torch.bool else data, int(scalar))

    run.__doc__ = doc
    registered = op(name, same_shape=True)(run)

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        data = t["data"]
        if data is not None:
            if not data.is_floating_point:
                data = torch.float64 if not p.is_int else torch.int64 if data is torch.bool and not exactly else data
            t.unify("output", gives(data))

    return registered
