"""Between real numbers and 8 bits: a number stands for its product with a step, which follows from a range.

Steps count from zero in both types, ``uint8`` (0 to 255) and ``int8`` (-127 to 127), so zero is always exact. See Jacob
et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018.
"""

from types import SimpleNamespace
from typing import Literal, Optional

import torch
from torch import Tensor

from ....base import MXNetError
from ...registry import op
from ...shapes import ShapeRule, TypeRule

_OUTPUTS = ("output0", "output1", "output2")
_TYPES = {"int8": torch.int8, "uint8": torch.uint8}
# The number that stands for the end of the range: the largest there is, or half a step more, as MXNet has it in
# quantize_v2 and dequantize.
_END = {torch.int8: 127.0, torch.uint8: 255.0, torch.int32: 2.0**31}
_END_AND_A_HALF = {torch.int8: 127.5, torch.uint8: 255.5}


def _check_type(name: str, array: Tensor, *allowed: torch.dtype) -> None:
    if array.dtype not in allowed:
        names = [str(dtype).removeprefix("torch.") for dtype in (*allowed, array.dtype)]
        raise MXNetError(f"{name} should be {' or '.join(names[:-1])}, got {names[-1]}")


def _checked_range(low: Tensor, high: Tensor) -> Tensor:
    """The largest magnitude in a range, as an array of one element."""
    for name, bound in (("min_range", low), ("max_range", high)):
        if tuple(bound.shape) != (1,):
            raise MXNetError(f"{name} should have shape (1,), got {tuple(bound.shape)}")
        _check_type(name, bound, torch.float32)
    return torch.maximum(low.abs(), high.abs())


def _quantized(data: Tensor, scale: Tensor, dtype: torch.dtype) -> Tensor:
    """The nearest whole numbers to ``data * scale``, ties to even; numbers out of range become the nearest limit."""
    limits = torch.iinfo(dtype)
    return (data * scale).nan_to_num_(0.0).round_().clamp_(limits.min, limits.max).to(dtype)


def _output_range(extent: Tensor, dtype: torch.dtype) -> tuple[Tensor, Tensor]:
    """The range that the numbers of a type stand for, when it ends at ``extent``."""
    return (-extent if dtype is torch.int8 else torch.zeros_like(extent)), extent


def _output_type(out_type: str, low: float | None, high: float | None) -> torch.dtype:
    """The type asked for. ``auto``: unsigned when the calibrated range is known and has nothing below zero."""
    if out_type != "auto":
        return _TYPES[out_type]
    return torch.int8 if low is None or high is None or low < 0 else torch.uint8


def _element(value: float, beside: Tensor) -> Tensor:
    return torch.full((1,), value, dtype=torch.float32, device=beside.device)


def _calibrated_range(data: Tensor, low: float | None, high: float | None) -> tuple[Tensor, Tensor]:
    """The range given, or that of the data (as arrays of one element)."""
    if low is not None and high is not None:
        return _element(low, data), _element(high, data)
    if not data.numel():
        raise MXNetError("data has no elements to take the range from; give min_calib_range and max_calib_range")
    least, most = data.aminmax()
    return least.float().view(1), most.float().view(1)


@op("_contrib_quantize", outputs=_OUTPUTS, differentiable=False)
def quantize(
    data: Tensor, min_range: Tensor, max_range: Tensor, *, out_type: Literal["int8", "uint8"] = "uint8"
) -> tuple[Tensor, Tensor, Tensor]:
    """Quantize real numbers of a known range to 8 bits.

    Parameters
    ----------
    data : Tensor
        float32, of any shape.
    min_range, max_range : Tensor
        The range, float32 of shape ``(1,)``. Of the two the larger magnitude counts: it becomes 127 or 255.
    out_type : {'int8', 'uint8'}
        ``int8`` or ``uint8``.

    Returns
    -------
    tuple of Tensor
        The numbers, and the range for :func:`dequantize`. For ``int8`` this range is symmetric.
    """
    _check_type("data", data, torch.float32)
    dtype = _TYPES[out_type]
    extent = _checked_range(min_range, max_range)
    low, high = (-extent, extent) if dtype is torch.int8 else (min_range.clone(), max_range.clone())
    return _quantized(data, _END[dtype] / extent, dtype), low, high


@op("_contrib_quantize_v2", outputs=_OUTPUTS, differentiable=False)
def quantize_v2(
    data: Tensor,
    *,
    out_type: Literal["auto", "int8", "uint8"] = "int8",
    min_calib_range: Optional[float] = None,
    max_calib_range: Optional[float] = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Quantize real numbers to 8 bits, over the range found in calibration or else that of the data.

    Parameters
    ----------
    data : Tensor
        float32, of any shape. Data of 8 bits passes through.
    out_type : {'auto', 'int8', 'uint8'}
        ``auto`` is ``uint8`` for a calibrated range without negative numbers, else ``int8``.
    min_calib_range, max_calib_range : float, optional

    Returns
    -------
    tuple of Tensor
        The numbers, and the range that they stand for.
    """
    if data.dtype in _END_AND_A_HALF:
        end = _element(_END_AND_A_HALF[data.dtype], data)
        if min_calib_range is None or max_calib_range is None:
            return data.clone(), *_output_range(end, data.dtype)
        return data.clone(), *_calibrated_range(data, min_calib_range, max_calib_range)
    _check_type("data", data, torch.float32)
    dtype = _output_type(out_type, min_calib_range, max_calib_range)
    low, high = _calibrated_range(data, min_calib_range, max_calib_range)
    extent = _checked_range(low, high)
    if dtype is torch.int8:
        low, high = -extent, extent
    return _quantized(data, _END_AND_A_HALF[dtype] / extent, dtype), low, high


@op("_contrib_dequantize", differentiable=False)
def dequantize(
    data: Tensor, min_range: Tensor, max_range: Tensor, *, out_type: Literal["float32"] = "float32"
) -> Tensor:
    """The real numbers that numbers of 8 bits stand for.

    Parameters
    ----------
    data : Tensor
        int8 or uint8, of any shape.
    min_range, max_range : Tensor
        The range, float32 of shape ``(1,)``.
    out_type
        ``float32``.
    """
    _check_type("data", data, *_END_AND_A_HALF)
    return data.float() * (_checked_range(min_range, max_range) / _END_AND_A_HALF[data.dtype])


@op("_contrib_requantize", outputs=_OUTPUTS, differentiable=False)
def requantize(
    data: Tensor,
    min_range: Tensor,
    max_range: Tensor,
    *,
    out_type: Literal["auto", "int8", "uint8"] = "int8",
    min_calib_range: Optional[float] = None,
    max_calib_range: Optional[float] = None,
) -> tuple[Tensor, Tensor, Tensor]:
    """Bring numbers of 32 bits, as sums of products of quantized numbers are, to 8 bits.

    Parameters
    ----------
    data : Tensor
        int32, of any shape.
    min_range, max_range : Tensor
        What the limits of int32 stand for, float32 of shape ``(1,)``.
    out_type : {'auto', 'int8', 'uint8'}
        ``auto`` is ``uint8`` for a calibrated range without negative numbers, else ``int8``.
    min_calib_range, max_calib_range : float, optional
        The range of the result; that of the data when they are not given.

    Returns
    -------
    tuple of Tensor
        The numbers, and the range that they stand for.
    """
    dtype = _output_type(out_type, min_calib_range, max_calib_range)
    _check_type("data", data, torch.int32)
    step = _checked_range(min_range, max_range) / _END[torch.int32]
    extent = _checked_range(*_calibrated_range(data, min_calib_range, max_calib_range))
    if min_calib_range is None or max_calib_range is None:
        extent = extent * step  # the range of the data was in steps
    return _quantized(data.float(), step * (_END[dtype] / extent), dtype), *_output_range(extent, dtype)


@quantize.infer_shape
@quantize_v2.infer_shape
@dequantize.infer_shape
@requantize.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", s.outputs[0])
    for name in (*s.inputs[1:], *s.outputs[1:]):  # the ends of ranges
        s.unify(name, (1,))


def _float_ranges(t: TypeRule, *names: str) -> None:
    for name in names:
        t.unify(name, torch.float32)


@quantize.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    _float_ranges(t, "data", "min_range", "max_range", "output1", "output2")
    t.unify("output0", _TYPES[p.out_type])


@quantize_v2.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    _float_ranges(t, "output1", "output2")
    data = t["data"]
    if data in _END_AND_A_HALF:
        t.unify("output0", data)
    else:
        _float_ranges(t, "data")
        t.unify("output0", _output_type(p.out_type, p.min_calib_range, p.max_calib_range))


@dequantize.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    _float_ranges(t, "min_range", "max_range", "output")


@requantize.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.unify("data", torch.int32)
    _float_ranges(t, "min_range", "max_range", "output1", "output2")
    t.unify("output0", _output_type(p.out_type, p.min_calib_range, p.max_calib_range))
