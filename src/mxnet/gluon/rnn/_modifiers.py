"""Cells that change what another cell does, and dropout between cells."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ... import symbol
from ...base import numeric_types
from .._types import Operand
from ._base import HybridRecurrentCell, RecurrentCell, Unrolled, Wanted
from ._containers import BidirectionalCell, _Stack
from ._sequences import _format_sequence, _mask_sequence_variable_length, tensor_types


class DropoutCell(HybridRecurrentCell):
    """Dropout of the input, without a state; for stacks (Srivastava et al., 2014).

    Parameters
    ----------
    rate : float
        What fraction of the elements becomes zero in training.
    axes : tuple of int
        The axes along which elements are dropped together.
    """

    _shown = "rate={_rate}, axes={_axes}"
    _hint = "dropout"

    def __init__(self, rate: float, axes: Any = (), prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix, params)
        if not isinstance(rate, numeric_types):
            raise AssertionError(f"rate must be a number, got {rate!r}")
        self._rate = rate
        self._axes = axes

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Nothing: it has no state."""
        return []

    def hybrid_forward(self, F: ModuleType, inputs: Any, states: Any) -> tuple[Any, Any]:
        if self._rate <= 0:
            return inputs, states
        return F.Dropout(data=inputs, p=self._rate, axes=self._axes, name=f"t{self._counter}_fwd"), states

    def _unroll(self, inputs: Any, begin_state: Any, wanted: Wanted) -> Unrolled:
        length, layout, merge, valid_length = wanted
        inputs, _, F, _ = _format_sequence(length, inputs, layout, merge)
        if isinstance(inputs, tensor_types):  # all steps in one call
            return self.hybrid_forward(F, inputs, begin_state or [])
        return super()._unroll(inputs, begin_state, wanted._replace(valid_length=None))


class ModifierCell(HybridRecurrentCell):
    """A cell that changes what another one does. It has the parameters and the states of that one.

    The base cell must not be used by itself any more.

    Parameters
    ----------
    base_cell : RecurrentCell
    """

    _shown = "{base_cell}"

    def __init__(self, base_cell: RecurrentCell) -> None:
        if base_cell._modified:
            raise AssertionError(f"cell {base_cell.name!r} is already modified: it has one modifier at most")
        base_cell._modified = True
        super().__init__(prefix=base_cell.prefix + self._alias(), params=None)
        self.base_cell: Any = base_cell

    @property
    def params(self) -> Any:
        """The parameters of the base cell."""
        return self.base_cell.params

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        return self.base_cell.state_info(batch_size)

    def begin_state(self, func: Callable[..., Any] = symbol.zeros, **kwargs: Any) -> list[Any]:  # type: ignore[override]
        """States to begin a sequence with; see :meth:`RecurrentCell.begin_state`."""
        self._check_not_modified()
        return self._of_base("begin_state", func=func, **kwargs)

    def _of_base(self, method: str, *args: Any, **kwargs: Any) -> Any:
        """Call a method of the base cell, which does not allow that to others."""
        self.base_cell._modified = False
        try:
            return getattr(self.base_cell, method)(*args, **kwargs)
        finally:
            self.base_cell._modified = True

    def hybrid_forward(self, F: ModuleType, inputs: Any, states: Any) -> Any:
        return super().hybrid_forward(F, inputs, states)


def check_steps(base_cell: RecurrentCell, modifier: str, what: str) -> None:
    """Refuse to modify the steps of cells that have none."""
    cells = base_cell._children.values() if isinstance(base_cell, _Stack) else [base_cell]
    if any(isinstance(cell, BidirectionalCell) for cell in cells):
        raise AssertionError(
            f"BidirectionalCell doesn't support {what} since it doesn't support step. Please add {modifier} to the "
            "cells underneath instead."
        )


class ZoneoutCell(ModifierCell):
    """Keeps a random part of outputs and states as they were a step before (Krueger et al., 2016).

    See https://arxiv.org/abs/1606.01305.

    Parameters
    ----------
    base_cell : RecurrentCell
    zoneout_outputs, zoneout_states : float
        What fraction of the elements stays, in training.
    """

    _shown = "p_out={zoneout_outputs}, p_state={zoneout_states}, {base_cell}"
    _hint = "zoneout"

    def __init__(self, base_cell: RecurrentCell, zoneout_outputs: float = 0.0, zoneout_states: float = 0.0) -> None:
        check_steps(base_cell, "ZoneoutCell", "zoneout")
        super().__init__(base_cell)
        self.zoneout_outputs, self.zoneout_states = zoneout_outputs, zoneout_states
        self._prev_output: Any = None

    def reset(self) -> None:
        """Forget the last output; :meth:`unroll` begins with this."""
        super().reset()
        self._prev_output = None

    def hybrid_forward(self, F: ModuleType, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        new_output, new_states = self.base_cell(inputs, states)

        def mixed(p: float, new: Operand, old: Any) -> Any:
            return F.where(F.Dropout(F.ones_like(new), p=p), new, old)

        output = new_output
        if self.zoneout_outputs:
            before = self._prev_output
            output = mixed(self.zoneout_outputs, new_output, F.zeros_like(new_output) if before is None else before)
        if self.zoneout_states:
            new_states = [mixed(self.zoneout_states, new, old) for new, old in zip(new_states, states)]
        self._prev_output = output
        return output, new_states


class ResidualCell(ModifierCell):
    """Adds the input to the output (Wu et al., 2016; https://arxiv.org/abs/1609.08144).

    Parameters
    ----------
    base_cell : RecurrentCell
        Whose output has the size of its input.
    """

    def __init__(self, base_cell: RecurrentCell) -> None:
        super().__init__(base_cell)

    def hybrid_forward(self, F: ModuleType, inputs: Any, states: Any) -> tuple[Any, list[Any]]:
        output, states = self.base_cell(inputs, states)
        return F.elemwise_add(output, inputs, name=f"t{self._counter}_fwd"), states

    def _unroll(self, inputs: Any, begin_state: Any, wanted: Wanted) -> Unrolled:
        length, layout, merge, valid_length = wanted
        outputs, states = self._of_base("unroll", length, inputs, begin_state, layout, merge, valid_length)
        merge = isinstance(outputs, tensor_types) if merge is None else merge
        inputs, axis, F, _ = _format_sequence(length, inputs, layout, merge)
        if valid_length is not None:
            inputs = _mask_sequence_variable_length(F, inputs, length, valid_length, axis, merge)
        if merge:
            return F.elemwise_add(outputs, inputs), states
        return [F.elemwise_add(output, own) for output, own in zip(outputs, inputs)], states
