"""Values of parameters out of files: checked all together before the first one is taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from .. import autograd, context
from .._core.dtypes import torch_dtype
from ..context import Context
from ..ndarray import NDArray
from ..util import is_np_array

if TYPE_CHECKING:
    from ._parameter import Parameter


def load_all(pairs: Iterable[tuple[Parameter, Any]], ctx: Any, cast_dtype: bool, dtype_source: str) -> None:
    """Give values to parameters, or raise and change none.

    Parameters
    ----------
    pairs : iterable of (Parameter, NDArray)
    ctx : Context or list of Context, optional
        Where parameters that are not initialized yet will live.
    cast_dtype : bool
        Accept values of another data type.
    dtype_source : {'current', 'saved'}
        Which of the two types a parameter then has.
    """
    pairs = list(pairs)
    shapes: dict[int, Any] = {}  # of parameters that are shared, as they will be
    for param, value in pairs:
        shapes[id(param)] = check(param, value, ctx, cast_dtype, dtype_source, shapes.get(id(param), param.shape))
    for param, value in pairs:
        param._load_init(value, ctx, cast_dtype=cast_dtype, dtype_source=dtype_source)


def check(param: Parameter, value: Any, ctx: Any, cast_dtype: bool, dtype_source: str, shape: Any) -> Any:
    """Raise unless a parameter, which has this shape so far, can take a value; gives the shape it will have."""
    where = f"Failed loading Parameter '{param.name}' from saved params: "
    if cast_dtype and dtype_source not in ("current", "saved"):
        raise AssertionError(f"dtype_source must be 'current' or 'saved', got {dtype_source!r}")
    if not isinstance(value, NDArray):
        raise TypeError(f"{where}expected an NDArray, got {type(value).__name__}")
    if shape and (len(shape) != len(value.shape) or any(n not in (-1, 0, m) for n, m in zip(shape, value.shape))):
        raise AssertionError(f"{where}shape incompatible expected {shape} vs saved {value.shape}")
    if not cast_dtype and param.dtype is not None and torch_dtype(param.dtype) != value._t.dtype:
        raise AssertionError(
            f"{where}dtype incompatible expected {np.dtype(param.dtype)} vs saved {np.dtype(value.dtype)}. Set "
            "cast_dtype=True to cast the dtype of saved params."
        )
    if ctx is not None and (param._data is not None or param._deferred_init):
        contexts = [ctx] if isinstance(ctx, Context) else list(ctx)
        if set(contexts) != set(param.list_ctx()):
            raise AssertionError(
                f"Failed to load Parameter '{param.name}' on {contexts} because it was previous initialized on "
                f"{param.list_ctx()}."
            )
    return value.shape


def load(param: Parameter, value: NDArray, ctx: Any, cast_dtype: bool, dtype_source: str) -> None:
    """Give a value to a parameter: initialize it with that, or overwrite."""
    shape = check(param, value, ctx, cast_dtype, dtype_source, param.shape)
    if param.shape:
        param.shape = shape
    if param.dtype is not None and torch_dtype(param.dtype) != value._t.dtype:
        if dtype_source == "current":
            value = value.astype(param.dtype, copy=False)
        else:
            param.dtype = value.dtype
    if param._stype != value.stype:
        value = value.tostype(param._stype)
    if param._data is not None:
        param.set_data(value)
    else:
        contexts = [ctx] if isinstance(ctx, Context) else ctx
        with autograd.pause():
            param._init_impl(
                value.as_np_ndarray() if is_np_array() and value.stype == "default" else value,
                param.list_ctx() if param._deferred_init else contexts or [context.cpu()],
            )
    param._deferred_init = ()
