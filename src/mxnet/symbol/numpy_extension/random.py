"""The functions of :mod:`mxnet.numpy_extension.random`, which make nodes of graphs."""

from ...numpy_extension import random as _random
from ..numpy._symbol import over_symbols

__all__ = [name for name in _random.__all__ if name != "seed"]

globals().update(over_symbols({name: getattr(_random, name) for name in __all__}))
