"""What convolutions and poolings share: layouts, per-axis parameters, and checks of shapes."""

import torch
from torch import Tensor

from ....base import MXNetError
from ...shapes import show


def is_channels_last(layout: str | None) -> bool:
    """Whether a layout such as ``"NHWC"`` ends with the channels."""
    return layout is not None and layout[-1] == "C"


def channels_first(x: Tensor, layout: str | None) -> Tensor:
    """View an array of the given layout as ``NC...``; only strides change."""
    return x.movedim(-1, 1) if is_channels_last(layout) else x


def from_channels_first(x: Tensor, layout: str | None) -> Tensor:
    """View an ``NC...`` array in the given layout."""
    return x.movedim(1, -1) if is_channels_last(layout) else x


def shape_channels_first(shape: tuple, layout: str | None) -> tuple:
    """A shape of the given layout, as ``NC...``."""
    return (shape[0], shape[-1], *shape[1:-1]) if is_channels_last(layout) else tuple(shape)


def shape_from_channels_first(shape: tuple, layout: str | None) -> tuple:
    """An ``NC...`` shape in the given layout."""
    return (shape[0], *shape[2:], shape[1]) if is_channels_last(layout) else tuple(shape)


def per_axis(values: tuple, n: int, default: int, name: str, low: int = 0) -> tuple[int, ...]:
    """The ``n`` values of a per-axis parameter; empty stands for the default.

    Raises
    ------
    MXNetError
        When the length is another or a value is below ``low``.
    """
    if not values:
        return (default,) * n
    if len(values) != n:
        raise MXNetError(
            f"{name} must have the same number of dimensions with kernel, "
            f"but kernel has {n} while {name} is {tuple(values)}"
        )
    for v in values:
        if v is None or v < low:
            raise MXNetError(f"incorrect {name} size: {tuple(values)}, expected values >= {low}")
    return tuple(values)


def check_rank(shape: tuple | torch.Size, n: int, layout: str | None = None) -> None:
    """Check that data of the given shape has ``n`` spatial axes, a batch and channels, and the layout as many."""
    if layout is not None and len(layout) != n + 2:
        raise MXNetError(f"layout {layout} is for {len(layout) - 2}D kernels, got a {n}D kernel")
    if len(shape) != n + 2:
        raise MXNetError(
            f"data should be {n + 2}D (batch, channel and {n} spatial axes) for a {n}D kernel, got shape {tuple(shape)}"
        )


def check_4d(name: str, x: Tensor) -> None:
    """Check that an input has the axes of a batch of images."""
    if x.ndim != 4:
        raise MXNetError(f"{name} should be 4D in (batch, channel, y, x), got shape {tuple(x.shape)}")


def check_shape(name: str, x: Tensor, expected: tuple) -> None:
    """Check the shape of an input against what the other inputs and the parameters imply."""
    if x.shape != expected:
        raise MXNetError(
            f"Shape inconsistent, Provided = {show(tuple(x.shape))}, inferred shape={show(expected)}, of {name}"
        )
