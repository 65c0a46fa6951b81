"""Parameters and structures of blocks in files."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from .. import ndarray
from .._core.files import atomic_write
from .._core.text import shortened
from ..base import MXNetError
from ..symbol import load_json
from ._loading import load_all
from .utils import _brief_print_list

if TYPE_CHECKING:
    from ._block import Block


def save_parameters(block: Block, filename: str, deduplicate: bool) -> None:
    """See :meth:`Block.save_parameters`."""
    params = block._collect_params_with_prefix()
    if deduplicate:  # the last name of a shared parameter stays
        params = {name: p for p, name in {p: name for name, p in params.items()}.items()}
    ndarray.save(filename, {name: p._reduce() for name, p in params.items()})


def load_parameters(
    block: Block,
    filename: str,
    ctx: Any,
    allow_missing: bool,
    ignore_extra: bool,
    cast_dtype: bool,
    dtype_source: str,
) -> None:
    """See :meth:`Block.load_parameters`."""
    loaded = ndarray.load(filename)
    params = block._collect_params_with_prefix()
    if not loaded and not params:
        return
    if not isinstance(loaded, dict):
        if loaded:
            raise ValueError(f"the arrays in file '{filename}' have no names")
        loaded = {}
    if not any("." in name for name in loaded):  # names of parameters, as save_params and export write them
        block.collect_params().load_dict(
            loaded, ctx, allow_missing, ignore_extra, block.prefix, filename, cast_dtype, dtype_source
        )
        return
    if not allow_missing:
        present = {params[name] for name in loaded if name in params}
        for name, param in params.items():
            if param not in present:  # a shared parameter may be there under one of its names only
                raise AssertionError(
                    f"Parameter '{name}' is missing in file '{filename}', which contains parameters: "
                    f"{_brief_print_list(loaded)}. Set allow_missing=True to ignore missing parameters."
                )
    if not ignore_extra:
        for name in loaded:
            if name not in params:
                raise ValueError(
                    f"Parameter '{name}' loaded from file '{filename}' is not present in ParameterDict, which contains "
                    f"parameters {_brief_print_list(params)}. Set ignore_extra=True to ignore. "
                )
    pairs = [(params[name], value) for name, value in loaded.items() if name in params]
    load_all(pairs, ctx, cast_dtype, dtype_source)


# ---------------------------------------------------------------------- structures


def save_model(block: Block, prefix: str) -> None:
    """See :meth:`Block.save`."""
    structure: dict[str, Any] = {}
    _describe(block, 0, structure)
    with atomic_write(f"{prefix}-model.json", "w") as file:
        json.dump(structure, file)
    block.save_parameters(f"{prefix}-model.params")


def _key(block: Block, number: int) -> str:
    """How a block is found again: its class, and its number in the order of a walk through the tree."""
    return f"{type(block).__name__.lower()}{number}"


def _describe(block: Block, number: int, into: dict[str, Any]) -> int:
    """Add a block and its children to a dictionary; gives the last number that was used."""
    from ._hybrid import HybridBlock

    entry: dict[str, Any] = {"orig_name": block.name}
    into[_key(block, number)] = entry
    if isinstance(block, HybridBlock):
        entry["hybridized"] = bool(block._cached_graph)
        if block._cached_graph:
            inputs, out = block._cached_graph
            entry["in_format"] = block._in_format
            entry["out_format"] = block._out_format
            entry["inputs"] = [i.tojson() for i in inputs]
            entry["symbol"] = out.tojson()
    entry["children"] = {child.name: name for name, child in block._children.items()}
    for child in block._children.values():
        number = _describe(child, number + 1, entry)
    return number


def load_model(block: Block, prefix: str) -> None:
    """See :meth:`Block.load`."""
    path = f"{prefix}-model.json"
    try:
        with open(path, encoding="utf-8") as file:
            structure = json.load(file)
        _restore(block, 0, structure)
    except (AttributeError, KeyError, RecursionError, TypeError, UnicodeDecodeError, json.JSONDecodeError) as e:
        raise MXNetError(f"{path} is not what Block.save writes: {shortened(f'{type(e).__name__}: {e}')}") from e
    block.load_parameters(f"{prefix}-model.params")


def _restore(block: Block, number: int, structure: dict[str, Any]) -> int:
    """Give a block and its children the saved names and graphs; gives the last number that was used."""
    from ._hybrid import HybridBlock

    key = _key(block, number)
    if key not in structure:
        present = shortened(_brief_print_list(structure))
        raise ValueError(f"block {block.name!r} is not in the saved model, which has {present}")
    entry = structure[key]
    names = entry["children"]
    if not all(isinstance(name, str) for name in (entry["orig_name"], *names.values())):
        raise TypeError(f"the names in {key} must be texts")
    block._name = entry["orig_name"]
    if isinstance(block, HybridBlock) and entry["hybridized"]:
        block._clear_cached_op()
        block._in_format = entry["in_format"]
        block._out_format = entry["out_format"]
        block._cached_graph = [load_json(i) for i in entry["inputs"]], load_json(entry["symbol"])
        block._active = True
    own = block.params
    renamed = {f"{block.name}_{name[len(own.prefix) :]}": p for name, p in own.items()}
    own._params.clear()
    own._params.update(renamed)
    children = list(block._children.values())
    for child in children:
        number = _restore(child, number + 1, entry)
    block._children.clear()
    for child in children:
        block._children[names[child.name]] = child
    return number
