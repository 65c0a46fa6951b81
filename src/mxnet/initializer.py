"""Initial values of parameters (``mx.init``)."""

from __future__ import annotations

import json
import logging
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from math import ceil, sqrt
from typing import Any

import numpy as np

from . import ndarray, random, registry
from ._core.text import quoted, shortened
from .base import MXNetError
from .ndarray import NDArray

__all__ = [
    "Bilinear",
    "Constant",
    "FusedRNN",
    "InitDesc",
    "Initializer",
    "LSTMBias",
    "Load",
    "MSRAPrelu",
    "Mixed",
    "Normal",
    "One",
    "Orthogonal",
    "Uniform",
    "Xavier",
    "Zero",
    "alias",
    "create",
    "register",
]


class InitDesc(str):
    """The name of a parameter together with what says how to initialize it.

    Parameters
    ----------
    name : str
    attrs : dict of str to str, optional
        The variable's attributes; ``__init__`` holds an initializer of its own.
    global_init : Initializer, optional
        What parameters of a composite fall back to.
    """

    attrs: Mapping[str, str]
    global_init: Any

    def __new__(cls, name: str, attrs: Mapping[str, str] | None = None, global_init: Any = None) -> InitDesc:
        self = super().__new__(cls, name)
        self.attrs = attrs or {}
        self.global_init = global_init
        return self


# Endings of names, in the order in which they are tried -> (method, what the log calls it).
_ENDINGS = {
    "weight": "_init_weight",
    "bias": "_init_bias",
    "gamma": "_init_gamma",
    "beta": "_init_beta",
    "min": "_init_zero",
    "max": "_init_one",
    "weight_quantize": "_init_quantized_weight",
    "bias_quantize": "_init_quantized_bias",
}
# The same for names without attributes, as they were used before 2016.
_LEGACY_ENDINGS = {
    "bias": "_init_bias",
    "gamma": "_init_gamma",
    "beta": "_init_beta",
    "weight": "_init_weight",
    "moving_mean": "_init_zero",
    "moving_var": "_init_one",
    "moving_inv_var": "_init_zero",
    "moving_avg": "_init_zero",
    "min": "_init_zero",
    "max": "_init_one",
}


def _init_own(desc: InitDesc, text: Any, arr: NDArray) -> None:
    """Initialize by a variable's attribute ``__init__``, which may come from a file."""
    try:
        create(text)._init_weight(desc, arr)
    except MXNetError:
        raise
    except (AssertionError, AttributeError, LookupError, RecursionError, TypeError, ValueError) as e:
        raise MXNetError(
            f"the attribute __init__ of {quoted(str(desc))} must be the name of an initializer or "
            f'["name", {{arguments}}], got {quoted(text)}: {shortened(str(e))}'
        ) from None


class Initializer:
    """Base class of initializers: objects called with a description and an array to fill.

    The name's ending decides what happens: weights get what the subclass defines in ``_init_weight``, biases 0,
    ``gamma`` 1, and so on. A variable's own initializer, given as ``mx.sym.Variable(init=...)``, comes first.

    Examples
    --------
    >>> import mxnet as mx
    >>> weight = mx.nd.empty((2, 3))
    >>> mx.init.Constant(0.5)(mx.init.InitDesc("fc_weight"), weight)
    >>> weight.asnumpy().tolist()
    [[0.5, 0.5, 0.5], [0.5, 0.5, 0.5]]
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None) -> Initializer:
        """Log what is initialized.

        Parameters
        ----------
        verbose : bool
        print_func : callable, optional
            A statistic of the array, as text; the root mean square when not given.
        """
        self._verbose = verbose
        self._print_func = print_func or (lambda x: str((ndarray.norm(x) / sqrt(x.size)).asscalar()))
        return self

    def _verbose_print(self, desc: str, init: str, arr: NDArray) -> None:
        if self._verbose and self._print_func:
            logging.info("Initialized %s as %s: %s", desc, init, self._print_func(arr))

    def dumps(self) -> str:
        """The initializer as JSON, which :func:`create` reads.

        Examples
        --------
        >>> import mxnet as mx
        >>> mx.init.Normal(0.5).dumps()
        '["normal", {"sigma": 0.5}]'
        """
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: Any, arr: NDArray) -> None:
        """Fill an array.

        Parameters
        ----------
        desc : InitDesc
        arr : NDArray

        Raises
        ------
        ValueError
            When the name's ending says nothing about the parameter.
        """
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__", "")
        if own:
            _init_own(desc, own, arr)
            self._verbose_print(desc, own, arr)
            return
        for ending, method in _ENDINGS.items():
            if desc.endswith(ending):
                getattr(self, method)(desc, arr)
                self._verbose_print(desc, ending, arr)
                return
        self._init_default(desc, arr)

    def _legacy_init(self, name: Any, arr: NDArray) -> None:
        """Initialize by the name alone."""
        warnings.warn(
            "an initializer called with a plain name is deprecated; wrap the name in mx.init.InitDesc",
            DeprecationWarning,
            stacklevel=3,
        )
        if not isinstance(name, str):
            raise TypeError(f"name must be string, got {type(name).__name__}")
        if not isinstance(arr, NDArray):
            raise TypeError(f"arr must be NDArray, got {type(arr).__name__}")
        if name.startswith("upsampling"):
            self._init_bilinear(name, arr)
        elif name.startswith("stn_loc") and name.endswith("weight"):
            self._init_zero(name, arr)
        elif name.startswith("stn_loc") and name.endswith("bias"):
            self._init_loc_bias(name, arr)
        else:
            method = next((m for ending, m in _LEGACY_ENDINGS.items() if name.endswith(ending)), "_init_default")
            getattr(self, method)(name, arr)

    # What the endings mean. Subclasses override these.

    def _init_bilinear(self, _: Any, arr: NDArray) -> None:
        arr[:] = _bilinear(arr.shape)

    def _init_loc_bias(self, _: Any, arr: NDArray) -> None:
        if arr.shape[0] != 6:
            raise AssertionError(f"the bias of an affine transformation has 6 elements, got {arr.shape}")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])

    def _init_zero(self, _: Any, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, _: Any, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_bias(self, _: Any, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_quantized_bias(self, _: Any, arr: NDArray) -> None:
        arr[:] = 0

    def _init_gamma(self, _: Any, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_beta(self, _: Any, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_weight(self, name: Any, arr: NDArray) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _init_weight")

    def _init_quantized_weight(self, _: Any, arr: NDArray) -> None:
        arr[:] = random.randint(-127, 127, shape=arr.shape, dtype="int32", ctx=arr.context).astype("int8")

    def _init_default(self, name: Any, _: NDArray) -> None:
        raise ValueError(
            f"Unknown initialization pattern for {name}: only names that end in weight, bias, gamma or beta tell what "
            f"they need. Give this one its own initializer, mx.sym.Variable({str(name)!r}, init=mx.init...)"
        )

    def __eq__(self, other: object) -> Any:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = None  # type: ignore[assignment]


_register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")


def register(klass: type) -> type:
    """Make a subclass of :class:`Initializer` known by its name; a class decorator.

    Examples
    --------
    >>> import mxnet as mx
    >>> @mx.init.register
    ... class Tenth(mx.init.Initializer):
    ...     def _init_weight(self, name, arr):
    ...         arr[:] = 0.1
    >>> type(mx.init.create("tenth")).__name__
    'Tenth'
    """
    return _register(klass)


# ---------------------------------------------------------------------- composites


class Load:
    """Initialize from saved parameters.

    Parameters
    ----------
    param : str or dict of str to NDArray
        A file, or arrays by name; prefixes ``arg:`` and ``aux:`` are dropped.
    default_init : Initializer, optional
        For parameters that were not saved.
    verbose : bool
        Whether to log where each parameter came from.
    """

    def __init__(self, param: Any, default_init: Any = None, verbose: bool = False) -> None:
        if isinstance(param, str):
            param = ndarray.load(param)
        if not isinstance(param, dict):
            raise AssertionError(f"param must be a file of named arrays or a dict, got {type(param).__name__}")
        self.param = {name[4:] if name.startswith(("arg:", "aux:")) else name: arr for name, arr in param.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill an array."""
        saved = self.param.get(name)
        if saved is None:
            if self.default_init is None:
                raise AssertionError(
                    f"Cannot Initialize {name}. Not found in loaded param and no default Initializer is provided."
                )
            self.default_init(name, arr)
        elif arr.shape != saved.shape:
            raise AssertionError(
                f"Parameter {name} cannot be initialized from loading. Shape mismatch, target "
                f"{arr.shape} vs loaded {saved.shape}"
            )
        else:
            arr[:] = saved
        if self.verbose:
            logging.info("Initialized %s by %s", name, "default" if saved is None else "loading")


class Mixed:
    """Initialize by the first of several initializers whose pattern matches the name.

    Parameters
    ----------
    patterns : list of str
        Regular expressions, which must match from the beginning of the name.
    initializers : list of Initializer

    Examples
    --------
    >>> import mxnet as mx
    >>> init = mx.init.Mixed(["bias", ".*"], [mx.init.Zero(), mx.init.Uniform(0.1)])
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Any]) -> None:
        if len(patterns) != len(initializers):
            raise AssertionError(f"{len(patterns)} patterns need as many initializers, got {len(initializers)}")
        self.map = [(re.compile(p), init) for p, init in zip(patterns, initializers)]

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill an array."""
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise ValueError(
            f'Parameter name {name} did not match any pattern. Consider adding a ".*" pattern at the end '
            "with a default Initializer."
        )


# ---------------------------------------------------------------------- constants


@register
@alias("zeros")
class Zero(Initializer):
    """Weights of zero."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        arr[:] = 0


@register
@alias("ones")
class One(Initializer):
    """Weights of one."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """Weights of a given value.

    Parameters
    ----------
    value : float or array
        A number, or an array of the parameter's shape.
    """

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        arr[:] = self.value

    def dumps(self) -> str:
        """The initializer as JSON; an array becomes a list."""
        value = self._kwargs["value"]
        if isinstance(value, (NDArray, np.ndarray, np.generic)):
            self._kwargs["value"] = (value.asnumpy() if isinstance(value, NDArray) else value).tolist()
        return super().dumps()


# ---------------------------------------------------------------------- random weights


@register
class Uniform(Initializer):
    """Weights drawn uniformly from ``[-scale, scale)``.

    Parameters
    ----------
    scale : float
    """

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, shape=arr.shape, out=arr)


@register
class Normal(Initializer):
    """Weights drawn from a normal distribution with mean 0.

    Parameters
    ----------
    sigma : float
        The standard deviation.
    """

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        random.normal(0, self.sigma, shape=arr.shape, out=arr)


@register
class Orthogonal(Initializer):
    """Weights that are a multiple of a random matrix with orthonormal rows or columns (arXiv:1312.6120).

    Parameters
    ----------
    scale : float
    rand_type : {"uniform", "normal"}
        The distribution of the matrix that is made orthogonal.
    """

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        shape = (arr.shape[0], int(np.prod(arr.shape[1:])))
        if self.rand_type == "uniform":
            matrix = random.uniform(-1.0, 1.0, shape=shape)
        elif self.rand_type == "normal":
            matrix = random.normal(0.0, 1.0, shape=shape)
        else:
            raise ValueError(f"Unknown random type {self.rand_type!r}, expected 'uniform' or 'normal'")
        u, _, v = np.linalg.svd(matrix.asnumpy(), full_matrices=False)
        arr[:] = self.scale * (u if u.shape == shape else v).reshape(arr.shape)


@register
class Xavier(Initializer):
    """Weights whose scale keeps activations and gradients of the same size from layer to layer.

    They are uniform in ``[-c, c)``, or normal with standard deviation ``c``, with ``c = sqrt(magnitude / n)``. ``n`` is
    the number of a unit's inputs, of its outputs, or the mean of both.

    Parameters
    ----------
    rnd_type : {"uniform", "gaussian"}
    factor_type : {"avg", "in", "out"}
    magnitude : float
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: Any, arr: NDArray) -> None:
        shape = arr.shape
        if len(shape) < 2:
            raise ValueError(f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D.")
        window = float(np.prod(shape[2:]))
        fan_in, fan_out = shape[1] * window, shape[0] * window
        factors = {"avg": (fan_in + fan_out) / 2.0, "in": fan_in, "out": fan_out}
        if self.factor_type not in factors:
            raise ValueError(f"Incorrect factor type {self.factor_type!r}, expected one of {', '.join(factors)}")
        scale = sqrt(self.magnitude / factors[self.factor_type])
        if self.rnd_type == "uniform":
            random.uniform(-scale, scale, shape=arr.shape, out=arr)
        elif self.rnd_type == "gaussian":
            random.normal(0, scale, shape=arr.shape, out=arr)
        else:
            raise ValueError(f"Unknown random type {self.rnd_type!r}, expected 'uniform' or 'gaussian'")


@register
class MSRAPrelu(Xavier):
    """Normal weights for layers followed by ReLU or PReLU (arXiv:1502.01852).

    Parameters
    ----------
    factor_type : {"avg", "in", "out"}
    slope : float
        The initial slope of the PReLU.
    """

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


# ---------------------------------------------------------------------- special layers


def _bilinear(shape: tuple[int, ...]) -> np.ndarray:
    """Weights of an upsampling by bilinear interpolation, of shape ``(outputs, inputs, height, width)``."""
    factor = ceil(shape[3] / 2.0)
    center = (2 * factor - 1 - factor % 2) / (2.0 * factor)
    y, x = [1 - np.abs(np.arange(n) / factor - center) for n in shape[2:4]]
    return np.broadcast_to(np.outer(y, x).astype(np.float32), shape)


@register
class Bilinear(Initializer):
    """Weights with which a deconvolution interpolates linearly between pixels."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, _: Any, arr: NDArray) -> None:
        arr[:] = _bilinear(arr.shape)


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

    def _init_weight(self, name: Any, arr: NDArray) -> None:
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
        super().__init__(
            init=init.dumps() if init is not None else None,
            num_hidden=num_hidden,
            num_layers=num_layers,
            mode=mode,
            bidirectional=bidirectional,
            forget_bias=forget_bias,
        )
        self._init = init
        self._num_hidden = num_hidden
        self._num_layers = num_layers
        self._mode: Any = mode
        self._bidirectional = bidirectional
        self._forget_bias = forget_bias

    def _init_weight(self, desc: Any, arr: NDArray) -> None:
        from .rnn import rnn_cell

        cell = rnn_cell.FusedRNNCell(
            self._num_hidden,
            self._num_layers,
            self._mode,
            self._bidirectional,
            forget_bias=self._forget_bias,
            prefix="",
        )
        parts = cell.unpack_weights({"parameters": arr})
        for name, part in parts.items():
            if self._mode == "lstm" and name.endswith("_f_bias"):
                part[:] = self._forget_bias
            else:
                (self._init or desc.global_init)(InitDesc(name, global_init=desc.global_init), part)
        arr[:] = cell.pack_weights(parts)["parameters"]
