"""The mathematics of operators on two arrays, shared by the same-shape and the broadcasting families.

All functions broadcast and expect one data type; integers behave as in C, as MXNet's kernels are compiled C++.
"""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ... import integers
from ...registry import Gradients, Params, Tensors


def add(lhs: Tensor, rhs: Tensor) -> Tensor:
    """``lhs + rhs``."""
    return torch.add(lhs, rhs)


def subtract(lhs: Tensor, rhs: Tensor) -> Tensor:
    """``lhs - rhs``."""
    return torch.sub(lhs, rhs)


def multiply(lhs: Tensor, rhs: Tensor) -> Tensor:
    """``lhs * rhs``."""
    return torch.mul(lhs, rhs)


def divide(lhs: Tensor, rhs: Tensor) -> Tensor:
    """``lhs / rhs``; integers are divided toward zero, and by zero not at all (ZeroDivisionError)."""
    if lhs.is_floating_point():
        return torch.div(lhs, rhs)
    # The smallest number divided by -1 ends the process in the CPU's division.
    negated = rhs == -1
    try:
        quotient = torch.div(lhs, rhs.masked_fill(negated, 1), rounding_mode="trunc")
    except RuntimeError as e:
        raise (ZeroDivisionError("division of integers by zero") if "ZeroDivision" in str(e) else e) from None
    return torch.where(negated, -quotient, quotient)


def modulo(lhs: Tensor, rhs: Tensor) -> Tensor:
    """The remainder with the sign of ``rhs``; zero where ``rhs`` is zero. ``lhs`` has a gradient of one everywhere."""
    zero = rhs == 0
    found = torch.remainder(lhs, rhs.masked_fill(zero, 1))
    found.detach().masked_fill_(zero, 0)  # behind the gradient's back, which does not need the result
    return integers.flat(found)


def through_double(fn: Callable[..., Any]) -> Callable[[Tensor, Tensor], Tensor]:
    """Make integers go through float64 and back, rounded toward zero; floats go straight to ``fn``."""

    def run(lhs: Tensor, rhs: Tensor) -> Tensor:
        if lhs.is_floating_point():
            return fn(lhs, rhs)
        return fn(lhs.double(), rhs.double()).to(lhs.dtype)

    return run


power = through_double(torch.pow)
hypot = through_double(torch.hypot)


def _compare(fn: Callable[..., Any]) -> Callable[..., Tensor]:
    """A comparison or logical function, giving 0 and 1 in the type of its inputs.

    Writing them into an array of that type is several times faster than converting booleans.
    """

    def run(lhs: Tensor, rhs: Tensor) -> Tensor:
        if lhs.shape == rhs.shape:
            out = torch.empty_like(lhs)
        else:
            out = lhs.new_empty(torch.broadcast_shapes(lhs.shape, rhs.shape))
        return fn(lhs, rhs, out=out)

    return run


def larger_gradient(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    """Of ``maximum``: ties go to the left input."""
    return _route(grads[0], inputs[0], inputs[1], torch.ge)


def smaller_gradient(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    """Of ``minimum``: ties go to the left input."""
    return _route(grads[0], inputs[0], inputs[1], torch.le)


def mask_of(compare: Callable[..., Tensor], lhs: Tensor, rhs: Tensor, like: Tensor) -> Tensor:
    """A comparison as zeros and ones of the type of ``like``: a product is faster than selecting by booleans."""
    return compare(lhs, rhs, out=torch.empty_like(like, requires_grad=False))


def _route(grad: Tensor, lhs: Tensor, rhs: Tensor, compare: Callable[..., Tensor]) -> tuple[Tensor, Tensor]:
    left = mask_of(compare, lhs.detach(), rhs.detach(), grad)
    right = (1 - left).mul_(grad)
    return left.mul_(grad).sum_to_size(lhs.shape), right.sum_to_size(rhs.shape)


# word used in operator names: (function, what it computes)
ARITHMETIC = {
    "add": (add, "Sum, ``lhs + rhs``."),
    "sub": (subtract, "Difference, ``lhs - rhs``."),
    "mul": (multiply, "Product, ``lhs * rhs``."),
    "div": (divide, "Quotient, ``lhs / rhs``; integers are divided toward zero."),
    "mod": (modulo, "Remainder with the sign of ``rhs``, ``lhs - rhs * floor(lhs / rhs)``; 0 where ``rhs`` is 0."),
    "power": (power, "``lhs`` to the power ``rhs``."),
    "hypot": (hypot, "Hypotenuse, ``sqrt(lhs**2 + rhs**2)``."),
}
EXTREMA = {
    "maximum": (
        torch.maximum,
        larger_gradient,
        "The larger of the two elements; of equal ones ``lhs`` has the gradient.",
    ),
    "minimum": (
        torch.minimum,
        smaller_gradient,
        "The smaller of the two elements; of equal ones ``lhs`` has the gradient.",
    ),
}
COMPARISONS = {
    "equal": (_compare(torch.eq), "1 where ``lhs == rhs``, else 0, in the type of the inputs."),
    "not_equal": (_compare(torch.ne), "1 where ``lhs != rhs``, else 0, in the type of the inputs."),
    "greater": (_compare(torch.gt), "1 where ``lhs > rhs``, else 0, in the type of the inputs."),
    "greater_equal": (_compare(torch.ge), "1 where ``lhs >= rhs``, else 0, in the type of the inputs."),
    "lesser": (_compare(torch.lt), "1 where ``lhs < rhs``, else 0, in the type of the inputs."),
    "lesser_equal": (_compare(torch.le), "1 where ``lhs <= rhs``, else 0, in the type of the inputs."),
    "logical_and": (_compare(torch.logical_and), "1 where both are nonzero, else 0, in the type of the inputs."),
    "logical_or": (_compare(torch.logical_or), "1 where one of the two is nonzero, else 0, in the type of the inputs."),
    "logical_xor": (_compare(torch.logical_xor), "1 where exactly one is nonzero, else 0, in the type of the inputs."),
}
