"""Operators that make arrays out of parameters; unlike classic ones also such without axes or without elements."""

from collections.abc import Callable
from typing import Any, Optional

import torch
from torch import Tensor

from ....base import OperatorValueError
from ...params import Ctx, Double, DType, Long, Shape
from ...registry import Device, Display, Gradients, OpDef, Params, Tensors, op
from ...shapes import ShapeRule, TypeRule
from ..elemwise.scalar import held
from ..init.creation import RangeType, allocated, checked_shape, ones_on_diagonal, stepping


def filled(*, shape: Any, value: float, dtype: torch.dtype, device: torch.device | None) -> Tensor:
    """An array of one value, of any shape that memory holds."""
    return allocated(torch.full, shape, held(value, dtype), dtype=dtype, device=device)


@op("_npi_zeros")
def zeros(*, shape: Shape = (), ctx: Ctx = "", dtype: DType = torch.float32, device: Device = None) -> Tensor:
    """An array of zeros."""
    return allocated(torch.zeros, shape, dtype=dtype, device=device)


@op("_npi_ones")
def ones(*, shape: Shape = (), ctx: Ctx = "", dtype: DType = torch.float32, device: Device = None) -> Tensor:
    """An array of ones."""
    return allocated(torch.ones, shape, dtype=dtype, device=device)


@op("_npi_identity")
def identity(*, shape: Shape = (), ctx: Ctx = "", dtype: DType = torch.float32, device: Device = None) -> Tensor:
    """A square matrix with ones on its diagonal; ``shape`` is a pair of equal numbers."""
    if len(shape) != 2 or shape[0] != shape[1]:
        raise OperatorValueError(f"shape must be two equal lengths, got {shape}")
    return ones_on_diagonal(shape[0], shape[1], 0, dtype, device)


@op("_npi_eye", display=Display(printed={"M": ", optional, default=None"}))
def eye(
    *,
    N: Long,
    M: Optional[Long] = None,
    k: Long = 0,
    ctx: Ctx = "",
    dtype: RangeType = torch.float32,
    device: Device = None,
) -> Tensor:
    """A matrix of ``N`` rows and ``M`` columns (by default ``N``) with ones on the ``k``-th diagonal."""
    return ones_on_diagonal(N, N if M is None else M, k, dtype, device)


@op("_npi_arange")
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
    """Evenly spaced numbers from ``start`` up to but without ``stop``. One number alone is the stop.

    Integers make steps of whole numbers: the fractions of ``start`` and ``step`` are cut off.
    """
    if stop is None:
        start, stop = 0.0, start
    return stepping(start, stop, step, repeat, dtype, device)


@op("_npi_logspace")
def logspace(
    *,
    start: Double,
    stop: Double,
    num: int,
    endpoint: bool = True,
    base: Double = 10.0,
    ctx: Ctx = "",
    dtype: RangeType = torch.float32,
    device: Device = None,
) -> Tensor:
    """Powers of ``base``, whose exponents are evenly spaced."""
    (count,) = checked_shape((num,))
    width = (stop - start) / max(num - 1 if endpoint else num, 1)
    exponents = torch.arange(count, dtype=torch.float64, device=device) * width + start
    return torch.pow(float(base), exponents).to(dtype)


@op("_npi_indices")
def indices(*, dimensions: Shape, dtype: RangeType = torch.int32, ctx: Ctx = "", device: Device = None) -> Tensor:
    """The coordinates of each place of an array of this shape, stacked along a first axis."""
    if not dimensions:
        return torch.zeros((0,), dtype=dtype, device=device)
    axes = [torch.arange(n, dtype=dtype, device=device) for n in checked_shape(dimensions)]
    return torch.stack(torch.meshgrid(*axes, indexing="ij"))


def _window(name: str, points: Callable[..., Tensor], doc: str) -> OpDef:
    def window(
        *, M: Optional[Long] = None, ctx: Ctx = "", dtype: RangeType = torch.float32, device: Device = None
    ) -> Tensor:
        if M is None:
            raise OperatorValueError("M must be a number of points, got None")
        return points(*checked_shape((max(M, 0),)), periodic=False, dtype=torch.float64, device=device).to(dtype)

    window.__doc__ = doc
    return op(name, display=Display(printed={"M": ", optional, default=None"}))(window)


blackman = _window("_npi_blackman", torch.blackman_window, "The Blackman window of ``M`` points.")
hamming = _window("_npi_hamming", torch.hamming_window, "The Hamming window of ``M`` points.")
hanning = _window("_npi_hanning", torch.hann_window, "The Hann window of ``M`` points.")


# ---------------------------------------------------------------------- like another array


@op("_npi_full_like", loss=True)
def full_like(a: Tensor, *, fill_value: Double, ctx: Ctx = "", dtype: Optional[DType] = None) -> Tensor:
    """An array of one value, with the shape of another, and its type unless another is given."""
    wanted = dtype or a.dtype
    return torch.full(a.shape, held(fill_value, wanted), dtype=wanted, device=a.device)


@full_like.backward
def _(grads: Tensors, inputs: Tensors, outputs: Tensors, p: Params) -> Gradients:
    return (None,)


@full_like.infer_shape
def _(s: ShapeRule, p: Params) -> None:
    s.same("a", "output")


@full_like.infer_type
def _(t: TypeRule, p: Params) -> None:
    t.unify("output", p.dtype or t["a"])
