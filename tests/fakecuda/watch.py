"""Count what code does to the device."""

from __future__ import annotations

import sys
import threading
from collections import Counter
from collections.abc import Collection

from .library import native

_watching: list[Watch] = []


def note(kind: str, name: str, size: int = 0) -> None:
    """Tell all that watch of an event."""
    for watch in list(_watching):
        watch.add(kind, name)


class Watch:
    """Counts events of a block by kind, by operator, and by the lines of a package they come from.

    Kinds are ``kernel``; ``sync``, the host waits; copies ``h2d`` (blocking, from pageable memory), ``h2d_async``,
    ``h2d_pageable`` (asked for without blocking, blocks all the same), ``h2d_pinned_blocking``, ``d2h``, ``d2h_async``,
    ``d2d``; and what CUDA refuses: ``wrong_device``, ``wrong_generator``, ``device_assert``, ``no_int_kernel``,
    ``cuda_only``; ``context_mismatch`` comes from the plugin.

    Parameters
    ----------
    package : str
        The folder whose lines are named.
    kernels : bool
        Whether kernels are given their lines too, which takes time.
    """

    def __init__(self, package: str = "mxnet", kernels: bool = False) -> None:
        self.kinds: Counter[str] = Counter()
        self.kernels: Counter[str] = Counter()
        self.events: Counter[tuple[str, str, str]] = Counter()
        self._folder = f"/{package}/"
        self._with_kernels = kernels

    def add(self, kind: str, name: str) -> None:
        """Count one event."""
        self.kinds[kind] += 1
        if kind == "kernel":
            self.kernels[name] += 1
            if not self._with_kernels:
                return
        self.events[kind, name, self._place()] += 1

    def _place(self) -> str:
        frame = sys._getframe(2)
        found: list[str] = []
        while frame is not None and len(found) < 3:
            file = frame.f_code.co_filename
            if self._folder in file:
                found.append(f"{file.split(self._folder)[-1]}:{frame.f_lineno}")
            frame = frame.f_back
        return " < ".join(found) or threading.current_thread().name

    def __enter__(self) -> Watch:
        _watching.append(self)
        native.listen(note)
        return self

    def __exit__(self, *error: object) -> None:
        _watching.remove(self)
        if not _watching:
            native.listen(None)

    def table(self, kinds: Collection[str] = (), top: int = 40) -> str:
        """The most frequent events, one a line; of some kinds only, where they are given."""
        rows = [(n, *event) for event, n in self.events.most_common() if not kinds or event[0] in kinds]
        return "\n".join(f"{n:6d} {kind:22s} {name:60.60s} {where}" for n, kind, name, where in rows[:top])
