"""Functions that choose, order, limit and round elements."""

from __future__ import annotations

import math
from typing import Any

import numpy as onp
import torch
from torch import Tensor

from .._core.errors import OperatorValueError
from .._core.layout import byte_range
from .._core.ops.elemwise.math import clip as clip_op
from .._core.ops.indexing.gather import unravel_index as unravel_op
from .._core.ops.indexing.take import take as take_op
from .._core.ops.numpy import counting
from .._core.ops.numpy import selection as ops
from .._core.ops.numpy.extension import nonzero as nonzero_op
from .._core.ops.numpy.shape import lengths
from .._core.ops.ordering.sorting import argsort as argsort_op
from .._core.ops.ordering.sorting import sort as sort_op
from .._core.types import Axes, ShapeLike
from ._array import ndarray, wrap
from ._calls import NUMBERS, checked, is_symbol, refuse, run, write_array
from ._creation import array
from ._elementwise import FUNCTIONS as _elementwise
from ._shape import ravel

# ---------------------------------------------------------------------- choosing


def where(condition: ndarray, x: Any = None, y: Any = None) -> Any:
    """Elements of ``x`` where the condition holds, else those of ``y``; without both, where it holds."""
    if x is None and y is None:
        return nonzero(condition)
    if x is None or y is None:
        raise OperatorValueError("Operator where: either both or neither of x and y should be given")
    numbers = isinstance(x, NUMBERS), isinstance(y, NUMBERS)
    if numbers == (False, False):
        return run(ops.where, "where", [condition, x, y], {})
    if numbers == (True, False):
        return run(ops.where_lscalar, "where", [condition, y], {"scalar": x})
    if numbers == (False, True):
        return run(ops.where_rscalar, "where", [condition, x], {"scalar": y})
    return run(ops.where_scalar2, "where", [condition], {"x": x, "y": y})


def take(a: ndarray, indices: Any, axis: int | None = None, mode: str = "raise", out: ndarray | None = None) -> ndarray:
    """Elements, or slices along an axis, at positions.

    Parameters
    ----------
    a, indices : ndarray
    axis : int, optional
        By default the array is flattened.
    mode : {"raise", "clip", "wrap"}
        What happens to positions out of range; ``"raise"`` takes no negative ones.
    out : ndarray, optional
    """
    if mode not in ("raise", "clip", "wrap"):
        raise OperatorValueError(f"Operator take: mode must be 'raise', 'clip' or 'wrap', got {mode!r}")
    if axis is None:
        a, axis = ravel(a), 0
    if isinstance(indices, int):
        indices = wrap(torch.tensor(indices, device=a._t.device), a._ctx)
    return run(take_op, "take", [a, indices], {"axis": axis, "mode": mode}, out)


def nonzero(a: ndarray) -> tuple[ndarray, ...]:
    """Positions of the elements other than zero, an int64 array for each axis."""
    places = run(nonzero_op, "nonzero", [checked("nonzero", a)], {})
    return tuple([places[:, i] for i in range(places.shape[1])])


def unique(
    ar: ndarray,
    return_index: bool = False,
    return_inverse: bool = False,
    return_counts: bool = False,
    axis: int | None = None,
) -> Any:
    """The different elements (or slices along an axis) in ascending order.

    On request also, in this order, where each comes first, which of them each element is, and how often it comes.
    """
    params = {
        "return_index": return_index,
        "return_inverse": return_inverse,
        "return_counts": return_counts,
        "axis": axis,
    }
    found = run(counting.unique, "unique", [ar], params)
    return tuple(found) if isinstance(found, list) else found


def unravel_index(indices: Any, shape: ShapeLike, order: str = "C") -> tuple[Any, ...]:
    """Positions along each axis of an array of this shape, from positions in it when it is flattened."""
    if order != "C":
        raise NotImplementedError(f"only row-major order (C) is supported, got {order!r}")
    grid = lengths(shape)
    if isinstance(indices, (int, onp.integer)):
        return onp.unravel_index(indices, grid)
    if isinstance(indices, ndarray) and indices._t.numel():
        low, high = [int(v) for v in torch.aminmax(indices._t.detach())]
        if low < 0 or high >= math.prod(grid):
            raise OperatorValueError(
                f"Operator unravel_index: indices must be in the range of shape {grid}, got {low} to {high}"
            )
    found = run(unravel_op, "unravel_index", [indices], {"shape": grid})
    return tuple([found[i] for i in range(len(grid))])


def diag_indices_from(arr: ndarray) -> Any:
    """Positions of the main diagonal of an array whose axes have one length: an array an axis.

    Of a symbol, whose axes are not known, one symbol of them all.
    """
    found = run(counting.diag_indices_from, "diag_indices_from", [arr], {})
    return found if is_symbol(found) else tuple([found[i] for i in range(found.shape[0])])


# ---------------------------------------------------------------------- ordering


def sort(a: ndarray, axis: int | None = -1, kind: str | None = None, order: str | None = None) -> ndarray:
    """In ascending order along an axis (None: of all elements); ``kind`` means nothing."""
    _no_fields(order)
    return run(sort_op, "sort", [a], {"axis": axis, "is_ascend": True})


def argsort(a: ndarray, axis: int | None = -1, kind: str | None = None, order: str | None = None) -> ndarray:
    """Positions that put an axis (None: all elements) in ascending order, as int64; equal elements keep theirs."""
    _no_fields(order)
    return run(argsort_op, "argsort", [a], {"axis": axis, "is_ascend": True, "dtype": torch.int64})


def _no_fields(order: object) -> None:
    if order is not None:
        raise NotImplementedError("order is for arrays with fields, which do not exist here")


def bincount(x: ndarray, weights: ndarray | None = None, minlength: int = 0) -> ndarray:
    """How often each number from 0 up occurs among integers, or the sum of the weights of its occurrences.

    It has the type of ``x``, or that of the weights.
    """
    arrays = [x] if weights is None else [x, weights]
    return run(counting.bincount, "bincount", arrays, {"minlength": minlength, "has_weights": weights is not None})


def histogram(
    a: ndarray, bins: Any = 10, range: Any = None, normed: Any = None, weights: Any = None, density: Any = None
) -> list[ndarray]:
    """How many elements lie in each of several bins, as int64, and the edges of these; counted on the host.

    Parameters
    ----------
    a : ndarray
    bins : int or ndarray
        How many bins, of one width, or their edges.
    range : pair of number, optional
        The outermost edges; by default the smallest and the largest element.
    """
    if not isinstance(a, ndarray):
        raise refuse("histogram", a)
    if normed or density or weights is not None:
        raise NotImplementedError("histogram does not support normed, density and weights")
    edges = bins.asnumpy() if isinstance(bins, ndarray) else bins
    counts, edges = onp.histogram(a.asnumpy(), edges, range)
    kind = bins._t.dtype if isinstance(bins, ndarray) else a._t.dtype if a._t.is_floating_point() else torch.float32
    device = a._t.device
    return [
        wrap(torch.as_tensor(counts.astype(onp.int64), device=device), a._ctx),
        wrap(torch.as_tensor(edges.astype(onp.float64), device=device).to(kind), a._ctx),
    ]


# ---------------------------------------------------------------------- limits and rounding


def clip(a: Any, a_min: Any, a_max: Any, out: ndarray | None = None) -> Any:
    """Elements brought into the range from ``a_min`` to ``a_max``; one of them may be None.

    Limits beyond the type of the elements are no limits.
    """
    if isinstance(a, NUMBERS):
        return onp.clip(a, a_min, a_max)
    if a_min is None and a_max is None:
        raise OperatorValueError("Operator clip: array_clip: must set either max or min")
    if isinstance(a_min, ndarray) or isinstance(a_max, ndarray):
        return _between(a, a_min, a_max, out)
    low, high = -math.inf if a_min is None else float(a_min), math.inf if a_max is None else float(a_max)
    return run(clip_op, "clip", [a], {"a_min": low, "a_max": high}, out)


def _between(a: Any, a_min: Any, a_max: Any, out: ndarray | None) -> Any:
    found = checked("clip", a)
    if a_min is not None:
        found = _elementwise["maximum"](found, a_min)
    if a_max is not None:
        found = _elementwise["minimum"](found, a_max)
    found = found.astype(a.dtype, copy=False)
    return found if out is None else write_array("clip", out, found)


def _rounded(name: str) -> Any:
    def round_to(x: Any, decimals: int = 0, out: ndarray | None = None, **kwargs: Any) -> Any:
        """Rounded to a number of decimals, halves to the even neighbor."""
        if kwargs:
            raise TypeError(f"unknown keywords: {', '.join(kwargs)}")
        if isinstance(x, NUMBERS):
            return onp.round(x, decimals)
        return run(ops.around, name, [x], {"decimals": decimals}, out)

    round_to.__name__ = round_to.__qualname__ = name
    return round_to


def nan_to_num(
    x: Any,
    copy: bool = True,
    nan: float = 0.0,
    posinf: float | None = None,
    neginf: float | None = None,
    **kwargs: Any,
) -> Any:
    """NaN and infinities replaced by numbers: 0, and the largest and smallest of the type, unless given."""
    if kwargs:
        raise TypeError(f"unknown keywords: {', '.join(kwargs)}")
    if isinstance(x, NUMBERS):
        return onp.nan_to_num(x, copy, nan, posinf, neginf)
    params = {"copy": copy, "nan": nan, "posinf": posinf, "neginf": neginf}
    if is_symbol(x):
        return run(ops.nan_to_num, "nan_to_num", [x], params)
    # The gradient looks at the old values, and what is recorded has memory of its own.
    source = checked("nan_to_num", x)
    found = run(ops.nan_to_num, "nan_to_num", [source if copy else source.copy()], params)
    if copy:
        return found
    source._t.data.copy_(found._t.detach())
    return found if found._t.requires_grad else source


def diff(a: ndarray, n: int = 1, axis: int = -1, prepend: Any = None, append: Any = None) -> ndarray:
    """Differences of neighbors along an axis, ``n`` times over."""
    if prepend is not None or append is not None:
        raise NotImplementedError("prepend and append are not supported")
    return run(ops.diff, "diff", [a], {"n": n, "axis": axis})


def _shares(name: str, a: Any, q: Any, scale: float) -> Any:
    """Shares of the elements in percent: a number, or an array, for which a list may stand beside an array."""
    if isinstance(q, NUMBERS):
        percent = float(q) * scale  # type: ignore[arg-type]  # of NumPy's numbers too
        if not 0 <= percent <= 100:
            raise OperatorValueError(f"Operator {name}: q must be between 0 and {100 / scale:g}, got {q}")
        return percent
    if isinstance(a, ndarray) and isinstance(q, (list, tuple)):
        q = array(q, ctx=a._ctx)
    return q if scale == 1 else q * scale


def _quantiles(name: str, scale: float, text: str) -> Any:
    def found(
        a: ndarray,
        q: Any,
        axis: Axes = None,
        out: ndarray | None = None,
        overwrite_input: Any = None,
        interpolation: str = "linear",
        keepdims: bool = False,
    ) -> Any:
        if overwrite_input is not None:
            raise NotImplementedError("overwrite_input is not supported")
        q = _shares(name, a, q, scale)
        number = isinstance(q, NUMBERS)
        params = {"axis": axis, "interpolation": interpolation, "keepdims": keepdims, "q_scalar": q if number else None}
        return run(counting.percentile, name, [a] if number else [a, q], params, out)

    found.__name__ = found.__qualname__ = name
    found.__doc__ = f"The values below which {text}, over axes (all of them by default)."
    return found


# ---------------------------------------------------------------------- memory


def may_share_memory(a: ndarray, b: ndarray, max_work: Any = None) -> bool:
    """Whether the memory of two arrays overlaps; their elements may still lie between each other."""
    for x in (a, b):
        if not isinstance(x, ndarray):
            raise refuse("may_share_memory", x)
    (start_a, end_a), (start_b, end_b) = byte_range(a._t), byte_range(b._t)
    return a._t.device == b._t.device and max(start_a, start_b) < min(end_a, end_b)


def shares_memory(a: ndarray, b: ndarray, max_work: Any = None) -> bool:
    """Whether two arrays have an element in common."""
    if not may_share_memory(a, b) or a._t.device.type != "cpu":
        return may_share_memory(a, b)
    return onp.shares_memory(_elements(a._t.detach()), _elements(b._t.detach()))


def _elements(t: Tensor) -> onp.ndarray:
    """A tensor's own memory, as NumPy sees it; it has no bfloat16."""
    return (t.view(torch.int16) if t.dtype == torch.bfloat16 else t).numpy()


FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (
        argsort, bincount, clip, diag_indices_from, diff, histogram, may_share_memory, nan_to_num, nonzero,
        shares_memory, sort, take, unique, unravel_index, where,
        _quantiles("percentile", 1, "``q`` percent of the elements lie"),
        _quantiles("quantile", 100, "the fraction ``q`` of the elements lies"),
        _rounded("around"), _rounded("round"), _rounded("round_"),
    )
}  # fmt: skip
