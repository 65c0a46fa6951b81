"""What arrays and symbols get from the functions of this package: Python's operators, and methods of the same name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from .._core.frontend import fluent
from .._core.state import state
from ..base import MXNetError, NotImplementedForSymbol
from ..ndarray._array import NDArray
from . import _elementwise, _products, _reduction, _selection, _shape
from ._array import ndarray
from ._calls import checked, is_symbol, parameters_of, write_array

# ---------------------------------------------------------------------- operators

_COMPARISONS = ("eq", "ne", "gt", "ge", "lt", "le")
# Python asks the right operand when the left one does not know; comparisons and bits are mirrored by Python itself.
_SYMBOLS = {"negative": "neg"}
_IN_PLACE = ("add", "sub", "mul", "truediv", "mod", "and", "or", "xor", "matmul", "pow")


def _operator(fn: Callable[..., Any]) -> Any:
    def method(self: ndarray, other: object) -> Any:
        return fn(self, other)

    return method


def _reflected(fn: Callable[..., Any]) -> Any:
    def method(self: ndarray, other: object) -> Any:
        return fn(other, self)

    return method


def _in_place(fn: Callable[..., Any], symbol: str) -> Any:
    def method(self: ndarray, other: object) -> ndarray:
        if state.recording and self._t.requires_grad:
            raise MXNetError(
                "Inplace operations (+=, -=, x[:]=, etc) are not supported when recording with a graph behind the array"
            )
        return write_array(f"__i{symbol}__", self, fn(self, other))

    return method


def _no_memory(fn: Callable[..., Any], symbol: str) -> Any:
    def method(self: Any, other: object) -> Any:
        raise NotImplementedForSymbol(f"__i{symbol}__", None, other)

    return method


def _install_operators(cls: type) -> None:
    table = {**_elementwise.OPERATORS, "matmul": _products.FUNCTIONS["matmul"]}
    for symbol, fn in table.items():
        setattr(cls, f"__{symbol}__", _operator(fn))
        if symbol not in _COMPARISONS:
            setattr(cls, f"__r{symbol}__", _reflected(fn))
        if symbol in _IN_PLACE:
            setattr(cls, f"__i{symbol}__", (_in_place if cls is ndarray else _no_memory)(fn, symbol))
    for python2, symbol in (("div", "truediv"), ("rdiv", "rtruediv"), ("idiv", "itruediv")):
        setattr(cls, f"__{python2}__", getattr(cls, f"__{symbol}__"))
    for name in ("negative", "abs", "invert", "floor", "ceil", "trunc"):
        setattr(cls, f"__{_SYMBOLS.get(name, name)}__", _unary(_elementwise.FUNCTIONS[name]))


def _unary(fn: Callable[..., Any]) -> Any:
    def method(self: ndarray) -> Any:
        return fn(self)

    return method


# ---------------------------------------------------------------------- methods

# Method -> its arguments in MXNet's order, with their defaults.
_METHODS: dict[str, str] = {
    "all": "axis=None, out=None, keepdims=False",
    "any": "axis=None, out=None, keepdims=False",
    "argmax": "axis=None, out=None",
    "argmin": "axis=None, out=None",
    "argsort": "axis=-1, kind=None, order=None",
    "broadcast_to": "shape",
    "cumsum": "axis=None, dtype=None, out=None",
    "dot": "b, out=None",
    "max": "axis=None, out=None, keepdims=False",
    "mean": "axis=None, dtype=None, out=None, keepdims=False",
    "min": "axis=None, out=None, keepdims=False",
    "nonzero": "",
    "prod": "axis=None, dtype=None, out=None, keepdims=False",
    "repeat": "repeats, axis=None",
    "sort": "axis=-1, kind=None, order=None",
    "squeeze": "axis=None",
    "std": "axis=None, dtype=None, out=None, ddof=0, keepdims=False",
    "sum": "axis=None, dtype=None, out=None, keepdims=False",
    "swapaxes": "axis1, axis2",
    "take": "indices, axis=None, mode='raise'",
    "var": "axis=None, dtype=None, out=None, ddof=0, keepdims=False",
}


def _method(name: str, arguments: str, fn: Any) -> Any:
    """A method that hands its arguments to a function by name."""
    parameters = [inspect.Parameter("self", inspect.Parameter.POSITIONAL_OR_KEYWORD), *parameters_of(arguments)]
    names = [p.name for p in parameters[1:]]

    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        if len(args) > len(names):
            raise TypeError(f"{name}() takes at most {len(names)} arguments, got {len(args)}")
        return fn(self, **dict(zip(names, args)), **kwargs)

    method.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    method.__doc__ = f"As :func:`mxnet.numpy.{name}` of this array: {fn.__doc__.partition(chr(10))[0]}"
    return _named(method, name)


def _named(method: Any, name: str) -> Any:
    method.__name__ = name
    method.__qualname__ = f"ndarray.{name}"
    method.__module__ = "mxnet.numpy"
    return method


def _absent(name: str) -> Any:
    def method(self: ndarray, *args: Any, **kwargs: Any) -> Any:
        raise AttributeError(
            f"mxnet.numpy.ndarray object has no attribute {name}; see the function mx.np.{name} or mx.npx.{name}"
        )

    if name in ("diag", "tostype"):  # which MXNet's ndarray inherits, and refuses to run
        method.__signature__ = inspect.signature(getattr(NDArray, name))  # type: ignore[attr-defined]
    method.__doc__ = f"Not a method of these arrays, unlike :meth:`mxnet.ndarray.NDArray.{name}`."
    return _named(method, name)


def reshape(self: ndarray, *args: Any, **kwargs: Any) -> ndarray:
    """The same elements in another shape, given as one tuple or one length an argument; one length may be -1."""
    order = kwargs.pop("order", "C")
    if kwargs:
        raise TypeError(f"reshape got unknown keywords: {', '.join(kwargs)}")
    if not args:
        raise TypeError("reshape expected at least 1 argument, got 0")
    return _shape.reshape(self, args[0] if len(args) == 1 else args, order)


def transpose(self: ndarray, *axes: Any) -> ndarray:
    """The axes in another order, given as one tuple or one axis an argument; reversed by default."""
    return _shape.transpose(self, (axes[0] if len(axes) == 1 and not isinstance(axes[0], int) else axes) or None)


def flatten(self: ndarray, order: str = "C") -> ndarray:
    """All elements along one axis."""
    return _shape.ravel(self, order)


def clip(self: ndarray, min: Any = None, max: Any = None, out: ndarray | None = None) -> ndarray:
    """Elements brought into the range from ``min`` to ``max``; one of them may be None."""
    return _selection.clip(self, min, max, out)


def round_(self: ndarray, decimals: int = 0, out: ndarray | None = None, **kwargs: Any) -> ndarray:
    """Rounded to a number of decimals, halves to the even neighbor."""
    return _selection.FUNCTIONS["round"](self, decimals, out, **kwargs)


def _round(self: ndarray, n: int = 0) -> ndarray:
    return _selection.FUNCTIONS["round"](self, n)


def _broadcast_like(self: ndarray, other: ndarray) -> ndarray:
    if is_symbol(self):
        return _shape.broadcast_arrays(self, other)[0]
    return _shape.broadcast_to(self, checked("broadcast_like", other).shape)


_BY_HAND = (
    (reshape, "reshape"),
    (transpose, "transpose"),
    (flatten, "flatten"),
    (clip, "clip"),
    (round_, "round"),
    (_round, "__round__"),
    (_broadcast_like, "broadcast_like"),
)


def install(cls: type) -> None:
    """Give a class of arrays or symbols its operators and methods."""
    _install_operators(cls)
    functions = {**_reduction.FUNCTIONS, **_products.FUNCTIONS, **_shape.FUNCTIONS, **_selection.FUNCTIONS}
    for name, arguments in _METHODS.items():
        setattr(cls, name, _method(name, arguments, functions[name]))
    for fn, name in _BY_HAND:
        setattr(cls, name, fn)
    # What NDArray has as a method, and MXNet's ndarray only as a function.
    for name in {*fluent.names(), "diag", "expand_dims", "tostype"} - {*_METHODS, *[name for _, name in _BY_HAND]}:
        setattr(cls, name, _absent(name))


install(ndarray)
