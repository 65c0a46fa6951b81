"""Operators over slices: ranges with steps along the axes."""

from types import SimpleNamespace
from typing import Optional

from torch import Tensor

from ...params import Double, OpenShape, Shape
from ...registry import op
from ...shapes import ShapeRule, is_known
from ..axes import check_axis
from ..elemwise.scalar import held
from .places import split_direction


def _slices(ndim: int, begin: tuple, end: tuple, step: tuple) -> list:
    """One slice for each of the leading axes."""
    if len(begin) != len(end):
        raise ValueError(f"begin and end must have the same length, got {begin} and {end}")
    if len(begin) > ndim:
        raise ValueError(f"begin {begin} has more numbers than data has axes ({ndim})")
    if step == (None,):  # what None as a whole is read as
        step = ()
    if step and len(step) != len(begin):
        raise ValueError(f"step and begin must have the same length, got {step} and {begin}")
    if 0 in step:
        raise ValueError(f"step cannot be 0, got {step}")
    return [slice(b, e, s) for b, e, s in zip(begin, end, step or (None,) * len(begin))]


@op("slice", methods=True, aliases=("crop", "_sparse_slice", "_npi_slice", "_npx_slice"), aliases_input=True)
def slice_(data: Tensor, *, begin: OpenShape, end: OpenShape, step: OpenShape = ()) -> Tensor:
    """Cut a region out of an array, as ``data[begin[0]:end[0]:step[0], ...]``; ``None`` is an open end.

    Examples
    --------
    >>> x = mx.nd.arange(6).reshape((2, 3))
    >>> mx.nd.slice(x, begin=(0, None), end=(2, None), step=(1, -2)).asnumpy().tolist()
    [[2.0, 0.0], [5.0, 3.0]]
    """
    forward, flips = split_direction(_slices(data.ndim, begin, end, step), data.shape)
    part = data[forward]
    return part.flip(flips) if flips else part


@op("_slice_assign", aliases=("_crop_assign", "_npi_slice_assign"), no_gradient=True)
def slice_assign(lhs: Tensor, rhs: Tensor, *, begin: OpenShape, end: OpenShape, step: OpenShape = ()) -> Tensor:
    """A copy of ``lhs`` with ``rhs`` in the region that ``slice`` would cut out; ``rhs`` must have its shape."""
    forward, flips = split_direction(_slices(lhs.ndim, begin, end, step), lhs.shape)
    result = lhs.clone()
    part = result[forward]
    if part.shape != rhs.shape:
        raise ValueError(f"rhs must have the region's shape {tuple(part.shape)}, got {tuple(rhs.shape)}")
    part.copy_(rhs.flip(flips) if flips else rhs)
    return result


@slice_assign.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    lhs = s["lhs"]
    s.unify("output", lhs)
    if lhs is not None:
        slices = _slices(len(lhs), p.begin, p.end, p.step)
        lengths = [None if n is None else len(range(*c.indices(n))) for c, n in zip(slices, lhs)]
        s.unify("rhs", (*lengths, *lhs[len(lengths) :]))


@op(
    "_slice_assign_scalar",
    aliases=("_crop_assign_scalar", "_npi_slice_assign_scalar"),
    no_gradient=True,
    same_shape=True,
)
def slice_assign_scalar(
    data: Tensor, *, scalar: Double = 0.0, begin: OpenShape, end: OpenShape, step: OpenShape = ()
) -> Tensor:
    """A copy of the array with a number in the region that ``slice`` would cut out."""
    forward, _ = split_direction(_slices(data.ndim, begin, end, step), data.shape)
    result = data.clone()
    result[forward] = held(scalar, data.dtype)
    return result


def _axis_range(n: Optional[int], begin: int, end: Optional[int]) -> tuple:
    """First and last position of a range on an axis of length ``n``."""
    if not n:
        return 0, 0
    first = begin + n if begin < 0 else begin
    last = n if end is None else end + n if end < 0 else end
    if not 0 <= first < last <= n:
        raise ValueError(f"begin={begin}, end={end} is no range on an axis of length {n}")
    return first, last


@op("slice_axis", methods=True, aliases_input=True)
def slice_axis(data: Tensor, *, axis: int, begin: int, end: Optional[int]) -> Tensor:
    """Cut a range out along one axis; ``end=None`` is the end of the axis, negative numbers count from there."""
    axis = check_axis(axis, data.ndim)
    first, last = _axis_range(data.shape[axis], begin, end)
    return data.narrow(axis, first, last - first)


@slice_axis.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is not None:
        axis = check_axis(p.axis, len(data))
        first, last = _axis_range(data[axis], p.begin, p.end)
        length = None if data[axis] is None else last - first
        s.unify("output", (*data[:axis], length, *data[axis + 1 :]))


@op("slice_like", methods=True, inert=("shape_like",), aliases_input=True, same_type=("data", "output"))
def slice_like(data: Tensor, shape_like: Tensor, *, axes: Shape = ()) -> Tensor:
    """Cut the beginning of an array, as long as another array: along ``axes``, or all axes when none are given.

    Parameters
    ----------
    shape_like
        The array whose lengths count.
    """
    shape = _sliced_like(tuple(data.shape), tuple(shape_like.shape), axes)
    return data[tuple([slice(n) for n in shape])]


def _sliced_like(data: tuple, like: tuple, axes: tuple) -> tuple:
    if not axes and len(data) != len(like):
        raise ValueError(f"data has {len(data)} axes and shape_like {len(like)}; without axes they must agree")
    result = list(data)
    for a in axes or range(len(data)):
        axis = check_axis(a, len(data), "axes:")
        if axis >= len(like):
            raise ValueError(f"axes: shape_like has no axis {axis}")
        if data[axis] is not None and like[axis] is not None and like[axis] > data[axis]:
            raise ValueError(f"axis {axis} of shape_like is longer ({like[axis]}) than that of data ({data[axis]})")
        result[axis] = like[axis]
    return tuple(result)


@slice_like.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data, like = s["data"], s["shape_like"]
    if data is not None and like is not None:
        s.unify("output", _sliced_like(data, like, p.axes))
    elif not p.axes and is_known(like):
        s.unify("output", like)
