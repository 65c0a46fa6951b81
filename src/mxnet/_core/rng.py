"""Random generators: one ``torch.Generator`` a context, seeded together or apart."""

from __future__ import annotations

import threading
from typing import Any

import torch

_lock = threading.Lock()
_generators: dict[Any, torch.Generator] = {}
_base_seed: int | None = None


def generator(ctx: Any) -> torch.Generator:
    """The generator of a context, made on first use."""
    found = _generators.get(ctx)
    if found is None:
        with _lock:
            found = _generators.get(ctx)
            if found is None:
                found = torch.Generator(device=ctx.device)
                found.manual_seed(torch.seed() if _base_seed is None else _seed_of(ctx, _base_seed))
                _generators[ctx] = found
    return found


def _seed_of(ctx: Any, seed: int) -> int:
    """Devices seeded together still draw different numbers."""
    return (seed + ctx.device_id) & 0x7FFF_FFFF_FFFF_FFFF


def seed_all(seed: int) -> None:
    """Seed the generators of all contexts, those that are made later included."""
    global _base_seed
    with _lock:
        _base_seed = int(seed)
        for ctx, found in _generators.items():
            found.manual_seed(_seed_of(ctx, _base_seed))


def seed_context(ctx: Any, seed: int) -> None:
    """Seed the generator of one context, which then gives the same numbers on every device number."""
    generator(ctx).manual_seed(int(seed) & 0x7FFF_FFFF_FFFF_FFFF)
