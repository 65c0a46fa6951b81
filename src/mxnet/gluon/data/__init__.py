"""Data for training: datasets, samplers that say in which order to read them, and loaders that make batches."""

from __future__ import annotations

import importlib
from typing import Any

from . import dataloader, dataset, sampler
from .dataloader import *  # noqa: F403
from .dataset import *  # noqa: F403
from .sampler import *  # noqa: F403

__all__ = [*dataloader.__all__, *dataset.__all__, *sampler.__all__, "dataloader", "dataset", "sampler"]
__all__.append("vision")


def __getattr__(name: str) -> Any:
    if name == "vision":  # imported on first use
        return importlib.import_module(".vision", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
