"""Initializers: how parameters get their first values."""

from __future__ import annotations

import json
import logging
import math
import re
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from . import random, registry
from .ndarray import NDArray, array, load

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
    """The name of a parameter together with what decides on its initialization.

    Parameters
    ----------
    name : str
    attrs : dict of str to str, optional
        Attributes of the variable; ``__init__`` holds an initializer of its own.
    global_init : Initializer, optional
        The initializer to fall back on.
    """

    attrs: dict[str, str]
    global_init: Initializer | None

    def __new__(cls, name: str, attrs: dict[str, str] | None = None, global_init: Initializer | None = None) -> InitDesc:
        self = super().__new__(cls, name)
        self.attrs = attrs or {}
        self.global_init = global_init
        return self


# End of a parameter's name -> method that sets it. The first that fits counts.
_BY_SUFFIX = (
    ("weight", "_init_weight"),
    ("bias", "_init_bias"),
    ("gamma", "_init_gamma"),
    ("beta", "_init_beta"),
    ("min", "_init_zero"),
    ("max", "_init_one"),
    ("weight_quantize", "_init_quantized_weight"),
    ("bias_quantize", "_init_quantized_bias"),
)
# The same for plain names without a description, as MXNet 0.x had it: (beginning, end, method).
_LEGACY = (
    ("upsampling", "", "_init_bilinear"),
    ("stn_loc", "weight", "_init_zero"),
    ("stn_loc", "bias", "_init_loc_bias"),
    ("", "bias", "_init_bias"),
    ("", "gamma", "_init_gamma"),
    ("", "beta", "_init_beta"),
    ("", "weight", "_init_weight"),
    ("", "moving_mean", "_init_zero"),
    ("", "moving_var", "_init_one"),
    ("", "moving_inv_var", "_init_zero"),
    ("", "moving_avg", "_init_zero"),
    ("", "min", "_init_zero"),
    ("", "max", "_init_one"),
)


class Initializer:
    """Base of all initializers.

    Calling one with a description and an array sets the array: by the variable's own initializer when it has one, else
    by the end of its name (``weight``, ``bias``, ``gamma``, ``beta``, ...). Subclasses override ``_init_weight``.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._kwargs = kwargs
        self._verbose = False
        self._print_func: Callable[[NDArray], str] | None = None

    def set_verbosity(self, verbose: bool = False, print_func: Callable[[NDArray], str] | None = None) -> Initializer:
        """Have a statistic of each array logged (the root of the mean square by default)."""
        self._verbose = verbose
        self._print_func = print_func or (lambda x: str((x.norm() / math.sqrt(x.size)).asscalar()))
        return self

    def dumps(self) -> str:
        """This initializer as JSON, for the ``__init__`` attribute of a variable.

        Examples
        --------
        >>> import mxnet as mx
        >>> mx.init.Normal(0.5).dumps()
        '["normal", {"sigma": 0.5}]'
        """
        return json.dumps([type(self).__name__.lower(), self._kwargs])

    def __call__(self, desc: InitDesc, arr: NDArray) -> None:
        """Set an array.

        Raises
        ------
        ValueError
            When neither the description nor the name tells how.
        """
        if not isinstance(desc, InitDesc):
            self._legacy_init(desc, arr)
            return
        if desc.global_init is None:
            desc.global_init = self
        own = desc.attrs.get("__init__", "")
        if own:
            create(own)._init_weight(desc, arr)
            self._log(desc, own, arr)
            return
        for suffix, method in _BY_SUFFIX:
            if desc.endswith(suffix):
                getattr(self, method)(desc, arr)
                self._log(desc, suffix, arr)
                return
        self._init_default(desc, arr)

    def _log(self, desc: str, kind: str, arr: NDArray) -> None:
        if self._verbose and self._print_func:
            logging.info("Initialized %s as %s: %s", desc, kind, self._print_func(arr))

    def _legacy_init(self, name: str, arr: NDArray) -> None:
        warnings.warn(
            "\033[91mCalling initializer with init(str, NDArray) has been deprecated.please use "
            "init(mx.init.InitDesc(...), NDArray) instead.\033[0m", DeprecationWarning, stacklevel=3,
        )
        if not isinstance(name, str):
            raise TypeError("name must be string")
        if not isinstance(arr, NDArray):
            raise TypeError("arr must be NDArray")
        for prefix, suffix, method in _LEGACY:
            if name.startswith(prefix) and name.endswith(suffix):
                getattr(self, method)(name, arr)
                return
        self._init_default(name, arr)

    def _init_zero(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_one(self, name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_bias(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_gamma(self, name: str, arr: NDArray) -> None:
        arr[:] = 1.0

    def _init_beta(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0

    def _init_quantized_bias(self, name: str, arr: NDArray) -> None:
        arr[:] = 0

    def _init_quantized_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = random.randint(-127, 127, shape=arr.shape, dtype="int32", ctx=arr.context)

    def _init_loc_bias(self, name: str, arr: NDArray) -> None:
        if arr.shape[0] != 6:
            raise AssertionError(f"{name} must have 6 values, got shape {arr.shape}")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])

    def _init_bilinear(self, name: str, arr: NDArray) -> None:
        """Weights of linear interpolation, for Deconvolution used as upsampling (Long et al., 2015)."""
        height, width = arr.shape[2:]
        factor = math.ceil(width / 2)
        centre = (2 * factor - 1 - factor % 2) / (2.0 * factor)
        rows = 1 - np.abs(np.arange(height) / factor - centre)
        columns = 1 - np.abs(np.arange(width) / factor - centre)
        arr[:] = np.broadcast_to(rows[:, None] * columns, arr.shape)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        raise NotImplementedError("Must override it")

    def _init_default(self, name: str, arr: NDArray) -> None:
        raise ValueError(
            f"Unknown initialization pattern for {name}. Default initialization is now limited to "
            '"weight", "bias", "gamma" (1.0), and "beta" (0.0).'
            "Please use mx.sym.Variable(init=mx.init.*) to set initialization pattern"
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Initializer):
            return NotImplemented
        return type(self) is type(other) and self._kwargs == other._kwargs

    __hash__ = object.__hash__


register = registry.get_register_func(Initializer, "initializer")
alias = registry.get_alias_func(Initializer, "initializer")
create = registry.get_create_func(Initializer, "initializer")


class Load:
    """Set parameters from saved ones.

    Parameters
    ----------
    param : str or dict of str to NDArray
        A ``.params`` file or its content; ``arg:`` and ``aux:`` before the names are dropped.
    default_init : Initializer, optional
        Sets what is not among them.
    verbose : bool
        Log where each parameter came from.
    """

    def __init__(self, param: Any, default_init: Initializer | None = None, verbose: bool = False) -> None:
        if isinstance(param, str):
            param = load(param)
        if not isinstance(param, dict):
            raise AssertionError(f"param must be a dict or the name of a file that holds one, got {type(param).__name__}")
        self.param = {name[4:] if name.startswith(("arg:", "aux:")) else name: a for name, a in param.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Set the array of a name."""
        found = self.param.get(name)
        if found is None:
            if self.default_init is None:
                raise AssertionError(
                    f"Cannot Initialize {name}. Not found in loaded param and no default Initializer is provided."
                )
            self.default_init(name, arr)  # type: ignore[arg-type]
            source = "default"
        else:
            if found.shape != arr.shape:
                raise AssertionError(
                    f"Parameter {name} cannot be initialized from loading. Shape mismatch, target {arr.shape} vs loaded "
                    f"{found.shape}"
                )
            arr[:] = found
            source = "loading"
        if self.verbose:
            logging.info("Initialized %s by %s", name, source)


class Mixed:
    """Choose an initializer by the parameter's name.

    Parameters
    ----------
    patterns : list of str
        Regular expressions, tried in order.
    initializers : list of Initializer
        One a pattern.
    """

    def __init__(self, patterns: list[str], initializers: list[Initializer]) -> None:
        if len(patterns) != len(initializers):
            raise AssertionError(f"{len(patterns)} patterns, but {len(initializers)} initializers")
        self.map = [(re.compile(p), init) for p, init in zip(patterns, initializers)]

    def __call__(self, name: Any, arr: NDArray) -> None:
        """Set an array by the first pattern that its name matches from the beginning."""
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise ValueError(
            f'Parameter name {name} did not match any pattern. Consider adding a ".*" pattern at the end with a default '
            "Initializer."
        )


@alias("zeros")
@register
class Zero(Initializer):
    """Zeros."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0


@alias("ones")
@register
class One(Initializer):
    """Ones."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 1


@register
class Constant(Initializer):
    """One value, or an array of the parameter's shape."""

    def __init__(self, value: Any) -> None:
        super().__init__(value=value)
        self.value = value

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = array(self.value) if isinstance(self.value, list) else self.value

    def dumps(self) -> str:
        """This initializer as JSON."""
        value = self.value
        if not np.isscalar(value) and not isinstance(value, list):
            value = (value.asnumpy() if isinstance(value, NDArray) else np.asarray(value)).tolist()
        return json.dumps([type(self).__name__.lower(), {"value": value}])


@register
class Uniform(Initializer):
    """Uniform numbers from ``[-scale, scale]``."""

    def __init__(self, scale: float = 0.07) -> None:
        super().__init__(scale=scale)
        self.scale = scale

    def _init_weight(self, name: str, arr: NDArray) -> None:
        random.uniform(-self.scale, self.scale, out=arr)


@register
class Normal(Initializer):
    """Normal numbers with mean 0 and standard deviation ``sigma``."""

    def __init__(self, sigma: float = 0.01) -> None:
        super().__init__(sigma=sigma)
        self.sigma = sigma

    def _init_weight(self, name: str, arr: NDArray) -> None:
        random.normal(0, self.sigma, out=arr)


@register
class Orthogonal(Initializer):
    """An orthogonal matrix times ``scale`` (Saxe et al., 2013), from uniform or normal numbers."""

    def __init__(self, scale: float = 1.414, rand_type: str = "uniform") -> None:
        super().__init__(scale=scale, rand_type=rand_type)
        self.scale = scale
        self.rand_type = rand_type

    def _init_weight(self, name: str, arr: NDArray) -> None:
        rows = arr.shape[0]
        columns = arr.size // rows
        draw = random.uniform(-1, 1, shape=(rows, columns)) if self.rand_type == "uniform" else random.normal(
            0, 1, shape=(rows, columns)
        )
        u, _, v = torch.linalg.svd(draw._t.double(), full_matrices=False)
        chosen = u if u.shape == (rows, columns) else v
        arr[:] = (self.scale * chosen).reshape(arr.shape).cpu().numpy()


@register
class Xavier(Initializer):
    """Random numbers scaled by the number of a layer's inputs and outputs (Glorot and Bengio, 2010).

    Parameters
    ----------
    rnd_type : {"uniform", "gaussian"}
    factor_type : {"avg", "in", "out"}
        What the variance is divided by: inputs, outputs, or their mean.
    magnitude : float
        What the variance is multiplied by.
    """

    def __init__(self, rnd_type: str = "uniform", factor_type: str = "avg", magnitude: float = 3) -> None:
        super().__init__(rnd_type=rnd_type, factor_type=factor_type, magnitude=magnitude)
        self.rnd_type = rnd_type
        self.factor_type = factor_type
        self.magnitude = float(magnitude)

    def _init_weight(self, name: str, arr: NDArray) -> None:
        shape = arr.shape
        if len(shape) < 2:
            raise ValueError(f"Xavier initializer cannot be applied to vector {name}. It requires at least 2D.")
        positions = np.prod(shape[2:])
        fans = {"in": shape[1] * positions, "out": shape[0] * positions}
        fans["avg"] = (fans["in"] + fans["out"]) / 2.0
        if self.factor_type not in fans:
            raise ValueError("Incorrect factor type")
        scale = float(np.sqrt(self.magnitude / fans[self.factor_type]))
        if self.rnd_type == "uniform":
            random.uniform(-scale, scale, out=arr)
        elif self.rnd_type == "gaussian":
            random.normal(0, scale, out=arr)
        else:
            raise ValueError("Unknown random type")


@register
class MSRAPrelu(Xavier):
    """Normal numbers for layers followed by PReLU of a given slope (He et al., 2015)."""

    def __init__(self, factor_type: str = "avg", slope: float = 0.25) -> None:
        super().__init__("gaussian", factor_type, 2.0 / (1 + slope**2))
        self._kwargs = {"factor_type": factor_type, "slope": slope}


@register
class Bilinear(Initializer):
    """Weights of linear interpolation, for upsampling layers."""

    def __init__(self) -> None:
        super().__init__()

    def _init_weight(self, name: str, arr: NDArray) -> None:
        self._init_bilinear(name, arr)


@register
class LSTMBias(Initializer):
    """Biases of an LSTM cell: zeros but for the forget gate (Jozefowicz et al., 2015)."""

    def __init__(self, forget_bias: float = 1.0) -> None:
        super().__init__(forget_bias=forget_bias)
        self.forget_bias = forget_bias

    def _init_weight(self, name: str, arr: NDArray) -> None:
        arr[:] = 0.0
        hidden = arr.shape[0] // 4
        arr[hidden : 2 * hidden] = self.forget_bias


@register
class FusedRNN(Initializer):
    """The flat parameters of a fused RNN, each part by another initializer.

    Parameters
    ----------
    init : Initializer or str
        For the parts; None takes the global one.
    num_hidden, num_layers, mode, bidirectional, forget_bias
        As of :class:`mxnet.rnn.FusedRNNCell`.
    """

    def __init__(self, init: Any, num_hidden: int, num_layers: int, mode: str, bidirectional: bool = False,
                 forget_bias: float = 1.0) -> None:
        if isinstance(init, str):
            init = create(*json.loads(init)[:1], **json.loads(init)[1])
        super().__init__(
            init=None if init is None else init.dumps(), num_hidden=num_hidden, num_layers=num_layers, mode=mode,
            bidirectional=bidirectional, forget_bias=forget_bias,
        )
        self._init = init

    def _init_weight(self, name: Any, arr: NDArray) -> None:
        from .rnn import rnn_cell

        own = self._kwargs
        cell = rnn_cell.FusedRNNCell(own["num_hidden"], own["num_layers"], own["mode"], own["bidirectional"],
                                     forget_bias=own["forget_bias"], prefix="")
        parts = cell.unpack_weights({"parameters": arr})
        fallback = getattr(name, "global_init", None)
        for part, value in parts.items():
            if own["mode"] == "lstm" and part.endswith("_f_bias"):
                value[:] = own["forget_bias"]
            elif self._init is None:
                fallback(InitDesc(part, global_init=fallback), value)  # type: ignore[misc]
            else:
                self._init(InitDesc(part, global_init=fallback), value)
        arr[:] = cell.pack_weights(parts)["parameters"]
