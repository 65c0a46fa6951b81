"""What this installation can do, under the names of MXNet's build features.

Examples
--------
>>> import mxnet as mx
>>> mx.runtime.Features().is_enabled("OPENCV")
True
"""

from __future__ import annotations

import collections
import importlib.util
from collections.abc import Callable
from typing import Any

import torch


class Feature:
    """A feature: its ``name``, and whether it is ``enabled``."""

    __slots__ = ("_enabled", "_name")

    def __init__(self, name: str, enabled: bool) -> None:
        self._name = name
        self._enabled = enabled

    @property
    def name(self) -> str:
        """The name, such as ``"CUDA"``."""
        return self._name

    @property
    def enabled(self) -> bool:
        """Whether it can be used."""
        return self._enabled

    def __repr__(self) -> str:
        return f"{'✔' if self._enabled else '✖'} {self._name}"


def _cpu_can(*levels: str) -> Callable[[], bool]:
    """Whether torch found one of these instruction sets (each includes the older ones)."""
    return lambda: torch.backends.cpu.get_cpu_capability() in levels


def _distributed(backend: str) -> Callable[[], bool]:
    return lambda: torch.distributed.is_available() and getattr(torch.distributed, f"is_{backend}_available")()


def _yes() -> bool:
    return True


def _no() -> bool:
    return False


_X86 = ("DEFAULT", "AVX2", "AVX512")
_FEATURES: dict[str, Callable[[], bool]] = {
    "CUDA": torch.cuda.is_available,
    "CUDNN": torch.backends.cudnn.is_available,
    "NCCL": _distributed("nccl"),
    "CUDA_RTC": _no,
    "TENSORRT": _no,
    "CPU_SSE": _cpu_can(*_X86),
    "CPU_SSE2": _cpu_can(*_X86),
    "CPU_SSE3": _cpu_can(*_X86),
    "CPU_SSE4_1": _cpu_can(*_X86[1:]),
    "CPU_SSE4_2": _cpu_can(*_X86[1:]),
    "CPU_SSE4A": _no,
    "CPU_AVX": _cpu_can(*_X86[1:]),
    "CPU_AVX2": _cpu_can(*_X86[1:]),
    "OPENMP": torch.backends.openmp.is_available,
    "SSE": _no,
    "F16C": _cpu_can(*_X86[1:]),
    "JEMALLOC": _no,
    "BLAS_OPEN": lambda: "BLAS_INFO=open" in torch.__config__.show(),
    "BLAS_ATLAS": _no,
    "BLAS_MKL": torch.backends.mkl.is_available,
    "BLAS_APPLE": _no,
    "LAPACK": lambda: torch._C.has_lapack,
    "MKLDNN": torch.backends.mkldnn.is_available,
    "OPENCV": lambda: importlib.util.find_spec("cv2") is not None,
    "CAFFE": _no,
    "PROFILER": _yes,
    "DIST_KVSTORE": torch.distributed.is_available,
    "CXX14": _yes,
    "INT64_TENSOR_SIZE": _yes,
    "SIGNAL_HANDLER": _no,
    "DEBUG": _no,
    "TVM_OP": _no,
}


def feature_list() -> list[Feature]:
    """All features."""
    return [Feature(name, bool(check())) for name, check in _FEATURES.items()]


class Features(collections.OrderedDict):
    """The features by name; there is one instance."""

    instance: Any = None

    def __new__(cls) -> Features:
        if cls.instance is None:
            cls.instance = super().__new__(cls)
            cls.instance.update((feature.name, feature) for feature in feature_list())
        return cls.instance

    def __init__(self) -> None:
        """Nothing is left to do: the one instance is filled when it is made."""

    def __repr__(self) -> str:
        return str(list(self.values()))

    def is_enabled(self, feature_name: str) -> bool:
        """Whether a feature can be used.

        Raises
        ------
        RuntimeError
            When there is no feature of that name.
        """
        name = feature_name.upper()
        if name not in self:
            raise RuntimeError(f"Feature '{name}' is unknown, known features are: {list(self.keys())}")
        return self[name].enabled
