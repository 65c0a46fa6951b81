"""What tests take for granted: the context, the data type, and how far apart two results may be."""

from __future__ import annotations

import numbers
import os
from collections.abc import Mapping
from typing import Any, TypeAlias, Union

import numpy as np
import torch

from .. import context as _context
from .._core import env
from .._core.dtypes import BFLOAT16_NP
from ..context import Context, current_context, num_gpus, parse_context

__all__ = [
    "default_atols",
    "default_context",
    "default_dtype",
    "default_numeric_eps",
    "default_rtols",
    "effective_dtype",
    "get_atol",
    "get_etol",
    "get_rtol",
    "get_tolerance",
    "get_tols",
    "list_gpus",
    "set_default_context",
]

_INTEGERS = (np.bool_, np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64)
_FLOAT64 = np.dtype(np.float64)
# Type -> relative tolerance, absolute tolerance, step of finite differences. Steps are powers of two: adding one to a
# number drops no bits.
_FLOATS: dict[np.dtype[Any], tuple[float, float, float]] = {
    np.dtype(np.float16): (1e-2, 1e-1, 2.0**-6),
    np.dtype(np.float32): (1e-4, 1e-3, 2.0**-9),
    np.dtype(np.float64): (1e-5, 1e-20, 2.0**-14),
    BFLOAT16_NP: (2e-2, 1e-1, 2.0**-4),
}

# One for all, or one a data type.
Tolerance: TypeAlias = Union[float, Mapping[np.dtype[Any], float]]


def default_context() -> Context:
    """The context tests run on: the current one, else that of the variable ``MXNET_TEST_DEFAULT_CTX`` ("gpu(0)")."""
    wanted = env.text("MXNET_TEST_DEFAULT_CTX")
    if wanted and not _context._stack.entered:
        set_default_context(parse_context(wanted))
    return current_context()


def set_default_context(ctx: Context) -> None:
    """Make a context the current one of this thread, until it is set again or the enclosing ``with`` block ends."""
    Context.default_ctx = ctx  # a property of the class


def list_gpus() -> range:
    """The numbers of the CUDA devices."""
    return range(num_gpus())


def default_dtype() -> type:
    """The data type of random test arrays, ``numpy.float32``."""
    return np.float32


def default_rtols() -> dict[np.dtype[Any], float]:
    """The relative tolerance of each data type."""
    return {**{t: v[0] for t, v in _FLOATS.items()}, **{np.dtype(t): 0 for t in _INTEGERS}}


def default_atols() -> dict[np.dtype[Any], float]:
    """The absolute tolerance of each data type."""
    return {**{t: v[1] for t, v in _FLOATS.items()}, **{np.dtype(t): 0 for t in _INTEGERS}}


def default_numeric_eps() -> dict[np.dtype[Any], float]:
    """The step of finite differences of each data type."""
    return {t: v[2] for t, v in _FLOATS.items()}


def effective_dtype(dat: Any) -> np.dtype:
    """The data type that says how precise an array is.

    It is the array's own but for float32 on a GPU that multiplies in TF32, whose precision is that of float16.
    """
    dtype = np.dtype(dat.dtype)
    ctx = getattr(dat, "ctx", None)
    if dtype == np.float32 and ctx is not None and ctx.device_type == "gpu" and _multiplies_in_tf32(ctx):
        return np.dtype(np.float16)
    return dtype


def _multiplies_in_tf32(ctx: Context) -> bool:
    if os.environ.get("NVIDIA_TF32_OVERRIDE") == "0":
        return False
    allowed = torch.backends.cudnn.allow_tf32 or torch.backends.cuda.matmul.allow_tf32
    return allowed and torch.cuda.get_device_capability(ctx.device) >= (8, 0)


def get_tolerance(dat: object, tol: Any, default_tol: dict[np.dtype, float]) -> float:
    """The tolerance for an array: ``tol`` itself when it is a number, else its or the default's entry for the type."""
    if isinstance(tol, numbers.Number):
        return tol  # type: ignore[return-value]
    dtype = effective_dtype(dat)
    found = None if tol is None else tol.get(dtype)
    return default_tol[dtype] if found is None else found


def get_tols(x: object, y: object, rtol: Tolerance | None, atol: Tolerance | None) -> tuple[float, float]:
    """Relative and absolute tolerance for comparing two arrays: the larger of what each of them needs."""
    x, y = [v if hasattr(v, "dtype") else np.asarray(v) for v in (x, y)]
    rtols, atols = default_rtols(), default_atols()
    return (
        max(get_tolerance(x, rtol, rtols), get_tolerance(y, rtol, rtols)),
        max(get_tolerance(x, atol, atols), get_tolerance(y, atol, atols)),
    )


def get_atol(atol: float | None = None, dtype: np.dtype = _FLOAT64) -> float:
    """The absolute tolerance: ``atol``, or the default of a data type when it is None."""
    return default_atols()[np.dtype(dtype)] if atol is None else atol


def get_rtol(rtol: float | None = None, dtype: np.dtype = _FLOAT64) -> float:
    """The relative tolerance: ``rtol``, or the default of a data type when it is None."""
    return default_rtols()[np.dtype(dtype)] if rtol is None else rtol


def get_etol(etol: float | None = None) -> float:
    """The tolerated share of wrong elements: ``etol``, or 0 when it is None."""
    return 0 if etol is None else etol
