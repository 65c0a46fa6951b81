"""How arrays lie in memory: weights of two-dimensional convolutions channels last, everything else in row-major order.

Shapes stay as they are; only strides change. A convolution whose weight lies channels last gives its result so too, and
the layers after it follow, which is what CPUs and GPUs are fastest with.
"""

from __future__ import annotations

import torch

# How often an array has been moved to other memory. Whoever keeps aliases of arrays (``tensor.data``) compares.
storage_version = 0


def as_weight(t: torch.Tensor) -> torch.Tensor:
    """A tensor's values as the weight of a two-dimensional convolution: itself when it lies right."""
    return t.contiguous(memory_format=torch.channels_last) if t.ndim == 4 else t


def restore_order(t: torch.Tensor) -> None:
    """Move a tensor that lies channels last to row-major memory, in place, so that reshaping it can give a view.

    Tensors that share their memory with others stay where they are.
    """
    global storage_version
    if t.ndim != 4 or t.is_contiguous() or not t.is_contiguous(memory_format=torch.channels_last):
        return
    if t.untyped_storage().nbytes() != t.numel() * t.element_size():
        return
    t.data = t.data.contiguous()
    storage_version += 1


def same_memory(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Whether two tensors are parts of the same memory."""
    return a.untyped_storage().data_ptr() == b.untyped_storage().data_ptr()


def byte_range(t: torch.Tensor) -> tuple[int, int]:
    """Where the memory of a tensor begins, and where it ends."""
    if t.is_contiguous():
        begin = t.data_ptr()
        return begin, begin + t.nbytes
    reach = sum((n - 1) * stride for n, stride in zip(t.shape, t.stride())) + 1 if t.numel() else 0
    return t.data_ptr(), t.data_ptr() + reach * t.element_size()
