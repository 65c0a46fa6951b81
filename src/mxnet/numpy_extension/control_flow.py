"""Loops and branches over arrays, as MXNet 2 has them here; those of :mod:`mxnet.ndarray.contrib`."""

from ..ndarray.contrib import cond, foreach, while_loop

__all__ = ["cond", "foreach", "while_loop"]
