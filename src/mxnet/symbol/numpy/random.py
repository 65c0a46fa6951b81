"""The functions of :mod:`mxnet.numpy.random`, which make nodes of graphs."""

from ...numpy import random as _random
from ._symbol import over_symbols

__all__ = [name for name in _random.__all__ if name != "seed"]

globals().update(over_symbols({name: getattr(_random, name) for name in __all__}))
