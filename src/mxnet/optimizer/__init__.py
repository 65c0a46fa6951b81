"""Optimizers: how weights are updated by gradients."""

from __future__ import annotations

from . import contrib, optimizer
from .optimizer import *  # noqa: F403

# mx.optimizer was a module once: mx.optimizer.sgd_update and the like are still asked for.
__getattr__ = optimizer.__getattr__

__all__ = [*optimizer.__all__, "contrib"]
