"""Adam and its relatives."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from ._lists import Tensors, add_, addcdiv_, addcmul_, copy_, div_, lerp_, mul, mul_, prepared, ratio, sqrt, sqrt_


def adam(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    var: Tensors,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    fused: bool = False,
) -> None:
    """Adam's step with ``lr`` already corrected for the moments' bias; weight decay is part of the gradient."""
    if fused and (clip_gradient < 0 or not wd):
        torch._fused_adam_(
            w,
            prepared(g, rescale_grad, clip_gradient),
            mean,
            var,
            [],
            _endless(w),
            lr=lr,
            beta1=beta1,
            beta2=beta2,
            weight_decay=wd,
            eps=epsilon,
            amsgrad=False,
            maximize=False,
        )
        return
    g = prepared(g, rescale_grad, clip_gradient, w, wd)
    moments(g, mean, var, beta1, beta2)
    addcdiv_(w, mean, _root(var, epsilon), -lr)


def moments(g: Tensors, mean: Tensors, var: Tensors, beta1: float, beta2: float) -> None:
    """Move the running means of the gradient and of its square."""
    lerp_(mean, g, 1.0 - beta1)
    mul_(var, beta2)
    addcmul_(var, g, g, 1.0 - beta2)


def _root(var: Tensors, epsilon: float) -> Tensors:
    """``sqrt(var) + epsilon``."""
    root = sqrt(var)
    add_(root, epsilon)
    return root


_step_counts: dict[torch.device, Tensor] = {}


def _endless(w: Tensors) -> Tensors:
    """Step counts for torch's fused Adam: MXNet corrects the bias in ``lr``, torch nothing after endless steps."""
    device = w[0].device
    found = _step_counts.get(device)
    if found is None:
        found = _step_counts[device] = torch.full((), math.inf, dtype=torch.float32, device=device)
    return [found] * len(w)


def adamw(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    var: Tensors,
    *,
    lr: float,
    eta: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    fused: bool = False,
) -> None:
    """``w -= eta * (lr * mean / (sqrt(var) + epsilon) + wd * w)``: Adam with weight decay apart from the gradient."""
    if fused and lr:
        # torch's rule decays by its own learning rate, which is eta * lr here
        torch._fused_adamw_(
            w,
            prepared(g, rescale_grad, clip_gradient),
            mean,
            var,
            [],
            _endless(w),
            lr=eta * lr,
            beta1=beta1,
            beta2=beta2,
            weight_decay=wd / lr,
            eps=epsilon,
            amsgrad=False,
            maximize=False,
        )
        return
    moments(prepared(g, rescale_grad, clip_gradient), mean, var, beta1, beta2)
    root = _root(var, epsilon)
    if wd:
        mul_(w, 1.0 - eta * wd)
    addcdiv_(w, mean, root, -eta * lr)


def adamax(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    largest: Tensors,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """Adam by the infinity norm, with ``lr`` already corrected for the mean's bias."""
    g = prepared(g, rescale_grad, clip_gradient, w, wd)
    lerp_(mean, g, 1.0 - beta1)
    mul_(largest, beta2)
    torch._foreach_maximum_(largest, torch._foreach_abs(g))
    # Where no gradient ever came both are zero, and the weight must stay.
    addcdiv_(w, mean, torch._foreach_clamp_min(largest, torch.finfo(largest[0].dtype).tiny), -lr)


def nadam(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    var: Tensors,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    grad_scales: Sequence[float],
    mean_scales: Sequence[float],
    var_correction: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """Adam with Nesterov's momentum; the momentum schedule gives each tensor its weights of gradient and mean."""
    g = prepared(g, rescale_grad, clip_gradient, w, wd)
    moments(g, mean, var, beta1, beta2)
    step = mul(g, list(grad_scales))
    add_(step, mul(mean, list(mean_scales)))
    root = mul(var, 1.0 / var_correction)
    sqrt_(root)
    add_(root, epsilon)
    addcdiv_(w, step, root, -lr)


def ftml(
    w: Tensors,
    g: Tensors,
    d: Tensors,
    v: Tensors,
    z: Tensors,
    *,
    lr: float,
    beta1: float,
    beta2: float,
    epsilon: float,
    t: int,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """Follow the moving leader."""
    g = prepared(g, rescale_grad, clip_gradient, w, wd)
    mul_(v, beta2)
    addcmul_(v, g, g, 1.0 - beta2)
    new_d = mul(v, ratio(1.0, 1.0 - beta2**t))
    sqrt_(new_d)
    add_(new_d, epsilon)
    mul_(new_d, ratio(1.0 - beta1**t, lr))
    mul_(z, beta1)
    add_(z, g, alpha=1.0 - beta1)
    mul_(d, -beta1)
    add_(d, new_d)
    addcmul_(z, d, w, -1.0)
    copy_(d, new_d)
    copy_(w, z)
    div_(w, new_d)
    torch._foreach_neg_(w)
