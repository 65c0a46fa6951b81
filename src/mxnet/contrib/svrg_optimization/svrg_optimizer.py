"""The optimizer of an SVRGModule whose key-value store runs the updates."""

from __future__ import annotations

import inspect
from typing import Any

from ... import optimizer as opt
from ...ndarray import NDArray

__all__: list[str] = []

# Average gradients have keys of their own in the store: that of the parameter with this behind it.
FULL = "_full"

_COMMON = frozenset(inspect.signature(opt.Optimizer.__init__).parameters) - {"self"}


@opt.register
class _AssignmentOptimizer(opt.Optimizer):
    """Replaces weights by what is pushed as their gradient, by which a store sums up average gradients."""

    def update(self, index: int | str, weight: NDArray, grad: NDArray, state: Any) -> None:
        weight[:] = grad


@opt.register
class _SVRGOptimizer(opt.Optimizer):
    """Updates parameters by one optimizer, and has the keys of average gradients hold what is pushed to them.

    Parameters
    ----------
    default_optimizer : str or Optimizer
        For the parameters.
    **kwargs
        For this optimizer, when it is given by name.
    """

    def __init__(self, default_optimizer: Any, **kwargs: Any) -> None:
        super().__init__(**{name: value for name, value in kwargs.items() if name in _COMMON})
        if isinstance(default_optimizer, str):
            default_optimizer = opt.create(default_optimizer, **kwargs)
        self.default_opt = default_optimizer
        self.aux_opt = opt.create(_AssignmentOptimizer.__name__)
        names = set(self.idx2name.values())
        # A parameter may have such a name too.
        self._averages = {n for n in names if n.endswith(FULL) and n[: -len(FULL)] in names}

    def _optimizer_of(self, index: Any) -> opt.Optimizer:
        """The optimizer of a key, which is a name or its number."""
        return self.aux_opt if self.idx2name.get(index, index) in self._averages else self.default_opt

    def create_state(self, index: Any, weight: Any) -> Any:
        """Make what the key's optimizer keeps for it."""
        return self._optimizer_of(index).create_state(index, weight)

    def update(self, index: int | str, weight: NDArray, grad: NDArray, state: Any) -> None:
        """Update a parameter, or replace an average gradient."""
        self._optimizer_of(index).update(index, weight, grad, state)

    # Whoever changes the rate of a module's optimizer means that of its parameters.

    @property
    def learning_rate(self) -> float:
        """The current learning rate of the parameters."""
        return self.default_opt.learning_rate

    def set_learning_rate(self, lr: float) -> None:
        """Change the fixed learning rate of the parameters."""
        self.default_opt.set_learning_rate(lr)
        self.lr = lr

    def _set_current_context(self, device_id: int) -> None:
        super()._set_current_context(device_id)
        self.default_opt._set_current_context(device_id)
