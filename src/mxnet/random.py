"""Seeding, and the random samplers of ``mx.nd.random`` under their old names."""

from __future__ import annotations

from typing import Any

from ._core import rng
from .context import Context

__all__ = ["seed"]


def seed(seed_state: int, ctx: Context | str = "all") -> None:
    """Seed the generators of all contexts (different ones draw different numbers), or that of one context."""
    if not isinstance(seed_state, int):
        raise ValueError("seed_state must be int")
    if ctx == "all":
        rng.seed_all(seed_state)
    else:
        rng.seed_context(Context(ctx), seed_state)


def __getattr__(name: str) -> Any:
    from .ndarray import random as samplers

    return getattr(samplers, name)
