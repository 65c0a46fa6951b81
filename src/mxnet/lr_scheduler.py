"""Learning rates that change with the number of updates."""

from __future__ import annotations

import math
from math import cos, pi

from ._core import logs
from ._core.host import number

__all__ = ["CosineScheduler", "FactorScheduler", "LRScheduler", "MultiFactorScheduler", "PolyScheduler"]


# A factor is applied step by step up to so many steps that are due at once.
_MOST_STEPS = 10_000


class LRScheduler:
    """Base class of learning rate schedulers: objects called with the number of updates so far.

    Parameters
    ----------
    base_lr : float
        The learning rate to start from.
    warmup_steps : int
        How many updates a warmup takes at the beginning.
    warmup_begin_lr : float
        The learning rate at its beginning, at most ``base_lr``.
    warmup_mode : {"linear", "constant"}
        Whether the warmup's learning rate grows to ``base_lr``, or stays.

    Raises
    ------
    ValueError
        When the warmup would have to lower the learning rate, or its length or mode makes no sense.
    """

    def __init__(
        self, base_lr: float = 0.01, warmup_steps: int = 0, warmup_begin_lr: float = 0, warmup_mode: str = "linear"
    ) -> None:
        if not isinstance(warmup_steps, int):
            raise AssertionError(f"warmup_steps must be an int, got {warmup_steps!r}")
        base_lr, warmup_begin_lr = number("base_lr", base_lr), number("warmup_begin_lr", warmup_begin_lr)
        if warmup_begin_lr > base_lr:
            raise ValueError("Base lr has to be higher than warmup_begin_lr")
        if warmup_steps < 0:
            raise ValueError("Warmup steps has to be positive or 0")
        if warmup_mode not in ("linear", "constant"):
            raise ValueError("Supports only linear and constant modes of warmup")
        self.base_lr = base_lr
        self.warmup_steps = warmup_steps
        self.warmup_final_lr = base_lr
        self.warmup_begin_lr = warmup_begin_lr
        self.warmup_mode = warmup_mode

    def get_warmup_lr(self, num_update: int) -> float:
        """The learning rate of an update during the warmup."""
        if num_update >= self.warmup_steps:
            raise AssertionError(f"update {num_update} is after the warmup of {self.warmup_steps} steps")
        if self.warmup_mode == "constant":
            return self.warmup_begin_lr
        grown = (self.warmup_final_lr - self.warmup_begin_lr) * float(num_update) / float(self.warmup_steps)
        return self.warmup_begin_lr + grown

    def __call__(self, num_update: int) -> float:
        """The learning rate for the update of this number (the largest count over all weights)."""
        raise NotImplementedError("a learning rate scheduler must define __call__")


def _check_factor(factor: float) -> None:
    if factor > 1.0:
        raise ValueError(f"factor should be at most 1, or the rate would grow; got {factor}")


class FactorScheduler(LRScheduler):
    """Multiply the learning rate by a factor every ``step`` updates.

    Parameters
    ----------
    step : int
    factor : float
        At most 1.
    stop_factor_lr : float
        The learning rate gets no smaller than this.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As for :class:`LRScheduler`.

    Examples
    --------
    >>> import mxnet as mx
    >>> schedule = mx.lr_scheduler.FactorScheduler(step=10, factor=0.5, base_lr=1.0)
    >>> [schedule(n) for n in (1, 10, 11, 21)]
    [1.0, 1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        step: int,
        factor: float = 1,
        stop_factor_lr: float = 1e-8,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if step < 1:
            raise ValueError("Schedule step must be greater or equal than 1 round")
        _check_factor(factor)
        self.step = step
        self.factor = factor
        self.stop_factor_lr = stop_factor_lr
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """The learning rate for the update of this number."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        due = self._due(num_update)
        if due > _MOST_STEPS:
            # Whole steps at once: nobody waits for a schedule that starts billions of updates later.
            skipped = due - _MOST_STEPS
            self.base_lr = max(self.base_lr * float(self.factor) ** skipped, self.stop_factor_lr)
            self.count += skipped * self.step
            due = _MOST_STEPS
        for _ in range(due):  # more than once when training is resumed
            self.count += self.step
            lowered = self.base_lr * self.factor
            message = "Update[%d]: Change learning rate to %0.5e"
            if lowered < self.stop_factor_lr:
                message = "Update[%d]: now learning rate arrived at %0.5e, will not change in the future"
            self.base_lr = max(lowered, self.stop_factor_lr)
            logs.root.info(message, num_update, self.base_lr)
        return self.base_lr

    def _due(self, num_update: int) -> int:
        """How many steps lie between the last one made and an update."""
        if not self.step >= 1:
            raise ValueError(f"Schedule step must be greater or equal than 1 round, got {self.step}")
        return max(0, math.ceil((num_update - self.count) / self.step) - 1)


class MultiFactorScheduler(LRScheduler):
    """Multiply the learning rate by a factor after each of several numbers of updates.

    Parameters
    ----------
    step : list of int
        Numbers of updates, increasing.
    factor : float
        At most 1.
    base_lr, warmup_steps, warmup_begin_lr, warmup_mode
        As for :class:`LRScheduler`.

    Examples
    --------
    >>> import mxnet as mx
    >>> schedule = mx.lr_scheduler.MultiFactorScheduler(step=[10, 15], factor=0.5, base_lr=1.0)
    >>> [schedule(n) for n in (10, 11, 16)]
    [1.0, 0.5, 0.25]
    """

    def __init__(
        self,
        step: list[int],
        factor: float = 1,
        base_lr: float = 0.01,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not isinstance(step, list) or not step:
            raise AssertionError(f"step must be a list of at least one number, got {step!r}")
        if any(b <= a for a, b in zip(step, step[1:])):
            raise ValueError("Schedule step must be an increasing integer list")
        if step[0] < 1:
            raise ValueError("Schedule step must be greater or equal than 1 round")
        _check_factor(factor)
        self.step = step
        self.cur_step_ind = 0
        self.factor = factor
        self.count = 0

    def __call__(self, num_update: int) -> float:
        """The learning rate for the update of this number."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        for due in self.step[self.cur_step_ind :]:
            if num_update <= due:
                break
            self.count, self.cur_step_ind = due, self.cur_step_ind + 1
            self.base_lr *= self.factor
            logs.root.info("Update[%d]: Change learning rate to %0.5e", num_update, self.base_lr)
        return self.base_lr


class _DecayScheduler(LRScheduler):
    """A learning rate that falls from ``base_lr`` to ``final_lr`` along a curve, and stays there."""

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(base_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        if not isinstance(max_update, int):
            raise AssertionError(f"max_update must be an int, got {max_update!r}")
        if max_update < 1:
            raise ValueError("maximum number of updates must be strictly positive")
        self.base_lr_orig, self.final_lr = base_lr, final_lr
        self.max_update, self.max_steps = max_update, max_update - warmup_steps

    def _remaining(self, done: float) -> float:
        """The share of the way to ``final_lr`` that is left when a share of the steps is done."""
        raise NotImplementedError

    def __call__(self, num_update: int) -> float:
        """The learning rate for the update of this number."""
        if num_update < self.warmup_steps:
            return self.get_warmup_lr(num_update)
        if num_update <= self.max_update:
            done = float(num_update - self.warmup_steps) / float(self.max_steps)
            self.base_lr = self.final_lr + (self.base_lr_orig - self.final_lr) * self._remaining(done)
        return self.base_lr


class PolyScheduler(_DecayScheduler):
    """Let the learning rate fall along a polynomial.

    Between warmup and ``max_update`` it is ``final_lr + (base_lr - final_lr) * (1 - done) ** pwr``, ``done`` being the
    share of updates done.

    Parameters
    ----------
    max_update : int
        The update that reaches ``final_lr``.
    base_lr : float
    pwr : float
        The power.
    final_lr : float
    warmup_steps, warmup_begin_lr, warmup_mode
        As for :class:`LRScheduler`.

    Examples
    --------
    >>> import mxnet as mx
    >>> schedule = mx.lr_scheduler.PolyScheduler(max_update=10, base_lr=1.0, pwr=2)
    >>> [schedule(n) for n in (0, 5, 10, 11)]
    [1.0, 0.25, 0.0, 0.0]
    """

    def __init__(
        self,
        max_update: int,
        base_lr: float = 0.01,
        pwr: float = 2,
        final_lr: float = 0,
        warmup_steps: int = 0,
        warmup_begin_lr: float = 0,
        warmup_mode: str = "linear",
    ) -> None:
        super().__init__(max_update, base_lr, final_lr, warmup_steps, warmup_begin_lr, warmup_mode)
        self.power = pwr

    def _remaining(self, done: float) -> float:
        return pow(1 - done, self.power)


class CosineScheduler(_DecayScheduler):
    """Let the learning rate fall along half a period of a cosine.

    Between warmup and ``max_update`` it is ``final_lr + (base_lr - final_lr) * (1 + cos(pi * done)) / 2``, ``done``
    being the share of updates done.

    Parameters
    ----------
    max_update : int
        The update that reaches ``final_lr``.
    base_lr, final_lr : float
    warmup_steps, warmup_begin_lr, warmup_mode
        As for :class:`LRScheduler`.

    Examples
    --------
    >>> import mxnet as mx
    >>> schedule = mx.lr_scheduler.CosineScheduler(max_update=10, base_lr=1.0)
    >>> [round(schedule(n), 3) for n in (0, 5, 10)]
    [1.0, 0.5, 0.0]
    """

    def _remaining(self, done: float) -> float:
        return (1 + cos(pi * done)) / 2
