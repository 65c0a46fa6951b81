"""How arrays are printed."""

from __future__ import annotations

from typing import Any

import numpy as onp

__all__ = ["set_printoptions"]


def set_printoptions(precision: int | None = None, threshold: int | None = None, **kwarg: Any) -> None:
    """Set how arrays are printed, those of NumPy too.

    Parameters
    ----------
    precision : int, optional
        How many digits stand behind the point.
    threshold : int, optional
        Arrays of more elements are printed without their middle.
    **kwarg
        Further options of :func:`numpy.set_printoptions`.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.np.set_printoptions(precision=3)
    >>> mx.np.array([1.23456789])
    array([1.235])
    >>> mx.np.set_printoptions(precision=8)
    """
    onp.set_printoptions(precision, threshold, **kwarg)
