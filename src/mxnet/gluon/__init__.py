"""Gluon: networks as Python objects.

``nn``, ``rnn`` and ``loss`` have layers, ``data`` data sets and loaders, ``model_zoo`` well-known networks, ``utils``
helpers. They are imported on first use.
"""

from __future__ import annotations

import importlib as _importlib
from typing import TYPE_CHECKING
from typing import Any as _Any

from . import block, parameter, trainer, utils
from .block import *  # noqa: F403
from .parameter import *  # noqa: F403
from .trainer import *  # noqa: F403

if TYPE_CHECKING:
    from . import contrib, data, loss, model_zoo, nn, rnn

_LAZY = ("contrib", "data", "loss", "model_zoo", "nn", "rnn")


def __getattr__(name: str) -> _Any:
    if name == "metric":  # where MXNet 2 has it
        return _importlib.import_module("mxnet.metric")
    if name in _LAZY:
        return _importlib.import_module(f".{name}", __name__)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_LAZY})


__all__ = ["block", "contrib", "data", "loss", "model_zoo", "nn", "parameter", "rnn", "trainer", "utils"]
__all__ += block.__all__
__all__ += parameter.__all__
__all__ += trainer.__all__
