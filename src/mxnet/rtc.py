"""CUDA sources compiled at run time, which needs MXNet's native library."""

from __future__ import annotations

from ._core.absent import absent

__all__ = ["CudaKernel", "CudaModule"]  # noqa: F822

__getattr__ = absent(
    __name__, __all__, "torch.utils.cpp_extension.load_inline compiles CUDA sources, over x.as_torch()"
)
