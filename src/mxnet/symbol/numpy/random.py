"""The functions of :mod:`mxnet.numpy.random`, which make nodes of graphs."""

from typing import Any

from ...numpy import random as _random
from ._symbol import over_symbols

__all__ = [name for name in _random.__all__ if name != "seed"]


def _rayleigh(scale: Any = 0.0, size: Any = None, ctx: Any = None, out: Any = None) -> Any:
    """As :func:`mxnet.numpy.random.rayleigh`, whose ``scale`` is another by default."""
    return _random.rayleigh(scale, size, ctx, out)


globals().update(over_symbols({**{name: getattr(_random, name) for name in __all__}, "rayleigh": _rayleigh}))
