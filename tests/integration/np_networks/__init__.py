"""Small networks in NumPy mode, of the kinds that *Dive into Deep Learning* teaches: what people learned MXNet with.

Each function of a module's ``NETWORKS`` makes one from a seeded generator of NumPy. ``record.py`` writes what MXNet
1.9.1 makes of their training into ``losses.json``.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as onp

from . import attention, convolutional, detection, generative, recurrent, transformers
from .training import Network

MODULES = (convolutional, recurrent, attention, transformers, detection, generative)
NETWORKS: dict[str, Callable[[onp.random.RandomState], Network]] = {
    function.__name__: function for module in MODULES for function in module.NETWORKS
}
LOSSES = Path(__file__).with_name("losses.json")


def make(name: str) -> Network:
    """A network with its data, the same each time."""
    return NETWORKS[name](onp.random.RandomState(zlib.crc32(name.encode())))
