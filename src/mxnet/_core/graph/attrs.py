"""Attributes of nodes: how values become text, which ones are hidden, and what variables inherit."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ...base import MXNetError
from ..dtypes import dtype_name
from ..registry import OpDef
from .node import Node

# User attributes that MXNet stores under ``__key__`` and shows under both names.
HIDDEN_KEYS = ("ctx_group", "lr_mult", "wd_mult", "force_mirroring", "mirror_stage", "profiler_scope")

# More inputs or outputs than any operator can have; a bad file must not make us list a billion names.
_MAX_ARITY = 100_000


def attr_text(value: object) -> str:
    """The text MXNet stores for a parameter's value."""
    if isinstance(value, str):
        return value
    if isinstance(value, (torch.dtype, np.dtype)) or (isinstance(value, type) and value is not type(None)):
        return dtype_name(value)
    if isinstance(value, np.generic):
        return str(value.item())
    if isinstance(value, (list, tuple)) and any(isinstance(v, np.generic) for v in value):
        return str(type(value)(v.item() if isinstance(v, np.generic) else v for v in value))
    return str(value)


def stored_key(key: str, value: str) -> str:
    """The key under which an attribute is stored: ``lr_mult`` -> ``__lr_mult__``.

    Raises
    ------
    MXNetError
        For ``weight_lr_mult`` and the like, the way to set a variable's attribute before MXNet 0.9.
    """
    for hidden in HIDDEN_KEYS:
        if key == hidden:
            return f"__{key}__"
        if key.endswith(hidden):
            owner = key[: -len(hidden) - 1]
            raise MXNetError(
                f"setting variable attributes with {key} is deprecated. please instead use\n"
                f"w = Variable({hidden}={value})\nsym = YourSymbolName({owner}=w)"
            )
    return key


def parse_params(op: OpDef, attrs: dict[str, str], name: str) -> Any:
    """Decode an operator's attributes; errors name the node.

    Operators without parameters accept any attributes, as in MXNet.
    """
    try:
        params = op.parse(attrs if op.params else {})
    except MXNetError as e:
        where = f" (node {name!r})" if name else ""
        raise MXNetError(f"{e}{where}") from None
    for count in ("num_outputs", op.variadic or "num_args"):
        if getattr(params, count, None) is not None and getattr(params, count) > _MAX_ARITY:
            raise MXNetError(
                f"Operator {op.name} (node {name!r}): {count}={getattr(params, count)} is more than {_MAX_ARITY}"
            )
    return params


def initialize_variables(node: Node) -> None:
    """Give variables feeding a node the initializer that belongs to their role, unless they have one."""
    if node.op is None or not node.op.initializers:
        return
    for (source, _), name in zip(node.inputs, node.op.input_names(node.params)):
        if source.is_variable and name in node.op.initializers:
            source.attrs.setdefault("__init__", node.op.initializers[name])
