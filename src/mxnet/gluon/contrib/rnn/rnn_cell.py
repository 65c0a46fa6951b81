"""Variational dropout, LSTM with projection, and unrolling in an operator."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from types import ModuleType
from typing import Any

from ...._core.rnn_steps import lstm_step
from ....base import _as_list
from ..._types import Operand
from ...rnn import ModifierCell, RecurrentCell
from ...rnn._base import Unrolled, Wanted
from ...rnn._dense import _DenseCell
from ...rnn._modifiers import check_steps
from ...rnn._sequences import _format_sequence, _get_begin_state, _mask_sequence_variable_length, tensor_types

__all__ = ["LSTMPCell", "VariationalDropoutCell"]


class VariationalDropoutCell(ModifierCell):
    """Drops the same elements of inputs, states and outputs in all steps of a sequence (Gal and Ghahramani, 2016).

    See https://arxiv.org/abs/1512.05287. :meth:`reset` lets the next sequence draw other elements.

    Parameters
    ----------
    base_cell : RecurrentCell
    drop_inputs, drop_states, drop_outputs : float
        What fraction of the elements becomes zero in training; of the states, the first one is meant.
    """

    _shown = "p_out = {drop_outputs}, p_state = {drop_states}"
    _hint = "vardrop"

    def __init__(
        self, base_cell: RecurrentCell, drop_inputs: float = 0.0, drop_states: float = 0.0, drop_outputs: float = 0.0
    ) -> None:
        if drop_states:
            check_steps(base_cell, "VariationalDropoutCell", "variational state dropout")
        super().__init__(base_cell)
        self.drop_inputs, self.drop_states, self.drop_outputs = drop_inputs, drop_states, drop_outputs
        self._forget_masks()

    def _forget_masks(self) -> None:
        self.drop_inputs_mask = self.drop_states_mask = self.drop_outputs_mask = None

    def reset(self) -> None:
        """Forget which elements are dropped; :meth:`unroll` begins with this."""
        super().reset()
        self._forget_masks()

    def _dropped(self, F: ModuleType, data: object, what: str) -> Any:
        """Data without the elements that are dropped in this sequence; the first step draws which ones those are."""
        rate = getattr(self, f"drop_{what}")
        if not rate:
            return data
        mask = getattr(self, f"drop_{what}_mask")
        if mask is None:
            mask = F.Dropout(F.ones_like(data), p=rate)
            setattr(self, f"drop_{what}_mask", mask)
        return data * mask

    def hybrid_forward(self, F: ModuleType, inputs: Operand, states: Any) -> tuple[Any, list[Any]]:
        states = [self._dropped(F, states[0], "states"), *states[1:]]
        output, states = self.base_cell(self._dropped(F, inputs, "inputs"), states)
        return self._dropped(F, output, "outputs"), states

    def _unroll(self, inputs: Any, begin_state: Any, wanted: Wanted) -> Unrolled:
        length, layout, merge, valid_length = wanted
        if self.drop_states:  # masks of inputs and outputs can be applied to all steps at once, these cannot
            return super()._unroll(inputs, begin_state, wanted)
        data, axis, F, batch_size = _format_sequence(length, inputs, layout, True)

        def dropped(sequence: Any, rate: float) -> Any:
            return F.Dropout(sequence, p=rate, axes=(axis,)) if rate else sequence

        states = _get_begin_state(self, F, begin_state, data, batch_size)
        data = dropped(data, self.drop_inputs)
        outputs, states = self.base_cell.unroll(length, data, states, layout, True, valid_length)
        outputs = dropped(outputs, self.drop_outputs)
        merge = isinstance(outputs, tensor_types) if merge is None else merge
        if valid_length is not None:
            return _mask_sequence_variable_length(F, outputs, length, valid_length, axis, merge), states
        return _format_sequence(length, outputs, layout, merge)[0], states


class LSTMPCell(_DenseCell):
    r"""An LSTM cell whose hidden state is projected to another size (Sak et al., 2014).

    See https://arxiv.org/abs/1402.1128.

    .. math:: h_t = W_{hr} \, (\sigma(o_t) \tanh(c_t))

    Parameters
    ----------
    hidden_size : int
        Size of the cell state.
    projection_size : int
        Size of the output and of the hidden state.
    h2r_weight_initializer : str or Initializer
    """

    _hint = "lstmp"
    _gates = 4

    def __init__(
        self,
        hidden_size: int,
        projection_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        h2r_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        initializers = i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        self._projection_size, self._h2r_weight_initializer = projection_size, h2r_weight_initializer
        super().__init__(hidden_size, *initializers, input_size, prefix, params)

    def _mapping(self) -> str:
        return f"{super()._mapping()} -> {self.h2r_weight.shape[0]}"

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of the two states."""
        sizes = self._projection_size, self._hidden_size
        return [{"shape": (batch_size, n), "__layout__": "NC"} for n in sizes]

    def hybrid_forward(  # type: ignore[override]
        self,
        F: ModuleType,
        inputs: Operand,
        states: Sequence[Operand],
        i2h_weight: Operand,
        h2h_weight: Operand,
        h2r_weight: Operand,
        i2h_bias: Operand,
        h2h_bias: Operand,
    ) -> tuple[Any, list[Any]]:
        weights = {"i2h_weight": i2h_weight, "h2h_weight": h2h_weight, "i2h_bias": i2h_bias, "h2h_bias": h2h_bias}
        hidden, (_, next_c) = self._run(F, inputs, states, weights)
        name, size = f"t{self._counter}_out", self._projection_size
        next_r = F.FullyConnected(data=hidden, weight=h2r_weight, num_hidden=size, no_bias=True, name=name)
        return next_r, [next_r, next_c]

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> tuple[Any, list[Any]]:
        return lstm_step(F, i2h, h2h, states, prefix, partial(F.Activation, act_type="tanh"), "hidden")


def dynamic_unroll(
    cell: RecurrentCell,
    inputs: Operand,
    begin_state: Sequence[Operand],
    drop_inputs: float = 0,
    drop_outputs: float = 0,
    layout: str = "TNC",
    valid_length: Operand | None = None,
) -> tuple[Any, Any]:
    """Run a cell over a sequence of any length: the loop is an operator, ``foreach``, and not part of the graph.

    Parameters
    ----------
    cell : RecurrentCell
    inputs : NDArray or Symbol
        With a time axis, as ``layout`` says.
    begin_state : list of NDArray or Symbol
    drop_inputs, drop_outputs : float
        Rates of variational dropout: what is dropped is so in all steps.
    layout : {"TNC", "NTC"}
    valid_length : NDArray or Symbol, optional
        The length of each example: outputs after it are zero, and the final states those at its end.

    Returns
    -------
    outputs, states

    Examples
    --------
    >>> import mxnet as mx
    >>> from mxnet.gluon.contrib.rnn.rnn_cell import dynamic_unroll
    >>> cell = mx.gluon.rnn.RNNCell(5)
    >>> cell.initialize()
    >>> outputs, states = dynamic_unroll(cell, mx.nd.ones((3, 2, 4)), cell.begin_state(batch_size=2))
    >>> outputs.shape
    (3, 2, 5)
    """
    inputs, axis, F, _ = _format_sequence(0, inputs, layout, True)

    def swapped(data: Operand) -> Any:
        return F.swapaxes(data, dim1=0, dim2=axis) if axis else data

    inputs = swapped(inputs)
    if drop_inputs:
        inputs = F.Dropout(inputs, p=drop_inputs, axes=(0,))
    step: Any = cell
    states = begin_state
    if valid_length is not None:
        states = [*_as_list(states), F.zeros(1)]

        def step(data: Operand, states: Sequence[Operand]) -> tuple[Any, list[Any]]:
            *before, number = states
            out, after = cell(data, before)
            alive = F.broadcast_greater(valid_length, number)
            return out, [*[F.where(alive, new, old) for new, old in zip(after, before)], number + 1]

    outputs, states = F.contrib.foreach(step, inputs, states)
    if drop_outputs:
        outputs = F.Dropout(outputs, p=drop_outputs, axes=(0,))
    outputs = swapped(outputs)
    if valid_length is None:
        return outputs, states
    masked = F.SequenceMask(outputs, sequence_length=valid_length, use_sequence_length=True, axis=axis)
    return masked, states[:-1]
