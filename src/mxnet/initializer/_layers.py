"""Parameters of special layers: upsampling, recurrent ones."""

from __future__ import annotations

from math import prod
from typing import Any

from .._core.flat_rnn import FlatParameters
from ..ndarray import NDArray
from ._base import InitDesc, Initializer, bilinear, create, register


@register
class Bilinear(Initializer):
    """Weights with which a deconvolution interpolates linearly between pixels."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: object, arr: NDArray) -> None:
        arr[:] = bilinear(arr.shape)


@register
class LSTMBias(Initializer):
    """A bias of an LSTM layer, zero but for the forget gates.

    Parameters
    ----------
    forget_bias : float
        The bias of the forget gates.
    """

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name: object, arr: NDArray) -> None:
        arr[:] = 0.0
        hidden = arr.shape[0] // 4
        arr[hidden : 2 * hidden] = self.forget_bias  # the second of the four gates


@register
class FusedRNN(Initializer):
    """The flat parameters of a fused recurrent layer, each weight and bias in it by its own name.

    Parameters
    ----------
    init : Initializer, str or None
        For the weights; None falls back to the global initializer.
    num_hidden, num_layers, mode, bidirectional, forget_bias
        As given to ``FusedRNNCell``.
    """

    def __init__(
        self,
        init: Any,
        num_hidden: int,
        num_layers: int,
        mode: str,
        bidirectional: bool = False,
        forget_bias: float = 1.0,
    ) -> None:
        if isinstance(init, str):
            init = create(init)
        network = {"num_hidden": num_hidden, "num_layers": num_layers, "mode": mode, "bidirectional": bidirectional}
        super().__init__(init=None if init is None else init.dumps(), **network, forget_bias=forget_bias)
        self._init = init
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode: Any = mode
        self._bidirectional = bidirectional
        self._forget_bias = forget_bias

    def _init_weight(self, desc: Any, arr: NDArray) -> None:
        vector = FlatParameters("", self._num_hidden, self._num_layers, self._mode, self._bidirectional)
        start = 0
        for name, shape in vector.parts(vector.num_input(arr.size, "parameters")):
            part = arr[start : start + prod(shape)].reshape(shape)  # on the same memory
            start += prod(shape)
            if self._mode == "lstm" and name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                (self._init or desc.global_init)(InitDesc(name, global_init=desc.global_init), part)
