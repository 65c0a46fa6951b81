"""Making arrays: from Python and NumPy data, and filled with values."""

from __future__ import annotations

from typing import Any

import numpy as onp
import torch

from .._core import profiling
from .._core.array import Array
from .._core.dtypes import torch_dtype
from .._core.frontend.operands import making
from .._core.host import tensor_of
from .._core.invoke import compute
from .._core.ops.init import creation as classic
from .._core.ops.numpy import creation as ops
from .._core.ops.numpy.shape import broadcast_to
from .._core.params import Shape, codec_for
from .._core.registry import OpDef
from .._core.types import DTypeLike, ShapeLike
from ..base import ArgumentTypeError, OperatorValueError
from ..context import PINNED, Context, chosen_context, placed
from ..ndarray._array import NDArray
from ._array import _row_major, ndarray, wrap
from ._calls import is_symbol, refuse, run

_float32 = onp.float32
_as_shape = codec_for(Shape).decode


def _dtype(dtype: DTypeLike) -> torch.dtype:
    return torch.float32 if dtype is None else torch_dtype(dtype)


def _made(od: OpDef, ctx: Context | None, params: dict[str, Any], fn: Any = None) -> Any:
    """What an operator without inputs makes of parameters: an array, or a node of a graph.

    ``fn`` makes the array where the function of the operator is bound to classic shapes.
    """
    if making.kind is not None:
        return making.kind._apply(od, (), params if ctx is None else {**params, "ctx": str(ctx)})
    ctx = chosen_context(ctx)
    params["device"] = ctx.device
    return _wrapped(compute(od.name, fn or od.fn, (), params, False), ctx)


def _wrapped(t: torch.Tensor, ctx: Context) -> ndarray:
    return wrap(t if ctx.device_typeid != PINNED else placed(t, ctx), ctx)


def _of_shape(od: OpDef, make: Any, shape: ShapeLike, dtype: DTypeLike, order: str, ctx: Context | None) -> Any:
    """An array of a shape, which a function of torch's makes as the operator does."""
    if order != "C":
        _row_major(order)
    lengths = _lengths(od, shape)
    wanted = torch.float32 if dtype is None else torch_dtype(dtype)
    if making.kind is None and not profiling.eager:
        where = chosen_context(ctx)
        try:  # without the call of an operator, which takes a quarter of the time
            return _wrapped(make(lengths, dtype=wanted, device=where.device), where)
        except (RuntimeError, TypeError, OverflowError):
            pass  # the operator says what is wrong
    return _made(od, ctx, {"shape": lengths, "dtype": wanted})


def _lengths(od: OpDef, shape: ShapeLike) -> tuple[int, ...]:
    try:
        return _as_shape(shape)
    except ValueError:
        return od.decode("shape", shape)  # which raises an error that names the operator


def _decoded(od: OpDef, **values: Any) -> dict[str, Any]:
    """Parameters as the operator takes them; numbers as they are, so that large integers keep all their digits."""
    for name, value in values.items():
        if name == "dtype" and (value is None or value is _float32):
            values[name] = torch.float32
        elif type(value) not in (_ANY_NUMBER if name in _NUMBERS else od.params[name].codec.plain):
            values[name] = od.decode(name, value)
    return values


_ANY_NUMBER = frozenset((int, float))
_NUMBERS = frozenset(("start", "stop", "step", "base", "value", "fill_value"))


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
        return _wrapped(object._t.detach().to(device=ctx.device, dtype=wanted, copy=True), ctx)
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
    return _of_shape(ops.zeros, torch.zeros, shape, dtype, order, ctx)


def ones(shape: ShapeLike, dtype: DTypeLike = _float32, order: str = "C", ctx: Context | None = None) -> ndarray:
    """An array of ones, float32 by default."""
    return _of_shape(ops.ones, torch.ones, shape, dtype, order, ctx)


def empty(shape: ShapeLike, dtype: DTypeLike = _float32, order: str = "C", ctx: Context | None = None) -> ndarray:
    """An array whose values are not set, float32 by default."""
    return _of_shape(ops.zeros, torch.empty, shape, dtype, order, ctx)


def full(
    shape: ShapeLike,
    fill_value: Any,
    dtype: DTypeLike = None,
    order: str = "C",
    ctx: Context | None = None,
    out: Any = None,
) -> ndarray:
    """An array of one value (bool for True and False, else float32), or of an array's values, broadcast."""
    _row_major(order)
    if isinstance(fill_value, ndarray) or is_symbol(fill_value):
        made = run(broadcast_to, "full", [fill_value], {"shape": _lengths(ops.zeros, shape)})
        made = made if dtype is None else made.astype(dtype)
    else:
        if dtype is None:
            dtype = onp.bool_ if isinstance(fill_value, (bool, onp.bool_)) else _float32
        params = _decoded(classic.full, value=fill_value)
        params.update(shape=_lengths(classic.full, shape), dtype=torch_dtype(dtype))
        made = _made(classic.full, ctx, params, ops.filled)
    return _to_out(made, out)


def _to_out(made: Any, out: Any) -> Any:
    return made if out is None else made.copyto(out)


def full_like(
    a: ndarray,
    fill_value: float,
    dtype: DTypeLike = None,
    order: str = "C",
    ctx: Context | None = None,
    out: ndarray | None = None,
) -> ndarray:
    """An array of one value, with the shape, type and context of another.

    An array of values is broadcast to that shape.
    """
    _row_major(order)
    if isinstance(a, ndarray) and isinstance(fill_value, ndarray):
        return full(a.shape, fill_value, a.dtype if dtype is None else dtype, order, ctx, out)
    params = _decoded(ops.full_like, fill_value=fill_value)
    if dtype is not None:
        params["dtype"] = dtype
    made = run(ops.full_like, "full_like", [a], params)
    return _to_out(made if ctx is None or is_symbol(a) else made.as_in_ctx(ctx), out)


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
    if subok or shape is not None:
        raise NotImplementedError("empty_like supports subok=False and shape=None")
    if is_symbol(prototype):
        return full_like(prototype, 0, dtype, order)
    if not isinstance(prototype, ndarray):
        raise refuse("empty_like", prototype)
    return empty(prototype.shape, prototype.dtype if dtype is None else dtype, order, prototype._ctx)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: DTypeLike = None, ctx: Context | None = None) -> ndarray:
    """Evenly spaced values from ``start`` (0 when one number is given) up to ``stop``, float32 by default.

    Integers make steps of whole numbers: the fractions of ``start`` and ``step`` are cut off.
    """
    start, stop, step = [x.item() if isinstance(x, ndarray) else x for x in (start, stop, step)]
    step = 1 if step is None else step
    if stop is None:
        start, stop = 0, start
    if step == 0:
        raise ZeroDivisionError("arange: step must not be zero")
    return _made(
        ops.arange,
        ctx,
        _decoded(ops.arange, start=start, stop=stop, step=step, dtype=dtype),
    )


def _ends(name: str, start: Any, stop: Any, axis: int) -> None:
    if axis != 0:
        raise NotImplementedError("the function only support axis 0")
    if any(isinstance(x, (list, tuple, onp.ndarray, Array)) for x in (start, stop)):
        raise NotImplementedError(f"{name} takes numbers as start and stop, no arrays")


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
    _ends("linspace", start, stop, axis)
    params = _decoded(classic.linspace, start=start, stop=stop, num=num, endpoint=endpoint, dtype=dtype)
    made = _made(classic.linspace, ctx, params)
    if not retstep:
        return made
    return made, (params["stop"] - params["start"]) / max(params["num"] - 1 if endpoint else params["num"], 1)


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
    _ends("logspace", start, stop, axis)
    params = _decoded(
        ops.logspace,
        start=start,
        stop=stop,
        num=num,
        endpoint=endpoint,
        base=base,
        dtype=dtype,
    )
    return _made(ops.logspace, ctx, params)


def eye(N: int, M: int | None = None, k: int = 0, dtype: DTypeLike = _float32, **kwargs: Any) -> ndarray:
    """A matrix of ``N`` rows and ``M`` columns (``N`` by default) with ones on the ``k``-th diagonal."""
    ctx = kwargs.pop("ctx", None)
    if kwargs:
        raise TypeError(f"eye got unknown keywords: {', '.join(kwargs)}")
    return _made(ops.eye, ctx, _decoded(ops.eye, N=N, M=M, k=k, dtype=dtype))


def identity(n: int, dtype: DTypeLike = None, ctx: Context | None = None) -> ndarray:
    """A square matrix with ones on its diagonal."""
    if not isinstance(n, (int, onp.integer)):
        raise ArgumentTypeError(f"identity: n must be an int, got {type(n).__name__}")
    if n < 0:
        raise OperatorValueError(f"Operator identity: n must not be negative, got {n}")
    return _made(ops.identity, ctx, {"shape": (n, n), "dtype": _dtype(dtype)})


def indices(dimensions: ShapeLike, dtype: DTypeLike = onp.int32, ctx: Context | None = None) -> ndarray:
    """The coordinates of each place of an array of this shape, stacked along a first axis."""
    if not isinstance(dimensions, (tuple, list)):
        raise OperatorValueError(f"Operator indices: dimensions must be a tuple or list of ints, got {dimensions!r}")
    return _made(ops.indices, ctx, _decoded(ops.indices, dimensions=dimensions, dtype=dtype))


def _window(name: str, od: OpDef) -> Any:
    def make(M: int, dtype: DTypeLike = _float32, ctx: Context | None = None) -> ndarray:
        return _made(od, ctx, _decoded(od, M=M, dtype=dtype))

    make.__name__ = make.__qualname__ = name
    make.__doc__ = od.doc
    return make


FUNCTIONS: dict[str, Any] = {
    f.__name__: f
    for f in (
        arange, array, empty, empty_like, eye, full, full_like, genfromtxt, identity, indices, linspace, logspace, ones,
        ones_like, zeros, zeros_like,
        _window("blackman", ops.blackman), _window("hamming", ops.hamming), _window("hanning", ops.hanning),
    )
}  # fmt: skip
