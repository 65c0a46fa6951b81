"""Samples of what a process holds, and the verdict whether it grows."""

from __future__ import annotations

import gc
import multiprocessing
import os
import re
import statistics
import threading
import time
from collections.abc import Sequence
from typing import NamedTuple

# Threads and processes that were told to end need a moment.
PATIENCE = 5.0


class Sample(NamedTuple):
    """What the process holds: megabytes of memory, and how many of each."""

    memory: float
    descriptors: int
    threads: int
    processes: int
    shared: int
    objects: int


# By how much the last third of the samples may exceed the first third (after the warm-up), in medians. Memory may grow
# by what the allocator leaves in fragments; objects by what caches of bounded size still take in.
SLACK = Sample(memory=24.0, descriptors=0, threads=0, processes=0, shared=0, objects=2000)


def sample(expected: Sample | None = None) -> Sample:
    """Measure; waits for threads and processes that are on their way out, down to what was measured before."""
    deadline = time.monotonic() + PATIENCE
    while True:
        gc.collect()
        now = _measure()
        late = expected is not None and any(now[i] > expected[i] for i in (1, 2, 3, 4))
        if not late or time.monotonic() > deadline:
            return now
        time.sleep(0.05)


def _measure() -> Sample:
    with open("/proc/self/statm") as file:
        pages = int(file.read().split()[1])
    return Sample(
        memory=pages * os.sysconf("SC_PAGE_SIZE") / 2**20,
        descriptors=len(os.listdir("/proc/self/fd")),
        threads=threading.active_count(),
        processes=len(multiprocessing.active_children()),
        shared=_named_memory(),
        objects=len(gc.get_objects()),
    )


def _named_memory() -> int:
    """Blocks of shared memory with names of ours: what makes them puts the number of its process into the name."""
    ours = {str(os.getpid()), *(str(child.pid) for child in multiprocessing.active_children())}
    return sum(not ours.isdisjoint(re.split(r"[^0-9]+", name)) for name in os.listdir("/dev/shm"))


def growth(samples: Sequence[Sample]) -> dict[str, tuple[float, float]]:
    """What has grown by more than it may: first and last level by name.

    Raises
    ------
    ValueError
        When there are too few samples to tell.
    """
    if len(samples) < 6:
        raise ValueError(f"{len(samples)} samples after the warm-up are too few to tell: run it longer")
    third = len(samples) // 3
    found = {}
    for i, name in enumerate(Sample._fields):
        first, last = (statistics.median(s[i] for s in part) for part in (samples[:third], samples[-third:]))
        if last > first + SLACK[i]:
            found[name] = first, last
    return found
