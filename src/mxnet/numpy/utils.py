"""Data types and constants of ``mxnet.numpy``."""

import numpy as onp

bool = bool
bool_ = onp.bool_
float16 = onp.float16
float32 = onp.float32
float64 = onp.float64
int8 = onp.int8
int32 = onp.int32
int64 = onp.int64
uint8 = onp.uint8

pi = onp.pi
e = onp.e
inf = PINF = onp.inf
NINF = -onp.inf
nan = NaN = NAN = onp.nan
PZERO = 0.0
NZERO = -0.0
newaxis = None

finfo = onp.finfo
iinfo = onp.iinfo

# The types that texts mean.
_STR_2_DTYPE_ = {
    name: getattr(onp, name) for name in ("float16", "float32", "float64", "uint8", "int8", "int32", "int64", "bool_")
}
_STR_2_DTYPE_ |= {"float": onp.float64, "int": onp.int64, "bool": bool, "None": None}

__all__ = [
    "NAN",
    "NINF",
    "NZERO",
    "PINF",
    "PZERO",
    "_STR_2_DTYPE_",
    "NaN",
    "bool",
    "bool_",
    "e",
    "finfo",
    "float16",
    "float32",
    "float64",
    "iinfo",
    "inf",
    "int8",
    "int32",
    "int64",
    "nan",
    "newaxis",
    "pi",
    "uint8",
]
