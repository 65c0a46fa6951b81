"""Dense layers, embeddings, dropout, and wrappers of functions; with the containers and normalizations."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType
from typing import Any

from ... import ndarray, symbol
from ...base import ArgumentValueError
from ..block import Block, HybridBlock
from ._arguments import InitLike, integer
from ._containers import HybridSequential, Sequential
from ._norm import BatchNorm, BatchNormReLU, GroupNorm, InstanceNorm, LayerNorm, _BatchNorm
from .activations import Activation

__all__ = [
    "BatchNorm",
    "BatchNormReLU",
    "Dense",
    "Dropout",
    "Embedding",
    "Flatten",
    "GroupNorm",
    "HybridLambda",
    "HybridSequential",
    "InstanceNorm",
    "Lambda",
    "LayerNorm",
    "Sequential",
]

_BatchNorm = _BatchNorm  # programs that extend batch normalization import it from here


class Dense(HybridBlock):
    """A linear map and perhaps an activation, ``activation(x @ weight.T + bias)``.

    Parameters
    ----------
    units : int
        Size of the output.
    activation : str, optional
        Name of an activation function, see :class:`Activation`; none by default.
    use_bias : bool, default True
        Whether a bias is added.
    flatten : bool, default True
        Whether all axes but the first are one before the map; else it works on the last axis and keeps the others.
    dtype : str or type, default 'float32'
        Type of the parameters.
    weight_initializer, bias_initializer : str or Initializer
        Initial values; weights get the network's initializer by default.
    in_units : int, default 0
        Size of the input; 0 finds it at the first call.

    Notes
    -----
    ``weight`` has the shape ``(units, in_units)``, ``bias`` ``(units,)``. Data of shape ``(N, ...)`` becomes
    ``(N, units)``, or ``(..., units)`` without flattening.

    Examples
    --------
    >>> import mxnet as mx
    >>> layer = mx.gluon.nn.Dense(4, activation="relu")
    >>> layer.initialize()
    >>> layer(mx.nd.ones((2, 3, 5))).shape, layer.weight.shape
    ((2, 4), (4, 15))
    """

    def __init__(
        self,
        units: int,
        activation: str | None = None,
        use_bias: bool = True,
        flatten: bool = True,
        dtype: Any = "float32",
        weight_initializer: InitLike = None,
        bias_initializer: InitLike = "zeros",
        in_units: int = 0,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        name = type(self).__name__
        self._units = integer(name, "units", units, 0)
        self._in_units = integer(name, "in_units", in_units, 0)
        self._flatten = flatten
        late: dict[str, Any] = {"dtype": dtype, "allow_deferred_init": True}
        with self.name_scope():
            shape = (self._units, self._in_units)
            self.weight = self.params.get("weight", shape=shape, init=weight_initializer, **late)
            self.bias = self.params.get("bias", shape=shape[:1], init=bias_initializer, **late) if use_bias else None
            self.act = Activation(activation, prefix=activation + "_") if activation is not None else None

    def hybrid_forward(self, F: ModuleType, x: Any, weight: Any, bias: Any = None) -> Any:
        out = F.FullyConnected(
            x, weight, bias, no_bias=bias is None, num_hidden=self._units, flatten=self._flatten, name="fwd"
        )
        return out if self.act is None else self.act(out)

    def __repr__(self) -> str:
        units, in_units = self.weight.shape
        return f"{type(self).__name__}({in_units or None} -> {units}, {self.act or 'linear'})"


class Dropout(HybridBlock):
    """Set values to zero at random in training, and scale the others so that the mean stays (Srivastava et al. 2014).

    Parameters
    ----------
    rate : float
        Share of the values that are dropped, in [0, 1].
    axes : tuple of int, default ()
        Axes along which values are dropped together (the mask has size 1 there).
    """

    _shown = "p = {_rate}, axes={_axes}"

    def __init__(self, rate: float, axes: Any = (), **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 0 <= rate <= 1:
            raise ArgumentValueError(f"{type(self).__name__}: rate must be between 0 and 1, got {rate!r}")
        self._rate = rate
        self._axes = axes

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        if self._rate > 0:
            return F.Dropout(x, p=self._rate, axes=self._axes, name="fwd", cudnn_off=False)
        return F.identity(x)


class _Table(Block):
    """What embeddings are: a weight with a row for each number.

    Parameters
    ----------
    input_dim : int
        Number of vectors; valid data lie in ``[0, input_dim)``.
    output_dim : int
        Length of a vector.
    dtype : str or type, default 'float32'
        Type of the vectors.
    weight_initializer : str or Initializer, optional
        Initial vectors.
    """

    _sparse = False  # of the gradient
    _settings: dict[str, Any] = {"allow_deferred_init": True}  # more for the weight

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: InitLike = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        name, dims = type(self).__name__, (("input_dim", input_dim), ("output_dim", output_dim))
        sizes = {key: integer(name, key, n, 1) for key, n in dims}
        self._kwargs = {**sizes, "dtype": dtype, "sparse_grad": self._sparse}
        more = {**self._settings, "grad_stype": "row_sparse" if self._sparse else "default"}
        self.weight = self.params.get(
            "weight", shape=(input_dim, output_dim), init=weight_initializer, dtype=dtype, **more
        )

    def __repr__(self) -> str:
        return "{name}({input_dim} -> {output_dim}, {dtype})".format(name=type(self).__name__, **self._kwargs)


class Embedding(_Table, HybridBlock):
    """Look up a vector for each number.

    Parameters
    ----------
    sparse_grad : bool, default False
        Whether the gradient of ``weight`` is row-sparse: it then holds the vectors that were looked up, and optimizers
        that support it leave the others alone.

    Notes
    -----
    Data of shape ``(...)`` become ``(..., output_dim)``.
    """

    def __init__(
        self,
        input_dim: int,
        output_dim: int,
        dtype: Any = "float32",
        weight_initializer: InitLike = None,
        sparse_grad: bool = False,
        **kwargs: Any,
    ) -> None:
        self._sparse = sparse_grad
        super().__init__(input_dim, output_dim, dtype, weight_initializer, **kwargs)

    def hybrid_forward(self, F: ModuleType, x: Any, weight: Any) -> Any:
        return F.Embedding(x, weight, name="fwd", **self._kwargs)


class Flatten(HybridBlock):
    """Make all axes but the first one: ``(N, a, b, ...)`` becomes ``(N, a * b * ...)``."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def hybrid_forward(self, F: ModuleType, x: Any) -> Any:
        return F.flatten(x)

    def __repr__(self) -> str:
        return type(self).__name__


def _check_function(layer: str, function: object, *namespaces: Any) -> None:
    """Refuse what is neither callable nor the name of an operator that all ``namespaces`` have."""
    if isinstance(function, str):
        for namespace in namespaces:
            if not hasattr(namespace, function):
                raise ArgumentValueError(f"{layer}: function {function!r} is not in {namespace.__name__}")
    elif not callable(function):
        raise ArgumentValueError(f"{layer}: function must be callable or an operator's name, got {function!r}")


class Lambda(Block):
    """A function of arrays as a block.

    Parameters
    ----------
    function : str or callable
        Name of a function in ``mx.nd``, or ``f(*arrays)``.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.Lambda(lambda x: x * 2)(mx.nd.ones((1,))).asnumpy()
    array([2.], dtype=float32)
    """

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        _check_function(type(self).__name__, function, ndarray)
        self._func_impl = getattr(ndarray, function) if isinstance(function, str) else function

    def forward(self, *args: Any) -> Any:
        return self._func_impl(*args)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({getattr(self._func_impl, '__name__', self._func_impl)})"


class HybridLambda(HybridBlock):
    """A function of arrays or symbols as a hybrid block.

    Parameters
    ----------
    function : str or callable
        Name of a function that both ``mx.nd`` and ``mx.sym`` have, or ``f(F, x, *more)``, where ``F`` is the one or the
        other.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.nn.HybridLambda(lambda F, x: F.square(x))(mx.nd.array([3])).asnumpy()
    array([9.], dtype=float32)
    """

    _shown = "{_func_name}"

    def __init__(self, function: str | Callable[..., Any], prefix: str | None = None) -> None:
        super().__init__(prefix=prefix)
        _check_function(type(self).__name__, function, ndarray, symbol)
        if isinstance(function, str):
            self._func_name = function
            self._func: Callable[..., Any] = lambda F, *args: getattr(F, function)(*args)
        else:
            self._func_name = getattr(function, "__name__", str(function))
            self._func = function

    def hybrid_forward(self, F: ModuleType, x: Any, *args: Any) -> Any:
        return self._func(F, x, *args)
