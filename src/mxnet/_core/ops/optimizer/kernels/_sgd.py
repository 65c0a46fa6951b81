"""SGD and its relatives."""

import torch

from ._lists import Tensors, add, add_, copy_, mul, mul_, prepared


def sgd(
    w: Tensors,
    g: Tensors,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    fused: bool = False,
) -> None:
    """``w = (1 - lr * wd) * w - lr * clip(rescale_grad * g)``."""
    # Without decay one addition does it all.
    if fused and wd and clip_gradient < 0 and rescale_grad:
        torch._fused_sgd_(
            w,
            g,
            [],
            weight_decay=wd / rescale_grad,
            momentum=0.0,
            lr=lr * rescale_grad,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        return
    if clip_gradient >= 0:
        g, rescale_grad = prepared(g, rescale_grad, clip_gradient), 1.0
    if wd:
        mul_(w, 1.0 - lr * wd)
    add_(w, g, alpha=-lr * rescale_grad)


def sgd_mom(
    w: Tensors,
    g: Tensors,
    mom: Tensors,
    *,
    lr: float,
    momentum: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    fused: bool = False,
) -> None:
    """``mom = momentum * mom - lr * (clip(rescale_grad * g) + wd * w); w = w + mom``."""
    if fused and clip_gradient < 0 and rescale_grad and momentum:
        # torch's rule is buf = momentum * buf + (1 - dampening) * (g + wd * w); w = w - lr * buf
        torch._fused_sgd_(
            w,
            g,
            mom,
            weight_decay=wd / rescale_grad,
            momentum=momentum,
            lr=-1.0,
            dampening=1.0 + lr * rescale_grad,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        return
    if clip_gradient >= 0:
        g, rescale_grad = prepared(g, rescale_grad, clip_gradient), 1.0
    mul_(mom, momentum)
    if wd:
        add_(mom, w, alpha=-lr * wd)
    add_(mom, g, alpha=-lr * rescale_grad)
    add_(w, mom)


def nag_mom(
    w: Tensors,
    g: Tensors,
    mom: Tensors,
    *,
    lr: float,
    momentum: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """Nesterov: ``w += momentum**2 * mom + (1 + momentum) * d``, ``d = -lr * (clip(rescale_grad * g) + wd * w)``.

    The momentum then is ``momentum * mom + d``, with ``d`` of the **new** weight, as in MXNet's kernel.
    """
    step = mul(prepared(g, rescale_grad, clip_gradient), -lr)
    mul_(mom, momentum)
    decayed = add(step, w, alpha=-lr * wd) if wd else step
    add_(w, mom, alpha=momentum)
    add_(w, decayed, alpha=1.0 + momentum)
    add_(mom, step)
    if wd:
        add_(mom, w, alpha=-lr * wd)


def signsgd(w: Tensors, g: Tensors, *, lr: float, wd: float = 0.0) -> None:
    """``w = (1 - lr * wd) * w - lr * sign(g)``; scaling and clipping do not change a sign."""
    if wd:
        mul_(w, 1.0 - lr * wd)
    add_(w, torch._foreach_sign(g), alpha=-lr)


def signum(
    w: Tensors,
    g: Tensors,
    mom: Tensors,
    *,
    lr: float,
    momentum: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
) -> None:
    """``mom = momentum * mom - (1 - momentum) * (clip(rescale_grad * g) + wd * w)``.

    The step is ``w += lr * (sign(mom) - wd_lh * w)``.
    """
    mul_(mom, momentum)
    if wd:
        add_(mom, w, alpha=-(1.0 - momentum) * wd)
    add_(mom, prepared(g, rescale_grad, clip_gradient), alpha=-(1.0 - momentum))
    if wd_lh:
        mul_(w, 1.0 - lr * wd_lh)
    add_(w, torch._foreach_sign(mom), alpha=lr)


def dcasgd(
    w: Tensors,
    g: Tensors,
    mom: Tensors | None,
    previous: Tensors,
    *,
    lr: float,
    momentum: float,
    lamda: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> None:
    """SGD whose gradient is corrected for how the weights have moved: ``lamda * g * g * (w - previous)``."""
    g = prepared(g, rescale_grad, clip_gradient)
    move = torch._foreach_sub(w, previous)
    mul_(move, g)
    mul_(move, g)
    mul_(move, lamda)
    add_(move, g)
    if wd:
        add_(move, w, alpha=wd)
    mul_(move, -lr)
    copy_(previous, w)
    if mom is not None:
        mul_(mom, momentum)
        add_(mom, move)
        move = mom
    add_(w, move)
