"""Activation functions as layers."""

from __future__ import annotations

from types import ModuleType
from typing import Any

from ... import initializer
from ...base import ArgumentValueError
from ..block import HybridBlock
from ._arguments import InitLike, integer

__all__ = ["ELU", "GELU", "SELU", "Activation", "LeakyReLU", "PReLU", "Swish"]

_SLOPE = initializer.Constant(0.25)


class Activation(HybridBlock):
    """Apply an activation function element by element.

    Parameters
    ----------
    activation : str
        ``"relu"``, ``"sigmoid"``, ``"softrelu"``, ``"softsign"`` or ``"tanh"``, as for :func:`mxnet.nd.Activation`.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.Activation("relu")(mx.nd.array([-1, 2])).asnumpy()
    array([0., 2.], dtype=float32)
    """

    _shown = "{_act_type}"

    def __init__(self, activation: str, **kwargs: Any) -> None:
        self._act_type = activation  # before the block names itself after it
        super().__init__(**kwargs)

    def _alias(self) -> str:
        return self._act_type

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.Activation(x, act_type=self._act_type, name="fwd")


class LeakyReLU(HybridBlock):
    """``x`` where it is positive, ``alpha * x`` elsewhere.

    Parameters
    ----------
    alpha : float
        Slope below zero, at least 0.
    """

    _shown = "{_alpha}"

    def __init__(self, alpha: float, **kwargs: Any) -> None:
        if not alpha >= 0:
            raise ArgumentValueError(f"{type(self).__name__}: alpha must be at least 0, got {alpha!r}")
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.LeakyReLU(x, act_type="leaky", slope=self._alpha, name="fwd")


class PReLU(HybridBlock):
    """Leaky rectifier whose slope below zero is learned (He et al. 2015, arXiv:1502.01852).

    Parameters
    ----------
    alpha_initializer : Initializer or str, default ``Constant(0.25)``
        Initial slopes.
    in_channels : int, default 1
        Number of slopes: 1, or one for each channel (axis 1 of the data).
    """

    def __init__(self, alpha_initializer: InitLike = _SLOPE, in_channels: int = 1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        with self.name_scope():
            count = integer(type(self).__name__, "in_channels", in_channels, 1)
            self.alpha = self.params.get("alpha", shape=(count,), init=alpha_initializer)

    def hybrid_forward(self, F: ModuleType, x: Any, alpha: Any) -> Any:
        return F.LeakyReLU(x, gamma=alpha, act_type="prelu", name="fwd")


class ELU(HybridBlock):
    """Exponential linear unit, ``alpha * (exp(x) - 1)`` below zero (Clevert et al. 2016, arXiv:1511.07289).

    Parameters
    ----------
    alpha : float, default 1.0
        Minus the limit for large negative numbers.
    """

    def __init__(self, alpha: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._alpha = alpha

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.LeakyReLU(x, act_type="elu", slope=self._alpha)


class SELU(HybridBlock):
    """Exponential unit whose scale makes networks normalize themselves (Klambauer et al. 2017, arXiv:1706.02515)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.LeakyReLU(x, act_type="selu", name="fwd")


class GELU(HybridBlock):
    """``x`` times the normal distribution function of ``x`` (Hendrycks and Gimpel 2016, arXiv:1606.08415)."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.LeakyReLU(x, act_type="gelu", name="fwd")


class Swish(HybridBlock):
    """``x * sigmoid(beta * x)`` (Ramachandran et al. 2017, arXiv:1710.05941).

    Parameters
    ----------
    beta : float, default 1.0
        Steepness of the sigmoid.
    """

    def __init__(self, beta: float = 1.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._beta = beta

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return x * F.sigmoid(self._beta * x, name="fwd")
