"""The NDArray class and the functions around it, at MXNet's own path; see the private modules beside this one."""

from __future__ import annotations

from .._core.array import context_of
from .._core.dtypes import STORAGE_TYPES as _STORAGE_TYPE_STR_TO_ID
from ._arithmetic import FUNCTIONS as _ARITHMETIC
from ._array import (
    _DTYPE_MX_TO_NP,
    _DTYPE_NP_TO_MX,
    _GRAD_REQ_MAP,
    NDArray,
    from_torch,
    wrap,
)
from ._creation import (
    arange,
    array,
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
from ._index_keys import check_boolean_array_dimension
from ._shared import _new_from_shared_mem  # noqa: F401

py_slice = slice  # mx.nd.slice is the operator

add = _ARITHMETIC["add"]
subtract = _ARITHMETIC["subtract"]
multiply = _ARITHMETIC["multiply"]
divide = _ARITHMETIC["divide"]
true_divide = _ARITHMETIC["true_divide"]
modulo = _ARITHMETIC["modulo"]
power = _ARITHMETIC["power"]
maximum = _ARITHMETIC["maximum"]
minimum = _ARITHMETIC["minimum"]
equal = _ARITHMETIC["equal"]
not_equal = _ARITHMETIC["not_equal"]
greater = _ARITHMETIC["greater"]
greater_equal = _ARITHMETIC["greater_equal"]
lesser = _ARITHMETIC["lesser"]
lesser_equal = _ARITHMETIC["lesser_equal"]
logical_and = _ARITHMETIC["logical_and"]
logical_or = _ARITHMETIC["logical_or"]
logical_xor = _ARITHMETIC["logical_xor"]

__all__ = [
    "_DTYPE_MX_TO_NP",
    "_DTYPE_NP_TO_MX",
    "_GRAD_REQ_MAP",
    "_STORAGE_TYPE_STR_TO_ID",
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
