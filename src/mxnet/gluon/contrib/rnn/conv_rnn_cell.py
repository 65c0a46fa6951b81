"""Recurrent cells whose maps are convolutions, for sequences of pictures and the like (Shi et al., 2015).

See https://arxiv.org/abs/1506.04214.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

from ...._core.defaults import Defaults
from ...._core.rnn_steps import Step, gru_step, lstm_step, rnn_step
from ..._types import Operand
from ...rnn._base import _GatedCell

__all__ = [
    "Conv1DGRUCell",
    "Conv1DLSTMCell",
    "Conv1DRNNCell",
    "Conv2DGRUCell",
    "Conv2DLSTMCell",
    "Conv2DRNNCell",
    "Conv3DGRUCell",
    "Conv3DLSTMCell",
    "Conv3DRNNCell",
]


class _BaseConvRNNCell(Defaults, _GatedCell):
    """A cell whose maps are convolutions.

    Parameters
    ----------
    input_shape : tuple of int
        Shape of one example of the input, without the batch axis.
    hidden_channels : int
        Channels of the output and of the states.
    i2h_kernel, h2h_kernel : int or tuple of int
        Sizes of the windows on the input, and on the hidden state, which must be odd.
    i2h_pad, i2h_dilate, h2h_dilate : int or tuple of int
        Padding of the input, and spacing within the windows. The state is padded so that it keeps its size.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : str or Initializer
    conv_layout : str
        The order of the axes.
    activation : str or Block
        In place of tanh.

    Raises
    ------
    AssertionError
        For tuples of another length than there are spatial axes, and even windows on the state.
    """

    _dims: int

    def __init__(
        self,
        input_shape: tuple[int, ...],
        hidden_channels: int,
        i2h_kernel: Any,
        h2h_kernel: Any,
        i2h_pad: Any,
        i2h_dilate: Any,
        h2h_dilate: Any,
        i2h_weight_initializer: Any = None,
        h2h_weight_initializer: Any = None,
        i2h_bias_initializer: Any = "zeros",
        h2h_bias_initializer: Any = "zeros",
        conv_layout: str = "",
        activation: Any = "tanh",
        prefix: str | None = None,
        params: Any = None,
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        dims = self._dims

        def spatial(name: str, value: Any) -> tuple[int, ...]:
            value = (value,) * dims if isinstance(value, int) else tuple(value)
            if len(value) != dims:
                raise AssertionError(f"{name} should be an int or {dims} of them, one a spatial axis, got {value}")
            return value

        self._hidden_channels, self._input_shape = hidden_channels, input_shape
        self._conv_layout = self._state_layout = conv_layout
        self._activation = activation
        self._i2h_kernel = spatial("i2h_kernel", i2h_kernel)
        self._h2h_kernel = spatial("h2h_kernel", h2h_kernel)
        self._i2h_pad = spatial("i2h_pad", i2h_pad)
        self._i2h_dilate = spatial("i2h_dilate", i2h_dilate)
        self._h2h_dilate = spatial("h2h_dilate", h2h_dilate)
        self._stride = (1,) * dims
        if any(k % 2 == 0 for k in self._h2h_kernel):
            raise AssertionError(f"Only support odd number, get h2h_kernel= {h2h_kernel}")
        self._h2h_pad = tuple([d * (k - 1) // 2 for d, k in zip(self._h2h_dilate, self._h2h_kernel)])

        shared = {"num_filter": hidden_channels * self._gates, "stride": self._stride, "layout": conv_layout}
        self._settings: dict[str, Any] = {
            "i2h": {**shared, "kernel": self._i2h_kernel, "dilate": self._i2h_dilate, "pad": self._i2h_pad},
            "h2h": {**shared, "kernel": self._h2h_kernel, "dilate": self._h2h_dilate, "pad": self._h2h_pad},
        }
        self._channel_axis = conv_layout.find("C")
        *sizes, self._in_channels = self._channels_last(tuple(input_shape))
        windows = zip(sizes, self._i2h_kernel, self._i2h_pad, self._i2h_dilate)
        state = [n + 2 * p - d * (k - 1) if n else 0 for n, k, p, d in windows]
        self._state_shape = self._in_layout(tuple(state), hidden_channels)
        rows = hidden_channels * self._gates
        i2h_shape = self._in_layout(self._i2h_kernel, self._in_channels)
        h2h_shape = self._in_layout(self._h2h_kernel, hidden_channels)
        self._add("i2h_weight", (rows, *i2h_shape), i2h_weight_initializer)
        self._add("h2h_weight", (rows, *h2h_shape), h2h_weight_initializer)
        self._add("i2h_bias", (rows,), i2h_bias_initializer)
        self._add("h2h_bias", (rows,), h2h_bias_initializer)

    def _channels_last(self, shape: tuple[int, ...]) -> tuple[int, ...]:
        return (*shape[1:], shape[0]) if self._channel_axis == 1 else shape

    def _in_layout(self, sizes: tuple[int, ...], channels: int) -> tuple[int, ...]:
        return (channels, *sizes) if self._channel_axis == 1 else (*sizes, channels)

    def __repr__(self) -> str:
        return (
            f"{type(self).__name__}({self._in_channels or None} -> {self.i2h_weight.shape[0]}, {self._activation}, "
            f"{self._conv_layout})"
        )

    def hybrid_forward(self, F: ModuleType, inputs: Operand, states: Sequence[Operand], **weights: Any) -> Any:  # type: ignore[override]
        return self._run(F, inputs, states, weights)

    def _map(self, F: ModuleType, kind: str, **arguments: Any) -> Any:
        return F.Convolution(**self._settings[kind], **arguments)

    def _activate(self, F: ModuleType) -> Callable[..., Any]:
        return lambda inputs, **kwargs: self._get_activation(F, inputs, self._activation, **kwargs)


class _ConvRNNCell(_BaseConvRNNCell):
    _hint = "conv_rnn"

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> Step:
        return rnn_step(i2h, h2h, prefix, self._activate(F))


class _ConvLSTMCell(_BaseConvRNNCell):
    _hint = "conv_lstm"
    _gates = 4
    _num_states = 2

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> Step:
        return lstm_step(F, i2h, h2h, states, prefix, self._activate(F), axis=self._channel_axis)


class _ConvGRUCell(_BaseConvRNNCell):
    _hint = "conv_gru"
    _gates = 3

    def _step(self, F: ModuleType, i2h: Any, h2h: Any, states: Any, prefix: str) -> Step:
        return gru_step(F, i2h, h2h, states, prefix, self._activate(F), axis=self._channel_axis)


def _cell(base: type[_BaseConvRNNCell], dims: int, layout: str, name: str, what: str) -> Any:
    """A class of cells for a number of spatial axes."""
    text = f"{what} with convolutions over {dims} spatial {'axis' if dims == 1 else 'axes'}."
    zeros, ones = (0,) * dims, (1,) * dims
    usual = {"i2h_pad": zeros, "i2h_dilate": ones, "h2h_dilate": ones, "conv_layout": layout}
    return type(name, (base,), {"__module__": __name__, "__doc__": text, "_dims": dims}, **usual)


_RNN, _LSTM, _GRU = "A simple recurrent cell", "A cell with long short-term memory", "A gated recurrent unit"

Conv1DRNNCell = _cell(_ConvRNNCell, 1, "NCW", "Conv1DRNNCell", _RNN)
Conv2DRNNCell = _cell(_ConvRNNCell, 2, "NCHW", "Conv2DRNNCell", _RNN)
Conv3DRNNCell = _cell(_ConvRNNCell, 3, "NCDHW", "Conv3DRNNCell", _RNN)
Conv1DLSTMCell = _cell(_ConvLSTMCell, 1, "NCW", "Conv1DLSTMCell", _LSTM)
Conv2DLSTMCell = _cell(_ConvLSTMCell, 2, "NCHW", "Conv2DLSTMCell", _LSTM)
Conv3DLSTMCell = _cell(_ConvLSTMCell, 3, "NCDHW", "Conv3DLSTMCell", _LSTM)
Conv1DGRUCell = _cell(_ConvGRUCell, 1, "NCW", "Conv1DGRUCell", _GRU)
Conv2DGRUCell = _cell(_ConvGRUCell, 2, "NCHW", "Conv2DGRUCell", _GRU)
Conv3DGRUCell = _cell(_ConvGRUCell, 3, "NCDHW", "Conv3DGRUCell", _GRU)
