"""Activation functions that are operators of their own."""

import torch
from torch import Tensor
from torch.nn import functional as F

from ...registry import Gradients, Params, Tensors, op
from .families import unary

unary("relu", torch.relu, "Rectified linear unit, ``max(x, 0)``.", sparse=True, methods=True, fusion="relu")
unary("sigmoid", torch.sigmoid, "Logistic function, ``1 / (1 + exp(-x))``.", sparse=True, methods=True)
softsign = unary("softsign", F.softsign, "``x / (1 + |x|)``.")


@softsign.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    slope = 1 - outputs[0].abs()
    return (slope * slope * grads[0],)


@op("hard_sigmoid", same_shape=True)
def hard_sigmoid(data: Tensor, *, alpha: float = 0.2, beta: float = 0.5) -> Tensor:
    """A sigmoid in three straight pieces, ``clip(alpha * x + beta, 0, 1)``.

    Parameters
    ----------
    alpha
        The slope.
    """
    if not data.is_floating_point():
        raise TypeError(f"data must have a floating point type, got {str(data.dtype)[6:]}")
    return torch.clamp(data * alpha + beta, 0, 1)


@hard_sigmoid.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    y = outputs[0]
    return (torch.where((y > 0) & (y < 1), grads[0] * p.alpha, torch.zeros_like(y)),)
