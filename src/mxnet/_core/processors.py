"""The processors that a process may use, and how OpenMP's threads wait for each other on them. Knows nothing of torch.

Between two operators the threads of GNU's OpenMP spin for milliseconds by default. On processors that other processes
want too, threads that spin are in the way of those that compute: beside two busy processes on two processors a small
network then trains fifty times slower. Threads that give up after about a microsecond cost nothing that can be measured
on a quiet machine.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

_SPINS = "1000"


@contextlib.contextmanager
def brief_waits() -> Iterator[None]:
    """For the import of torch, which loads OpenMP: its threads spin briefly, unless the user has said how they wait.

    OpenMP reads its variables once. They are taken back afterwards, so that other programs which this process starts do
    not inherit them.
    """
    if "torch" in sys.modules or "OMP_WAIT_POLICY" in os.environ or "GOMP_SPINCOUNT" in os.environ:
        yield
        return
    os.environ["GOMP_SPINCOUNT"] = _SPINS
    try:
        yield
    finally:
        del os.environ["GOMP_SPINCOUNT"]


def usable(root: Path = Path("/")) -> int:
    """How many processors this process may keep busy: those it may run on, fewer under a control group's quota."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, int(min(count, _quota(root))))


def _quota(root: Path) -> float:
    """The processors' time that the control groups (of either version) grant, in processors."""
    found = float("inf")
    for group in _lines(root / "proc/self/cgroup"):
        number, _, rest = group.partition(":")
        controllers, _, path = rest.partition(":")
        if number == "0" or "cpu" in controllers.split(","):
            mounted = root / "sys/fs/cgroup" / ("" if number == "0" else controllers)
            # A group is granted no more than those around it. Inside a container the path may be the host's.
            for folder in [mounted, *[mounted / part for part in _prefixes(path)]]:
                found = min(found, _granted(folder))
    return found


def _prefixes(path: str) -> list[str]:
    parts = [p for p in path.split("/") if p]
    return ["/".join(parts[: i + 1]) for i in range(len(parts))]


def _granted(folder: Path) -> float:
    words = " ".join(_lines(folder / "cpu.max")).split() or [
        word for name in ("cpu.cfs_quota_us", "cpu.cfs_period_us") for word in _lines(folder / name)
    ]
    if len(words) != 2 or not all(word.isdigit() for word in words) or words[1] == "0":
        return float("inf")  # no quota ("max", -1), or no such group
    return int(words[0]) / int(words[1])


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8").split("\n")[:-1]
    except (OSError, ValueError):
        return []
