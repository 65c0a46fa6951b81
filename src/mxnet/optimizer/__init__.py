"""Optimizers: how weights are updated by gradients."""

from __future__ import annotations

from . import contrib, optimizer
from .optimizer import *  # noqa: F403

__all__ = [*optimizer.__all__, "contrib"]
