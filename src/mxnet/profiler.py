"""Profiles of operators: to come. What is here can be imported, and says so when it is used."""

from __future__ import annotations

from ._core.absent import absent

__all__ = [  # noqa: F822
    "Counter",
    "Domain",
    "Event",
    "Frame",
    "Marker",
    "Task",
    "dump",
    "dump_profile",
    "dumps",
    "pause",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "set_config",
    "set_kvstore_handle",
    "set_state",
]

__getattr__ = absent(__name__, __all__, "profiles are to come; torch.profiler sees all operators meanwhile")
