"""Update operators for many weights in one call, and what large-batch training needs besides."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ...params import Floats, Shape
from ...registry import OpDef, op
from . import kernels
from ._checks import columns
from .adam import usable_scale

SGD = ("weight", "grad")
MP_SGD = ("weight", "grad", "weight32")
SGD_MOM = ("weight", "grad", "mom")
MP_SGD_MOM = ("weight", "grad", "mom", "weight32")
ADAM = ("weight", "grad", "mean", "var")
MP_ADAM = ("weight", "grad", "mean", "var", "weight32")


def multi(name: str, names: Sequence[str], count: str = "num_weights", extra: Sequence[str] = ()) -> Any:
    """Register an operator over ``names`` of each weight, and the ``extra`` inputs at the end."""

    def inputs(p: SimpleNamespace) -> tuple[str, ...]:
        return (*(f"{n}_{i}" for i in range(getattr(p, count)) for n in names), *extra)

    def outputs(p: SimpleNamespace) -> tuple[str, ...]:
        n = getattr(p, count)
        return ("output",) if n == 1 else tuple(f"output{i}" for i in range(n))

    def register(fn: Callable[..., Any]) -> OpDef:
        operator = op(
            name,
            variadic=count,
            inputs=inputs,
            outputs=outputs,
            mutates=names[2:],
            inplace="weight",
            differentiable=False,
        )(fn)
        operator.infer_shape(shapes)
        operator.infer_type(types)
        return operator

    def shapes(s: Any, p: SimpleNamespace) -> None:
        n = getattr(p, count)
        for i, out in enumerate(outputs(p)):
            alike = [f"{k}_{i}" for k in names] + [out]
            for known in [s[k] for k in alike if s[k] is not None]:
                for k in alike:
                    s.unify(k, known)
        for k in extra:
            s.unify(k, (1 if k == "rescale_grad" else n,))

    def types(t: Any, p: SimpleNamespace) -> None:
        # Weight and gradient share a type; AdamW's moments, float32 copies and their momenta are float32.
        low = ("weight", "grad") if "weight32" in names or "rescale_grad" in extra else names
        for i, out in enumerate(outputs(p)):
            alike = [f"{k}_{i}" for k in low] + [out]
            known = next((t[k] for k in alike if t[k] is not None), None)
            for k in alike if known is not None else ():
                t.unify(k, known)
            for k in names:
                if k not in low:
                    t.unify(f"{k}_{i}", torch.float32)
        for k in extra:
            t.unify(k, torch.float32)

    return register


def by_scalars(rule: Callable[..., Any], lists: Sequence[list[Tensor]], *scalars: Sequence[float]) -> None:
    """Call ``rule(lists, *scalars)`` once for all weights that have the same scalars."""
    groups: dict[tuple[float, ...], list[int]] = {}
    for i, key in enumerate(zip(*scalars)):
        groups.setdefault(key, []).append(i)
    for key, members in groups.items():
        rule([[column[i] for i in members] for column in lists], *key)


# ---------------------------------------------------------------------- SGD


@multi("multi_sgd_update", SGD)
def multi_sgd_update(
    *data: Tensor,
    lrs: Floats,
    wds: Floats,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> list[Tensor]:
    """``sgd_update`` of ``num_weights`` weights: inputs ``weight_0, grad_0, weight_1, ...``."""
    lists = columns(data, SGD, num_weights, "num_weights", lrs=lrs, wds=wds)
    by_scalars(
        lambda c, lr, wd: kernels.sgd(*c, lr=lr, wd=wd, rescale=rescale_grad, clip=clip_gradient), lists, lrs, wds
    )
    return lists[0]


@multi("multi_sgd_mom_update", SGD_MOM)
def multi_sgd_mom_update(
    *data: Tensor,
    lrs: Floats,
    wds: Floats,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> list[Tensor]:
    """``sgd_mom_update`` of ``num_weights`` weights: inputs ``weight_0, grad_0, mom_0, weight_1, ...``."""
    lists = columns(data, SGD_MOM, num_weights, "num_weights", lrs=lrs, wds=wds)
    by_scalars(
        lambda c, lr, wd: kernels.sgd_mom(
            *c, lr=lr, momentum=momentum, wd=wd, rescale=rescale_grad, clip=clip_gradient
        ),
        lists,
        lrs,
        wds,
    )
    return lists[0]


@multi("multi_mp_sgd_update", MP_SGD)
def multi_mp_sgd_update(
    *data: Tensor,
    lrs: Floats,
    wds: Floats,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> list[Tensor]:
    """``mp_sgd_update`` of ``num_weights`` weights: inputs ``weight_0, grad_0, weight32_0, weight_1, ...``."""
    lists = columns(data, MP_SGD, num_weights, "num_weights", lrs=lrs, wds=wds)
    by_scalars(
        lambda c, lr, wd: kernels.mixed(kernels.sgd, *c, lr=lr, wd=wd, rescale=rescale_grad, clip=clip_gradient),
        lists,
        lrs,
        wds,
    )
    return lists[0]


@multi("multi_mp_sgd_mom_update", MP_SGD_MOM)
def multi_mp_sgd_mom_update(
    *data: Tensor,
    lrs: Floats,
    wds: Floats,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> list[Tensor]:
    """``mp_sgd_mom_update`` of ``num_weights`` weights: inputs ``weight_0, grad_0, mom_0, weight32_0, ...``."""
    w, g, mom, w32 = columns(data, MP_SGD_MOM, num_weights, "num_weights", lrs=lrs, wds=wds)
    by_scalars(
        lambda c, lr, wd: kernels.mixed(
            kernels.sgd_mom, *c, lr=lr, momentum=momentum, wd=wd, rescale=rescale_grad, clip=clip_gradient
        ),
        [w, g, w32, mom],
        lrs,
        wds,
    )
    return w


def _preloaded(data: Sequence[Tensor], names: Sequence[str], num_weights: int, **scalars: Any) -> list[Tensor]:
    """SGD with rates and decays in the last two inputs, vectors of one value a weight."""
    if len(data) < 3:
        raise ValueError(f"expected num_weights * {len(names)} inputs and lrs, wds, got {len(data)}")
    *rest, lrs, wds = data
    lists = columns(rest, names, num_weights, "num_weights", extra=2, lrs=lrs.reshape(-1), wds=wds.reshape(-1))
    by_name = dict(zip(names, lists))
    w, g, w32 = by_name["weight"], by_name["grad"], by_name.get("weight32")
    target, g = (w, g) if w32 is None else (w32, [t.float() for t in g])
    kernels.sgd_mom_per_tensor(
        target, g, by_name.get("mom"), lrs.reshape(-1).unbind(), wds.reshape(-1).unbind(), **scalars
    )
    if w32 is not None:
        torch._foreach_copy_(w, w32)
    return w


_RATES = ("lrs", "wds")


@multi("preloaded_multi_sgd_update", SGD, extra=_RATES)
def preloaded_multi_sgd_update(
    *data: Tensor, rescale_grad: float = 1.0, clip_gradient: float = -1.0, num_weights: int = 1
) -> list[Tensor]:
    """``multi_sgd_update`` with learning rates and weight decays as arrays, the last two inputs."""
    return _preloaded(data, SGD, num_weights, rescale=rescale_grad, clip=clip_gradient)


@multi("preloaded_multi_sgd_mom_update", SGD_MOM, extra=_RATES)
def preloaded_multi_sgd_mom_update(
    *data: Tensor, momentum: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0, num_weights: int = 1
) -> list[Tensor]:
    """``multi_sgd_mom_update`` with learning rates and weight decays as arrays, the last two inputs."""
    return _preloaded(data, SGD_MOM, num_weights, momentum=momentum, rescale=rescale_grad, clip=clip_gradient)


@multi("preloaded_multi_mp_sgd_update", MP_SGD, extra=_RATES)
def preloaded_multi_mp_sgd_update(
    *data: Tensor, rescale_grad: float = 1.0, clip_gradient: float = -1.0, num_weights: int = 1
) -> list[Tensor]:
    """``multi_mp_sgd_update`` with learning rates and weight decays as arrays, the last two inputs."""
    return _preloaded(data, MP_SGD, num_weights, rescale=rescale_grad, clip=clip_gradient)


@multi("preloaded_multi_mp_sgd_mom_update", MP_SGD_MOM, extra=_RATES)
def preloaded_multi_mp_sgd_mom_update(
    *data: Tensor, momentum: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0, num_weights: int = 1
) -> list[Tensor]:
    """``multi_mp_sgd_mom_update`` with learning rates and weight decays as arrays, the last two inputs."""
    return _preloaded(data, MP_SGD_MOM, num_weights, momentum=momentum, rescale=rescale_grad, clip=clip_gradient)


# ---------------------------------------------------------------------- AdamW and LAMB


def _multi_adamw(
    data: Sequence[Tensor],
    names: Sequence[str],
    num_weights: int,
    lrs: Floats,
    wds: Floats,
    etas: Floats,
    **scalars: Any,
) -> list[Tensor]:
    if not data:
        raise ValueError("expected the arrays of each weight and rescale_grad, got no input")
    *rest, rescale_grad = data
    w, g, *states = columns(rest, names, num_weights, "num_weights", extra=1, lrs=lrs, wds=wds, etas=etas)
    if rescale_grad.is_meta:
        return w
    scale = usable_scale(rescale_grad)
    if scale is None:
        return w
    lists, rule = [w, g, *states], kernels.adamw
    if "weight32" in names:
        lists, rule = [w, g, states[2], *states[:2]], lambda *c, **k: kernels.mixed(kernels.adamw, *c, **k)
    by_scalars(lambda c, lr, wd, eta: rule(*c, lr=lr, wd=wd, eta=eta, rescale=scale, **scalars), lists, lrs, wds, etas)
    return w


@multi("_multi_adamw_update", ADAM, extra=("rescale_grad",))
def multi_adamw_update(
    *data: Tensor,
    lrs: Floats,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wds: Floats,
    etas: Floats,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> list[Tensor]:
    """``_adamw_update`` of ``num_weights`` weights; ``rescale_grad`` is the last input."""
    return _multi_adamw(
        data, ADAM, num_weights, lrs, wds, etas, beta1=beta1, beta2=beta2, epsilon=epsilon, clip=clip_gradient
    )


@multi("_multi_mp_adamw_update", MP_ADAM, extra=("rescale_grad",))
def multi_mp_adamw_update(
    *data: Tensor,
    lrs: Floats,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wds: Floats,
    etas: Floats,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> list[Tensor]:
    """``_mp_adamw_update`` of ``num_weights`` weights; ``rescale_grad`` is the last input."""
    return _multi_adamw(
        data, MP_ADAM, num_weights, lrs, wds, etas, beta1=beta1, beta2=beta2, epsilon=epsilon, clip=clip_gradient
    )


@multi("_multi_lamb_update", ADAM, count="num_tensors")
def multi_lamb_update(
    *data: Tensor,
    learning_rates: Floats,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    wds: Floats,
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: Shape,
    num_tensors: int = 1,
) -> list[Tensor]:
    """LAMB's step for ``num_tensors`` weights, each with its own rate, decay and step count.

    Parameters
    ----------
    lower_bound, upper_bound
        Bounds on the norms of the weights; none when not positive.
    """
    lists = columns(
        data, ADAM, num_tensors, "num_tensors", learning_rates=learning_rates, wds=wds, step_count=step_count
    )
    by_scalars(
        lambda c, lr, wd, t: kernels.lamb(
            *c,
            lr=lr,
            lower=lower_bound,
            upper=upper_bound,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            t=t,
            bias_correction=bias_correction,
            wd=wd,
            rescale=rescale_grad,
            clip=clip_gradient,
        ),
        lists,
        learning_rates,
        wds,
        step_count,
    )
    return lists[0]


@multi("_multi_mp_lamb_update", MP_ADAM, count="num_tensors")
def multi_mp_lamb_update(
    *data: Tensor,
    learning_rates: Floats,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    wds: Floats,
    rescale_grad: float = 1.0,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
    clip_gradient: float = -1.0,
    bias_correction: bool = True,
    step_count: Shape,
    num_tensors: int = 1,
) -> list[Tensor]:
    """``_multi_lamb_update`` of the float32 copies of weights of lower precision.

    Parameters
    ----------
    lower_bound, upper_bound
        Bounds on the norms of the weights; none when not positive.
    """
    w, g, mean, var, w32 = columns(
        data, MP_ADAM, num_tensors, "num_tensors", learning_rates=learning_rates, wds=wds, step_count=step_count
    )
    by_scalars(
        lambda c, lr, wd, t: kernels.mixed(
            kernels.lamb,
            *c,
            lr=lr,
            lower=lower_bound,
            upper=upper_bound,
            beta1=beta1,
            beta2=beta2,
            epsilon=epsilon,
            t=t,
            bias_correction=bias_correction,
            wd=wd,
            rescale=rescale_grad,
            clip=clip_gradient,
        ),
        [w, g, w32, mean, var],
        learning_rates,
        wds,
        step_count,
    )
    return w
