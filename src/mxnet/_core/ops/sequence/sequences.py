"""Operators over batches of sequences: time and batch are the first two axes, and each sequence has its own length."""

from types import SimpleNamespace
from typing import Optional

import torch
from torch import Tensor

from ...registry import Display, op
from ...shapes import ShapeRule, TypeRule
from ..elemwise.scalar import held


def _inputs(p: SimpleNamespace) -> tuple:
    return ("data", "sequence_length") if p.use_sequence_length else ("data",)


def _check(data: Tensor, lengths: Optional[Tensor], use_sequence_length: bool, axis: int) -> tuple:
    """Number of steps, number of sequences, and the lengths as integers within the number of steps (None: all full)."""
    if axis not in (0, 1):
        raise ValueError(f"axis must be 0 or 1, got {axis}")
    if data.ndim < 2:
        raise ValueError(f"data must have 2 or more axes, got shape {tuple(data.shape)}")
    steps, batch = data.shape[axis], data.shape[1 - axis]
    if not use_sequence_length:
        if lengths is not None:
            raise ValueError("sequence_length is given but use_sequence_length is False")
        return steps, batch, None
    if lengths is None:
        raise ValueError("sequence_length is needed when use_sequence_length is True")
    if tuple(lengths.shape) != (batch,):
        raise ValueError(f"sequence_length must have the shape ({batch},), got {tuple(lengths.shape)}")
    return steps, batch, lengths.to(torch.int64).clamp(max=steps)


def _batch_rule(s: ShapeRule, p: SimpleNamespace) -> None:
    """``sequence_length`` has one element for each sequence."""
    data = s["data"]
    if data is not None and len(data) < 2:
        raise ValueError(f"data must have 2 or more axes, got shape {data}")
    if p.use_sequence_length:
        if data is not None:
            s.unify("sequence_length", (data[1 - p.axis],))
        if s["sequence_length"] is not None and data is not None:
            rest = [None] * len(data)
            rest[1 - p.axis] = s["sequence_length"][0]
            s.unify("data", rest)


def _type_rule(t: TypeRule, p: SimpleNamespace) -> None:
    t.same("data", "output")
    if p.use_sequence_length and t["sequence_length"] is None:
        t.unify("sequence_length", t["data"])


@op(
    "SequenceLast",
    display=Display(input_named=True, output_named=True),
    inputs=_inputs,
    inert=("sequence_length",),
    aliases_input=True,
)
def sequence_last(
    data: Tensor, sequence_length: Optional[Tensor] = None, *, use_sequence_length: bool = False, axis: int = 0
) -> Tensor:
    """The last element of each sequence: the time axis ``axis`` (0 or 1) is dropped.

    Without ``use_sequence_length`` all sequences are as long as the array.
    """
    steps, batch, lengths = _check(data, sequence_length, use_sequence_length, axis)
    if lengths is None:
        return data.select(axis, steps - 1)
    last = (lengths - 1).clamp(min=0)
    sequence = torch.arange(batch, device=data.device)
    places = last * batch + sequence if axis == 0 else sequence * steps + last
    return data.flatten(0, 1).index_select(0, places)


@sequence_last.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    _batch_rule(s, p)
    if s["data"] is not None:
        s.unify("output", (s["data"][1 - p.axis], *s["data"][2:]))


@op(
    "SequenceMask",
    display=Display(input_named=True, output_named=True),
    aliases=("_npx_sequence_mask",),
    inputs=_inputs,
    inert=("sequence_length",),
    aliases_input=True,
)
def sequence_mask(
    data: Tensor,
    sequence_length: Optional[Tensor] = None,
    *,
    use_sequence_length: bool = False,
    value: float = 0.0,
    axis: int = 0,
) -> Tensor:
    """Overwrite what lies after the end of each sequence with ``value``; ``axis`` (0 or 1) is that of time.

    Without ``use_sequence_length`` nothing is overwritten.

    Parameters
    ----------
    value
        The number that is written.
    """
    steps, _, lengths = _check(data, sequence_length, use_sequence_length, axis)
    if lengths is None:
        return data
    step = torch.arange(steps, device=data.device)
    behind = step.unsqueeze(1 - axis) >= lengths.unsqueeze(axis)
    return data.masked_fill(behind.reshape(*behind.shape, *[1] * (data.ndim - 2)), held(value, data.dtype))


@sequence_mask.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    _batch_rule(s, p)
    s.same("data", "output")


@op("SequenceReverse", display=Display(input_named=True, output_named=True), inputs=_inputs, inert=("sequence_length",))
def sequence_reverse(
    data: Tensor, sequence_length: Optional[Tensor] = None, *, use_sequence_length: bool = False, axis: int = 0
) -> Tensor:
    """Reverse each sequence in time (axis 0) within its length; what lies after its end stays."""
    if axis != 0:
        raise ValueError(f"axis must be 0, got {axis}")
    steps, batch, lengths = _check(data, sequence_length, use_sequence_length, axis)
    if lengths is None:
        return data.flip(0)
    step = torch.arange(steps, device=data.device).unsqueeze(1)
    source = torch.where(step < lengths, lengths - 1 - step, step)
    places = source * batch + torch.arange(batch, device=data.device)
    return data.flatten(0, 1).index_select(0, places.flatten()).reshape(data.shape)


@sequence_reverse.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    _batch_rule(s, p)
    s.same("data", "output")


for _opdef in (sequence_last, sequence_mask, sequence_reverse):
    _opdef.infer_type(_type_rule)
