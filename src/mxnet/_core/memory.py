"""The C library's allocator, told to keep what large arrays free.

Left alone, glibc gives the memory of every larger array back to the kernel and asks for it again at the next operator,
and the kernel fills each page with zeros first: a training step of MobileNet spends a fifth of its time on that. Other
systems and allocators (jemalloc, tcmalloc) do not do so, and are left as they are.
"""

from __future__ import annotations

import ctypes
import os
import sys

# Names and numbers of glibc's <malloc.h>. Both have to be set: setting one freezes the other at its small default.
_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
_LARGEST_FROM_HEAP = 32 << 20  # the most that glibc accepts
_KEPT = (1 << 31) - 1


def keep_freed_memory() -> bool:
    """Set glibc's thresholds, unless the user has (``MALLOC_TRIM_THRESHOLD_``, ``MALLOC_MMAP_THRESHOLD_``).

    Returns
    -------
    bool
        Whether they were set.
    """
    if not sys.platform.startswith("linux") or any(name.startswith("MALLOC_") for name in os.environ):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError):  # another C library
        return False
    return bool(mallopt(_MMAP_THRESHOLD, _LARGEST_FROM_HEAP) and mallopt(_TRIM_THRESHOLD, _KEPT))
