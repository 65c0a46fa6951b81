"""Cells over images: the linear maps of the plain cells are convolutions here."""

from __future__ import annotations

from functools import partial
from typing import Any

from .. import symbol
from .._core.defaults import Defaults
from .._core.flat_rnn import GATES
from .._core.rnn_steps import Step, gru_step, lstm_step, rnn_step
from ..symbol import Symbol
from ._base import RNNParams
from ._dense import Gated

_LEAKY = partial(symbol.LeakyReLU, act_type="leaky", slope=0.2)


class BaseConvRNNCell(Defaults, Gated):
    """Base class of convolutional cells (Shi et al., 2015).

    Parameters
    ----------
    input_shape : tuple of int
        Shape of the input of a step, with the batch.
    num_hidden : int
        Channels of the output and of each state.
    h2h_kernel, h2h_dilate : tuple of int
        Of the convolution of the state. Kernels are odd, and padding keeps the size.
    i2h_kernel, i2h_stride, i2h_pad, i2h_dilate : tuple of int
        Of the convolution of the input.
    i2h_weight_initializer, h2h_weight_initializer, i2h_bias_initializer, h2h_bias_initializer : str or Initializer
    activation : str or callable
        A name for :func:`mxnet.sym.Activation`, or a function of a symbol.
    prefix : str
    params : RNNParams, optional
        Weights to share.
    conv_layout : str
        Layout of the convolutions.
    """

    _num_states = 2

    def __init__(
        self,
        input_shape: tuple[int, ...],
        num_hidden: int,
        h2h_kernel: Any,
        h2h_dilate: Any,
        i2h_kernel: Any,
        i2h_stride: Any,
        i2h_pad: Any,
        i2h_dilate: Any,
        i2h_weight_initializer: Any,
        h2h_weight_initializer: Any,
        i2h_bias_initializer: Any,
        h2h_bias_initializer: Any,
        activation: Any,
        prefix: str = "",
        params: RNNParams | None = None,
        conv_layout: str = "NCHW",
    ) -> None:
        super().__init__(prefix=prefix, params=params)
        assert all(size % 2 == 1 for size in h2h_kernel), f"h2h_kernel must be odd to keep sizes, got {h2h_kernel}"
        self._num_hidden = num_hidden
        self._input_shape = input_shape
        self._conv_layout = conv_layout
        self._activation = activation
        self._i2h: dict[str, Any] = {"kernel": i2h_kernel, "stride": i2h_stride, "pad": i2h_pad, "dilate": i2h_dilate}
        self._h2h: dict[str, Any] = {
            "kernel": h2h_kernel,
            "stride": (1, 1),
            "dilate": h2h_dilate,
            "pad": tuple(dilate * (size - 1) // 2 for size, dilate in zip(h2h_kernel, h2h_dilate)),
        }
        probe = symbol.Convolution(data=symbol.Variable("data"), num_filter=num_hidden, layout=conv_layout, **self._i2h)
        self._state_shape = (0, *probe.infer_shape(data=input_shape)[1][0][1:])
        get = self.params.get
        self._iW, self._iB = get("i2h_weight", init=i2h_weight_initializer), get("i2h_bias", init=i2h_bias_initializer)
        self._hW, self._hB = get("h2h_weight", init=h2h_weight_initializer), get("h2h_bias", init=h2h_bias_initializer)

    @property
    def state_info(self) -> list[dict[str, Any]]:
        """One dict a state: the shape of an output, with 0 for the batch."""
        return [{"shape": self._state_shape, "__layout__": self._conv_layout} for _ in range(self._num_states)]

    def _maps(self, inputs: Symbol, hidden: Symbol, name: str) -> tuple[Symbol, Symbol]:
        both: dict[str, Any] = {"num_filter": self._num_hidden * self._num_gates, "layout": self._conv_layout}
        i2h = symbol.Convolution(data=inputs, weight=self._iW, bias=self._iB, name=f"{name}i2h", **both, **self._i2h)
        h2h = symbol.Convolution(data=hidden, weight=self._hW, bias=self._hB, name=f"{name}h2h", **both, **self._h2h)
        return i2h, h2h

    def _activate(self, inputs: Symbol, **kwargs: Any) -> Symbol:
        return self._get_activation(inputs, self._activation, **kwargs)


_THREE, _ONE = (3, 3), (1, 1)
_USUAL: dict[str, Any] = {
    "h2h_kernel": _THREE,
    "h2h_dilate": _ONE,
    "i2h_kernel": _THREE,
    "i2h_stride": _ONE,
    "i2h_pad": _ONE,
    "i2h_dilate": _ONE,
    "i2h_weight_initializer": None,
    "h2h_weight_initializer": None,
    "i2h_bias_initializer": "zeros",
    "h2h_bias_initializer": "zeros",
    "activation": _LEAKY,
}


class ConvRNNCell(BaseConvRNNCell, prefix="ConvRNN_", **_USUAL):
    """The plain recurrent cell over images; see :class:`BaseConvRNNCell` for the parameters.

    Examples
    --------
    >>> import mxnet as mx
    >>> cell = mx.rnn.ConvRNNCell(input_shape=(1, 3, 16, 10), num_hidden=8)
    >>> cell.state_shape
    [(0, 8, 16, 10)]
    """

    _gate_names = GATES["rnn_tanh"]
    _num_states = 1

    def _arithmetic(self, i2h: Symbol, h2h: Symbol, states: list[Symbol], name: str) -> Step:
        return rnn_step(i2h, h2h, name, self._activate)


class ConvLSTMCell(BaseConvRNNCell, prefix="ConvLSTM_", **_USUAL):
    """The long short-term memory cell over images; see :class:`BaseConvRNNCell` for the parameters."""

    _gate_names = GATES["lstm"]

    def _arithmetic(self, i2h: Symbol, h2h: Symbol, states: list[Symbol], name: str) -> Step:
        return lstm_step(symbol, i2h, h2h, states, name, self._activate, axis=self._conv_layout.find("C"))


class ConvGRUCell(BaseConvRNNCell, prefix="ConvGRU_", **_USUAL):
    """The gated recurrent unit over images; see :class:`BaseConvRNNCell` for the parameters."""

    _gate_names = GATES["gru"]
    _num_states = 1

    def _arithmetic(self, i2h: Symbol, h2h: Symbol, states: list[Symbol], name: str) -> Step:
        return gru_step(symbol, i2h, h2h, states, name, self._activate, "_")
