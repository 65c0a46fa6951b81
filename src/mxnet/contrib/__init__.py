"""Experimental parts: mixed precision, adapters of iterators, the first autograd interface, TensorBoard, text.

Everything here is imported on first use.
"""

from __future__ import annotations

import importlib
from typing import Any

# Shown name -> module.
_MODULES = "amp autograd io ndarray onnx quantization svrg_optimization symbol tensorboard text"
_LAZY = {"nd": "ndarray", "quant": "quantization", "sym": "symbol", **{name: name for name in _MODULES.split()}}


def __getattr__(name: str) -> Any:
    if name in _LAZY:
        module = importlib.import_module(f".{_LAZY[name]}", __name__)
        globals()[name] = module
        return module
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})
