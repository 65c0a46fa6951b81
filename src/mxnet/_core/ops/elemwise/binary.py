"""Operators on two arrays of one shape."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from ...registry import Display, OpDef, op
from .arithmetic import ARITHMETIC, COMPARISONS, EXTREMA


def _mismatch(lhs: Tensor, rhs: Tensor) -> str:
    if lhs.shape != rhs.shape:
        raise ValueError(
            f"lhs and rhs must have the same shape, got {tuple(lhs.shape)} and {tuple(rhs.shape)}; "
            "the broadcast_* operators take different ones"
        )
    raise TypeError(f"lhs and rhs must have the same data type, got {str(lhs.dtype)[6:]} and {str(rhs.dtype)[6:]}")


def binary(name: str, fn: Callable[..., Any], doc: str, *aliases: str, **options: Any) -> OpDef:
    """Register an operator on two arrays of equal shape and type; ``options`` are those of :func:`op`."""

    def run(lhs: Tensor, rhs: Tensor) -> Tensor:
        if lhs.shape != rhs.shape or lhs.dtype is not rhs.dtype:
            _mismatch(lhs, rhs)
        return fn(lhs, rhs)

    run.__doc__ = f"{doc}\n\nBoth arrays have the same shape and type; nothing is broadcast."
    return op(name, aliases=aliases, same_shape=True, **options)(run)


def _capitalized(word: str) -> str:
    return "_" + "_".join(part.capitalize() for part in word.split("_"))


binary(
    "elemwise_add",
    *ARITHMETIC["add"],
    "_add",
    "_plus",
    "_Plus",
    "_sparse_elemwise_add",
    fresh_result=True,
    fusion="sum",
    display=Display(output_named=True),
)
for _word, _aliases in {
    "sub": ("_sub", "_minus", "_Minus", "_sparse_elemwise_sub"),
    "mul": ("_mul", "_Mul", "_sparse_elemwise_mul"),
    "div": ("_div", "_Div", "_sparse_elemwise_div"),
}.items():
    binary(f"elemwise_{_word}", *ARITHMETIC[_word], *_aliases)

for _word in ("mod", "power", "hypot"):
    binary(f"_{_word}", *ARITHMETIC[_word], _capitalized(_word))

for _word, (_fn, _gradient, _doc) in EXTREMA.items():
    binary(f"_{_word}", _fn, _doc, _capitalized(_word)).backward(_gradient)

for _word, (_fn, _doc) in COMPARISONS.items():
    binary(f"_{_word}", _fn, _doc, _capitalized(_word), differentiable=False)

binary("_grad_add", torch.add, "Sum of two gradients of one array.", no_gradient=True)
binary(
    "_scatter_elemwise_div",
    ARITHMETIC["div"][0],
    "``lhs / rhs``; of a row_sparse ``lhs`` only the stored rows are divided.",
)


@op("_identity_with_attr_like_rhs", inert=("rhs",), same_shape=True)
def identity_with_attr_like_rhs(lhs: Tensor, rhs: Tensor) -> Tensor:
    """A copy of ``lhs``; shape and type of both inputs are inferred to be the same."""
    return lhs.clone()


@op(
    "add_n",
    aliases=("ElementWiseSum", "_sparse_add_n", "_sparse_ElementWiseSum"),
    variadic="num_args",
    arg_order=("args",),
    same_shape=True,
)
def add_n(*args: Tensor) -> Tensor:
    """Sum of any number of arrays of one shape and type."""
    if not args:
        raise ValueError("num_args must be at least 1, got 0 arrays")
    first = args[0]
    for a in args[1:]:
        if a.shape != first.shape or a.dtype is not first.dtype:
            _mismatch(first, a)
    if len(args) == 1:
        return first.clone()
    total = first + args[1]
    for a in args[2:]:
        # The running sum is nobody else's, and addition needs no values for its gradient.
        total += a
    return total
