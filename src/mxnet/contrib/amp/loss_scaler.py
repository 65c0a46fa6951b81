"""The scale that keeps small gradients from vanishing in float16."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ... import autograd
from ..._core import logs
from ...ndarray import multi_all_finite

__all__ = ["LossScaler"]

_START, _LARGEST = 2.0**16, 2.0**24
# After so many steps without an overflow, twice the scale is tried.
_PATIENCE = 2000
# How many arrays are looked at in one call.
_CHUNK = 200


class LossScaler:
    """A loss scale that is halved after an overflow and doubled after a long time without any.

    A change holds from the check after the one that brought it about, as in MXNet: the gradients at hand were computed
    with the scale of before.
    """

    def __init__(self) -> None:
        self._loss_scale = _START
        self._next_loss_scale = _START
        self._max_loss_scale = _LARGEST
        self._scale_seq_len = _PATIENCE
        self._unskipped = 0

    @property
    def loss_scale(self) -> float:
        """What losses are multiplied by now."""
        return self._loss_scale

    def has_overflow(self, params: Iterable[Any]) -> bool:
        """Whether a gradient holds an infinity or NaN, which adapts the scale.

        Parameters
        ----------
        params : iterable of Parameter
            Each has its gradients, one a device, in ``_grad``; None for those that need none.
        """
        grads = [p._grad[0] for p in params if p._grad is not None]
        overflow = not _all_finite(grads)
        self._loss_scale = self._next_loss_scale
        self._unskipped = 0 if overflow else self._unskipped + 1
        if overflow:
            self._next_loss_scale = self._loss_scale / 2.0
            logs.root.info("AMP: decreasing loss scale to %f", self._next_loss_scale)
        if self._unskipped == self._scale_seq_len:
            self._unskipped = 0
            self._next_loss_scale = min(self._max_loss_scale, self._loss_scale * 2.0)
            logs.root.info("AMP: increasing loss scale to %f", self._next_loss_scale)
        return overflow


def _all_finite(arrays: list[Any]) -> bool:
    with autograd.pause():
        found = [
            multi_all_finite(*chunk, num_arrays=len(chunk))
            for chunk in (arrays[i : i + _CHUNK] for i in range(0, len(arrays), _CHUNK))
        ]
    return all(bool(x.asscalar()) for x in found)
