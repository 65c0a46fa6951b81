"""Cells over vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .. import initializer as init
from .. import symbol
from .._core.flat_rnn import GATES
from .._core.rnn_steps import Step, gru_step, lstm_step, rnn_step
from ..symbol import Symbol
from ._base import BaseRNNCell, RNNParams


class Gated(BaseRNNCell):
    """A cell whose step is arithmetic on a map of the input and one of the hidden state."""

    _under = ""  # what MXNet's names have between the step's prefix and the maps

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> Step:
        """Make the graph of one step; see :meth:`BaseRNNCell.__call__`."""
        if not self._gate_names:
            return super().__call__(inputs, states)
        name = self._step_name()
        i2h, h2h = self._maps(inputs, states[0], name + self._under)
        return self._arithmetic(i2h, h2h, states, name)

    _maps: Callable[[Symbol, Symbol, str], tuple[Symbol, Symbol]]
    _arithmetic: Callable[[Symbol, Symbol, list[Symbol], str], Step]


class _DenseCell(Gated):
    """A cell with one weight and bias for the input and one for the hidden state, each with all gates stacked."""

    _num_states = 1

    def __init__(self, num_hidden: int, prefix: str, params: RNNParams | None, i2h_bias_init: Any = None) -> None:
        super().__init__(prefix=prefix, params=params)
        self._num_hidden = num_hidden
        get = self.params.get
        self._iW, self._iB = get("i2h_weight"), get("i2h_bias", init=i2h_bias_init)
        self._hW, self._hB = get("h2h_weight"), get("h2h_bias")

    @property
    def state_info(self) -> list[dict[str, Any]]:
        return [{"shape": (0, self._num_hidden), "__layout__": "NC"} for _ in range(self._num_states)]

    def _maps(self, inputs: Symbol, hidden: Symbol, name: str) -> tuple[Symbol, Symbol]:
        units = self._num_hidden * self._num_gates
        i2h = symbol.FullyConnected(data=inputs, weight=self._iW, bias=self._iB, num_hidden=units, name=f"{name}i2h")
        h2h = symbol.FullyConnected(data=hidden, weight=self._hW, bias=self._hB, num_hidden=units, name=f"{name}h2h")
        return i2h, h2h

    def _tanh(self, inputs: Symbol, **kwargs: Any) -> Symbol:
        return symbol.Activation(inputs, act_type="tanh", **kwargs)


class RNNCell(_DenseCell):
    """The plain recurrent cell, ``h' = act(W x + b + V h + c)``.

    Parameters
    ----------
    num_hidden : int
        Units of the output and the state.
    activation : str or callable
        A name for :func:`mxnet.sym.Activation`, or a function of a symbol.
    prefix : str
    params : RNNParams, optional
        Weights to share: ``i2h_weight``, ``i2h_bias``, ``h2h_weight``, ``h2h_bias``.
    """

    _gate_names = GATES["rnn_tanh"]

    def __init__(
        self, num_hidden: int, activation: Any = "tanh", prefix: str = "rnn_", params: RNNParams | None = None
    ) -> None:
        super().__init__(num_hidden, prefix, params)
        self._activation = activation

    def _arithmetic(self, i2h: Symbol, h2h: Symbol, states: list[Symbol], name: str) -> Step:
        return rnn_step(i2h, h2h, name, lambda x, **kw: self._get_activation(x, self._activation, **kw))


class LSTMCell(_DenseCell):
    """The long short-term memory cell, with the states hidden and cell.

    Parameters
    ----------
    num_hidden : int
        Units of the output and of each state.
    prefix : str
    params : RNNParams, optional
        Weights to share: ``i2h_weight``, ``i2h_bias``, ``h2h_weight``, ``h2h_bias``.
    forget_bias : float
        First value of the forget gate's part of ``i2h_bias`` (Jozefowicz et al., 2015).
    """

    _gate_names = GATES["lstm"]
    _num_states = 2

    def __init__(
        self, num_hidden: int, prefix: str = "lstm_", params: RNNParams | None = None, forget_bias: float = 1.0
    ) -> None:
        super().__init__(num_hidden, prefix, params, init.LSTMBias(forget_bias=forget_bias))

    def _arithmetic(self, i2h: Symbol, h2h: Symbol, states: list[Symbol], name: str) -> Step:
        return lstm_step(symbol, i2h, h2h, states, name, self._tanh)


class GRUCell(_DenseCell):
    """The gated recurrent unit in cuDNN's variant: the reset gate multiplies the hidden state's linear map.

    Parameters
    ----------
    num_hidden : int
        Units of the output and the state.
    prefix : str
    params : RNNParams, optional
        Weights to share: ``i2h_weight``, ``i2h_bias``, ``h2h_weight``, ``h2h_bias``.
    """

    _gate_names = GATES["gru"]
    _under = "_"

    def __init__(self, num_hidden: int, prefix: str = "gru_", params: RNNParams | None = None) -> None:
        super().__init__(num_hidden, prefix, params)

    def _arithmetic(self, i2h: Symbol, h2h: Symbol, states: list[Symbol], name: str) -> Step:
        return gru_step(symbol, i2h, h2h, states, name, self._tanh, "_")
