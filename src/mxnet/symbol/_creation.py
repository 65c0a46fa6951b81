"""Variables, files, and symbols that make their own data."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from .._core.dtypes import STORAGE_TYPES, TORCH_TO_CODE, torch_dtype
from .._core.graph.attrs import stored_key
from .._core.graph.json import from_json
from .._core.graph.node import Node
from .._core.registry import get_op
from .._core.state import state
from .._core.types import DTypeLike, ShapeLike
from ..attribute import AttrScope
from ..base import MXNetError, integer_types
from ._create import create
from ._symbol import Symbol


def var(
    name: str,
    attr: dict[str, str] | None = None,
    shape: ShapeLike | None = None,
    lr_mult: float | None = None,
    wd_mult: float | None = None,
    dtype: DTypeLike = None,
    init: Any = None,
    stype: str | None = None,
    **kwargs: Any,
) -> Symbol:
    """A variable: an input of the graph.

    Parameters
    ----------
    name : str
    attr : dict of str to str, optional
        Attributes, over those of the current ``AttrScope``.
    shape : tuple of int, optional
        What is known of its shape, 0 for unknown sizes; inference starts from it.
    lr_mult, wd_mult : float, optional
        Multipliers of the learning rate and the weight decay.
    dtype : optional
        Its type.
    init : str or Initializer, optional
        What initializes it.
    stype : {'default', 'row_sparse', 'csr'}, optional
        Its storage type.
    **kwargs
        Further attributes, with names like ``__mood__``; ValueError for others.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.sym.var("data", shape=(0, 3)).attr("__shape__")
    '(0, 3)'
    """
    if not isinstance(name, str):
        raise TypeError("Expect a string for variable `name`")
    attrs: dict[str, str] = {}
    for key, value in AttrScope._current.value.get(attr).items():
        if not isinstance(value, str):
            raise ValueError(f"Set Attr only accepts string values, but {key!r} of variable {name!r} is {value!r}")
        attrs[stored_key(key, value)] = value
    if init is not None and not isinstance(init, str):
        init = init.dumps()
    own = {
        "__shape__": shape,
        "__lr_mult__": lr_mult,
        "__wd_mult__": wd_mult,
        "__dtype__": None if dtype is None else TORCH_TO_CODE[torch_dtype(dtype)],
        "__init__": init,
        "__storage_type__": None if stype is None else STORAGE_TYPES[stype],
    }
    attrs.update({k: str(v) for k, v in own.items() if v is not None})
    for key, value in kwargs.items():
        if not (key.startswith("__") and key.endswith("__")):
            raise ValueError(f"var: unknown argument {key}; names of own attributes are like __this__")
        attrs[key] = str(value)
    return Symbol([(Node(None, name, attrs=attrs), 0)])


Variable = var


def load(fname: str) -> Symbol:
    """Read a ``-symbol.json`` file of any version of MXNet since 0.8.

    Raises
    ------
    MXNetError
        When the file cannot be read or is no such file; the message names the node that is wrong.
    """
    if not isinstance(fname, str):
        raise TypeError("fname need to be string")
    try:
        with open(os.path.expanduser(fname), encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as e:
        raise MXNetError(f"Cannot load symbol from {fname!r}: {getattr(e, 'strerror', None) or e}") from e
    try:
        return load_json(text)
    except MXNetError as e:
        raise MXNetError(f"{fname}: {e}") from None


def load_json(json_str: str) -> Symbol:
    """Read a symbol from the text of a ``-symbol.json`` file; see :func:`load`."""
    if not isinstance(json_str, str):
        raise TypeError("fname required to be string")
    return Symbol(from_json(json_str, state.np_shape))


fromjson = load_json


def _create(op: str, name: str | None = None, attr: dict[str, str] | None = None, **params: Any) -> Symbol:
    """A symbol of an operator without inputs; ``dtype`` is float32 when None."""
    if params.get("dtype", ...) is None:
        params["dtype"] = np.float32
    return create(get_op(op), (), {}, params, name, attr, op)


def zeros(shape: ShapeLike, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """Zeros of a shape. Sizes that are 0 are open: shape inference finds them from the users of the symbol."""
    return _create("_zeros", shape=shape, dtype=dtype, **kwargs)


def ones(shape: ShapeLike, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """Ones of a shape; see :func:`zeros`."""
    return _create("_ones", shape=shape, dtype=dtype, **kwargs)


def full(shape: ShapeLike, val: float, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """A shape filled with a number; see :func:`zeros`."""
    return _create("_full", shape=shape, dtype=dtype, value=float(val), **kwargs)


def eye(N: int, M: int = 0, k: int = 0, dtype: DTypeLike = None, **kwargs: Any) -> Symbol:
    """A matrix of N rows and M columns (N when 0), one on the ``k``-th diagonal and zero elsewhere."""
    return _create("_eye", N=N, M=M, k=k, dtype=dtype, **kwargs)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: bool = False,
    name: str | None = None,
    dtype: DTypeLike = None,
) -> Symbol:
    """Evenly spaced numbers from ``start`` (included) to ``stop`` (excluded); ``stop`` alone counts from 0.

    Parameters
    ----------
    start, stop, step : float
    repeat : int
        How often each number comes.
    infer_range : bool
        Find ``stop`` from the shape that the users of the symbol need.
    """
    numbers: dict[str, Any] = {"start": start, "stop": stop, "step": step, "repeat": repeat}
    return _create("_arange", **numbers, infer_range=infer_range, name=name, dtype=dtype)


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, name: str | None = None, dtype: DTypeLike = None
) -> Symbol:
    """``num`` evenly spaced numbers from ``start`` to ``stop``, which is included when ``endpoint`` is true."""
    return _create("_linspace", start=start, stop=stop, num=num, endpoint=endpoint, name=name, dtype=dtype)


def histogram(a: Symbol, bins: Any = 10, range: Any = None, **kwargs: Any) -> Symbol:
    """Counts and edges of a histogram.

    Parameters
    ----------
    a : Symbol
        The data, of any shape.
    bins : int or Symbol
        The number of bins of equal width, or a symbol of their edges.
    range : (float, float)
        The outer edges; needed with a number of bins.
    """
    op, name, attr = get_op("_histogram"), kwargs.pop("name", None), kwargs.pop("attr", None)
    if isinstance(bins, Symbol):
        return create(op, (), {"data": a, "bins": bins}, kwargs, name, attr, "_histogram")
    if not isinstance(bins, integer_types):
        raise ValueError("bins argument should be either an integer or a Symbol")
    if range is None:
        raise ValueError("null range is not supported in symbol mode")
    return create(op, (), {"data": a}, {"bin_cnt": bins, "range": range, **kwargs}, name, attr, "_histogram")


def split_v2(ary: Symbol, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Symbol:
    """Split along an axis: into that many equal parts, or before each of the given indices.

    Parameters
    ----------
    ary : Symbol
    indices_or_sections : int or tuple of int
    axis : int
    squeeze_axis : bool
        Remove the axis from the parts, where it has the size 1.
    """
    if isinstance(indices_or_sections, int):
        indices, sections = [], indices_or_sections
    elif isinstance(indices_or_sections, tuple):
        indices, sections = [0, *indices_or_sections], 0
    else:
        raise ValueError("indices_or_sections must either int or tuple of ints")
    params = {"indices": indices, "axis": axis, "squeeze_axis": squeeze_axis, "sections": sections}
    return create(get_op("_split_v2"), (ary,), {}, params, hint="_split_v2")
