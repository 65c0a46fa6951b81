"""Pooling: maximum, average, sum and Lp over windows or over everything, channels first or last."""

from collections.abc import Callable
from functools import lru_cache
from math import prod
from types import SimpleNamespace
from typing import Any, Literal, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ....base import MXNetError
from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ._spatial import (
    channels_first,
    check_4d,
    check_rank,
    from_channels_first,
    is_channels_last,
    per_axis,
    shape_channels_first,
    shape_from_channels_first,
)

_MAX_POOL = {1: torch.max_pool1d, 2: torch.max_pool2d, 3: torch.max_pool3d}
_AVG_POOL = {2: torch._C._nn.avg_pool2d, 3: torch._C._nn.avg_pool3d}
_GLOBAL_MAX = {1: F.adaptive_max_pool1d, 2: F.adaptive_max_pool2d, 3: F.adaptive_max_pool3d}

PoolType = Literal["max", "avg", "sum", "lp"]
Convention = Literal["valid", "full", "same"]
Layout = Optional[Literal["NCW", "NCHW", "NCDHW", "NWC", "NHWC", "NDHWC"]]


class _Windows:
    """Where the windows of a pooling lie along each spatial axis.

    ``out`` counts them; ``overhang`` is how far the last one reaches past the padded input (at least 0). ``native``
    tells whether torch's own poolings place them the same way, ``ceil`` with which rounding.
    """

    __slots__ = ("ceil", "kernel", "native", "out", "overhang", "pad", "stride")

    def __init__(self, sizes: tuple, kernel: tuple, stride: tuple, pad: tuple, convention: str) -> None:
        n = len(kernel)
        if n not in _MAX_POOL:
            raise MXNetError(f"{n}D pooling not supported: kernel is {tuple(kernel)}")
        self.kernel = per_axis(kernel, n, 1, "kernel", 1)
        self.stride = per_axis(stride, n, 1, "stride", 1)
        self.pad = per_axis(pad, n, 0, "pad") if convention != "same" or any(pad) else (0,) * n
        if convention == "same" and (n != 1 or any(self.pad)):
            raise MXNetError(
                "pooling_convention 'same' is for data of one spatial axis (batch, channel, x), "
                f"without pad; got kernel {tuple(kernel)} and pad {tuple(pad)}"
            )
        self.out: tuple[Any, ...] = tuple(  # None where a size is unknown
            None if size is None else self._count(size, k, s, p, convention)
            for size, k, s, p in zip(sizes, self.kernel, self.stride, self.pad)
        )
        if None in self.out:
            return
        self.overhang = tuple(
            max((o - 1) * s + k - size - 2 * p, 0)
            for o, size, k, s, p in zip(self.out, sizes, self.kernel, self.stride, self.pad)
        )
        # torch wants at most half a kernel of padding, and drops windows that begin past the input.
        self.native = all(
            2 * p <= k and (o - 1) * s < size + p
            for o, size, k, s, p in zip(self.out, sizes, self.kernel, self.stride, self.pad)
        )
        self.ceil = any(self.overhang)
        if self.ceil and convention == "same":
            self.native = False

    @staticmethod
    def _count(size: int, k: int, s: int, p: int, convention: str) -> int:
        room = size + 2 * p
        if convention == "same":
            return -(-room // s)
        if k > room:
            raise MXNetError(f"kernel size ({k}) exceeds input ({size} padded to {room})")
        return (room - k) // s + 1 if convention == "valid" else -(-(room - k) // s) + 1

    def padded(self, x: Tensor, value: float) -> Tensor:
        """The input with all padding made explicit."""
        widths: list[int] = []
        for p, over in zip(reversed(self.pad), reversed(self.overhang)):
            widths += (p, p + over)
        return F.pad(x, widths, value=value)

    def divisors(self, x: Tensor, include_pad: bool) -> Tensor:
        """How many elements each average is over, broadcastable to the output."""
        total = torch.ones((), dtype=x.dtype, device=x.device)
        for axis, (o, k, s, p) in enumerate(zip(self.out, self.kernel, self.stride, self.pad)):
            size = x.shape[2 + axis]
            start = torch.arange(o, device=x.device) * s - p
            end = (start + k).clamp(max=size + p)
            if not include_pad:
                start, end = start.clamp(min=0), end.clamp(max=size)
            # A window without any element sums to zero whatever it is divided by.
            count = (end - start).clamp(min=1).to(x.dtype)
            total = total.unsqueeze(-1) * count
        return total


# Placing windows takes longer than pooling small images; a network asks for the same few again and again.
_windows = lru_cache(maxsize=4096)(_Windows)


# oneDNN pools large images whose channels come first several times faster than ATen, whose own kernels want them last;
# from this size on that is worth the copies into its tensors and back.
_ONEDNN_FROM = 1 << 16


def _suits_onednn(x: Tensor) -> bool:
    """Whether to pool by oneDNN: large images in row-major order that are not being differentiated."""
    return (
        x.ndim == 4
        and x.dtype is torch.float32
        and x.device.type == "cpu"
        and x.numel() >= _ONEDNN_FROM
        and not (x.requires_grad and torch.is_grad_enabled())
        and x.is_contiguous()
        and torch.backends.mkldnn.is_available()
    )


def _max(x: Tensor, w: _Windows) -> Tensor:
    if w.native and _suits_onednn(x):
        return torch.mkldnn_max_pool2d(x.to_mkldnn(), w.kernel, w.stride, w.pad, 1, w.ceil).to_dense()
    pool = _MAX_POOL[len(w.kernel)]
    if w.native:
        return pool(x, w.kernel, w.stride, w.pad, 1, w.ceil)
    # The lowest finite number, which is what a window that sees nothing but padding gives.
    return pool(w.padded(x, torch.finfo(x.dtype).min), w.kernel, w.stride)


def _average(x: Tensor, w: _Windows, include_pad: bool, divisor: int | None = None) -> Tensor:
    """Averages, or sums when ``divisor`` is one."""
    n = len(w.kernel)
    if not w.native:
        sums = _average_native(w.padded(x, 0.0), n, w.kernel, w.stride, (0,) * n, False, True, 1)
        return sums if divisor else sums / w.divisors(x, include_pad)
    return _average_native(x, n, w.kernel, w.stride, w.pad, w.ceil, include_pad, divisor)


def _average_native(
    x: Tensor, n: int, kernel: tuple, stride: tuple, pad: tuple, ceil: bool, include_pad: bool, divisor: int | None
) -> Tensor:
    if n == 1:  # torch's one-dimensional average has no divisor
        return torch._C._nn.avg_pool2d(
            x.unsqueeze(-2), (1, *kernel), (1, *stride), (0, *pad), ceil, include_pad, divisor
        ).squeeze(-2)
    # Where padding counts, oneDNN also counts what a last window has beyond it.
    if divisor is None and not (ceil and include_pad) and _suits_onednn(x):
        return _AVG_POOL[n](x.to_mkldnn(), kernel, stride, pad, ceil, include_pad).to_dense()
    return _AVG_POOL[n](x, kernel, stride, pad, ceil, include_pad, divisor)


def _lp(x: Tensor, p_value: int | None, total: Callable[..., Tensor]) -> Tensor:
    """The p-norm with the signs kept inside the sum, as MXNet's; its gradient is zero where the norm is zero."""
    if p_value not in (1, 2, 3):
        raise MXNetError(f"p_value must be 1, 2 or 3 for pool_type 'lp', got {p_value}")
    if p_value == 1:
        return total(x)
    sums = total(x * x if p_value == 2 else x * x * x)
    zero = sums == 0
    safe = sums.masked_fill(zero, 1.0)
    root = safe.sqrt() if p_value == 2 else safe.sign() * safe.abs().pow(1 / 3)
    return root.masked_fill(zero, 0.0)


def _global(x: Tensor, pool_type: str, p_value: int | None) -> Tensor:
    n = x.ndim - 2
    axes = tuple(range(2, x.ndim))
    if pool_type == "max":
        return _GLOBAL_MAX[n](x, 1)
    if pool_type == "avg":
        return x.mean(axes, keepdim=True)
    if pool_type == "sum":
        return x.sum(axes, keepdim=True)
    return _lp(x, p_value, lambda t: t.sum(axes, keepdim=True))


def _check_data(data_shape: tuple, kernel: tuple, global_pool: bool, layout: str | None) -> None:
    if not 3 <= len(data_shape) <= 5:
        raise MXNetError(
            "data should have three to five axes: samples, channels and one to three of space; got the shape "
            f"{tuple(data_shape)}"
        )
    if not global_pool:
        if not kernel:
            raise MXNetError("kernel is missing; only global_pool=True does without")
        check_rank(data_shape, len(kernel))
    if layout is not None and len(layout) != len(data_shape):
        raise MXNetError(f"layout {layout} does not fit data of shape {tuple(data_shape)}")


def _has_workspace(pool_type: str, kernel: tuple, layout: str | None) -> bool:
    """MXNet's CPU build has a second, hidden output here, which the node numbering of saved graphs counts."""
    return pool_type == "max" and not is_channels_last(layout) and len(kernel) in (1, 2, 3)


@op(
    "Pooling",
    display=Display(input_named=True, output_named=True),
    aliases=("_npx_pooling",),
    visible=1,
    outputs=lambda p: ("output", "workspace")[: 1 + _has_workspace(p.pool_type, p.kernel, p.layout)],
)
def pooling(
    data: Tensor,
    *,
    kernel: Shape = (),
    pool_type: PoolType = "max",
    global_pool: bool = False,
    cudnn_off: bool = False,
    pooling_convention: Convention = "valid",
    stride: Shape = (),
    pad: Shape = (),
    p_value: Optional[int] = None,
    count_include_pad: Optional[bool] = None,
    layout: Layout = None,
) -> Tensor:
    """Reduce windows of the spatial axes to one value each.

    Parameters
    ----------
    data : Tensor
        ``(batch, channels, *spatial)``, or channels last when the layout says so; one to three spatial axes.
    kernel, stride, pad : tuple
        Size, distance and padding of the windows, one value a spatial axis.
    pool_type : {'max', 'avg', 'sum', 'lp'}
        ``lp`` needs ``p_value`` (1, 2 or 3).
    global_pool : bool
        One window over everything; ``kernel``, ``stride`` and ``pad`` are then ignored.
    pooling_convention : {'valid', 'full', 'same'}
        Windows that don't fit are dropped, or kept and clipped; ``same`` (one axis) gives ``ceil(n / stride)`` windows.
    count_include_pad : bool, optional
        Whether averages count padded elements; true unless given.
    p_value
        The power of ``lp``.

    Returns
    -------
    Tensor
        The data's shape with the spatial sizes replaced by the numbers of windows.
    """
    _check_data(data.shape, kernel, global_pool, layout)
    x = channels_first(data, layout)
    if not x.is_floating_point():
        raise MXNetError(f"This operation only support floating point types, not {data.dtype}")
    if global_pool:
        out = _global(x, pool_type, p_value)
    else:
        w = _windows(tuple(x.shape[2:]), kernel, stride, pad, pooling_convention)
        if pool_type == "max":
            out = _max(x, w)
        elif pool_type == "avg":
            out = _average(x, w, count_include_pad is not False)
        elif pool_type == "sum":
            out = _average(x, w, True, 1)
        else:
            out = _lp(x, p_value, lambda t: _average(t, w, True, 1))
    out = from_channels_first(out, layout)
    return (out, out) if _has_workspace(pool_type, kernel, layout) else out


@op("Pooling_v1", display=Display(input_named=True, output_named=True))
def pooling_v1(
    data: Tensor,
    *,
    kernel: Shape = (),
    pool_type: Literal["max", "avg", "sum"] = "max",
    global_pool: bool = False,
    pooling_convention: Literal["valid", "full"] = "valid",
    stride: Shape = (),
    pad: Shape = (),
) -> Tensor:
    """Pool, as early versions did: averages always divide by the size of the kernel.

    ``data`` is ``(batch, channels, height, width)``; the other parameters are those of :func:`Pooling`.

    Parameters
    ----------
    pool_type
        ``max``, ``avg`` or ``sum``.
    global_pool
        Whether one window covers everything.
    pooling_convention
        Whether windows that do not fit are dropped (``valid``) or clipped (``full``).
    """
    check_4d("data", data)
    _check_data(data.shape, kernel, global_pool, None)
    if global_pool:
        return _global(data, pool_type, None)
    if pool_type == "max":
        # Early versions pad with zeros, which win over negative elements.
        high, wide = per_axis(pad, 2, 0, "pad")
        data = F.pad(data, (wide, wide, high, high))
        return _max(data, _windows(tuple(data.shape[2:]), kernel, stride, (), pooling_convention))
    w = _windows(tuple(data.shape[2:]), kernel, stride, pad, pooling_convention)
    sums = _average(data, w, True, 1)
    return sums / prod(w.kernel) if pool_type == "avg" else sums


@pooling.infer_shape
@pooling_v1.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data, layout = s["data"], getattr(p, "layout", None)
    if data is None:
        return
    _check_data(data, p.kernel, p.global_pool, layout)
    batch, channels, *spatial = shape_channels_first(data, layout)
    out: tuple[int | None, ...]
    if p.global_pool:
        out = (1,) * len(spatial)
    else:
        out = _windows(tuple(spatial), p.kernel, p.stride, p.pad, p.pooling_convention).out
    s.unify("output", shape_from_channels_first((batch, channels, *out), layout))
    if "workspace" in s:
        s.unify("workspace", s["output"])
    known = shape_channels_first(s["output"], layout)
    s.unify("data", shape_from_channels_first((known[0], known[1], *spatial), layout))
