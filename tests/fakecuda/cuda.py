"""The functions of ``torch.cuda`` that a torch without CUDA answers with an error."""

from __future__ import annotations

import types
from typing import Any

from .library import COUNT, native, torch
from .watch import note

_MEMORY = 16 << 30


def _index(device: Any = None) -> int:
    if isinstance(device, int):
        return device
    found = None if device is None else torch.device(device).index
    return native.current_device() if found is None else found


class _Device:
    """``torch.cuda.device``."""

    def __init__(self, device: Any) -> None:
        self.idx = _index(device)

    def __enter__(self) -> None:
        self._before = native.current_device()
        native.set_device(self.idx)

    def __exit__(self, *error: object) -> None:
        native.set_device(self._before)


class _Event:
    """``torch.cuda.Event``: all work is done at once, so it has always happened."""

    def __init__(self, *args: object, **options: object) -> None: ...

    def record(self, stream: object = None) -> None: ...

    def wait(self, stream: object = None) -> None: ...

    def synchronize(self) -> None:
        note("sync", "Event.synchronize")

    def query(self) -> bool:
        return True

    def elapsed_time(self, other: _Event) -> float:
        return 0.0


class _Stream:
    """``torch.cuda.Stream``: the only one of its device."""

    def __init__(self, device: Any = None, priority: int = 0, **options: object) -> None:
        self.device = torch.device("cuda", _index(device))

    def synchronize(self) -> None:
        note("sync", "Stream.synchronize")

    def wait_stream(self, other: _Stream) -> None: ...

    def wait_event(self, event: _Event) -> None: ...

    def record_event(self, event: _Event | None = None) -> _Event:
        return event or _Event()

    def query(self) -> bool:
        return True

    def __enter__(self) -> _Stream:
        return self

    def __exit__(self, *error: object) -> None: ...


def _properties(device: Any = None) -> types.SimpleNamespace:
    return types.SimpleNamespace(name="Pretended CUDA", major=9, minor=0, total_memory=_MEMORY, multi_processor_count=1)


def patch() -> None:
    """Put them in place."""
    cuda: Any = torch.cuda
    nothing = {"_lazy_init", "init", "empty_cache", "manual_seed", "manual_seed_all"}
    for name in nothing:
        setattr(cuda, name, lambda *args: None)
    for name in ("memory_allocated", "memory_reserved", "max_memory_allocated"):
        setattr(cuda, name, lambda device=None: 0)
    cuda._initialized = True
    cuda.is_initialized = lambda: True
    cuda.is_available = lambda: COUNT > 0
    cuda.is_current_stream_capturing = lambda: False
    cuda.device_count = lambda: COUNT
    cuda.current_device = native.current_device
    cuda.set_device = lambda device: native.set_device(_index(device))
    cuda.device = _Device
    cuda.synchronize = lambda device=None: note("sync", "torch.cuda.synchronize")
    cuda.mem_get_info = lambda device=None: (_MEMORY // 2, _MEMORY)
    cuda.get_device_capability = lambda device=None: (9, 0)
    cuda.get_device_name = lambda device=None: "Pretended CUDA"
    cuda.get_device_properties = _properties
    cuda.Stream, cuda.Event = _Stream, _Event
    cuda.current_stream = cuda.default_stream = _Stream
    cuda.stream = lambda stream: stream
