"""Pooling layers: one row a class, by kind and number of spatial axes."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from .._types import Operand
from ..block import HybridBlock
from ._arguments import PerDimension, Size, one_of, per_axis

__all__ = [
    "AvgPool1D",
    "AvgPool2D",
    "AvgPool3D",
    "GlobalAvgPool1D",
    "GlobalAvgPool2D",
    "GlobalAvgPool3D",
    "GlobalMaxPool1D",
    "GlobalMaxPool2D",
    "GlobalMaxPool3D",
    "MaxPool1D",
    "MaxPool2D",
    "MaxPool3D",
]


class _Pooling(HybridBlock):
    """A layer around the operator Pooling."""

    _hint = "pool"

    def __init__(
        self,
        pool_size: Any,
        strides: Size | None,
        padding: Size,
        ceil_mode: bool,
        global_pool: bool,
        pool_type: str,
        layout: str,
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        name, count = type(self).__name__, len(pool_size)
        self._kwargs: dict[str, Any] = {
            "kernel": pool_size,
            "stride": pool_size if strides is None else per_axis(name, "strides", strides, count),
            "pad": per_axis(name, "padding", padding, count),
            "global_pool": global_pool,
            "pool_type": pool_type,
            "layout": layout,
            "pooling_convention": "full" if ceil_mode else "valid",
        }
        if count_include_pad is not None:
            self._kwargs["count_include_pad"] = count_include_pad

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        return F.Pooling(x, name="fwd", **self._kwargs)

    def __repr__(self) -> str:
        shown = "size={kernel}, stride={stride}, padding={pad}, ceil_mode={ceil_mode}, global_pool={global_pool}, "
        shown += "pool_type={pool_type}, layout={layout}"
        ceil_mode = self._kwargs["pooling_convention"] == "full"
        return f"{type(self).__name__}({shown.format(ceil_mode=ceil_mode, **self._kwargs)})"


class _PoolRow(PerDimension, _Pooling):
    """Rows also say what is computed in a window."""

    _kind = ""

    def __init_subclass__(cls, kind: str = "", **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._kind = kind or cls._kind

    def _set_up(self, pool_size: Size, layout: str, whole: bool, strides: Any, padding: Any, **more: Any) -> None:
        name = type(self).__name__
        size = per_axis(name, "pool_size", pool_size, self._axes)
        layout = one_of(name, "layout", layout, self._layouts)
        _Pooling.__init__(self, size, strides, padding, global_pool=whole, pool_type=self._kind, layout=layout, **more)


class _WindowPool(_PoolRow):
    """Pooling over windows. MXNet has two orders of arguments: the layout before ``ceil_mode``, or after it.

    Parameters
    ----------
    pool_size : int or tuple of int, default 2
        Size of the windows.
    strides : int or tuple of int, optional
        Steps between windows; ``pool_size`` by default.
    padding : int or tuple of int, default 0
        What is added at both ends of the spatial axes.
    layout : str
        {layouts}
    ceil_mode : bool, default False
        Whether windows that reach past the end count: sizes are rounded up instead of down.
    count_include_pad : bool, optional
        Whether averages count the padding; they do by default. Maxima ignore it.
    """

    _repeated = ("pool_size",)

    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        layout: str = "",
        ceil_mode: bool = False,
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ) -> None:
        kwargs.update(ceil_mode=ceil_mode, count_include_pad=count_include_pad)
        self._set_up(pool_size, layout, False, strides, padding, **kwargs)


class _WindowPoolCeilFirst(_WindowPool):
    def __init__(
        self,
        pool_size: Size = 2,
        strides: Size | None = None,
        padding: Size = 0,
        ceil_mode: bool = False,
        layout: str = "",
        count_include_pad: bool | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(pool_size, strides, padding, layout, ceil_mode, count_include_pad, **kwargs)


class _GlobalPool(_PoolRow):
    """Pooling over all spatial axes at once, which keep the size 1.

    Parameters
    ----------
    layout : str
        {layouts}
    """

    def __init__(self, layout: str = "", **kwargs: Any) -> None:
        self._set_up(1, layout, True, None, 0, ceil_mode=True, **kwargs)


_COUNT = {"count_include_pad": True}


class MaxPool1D(_WindowPool, axes=1, kind="max"):
    """The largest value of each window along one axis."""


class MaxPool2D(_WindowPool, axes=2, kind="max"):
    """The largest value of each window in two dimensions.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.MaxPool2D()(mx.nd.arange(16).reshape((1, 1, 4, 4))).asnumpy()[0, 0]
    array([[ 5.,  7.],
           [13., 15.]], dtype=float32)
    """


class MaxPool3D(_WindowPoolCeilFirst, axes=3, kind="max"):
    """The largest value of each window in three dimensions."""


class AvgPool1D(_WindowPool, axes=1, kind="avg", defaults=_COUNT):
    """The mean of each window along one axis."""


class AvgPool2D(_WindowPoolCeilFirst, axes=2, kind="avg", defaults=_COUNT):
    """The mean of each window in two dimensions."""


class AvgPool3D(_WindowPoolCeilFirst, axes=3, kind="avg", defaults=_COUNT):
    """The mean of each window in three dimensions."""


class GlobalMaxPool1D(_GlobalPool, axes=1, kind="max"):
    """The largest value along one axis."""


class GlobalMaxPool2D(_GlobalPool, axes=2, kind="max"):
    """The largest value of each image's channels."""


class GlobalMaxPool3D(_GlobalPool, axes=3, kind="max"):
    """The largest value of each volume's channels."""


class GlobalAvgPool1D(_GlobalPool, axes=1, kind="avg"):
    """The mean along one axis."""


class GlobalAvgPool2D(_GlobalPool, axes=2, kind="avg"):
    """The mean of each image's channels."""


class GlobalAvgPool3D(_GlobalPool, axes=3, kind="avg"):
    """The mean of each volume's channels."""
