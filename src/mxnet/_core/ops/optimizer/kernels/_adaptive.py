"""Rates that adapt to each element: AdaGrad, AdaDelta, RMSProp, Ftrl."""

import torch

from ._lists import (
    Tensors,
    add,
    add_,
    addcdiv_,
    addcmul_,
    clamp_,
    copy_,
    div_,
    lerp_,
    mul_,
    prepared,
    ratio,
    sqrt,
    sqrt_,
    sub_,
)


def adagrad(
    w: Tensors,
    g: Tensors,
    history: Tensors,
    *,
    lr: float,
    epsilon: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """``history += g * g; w = w - lr * (g / sqrt(history + epsilon) + wd * w)``."""
    g = prepared(g, rescale_grad, clip_gradient)
    addcmul_(history, g, g)
    root = add(history, epsilon)
    sqrt_(root)
    if wd:
        mul_(w, 1.0 - lr * wd)
    addcdiv_(w, g, root, -lr)


def group_adagrad(
    w: Tensors,
    g: Tensors,
    history: Tensors,
    *,
    lr: float,
    epsilon: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """AdaGrad with one rate a row: ``history`` keeps the mean square of each row's gradient."""
    for weight, grad, h in zip(w, prepared(g, rescale_grad, clip_gradient), history):
        mean_square = grad.square().reshape(grad.shape[0], -1).mean(1)
        h.add_(mean_square.reshape(h.shape))
        rate = (h + epsilon).rsqrt_().reshape(-1, *[1] * (grad.ndim - 1))
        weight.addcmul_(grad, rate, value=-lr)


def adadelta(
    w: Tensors,
    g: Tensors,
    acc_g: Tensors,
    acc_delta: Tensors,
    *,
    rho: float,
    epsilon: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """Steps as large as past steps were, relative to past gradients; there is no learning rate."""
    g = prepared(g, rescale_grad, clip_gradient)
    mul_(acc_g, rho)
    addcmul_(acc_g, g, g, 1.0 - rho)
    delta = add(acc_delta, epsilon)
    div_(delta, add(acc_g, epsilon))
    sqrt_(delta)
    mul_(delta, g)
    mul_(acc_delta, rho)
    addcmul_(acc_delta, delta, delta, 1.0 - rho)
    if wd:
        mul_(w, 1.0 - wd)
    sub_(w, delta)


def rmsprop(
    w: Tensors,
    g: Tensors,
    n: Tensors,
    *,
    lr: float,
    gamma1: float,
    epsilon: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
) -> None:
    """``n = gamma1 * n + (1 - gamma1) * g * g; w = w - lr * g / sqrt(n + epsilon)``."""
    g = prepared(g, rescale_grad, clip_gradient, w, wd)
    mul_(n, gamma1)
    addcmul_(n, g, g, 1.0 - gamma1)
    root = add(n, epsilon)
    sqrt_(root)
    addcdiv_(w, g, root, -lr)
    if clip_weights >= 0:
        clamp_(w, clip_weights)


def rmsprop_alex(
    w: Tensors,
    g: Tensors,
    n: Tensors,
    mean: Tensors,
    delta: Tensors,
    *,
    lr: float,
    gamma1: float,
    gamma2: float,
    epsilon: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
) -> None:
    """Graves' centered RMSProp with momentum ``gamma2``."""
    g = prepared(g, rescale_grad, clip_gradient, w, wd)
    mul_(n, gamma1)
    addcmul_(n, g, g, 1.0 - gamma1)
    lerp_(mean, g, 1.0 - gamma1)
    root = add(n, epsilon)
    addcmul_(root, mean, mean, -1.0)
    sqrt_(root)
    mul_(delta, gamma2)
    addcdiv_(delta, g, root, -lr)
    add_(w, delta)
    if clip_weights >= 0:
        clamp_(w, clip_weights)


def ftrl(
    w: Tensors,
    g: Tensors,
    z: Tensors,
    n: Tensors,
    *,
    lr: float,
    lamda1: float,
    beta: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """Follow the regularized leader: weights whose accumulated ``z`` stays within ``lamda1`` are exactly zero."""
    g = prepared(g, rescale_grad, clip_gradient)
    old_root = sqrt(n)
    addcmul_(n, g, g)
    root = sqrt(n)
    add_(z, g)
    per_rate = ratio(1.0, lr)
    addcmul_(z, torch._foreach_sub(root, old_root), w, -per_rate)
    add_(root, beta)
    mul_(root, per_rate)
    add_(root, wd)
    # sign(z) * lamda1 - z where |z| > lamda1, else zero: the soft threshold of -z
    if lamda1 >= 0:
        copy_(w, [torch.nn.functional.softshrink(t, lamda1) for t in z])
    else:
        copy_(w, add(z, torch._foreach_sign(z), alpha=-lamda1))
    div_(w, root)
    torch._foreach_neg_(w)
