"""Parameters and structures of blocks in files."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, NamedTuple

from .. import ndarray
from .._core.files import atomic_write
from .._core.text import shortened
from .._core.types import Contexts
from ..base import MXNetError
from ._parameter import Parameter, load_all
from .utils import _brief_print_list


def save_parameters(params: dict[str, Parameter], filename: str, deduplicate: bool) -> None:
    """See :meth:`Block.save_parameters`; ``params`` by the attributes that lead to them."""
    if deduplicate:  # the last name of a shared parameter stays
        params = {name: p for p, name in {p: name for name, p in params.items()}.items()}
    ndarray.save(filename, {name: p._reduce() for name, p in params.items()})


class Loading(NamedTuple):
    """How values are taken out of a file, see :meth:`ParameterDict.load_dict`."""

    ctx: Contexts
    allow_missing: bool
    ignore_extra: bool
    cast_dtype: bool
    dtype_source: str


def load_parameters(params: dict[str, Parameter], block: Any, filename: str, how: Loading) -> None:
    """See :meth:`Block.load_parameters`; ``params`` by the attributes that lead to them."""
    loaded = ndarray.load(filename)
    if not loaded and not params:
        return
    if not isinstance(loaded, dict):
        if loaded:
            raise ValueError(f"the arrays in file '{filename}' have no names")
        loaded = {}
    if not any("." in name for name in loaded):  # names of parameters, as save_params and export write them
        block.collect_params().load_dict(loaded, restore_prefix=block.prefix, filename=filename, **how._asdict())
        return
    if not how.allow_missing:
        present = {params[name] for name in loaded if name in params}
        for name, param in params.items():
            if param not in present:  # a shared parameter may be there under one of its names only
                raise AssertionError(
                    f"Parameter '{name}' is missing in file '{filename}', which has {_brief_print_list(loaded)}; "
                    "allow_missing=True leaves it as it is"
                )
    if not how.ignore_extra:
        for name in loaded:
            if name not in params:
                raise ValueError(
                    f"Parameter '{name}' loaded from file '{filename}' is not present in this block, which has "
                    f"{_brief_print_list(params)}; ignore_extra=True skips it"
                )
    pairs = [(params[name], value) for name, value in loaded.items() if name in params]
    load_all(pairs, how.ctx, how.cast_dtype, how.dtype_source)


# ---------------------------------------------------------------------- structures


def write_structure(prefix: str, structure: dict[str, Any]) -> None:
    """See :meth:`Block.save`."""
    with atomic_write(f"{prefix}-model.json", "w") as file:
        json.dump(structure, file)


def read_structure(prefix: str, restore: Callable[[dict[str, Any]], object]) -> None:
    """See :meth:`Block.load`; ``restore`` is called with what :func:`write_structure` wrote."""
    path = f"{prefix}-model.json"
    try:
        with open(path, encoding="utf-8") as file:
            restore(json.load(file))
    except (AttributeError, KeyError, RecursionError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as e:
        raise MXNetError(f"{path} is not what Block.save writes: {shortened(f'{type(e).__name__}: {e}')}") from e
