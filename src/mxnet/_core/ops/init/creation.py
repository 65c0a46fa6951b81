"""Operators that create arrays out of parameters, or like another array."""

import math
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Optional

import torch
from torch import Tensor

from ....base import MXNetError, OperatorValueError
from ...dtypes import CODE_TO_TORCH
from ...params import Ctx, Double, DType, DTypeOf, Long, Shape
from ...registry import Device, Display, Gradients, Params, Tensors, op
from ...shapes import TypeRule
from ...state import state
from ..elemwise.scalar import as_integer, held
from ..reduce.axes import one_axis

RangeType = Annotated[Any, DTypeOf("float32", "float64", "float16", "bfloat16", "uint8", "int8", "int32", "int64")]
EyeType = Annotated[Any, DTypeOf("float32", "float64", "float16", "uint8", "int8", "int32", "int64")]

_MOST = 2**48  # elements; more cannot be meant, and sizes beyond 2**63 would not even be numbers to torch


def checked_shape(shape: Sequence[int]) -> Sequence[int]:
    """The shape itself; ValueError when it is not one that an array can have."""
    count = 1
    for n in shape:
        if n is None or n < 0:
            raise OperatorValueError(f"shape must not have negative or unknown lengths, got {shape}")
        count *= n
    if count > _MOST:
        raise OperatorValueError(f"shape {shape} has {count} elements, more than any memory holds")
    return shape


def allocated(make: Callable[..., Tensor], shape: Any, *args: Any, **kwargs: Any) -> Tensor:
    """What a function of torch's makes of a shape; MXNetError for one that no array can have, or no memory holds."""
    try:
        return make(shape, *args, **kwargs)
    except (RuntimeError, TypeError, OverflowError) as e:
        try:
            checked_shape(shape)
        except ValueError as too_large:
            raise too_large from None
        if not isinstance(e, RuntimeError):
            raise
        raise MXNetError(f"cannot make an array of shape {shape}: {str(e).splitlines()[0]}") from None


def known_shape(shape: Sequence[int], device: torch.device) -> Sequence[int]:
    """The checked shape of an array to create on a device; ValueError when MXNet takes it for an unknown one.

    Shape inference, on the ``meta`` device, may ask for an unknown shape: it follows from the use then.
    """
    checked_shape(shape)
    if (not shape or 0 in shape) and not state.np_shape and device.type != "meta":
        raise OperatorValueError(
            f"shape {shape} is unknown: () and lengths of 0 are shapes inside mxnet.util.np_shape() only"
        )
    return shape


@op("_zeros")
def zeros(*, shape: Shape = (), ctx: Ctx = "", dtype: DType = torch.float32, device: Device = None) -> Tensor:
    """An array of zeros."""
    return torch.zeros(known_shape(shape, device), dtype=dtype, device=device)


@op("_ones")
def ones(*, shape: Shape = (), ctx: Ctx = "", dtype: DType = torch.float32, device: Device = None) -> Tensor:
    """An array of ones."""
    return torch.ones(known_shape(shape, device), dtype=dtype, device=device)


@op("_zeros_without_dtype")
def zeros_without_dtype(*, shape: Shape = None, ctx: Ctx = "", dtype: int = -1, device: Device = None) -> Tensor:
    """Zeros whose type follows from their use, float32 when nothing tells (``dtype`` is MXNet's code or -1)."""
    if dtype != -1 and dtype not in CODE_TO_TORCH:
        raise ValueError(f"dtype must be -1 or one of the codes {sorted(CODE_TO_TORCH)}, got {dtype}")
    return torch.zeros(known_shape(shape or (), device), dtype=CODE_TO_TORCH.get(dtype, torch.float32), device=device)


@zeros_without_dtype.infer_type
def _(t: TypeRule, p: Params) -> None:
    t.unify("output", CODE_TO_TORCH.get(p.dtype))


@op("_full", aliases=("_npi_full",))
def full(
    *, shape: Shape = None, ctx: Ctx = "", dtype: DType = torch.float32, value: Double, device: Device = None
) -> Tensor:
    """An array of one value.

    Parameters
    ----------
    value
        The number in each place.
    """
    return torch.full(known_shape(shape or (), device), held(value, dtype), dtype=dtype, device=device)


def _progression(
    count: int, repeat: int, start: float, step: float, dtype: torch.dtype, device: torch.device | None
) -> Tensor:
    """``start + (i // repeat) * step`` for each i, as MXNet's kernel computes it: all in the array's type."""
    if not dtype.is_floating_point:
        start, step = as_integer(start, dtype), as_integer(step, dtype)
    else:
        if repeat == 1:
            index = torch.arange(count, dtype=dtype, device=device)
        else:
            index = torch.div(torch.arange(count, device=device), repeat, rounding_mode="floor").to(dtype)
        found = index if step == 1 else index * step
        return found if start == 0 else found + start
    index = torch.arange(count, device=device)
    if repeat != 1:
        index = torch.div(index, repeat, rounding_mode="floor")
    return (index * step + start).to(dtype)


@op("_arange")
def arange(
    *,
    start: Double,
    stop: Optional[Double] = None,
    step: Double = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: Ctx = "",
    dtype: RangeType = torch.float32,
    device: Device = None,
) -> Tensor:
    """Numbers from ``start`` up to but without ``stop``, each ``repeat`` times. One number alone is the stop."""
    if stop is None:
        if infer_range:
            raise ValueError("stop must be given where no shape can be inferred")
        start, stop = 0.0, start
    found = stepping(start, stop, step, repeat, dtype, device)
    if not found.shape[0]:
        raise ValueError(f"no number lies in the range from {start} to {stop} by steps of {step}")
    return found


def stepping(
    start: float, stop: float, step: float, repeat: int, dtype: torch.dtype, device: torch.device | None
) -> Tensor:
    """Numbers from ``start`` up to but without ``stop``, each ``repeat`` times; there may be none."""
    if step == 0 or not math.isfinite(step):
        raise ValueError(f"step must be a number other than 0, got {step}")
    if repeat < 1:
        raise ValueError(f"repeat must be at least 1, got {repeat}")
    if not (math.isfinite(start) and math.isfinite(stop)):
        raise ValueError(f"start and stop must be finite, got {start} and {stop}")
    (count,) = checked_shape((max(math.ceil((stop - start) / step), 0) * repeat,))
    return _progression(count, repeat, start, step, dtype, device)


@op(
    "_linspace",
    aliases=("_npi_linspace",),
    arg_order=("start", "stop", "step", "repeat", "infer_range", "ctx", "dtype"),
)
def linspace(
    *,
    start: Double,
    stop: Optional[Double] = None,
    step: Double = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    ctx: Ctx = "",
    dtype: RangeType = torch.float32,
    num: Optional[int] = None,
    endpoint: bool = True,
    device: Device = None,
) -> Tensor:
    """``num`` numbers evenly spaced from ``start`` to ``stop``, which is the last one with ``endpoint``.

    ``step``, ``repeat`` and ``infer_range`` are listed by MXNet and mean nothing.

    Parameters
    ----------
    num
        How many numbers.
    endpoint
        Whether ``stop`` is one of them.
    """
    if stop is None or num is None:
        raise ValueError("stop and num must be given")
    (num,) = checked_shape((num,))
    gaps = num - 1 if endpoint else num
    width = (stop - start) / gaps if gaps > 0 else 0.0
    return (torch.arange(num, dtype=torch.float64, device=device) * width + start).to(dtype)


@op("_eye")
def eye(
    *, N: Long, M: Long = 0, k: Long = 0, ctx: Ctx = "", dtype: EyeType = torch.float32, device: Device = None
) -> Tensor:
    """A matrix of zeros with ones on a diagonal: ``k`` columns above the main one, or below it when negative.

    It has ``N`` rows and ``M`` columns (by default ``N``).

    Parameters
    ----------
    N
        The number of rows.
    M
        The number of columns; ``N`` when 0.
    """
    return ones_on_diagonal(N, M if M > 0 else N, k, dtype, device)


def ones_on_diagonal(rows: int, columns: int, k: int, dtype: torch.dtype, device: torch.device | None) -> Tensor:
    """A matrix of zeros with ones on its ``k``-th diagonal."""
    result = torch.zeros(checked_shape((rows, columns)), dtype=dtype, device=device)
    result.diagonal(k).fill_(1)
    return result


@op("_set_value", display=Display(printed={"src": "real_t"}))
def set_value(*, src: float, device: Device = None) -> Tensor:
    """A number, to fill ``out`` with.

    Parameters
    ----------
    src
        The number in each place.
    """
    return torch.full((1,), src, device=device)


# --------------------------------------------------------------------------------------------------- like another array


@op("zeros_like", methods=True, aliases=("_sparse_zeros_like",), same_shape=True, loss=True)
def zeros_like(data: Tensor) -> Tensor:
    """Zeros in the shape and type of another array."""
    return torch.zeros_like(data)


@op("ones_like", methods=True, same_shape=True, loss=True)
def ones_like(data: Tensor) -> Tensor:
    """Ones in the shape and type of another array."""
    return torch.ones_like(data)


@zeros_like.backward
@ones_like.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (None,)


@op("_contrib_arange_like", aliases=("_npx_arange_like",), differentiable=False)
def arange_like(
    data: Tensor, *, start: Double = 0.0, step: Double = 1.0, repeat: int = 1, ctx: Ctx = "", axis: Optional[int] = None
) -> Tensor:
    """Consecutive numbers in the shape of another array, or as many as one of its axes is long."""
    if repeat < 1:
        raise ValueError(f"repeat must be at least 1, got {repeat}")
    shape = data.shape if axis is None else (data.shape[one_axis(data.dim(), axis)],)
    count = math.prod(shape)
    return _progression(count, repeat, start, step, data.dtype, data.device).reshape(shape)
