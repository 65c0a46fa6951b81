"""Operators that change the order of axes or of elements along them."""

from types import SimpleNamespace

from torch import Tensor

from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ..axes import check_axes, check_axis


def _permutation(axes: tuple, ndim: int) -> tuple:
    """The order of axes that ``axes`` means: reversed when it is empty."""
    if not axes:
        return tuple(range(ndim))[::-1]
    if len(axes) != ndim:
        raise ValueError(f"axes {axes} must name each of the {ndim} axes once")
    return check_axes(axes, ndim, "axes")


@op("transpose", methods=True, aliases_input=True)
def transpose(data: Tensor, *, axes: Shape = ()) -> Tensor:
    """Permute the axes: axis ``i`` of the result is axis ``axes[i]`` of the input; without ``axes``, reverse them."""
    return data.permute(_permutation(axes, data.ndim))


@transpose.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    known = s["data"] if s["data"] is not None else s["output"]
    if known is None:
        return
    order = _permutation(p.axes, len(known))
    if s["data"] is not None:
        s.unify("output", [s["data"][a] for a in order])
    out = s["output"]
    s.unify("data", [out[order.index(a)] for a in range(len(order))])


@op(
    "SwapAxis",
    methods=("swapaxes",),
    display=Display(input_named=True, output_named=True),
    aliases=("swapaxes", "_npi_swapaxes"),
    aliases_input=True,
)
def swap_axis(data: Tensor, *, dim1: int = 0, dim2: int = 0) -> Tensor:
    """Exchange two axes.

    Parameters
    ----------
    dim1, dim2
        The two axes.
    """
    return data.transpose(check_axis(dim1, data.ndim, "dim1"), check_axis(dim2, data.ndim, "dim2"))


@op("reverse", methods=("flip",), display=Display(input_named=True), aliases=("flip",))
def reverse(data: Tensor, *, axis: Shape) -> Tensor:
    """Reverse the order of elements along one or several axes."""
    return data.flip(check_axes(axis, data.ndim))


def _check_blocks(data: Tensor, block: int) -> tuple:
    if data.ndim != 4:
        raise ValueError(f"data must have 4 axes (batch, depth, height, width), got shape {tuple(data.shape)}")
    if block < 1:
        raise ValueError(f"block_size must be a positive integer value, got {block}")
    if 0 in data.shape:
        raise ValueError(f"data must not be empty, got shape {tuple(data.shape)}")
    return tuple(data.shape)


@op("depth_to_space", methods=True, display=Display(input_named=True))
def depth_to_space(data: Tensor, *, block_size: int) -> Tensor:
    """Move blocks of depth into space: ``(n, c, h, w)`` becomes ``(n, c / b**2, h * b, w * b)``."""
    n, c, h, w = _check_blocks(data, block_size)
    b = block_size
    if c % (b * b):
        raise ValueError(f"the depth {c} (axis 1) must be a multiple of block_size**2 = {b * b}")
    blocks = data.reshape(n, b, b, c // (b * b), h, w)
    return blocks.permute(0, 3, 4, 1, 5, 2).reshape(n, c // (b * b), h * b, w * b)


@op("space_to_depth", methods=True, display=Display(input_named=True))
def space_to_depth(data: Tensor, *, block_size: int) -> Tensor:
    """Move blocks of space into depth: ``(n, c, h, w)`` becomes ``(n, c * b**2, h / b, w / b)``."""
    n, c, h, w = _check_blocks(data, block_size)
    b = block_size
    if h % b or w % b:
        raise ValueError(f"height {h} and width {w} must be multiples of block_size {b}")
    blocks = data.reshape(n, c, h // b, b, w // b, b)
    return blocks.permute(0, 3, 5, 1, 2, 4).reshape(n, c * b * b, h // b, w // b)
