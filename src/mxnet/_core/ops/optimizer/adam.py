"""Update operators of Adam and its relatives, for one weight."""

from typing import Annotated, Any

from torch import Tensor

from ...params import Double, Ge, Le
from ...registry import op
from . import kernels
from ._checks import same_shapes
from ._families import update
from ._rules import SINGLE, mixed_types, weight_shapes

_LIKE_SINGLE: dict[str, Any] = {"differentiable": False, "inplace": "weight"}


@update("adam_update", kernels.adam, aliases=("_sparse_adam_update",))
def adam_update(
    weight: Tensor,
    grad: Tensor,
    mean: Tensor,
    var: Tensor,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> Tensor:
    """Adam's step, ``weight -= lr * mean / (sqrt(var) + epsilon)``.

    The gradient that moves the moments is ``clip(rescale_grad * grad + wd * weight)``. The moments' bias is not
    corrected: the caller does that in ``lr``.
    """


@update("_adamw_update", kernels.adamw, mixed="_mp_adamw_update")
def adamw_update(
    weight: Tensor,
    grad: Tensor,
    mean: Tensor,
    var: Tensor,
    rescale_grad: Tensor,
    *,
    lr: float,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    eta: float,
    clip_gradient: float = -1.0,
) -> Tensor:
    """Adam with decoupled weight decay, ``weight -= eta * (lr * mean / (sqrt(var) + epsilon) + wd * weight)``.

    Nothing is updated when ``rescale_grad``, an array of one element, is zero, infinite or NaN.
    """


@op("ftml_update", mutates=("d", "v", "z"), **SINGLE)
def ftml_update(
    weight: Tensor,
    grad: Tensor,
    d: Tensor,
    v: Tensor,
    z: Tensor,
    *,
    lr: float,
    beta1: Annotated[float, Ge(0), Le(1)] = 0.6,
    beta2: Annotated[float, Ge(0), Le(1)] = 0.999,
    epsilon: Double = 9.9999999392252903e-09,
    t: int,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_grad: float = -1.0,
) -> Tensor:
    """Follow the moving leader, at step ``t``.

    Parameters
    ----------
    d
        The divisor, which is updated.
    v
        The running mean of squared gradients, which is updated.
    z
        The state of the leader, which is updated.
    clip_grad
        Bound on the absolute value of gradients; no bound when negative.
    """
    same_shapes(weight, grad=grad, d=d, v=v, z=z)
    kernels.ftml(
        [weight],
        [grad],
        [d],
        [v],
        [z],
        lr=lr,
        beta1=beta1,
        beta2=beta2,
        epsilon=epsilon,
        t=t,
        wd=wd,
        rescale_grad=rescale_grad,
        clip_gradient=clip_grad,
    )
    return weight


# ---------------------------------------------------------------------- LAMB


@update("lamb_update_phase1", kernels.lamb_direction, mixed="mp_lamb_update_phase1", direction=True)
def lamb_update_phase1(
    weight: Tensor,
    grad: Tensor,
    mean: Tensor,
    var: Tensor,
    *,
    beta1: float = 0.9,
    beta2: float = 0.999,
    epsilon: float = 1e-6,
    t: int,
    bias_correction: bool = True,
    wd: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Tensor:
    """LAMB's first phase: moves the moments and gives the direction of the step ``t``, weight decay included."""


@op("lamb_update_phase2", **_LIKE_SINGLE)
def lamb_update_phase2(
    weight: Tensor,
    g: Tensor,
    r1: Tensor,
    r2: Tensor,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
) -> Tensor:
    """LAMB's second phase: ``weight -= lr * (r1 / r2) * g``, ``r1`` bounded; the ratio is 1 where a norm is zero.

    ``r1`` and ``r2``, of one element, are the norms of the weight and of the direction ``g``.

    Parameters
    ----------
    lower_bound, upper_bound
        Bounds on ``r1``; none when not positive.
    """
    _check_norms(weight, g, r1, r2)
    kernels.lamb_step([weight], [g], [r1], [r2], lr=lr, lower_bound=lower_bound, upper_bound=upper_bound)
    return weight


@op("mp_lamb_update_phase2", mutates=("weight32",), **_LIKE_SINGLE)
def mp_lamb_update_phase2(
    weight: Tensor,
    g: Tensor,
    r1: Tensor,
    r2: Tensor,
    weight32: Tensor,
    *,
    lr: float,
    lower_bound: float = -1.0,
    upper_bound: float = -1.0,
) -> Tensor:
    """``lamb_update_phase2`` of the float32 copy ``weight32`` of a weight of lower precision.

    Parameters
    ----------
    lower_bound, upper_bound
        Bounds on ``r1``; none when not positive.
    """
    _check_norms(weight, g, r1, r2)
    same_shapes(weight, weight32=weight32)
    kernels.lamb_step([weight32], [g], [r1], [r2], lr=lr, lower_bound=lower_bound, upper_bound=upper_bound)
    return weight.copy_(weight32)


def _check_norms(weight: Tensor, g: Tensor, r1: Tensor, r2: Tensor) -> None:
    same_shapes(weight, g=g)
    for name, norm in (("r1", r1), ("r2", r2)):
        if norm.numel() != 1:
            raise ValueError(f"{name} must have one element, got shape {tuple(norm.shape)}")


mixed_types(mp_lamb_update_phase2, ("weight", "output"))
for _operator in (lamb_update_phase2, mp_lamb_update_phase2):
    weight_shapes(_operator, "r1", "r2")
