"""Operators that cut an array into several along an axis."""

from types import SimpleNamespace

from torch import Tensor

from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ...state import state
from ..axes import check_axis


def _drop(parts: list, axis: int) -> list:
    """Remove the axis of length 1 along which the parts were cut, where that is possible."""
    return [t.squeeze(axis) if _can_drop(t.ndim) else t for t in parts]


def _can_drop(ndim: int) -> bool:
    """Whether an array may lose an axis; without NumPy's shapes there are no arrays without axes."""
    return ndim > 1 or state.np_shape


@op(
    "SliceChannel",
    methods=("split",),
    display=Display(input_named=True, output_named=True),
    aliases=("split",),
    aliases_input=True,
    outputs=lambda p: tuple([f"output{i}" for i in range(p.num_outputs)]),
)
def slice_channel(data: Tensor, *, num_outputs: int, axis: int = 1, squeeze_axis: bool = False) -> list:
    """Cut an array into ``num_outputs`` equal parts along an axis.

    ``squeeze_axis`` removes that axis from the parts, whose length along it must be 1 then.
    """
    axis, length = _equal_parts(tuple(data.shape), num_outputs, axis, squeeze_axis)
    parts = list(data.split(length, axis)) if length else [data] * num_outputs
    return _drop(parts, axis) if squeeze_axis else parts


def _equal_parts(shape: tuple, num_outputs: int, axis: int, squeeze_axis: bool) -> tuple:
    """The axis from 0 and the length of the parts (None when unknown)."""
    if num_outputs < 1:
        raise ValueError(f"num_outputs must be at least 1, got {num_outputs}")
    axis = check_axis(axis, len(shape))
    length = shape[axis]
    if length is None:
        return axis, 1 if squeeze_axis else None
    if squeeze_axis and length != num_outputs:
        raise ValueError(f"with squeeze_axis, num_outputs ({num_outputs}) must be the length of axis {axis} of {shape}")
    if length % num_outputs:
        raise ValueError(f"cannot split axis {axis} of shape {shape} into {num_outputs} equal parts")
    return axis, length // num_outputs


@slice_channel.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None:
        return
    axis, length = _equal_parts(data, p.num_outputs, p.axis, p.squeeze_axis)
    squeeze = p.squeeze_axis and _can_drop(len(data))
    middle = () if squeeze else (length,)
    for name in s.outputs:
        s.unify(name, (*data[:axis], *middle, *data[axis + 1 :]))
        out = s[name]
        total = p.num_outputs if squeeze else None if out[axis] is None else out[axis] * p.num_outputs
        s.unify("data", (*out[:axis], total, *out[axis + len(middle) :]))
        data = s["data"]


def _num_parts(p: SimpleNamespace) -> int:
    return p.sections if p.sections > 0 else len(p.indices)


@op(
    "_split_v2",
    methods=("split_v2",),
    display=Display(input_named=True),
    aliases=("_npi_split",),
    aliases_input=True,
    outputs=lambda p: ("output",) if _num_parts(p) == 1 else tuple([f"output{i}" for i in range(_num_parts(p))]),
)
def split_v2(data: Tensor, *, indices: Shape, axis: int = 1, squeeze_axis: bool = False, sections: int = 0) -> list:
    """Cut an array along an axis, into ``sections`` nearly equal parts or at ``indices`` (the first of which is 0).

    Parameters
    ----------
    indices
        Where parts begin.
    sections
        How many parts, when ``indices`` do not count.
    """
    axis = check_axis(axis, data.ndim)
    lengths = _lengths(data.shape[axis], indices, sections)
    if squeeze_axis and any(n != 1 for n in lengths):
        raise ValueError(f"squeeze_axis needs parts of length 1, got lengths {lengths}")
    parts = list(data.split(lengths, axis))
    return _drop(parts, axis) if squeeze_axis else parts


def _lengths(n: int, indices: tuple, sections: int) -> list:
    """Lengths of the parts of an axis of length ``n``."""
    if sections > 0:
        return [n // sections + (i < n % sections) for i in range(sections)]
    if not indices:
        raise ValueError("indices must not be empty when sections is 0")
    if state.np_shape:  # as NumPy's parts, which begin at most where the axis ends
        indices = tuple([min(max(i + n if i < 0 else i, 0), n) for i in indices])
    if indices[0] != 0:
        raise ValueError(f"the first of indices must be 0, got {indices}")
    ends = (*indices[1:], n)
    for i, (start, end) in enumerate(zip(indices, ends)):
        if not 0 <= start <= end <= n:
            raise ValueError(f"part {i} of indices {indices} reaches from {start} to {end} on an axis of length {n}")
    return [end - start for start, end in zip(indices, ends)]


@split_v2.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None:
        return
    axis = check_axis(p.axis, len(data))
    squeeze = p.squeeze_axis and _can_drop(len(data))
    lengths = [None] * len(s.outputs) if data[axis] is None else _lengths(data[axis], p.indices, p.sections)
    for name, length in zip(s.outputs, lengths):
        s.unify(name, (*data[:axis], *(() if squeeze else (length,)), *data[axis + 1 :]))
        out = s[name]
        s.unify("data", (*out[:axis], None, *out[axis + (not squeeze) :]))
        data = s["data"]
    if not squeeze:
        parts = [s[name][axis] for name in s.outputs]
        if None not in parts:
            s.unify("data", [sum(parts) if i == axis else n for i, n in enumerate(data)])
