"""Networks known from papers, and their trained parameters. Imported on first use."""

from __future__ import annotations

import importlib
from typing import Any

_SUBMODULES = ("model_store", "vision")


def __getattr__(name: str) -> Any:
    if name in _SUBMODULES:
        return importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_SUBMODULES})
