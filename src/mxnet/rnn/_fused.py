"""All layers and steps in one operator."""

from __future__ import annotations

import warnings
from math import prod
from typing import Any, Literal

from .. import initializer as init
from .. import ndarray, symbol
from .._core.flat_rnn import GATES, FlatParameters
from ..symbol import Symbol
from ._base import BaseRNNCell, Merge, RNNParams, States, Unrolled, arrange
from ._containers import BidirectionalCell, SequentialRNNCell
from ._dense import GRUCell, LSTMCell, RNNCell
from ._modifiers import DropoutCell

Mode = Literal["rnn_relu", "rnn_tanh", "lstm", "gru"]


class FusedRNNCell(BaseRNNCell):
    """A stack of recurrent layers over a whole sequence: the ``RNN`` operator with one flat vector of parameters.

    It cannot be stepped, only unrolled; :meth:`unfuse` gives cells that can. The operator wants layout "TNC": with
    "NTC" axes are swapped before and after it. Without ``get_next_state`` the last states are an empty list.

    Parameters
    ----------
    num_hidden : int
        Units of each layer and direction.
    num_layers : int
    mode : {'rnn_relu', 'rnn_tanh', 'lstm', 'gru'}
    bidirectional : bool
        Run each layer in both directions; outputs have twice as many units.
    dropout : float
        Rate for the outputs of each layer but the last, in training.
    get_next_state : bool
        Give the last states, too.
    forget_bias : float
        First value of the biases of LSTM forget gates.
    prefix : str, optional
        ``lstm_`` and so on by default.
    params : RNNParams, optional
        Weights to share: ``parameters``.

    Examples
    --------
    >>> import mxnet as mx
    >>> cell = mx.rnn.FusedRNNCell(8, num_layers=2, mode="gru", get_next_state=True)
    >>> outputs, states = cell.unroll(3, mx.sym.Variable("data"), layout="TNC")
    >>> outputs.infer_shape(data=(3, 2, 5))[1]
    [(3, 2, 8)]
    >>> states[0].infer_shape(data=(3, 2, 5))[1]
    [(2, 2, 8)]
    """

    _is_stepped = False

    def __init__(
        self,
        num_hidden: int,
        num_layers: int = 1,
        mode: Mode = "lstm",
        bidirectional: bool = False,
        dropout: float = 0.0,
        get_next_state: bool = False,
        forget_bias: float = 1.0,
        prefix: str | None = None,
        params: RNNParams | None = None,
    ) -> None:
        if mode not in GATES:
            raise ValueError(f"mode must be one of {', '.join(GATES)}, got {mode!r}")
        super().__init__(prefix=f"{mode}_" if prefix is None else prefix, params=params)
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode = mode
        self._gate_names = GATES[mode]
        self._bidirectional = bidirectional
        self._dropout = dropout
        self._get_next_state = get_next_state
        self._vector = FlatParameters(self._prefix, num_hidden, num_layers, mode, bidirectional)
        self._directions = self._vector.directions
        start = init.FusedRNN(None, num_hidden, num_layers, mode, bidirectional, forget_bias)
        self._parameter: Any = self.params.get("parameters", init=start)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """One dict a state: ``(layers * directions, batch, num_hidden)``."""
        shape = (len(self._directions) * self._num_layers, 0, self._num_hidden)
        return [{"shape": shape, "__layout__": "LNC"} for _ in range(1 + (self._mode == "lstm"))]

    def unpack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Take the flat vector apart; see :meth:`BaseRNNCell.unpack_weights`.

        The parts are named as the weights of the cells that :meth:`unfuse` gives, when those are unpacked.

        Raises
        ------
        KeyError
            When the vector is missing.
        AssertionError
            When its length fits no number of input features.
        """
        args = args.copy()
        flat = args.pop(self._parameter.name)
        start = 0
        for name, shape in self._vector.parts(self._vector.num_input(flat.size, self._parameter.name)):
            args[name] = flat[start : start + prod(shape)].reshape(shape).copy()
            start += prod(shape)
        return args

    def pack_weights(self, args: dict[str, Any]) -> dict[str, Any]:
        """Put the flat vector together; see :meth:`BaseRNNCell.pack_weights`.

        Raises
        ------
        KeyError
            When a part is missing.
        ValueError
            When a part has another shape than the others make it have.
        """
        args = args.copy()
        num_input = args[f"{self._prefix}l0_i2h{self._gate_names[0]}_weight"].shape[1]
        pieces = []
        for name, shape in self._vector.parts(num_input):
            part = args.pop(name)
            if part.shape != shape:
                raise ValueError(f"{name} should have shape {shape}, got {part.shape}")
            pieces.append(part.reshape((-1,)))
        args[self._parameter.name] = ndarray.concatenate(pieces)
        return args

    def __call__(self, inputs: Symbol, states: list[Symbol]) -> tuple[Symbol, list[Symbol]]:
        """Not possible: the operator runs whole sequences."""
        raise NotImplementedError("FusedRNNCell cannot be stepped. Please use unroll")

    def _unroll(self, length: int, inputs: Any, begin_state: States, layout: str, merge: Merge) -> Unrolled:
        batch_first = layout.find("T") == 1
        data = arrange(length, inputs, layout, True)
        if batch_first:
            warnings.warn("FusedRNNCell: layout NTC is transposed at each call; TNC is faster", stacklevel=2)
            data = symbol.swapaxes(data, dim1=0, dim2=1)
        else:
            assert layout.find("T") == 0, f"Unsupported layout {layout}"
        states = self.begin_state() if begin_state is None else begin_state
        count = len(self.state_info)
        given: dict[str, Any] = dict(zip(("state", "state_cell")[:count], states))
        rnn = symbol.RNN(
            name=f"{self._prefix}rnn",
            data=data,
            parameters=self._parameter,
            mode=self._mode,
            bidirectional=self._bidirectional,
            num_layers=self._num_layers,
            state_size=self._num_hidden,
            state_outputs=self._get_next_state,
            p=self._dropout,
            **given,
        )
        outputs, last = rnn, []
        if self._get_next_state:
            outputs, last = rnn[0], [rnn[1 + i] for i in range(count)]
            for state in last:
                state._set_attr(__layout__="LNC")
        if batch_first:
            outputs = symbol.swapaxes(outputs, dim1=0, dim2=1)
        return arrange(length, outputs, layout, merge), last

    def unfuse(self) -> SequentialRNNCell:
        """The same network of cells that can be stepped; their weights are what :meth:`unpack_weights` gives, packed.

        As in MXNet, first values of the forget gates' biases are those of :class:`LSTMCell`, whatever ``forget_bias``
        this cell was made with.
        """
        make = {
            "rnn_relu": lambda prefix: RNNCell(self._num_hidden, activation="relu", prefix=prefix),
            "rnn_tanh": lambda prefix: RNNCell(self._num_hidden, activation="tanh", prefix=prefix),
            "lstm": lambda prefix: LSTMCell(self._num_hidden, prefix=prefix),
            "gru": lambda prefix: GRUCell(self._num_hidden, prefix=prefix),
        }[self._mode]
        stack = SequentialRNNCell()
        for i in range(self._num_layers):
            cell: BaseRNNCell = make(f"{self._prefix}l{i}_")
            if self._bidirectional:
                back = make(f"{self._prefix}r{i}_")
                cell = BidirectionalCell(cell, back, output_prefix=f"{self._prefix}bi_l{i}_")
            stack.add(cell)
            if self._dropout > 0 and i != self._num_layers - 1:
                stack.add(DropoutCell(self._dropout, prefix=f"{self._prefix}_dropout{i}_"))
        return stack
