"""Functions that reduce axes: sums, means, extremes, and where they lie."""

from __future__ import annotations

from typing import Any

from .._core.ops.numpy import reduction
from .._core.ops.reduce.searching import cumsum
from .._core.types import Axes
from ._array import ndarray
from ._calls import operators, run

_EXTREME = "a, axis=None, keepdims=False, out=None"


def average(
    a: ndarray,
    axis: Axes = None,
    weights: ndarray | None = None,
    returned: bool = False,
    out: ndarray | None = None,
) -> Any:
    """Mean over axes, weighted by ``weights`` (of the shape of ``a``, or one number an element of a single axis).

    With ``returned=True`` gives the mean and the sum of the weights.
    """
    arrays = [a] if weights is None else [a, weights]
    params = {"axis": axis, "returned": returned, "weighted": weights is not None}
    return run(reduction.average, "average", arrays, params, out)


FUNCTIONS: dict[str, Any] = operators(
    {
        "all": (reduction.all_, _EXTREME),
        "amax": (reduction.max_, _EXTREME),
        "amin": (reduction.min_, _EXTREME),
        "any": (reduction.any_, _EXTREME),
        "argmax": (reduction.argmax, "a, axis=None, out=None"),
        "argmin": (reduction.argmin, "a, axis=None, out=None"),
        "cumsum": (cumsum, "a, axis=None, dtype=None, out=None"),
        "max": (reduction.max_, _EXTREME),
        "mean": (reduction.mean, "a, axis=None, dtype=None, out=None, keepdims=False"),
        "min": (reduction.min_, _EXTREME),
        "prod": (reduction.prod, "a, axis=None, dtype=None, out=None, keepdims=False"),
        "product": (reduction.prod, "a, axis=None, dtype=None, out=None, keepdims=False"),
        "sometrue": (reduction.any_, _EXTREME),
        "std": (reduction.std, "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False"),
        "sum": (reduction.sum_, "a, axis=None, dtype=None, keepdims=False, initial=None, out=None"),
        "var": (reduction.var, "a, axis=None, dtype=None, out=None, ddof=0, keepdims=False"),
    }
)
FUNCTIONS["average"] = average
