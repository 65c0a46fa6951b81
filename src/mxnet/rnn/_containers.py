"""Cells made of cells: stacks, and two directions."""

from __future__ import annotations

from typing import Any

from .. import symbol
from ..symbol import Symbol
from ._base import BaseRNNCell, Merge, RNNParams, States, Unrolled, arrange, split


class _Container(BaseRNNCell):
    """Cells side by side: states and weights are those of all of them, one cell after the other."""

    def __init__(self, params: RNNParams | None) -> None:
        super().__init__(prefix="", params=params)
        self._override_cell_params = params is not None
        self._cells: list[BaseRNNCell] = []

    def _adopt(self, *cells: BaseRNNCell) -> None:
        """Take cells in and share parameters with them."""
        own = self.params._params
        if self._override_cell_params:
            assert all(cell._own_params for cell in cells), (
                f"parameters were given both to the {type(self).__name__} and to a cell in it: give them to one of both"
            )
            for cell in cells:
                cell.params._params.update(own)
        for cell in cells:
            own.update(cell.params._params)
        self._cells.extend(cells)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Those of all cells, in one list."""
        return [info for cell in self._cells for info in cell.state_info]

    def begin_state(self, **kwargs: Any) -> list[Symbol]:  # type: ignore[override]
        """The first states of all cells, in one list; see :meth:`BaseRNNCell.begin_state`."""
        self._check_unmodified()
        return [state for cell in self._cells for state in cell.begin_state(**kwargs)]

    def _shares(self, states: list[Symbol]) -> list[list[Symbol]]:
        """Each cell's part of the states."""
        states, shares = list(states), []
        for cell in self._cells:
            count = len(cell.state_info)
            shares.append(states[:count])
            states = states[count:]
        return shares

    def unpack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take the weights of all cells apart; see :meth:`BaseRNNCell.unpack_weights`."""
        for cell in self._cells:
            args = cell.unpack_weights(args)
        return args

    def pack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put the weights of all cells together; see :meth:`BaseRNNCell.pack_weights`."""
        for cell in self._cells:
            args = cell.pack_weights(args)
        return args


class SequentialRNNCell(_Container):
    """A stack of cells: the outputs of one are the inputs of the next.

    Parameters
    ----------
    params : RNNParams, optional
        Weights to share.

    Examples
    --------
    >>> import mxnet as mx
    >>> stack = mx.rnn.SequentialRNNCell()
    >>> stack.add(mx.rnn.LSTMCell(8, prefix="l0_"))
    >>> stack.add(mx.rnn.LSTMCell(4, prefix="l1_"))
    >>> stack.state_shape
    [(0, 8), (0, 8), (0, 4), (0, 4)]
    """

    def __init__(self, params: RNNParams | None = None) -> None:
        super().__init__(params)

    def add(self, cell: BaseRNNCell) -> None:
        """Put a cell on the top."""
        self._adopt(cell)

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Make the graph of one step of all cells; see :meth:`BaseRNNCell.__call__`."""
        self._counter += 1
        last = []
        for cell, share in zip(self._cells, self._shares(states)):
            assert not isinstance(cell, BidirectionalCell), "a stack with a BidirectionalCell cannot be stepped"
            inputs, share = cell(inputs, share)
            last.extend(share)
        return inputs, last

    def _unroll(self, length: int, inputs: Any, begin_state: States, layout: str, merge: Merge) -> Unrolled:
        states = self.begin_state() if begin_state is None else begin_state
        last = []
        for i, (cell, share) in enumerate(zip(self._cells, self._shares(states)), 1):
            inputs, share = cell.unroll(length, inputs, share, layout, merge if i == len(self._cells) else None)
            last.extend(share)
        return inputs, last


class BidirectionalCell(_Container):
    """Two cells, one of which goes through the sequence backwards; outputs are joined along the units.

    The states after the last step are one list for each direction.

    Parameters
    ----------
    l_cell, r_cell : BaseRNNCell
        For the forward and the backward direction.
    params : RNNParams, optional
        Weights to share.
    output_prefix : str
        Goes before the names of the joined outputs.
    """

    def __init__(
        self, l_cell: BaseRNNCell, r_cell: BaseRNNCell, params: RNNParams | None = None, output_prefix: str = "bi_"
    ) -> None:
        super().__init__(params)
        self._output_prefix = output_prefix
        self._adopt(l_cell, r_cell)

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Not possible: the backward direction needs the whole sequence."""
        raise NotImplementedError("Bidirectional cannot be stepped. Please use unroll")

    def _unroll(self, length: int, inputs: Any, begin_state: States, layout: str, merge: Merge) -> Unrolled:
        steps = arrange(length, inputs, layout, False)
        shares = self._shares(self.begin_state() if begin_state is None else begin_state)
        (forward, forward_states), (backward, backward_states) = (
            cell.unroll(length, order, share, layout, merge)
            for cell, order, share in zip(self._cells, (steps, steps[::-1]), shares)
        )
        axis = layout.find("T")
        if merge is None:
            merge = isinstance(forward, Symbol) and isinstance(backward, Symbol)
            if not merge:
                forward, backward = (
                    split(length, side, axis, "SliceChannel") if isinstance(side, Symbol) else side
                    for side in (forward, backward)
                )
        states = [forward_states, backward_states]
        if merge:
            backward = symbol.reverse(backward, axis=axis)
            return symbol.Concat(forward, backward, dim=2, name=f"{self._output_prefix}out"), states
        pairs = zip(forward, backward[::-1])
        return [symbol.Concat(f, b, dim=1, name=f"{self._output_prefix}t{i}") for i, (f, b) in enumerate(pairs)], states
