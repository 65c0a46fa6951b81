"""Fourier transforms of real rows, and the count sketch that compact bilinear pooling multiplies in that domain."""

from types import SimpleNamespace

import torch
from torch import Tensor

from ....base import MXNetError
from ...registry import Display, op
from ...shapes import ShapeRule
from ..indexing.places import check_bounds


def _check_rows(data: Tensor) -> None:
    if data.ndim not in (2, 4):
        raise MXNetError(f"data should be 2D or 4D, got shape {tuple(data.shape)}")
    if 0 in data.shape:
        raise MXNetError(f"data should not be empty, got shape {tuple(data.shape)}")
    if not data.is_floating_point():
        raise MXNetError(f"data should be of a floating point type, got {data.dtype}")


def _computed_in(data: Tensor) -> Tensor:
    """The data in a type that has transforms on every device."""
    return data.float() if data.dtype in (torch.float16, torch.bfloat16) else data


@op("_contrib_fft", display=Display(input_named=True, output_named=True))
def fft(data: Tensor, *, compute_size: int = 128) -> Tensor:
    """Fourier transform of real rows along the last axis.

    Parameters
    ----------
    data : Tensor
        ``(rows, d)`` or ``(a, b, c, d)``.
    compute_size : int
        Accepted for compatibility; all rows are transformed at once.

    Returns
    -------
    Tensor
        The last axis is ``2 * d``: real and imaginary parts, alternating.
    """
    _check_rows(data)
    return torch.view_as_real(torch.fft.fft(_computed_in(data))).flatten(-2).to(data.dtype)


@op("_contrib_ifft", display=Display(input_named=True, output_named=True))
def ifft(data: Tensor, *, compute_size: int = 128) -> Tensor:
    """Real part of the inverse Fourier transform along the last axis, not divided by the length.

    Parameters
    ----------
    data : Tensor
        ``(rows, 2 * d)`` or ``(a, b, c, 2 * d)``: real and imaginary parts, alternating.
    compute_size : int
        Accepted for compatibility; all rows are transformed at once.

    Returns
    -------
    Tensor
        The last axis is ``d``. ``ifft(fft(x)) / d`` is ``x``.
    """
    _check_rows(data)
    if data.shape[-1] % 2:
        raise MXNetError(f"data should have pairs of real and imaginary parts, got shape {tuple(data.shape)}")
    pairs = _computed_in(data).unflatten(-1, (-1, 2)).contiguous()
    return torch.fft.ifft(torch.view_as_complex(pairs), norm="forward").real.to(data.dtype)


@op("_contrib_count_sketch", inert=("h", "s"), display=Display(output_named=True))
def count_sketch(data: Tensor, h: Tensor, s: Tensor, *, out_dim: int, processing_batch_size: int = 32) -> Tensor:
    """Project rows to ``out_dim`` numbers by hashing: ``out[h[i]] += s[i] * data[i]``.

    The gradient reaches the data only. See Gao et al., "Compact Bilinear Pooling", 2016.

    Parameters
    ----------
    data : Tensor
        ``(rows, d)`` or ``(a, b, c, d)``.
    h : Tensor
        ``(1, d)``: where each number goes, in ``[0, out_dim)``.
    s : Tensor
        ``(1, d)``: its sign.
    processing_batch_size : int
        Accepted for compatibility; all rows are projected at once.
    out_dim
        How many numbers a row becomes.
    """
    _check_rows(data)
    if out_dim < 1:
        raise MXNetError(f"out_dim should be positive, got {out_dim}")
    width = data.shape[-1]
    for name, x in (("h", h), ("s", s)):
        if x.ndim != 2 or x.numel() != width:
            raise MXNetError(f"{name} should be (1, {width}) for data {tuple(data.shape)}, got {tuple(x.shape)}")
    places = h.detach().reshape(-1).long()
    check_bounds(places, 0, out_dim, low=0)
    return data.new_zeros(*data.shape[:-1], out_dim).index_add(-1, places, data * s.detach().reshape(-1))


@count_sketch.infer_shape
def _(shapes: ShapeRule, p: SimpleNamespace) -> None:
    data = shapes["data"]
    if data is None:
        return
    shapes.unify("output", (*data[:-1], p.out_dim))
    for name in ("h", "s"):
        shapes.unify(name, (1, data[-1]))
