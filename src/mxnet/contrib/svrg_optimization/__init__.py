"""Training by stochastic variance-reduced gradients (SVRG)."""

from __future__ import annotations

from . import svrg_module, svrg_optimizer

__all__ = ["svrg_module", "svrg_optimizer"]
