"""Branches side by side, sparse embeddings, normalization over devices, pixel shuffling."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .... import context, ndarray
from ..._types import Operand
from ...block import Block, HybridBlock
from ...nn import BatchNorm, HybridSequential, Sequential
from ...nn._arguments import InitLike, per_axis
from ...nn.basic_layers import _Table

__all__ = [
    "Concurrent",
    "HybridConcurrent",
    "Identity",
    "PixelShuffle1D",
    "PixelShuffle2D",
    "PixelShuffle3D",
    "SparseEmbedding",
    "SyncBatchNorm",
]


class _SideBySide:
    """What containers are that join the outputs of their blocks along an axis.

    Parameters
    ----------
    axis : int, default -1
        Axis along which the outputs are joined.
    """

    def __init__(self, axis: int = -1, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)  # type: ignore[call-arg]
        self.axis = axis

    def _empty(self) -> Any:
        return type(self)(axis=self.axis, prefix=self.prefix)  # type: ignore[attr-defined]


class Concurrent(_SideBySide, Sequential):
    """Blocks side by side: all get the same input, and their outputs are joined.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.contrib.nn.Concurrent(axis=1)
    >>> net.add(mx.gluon.nn.Dense(3), mx.gluon.nn.Dense(4))
    >>> net.initialize()
    >>> net(mx.nd.ones((2, 5))).shape
    (2, 7)
    """

    def forward(self, x: Operand) -> Any:
        return ndarray.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class HybridConcurrent(_SideBySide, HybridSequential):
    """Hybrid blocks side by side: all get the same input, and their outputs are joined.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.contrib.nn.HybridConcurrent(axis=1)
    >>> net.add(mx.gluon.nn.Dense(3), mx.gluon.contrib.nn.Identity())
    >>> net.initialize()
    >>> net(mx.nd.ones((2, 5))).shape
    (2, 8)
    """

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        return F.concat(*[block(x) for block in self._children.values()], dim=self.axis)


class Identity(HybridBlock):
    """The input as it is: a branch that skips the others, see :class:`HybridConcurrent`."""

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        return x


class SparseEmbedding(_Table, Block):
    """An embedding whose weight and gradient are row-sparse: each batch fetches the rows that it needs.

    Notes
    -----
    The parameters must be trained by a :class:`~mxnet.gluon.Trainer` with a KVStore, which holds the whole weight.
    """

    _sparse, _settings = True, {"stype": "row_sparse"}

    def forward(self, x: Any) -> Any:
        return ndarray.Embedding(x, self.weight.row_sparse_data(x), name="fwd", **self._kwargs)


class SyncBatchNorm(BatchNorm):
    """Batch normalization with statistics over the batches of all devices (Zhang et al. 2018, arXiv:1803.08904).

    Parameters
    ----------
    num_devices : int, optional
        Number of devices that take part; all GPUs by default.
    """

    _operator = "SyncBatchNorm"

    def __init__(
        self,
        in_channels: int = 0,
        num_devices: int | None = None,
        momentum: float = 0.9,
        epsilon: float = 1e-5,
        center: bool = True,
        scale: bool = True,
        use_global_stats: bool = False,
        beta_initializer: InitLike = "zeros",
        gamma_initializer: InitLike = "ones",
        running_mean_initializer: InitLike = "zeros",
        running_variance_initializer: InitLike = "ones",
        **kwargs: Any,
    ) -> None:
        settings = momentum, epsilon, center, scale, use_global_stats
        learned = beta_initializer, gamma_initializer
        super().__init__(
            1, *settings, *learned, running_mean_initializer, running_variance_initializer, in_channels, **kwargs
        )
        del self._kwargs["axis"]
        self._kwargs["ndev"] = self._get_num_devices() if num_devices is None else num_devices
        self._kwargs["key"] = self.prefix

    def _get_num_devices(self) -> int:
        warnings.warn(f"{type(self).__name__}: set num_devices if not all GPUs are used", UserWarning, stacklevel=3)
        return max(context.num_gpus(), 1)


class _PixelShuffle(HybridBlock):
    """Turns channels into space; a subclass says along how many axes. The order of channels is that of the paper.

    Parameters
    ----------
    factor : int or tuple of int
        Factor of the length, of height and width, or of depth, height and width; one number stands for all.
    """

    _axes: int

    def __init__(self, factor: int | Sequence[int]) -> None:
        super().__init__()
        self._factors = per_axis(type(self).__name__, "factor", factor, self._axes)

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        # The channels are split into the new channels and one axis a factor; each of these is moved behind its axis of
        # space and joined with it. In the codes of reshape, -4 splits an axis, -3 joins two, 0 keeps one.
        axes, factors = self._axes, self._factors
        x = F.reshape(x, (0, -4, -1, math.prod(factors)) + (0,) * axes)
        for i in range(axes - 1):
            x = F.reshape(x, (0,) * (2 + i) + (-4, factors[i], math.prod(factors[i + 1 :])) + (0,) * axes)
        order = [axis for i in range(axes) for axis in (2 + axes + i, 2 + i)]
        return F.reshape(F.transpose(x, (0, 1, *order)), (0, 0) + (-3,) * axes)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._factors[0] if self._axes == 1 else self._factors})"


class PixelShuffle1D(_PixelShuffle):
    """Turn channels into length: ``(N, f * C, W)`` becomes ``(N, C, f * W)`` (Shi et al. 2016, arXiv:1609.05158).

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.contrib.nn.PixelShuffle1D(2)(mx.nd.zeros((1, 8, 3))).shape
    (1, 4, 6)
    """

    _axes = 1


class PixelShuffle2D(_PixelShuffle):
    """Turn channels into pixels: ``(N, f1 * f2 * C, H, W)`` becomes ``(N, C, f1 * H, f2 * W)`` (arXiv:1609.05158)."""

    _axes = 2


class PixelShuffle3D(_PixelShuffle):
    """Turn channels into voxels: ``(N, f1 * f2 * f3 * C, D, H, W)`` becomes ``(N, C, f1 * D, f2 * H, f3 * W)``."""

    _axes = 3

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        # One axis after the other: MXNet, which may have to run the exported graph, transposes six axes at most.
        left = math.prod(self._factors)
        x = F.reshape(x, (0, -4, -1, left, 0, 0, 0))
        for i, factor in enumerate(self._factors):  # (N, C, done..., left, size, rest...)
            x = F.swapaxes(x, 2 + i, 3 + i)
            if i < 2:
                left //= factor
                x = F.reshape(x, (0,) * (3 + i) + (-4, factor, left) + (0,) * (2 - i))
            x = F.reshape(x, (0,) * (2 + i) + (-3,) + (0,) * (3 - i if i < 2 else 0))
        return x
