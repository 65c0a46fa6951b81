"""Functions that work element by element, and Python's operators, from the tables of their operators."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as onp

from .._core.invoke import arithmetic, elementwise
from .._core.opdef import OpDef
from .._core.ops.numpy.elementwise import BINARY, UNARY, Binary
from .._core.ops.numpy.families import promoted
from ..util import _check_ufunc_keywords
from ._array import ndarray
from ._calls import NUMBERS, in_graph, refuse, write_array

_NO_PARAMS: dict[str, Any] = {}


def _unary(name: str, od: OpDef) -> Any:
    on_host = getattr(onp, name)

    def call(x: Any, out: ndarray | None = None, **kwargs: Any) -> Any:
        if kwargs:
            _check_ufunc_keywords(name, kwargs)
        if isinstance(x, ndarray):
            result = elementwise(od, x, _NO_PARAMS)
            return result if out is None else write_array(name, out, result)
        if isinstance(x, NUMBERS):
            return on_host(x)
        return in_graph(od, name, [x], {})

    return _described(call, name, f"{od.doc}\n\nParameters\n----------\nx : ndarray or number\nout : ndarray, optional")


def _described(call: Callable[..., Any], name: str, doc: str) -> Any:
    call.__name__ = call.__qualname__ = name
    call.__module__ = "mxnet.numpy"
    call.__doc__ = doc
    return call


def _shown_number(value: Any) -> dict[str, Any]:
    """The parameters for a number beside a symbol, as files hold them."""
    return {**_number(value), "is_int": True}


_EXACT = 2**53  # integers up to it are float64


def _number(value: Any) -> dict[str, Any]:
    """The parameters for a number: a float, unless it is an integer that no float is equal to."""
    value = value.item() if isinstance(value, onp.generic) else value
    return {"scalar": value if type(value) is int and not -_EXACT <= value <= _EXACT else float(value)}


_WITHOUT_KEYWORDS = frozenset(
    ("equal", "not_equal", "greater", "greater_equal", "less", "less_equal", "true_divide")
)  # of NumPy's ufuncs


def _binary(name: str, ops: Binary) -> Any:
    on_host = getattr(onp, name)
    on_arrays, one_type = ops.arrays, ops.one_type

    def combine(x1: Any, x2: Any, out: ndarray | None) -> Any:
        if isinstance(x1, ndarray):
            if isinstance(x2, ndarray):
                if one_type and x1._t.dtype != x2._t.dtype:
                    dtype = promoted(x1._t.dtype, x2._t.dtype)
                    x1, x2 = x1.astype(dtype, copy=False), x2.astype(dtype, copy=False)
                result = arithmetic(on_arrays, x1, x2, on_arrays)
            elif isinstance(x2, NUMBERS):
                result = elementwise(ops.number, x1, _number(x2))
            else:
                raise refuse(name, x2)
        elif not isinstance(x1, NUMBERS):
            if isinstance(x2, NUMBERS):
                return in_graph(ops.number, name, [x1], _shown_number(x2))
            return in_graph(on_arrays, name, [x1, x2], {})
        elif isinstance(x2, ndarray):
            result = elementwise(ops.reflected, x2, _number(x1))
        elif isinstance(x2, NUMBERS):
            return on_host(x1, x2)
        else:
            return in_graph(ops.reflected, name, [x2], _shown_number(x1))
        return result if out is None else write_array(name, out, result)

    if name in _WITHOUT_KEYWORDS:

        def call(x1: object, x2: object, out: ndarray | None = None) -> Any:
            return combine(x1, x2, out)

        made: Callable[..., Any] = call
    else:

        def checked(x1: object, x2: object, out: ndarray | None = None, **kwargs: Any) -> Any:
            if kwargs:
                _check_ufunc_keywords(name, kwargs)
            return combine(x1, x2, out)

        made = checked
    return _described(
        made,
        name,
        f"{ops.arrays.doc}\n\nParameters\n----------\nx1, x2 : ndarray or number\nout : ndarray, optional",
    )


FUNCTIONS: dict[str, Any] = {
    **{name: _unary(name, od) for name, od in UNARY.items()},
    **{name: _binary(name, ops) for name, ops in BINARY.items()},
}
# Python's operators: name between the underscores -> function.
_PYTHON = {
    "add": "add", "sub": "subtract", "mul": "multiply", "truediv": "true_divide", "mod": "mod", "pow": "power",
    "eq": "equal", "ne": "not_equal", "gt": "greater", "ge": "greater_equal", "lt": "less", "le": "less_equal",
    "and": "bitwise_and", "or": "bitwise_or", "xor": "bitwise_xor",
}  # fmt: skip
OPERATORS: dict[str, Any] = {symbol: FUNCTIONS[name] for symbol, name in _PYTHON.items()}
