"""Update operators with adaptive rates, for one weight: RMSProp, AdaGrad and FTRL."""

from torch import Tensor

from ...registry import op
from . import kernels
from ._checks import same_shapes
from ._families import update
from ._rules import SINGLE, weight_shapes


@update("rmsprop_update", kernels.rmsprop)
def rmsprop_update(
    weight: Tensor,
    grad: Tensor,
    n: Tensor,
    *,
    lr: float,
    gamma1: float = 0.95,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
) -> Tensor:
    """RMSProp after Tieleman and Hinton; ``n`` is the running mean of squared gradients."""


@update("rmspropalex_update", kernels.rmsprop_alex)
def rmspropalex_update(
    weight: Tensor,
    grad: Tensor,
    n: Tensor,
    g: Tensor,
    delta: Tensor,
    *,
    lr: float,
    gamma1: float = 0.95,
    gamma2: float = 0.9,
    epsilon: float = 1e-8,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    clip_weights: float = -1.0,
) -> Tensor:
    """Centered RMSProp with momentum after Graves; ``g`` is the running mean of gradients, ``delta`` the last step.

    Parameters
    ----------
    g
        The running mean of gradients, which is updated.
    delta
        The last step, which is updated.
    """


@update("ftrl_update", kernels.ftrl, aliases=("_sparse_ftrl_update",))
def ftrl_update(
    weight: Tensor,
    grad: Tensor,
    z: Tensor,
    n: Tensor,
    *,
    lr: float,
    lamda1: float = 0.01,
    beta: float = 1.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Tensor:
    """Follow the regularized leader; weights whose ``z`` stays within ``lamda1`` become exactly zero.

    Parameters
    ----------
    lamda1
        The factor of the L1 regularization.
    beta
        Keeps the rate of rarely seen weights finite.
    """


@op("_sparse_adagrad_update", mutates=("history",), **SINGLE)
def adagrad_update(
    weight: Tensor,
    grad: Tensor,
    history: Tensor,
    *,
    lr: float,
    epsilon: float = 1e-7,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Tensor:
    """AdaGrad, ``history += g * g; weight -= lr * g / sqrt(history + epsilon)``; it has no weight decay."""
    same_shapes(weight, grad=grad, history=history)
    if wd:
        raise ValueError(f"sparse adagrad_update does not support wd, got {wd}")
    kernels.adagrad(
        [weight], [grad], [history], lr=lr, epsilon=epsilon, rescale_grad=rescale_grad, clip_gradient=clip_gradient
    )
    return weight


@op("_contrib_group_adagrad_update", mutates=("history",), differentiable=False, inplace="weight")
def group_adagrad_update(
    weight: Tensor,
    grad: Tensor,
    history: Tensor,
    *,
    lr: float,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    epsilon: float = 1e-5,
) -> Tensor:
    """AdaGrad with one rate a row: ``history``, of shape ``(rows, 1)``, sums up the mean squares of its gradients."""
    same_shapes(weight, grad=grad)
    if history.numel() != weight.shape[0]:
        raise ValueError(
            f"history must have one element for each of the {weight.shape[0]} rows, got shape {tuple(history.shape)}"
        )
    kernels.group_adagrad(
        [weight], [grad], [history], lr=lr, epsilon=epsilon, rescale_grad=rescale_grad, clip_gradient=clip_gradient
    )
    return weight


weight_shapes(group_adagrad_update, "history")
