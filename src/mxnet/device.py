"""Contexts under the names of MXNet 2: a device is a `Context`."""

from __future__ import annotations

from .context import Context, cpu, cpu_pinned, gpu, gpu_memory_info, num_gpus
from .context import Context as Device
from .context import current_context as current_device

__all__ = ["Context", "Device", "cpu", "cpu_pinned", "current_device", "gpu", "gpu_memory_info", "num_gpus"]
