"""The C++ module, loaded before torch: torch looks for devices once, while it is imported."""

from __future__ import annotations

import ctypes
import importlib
import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path
from types import ModuleType

from . import rules
from .build import built

COUNT = int(os.environ.get("FAKECUDA_DEVICES", "2"))


def _load() -> tuple[ModuleType, ModuleType]:
    if "torch" in sys.modules:
        raise ImportError("pretended CUDA devices have to be loaded before torch is")
    found = importlib.util.find_spec("torch")
    if found is None or found.origin is None:
        raise ImportError("torch is not installed")
    folder = Path(found.origin).parent
    for name in ("libc10.so", "libtorch_cpu.so", "libtorch.so", "libtorch_python.so"):
        ctypes.CDLL(str(folder / "lib" / name), ctypes.RTLD_GLOBAL)
    path = str(built(folder))
    ctypes.CDLL(path, ctypes.RTLD_GLOBAL)
    torch = importlib.import_module("torch")

    loader = importlib.machinery.ExtensionFileLoader("_fakecuda", path)
    spec = importlib.util.spec_from_loader("_fakecuda", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    module.configure(COUNT, rules.taking_scalars(), rules.MIXING, rules.WAITING, rules.NO_INTEGERS)
    return torch, module


# The rest of this package takes torch from here, so that it is never imported first.
torch, native = _load()
