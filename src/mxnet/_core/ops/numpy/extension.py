"""Operators of ``mx.npx`` that the classic ones do not serve: MXNet writes these under names of their own."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ...registry import op
from ...shapes import ShapeRule
from ..elemwise.families import unary

unary("_npx_relu", torch.relu, "Rectified linear unit, ``max(x, 0)``.", fusion="relu")
unary("_npx_sigmoid", torch.sigmoid, "Logistic function, ``1 / (1 + exp(-x))``.")


@op("_npx_nonzero", aliases=("_npi_nonzero",), differentiable=False, result_type=torch.int64)
def nonzero(x: Tensor) -> Tensor:
    """Positions of the elements other than zero, as int64: a row an element, a column an axis.

    How many rows there are depends on the values. A number counts as a vector of one element.
    """
    return torch.nonzero(torch.atleast_1d(x))


@op("_npx_constraint_check", differentiable=False, result_type=torch.bool, opaque=True)
def constraint_check(input: Tensor, *, msg: str = "Constraint violated.") -> Tensor:
    """True, when all elements are; multiplied into what depends on it, it makes graphs check their values.

    Parameters
    ----------
    input : Tensor
        Booleans; of numbers all but 0 are true.
    msg : str
        What the error says.

    Raises
    ------
    ValueError
        When an element is false.
    """
    if not bool((input != 0).all()):
        raise ValueError(msg)
    return torch.ones((), dtype=torch.bool, device=input.device)


@constraint_check.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.unify("output", ())
