"""SGD and its relatives: plain, Nesterov, sign-based, delay-compensated, Langevin."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from torch import Tensor

from .._core import env
from .._core.ops.optimizer import kernels
from .._core.rng import generator
from ..ndarray.ndarray import NDArray
from ._arrays import arrays_of, zeros_like
from ._base import Optimizer, Step, builtin


def aggregation_size(default: int = 4) -> int:
    """How many weights MXNet updates in one call, by ``MXNET_OPTIMIZER_AGGREGATION_SIZE``; 0 or less: one by one."""
    name = "MXNET_OPTIMIZER_AGGREGATION_SIZE"
    return env.integer(name) if env.is_set(name) else default


class MomentumState(Optimizer):
    """Optimizers whose state is a momentum, and with a float32 copy ``(momentum, copy)``."""

    momentum: float
    _optional_momentum = True

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The momentum, None when there is none."""
        return zeros_like(weight, sparse=getattr(self, "lazy_update", False)) if self.momentum != 0.0 else None

    def create_state_multi_precision(self, index: int | str, weight: NDArray) -> Any:
        """The momentum; for float16 under ``multi_precision``: ``(momentum, float32 copy)``."""
        if self._keeps_master(weight):
            master = weight.astype(np.float32)
            return self.create_state(index, master), master
        return self.create_state(index, weight)

    def _split_state(self, state: Any, low: bool) -> Any:
        momentum, master = state if low else (state, None)
        return master, arrays_of(momentum)


@builtin
class SGD(MomentumState):
    """Stochastic gradient descent with momentum and weight decay.

    ``momentum' = momentum * state - lr * (rescale_grad * clip(grad) + wd * weight); weight += state``

    Parameters
    ----------
    momentum : float
    lazy_update : bool
        Update only the rows that a row-sparse gradient has.
    **kwargs
        See :class:`Optimizer`.
    """

    def __init__(self, momentum: float = 0.0, lazy_update: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.lazy_update = lazy_update
        self.aggregate_num = aggregation_size()

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        if states:
            rule = {"momentum": max(0.0, self.momentum), "fused": step.threaded, "wd": wd, **self._scaling()}
            kernels.sgd_mom(w, g, states[0], lr=lr, **rule)
        else:
            kernels.sgd(w, g, lr=lr, fused=step.threaded, wd=wd, **self._scaling())


@builtin
class ccSGD(SGD):
    """The same as :class:`SGD`; kept for old scripts."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)


@builtin
class NAG(MomentumState):
    """Nesterov's accelerated gradient.

    Parameters
    ----------
    momentum : float
    **kwargs
        See :class:`Optimizer`.
    """

    def __init__(self, momentum: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        if states:
            kernels.nag_mom(w, g, states[0], lr=lr, momentum=max(0.0, self.momentum), wd=wd, **self._scaling())
        else:
            kernels.sgd(w, g, lr=lr, fused=step.threaded, wd=wd, **self._scaling())


@builtin
class Signum(Optimizer):
    """Steps along the sign of the momentum, or of the gradient when ``momentum`` is 0 (signSGD).

    Parameters
    ----------
    learning_rate, momentum : float
    wd_lh : float
        Weight decay apart from gradient and momentum.
    **kwargs
        See :class:`Optimizer`.
    """

    _optional_momentum = True

    def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, wd_lh: float = 0.0, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.momentum = momentum
        self.wd_lh = wd_lh

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The momentum, None when there is none."""
        return zeros_like(weight, sparse=True) if self.momentum != 0.0 else None

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        if states:
            rule = {"momentum": max(0.0, self.momentum), "wd_lh": self.wd_lh or 0.0, "wd": wd, **self._scaling()}
            kernels.signum(w, g, states[0], lr=lr, **rule)
        else:
            kernels.signsgd(w, g, lr=lr, wd=wd)


@builtin
class DCASGD(Optimizer):
    """Asynchronous SGD with compensation for the delay of gradients.

    Parameters
    ----------
    momentum : float
    lamda : float
        The strength of the compensation.
    **kwargs
        See :class:`Optimizer`.
    """

    _bounds_to_zero = True

    def __init__(self, momentum: float = 0.0, lamda: float = 0.04, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.weight_previous: dict[Any, Any] = {}
        self.lamda = lamda

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The momentum (or None) and the previous weight."""
        return (zeros_like(weight) if self.momentum != 0.0 else None), weight.copy()

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        mom, previous = states
        kernels.dcasgd(w, g, mom, previous, lr=lr, wd=wd, **self._scaling("momentum", "lamda"))


@builtin
class SGLD(Optimizer):
    """Stochastic gradient Langevin dynamics: half a gradient step, and noise of variance ``lr``."""

    _bounds_to_zero = True

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def create_state(self, index: int | str, weight: NDArray) -> None:
        """There is no state."""

    def _step(self, w: list[Tensor], g: list[Tensor], states: object, lr: float, wd: float, step: Step) -> None:
        kernels.sgd(w, g, lr=lr / 2, fused=step.threaded, wd=wd, **self._scaling())
        source = generator(step.ctx)
        for weight in w:
            noise = torch.randn(weight.shape, dtype=weight.dtype, device=weight.device, generator=source)
            weight.add_(noise, alpha=math.sqrt(lr))


@builtin
class Test(Optimizer):
    """Adds the rescaled gradient to the weight and copies the weight into the state; for tests of machinery."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def create_state(self, index: int | str, weight: NDArray) -> NDArray:
        """Zeros like the weight."""
        return zeros_like(weight)

    def _step(self, w: list[Tensor], g: object, states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        torch._foreach_add_(w, g, alpha=self.rescale_grad)
        torch._foreach_copy_(states[0], w)
