"""remx: the MXNet 1.x Python API on PyTorch."""

from __future__ import annotations

__version__ = "1.9.1"

import torch as _torch

# Networks that converge produce denormal floats, which slow a CPU down by an order of magnitude.
_torch.set_flush_denormal(True)

import importlib as _importlib

from ._core import ops as _ops  # noqa: F401  (registers the operators)
from .base import MXNetError
from .context import Context, cpu, cpu_pinned, current_context, gpu
from . import ndarray, autograd
from . import ndarray as nd

for _name, _short in [("util",""),("error",""),("name",""),("attribute",""),("symbol","sym"),("executor",""),("random","rnd"),("initializer","init"),
    ("lr_scheduler",""),("optimizer",""),("metric",""),("io",""),("recordio",""),("kvstore","kv"),("callback",""),("monitor","mon"),
    ("model",""),("module","mod"),("executor_manager",""),("visualization","viz"),("test_utils",""),("registry",""),("runtime",""),("engine",""),("libinfo",""),("log",""),("misc","")]:
    try:
        globals()[_name] = _importlib.import_module("." + _name, __name__)
        if _short:
            globals()[_short] = globals()[_name]
    except (ImportError, MXNetError) as _e:  # transitional: modules are landing one by one
        if "TRANSITIONAL_DEBUG" in __import__("os").environ:
            raise
if "attribute" in globals():
    from .attribute import AttrScope
if "util" in globals():
    from .util import *
