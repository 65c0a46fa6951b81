"""Steps that are scaled layer by layer: LAMB and LARS."""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor

from ._adam import moments
from ._lists import Tensors, add_, div_, mul, prepared, ratio, sqrt_


def lamb_direction(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    var: Tensors,
    *,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    bias_correction: bool,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Tensors:
    """LAMB's first phase: move the moments; gives the direction of the step, weight decay included."""
    moments(prepared(g, rescale_grad, clip_gradient), mean, var, beta1, beta2)
    root = mul(var, ratio(1.0, 1.0 - beta2**t) if bias_correction else 1.0)
    sqrt_(root)
    add_(root, epsilon)
    direction = mul(mean, ratio(1.0, 1.0 - beta1**t) if bias_correction else 1.0)
    div_(direction, root)
    if wd:
        add_(direction, w, alpha=wd)
    return direction


def lamb_step(
    w: Tensors,
    direction: Tensors,
    r1: Sequence[Tensor],
    r2: Sequence[Tensor],
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
) -> None:
    """LAMB's second phase: a step along the direction, by the norms of weight (``r1``) and direction (``r2``)."""
    for weight, step, weight_norm, step_norm in zip(w, direction, r1, r2):
        if lower_bound >= 0:
            weight_norm = weight_norm.clamp(min=lower_bound)
        if upper_bound >= 0:
            weight_norm = weight_norm.clamp(max=upper_bound)
        ratio = torch.where((weight_norm == 0) | (step_norm == 0), 1.0, weight_norm / step_norm)
        weight.addcmul_(step, ratio.to(step.dtype), value=-lr)


def lamb(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    var: Tensors,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    **phase1: Any,
) -> None:
    """Both phases of LAMB, with the norms in between."""
    direction = lamb_direction(w, g, mean, var, **phase1)
    lamb_step(w, direction, norms(w), norms(direction), lr=lr, lower_bound=lower_bound, upper_bound=upper_bound)


def norms(tensors: Tensors) -> Sequence[Tensor]:
    """The Euclidean norm of each tensor, float32 for half precision."""
    small = tensors[0].dtype in (torch.float16, torch.bfloat16)
    return torch._foreach_norm([t.float() for t in tensors] if small else tensors)


def sums_of_squares(tensors: Sequence[Tensor]) -> Tensor:
    """The sum of squares of each tensor, as one float32 vector."""
    return torch.stack([n.float().square() for n in norms(list(tensors))])


def lars_rates(
    lrs: Tensor,
    weights_sum_sq: Tensor,
    grads_sum_sq: Tensor,
    wds: Tensor,
    *,
    eta: float,
    eps: float,
    rescale_grad: float = 1.0,
) -> Tensor:
    """Each layer's learning rate, scaled by the ratio of its norms of weight and gradient."""
    weight_norm, grad_norm = weights_sum_sq.sqrt(), grads_sum_sq.sqrt()
    scaled = lrs * eta * weight_norm / (grad_norm * rescale_grad + wds * weight_norm + eps)
    return torch.where((weight_norm > 0) & (grads_sum_sq > 0), scaled, lrs)


def sgd_mom_per_tensor(
    w: Tensors,
    g: Tensors,
    mom: Tensors | None = None,
    *,
    lrs: Sequence[Tensor],
    wds: Sequence[Tensor],
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """SGD whose rates and decays are tensors of one element, which may live on the device."""
    g = prepared(g, rescale_grad, clip_gradient)
    for i, (weight, grad, lr, wd) in enumerate(zip(w, g, lrs, wds)):
        lr, decay = lr.to(weight.dtype), (lr * wd).to(weight.dtype)
        if mom is None:
            weight.mul_(1.0 - decay).addcmul_(grad, lr, value=-1.0)
        else:
            mom[i].mul_(momentum).addcmul_(grad, lr, value=-1.0).addcmul_(weight, decay, value=-1.0)
            weight.add_(mom[i])
