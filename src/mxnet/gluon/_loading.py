"""Values of parameters out of files: checked all together before the first one is taken."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ._parameter import Parameter


def load_all(pairs: Iterable[tuple[Parameter, Any]], ctx: Any, cast_dtype: bool, dtype_source: str) -> None:
    """Give values to parameters, or raise and change none; see :meth:`ParameterDict.load_dict` for the rest."""
    pairs = list(pairs)
    shapes: dict[int, Any] = {}  # of parameters that are shared, as they will be
    for param, value in pairs:
        shapes[id(param)] = param._check_load(value, ctx, cast_dtype, dtype_source, shapes.get(id(param), param.shape))
    for param, value in pairs:
        param._load_init(value, ctx, cast_dtype=cast_dtype, dtype_source=dtype_source)
