"""The learning rate schedulers of MXNet's first releases; new code uses :mod:`mxnet.lr_scheduler`."""

from __future__ import annotations

from ._core import logs


class LearningRateScheduler:
    """What a scheduler is: called with the number of iterations done, it gives the learning rate."""

    def __init__(self) -> None:
        self.base_lr = 0.01

    def __call__(self, iteration: int) -> float:
        raise NotImplementedError(f"{type(self).__name__} must define __call__(iteration)")


class FactorScheduler(LearningRateScheduler):
    """Multiply the rate by ``factor`` after every ``step`` iterations.

    Parameters
    ----------
    step : int
        At least 1.
    factor : float
        Below 1.
    """

    def __init__(self, step: int, factor: float = 0.1) -> None:
        if factor >= 1.0:
            raise ValueError(f"Factor must be less than 1 to make lr reduce, got {factor}")
        if step < 1:
            raise ValueError(f"Schedule step must be greater or equal than 1 round, got {step}")
        super().__init__()
        self.step = step
        self.factor = factor
        self._last: float | None = None

    def __call__(self, iteration: int) -> float:
        before = self.base_lr if self._last is None else self._last
        rate = self.base_lr * self.factor ** int(iteration / self.step)
        if rate != before:
            logs.root.info("At Iteration [%d]: Swith to new learning rate %.5f", iteration, rate)
        self._last = rate
        return rate
