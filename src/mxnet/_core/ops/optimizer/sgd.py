"""Update operators of SGD and its relatives, for one weight."""

from torch import Tensor

from ...registry import op
from . import kernels
from ._checks import same_shapes
from ._rules import SINGLE, mixed_types


@op("sgd_update", aliases=("_sparse_sgd_update",), **SINGLE)
def sgd_update(
    weight: Tensor,
    grad: Tensor,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> Tensor:
    """Stochastic gradient descent: ``weight = (1 - lr * wd) * weight - lr * clip(rescale_grad * grad)``.

    A negative ``clip_gradient`` means no clipping. ``lazy_update`` concerns row-sparse gradients only.
    """
    same_shapes(weight, grad=grad)
    kernels.sgd([weight], [grad], lr=lr, wd=wd, rescale=rescale_grad, clip=clip_gradient)
    return weight


@op("sgd_mom_update", aliases=("_sparse_sgd_mom_update",), mutates=("mom",), **SINGLE)
def sgd_mom_update(
    weight: Tensor,
    grad: Tensor,
    mom: Tensor,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> Tensor:
    """SGD with momentum: ``mom = momentum * mom - lr * (clip(rescale_grad * grad) + wd * weight); weight += mom``."""
    same_shapes(weight, grad=grad, mom=mom)
    kernels.sgd_mom([weight], [grad], [mom], lr=lr, momentum=momentum, wd=wd, rescale=rescale_grad, clip=clip_gradient)
    return weight


@op("mp_sgd_update", mutates=("weight32",), **SINGLE)
def mp_sgd_update(
    weight: Tensor,
    grad: Tensor,
    weight32: Tensor,
    *,
    lr: float,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> Tensor:
    """``sgd_update`` of the float32 copy ``weight32`` of a weight of lower precision."""
    same_shapes(weight, grad=grad, weight32=weight32)
    kernels.mixed(kernels.sgd, [weight], [grad], [weight32], lr=lr, wd=wd, rescale=rescale_grad, clip=clip_gradient)
    return weight


@op("mp_sgd_mom_update", mutates=("mom", "weight32"), **SINGLE)
def mp_sgd_mom_update(
    weight: Tensor,
    grad: Tensor,
    mom: Tensor,
    weight32: Tensor,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    lazy_update: bool = True,
) -> Tensor:
    """``sgd_mom_update`` of the float32 copy ``weight32`` of a weight of lower precision."""
    same_shapes(weight, grad=grad, mom=mom, weight32=weight32)
    kernels.mixed(
        kernels.sgd_mom,
        [weight],
        [grad],
        [weight32],
        [mom],
        lr=lr,
        momentum=momentum,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )
    return weight


@op("nag_mom_update", mutates=("mom",), **SINGLE)
def nag_mom_update(
    weight: Tensor,
    grad: Tensor,
    mom: Tensor,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Tensor:
    """Nesterov's accelerated gradient, with the velocity in ``mom``."""
    same_shapes(weight, grad=grad, mom=mom)
    kernels.nag_mom([weight], [grad], [mom], lr=lr, momentum=momentum, wd=wd, rescale=rescale_grad, clip=clip_gradient)
    return weight


@op("mp_nag_mom_update", mutates=("mom", "weight32"), **SINGLE)
def mp_nag_mom_update(
    weight: Tensor,
    grad: Tensor,
    mom: Tensor,
    weight32: Tensor,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
) -> Tensor:
    """``nag_mom_update`` of the float32 copy ``weight32`` of a weight of lower precision."""
    same_shapes(weight, grad=grad, mom=mom, weight32=weight32)
    kernels.mixed(
        kernels.nag_mom,
        [weight],
        [grad],
        [weight32],
        [mom],
        lr=lr,
        momentum=momentum,
        wd=wd,
        rescale=rescale_grad,
        clip=clip_gradient,
    )
    return weight


@op("signsgd_update", **SINGLE)
def signsgd_update(
    weight: Tensor, grad: Tensor, *, lr: float, wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0
) -> Tensor:
    """``weight = (1 - lr * wd) * weight - lr * sign(grad)``; scaling and clipping have no effect on a sign."""
    same_shapes(weight, grad=grad)
    kernels.signsgd([weight], [grad], lr=lr, wd=wd)
    return weight


@op("signum_update", mutates=("mom",), **SINGLE)
def signum_update(
    weight: Tensor,
    grad: Tensor,
    mom: Tensor,
    *,
    lr: float,
    momentum: float = 0.0,
    wd: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    wd_lh: float = 0.0,
) -> Tensor:
    """Steps along the sign of the momentum; ``wd_lh`` is weight decay apart from the gradient.

    Parameters
    ----------
    wd_lh
        The weight decay that is no part of the gradient.
    """
    same_shapes(weight, grad=grad, mom=mom)
    kernels.signum(
        [weight], [grad], [mom], lr=lr, momentum=momentum, wd=wd, rescale=rescale_grad, clip=clip_gradient, wd_lh=wd_lh
    )
    return weight


for _operator in (mp_sgd_update, mp_sgd_mom_update, mp_nag_mom_update):
    mixed_types(_operator)
