"""The update rules of all optimizers, each written once, over lists of tensors.

A rule takes lists of weights, gradients and states and scalars that hold for all of them, and updates weights and
states **in place**; gradients are only read. The operators call the rules with lists of one, the optimizers with all
parameters that share scalars. torch's ``_fused_*`` functions do the work where the formula is the same (they need equal
strides and one data type, which the caller vouches for by ``fused=True``), its ``_foreach_*`` functions elsewhere.

``clip`` bounds the gradient to ``[-clip, clip]`` when it is not negative.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

Tensors = list[Tensor]

_add = torch._foreach_add
_add_ = torch._foreach_add_
_sub_ = torch._foreach_sub_
_mul = torch._foreach_mul
_mul_ = torch._foreach_mul_
_div_ = torch._foreach_div_
_sqrt = torch._foreach_sqrt
_sqrt_ = torch._foreach_sqrt_
_lerp_ = torch._foreach_lerp_
_addcmul_ = torch._foreach_addcmul_
_addcdiv_ = torch._foreach_addcdiv_
_copy_ = torch._foreach_copy_

# Temporaries of more bytes than this fall out of the processor's cache, which costs more than further calls do.
CHUNK_BYTES = 1 << 20


def chunks(tensors: Sequence[Tensor]) -> list[slice]:
    """Cut a list into runs whose temporaries stay in a CPU's cache; one run on other devices."""
    if not tensors or tensors[0].device.type != "cpu":
        return [slice(0, len(tensors))]
    runs, start, size = [], 0, 0
    for i, t in enumerate(tensors):
        n = t.numel() * t.element_size()
        if size and size + n > CHUNK_BYTES:
            runs.append(slice(start, i))
            start, size = i, 0
        size += n
    runs.append(slice(start, len(tensors)))
    return runs


def pieces(row: Sequence[Tensor | None]) -> list[tuple[Tensor | None, ...]]:
    """Cut the tensors of one parameter, which an elementwise rule updates, alike into parts that stay in a CPU's cache.

    They are left whole where that is not needed, or not possible without copies.
    """
    first = row[0]
    count = -(-first.numel() * first.element_size() // CHUNK_BYTES)
    present = [t for t in row if t is not None]
    if (
        count < 2
        or first.device.type != "cpu"
        or not _dense(first)
        or any(t.stride() != first.stride() or t.device != first.device for t in present)
    ):
        return [tuple(row)]
    length = -(-first.numel() // count)
    cut = [[None] * count if t is None else t.as_strided((t.numel(),), (1,)).split(length) for t in row]
    return list(zip(*cut))


def fusable(*lists: Sequence[Tensor]) -> bool:
    """Whether all tensors have one floating type and device, and lie densely in memory, equal ones alike."""
    first = lists[0][0]
    if first.dtype not in _FUSED_TYPES or first.device.type not in ("cpu", "cuda"):
        return False
    for row in zip(*lists):
        shape, stride = row[0].shape, row[0].stride()
        for t in row:
            if t.dtype is not first.dtype or t.device != first.device or t.shape != shape or t.stride() != stride:
                return False
        if not row[0].is_contiguous() and not _dense(row[0]):
            return False
    return True


def threaded(tensors: Sequence[Tensor]) -> bool:
    """Whether torch's fused functions pay for rules of one or two passes.

    On a CPU they start all threads even for the smallest tensor; its other functions do so from 32768 elements on.
    """
    return tensors[0].device.type != "cpu" or torch.get_num_threads() == 1 or any(t.numel() >= 32768 for t in tensors)


_FUSED_TYPES = frozenset((torch.float32, torch.float64))


def _dense(t: Tensor) -> bool:
    """Whether a tensor fills its memory without holes, in whatever order of axes."""
    expected = 1
    for stride, length in sorted(zip(t.stride(), t.shape)):
        if length != 1:
            if stride != expected:
                return False
            expected *= length
    return True


def _ratio(a: float, b: float) -> float:
    """``a / b`` of floating point hardware: infinite, or not a number, where ``b`` is zero."""
    return a / b if b else math.copysign(math.inf, a) if a else math.nan


def clamp_(tensors: Tensors, bound: float) -> Tensors:
    """Bound all elements to ``[-bound, bound]``, in place."""
    torch._foreach_clamp_max_(tensors, bound)
    torch._foreach_clamp_min_(tensors, -bound)
    return tensors


def prepared(grads: Tensors, rescale: float, clip: float, weights: Tensors | None = None, wd: float = 0.0) -> Tensors:
    """``clip(rescale * grad + wd * weight)`` as new tensors; the gradients themselves when nothing is to be done."""
    fresh = grads
    if rescale != 1.0:
        fresh = _mul(grads, rescale)
    if wd and weights is not None:
        if fresh is grads:
            fresh = _add(grads, weights, alpha=wd)
        else:
            _add_(fresh, weights, alpha=wd)
    if clip >= 0:
        fresh = torch._foreach_clamp_max(grads, clip) if fresh is grads else fresh
        clamp_(fresh, clip)
    return fresh


# ---------------------------------------------------------------------- SGD and its relatives


def sgd(
    w: Tensors, g: Tensors, *, lr: float, wd: float = 0.0, rescale: float = 1.0, clip: float = -1.0, fused: bool = False
) -> None:
    """``w = (1 - lr * wd) * w - lr * clip(rescale * g)``."""
    # Without decay one addition does it all.
    if fused and wd and clip < 0 and rescale:
        torch._fused_sgd_(
            w,
            g,
            [],
            weight_decay=wd / rescale,
            momentum=0.0,
            lr=lr * rescale,
            dampening=0.0,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        return
    if clip >= 0:
        g, rescale = prepared(g, rescale, clip), 1.0
    if wd:
        _mul_(w, 1.0 - lr * wd)
    _add_(w, g, alpha=-lr * rescale)


def sgd_mom(
    w: Tensors,
    g: Tensors,
    mom: Tensors,
    *,
    lr: float,
    momentum: float,
    wd: float = 0.0,
    rescale: float = 1.0,
    clip: float = -1.0,
    fused: bool = False,
) -> None:
    """``mom = momentum * mom - lr * (clip(rescale * g) + wd * w); w = w + mom``."""
    if fused and clip < 0 and rescale and momentum:
        # torch's rule is buf = momentum * buf + (1 - dampening) * (g + wd * w); w = w - lr * buf
        torch._fused_sgd_(
            w,
            g,
            mom,
            weight_decay=wd / rescale,
            momentum=momentum,
            lr=-1.0,
            dampening=1.0 + lr * rescale,
            nesterov=False,
            maximize=False,
            is_first_step=False,
        )
        return
    if clip >= 0:
        g, rescale = prepared(g, rescale, clip), 1.0
    _mul_(mom, momentum)
    if wd:
        _add_(mom, w, alpha=-lr * wd)
    _add_(mom, g, alpha=-lr * rescale)
    _add_(w, mom)


def nag_mom(
    w: Tensors,
    g: Tensors,
    mom: Tensors,
    *,
    lr: float,
    momentum: float,
    wd: float = 0.0,
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """Nesterov's step, ``w += momentum**2 * mom + (1 + momentum) * d``, ``d = -lr * (clip(rescale * g) + wd * w)``.

    The momentum then is ``momentum * mom + d``, with ``d`` of the **new** weight, as in MXNet's kernel.
    """
    step = _mul(prepared(g, rescale, clip), -lr)
    _mul_(mom, momentum)
    decayed = _add(step, w, alpha=-lr * wd) if wd else step
    _add_(w, mom, alpha=momentum)
    _add_(w, decayed, alpha=1.0 + momentum)
    _add_(mom, step)
    if wd:
        _add_(mom, w, alpha=-lr * wd)


def signsgd(w: Tensors, g: Tensors, *, lr: float, wd: float = 0.0) -> None:
    """``w = (1 - lr * wd) * w - lr * sign(g)``; scaling and clipping do not change a sign."""
    if wd:
        _mul_(w, 1.0 - lr * wd)
    _add_(w, torch._foreach_sign(g), alpha=-lr)


def signum(
    w: Tensors,
    g: Tensors,
    mom: Tensors,
    *,
    lr: float,
    momentum: float,
    wd: float = 0.0,
    rescale: float = 1.0,
    clip: float = -1.0,
    wd_lh: float = 0.0,
) -> None:
    """``mom = momentum * mom - (1 - momentum) * (clip(rescale * g) + wd * w); w += lr * (sign(mom) - wd_lh * w)``."""
    _mul_(mom, momentum)
    if wd:
        _add_(mom, w, alpha=-(1.0 - momentum) * wd)
    _add_(mom, prepared(g, rescale, clip), alpha=-(1.0 - momentum))
    if wd_lh:
        _mul_(w, 1.0 - lr * wd_lh)
    _add_(w, torch._foreach_sign(mom), alpha=lr)


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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """SGD whose gradient is corrected for how the weights have moved: ``lamda * g * g * (w - previous)``."""
    g = prepared(g, rescale, clip)
    move = torch._foreach_sub(w, previous)
    _mul_(move, g)
    _mul_(move, g)
    _mul_(move, lamda)
    _add_(move, g)
    if wd:
        _add_(move, w, alpha=wd)
    _mul_(move, -lr)
    _copy_(previous, w)
    if mom is not None:
        _mul_(mom, momentum)
        _add_(mom, move)
        move = mom
    _add_(w, move)


# ---------------------------------------------------------------------- Adam and its relatives


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
    rescale: float = 1.0,
    clip: float = -1.0,
    fused: bool = False,
) -> None:
    """Adam's step with ``lr`` already corrected for the moments' bias; weight decay is part of the gradient."""
    if fused and (clip < 0 or not wd):
        torch._fused_adam_(
            w,
            prepared(g, rescale, clip),
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
    g = prepared(g, rescale, clip, w, wd)
    moments(g, mean, var, beta1, beta2)
    _addcdiv_(w, mean, _root(var, epsilon), -lr)


def moments(g: Tensors, mean: Tensors, var: Tensors, beta1: float, beta2: float) -> None:
    """Move the running means of the gradient and of its square."""
    _lerp_(mean, g, 1.0 - beta1)
    _mul_(var, beta2)
    _addcmul_(var, g, g, 1.0 - beta2)


def _root(var: Tensors, epsilon: float) -> Tensors:
    """``sqrt(var) + epsilon``."""
    root = _sqrt(var)
    _add_(root, epsilon)
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
    rescale: float = 1.0,
    clip: float = -1.0,
    fused: bool = False,
) -> None:
    """``w -= eta * (lr * mean / (sqrt(var) + epsilon) + wd * w)``: Adam with weight decay apart from the gradient."""
    if fused and lr:
        # torch's rule decays by its own learning rate, which is eta * lr here
        torch._fused_adamw_(
            w,
            prepared(g, rescale, clip),
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
    moments(prepared(g, rescale, clip), mean, var, beta1, beta2)
    root = _root(var, epsilon)
    if wd:
        _mul_(w, 1.0 - eta * wd)
    _addcdiv_(w, mean, root, -eta * lr)


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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """Adam by the infinity norm, with ``lr`` already corrected for the mean's bias."""
    g = prepared(g, rescale, clip, w, wd)
    _lerp_(mean, g, 1.0 - beta1)
    _mul_(largest, beta2)
    torch._foreach_maximum_(largest, torch._foreach_abs(g))
    # Where no gradient ever came both are zero, and the weight must stay.
    _addcdiv_(w, mean, torch._foreach_clamp_min(largest, torch.finfo(largest[0].dtype).tiny), -lr)


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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """Adam with Nesterov's momentum; the momentum schedule gives each tensor its weights of gradient and mean."""
    g = prepared(g, rescale, clip, w, wd)
    moments(g, mean, var, beta1, beta2)
    step = _mul(g, list(grad_scales))
    _add_(step, _mul(mean, list(mean_scales)))
    root = _mul(var, 1.0 / var_correction)
    _sqrt_(root)
    _add_(root, epsilon)
    _addcdiv_(w, step, root, -lr)


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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """Follow the moving leader."""
    g = prepared(g, rescale, clip, w, wd)
    _mul_(v, beta2)
    _addcmul_(v, g, g, 1.0 - beta2)
    new_d = _mul(v, _ratio(1.0, 1.0 - beta2**t))
    _sqrt_(new_d)
    _add_(new_d, epsilon)
    _mul_(new_d, _ratio(1.0 - beta1**t, lr))
    _mul_(z, beta1)
    _add_(z, g, alpha=1.0 - beta1)
    _mul_(d, -beta1)
    _add_(d, new_d)
    _addcmul_(z, d, w, -1.0)
    _copy_(d, new_d)
    _copy_(w, z)
    _div_(w, new_d)
    torch._foreach_neg_(w)


# ---------------------------------------------------------------------- layer-wise scaling


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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> Tensors:
    """LAMB's first phase: move the moments; gives the direction of the step, weight decay included."""
    moments(prepared(g, rescale, clip), mean, var, beta1, beta2)
    root = _mul(var, _ratio(1.0, 1.0 - beta2**t) if bias_correction else 1.0)
    _sqrt_(root)
    _add_(root, epsilon)
    direction = _mul(mean, _ratio(1.0, 1.0 - beta1**t) if bias_correction else 1.0)
    _div_(direction, root)
    if wd:
        _add_(direction, w, alpha=wd)
    return direction


def lamb_step(
    w: Tensors,
    direction: Tensors,
    r1: Sequence[Tensor],
    r2: Sequence[Tensor],
    *,
    lr: float,
    lower: float = -1.0,
    upper: float = -1.0,
) -> None:
    """LAMB's second phase: a step along the direction, by the norms of weight (``r1``) and direction (``r2``)."""
    for weight, step, weight_norm, step_norm in zip(w, direction, r1, r2):
        if lower >= 0:
            weight_norm = weight_norm.clamp(min=lower)
        if upper >= 0:
            weight_norm = weight_norm.clamp(max=upper)
        ratio = torch.where((weight_norm == 0) | (step_norm == 0), 1.0, weight_norm / step_norm)
        weight.addcmul_(step, ratio.to(step.dtype), value=-lr)


def lamb(
    w: Tensors,
    g: Tensors,
    mean: Tensors,
    var: Tensors,
    *,
    lr: float,
    lower: float = -1.0,
    upper: float = -1.0,
    **phase1: Any,
) -> None:
    """Both phases of LAMB, with the norms in between."""
    direction = lamb_direction(w, g, mean, var, **phase1)
    lamb_step(w, direction, norms(w), norms(direction), lr=lr, lower=lower, upper=upper)


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
    rescale: float = 1.0,
) -> Tensor:
    """Each layer's learning rate, scaled by the ratio of its norms of weight and gradient."""
    weight_norm, grad_norm = weights_sum_sq.sqrt(), grads_sum_sq.sqrt()
    scaled = lrs * eta * weight_norm / (grad_norm * rescale + wds * weight_norm + eps)
    return torch.where((weight_norm > 0) & (grads_sum_sq > 0), scaled, lrs)


def sgd_mom_per_tensor(
    w: Tensors,
    g: Tensors,
    mom: Tensors | None,
    lrs: Sequence[Tensor],
    wds: Sequence[Tensor],
    *,
    momentum: float = 0.0,
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """SGD whose rates and decays are tensors of one element, which may live on the device."""
    g = prepared(g, rescale, clip)
    for i, (weight, grad, lr, wd) in enumerate(zip(w, g, lrs, wds)):
        lr, decay = lr.to(weight.dtype), (lr * wd).to(weight.dtype)
        if mom is None:
            weight.mul_(1.0 - decay).addcmul_(grad, lr, value=-1.0)
        else:
            mom[i].mul_(momentum).addcmul_(grad, lr, value=-1.0).addcmul_(weight, decay, value=-1.0)
            weight.add_(mom[i])


# ---------------------------------------------------------------------- adaptive rates


def adagrad(
    w: Tensors,
    g: Tensors,
    history: Tensors,
    *,
    lr: float,
    epsilon: float,
    wd: float = 0.0,
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """``history += g * g; w = w - lr * (g / sqrt(history + epsilon) + wd * w)``."""
    g = prepared(g, rescale, clip)
    _addcmul_(history, g, g)
    root = _add(history, epsilon)
    _sqrt_(root)
    if wd:
        _mul_(w, 1.0 - lr * wd)
    _addcdiv_(w, g, root, -lr)


def group_adagrad(
    w: Tensors, g: Tensors, history: Tensors, *, lr: float, epsilon: float, rescale: float = 1.0, clip: float = -1.0
) -> None:
    """AdaGrad with one rate a row: ``history`` keeps the mean square of each row's gradient."""
    for weight, grad, h in zip(w, prepared(g, rescale, clip), history):
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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """Steps as large as past steps were, relative to past gradients; there is no learning rate."""
    g = prepared(g, rescale, clip)
    _mul_(acc_g, rho)
    _addcmul_(acc_g, g, g, 1.0 - rho)
    delta = _add(acc_delta, epsilon)
    _div_(delta, _add(acc_g, epsilon))
    _sqrt_(delta)
    _mul_(delta, g)
    _mul_(acc_delta, rho)
    _addcmul_(acc_delta, delta, delta, 1.0 - rho)
    if wd:
        _mul_(w, 1.0 - wd)
    _sub_(w, delta)


def rmsprop(
    w: Tensors,
    g: Tensors,
    n: Tensors,
    *,
    lr: float,
    gamma1: float,
    epsilon: float,
    wd: float = 0.0,
    rescale: float = 1.0,
    clip: float = -1.0,
    clip_weights: float = -1.0,
) -> None:
    """``n = gamma1 * n + (1 - gamma1) * g * g; w = w - lr * g / sqrt(n + epsilon)``."""
    g = prepared(g, rescale, clip, w, wd)
    _mul_(n, gamma1)
    _addcmul_(n, g, g, 1.0 - gamma1)
    root = _add(n, epsilon)
    _sqrt_(root)
    _addcdiv_(w, g, root, -lr)
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
    rescale: float = 1.0,
    clip: float = -1.0,
    clip_weights: float = -1.0,
) -> None:
    """Graves' centred RMSProp with momentum ``gamma2``."""
    g = prepared(g, rescale, clip, w, wd)
    _mul_(n, gamma1)
    _addcmul_(n, g, g, 1.0 - gamma1)
    _lerp_(mean, g, 1.0 - gamma1)
    root = _add(n, epsilon)
    _addcmul_(root, mean, mean, -1.0)
    _sqrt_(root)
    _mul_(delta, gamma2)
    _addcdiv_(delta, g, root, -lr)
    _add_(w, delta)
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
    rescale: float = 1.0,
    clip: float = -1.0,
) -> None:
    """Follow the regularized leader: weights whose accumulated ``z`` stays within ``lamda1`` are exactly zero."""
    g = prepared(g, rescale, clip)
    old_root = _sqrt(n)
    _addcmul_(n, g, g)
    root = _sqrt(n)
    _add_(z, g)
    per_rate = _ratio(1.0, lr)
    _addcmul_(z, torch._foreach_sub(root, old_root), w, -per_rate)
    _add_(root, beta)
    _mul_(root, per_rate)
    _add_(root, wd)
    # sign(z) * lamda1 - z where |z| > lamda1, else zero: the soft threshold of -z
    if lamda1 >= 0:
        _copy_(w, [torch.nn.functional.softshrink(t, lamda1) for t in z])
    else:
        _copy_(w, _add(z, torch._foreach_sign(z), alpha=-lamda1))
    _div_(w, root)
    torch._foreach_neg_(w)


# ---------------------------------------------------------------------- wrappers that any rule can run under


def mixed(rule: Callable[..., Any], w: Tensors, g: Tensors, w32: Tensors, *states: Tensors, **scalars: Any) -> None:
    """Apply a rule to float32 master copies, and write these back into the half-precision weights."""
    rule(w32, [t.float() for t in g], *states, **scalars)
    _copy_(w, w32)


def on_rows(
    rule: Callable[..., Any],
    weight: Tensor,
    rows: Tensor,
    values: Tensor,
    states: Sequence[Tensor | None],
    **scalars: Any,
) -> None:
    """Apply a rule to some rows only, those a row-sparse gradient has: the lazy update.

    Parameters
    ----------
    rule : callable
        One of the rules above.
    weight, states
        The whole arrays, updated in place at ``rows``.
    rows : Tensor
        Row numbers, int64.
    values : Tensor
        The gradient's rows.
    """
    if not rows.numel():
        return
    part = weight.index_select(0, rows)
    state_parts = [None if s is None else s.index_select(0, rows) for s in states]
    rule([part], [values], *[None if s is None else [s] for s in state_parts], **scalars)
    weight.index_copy_(0, rows, part)
    for s, changed in zip(states, state_parts):
        if s is not None:
            s.index_copy_(0, rows, changed)
