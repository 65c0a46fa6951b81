"""Experimental operators over Symbols, under their first name: the same functions as in ``mx.sym.contrib``."""

from __future__ import annotations

from typing import Any

from ..symbol import contrib as _contrib


def __getattr__(name: str) -> Any:
    if name.startswith("__"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(_contrib, name)


def __dir__() -> list[str]:
    return sorted({*globals(), *_contrib._generated()})
