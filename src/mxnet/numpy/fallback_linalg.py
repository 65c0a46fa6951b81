"""Functions of linear algebra that NumPy computes on the host; they are not recorded."""

from __future__ import annotations

from ._host import hosted

_FUNCTIONS = hosted("numpy.linalg", ("cond", "lstsq", "matrix_power", "matrix_rank", "multi_dot", "qr"))
globals().update(_FUNCTIONS)

__all__ = [*_FUNCTIONS]
