"""Operators on two arrays whose shapes broadcast: aligned at the last axis, where sizes are equal or one of them 1."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from ...registry import OpDef, op
from ..elemwise.arithmetic import ARITHMETIC, COMPARISONS, EXTREMA


def broadcasting(name: str, fn: Callable[..., Any], doc: str, *aliases: str, differentiable: bool = True) -> OpDef:
    """Register an operator on two arrays of one type whose shapes broadcast."""

    def run(lhs: Tensor, rhs: Tensor) -> Tensor:
        if lhs.dtype is not rhs.dtype:
            raise TypeError(
                f"lhs and rhs must have the same data type, got {str(lhs.dtype)[6:]} and {str(rhs.dtype)[6:]}"
            )
        return fn(lhs, rhs)

    run.__doc__ = f"{doc}\n\nShapes broadcast: aligned at the last axis, sizes are equal or one of them is 1."
    return op(name, aliases=aliases, differentiable=differentiable)(run)


for _word, _aliases in {
    "add": ("broadcast_plus", "_sparse_broadcast_add", "_sparse_broadcast_plus"),
    "sub": ("broadcast_minus", "_sparse_broadcast_sub", "_sparse_broadcast_minus"),
    "mul": ("_sparse_broadcast_mul",),
    "div": ("_sparse_broadcast_div",),
    "mod": (),
    "power": (),
    "hypot": (),
}.items():
    broadcasting(f"broadcast_{_word}", *ARITHMETIC[_word], *_aliases)

for _word, (_fn, _gradient, _doc) in EXTREMA.items():
    broadcasting(f"broadcast_{_word}", _fn, _doc, f"_npi_{_word}").backward(_gradient)

for _word, (_fn, _doc) in COMPARISONS.items():
    broadcasting(f"broadcast_{_word}", _fn, _doc, differentiable=False)
