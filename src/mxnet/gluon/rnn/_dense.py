"""Cells whose gates are linear maps of the input and of the hidden state."""

from __future__ import annotations

from collections.abc import Sequence
from types import ModuleType
from typing import Any

from .._types import Operand
from ._base import _GatedCell


class _DenseCell(_GatedCell):
    """A cell whose maps are linear.

    Parameters
    ----------
    hidden_size : int
        Size of the output and of the state.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : str or Initializer
    input_size : int
        Size of the input; 0 to find out at the first call.
    """

    # The size that the hidden state is projected to, and the initializer of the weight which does so.
    _projection_size: int | None = None
    _h2r_weight_initializer: Any = None
    h2r_weight: Any

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        self._hidden_size, self._state_shape = hidden_size, (hidden_size,)
        self._input_size = input_size
        rows, fed_back = self._gates * hidden_size, self._projection_size or hidden_size
        self._add("i2h_weight", (rows, input_size), i2h_weight_initializer)
        self._add("h2h_weight", (rows, fed_back), h2h_weight_initializer)
        # Weights come before biases: positions of parameters are what states of optimizers are saved by.
        if self._projection_size:
            self._add("h2r_weight", (fed_back, hidden_size), self._h2r_weight_initializer)
        self._add("i2h_bias", (rows,), i2h_bias_initializer)
        self._add("h2h_bias", (rows,), h2h_bias_initializer)

    def _mapping(self) -> str:
        rows, inputs = self.i2h_weight.shape
        return f"{inputs or None} -> {rows}"

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()})"

    def hybrid_forward(
        self,
        F: ModuleType,
        inputs: Operand,
        states: Sequence[Operand],
        i2h_weight: Operand,
        h2h_weight: Operand,
        i2h_bias: Operand,
        h2h_bias: Operand,
    ) -> tuple[Any, list[Any]]:
        weights = {"i2h_weight": i2h_weight, "h2h_weight": h2h_weight, "i2h_bias": i2h_bias, "h2h_bias": h2h_bias}
        return self._run(F, inputs, states, weights)

    def _map(self, F: ModuleType, kind: str, **arguments: Any) -> Any:
        return F.FullyConnected(num_hidden=self._gates * self._hidden_size, **arguments)


class RNNCell(_DenseCell):
    r"""A simple recurrent cell (Elman, 1990).

    .. math:: h_t = \tanh(W x_t + b_W + U h_{t-1} + b_U)

    Parameters
    ----------
    activation : str or Block
        In place of tanh.
    """

    _hint = "rnn"

    def __init__(
        self,
        hidden_size: int,
        activation: Any = "tanh",
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        initializers = i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        super().__init__(hidden_size, *initializers, input_size, prefix, params)
        self._activation = activation

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._mapping()}, {self._activation})"

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> tuple[Any, list[Any]]:
        total = F.elemwise_add(i2h, h2h, name=prefix + "plus0")
        output = self._get_activation(F, total, self._activation, name=prefix + "out")
        return output, [output]


class LSTMCell(_DenseCell):
    r"""A cell with long short-term memory (Hochreiter and Schmidhuber, 1997; https://doi.org/10.1162/neco.1997.9.8.1735).

    .. math::
        i_t, f_t, g_t, o_t &= W x_t + b_W + U h_{t-1} + b_U \\
        c_t &= \sigma(f_t) \, c_{t-1} + \sigma(i_t) \tanh(g_t) \\
        h_t &= \sigma(o_t) \tanh(c_t)

    Parameters
    ----------
    hidden_size : int
        Size of the output and of the two states, h and c.
    activation, recurrent_activation : str
        In place of tanh and of the sigmoid.
    """

    _hint = "lstm"
    _gates = 4
    _num_states = 2

    def __init__(
        self,
        hidden_size: int,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        input_size: int = 0,
        prefix: str | None = None,
        params: Any = None,
        activation: Any = "tanh",
        recurrent_activation: Any = "sigmoid",
    ) -> None:
        initializers = i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer
        super().__init__(hidden_size, *initializers, input_size, prefix, params)
        self._activation = activation
        self._recurrent_activation = recurrent_activation

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> tuple[Any, list[Any]]:
        gates = F.elemwise_add(i2h, h2h, name=prefix + "plus0")
        parts = F.SliceChannel(gates, num_outputs=4, name=prefix + "slice")
        outer, inner = self._recurrent_activation, self._activation
        in_gate, forget_gate, candidate, out_gate = (
            self._get_activation(F, parts[k], activation, name=prefix + name)
            for k, (name, activation) in enumerate((("i", outer), ("f", outer), ("c", inner), ("o", outer)))
        )
        kept = F.elemwise_mul(forget_gate, states[1], name=prefix + "mul0")
        added = F.elemwise_mul(in_gate, candidate, name=prefix + "mul1")
        next_c = F.elemwise_add(kept, added, name=prefix + "state")
        if isinstance(inner, str):
            shown = F.Activation(next_c, act_type=inner, name=prefix + "activation0")
        else:
            shown = self._get_activation(F, next_c, inner, name=prefix + "activation0")
        next_h = F.elemwise_mul(out_gate, shown, name=prefix + "out")
        return next_h, [next_h, next_c]


class GRUCell(_DenseCell):
    r"""A gated recurrent unit (Cho et al., 2014; https://arxiv.org/abs/1406.1078), in cuDNN's variant.

    .. math::
        a, b, c &= W x_t + b_W, \quad d, e, f = U h_{t-1} + b_U \\
        r_t, z_t &= \sigma(a + d), \; \sigma(b + e) \\
        n_t &= \tanh(c + r_t f) \\
        h_t &= (1 - z_t) n_t + z_t h_{t-1}
    """

    _hint = "gru"
    _gates = 3

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> tuple[Any, list[Any]]:
        i2h_r, i2h_z, i2h_n = F.SliceChannel(i2h, num_outputs=3, name=prefix + "i2h_slice")
        h2h_r, h2h_z, h2h_n = F.SliceChannel(h2h, num_outputs=3, name=prefix + "h2h_slice")

        def activation(total: Any, kind: str, name: str) -> Any:
            return F.Activation(total, act_type=kind, name=prefix + name)

        reset = activation(F.elemwise_add(i2h_r, h2h_r, name=prefix + "plus0"), "sigmoid", "r_act")
        update = activation(F.elemwise_add(i2h_z, h2h_z, name=prefix + "plus1"), "sigmoid", "z_act")
        past = F.elemwise_mul(reset, h2h_n, name=prefix + "mul0")
        candidate = activation(F.elemwise_add(i2h_n, past, name=prefix + "plus2"), "tanh", "h_act")
        ones = F.ones_like(update, name=prefix + "ones_like0")
        rest = F.elemwise_sub(ones, update, name=prefix + "minus0")
        new = F.elemwise_mul(rest, candidate, name=prefix + "mul1")
        kept = F.elemwise_mul(update, states[0], name=prefix + "mul20")
        next_h = F.elemwise_add(new, kept, name=prefix + "out")
        return next_h, [next_h]
