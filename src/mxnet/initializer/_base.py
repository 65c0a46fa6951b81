"""What a parameter is called decides how it is initialized: the base class, and the registry of initializers."""

from __future__ import annotations

import json
import warnings
from collections.abc import Callable, Mapping
from math import ceil, sqrt
from typing import Any

import numpy as np

from .. import ndarray, random, registry
from .._core import logs
from .._core.text import quoted, shortened
from ..base import MXNetError
from ..ndarray import NDArray


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


def bilinear(shape: tuple[int, ...]) -> np.ndarray:
    """Weights of an upsampling by bilinear interpolation, of shape ``(outputs, inputs, height, width)``."""
    factor = ceil(shape[3] / 2.0)
    center = (2 * factor - 1 - factor % 2) / (2.0 * factor)
    y, x = [1 - np.abs(np.arange(n) / factor - center) for n in shape[2:4]]
    return np.broadcast_to(np.outer(y, x).astype(np.float32), shape)


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
# The same for names without attributes, as they were used before 2016: beginning, ending, method; the first that fits.
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
    ("", "", "_init_default"),
)


def _init_own(desc: InitDesc, text: object, arr: NDArray) -> None:
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


def _fill_with(number: float) -> Callable[[Initializer, object, NDArray], None]:
    def fill(self: Initializer, _: object, arr: NDArray) -> None:
        arr[:] = number

    return fill


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
            logs.root.info("Initialized %s as %s: %s", desc, init, self._print_func(arr))

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
            return self._legacy_init(desc, arr)
        desc.global_init = self if desc.global_init is None else desc.global_init
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
        for argument, given, kind in (("name", name, str), ("arr", arr, NDArray)):
            if not isinstance(given, kind):
                raise TypeError(f"{argument} must be of type {kind.__name__}, got {type(given).__name__}")
        fitting = (m for beginning, ending, m in _LEGACY if name.startswith(beginning) and name.endswith(ending))
        getattr(self, next(fitting))(name, arr)

    # What the endings mean. Subclasses override these.

    def _init_bilinear(self, _: object, arr: NDArray) -> None:
        arr[:] = bilinear(arr.shape)

    def _init_loc_bias(self, _: object, arr: NDArray) -> None:
        if arr.shape[0] != 6:
            raise AssertionError(f"the bias of an affine transformation has 6 elements, got {arr.shape}")
        arr[:] = np.array([1.0, 0, 0, 0, 1.0, 0])

    _init_zero = _init_bias = _init_beta = _init_quantized_bias = _fill_with(0.0)
    _init_one = _init_gamma = _fill_with(1.0)

    def _init_weight(self, name: object, arr: NDArray) -> None:
        raise NotImplementedError(f"{type(self).__name__} must define _init_weight")

    def _init_quantized_weight(self, _: object, arr: NDArray) -> None:
        arr[:] = random.randint(-127, 127, shape=arr.shape, dtype="int32", ctx=arr.context).astype("int8")

    def _init_default(self, name: object, _: NDArray) -> None:
        raise ValueError(
            f"Unknown initialization pattern for {name}: only names that end in weight, bias, gamma or beta tell what "
            f"they need. Give this one its own initializer, mx.sym.Variable({str(name)!r}, init=mx.init...)"
        )

    def __eq__(self, other: object) -> Any:
        if isinstance(other, Initializer):
            return type(other) is type(self) and self._kwargs == other._kwargs
        return NotImplemented

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
