"""Arrays in memory that processes share, by the numbers of file descriptors."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from typing import Any

import torch

from .._core.dtypes import torch_dtype
from .._core.types import DTypeLike
from ._array import NDArray


def _to_shared_mem(self: NDArray) -> tuple[int, int, tuple[int, ...], Any]:
    """Move the array into shared memory, and say where: process, file descriptor, shape, data type.

    Another process has to get the descriptor as such, for example by ``multiprocessing.reduction.DupFd``. Both see what
    the other writes. The descriptor is good for as long as this array lives.

    Raises
    ------
    ValueError
        For an array on a GPU, or a view of a part of another one: copy it first (``as_in_context``, ``copy``).
    """
    tensor = self._t.detach()
    storage = tensor.untyped_storage()
    if tensor.device.type != "cpu" or not tensor.is_contiguous() or storage.nbytes() != tensor.nbytes:
        raise ValueError("_to_shared_mem: expected an array of its own on the CPU, got a view or an array on a GPU")
    descriptor, _ = storage._share_fd_cpu_()
    return os.getpid(), descriptor, self.shape, self.dtype


def _new_from_shared_mem(shared_pid: int, shared_id: int, shape: Sequence[int], dtype: DTypeLike) -> torch.Tensor:
    """What `NDArray` takes for an array over shared memory, by what `_to_shared_mem` has said."""
    kind = torch_dtype(dtype)
    count = math.prod(shape)
    storage: Any = torch.UntypedStorage._new_shared_fd_cpu(shared_id, count * kind.itemsize)
    return torch.empty(0, dtype=kind).set_(storage, 0, tuple(shape))


NDArray._to_shared_mem = _to_shared_mem  # type: ignore[attr-defined]
