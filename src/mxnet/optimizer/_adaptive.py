"""Optimizers with a rate for each element: AdaGrad, AdaDelta, RMSProp, FTRL."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from .._core.ops.optimizer import kernels
from ..ndarray.ndarray import NDArray
from ._arrays import zeros_like
from ._base import Optimizer, Step, builtin


@builtin
class AdaGrad(Optimizer):
    """AdaGrad: rates fall with the sum of squared gradients.

    Parameters
    ----------
    eps : float
        Keeps the denominator from zero.
    **kwargs
        See :class:`Optimizer`.
    """

    _bounds_to_zero = True
    _numbers = Optimizer._numbers | {"float_stable_eps": "eps"}

    def __init__(self, eps: float = 1e-7, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.float_stable_eps = eps

    def create_state(self, index: int | str, weight: NDArray) -> NDArray:
        """The sum of squared gradients."""
        return zeros_like(weight, sparse=True)

    def _lazy(self) -> bool:
        return True

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        kernels.adagrad(w, g, *states, lr=lr, epsilon=self.float_stable_eps, wd=wd, **self._scaling())


@builtin
class AdaDelta(Optimizer):
    """AdaDelta: steps as large as past ones were, relative to past gradients. It has no learning rate.

    Parameters
    ----------
    rho : float
        The decay of the running means.
    epsilon : float
        Keeps the denominator from zero.
    **kwargs
        See :class:`Optimizer`.
    """

    _bounds_to_zero = True

    def __init__(self, rho: float = 0.90, epsilon: float = 1e-5, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.rho = rho
        self.epsilon = epsilon

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The running means of squared gradients and of squared steps."""
        return zeros_like(weight), zeros_like(weight)

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        kernels.adadelta(w, g, *states, wd=wd, **self._scaling("rho", "epsilon"))


@builtin
class RMSProp(Optimizer):
    """RMSProp: plain (Tieleman and Hinton) or ``centered`` with momentum (Graves).

    Parameters
    ----------
    learning_rate : float
    gamma1 : float
        The decay of the running means.
    gamma2 : float
        The momentum, when centered.
    epsilon : float
        Keeps the denominator from zero.
    centered : bool
    clip_weights : float, optional
        Bound weights to ``[-clip_weights, clip_weights]``.
    **kwargs
        See :class:`Optimizer`.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        gamma1: float = 0.9,
        gamma2: float = 0.9,
        epsilon: float = 1e-8,
        centered: bool = False,
        clip_weights: float | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(learning_rate=learning_rate, **kwargs)
        self.gamma1 = gamma1
        self.gamma2 = gamma2
        self.centered = centered
        self.epsilon = epsilon
        self.clip_weights = clip_weights

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The mean square; centered: also the mean and the last step."""
        return tuple(zeros_like(weight, sparse=True) for _ in range(3 if self.centered else 1))

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        numbers = {"lr": lr, "clip_weights": self.clip_weights or -1.0, "wd": wd, **self._scaling("gamma1", "epsilon")}
        if self.centered:
            kernels.rmsprop_alex(w, g, *states, gamma2=self.gamma2, **numbers)
        else:
            kernels.rmsprop(w, g, *states, **numbers)


@builtin
class Ftrl(Optimizer):
    """Follow the regularized leader: sparse weights for click prediction and the like.

    Parameters
    ----------
    lamda1 : float
        The L1 penalty.
    learning_rate : float
    beta : float
        Damps the rate of coordinates with few gradients.
    **kwargs
        See :class:`Optimizer`.
    """

    def __init__(self, lamda1: float = 0.01, learning_rate: float = 0.1, beta: float = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.lamda1 = lamda1
        self.beta = beta
        self.lr = learning_rate

    def create_state(self, index: int | str, weight: NDArray) -> Any:
        """The arrays z and n of the method."""
        return zeros_like(weight, sparse=True), zeros_like(weight, sparse=True)

    def _lazy(self) -> bool:
        return True

    def _step(self, w: list[Tensor], g: list[Tensor], states: list[Tensor], lr: float, wd: float, step: Step) -> None:
        kernels.ftrl(w, g, *states, lr=lr, wd=wd, **self._scaling("lamda1", "beta"))
