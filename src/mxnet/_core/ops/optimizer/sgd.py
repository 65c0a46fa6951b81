"""Update operators of SGD and its relatives, for one weight."""

from torch import Tensor

from . import kernels
from ._families import update


@update("sgd_update", kernels.sgd, mixed="mp_sgd_update", aliases=("_sparse_sgd_update",))
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


@update("sgd_mom_update", kernels.sgd_mom, mixed="mp_sgd_mom_update", aliases=("_sparse_sgd_mom_update",))
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


@update("nag_mom_update", kernels.nag_mom, mixed="mp_nag_mom_update")
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


@update("signsgd_update", kernels.signsgd)
def signsgd_update(
    weight: Tensor, grad: Tensor, *, lr: float, wd: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0
) -> Tensor:
    """``weight = (1 - lr * wd) * weight - lr * sign(grad)``; scaling and clipping have no effect on a sign."""


@update("signum_update", kernels.signum)
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
