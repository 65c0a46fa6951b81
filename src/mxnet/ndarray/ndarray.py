"""The NDArray class and the functions around it, at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

from ._arithmetic import FUNCTIONS as _ARITHMETIC
from ._array import (
    _DTYPE_MX_TO_NP,
    _DTYPE_NP_TO_MX,
    _GRAD_REQ_MAP,
    NDArray,
    context_of,
    from_torch,
    wrap,
)
from ._creation import (
    arange,
    array,
    check_boolean_array_dimension,
    concatenate,
    empty,
    eye,
    from_dlpack,
    from_numpy,
    full,
    get_indexing_dispatch_code,
    get_oshape_of_gather_nd_op,
    histogram,
    imdecode,
    indexing_key_expand_implicit_axes,
    linspace,
    moveaxis,
    onehot_encode,
    ones,
    split_v2,
    to_dlpack_for_read,
    to_dlpack_for_write,
    waitall,
    zeros,
)

py_slice = slice  # mx.nd.slice is the operator

add = _ARITHMETIC.get("add")
subtract = _ARITHMETIC.get("subtract")
multiply = _ARITHMETIC.get("multiply")
divide = _ARITHMETIC.get("divide")
true_divide = _ARITHMETIC.get("true_divide")
modulo = _ARITHMETIC.get("modulo")
power = _ARITHMETIC.get("power")
maximum = _ARITHMETIC.get("maximum")
minimum = _ARITHMETIC.get("minimum")
equal = _ARITHMETIC.get("equal")
not_equal = _ARITHMETIC.get("not_equal")
greater = _ARITHMETIC.get("greater")
greater_equal = _ARITHMETIC.get("greater_equal")
lesser = _ARITHMETIC.get("lesser")
lesser_equal = _ARITHMETIC.get("lesser_equal")
logical_and = _ARITHMETIC.get("logical_and")
logical_or = _ARITHMETIC.get("logical_or")
logical_xor = _ARITHMETIC.get("logical_xor")

__all__ = [
    "_DTYPE_MX_TO_NP",
    "_DTYPE_NP_TO_MX",
    "_GRAD_REQ_MAP",
    "NDArray",
    "add",
    "arange",
    "array",
    "check_boolean_array_dimension",
    "concatenate",
    "context_of",
    "divide",
    "empty",
    "equal",
    "eye",
    "from_dlpack",
    "from_numpy",
    "from_torch",
    "full",
    "get_indexing_dispatch_code",
    "get_oshape_of_gather_nd_op",
    "greater",
    "greater_equal",
    "histogram",
    "imdecode",
    "indexing_key_expand_implicit_axes",
    "lesser",
    "lesser_equal",
    "linspace",
    "logical_and",
    "logical_or",
    "logical_xor",
    "maximum",
    "minimum",
    "modulo",
    "moveaxis",
    "multiply",
    "not_equal",
    "onehot_encode",
    "ones",
    "power",
    "split_v2",
    "subtract",
    "to_dlpack_for_read",
    "to_dlpack_for_write",
    "true_divide",
    "waitall",
    "wrap",
    "zeros",
]
