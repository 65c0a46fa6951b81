"""Convolutions, transposed convolutions, reflection padding; with the pooling layers."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ... import symbol
from ...base import ArgumentValueError
from ...util import is_np_shape, np_array, np_shape
from .._types import Operand
from ..block import HybridBlock
from . import _pooling
from ._arguments import InitLike, PerDimension, Size, integer, one_of, per_axis
from ._pooling import *  # noqa: F403
from ._pooling import _Pooling
from .activations import Activation

__all__ = ["Conv1D", "Conv1DTranspose", "Conv2D", "Conv2DTranspose", "Conv3D", "Conv3DTranspose", "ReflectionPad2D"]
__all__ += _pooling.__all__

_Pooling = _Pooling  # programs that extend pooling import it from here


def _infer_weight_shape(op_name: str, data_shape: Any, kwargs: dict[str, Any]) -> list[tuple[int, ...]]:
    """Shapes of an operator's inputs, from that of its data; programs that add layers use it too."""
    node = getattr(symbol, op_name)(symbol.var("data", shape=tuple(data_shape)), **kwargs)
    return node.infer_shape_partial()[0]


def weight_shapes(op_name: str, in_channels: int, settings: dict[str, Any]) -> list[tuple[int, ...]]:
    """Shapes of an operator's data, weight and bias as far as ``in_channels`` and the settings tell.

    Unknown sizes are 0, or -1 under NumPy shape semantics.
    """
    layout = settings["layout"]
    shape = [0] * len(layout)
    shape[layout.find("N")] = 1
    shape[layout.find("C")] = in_channels
    with np_array(False), np_shape(False):
        shapes = _infer_weight_shape(op_name, shape, settings)
    return [tuple([n or -1 for n in s]) for s in shapes] if is_np_shape() else shapes


def describe_convolution(block: Any, settings: dict[str, Any], weight: Any, bias: Any) -> str:
    """How convolution layers print: channels, kernel, and what differs from the defaults."""
    zeros, ones = (0,) * len(settings["kernel"]), (1,) * len(settings["kernel"])
    out_channels, in_channels = weight.shape[:2]
    parts = [
        f"{in_channels or None} -> {out_channels}",
        f"kernel_size={settings['kernel']}",
        f"stride={settings['stride']}",
        f"padding={settings['pad']}" if settings["pad"] != zeros else "",
        f"dilation={settings['dilate']}" if settings["dilate"] != ones else "",
        f"groups={settings['num_group']}" if settings["num_group"] != 1 else "",
        "bias=False" if bias is None else "",
        repr(block.act) if block.act is not None else "",
    ]
    return f"{type(block).__name__}({', '.join(part for part in parts if part)})"


class _Conv(HybridBlock):
    """A layer around an operator with a kernel; ``op_name`` says which, ``adj`` is what only Deconvolution takes."""

    _hint = "conv"

    def __init__(
        self,
        channels: int,
        kernel_size: Any,
        strides: Size,
        padding: Size,
        dilation: Size,
        groups: int,
        layout: str,
        in_channels: int = 0,
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: InitLike = None,
        bias_initializer: InitLike = "zeros",
        op_name: str = "Convolution",
        adj: Any = None,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        name, count = type(self).__name__, len(kernel_size)
        with self.name_scope():
            self._channels = integer(name, "channels", channels, 1)
            self._in_channels = integer(name, "in_channels", in_channels, 0)
            self._op_name = op_name
            self._kwargs: dict[str, Any] = {
                "kernel": kernel_size,
                "stride": per_axis(name, "strides", strides, count),
                "dilate": per_axis(name, "dilation", dilation, count),
                "pad": per_axis(name, "padding", padding, count),
                "num_filter": self._channels,
                "num_group": integer(name, "groups", groups, 1),
                "no_bias": not use_bias,
                "layout": layout,
            }
            if adj is not None:
                self._kwargs["adj"] = adj
            shapes = weight_shapes(op_name, self._in_channels, self._kwargs)
            self.weight = self.params.get("weight", shape=shapes[1], init=weight_initializer, allow_deferred_init=True)
            self.weight._channels_last = layout == "NCHW"
            bias: dict[str, Any] = {"init": bias_initializer, "allow_deferred_init": True}
            self.bias = self.params.get("bias", shape=shapes[2], **bias) if use_bias else None
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def hybrid_forward(self, F: ModuleType, x: Operand, weight: Operand, bias: Operand | None = None) -> Any:
        inputs = (x, weight) if bias is None else (x, weight, bias)
        out = getattr(F, self._op_name)(*inputs, name="fwd", **self._kwargs)
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        return describe_convolution(self, self._kwargs, self.weight, self.bias)


class _SpatialConv(PerDimension, _Conv):
    """Convolutions with the arguments as users give them.

    Parameters
    ----------
    channels : int
        Number of output channels.
    kernel_size, strides, padding, dilation : int or tuple of int
        Size of the kernel, steps between its places, zeros added at both ends, and steps between the values that it
        touches: one number for all spatial axes, or one an axis.
    groups : int, default 1
        Number of groups that the channels are divided into; an output channel sees its own group only.
    layout : str
        {layouts}: the axes of data and output.
        ``weight`` has output and input channels in the places of N and C.
    activation : str, optional
        Name of an activation function, see :class:`Activation`.
    use_bias : bool, default True
        Whether a bias is added.
    weight_initializer, bias_initializer : str or Initializer
        Initial values; weights get the network's initializer by default.
    in_channels : int, default 0
        Number of input channels; 0 finds it at the first call.

    Notes
    -----
    A spatial axis of size ``n`` becomes
    ``(n + 2 * padding - dilation * (kernel_size - 1) - 1) // strides + 1``.
    """

    _repeated: tuple[str, ...] = ("strides", "padding", "dilation")

    def __init__(
        self,
        channels: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        layout: str = "",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: InitLike = None,
        bias_initializer: InitLike = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        size = per_axis(type(self).__name__, "kernel_size", kernel_size, self._axes)
        layout = one_of(type(self).__name__, "layout", layout, self._layouts)
        windows = size, strides, padding, dilation, groups, layout
        more = activation, use_bias, weight_initializer, bias_initializer
        super().__init__(channels, *windows, in_channels, *more, **kwargs)


class _SpatialConvTranspose(_SpatialConv):
    """The same for transposed convolutions.

    Parameters
    ----------
    output_padding : int or tuple of int
        Added to the size of the output at one end; less than ``strides``.
    layout : str
        {layouts}: the axes of data and output.
        ``weight`` has input and output channels in the places of N and C.

    Notes
    -----
    A spatial axis of size ``n`` becomes
    ``(n - 1) * strides - 2 * padding + dilation * (kernel_size - 1) + 1 + output_padding``.
    """

    _repeated = ("strides", "padding", "output_padding", "dilation")

    def __init__(
        self,
        channels: int,
        kernel_size: Size,
        strides: Size = 1,
        padding: Size = 0,
        output_padding: Size = 0,
        dilation: Size = 1,
        groups: int = 1,
        layout: str = "",
        activation: str | None = None,
        use_bias: bool = True,
        weight_initializer: InitLike = None,
        bias_initializer: InitLike = "zeros",
        in_channels: int = 0,
        **kwargs: Any,
    ) -> None:
        name = type(self).__name__
        self.outpad = per_axis(name, "output_padding", output_padding, self._axes)
        if any(pad >= step for pad, step in zip(self.outpad, per_axis(name, "strides", strides, self._axes))):
            raise ArgumentValueError(
                f"{name}: output_padding must be less than strides, got {output_padding}, {strides}"
            )
        windows = kernel_size, strides, padding, dilation, groups, layout
        more = activation, use_bias, weight_initializer, bias_initializer, in_channels
        super().__init__(channels, *windows, *more, **{"op_name": "Deconvolution", "adj": self.outpad, **kwargs})


class Conv1D(_SpatialConv, axes=1, layouts=("NCW",)):
    """Convolution over one axis, such as time: ``(N, C, W)`` data."""


class Conv2D(_SpatialConv, axes=2):
    """Convolution over two axes: images of shape ``(N, C, H, W)`` or ``(N, H, W, C)``.

    Examples
    --------
    >>> import mxnet as mx
    >>> layer = mx.gluon.nn.Conv2D(8, kernel_size=3, padding=1)
    >>> layer.initialize()
    >>> layer(mx.nd.ones((2, 3, 16, 16))).shape, layer.weight.shape
    ((2, 8, 16, 16), (8, 3, 3, 3))
    """


class Conv3D(_SpatialConv, axes=3):
    """Convolution over three axes: ``(N, C, D, H, W)`` or ``(N, D, H, W, C)`` data, such as films and volumes."""


class Conv1DTranspose(_SpatialConvTranspose, axes=1, layouts=("NCW",)):
    """Transposed convolution over one axis: the adjoint of :class:`Conv1D`, which enlarges."""


class Conv2DTranspose(_SpatialConvTranspose, axes=2):
    """Transposed convolution over two axes: the adjoint of :class:`Conv2D`, which enlarges images."""


class Conv3DTranspose(_SpatialConvTranspose, axes=3):
    """Transposed convolution over three axes: the adjoint of :class:`Conv3D`, which enlarges volumes."""


class ReflectionPad2D(HybridBlock):
    """Pad images by mirroring them at their borders.

    Parameters
    ----------
    padding : int or tuple of 8 int, default 0
        Pixels added on each side, or two numbers (before, after) for each of the axes N, C, H and W; those of N and C
        must be 0.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.ReflectionPad2D(1)(mx.nd.arange(4).reshape((1, 1, 2, 2))).shape
    (1, 1, 4, 4)
    """

    def __init__(self, padding: Size = 0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if isinstance(padding, (tuple, list)):
            if len(padding) != 8:
                raise ArgumentValueError(
                    f"{type(self).__name__}: padding must be a number or 8 numbers, got {padding!r}"
                )
            self._padding = tuple(padding)
        else:
            self._padding = (0,) * 4 + (integer(type(self).__name__, "padding", padding, 0),) * 4

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        return F.pad(x, mode="reflect", pad_width=self._padding)
