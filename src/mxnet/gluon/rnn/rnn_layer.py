"""Layers that run a stack of recurrent cells over whole sequences in one operator."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from types import ModuleType
from typing import Any

from ... import ndarray, symbol
from ..._core.descriptions import described_like
from ..._core.types import DTypeLike
from ...base import OperatorValueError, UnknownNameError
from ...ndarray import NDArray
from .._types import Operand
from ..block import HybridBlock
from . import rnn_cell
from ._fused import run_separate
from ._sequences import state, tensor_types

__all__ = ["GRU", "LSTM", "RNN"]

_GATES = {"rnn_relu": 1, "rnn_tanh": 1, "lstm": 4, "gru": 3}
_CLIP = ("lstm_state_clip_min", "lstm_state_clip_max", "lstm_state_clip_nan")
_PARAMETER = re.compile(r"(l|r)(\d+)_(i2h|h2h|h2r)_(weight|bias)\Z")


class _RNNLayer(HybridBlock):
    """What the layers have in common: all but the arguments that only some of them have.

    Parameters
    ----------
    hidden_size : int
        Size of the states, and of the output in each direction.
    num_layers : int
    layout : {"TNC", "NTC"}
        The order of time, batch and channel axes of input and output.
    dropout : float
        Rate at which elements between the layers are dropped in training.
    bidirectional : bool
        Run a second stack backwards through the sequence, and join the outputs.
    input_size : int
        Channels of the input; 0 to find out at the first call.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : str or Initializer
    dtype : str
        Type of parameters and of states to begin with.
    **kwargs
        ``prefix`` and ``params``, see :class:`mxnet.gluon.Block`, and ``use_sequence_length``: whether calls take the
        length of each example.
    """

    _mode: str
    _projection_size: int | None = None
    _h2r_weight_initializer: Any = None
    _clip: tuple[float | None, float | None, bool] = None, None, False  # least and greatest cell state, whether of NaN
    l0_i2h_weight: Any

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        self._use_sequence_length = kwargs.pop("use_sequence_length", False)
        super().__init__(**kwargs)
        if layout not in ("TNC", "NTC"):
            raise AssertionError(f"Invalid layout {layout}; must be one of ['TNC' or 'NTC']")
        self._hidden_size, self._input_size, self._num_layers = hidden_size, input_size, num_layers
        self._dir = 2 if bidirectional else 1
        self._gates = _GATES[self._mode]
        self._layout, self._dropout, self._dtype = layout, dropout, dtype
        self._initializers = {
            "i2h_weight_initializer": i2h_weight_initializer,
            "h2h_weight_initializer": h2h_weight_initializer,
            "i2h_bias_initializer": i2h_bias_initializer,
            "h2h_bias_initializer": h2h_bias_initializer,
        }
        self.skip_states: bool | None = None
        for name, shape, init in self._parameter_table():
            setattr(self, name, self.params.get(name, shape=shape, init=init, allow_deferred_init=True, dtype=dtype))

    def _cells(self) -> Iterator[tuple[int, str]]:
        """The layers and directions, in the order of the parameters."""
        return ((i, d) for i in range(self._num_layers) for d in "lr"[: self._dir])

    def _parameter_table(self) -> Iterator[tuple[str, tuple[int, ...], Any]]:
        """Names, shapes and initializers of all parameters."""
        rows = self._gates * self._hidden_size
        fed_back = self._projection_size or self._hidden_size
        for i, d in self._cells():
            inputs = fed_back * self._dir if i else self._input_size
            shapes = (rows, inputs), (rows, fed_back), (rows,), (rows,)
            for shape, (what, init) in zip(shapes, self._initializers.items()):
                yield f"{d}{i}_{what.removesuffix('_initializer')}", shape, init
            if self._projection_size:
                yield f"{d}{i}_h2r_weight", (fed_back, self._hidden_size), self._h2r_weight_initializer

    def _operator_order(self) -> list[str]:
        """The parameters as the operator takes them: all weights, then all biases."""
        weights = ("i2h_weight", "h2h_weight", *(("h2r_weight",) if self._projection_size else ()))
        return [f"{d}{i}_{w}" for kinds in (weights, ("i2h_bias", "h2h_bias")) for i, d in self._cells() for w in kinds]

    def __repr__(self) -> str:
        rows, inputs = self.l0_i2h_weight.shape
        facts = [f"{inputs or None} -> {rows // self._gates}", self._layout]
        if self._num_layers != 1:
            facts.append(f"num_layers={self._num_layers}")
        if self._dropout != 0:
            facts.append(f"dropout={self._dropout}")
        if self._dir == 2:
            facts.append("bidirectional")
        return f"{type(self).__name__}({', '.join(facts)})"

    def _collect_params_with_prefix(self, prefix: str = "") -> dict[str, Any]:
        """Parameters by the names they have in files: those of the stack of cells, see :meth:`_unfuse`."""
        lead = prefix + "." if prefix else ""
        found = {}
        for name, parameter in self._reg_params.items():
            direction, layer, kind, what = _PARAMETER.match(name).groups()  # type: ignore[union-attr]
            cell = f"{direction}_cell." if self._dir == 2 else ""
            found[f"{lead}_unfused.{layer}.{cell}{kind}_{what}"] = parameter
        for name, child in self._children.items():
            found.update(child._collect_params_with_prefix(lead + name))
        return found

    def state_info(self, batch_size: int = 0) -> list[dict[str, Any]]:
        """Shape, layout and type of each state."""
        sizes = [self._projection_size or self._hidden_size]
        if self._mode == "lstm":
            sizes.append(self._hidden_size)
        count = self._num_layers * self._dir
        return [{"shape": (count, batch_size, n), "__layout__": "LNC", "dtype": self._dtype} for n in sizes]

    @described_like(rnn_cell.RecurrentCell.begin_state)
    def begin_state(self, batch_size: int = 0, func: Callable[..., Any] = ndarray.zeros, **kwargs: Any) -> list[Any]:
        """States to begin a sequence with."""
        return [
            state(func, name=f"{self.prefix}h0_{i}", **{**info, **kwargs})
            for i, info in enumerate(self.state_info(batch_size))
        ]

    def cast(self, dtype: DTypeLike) -> None:
        """Change the data type of the parameters, and of states to begin with."""
        super().cast(dtype)
        self._dtype = dtype

    def _unfuse(self) -> Any:
        """The same network as a stack of cells, which shares the parameters.

        There are no cells for projections and clipped states.
        """
        if self._projection_size:
            raise AssertionError("_unfuse does not support projection layer yet!")
        if any(self._clip[:2]):
            raise AssertionError("_unfuse does not support state clipping yet!")
        make: dict[str, Callable[..., Any]] = {"lstm": rnn_cell.LSTMCell, "gru": rnn_cell.GRUCell}
        cell = make.get(self._mode) or functools.partial(rnn_cell.RNNCell, activation=self._mode[4:])
        stack = rnn_cell.HybridSequentialRNNCell(prefix=self.prefix, params=self.params)
        with stack.name_scope():
            for i in range(self._num_layers):
                inputs = self._hidden_size * self._dir if i else self._input_size
                arguments = {"input_size": inputs, **self._initializers}
                cells = [cell(self._hidden_size, prefix=f"{d}{i}_", **arguments) for d in "lr"[: self._dir]]
                stack.add(cells[0] if self._dir == 1 else rnn_cell.BidirectionalCell(cells[0], cells[1]))
                if i + 1 < self._num_layers and self._dropout > 0:
                    stack.add(rnn_cell.DropoutCell(self._dropout))
        return stack

    # ------------------------------------------------------------------ running

    def __call__(  # type: ignore[override]  # states may be left out
        self, inputs: Operand | Sequence[Operand], states: Any = None, sequence_length: Any = None, **kwargs: Any
    ) -> Any:
        """Run the layer over a sequence.

        Parameters
        ----------
        inputs : NDArray or Symbol
            ``(time, batch, channels)``, or as ``layout`` says.
        states : NDArray or list of NDArray, optional
            ``(layers * directions, batch, hidden_size)`` each; zeros when not given.
        sequence_length : NDArray, optional
            The length of each example, with ``use_sequence_length``.

        Returns
        -------
        output, or (output, states) when states were given
        """
        skip = states is None
        if skip is not self.skip_states:
            if self.skip_states is not None and self._cached_graph:
                self._clear_cached_op()  # that graph has other outputs
            self.skip_states = skip
        if isinstance(states, tensor_types):
            states = [states]
        if isinstance(inputs, NDArray):
            states = self._checked_states(inputs, states)
        elif skip:
            states = self.begin_state(0, func=symbol.zeros)
        if self._use_sequence_length:
            return super().__call__(inputs, states, sequence_length, **kwargs)
        return super().__call__(inputs, states, **kwargs)

    def hybrid_forward(  # type: ignore[override]
        self, F: ModuleType, inputs: Any, states: Any, sequence_length: Any = None, **kwargs: Any
    ) -> Any:
        """Run the layer over a sequence."""
        if self._layout == "NTC":
            inputs = F.swapaxes(inputs, 0, 1)
        given = [*states, sequence_length] if self._use_sequence_length else list(states)
        parameters = [kwargs[name] for name in self._operator_order()]
        options = {
            "use_sequence_length": self._use_sequence_length,
            "state_size": self._hidden_size,
            "projection_size": self._projection_size,
            "num_layers": self._num_layers,
            "bidirectional": self._dir == 2,
            "p": self._dropout,
            "state_outputs": True,
            "mode": self._mode,
            **dict(zip(_CLIP, self._clip)),
        }
        found = run_separate(inputs, parameters, given, options) if F is ndarray else None
        if found is None:
            vector = F._internal._rnn_param_concat(*[F.reshape(p, shape=-1) for p in parameters], dim=0)
            named = {"sequence_length": sequence_length} if self._use_sequence_length else {}
            found = F.RNN(inputs, vector, *states, **named, **options)
        outputs = found[0]
        if self._layout == "NTC":
            outputs = F.swapaxes(outputs, 0, 1)
        return outputs if self.skip_states else (outputs, [found[i + 1] for i in range(len(states))])

    def _checked_states(self, inputs: NDArray, states: list[NDArray] | None) -> list[NDArray]:
        """The states to begin with, zeros if there are none."""
        if inputs.ndim != 3:
            raise OperatorValueError(
                f"{self.name!r}: the input must have the axes {self._layout}, got shape {inputs.shape}"
            )
        batch_size = inputs.shape[self._layout.find("N")]
        if states is None:
            return self.begin_state(batch_size, ctx=inputs.context, dtype=inputs.dtype)
        infos = self.state_info(batch_size)
        if len(states) != len(infos):
            raise OperatorValueError(f"{self.name!r} has {len(infos)} states, got {len(states)}")
        for given, info in zip(states, infos):
            if isinstance(given, NDArray) and given.shape != info["shape"]:
                raise OperatorValueError(
                    f"Invalid recurrent state shape. Expecting {info['shape']}, got {given.shape}."
                )
        return states


class RNN(_RNNLayer):
    r"""A stack of simple recurrent layers (Elman, 1990).

    .. math:: h_t = \mathrm{activation}(W x_t + b_W + U h_{t-1} + b_U)

    Parameters
    ----------
    activation : {"relu", "tanh"}
    """

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        activation: str = "relu",
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        if activation not in ("relu", "tanh"):
            raise UnknownNameError(f"RNN: activation must be 'relu' or 'tanh', got {activation!r}")
        self._mode = "rnn_" + activation
        network = hidden_size, num_layers, layout, dropout, bidirectional, input_size
        initializers = i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        super().__init__(*network, *initializers, dtype, **kwargs)


class LSTM(_RNNLayer):
    r"""A stack of layers with long short-term memory (Hochreiter and Schmidhuber, 1997).

    .. math::
        i_t, f_t, g_t, o_t &= W x_t + b_W + U h_{t-1} + b_U \\
        c_t &= \sigma(f_t) \, c_{t-1} + \sigma(i_t) \tanh(g_t) \\
        h_t &= \sigma(o_t) \tanh(c_t)

    Parameters
    ----------
    projection_size : int, optional
        Size to which the hidden state is projected (Sak et al., 2014; https://arxiv.org/abs/1402.1128).
    h2r_weight_initializer : str or Initializer
        For the projection.
    state_clip_min, state_clip_max : float, optional
        The range that cell states are clipped to.
    state_clip_nan : bool
        Clip NaN too.

    Examples
    --------
    >>> import mxnet as mx
    >>> layer = mx.gluon.rnn.LSTM(100, num_layers=2)
    >>> layer.initialize()
    >>> x = mx.nd.random.uniform(shape=(5, 3, 10))
    >>> layer(x).shape
    (5, 3, 100)
    >>> output, states = layer(x, layer.begin_state(batch_size=3))
    >>> [s.shape for s in states]
    [(2, 3, 100), (2, 3, 100)]
    """

    _mode = "lstm"

    def __init__(
        self,
        hidden_size: int,
        num_layers: int = 1,
        layout: str = "TNC",
        dropout: float = 0,
        bidirectional: bool = False,
        input_size: int = 0,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        projection_size: int | None = None,
        h2r_weight_initializer: Any = None,
        state_clip_min: float | None = None,
        state_clip_max: float | None = None,
        state_clip_nan: bool = False,
        dtype: Any = "float32",
        **kwargs: Any,
    ) -> None:
        self._projection_size, self._h2r_weight_initializer = projection_size or None, h2r_weight_initializer
        self._clip = state_clip_min, state_clip_max, state_clip_nan
        network = hidden_size, num_layers, layout, dropout, bidirectional, input_size
        initializers = i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        super().__init__(*network, *initializers, dtype, **kwargs)


class GRU(_RNNLayer):
    r"""A stack of layers of gated recurrent units (Cho et al., 2014; https://arxiv.org/abs/1406.1078), as cuDNN's.

    .. math::
        a, b, c &= W x_t + b_W, \quad d, e, f = U h_{t-1} + b_U \\
        r_t, z_t &= \sigma(a + d), \; \sigma(b + e) \\
        n_t &= \tanh(c + r_t f) \\
        h_t &= (1 - z_t) n_t + z_t h_{t-1}
    """

    _mode = "gru"
