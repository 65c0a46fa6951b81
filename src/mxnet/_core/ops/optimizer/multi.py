"""Update operators for many weights in one call."""

from typing import Any

from torch import Tensor

from ...params import Floats, Shape
from . import kernels
from ._families import RATES, multi

SGD = ("weight", "grad")
SGD_MOM = ("weight", "grad", "mom")
ADAM = ("weight", "grad", "mean", "var")


@multi("multi_sgd_update", kernels.sgd, SGD, mixed="multi_mp_sgd_update")
def multi_sgd_update(
    *data: Tensor,
    lrs: Floats,
    wds: Floats,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> Any:
    """``sgd_update`` of ``num_weights`` weights: inputs ``weight_0, grad_0, weight_1, ...``."""


@multi("multi_sgd_mom_update", kernels.sgd_mom, SGD_MOM, mixed="multi_mp_sgd_mom_update")
def multi_sgd_mom_update(
    *data: Tensor,
    lrs: Floats,
    wds: Floats,
    momentum: float = 0.0,
    rescale_grad: float = 1.0,
    clip_gradient: float = -1.0,
    num_weights: int = 1,
) -> Any:
    """``sgd_mom_update`` of ``num_weights`` weights: inputs ``weight_0, grad_0, mom_0, weight_1, ...``."""


@multi(
    "preloaded_multi_sgd_update", kernels.sgd_mom_per_tensor, SGD, mixed="preloaded_multi_mp_sgd_update", extra=RATES
)
def preloaded_multi_sgd_update(
    *data: Tensor, rescale_grad: float = 1.0, clip_gradient: float = -1.0, num_weights: int = 1
) -> Any:
    """``multi_sgd_update`` with learning rates and weight decays as arrays, the last two inputs."""


@multi(
    "preloaded_multi_sgd_mom_update",
    kernels.sgd_mom_per_tensor,
    SGD_MOM,
    mixed="preloaded_multi_mp_sgd_mom_update",
    extra=RATES,
)
def preloaded_multi_sgd_mom_update(
    *data: Tensor, momentum: float = 0.0, rescale_grad: float = 1.0, clip_gradient: float = -1.0, num_weights: int = 1
) -> Any:
    """``multi_sgd_mom_update`` with learning rates and weight decays as arrays, the last two inputs."""


@multi("_multi_adamw_update", kernels.adamw, ADAM, mixed="_multi_mp_adamw_update", extra=("rescale_grad",))
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
) -> Any:
    """``_adamw_update`` of ``num_weights`` weights; ``rescale_grad`` is the last input."""


@multi("_multi_lamb_update", kernels.lamb, ADAM, mixed="_multi_mp_lamb_update", count="num_tensors")
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
) -> Any:
    """LAMB's step for ``num_tensors`` weights, each with its own rate, decay and step count.

    Parameters
    ----------
    lower_bound, upper_bound
        Bounds on the norms of the weights; none when not positive.
    """
