"""Adam and its relatives."""

from __future__ import annotations

import math
from typing import Any

from torch import Tensor

from .._core.ops.optimizer import kernels
from ..ndarray.ndarray import NDArray
from ._arrays import zeros_like
from ._base import Optimizer, Step, builtin


class _TwoMoments(Optimizer):
    """Optimizers that keep two running means like the weight."""

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The running means of the gradient and of its square (or largest magnitude)."""
        sparse = getattr(self, "lazy_update", False)
        return zeros_like(weight, sparse), zeros_like(weight, sparse)


@builtin
class Adam(_TwoMoments):
    """Adam: steps scaled by running means of the gradient and of its square.

    Parameters
    ----------
    learning_rate : float
    beta1, beta2 : float
        The decay of the two means.
    epsilon : float
        Keeps the denominator from zero.
    lazy_update : bool
        Update only the rows that a row-sparse gradient has.
    **kwargs
        See :class:`Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        lazy_update: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.lazy_update = lazy_update

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        lr *= math.sqrt(1.0 - self.beta2**step.t) / (1.0 - self.beta1**step.t)
        numbers = self._scaling("beta1", "beta2", "epsilon")
        kernels.adam(w, g, *states, lr=lr, fused=step.fused, wd=wd, **numbers)


@builtin
class Adamax(_TwoMoments):
    """Adam with the largest gradient seen (decaying) in place of the mean square.

    Parameters
    ----------
    learning_rate, beta1, beta2 : float
        As in :class:`Adam`.
    **kwargs
        See :class:`Optimizer`.
    """

    _bounds_to_zero = True

    def __init__(self, learning_rate: float = 0.002, beta1: float = 0.9, beta2: float = 0.999, **kwargs: Any) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        lr /= 1.0 - self.beta1**step.t
        kernels.adamax(w, g, *states, lr=lr, wd=wd, **self._scaling("beta1", "beta2"))


@builtin
class Nadam(_TwoMoments):
    """Adam with Nesterov's momentum, whose strength follows a schedule.

    Parameters
    ----------
    learning_rate, beta1, beta2, epsilon : float
        As in :class:`Adam`.
    schedule_decay : float
        How fast the momentum rises to ``beta1``.
    **kwargs
        See :class:`Optimizer`.
    """

    _bounds_to_zero = True

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta1: float = 0.9,
        beta2: float = 0.999,
        epsilon: float = 1e-8,
        schedule_decay: float = 0.004,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon
        self.schedule_decay = schedule_decay
        self.m_schedule = 1.0

    def _step_scalars(self, count: int, t: int) -> list[Any]:
        """Weights of gradient and mean in each parameter's step.

        The product of all momenta, ``m_schedule``, is one for the whole optimizer and moves with every parameter that
        is updated, as MXNet's does.
        """
        momentum = self.beta1 * (1.0 - 0.5 * 0.96 ** (t * self.schedule_decay))
        momentum_next = self.beta1 * (1.0 - 0.5 * 0.96 ** ((t + 1) * self.schedule_decay))
        scales = []
        for _ in range(count):
            self.m_schedule *= momentum
            scales.append(
                ((1.0 - momentum) / (1.0 - self.m_schedule), momentum_next / (1.0 - self.m_schedule * momentum_next))
            )
        return scales

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        grad_scales, mean_scales = zip(*(step.scalars or ()))
        numbers = self._scaling("beta1", "beta2", "epsilon")
        numbers.update(grad_scales=grad_scales, mean_scales=mean_scales, var_correction=1.0 - self.beta2**step.t)
        kernels.nadam(w, g, *states, lr=lr, wd=wd, **numbers)


@builtin
class FTML(Optimizer):
    """Follow the moving leader.

    Parameters
    ----------
    beta1, beta2 : float
        Decays, near 0.5 and near 1.
    epsilon : float
        Keeps the denominator from zero.
    **kwargs
        See :class:`Optimizer`.
    """

    def __init__(self, beta1: float = 0.6, beta2: float = 0.999, epsilon: float = 1e-8, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.beta1 = beta1
        self.beta2 = beta2
        self.epsilon = epsilon

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The arrays d, v and z of the method."""
        return zeros_like(weight), zeros_like(weight), zeros_like(weight)

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        kernels.ftml(w, g, *states, lr=lr, t=step.t, wd=wd, **self._scaling("beta1", "beta2", "epsilon"))
