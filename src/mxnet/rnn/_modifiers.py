"""Cells that change what goes into another cell or comes out of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .. import symbol
from ..base import numeric_types
from ..symbol import Symbol
from ._base import BaseRNNCell, Merge, RNNParams, States, Unrolled, arrange
from ._containers import BidirectionalCell


class DropoutCell(BaseRNNCell):
    """Dropout between the cells of a stack; it has no states.

    Parameters
    ----------
    dropout : float
        Which part of the inputs is dropped in training.
    prefix : str
    params : RNNParams, optional
    """

    def __init__(self, dropout: float, prefix: str = "dropout_", params: RNNParams | None = None) -> None:
        super().__init__(prefix, params)
        assert isinstance(dropout, numeric_types), f"the rate of dropout must be a number, got {dropout!r}"
        self.dropout = dropout

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """Empty."""
        return []

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Drop from the inputs; states go through."""
        if self.dropout > 0:
            inputs = symbol.Dropout(data=inputs, p=self.dropout)
        return inputs, states

    def _unroll(self, length: int, inputs: Any, begin_state: States, layout: str, merge: Merge) -> Unrolled:
        inputs = arrange(length, inputs, layout, merge)
        if isinstance(inputs, Symbol):  # all steps at once
            return self(inputs, [])
        return super()._unroll(length, inputs, begin_state, layout, merge)


class ModifierCell(BaseRNNCell):
    """Base class of cells around another cell, whose parameters and states they have.

    The cell inside must not be called by itself any longer.

    Parameters
    ----------
    base_cell : BaseRNNCell
    """

    def __init__(self, base_cell: BaseRNNCell) -> None:
        super().__init__()
        base_cell._modified = True
        self.base_cell = base_cell

    @contextmanager
    def _base_unlocked(self) -> Iterator[BaseRNNCell]:
        """The cell inside, callable in this block."""
        self.base_cell._modified = False
        try:
            yield self.base_cell
        finally:
            self.base_cell._modified = True

    @property
    def params(self) -> RNNParams:
        """Those of the cell inside."""
        self._own_params = False
        return self.base_cell.params

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return self.base_cell.state_info

    def begin_state(  # type: ignore[override]
        self, init_sym: Callable[..., Symbol] = symbol.zeros, **kwargs: Any
    ) -> list[Symbol]:
        """The first states of the cell inside; see :meth:`BaseRNNCell.begin_state`, whose ``func`` works as well."""
        self._check_unmodified()
        with self._base_unlocked() as cell:
            return cell.begin_state(func=kwargs.pop("func", init_sym), **kwargs)

    def unpack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take the weights of the cell inside apart; see :meth:`BaseRNNCell.unpack_weights`."""
        return self.base_cell.unpack_weights(args)

    def pack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put the weights of the cell inside together; see :meth:`BaseRNNCell.pack_weights`."""
        return self.base_cell.pack_weights(args)


def _has_directions(cell: BaseRNNCell) -> bool:
    return isinstance(cell, BidirectionalCell) or any(_has_directions(inner) for inner in cell._cells)


class ZoneoutCell(ModifierCell):
    """Zoneout (Krueger et al., 2016): in training, units keep their values of the step before at random.

    Parameters
    ----------
    base_cell : BaseRNNCell
        One that can be stepped.
    zoneout_outputs, zoneout_states : float
        Which part of the outputs and of the states is kept.
    """

    def __init__(self, base_cell: BaseRNNCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        assert base_cell._is_stepped, "FusedRNNCell cannot be stepped, so zoneout needs it unfused"
        assert not _has_directions(base_cell), (
            "BidirectionalCell cannot be stepped: put ZoneoutCell on the cells inside it instead"
        )
        super().__init__(base_cell)
        self.zoneout_outputs = zoneout_outputs
        self.zoneout_states = zoneout_states
        self.prev_output: Symbol | None = None

    def reset(self) -> None:
        """Forget the output of the last step, too."""
        super().reset()
        self.prev_output = None

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Make the graph of one step; see :meth:`BaseRNNCell.__call__`."""

        def mix(rate: float, new: Symbol, old: Symbol) -> Symbol:
            # Dropout of ones is zero where the old value stays.
            return symbol.where(symbol.Dropout(symbol.ones_like(new), p=rate), new, old)

        output, new_states = self.base_cell(inputs, states)
        previous = symbol.zeros((0, 0)) if self.prev_output is None else self.prev_output
        if self.zoneout_outputs != 0:
            output = mix(self.zoneout_outputs, output, previous)
        if self.zoneout_states != 0:
            new_states = [mix(self.zoneout_states, new, old) for new, old in zip(new_states, states)]
        self.prev_output = output
        return output, new_states


class ResidualCell(ModifierCell):
    """Adds the inputs to the outputs (Wu et al., 2016); both have the same number of units.

    Parameters
    ----------
    base_cell : BaseRNNCell
    """

    @staticmethod
    def _add(output: Symbol, inputs: Symbol) -> Symbol:
        return symbol.elemwise_add(output, inputs, name=f"{output.name}_plus_residual")

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Make the graph of one step; see :meth:`BaseRNNCell.__call__`."""
        output, states = self.base_cell(inputs, states)
        return self._add(output, inputs), states

    def _unroll(self, length: int, inputs: Any, begin_state: States, layout: str, merge: Merge) -> Unrolled:
        with self._base_unlocked() as cell:
            outputs, states = cell.unroll(length, inputs, begin_state, layout, merge)
        merge = isinstance(outputs, Symbol) if merge is None else merge
        inputs = arrange(length, inputs, layout, merge)
        if merge:
            return self._add(outputs, inputs), states
        return [self._add(output, step) for output, step in zip(outputs, inputs)], states
