"""What all recurrent cells have in common."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from ... import ndarray
from .._types import Operand
from ..block import Block, HybridBlock
from ..nn import LeakyReLU
from ._sequences import _format_sequence, _get_begin_state, _mask_sequence_variable_length, state

Unrolled = tuple[Any, list[Any]]  # outputs and last states


class Wanted(NamedTuple):
    """The arguments of :meth:`RecurrentCell.unroll` besides its data."""

    length: int
    layout: str
    merge: bool | None
    valid_length: Any


# What activations are called by name as operators of their own; others are kinds of Activation.
_OPERATORS = ("tanh", "relu", "sigmoid", "softsign")


class RecurrentCell(Block):
    """One step of a recurrent network: from an input and states to an output and new states."""

    def __init__(self, prefix: str | None = None, params: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._modified = False  # whether a modifier cell has taken this one over
        self.reset()

    def reset(self) -> None:
        """Forget what happened in earlier sequences; :meth:`unroll` begins with this."""
        self._counter = self._init_counter = -1
        for cell in self._children.values():
            cell.reset()  # type: ignore[attr-defined]

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape and layout of each state."""
        raise NotImplementedError(f"{type(self).__name__} must define state_info")

    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """States to begin a sequence with.

        Parameters
        ----------
        batch_size : int
            Needed for arrays; symbols can leave it open.
        func : callable
            What makes a state, such as ``mx.nd.zeros``, ``mx.nd.random.uniform`` or ``mx.sym.var``.
        **kwargs
            More for ``func``.
        """
        self._check_not_modified()
        states = []
        for info in self.state_info(batch_size):
            self._init_counter += 1
            states.append(state(func, name=f"{self._prefix}begin_state_{self._init_counter}", **{**info, **kwargs}))
        return states

    def _check_not_modified(self) -> None:
        if self._modified:
            raise AssertionError(
                f"cell {self.name!r} is wrapped by a modifier such as ZoneoutCell, which is to be called instead of it"
            )

    def unroll(
        self,
        length: int,
        inputs: Operand,
        begin_state: Sequence[Operand] | None = None,
        layout: str = "NTC",
        merge_outputs: bool | None = None,
        valid_length: Operand | None = None,
    ) -> tuple[Any, list[Any]]:
        """Run the cell over a sequence.

        Parameters
        ----------
        length : int
            The number of steps.
        inputs : NDArray, Symbol or list of them
            One with a time axis, or one for each step, ``(batch, channels)``.
        begin_state : list, optional
            What :meth:`begin_state` gives; zeros when not given.
        layout : str
            The order of batch, time and channel axes of the input and of merged outputs.
        merge_outputs : bool, optional
            One output with a time axis (true), a list (false), or what comes cheaper.
        valid_length : NDArray or Symbol, optional
            The length of each example, ``(batch,)``: outputs after it are zero, and the final states those at its end.

        Returns
        -------
        outputs, states
            The outputs of all steps, and the states after the last one.

        Examples
        --------
        >>> import mxnet as mx
        >>> cell = mx.gluon.rnn.LSTMCell(8)
        >>> cell.initialize()
        >>> outputs, states = cell.unroll(5, mx.nd.ones((2, 5, 3)), merge_outputs=True)
        >>> outputs.shape, [s.shape for s in states]
        ((2, 5, 8), [(2, 8), (2, 8)])
        """
        self.reset()
        return self._unroll(inputs, begin_state, Wanted(length, layout, merge_outputs, valid_length))

    def _unroll(self, inputs: Any, begin_state: Any, wanted: Wanted) -> Unrolled:
        """What :meth:`unroll` does after the reset; cells that do it in another way define this."""
        length, layout, merge, valid_length = wanted
        inputs, axis, F, batch_size = _format_sequence(length, inputs, layout, False)
        states = _get_begin_state(self, F, begin_state, inputs, batch_size)
        outputs: Any = []
        history = []
        for step in inputs[:length]:
            output, states = self(step, states)
            outputs.append(output)
            history.append(states)
        if valid_length is not None:
            states = [
                F.SequenceLast(F.stack(*steps, axis=0), sequence_length=valid_length, use_sequence_length=True, axis=0)
                for steps in zip(*history)
            ]
            outputs = _mask_sequence_variable_length(F, outputs, length, valid_length, axis, True)
        return _format_sequence(length, outputs, layout, merge)[0], states

    def _get_activation(
        self, F: ModuleType, inputs: Operand | Sequence[Operand], activation: str, **kwargs: Any
    ) -> Any:
        """Apply an activation that is given by its name, as a layer or as a function."""
        if isinstance(activation, str):
            if activation in _OPERATORS:
                return getattr(F, activation)(inputs, **kwargs)
            return F.Activation(inputs, act_type=activation, **kwargs)
        if isinstance(activation, LeakyReLU):
            kwargs.update(act_type="leaky", slope=activation._alpha)
            return F.LeakyReLU(inputs, **kwargs)
        return activation(inputs, **kwargs)

    def forward(self, inputs: Operand | Sequence[Operand], states: list[Any]) -> tuple[Any, list[Any]]:
        """Make one step.

        Parameters
        ----------
        inputs : NDArray or Symbol
            ``(batch, channels)``.
        states : list
            Those of the step before, or what :meth:`begin_state` gives.

        Returns
        -------
        output, states
        """
        self._counter += 1
        return super().forward(inputs, states)


class HybridRecurrentCell(RecurrentCell, HybridBlock):
    """A recurrent cell that works on arrays and on symbols, see :class:`mxnet.gluon.HybridBlock`."""

    def hybrid_forward(self, F: ModuleType, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Make one step."""
        return super().hybrid_forward(F, x, *args, **kwargs)


class _GatedCell(HybridRecurrentCell):
    """A cell whose step is arithmetic on a map of the input and one of the hidden state, to all gates together."""

    _gates = 1
    _num_states = 1
    _state_shape: tuple[int, ...]
    _state_layout = "NC"
    i2h_weight: Any

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        state = {"shape": (batch_size, *self._state_shape), "__layout__": self._state_layout}
        return [dict(state) for _ in range(self._num_states)]

    def _add(self, name: str, shape: tuple[int, ...], init: Any) -> None:
        """Make a parameter."""
        setattr(self, name, self.params.get(name, shape=shape, init=init, allow_deferred_init=True))

    def _run(self, F: ModuleType, inputs: Any, states: Any, weights: dict[str, Any]) -> tuple[Any, list[Any]]:
        prefix, hidden, w = f"t{self._counter}_", states[0], weights
        i2h = self._map(F, "i2h", data=inputs, weight=w["i2h_weight"], bias=w["i2h_bias"], name=prefix + "i2h")
        h2h = self._map(F, "h2h", data=hidden, weight=w["h2h_weight"], bias=w["h2h_bias"], name=prefix + "h2h")
        return self._step(F, i2h, h2h, states, prefix)

    def _map(self, F: ModuleType, kind: str, **arguments: Any) -> Any:
        """The map called ``kind``, "i2h" or "h2h"."""
        raise NotImplementedError

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> tuple[Any, list[Any]]:
        """Output and new states from the maps."""
        raise NotImplementedError(f"{type(self).__name__} must define _step")


def cells_state_info(cells: Iterable[Any], batch_size: int) -> list[dict[str, Any]]:
    """Shapes and layouts of the states of several cells."""
    return [info for cell in cells for info in cell.state_info(batch_size)]


def cells_begin_state(cells: Iterable[Any], **kwargs: Any) -> list[Any]:
    """States for several cells."""
    return [state for cell in cells for state in cell.begin_state(**kwargs)]
