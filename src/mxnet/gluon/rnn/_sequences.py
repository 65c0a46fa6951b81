"""Sequences as one array (or symbol) with a time axis, or as a list with an array for each step."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from ... import ndarray, symbol
from ...base import _as_list
from ...ndarray import NDArray
from ...symbol import Symbol
from .._types import Operand
from ..utils import in_mode

tensor_types = (Symbol, NDArray)


def state(func: Callable[..., Any], **kwargs: Any) -> Any:
    """A state to begin with, of the mode's own kind of array."""
    return in_mode(func(**kwargs))


def _format_sequence(
    length: int | None, inputs: Any, layout: str, merge: bool | None, in_layout: str | None = None
) -> tuple[Any, int, Any, int]:
    """A sequence with its axes as in ``layout``, as one array (``merge`` is true), a list (false), or as it is.

    ``in_layout`` is the order of the axes in ``inputs``, if it is another; ``length`` the number of steps, if known.
    Gives also the number of the time axis, ``mx.nd`` or ``mx.sym``, and the batch size (0 for symbols).
    """
    if inputs is None:
        raise AssertionError("unroll: inputs is missing; variables for the steps are made by the caller")
    axis = layout.find("T")
    in_axis = axis if in_layout is None else in_layout.find("T")
    merged = isinstance(inputs, tensor_types)
    first = inputs if merged else inputs[0]
    F = symbol if isinstance(first, Symbol) else ndarray
    batch_size = 0
    if F is ndarray:
        batch_size = first.shape[layout.find("N") if merged else 0]
    if not merged and length is not None and len(inputs) != length:
        raise AssertionError(f"unroll: {length} steps, but a list of {len(inputs)} inputs")
    if merged and merge is False:
        inputs = _steps(F, inputs, length, in_axis)
    elif not merged and merge is True:
        inputs = F.stack(*inputs, axis=axis)
    elif merged and in_axis != axis:
        inputs = F.swapaxes(inputs, dim1=axis, dim2=in_axis)
    return inputs, axis, F, batch_size


def _steps(F: ModuleType, inputs: Any, length: int | None, axis: int) -> list[Any]:
    """A list of the steps of a sequence."""
    if F is symbol:
        if len(inputs.list_outputs()) != 1:
            raise AssertionError(
                "unroll: inputs is a group of symbols; give list(inputs), or one symbol that unroll splits itself"
            )
        return list(F.split(inputs, axis=axis, num_outputs=length, squeeze_axis=1))
    steps = inputs.shape[axis]
    if length is not None and length != steps:
        raise AssertionError(f"unroll: {length} steps, but axis {axis} of the input has length {steps}")
    return _as_list(F.split(inputs, axis=axis, num_outputs=steps, squeeze_axis=1))


def _get_begin_state(cell: Any, F: ModuleType, begin_state: Any, inputs: Any, batch_size: int) -> Any:
    """The states to begin with: those given, else zeros where the inputs are."""
    if begin_state is not None:
        return begin_state
    if F is symbol:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)
    with (inputs if isinstance(inputs, NDArray) else inputs[0]).context:
        return cell.begin_state(func=F.zeros, batch_size=batch_size)


def _mask_sequence_variable_length(
    F: ModuleType,
    data: Operand | Sequence[Operand],
    length: int,
    valid_length: Operand,
    time_axis: int,
    merge: bool | None,
) -> Any:
    """A sequence with zeros after the end of each example; a list unless ``merge`` is true."""
    if valid_length is None:
        raise AssertionError("valid_length must be given")
    if not isinstance(data, tensor_types):
        data = F.stack(*data, axis=time_axis)
    masked = F.SequenceMask(data, sequence_length=valid_length, use_sequence_length=True, axis=time_axis)
    if merge:
        return masked
    return _as_list(F.split(masked, num_outputs=length, axis=time_axis, squeeze_axis=True))


def _reverse_sequences(sequences: Sequence[Any], unroll_step: int, valid_length: object | None = None) -> list[Any]:
    """A list of steps backwards; with lengths, each example from its own end, what comes after it staying in place."""
    if valid_length is None:
        return list(reversed(sequences))
    F = symbol if isinstance(sequences[0], Symbol) else ndarray
    turned = F.SequenceReverse(F.stack(*sequences, axis=0), sequence_length=valid_length, use_sequence_length=True)
    if unroll_step == 1 and F is ndarray:
        return [turned[0]]
    return list(F.split(turned, axis=0, num_outputs=unroll_step, squeeze_axis=True))
