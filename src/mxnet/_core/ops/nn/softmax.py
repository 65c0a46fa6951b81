"""Softmax, its logarithm, its mirror image, and SoftmaxActivation."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...params import Double, DTypeOf
from ...registry import Display, op
from ...shapes import ShapeRule, TypeRule

FloatType = Optional[Annotated[Any, DTypeOf("float16", "float32", "float64")]]


def _prepare(data: Tensor, axis: int, temperature: float | None, sign: float = 1.0) -> Tensor:
    if not data.is_floating_point():
        raise MXNetError(f"This operation only support floating point types, not {data.dtype}")
    count = max(data.ndim, 1)  # a number is a row of one element
    if not -count <= axis < count:
        raise MXNetError(f"axis {axis} is out of range for data of shape {tuple(data.shape)}")
    if temperature is not None and temperature != 1.0:
        return data * (sign / temperature) if temperature else sign * data / 0.0
    return data if sign == 1.0 else -data


def _softmax_with_length(x: Tensor, length: Tensor, axis: int, dtype: torch.dtype | None) -> Tensor:
    """Softmax over the first ``length`` elements along the axis; the others come out as zero."""
    axis %= x.ndim
    expected = (*x.shape[:axis], *x.shape[axis + 1 :])
    if tuple(length.shape) != expected:
        raise MXNetError(f"length should have data's shape without the axis, {expected}, got {tuple(length.shape)}")
    steps = torch.arange(x.shape[axis], device=x.device)
    steps = steps.view(-1, *(1,) * (x.ndim - axis - 1))
    absent = steps >= length.unsqueeze(axis)
    out = torch.softmax(x.masked_fill(absent, -torch.inf), axis, dtype)
    # A row without elements is 0 / 0 otherwise; masking the result also stops its gradient.
    return out.masked_fill(absent, 0.0)


@op(
    "softmax",
    methods=True,
    display=Display(input_named=True),
    aliases=("_npx_softmax",),
    inputs=lambda p: ("data", "length")[: 1 + bool(p.use_length)],
)
def softmax(
    data: Tensor,
    length: Optional[Tensor] = None,
    *,
    axis: int = -1,
    temperature: Optional[Double] = None,
    dtype: FloatType = None,
    use_length: Optional[bool] = False,
) -> Tensor:
    """Exponentials divided by their sum along an axis.

    Parameters
    ----------
    data : Tensor
    length : Tensor, optional
        With ``use_length``: how many elements count, of the data's shape without ``axis``; the others give zero.
    temperature : float, optional
        The data is divided by it first.
    dtype : optional
        The type of the output, and of the computation.

    Examples
    --------
    >>> mx.nd.softmax(mx.nd.zeros((1, 4))).asnumpy()
    array([[0.25, 0.25, 0.25, 0.25]], dtype=float32)
    """
    x = _prepare(data, axis, temperature)
    if not use_length:
        return torch.softmax(x, axis, dtype)
    if length is None:
        raise MXNetError("use_length=True needs the input length")
    return _softmax_with_length(x, length, axis, dtype)


def _no_length(use_length: bool | None) -> None:
    if use_length:
        raise MXNetError("use_length is only supported by softmax")


@op("log_softmax", methods=True, display=Display(input_named=True), aliases=("_npx_log_softmax",))
def log_softmax(
    data: Tensor,
    *,
    axis: int = -1,
    temperature: Optional[Double] = None,
    dtype: FloatType = None,
    use_length: Optional[bool] = False,
) -> Tensor:
    """Logarithm of the softmax along an axis, computed without the detour."""
    _no_length(use_length)
    return torch.log_softmax(_prepare(data, axis, temperature), axis, dtype)


@op("softmin", methods=True, display=Display(output_named=True))
def softmin(
    data: Tensor,
    *,
    axis: int = -1,
    temperature: Optional[Double] = None,
    dtype: FloatType = None,
    use_length: Optional[bool] = False,
) -> Tensor:
    """Softmax of the negated data along an axis."""
    _no_length(use_length)
    return torch.softmax(_prepare(data, axis, temperature, -1.0), axis, dtype)


@softmin.infer_shape
@log_softmax.infer_shape
@softmax.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")
    data = s["data"]
    if "length" in s and data is not None and -len(data) <= p.axis < len(data):
        axis = p.axis % len(data)
        s.unify("length", (*data[:axis], *data[axis + 1 :]))


@softmin.infer_type
@log_softmax.infer_type
@softmax.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    if p.dtype is not None:
        t.unify("output", p.dtype)
    else:
        t.same("data", "output")
    if "length" in t and t["length"] is None:
        t.unify("length", torch.int32)


@op("SoftmaxActivation", display=Display(output_named=True), same_shape=True)
def softmax_activation(data: Tensor, *, mode: Literal["instance", "channel"] = "instance") -> Tensor:
    """Softmax along the last axis, or over the channels (axis 1) with ``mode='channel'``.

    Parameters
    ----------
    mode
        ``instance`` or ``channel``.
    """
    if mode == "channel" and data.ndim < 3:
        raise MXNetError(f"mode 'channel' needs data of at least 3 dimensions, got shape {tuple(data.shape)}")
    return torch.softmax(data, 1 if mode == "channel" else -1)
