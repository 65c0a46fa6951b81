"""Making arrays: from Python and NumPy data, and filled with values."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as onp
import torch
from torch import Tensor

from .._core.dtypes import torch_dtype
from .._core.host import tensor_of
from .._core.types import DTypeLike, ShapeLike
from ..context import PINNED, Context, chosen_context, placed
from ..ndarray._array import NDArray
from ..ndarray._creation import _shape, allocated
from ._array import _row_major, ndarray, wrap
from ._calls import refuse

_float32 = onp.float32


def _dtype(dtype: DTypeLike) -> torch.dtype:
    return torch.float32 if dtype is None else torch_dtype(dtype)


def _filled(shape: ShapeLike, value: object, dtype: DTypeLike, order: str, ctx: Context | None) -> ndarray:
    _row_major(order)
    ctx = chosen_context(ctx)
    t = allocated(torch.full, _shape(shape), value, dtype=_dtype(dtype), device=ctx.device)
    return wrap(t if ctx.device_typeid != PINNED else placed(t, ctx), ctx)


def array(object: Any, dtype: DTypeLike = None, ctx: Context | None = None) -> ndarray:
    """A new array with the values of nested lists, numbers, a NumPy array or another array.

    Parameters
    ----------
    object : array-like
    dtype : optional
        When not given: that of an array, else float32.
    ctx : Context, optional
        The current context when not given.

    Raises
    ------
    TypeError
        When the values are no numbers, or lists have different lengths.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.np.array([1, 2])
    array([1., 2.])
    """
    ctx = chosen_context(ctx)
    if isinstance(object, ndarray):
        wanted = object._t.dtype if dtype is None else torch_dtype(dtype)
        return wrap(placed(object._t.detach().to(device=ctx.device, dtype=wanted, copy=True), ctx), ctx)
    if isinstance(object, NDArray):
        raise ValueError(
            "mxnet.numpy.array does not take an mxnet.ndarray.NDArray; its as_np_ndarray() shares the memory"
        )
    wanted = _dtype(dtype)
    if dtype is None and isinstance(object, (onp.ndarray, onp.generic)):
        wanted = _kept_type(object.dtype)
    try:
        t = tensor_of(object, wanted)
    except TypeError as e:
        raise TypeError(f"object must be numbers or nested lists of one length: {e}") from None
    return wrap(placed(t, ctx), ctx)


def _kept_type(dtype: onp.dtype) -> torch.dtype:
    """The type of a NumPy array, or the nearest that MXNet has."""
    try:
        return torch_dtype(dtype)
    except TypeError:
        return torch.float32


def genfromtxt(*args: Any, **kwargs: Any) -> ndarray:
    """The numbers in a text file, read by :func:`numpy.genfromtxt`, which says what the arguments mean."""
    ctx = kwargs.pop("ctx", None)
    return array(onp.genfromtxt(*args, **kwargs), ctx=ctx)


def zeros(shape: ShapeLike, dtype: DTypeLike = None, order: str = "C", ctx: Context | None = None) -> ndarray:
    """An array of zeros, float32 by default."""
    return _filled(shape, 0, dtype, order, ctx)


def ones(shape: ShapeLike, dtype: DTypeLike = _float32, order: str = "C", ctx: Context | None = None) -> ndarray:
    """An array of ones, float32 by default."""
    return _filled(shape, 1, dtype, order, ctx)


def empty(shape: ShapeLike, dtype: DTypeLike = _float32, order: str = "C", ctx: Context | None = None) -> ndarray:
    """An array whose values are not set, float32 by default."""
    _row_major(order)
    ctx = chosen_context(ctx)
    t = allocated(torch.empty, _shape(shape), dtype=_dtype(dtype), device=ctx.device)
    return wrap(t if ctx.device_typeid != PINNED else placed(t, ctx), ctx)


def full(
    shape: ShapeLike,
    fill_value: Any,
    dtype: DTypeLike = None,
    order: str = "C",
    ctx: Context | None = None,
    out: Any = None,
) -> ndarray:
    """An array of one value (bool for True and False, else float32), or of an array's values, broadcast."""
    if isinstance(fill_value, ndarray):
        made = wrap(fill_value._t.detach().expand(_shape(shape)).clone(), fill_value._ctx)
        made = made if dtype is None else made.astype(dtype)
    else:
        if not isinstance(fill_value, (int, float, onp.generic)):
            raise refuse("full", fill_value)
        if dtype is None and isinstance(fill_value, (bool, onp.bool_)):
            dtype = onp.bool_
        wanted = _dtype(dtype)
        made = _filled(shape, tensor_of(fill_value, wanted).item(), wanted, order, ctx)
    if out is None:
        return made
    made.copyto(out)
    return out


def full_like(
    a: ndarray,
    fill_value: float,
    dtype: DTypeLike = None,
    order: str = "C",
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """An array of one value, with the shape, type and context of another."""
    _check_array("full_like", a)
    return full(a.shape, fill_value, a.dtype if dtype is None else dtype, order, a._ctx if ctx is None else ctx, out)


def zeros_like(
    a: ndarray, dtype: DTypeLike = None, order: str = "C", ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """An array of zeros, with the shape, type and context of another."""
    return full_like(a, 0, dtype, order, ctx, out)


def ones_like(
    a: ndarray, dtype: DTypeLike = None, order: str = "C", ctx: Context | None = None, out: ndarray | None = None
) -> ndarray:
    """An array of ones, with the shape, type and context of another."""
    return full_like(a, 1, dtype, order, ctx, out)


def empty_like(
    prototype: ndarray, dtype: DTypeLike = None, order: str = "C", subok: bool = False, shape: ShapeLike | None = None
) -> ndarray:
    """An array whose values are not set, with the shape, type and context of another."""
    _check_array("empty_like", prototype)
    if subok or shape is not None:
        raise NotImplementedError("empty_like supports subok=False and shape=None")
    return empty(prototype.shape, prototype.dtype if dtype is None else dtype, order, prototype._ctx)


def _check_array(name: str, a: Tensor) -> None:
    if not isinstance(a, ndarray):
        raise refuse(name, a)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DTypeLike = None, ctx: Context | None = None) -> ndarray:
    """Evenly spaced values from ``start`` (0 when one number is given) up to ``stop``, float32 by default."""
    start, stop, step = [x.item() if isinstance(x, ndarray) else x for x in (start, stop, step)]
    step = 1 if step is None else step
    if stop is None:
        start, stop = 0, start
    if step == 0:
        raise ZeroDivisionError("arange: step must not be zero")
    ctx = chosen_context(ctx)
    wanted = _dtype(dtype)
    count = max(0, math.ceil((stop - start) / step))
    places = torch.arange(count, device=ctx.device, dtype=torch.float64)
    return wrap((start + places * step).to(wanted), ctx)


def linspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    retstep: bool = False,
    dtype: DTypeLike = None,
    axis: int = 0,
    ctx: Context | None = None,
) -> Any:
    """``num`` evenly spaced values from ``start`` to ``stop``, which is included when ``endpoint`` is true.

    With ``retstep=True`` gives the array and the distance between values.
    """
    if axis != 0:
        raise NotImplementedError("the function only support axis 0")
    if num < 0:
        raise ValueError(f"num must not be negative, got {num}")
    ctx = chosen_context(ctx)
    step = (stop - start) / max(num - 1 if endpoint else num, 1)
    values = start + torch.arange(num, device=ctx.device, dtype=torch.float64) * step
    if endpoint and num > 1:
        values[-1] = stop
    made = wrap(values.to(_dtype(dtype)), ctx)
    return (made, step) if retstep else made


def logspace(
    start: float,
    stop: float,
    num: int = 50,
    endpoint: bool = True,
    base: float = 10.0,
    dtype: DTypeLike = None,
    axis: int = 0,
    ctx: Context | None = None,
) -> ndarray:
    """Powers of ``base``, whose exponents are evenly spaced."""
    exponents = linspace(start, stop, num, endpoint, dtype="float64", axis=axis, ctx=ctx)
    return wrap(torch.pow(float(base), exponents._t).to(_dtype(dtype)), exponents._ctx)


def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = _float32, **kwargs: Any) -> ndarray:
    """A matrix of ``N`` rows and ``M`` columns (``N`` by default) with ones on the ``k``-th diagonal."""
    ctx = chosen_context(kwargs.pop("ctx", None))
    if kwargs:
        raise TypeError(f"eye got unknown keywords: {', '.join(kwargs)}")
    n, m = _shape((N, N if M is None else M))
    rows = torch.arange(n, device=ctx.device)[:, None]
    return wrap((rows + k == torch.arange(m, device=ctx.device)).to(_dtype(dtype)), ctx)


def identity(n: int, dtype: DTypeLike = None, ctx: Context | None = None) -> ndarray:
    """A square matrix with ones on its diagonal."""
    return eye(n, dtype=dtype, ctx=ctx)


def indices(dimensions: ShapeLike, dtype: DTypeLike = onp.int32, ctx: Context | None = None) -> ndarray:
    """The coordinates of each place of an array of this shape, stacked along a first axis."""
    ctx = chosen_context(ctx)
    lengths = _shape(dimensions)
    if not lengths:
        raise ValueError("dimensions must not be empty")
    axes = [torch.arange(n, device=ctx.device, dtype=_dtype(dtype)) for n in lengths]
    return wrap(torch.stack(torch.meshgrid(*axes, indexing="ij")), ctx)


def _window(name: str, fn: Callable[..., Any], text: str) -> Any:
    def make(M: int, dtype: DTypeLike = _float32, ctx: Context | None = None) -> ndarray:
        where = chosen_context(ctx)
        values = fn(max(int(M), 0), periodic=False, dtype=torch.float64, device=where.device)
        return wrap(values.to(_dtype(dtype)), where)

    make.__name__ = make.__qualname__ = name
    make.__doc__ = text
    return make


FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (
        arange, array, empty, empty_like, eye, full, full_like, genfromtxt, identity, indices, linspace, logspace, ones,
        ones_like, zeros, zeros_like,
        _window("blackman", torch.blackman_window, "The Blackman window of ``M`` points."),
        _window("hamming", torch.hamming_window, "The Hamming window of ``M`` points."),
        _window("hanning", torch.hann_window, "The Hann window of ``M`` points."),
    )
}  # fmt: skip
