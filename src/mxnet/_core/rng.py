"""Random generators: one ``torch.Generator`` a context, seeded together or apart.

Torch locks a generator while a kernel draws from it, so contexts can be shared between threads.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import torch

from ..context import Context

_MASK = 0x7FFF_FFFF_FFFF_FFFF

_lock = threading.Lock()
_generators: dict[Any, torch.Generator] = {}
_base_seed = 0  # as in MXNet, a program that sets no seed draws the same numbers each time


def generator(ctx: Context) -> torch.Generator:
    """The generator of a context, made on first use."""
    found = _generators.get(ctx)
    if found is None:
        with _lock:
            found = _generators.get(ctx)
            if found is None:
                found = torch.Generator(device=ctx.device)
                found.manual_seed(_seed_of(ctx, _base_seed))
                _generators[ctx] = found
    return found


def _seed_of(ctx: Context, seed: int) -> int:
    """Devices that are seeded together still draw different numbers."""
    return (seed + ctx.device_id) & _MASK


def seed_all(seed: int) -> None:
    """Seed the generators of all contexts, those that are made later included."""
    global _base_seed
    with _lock:
        _base_seed = int(seed)
        for ctx, found in _generators.items():
            found.manual_seed(_seed_of(ctx, _base_seed))


def forget_devices() -> None:
    """Drop all generators but the CPU's: in a forked process those of devices cannot be used, nor seeded."""
    for ctx in [ctx for ctx, found in _generators.items() if found.device.type != "cpu"]:
        del _generators[ctx]


def base_seed() -> int:
    """What :func:`seed_all` was last given."""
    return _base_seed


@contextmanager
def drawing_again(states: Mapping[torch.Generator, torch.Tensor]) -> Iterator[None]:
    """Draw the numbers that came after generators were in these states; then they go on where they are now."""
    now = {g: g.get_state() for g in states}
    for g, before in states.items():
        g.set_state(before)
    try:
        yield
    finally:
        for g, later in now.items():
            g.set_state(later)


def seed_context(ctx: Context, seed: int) -> None:
    """Seed the generator of one context; devices that are seeded one by one with one number draw the same numbers."""
    generator(ctx).manual_seed(int(seed) & _MASK)
