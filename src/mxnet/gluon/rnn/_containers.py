"""Cells made of cells: stacked, or running in both directions."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from types import ModuleType
from typing import Any

from .._types import Operand
from ..utils import _indent
from ._base import HybridRecurrentCell, RecurrentCell, Unrolled, Wanted, cells_begin_state, cells_state_info
from ._sequences import (
    _format_sequence,
    _get_begin_state,
    _mask_sequence_variable_length,
    _reverse_sequences,
    tensor_types,
)


class _Several(RecurrentCell):
    """Cells that have the states of the cells in them, in their order."""

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of the states of all cells."""
        return cells_state_info(self._children.values(), batch_size)

    def begin_state(self, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """States of all cells to begin a sequence with; see :meth:`RecurrentCell.begin_state`."""
        self._check_not_modified()
        return cells_begin_state(self._children.values(), **kwargs)


class _Stack(_Several):
    """Cells one upon the other: the output of each is the input of the next."""

    def __repr__(self) -> str:
        rows = "\n".join([f"({i}): {_indent(repr(cell), 2)}" for i, cell in self._children.items()])
        return f"{type(self).__name__}(\n{rows}\n)"

    def add(self, cell: RecurrentCell) -> None:
        """Put a cell on top."""
        self.register_child(cell)

    def __getitem__(self, i: int) -> Any:
        return self._children[str(i)]

    def __len__(self) -> int:
        return len(self._children)

    def _with_states(self, states: Sequence[Operand]) -> list[tuple[Any, Any]]:
        """Each cell with its part of the states."""
        left, cells = iter(states), self._children.values()
        return [(cell, list(islice(left, len(cell.state_info())))) for cell in cells]  # type: ignore[attr-defined]

    def __call__(self, inputs: Operand, states: Sequence[Operand]) -> tuple[Any, list[Any]]:
        self._counter += 1
        if any(isinstance(cell, BidirectionalCell) for cell in self._children.values()):
            raise AssertionError("a stack with a BidirectionalCell cannot be stepped. Please use unroll")
        found = []
        for cell, own in self._with_states(states):
            inputs, own = cell(inputs, own)
            found.extend(own)
        return inputs, found

    def _unroll(self, inputs: Any, begin_state: Any, wanted: Wanted) -> Unrolled:
        length, layout, merge, valid_length = wanted
        inputs, _, F, batch_size = _format_sequence(length, inputs, layout, None)
        states = _get_begin_state(self, F, begin_state, inputs, batch_size)
        found = []
        last = len(self._children) - 1
        for i, (cell, own) in enumerate(self._with_states(states)):
            inputs, own = cell.unroll(length, inputs, own, layout, merge if i == last else None, valid_length)
            found.extend(own)
        return inputs, found


class SequentialRNNCell(_Stack):
    """Cells one upon the other, whatever kind they are.

    Examples
    --------
    >>> import mxnet as mx
    >>> stack = mx.gluon.rnn.SequentialRNNCell()
    >>> with stack.name_scope():
    ...     stack.add(mx.gluon.rnn.LSTMCell(20))
    ...     stack.add(mx.gluon.rnn.GRUCell(10))
    >>> stack.initialize()
    >>> stack.unroll(5, mx.nd.ones((2, 5, 4)), merge_outputs=True)[0].shape
    (2, 5, 10)
    """

    def hybrid_forward(self, *args: Any, **kwargs: Any) -> Any:
        """Not for this cell; :class:`HybridSequentialRNNCell` has it."""
        raise NotImplementedError("SequentialRNNCell is no hybrid block; use HybridSequentialRNNCell")


class HybridSequentialRNNCell(_Stack, HybridRecurrentCell):
    """Hybrid cells one upon the other; see :class:`SequentialRNNCell`."""

    def hybrid_forward(self, F: ModuleType, inputs: Operand, states: Sequence[Operand]) -> Any:
        return self(inputs, states)


class BidirectionalCell(_Several, HybridRecurrentCell):
    """Two cells, of which one runs through the sequence backwards; outputs are joined (Schuster and Paliwal, 1997).

    It can be unrolled only, not called for one step.

    Parameters
    ----------
    l_cell, r_cell : RecurrentCell
        The cell that runs forwards, and the one that runs backwards.
    output_prefix : str
        What the names of the outputs begin with.
    """

    def __init__(self, l_cell: RecurrentCell, r_cell: RecurrentCell, output_prefix: str = "bi_") -> None:
        super().__init__(prefix="", params=None)
        for name, cell in (("l_cell", l_cell), ("r_cell", r_cell)):
            self.register_child(cell, name)
        self._output_prefix = output_prefix

    def __call__(self, inputs: Operand, states: Sequence[Operand]) -> Any:
        """Not for this cell."""
        raise NotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def __repr__(self) -> str:
        return f"{type(self).__name__}(forward={self._children['l_cell']}, backward={self._children['r_cell']})"

    def _unroll(self, inputs: Any, begin_state: Any, wanted: Wanted) -> Unrolled:
        length, layout, merge, valid_length = wanted
        steps, axis, F, batch_size = _format_sequence(length, inputs, layout, False)
        backwards = _reverse_sequences(steps, length, valid_length)
        states = _get_begin_state(self, F, begin_state, steps, batch_size)
        cells: Any = self._children.values()
        l_cell, r_cell = cells
        own = len(l_cell.state_info(batch_size))
        l_outputs, l_states = l_cell.unroll(length, steps, states[:own], layout, merge, valid_length)
        r_outputs, r_states = r_cell.unroll(length, backwards, states[own:], layout, False, valid_length)
        r_outputs = _reverse_sequences(r_outputs, length, valid_length)
        merge = isinstance(l_outputs, tensor_types) if merge is None else merge
        outputs: Any
        if merge:
            r_outputs = F.stack(*r_outputs, axis=axis)
            outputs = F.concat(l_outputs, r_outputs, dim=2, name=f"{self._output_prefix}out")
        else:
            outputs = [
                F.concat(left, right, dim=1, name=f"{self._output_prefix}t{i}")
                for i, (left, right) in enumerate(zip(l_outputs, r_outputs))
            ]
        if valid_length is not None:
            outputs = _mask_sequence_variable_length(F, outputs, length, valid_length, axis, merge)
        return outputs, l_states + r_states
