"""Bringing graphs written by older versions of MXNet up to date."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

from .attrs import HIDDEN_KEYS, initialize_variables, parse_params
from .build import missing_input
from .node import Node

_log = logging.getLogger(__name__)

# The version whose files we write, as MXNet numbers it: 1.9.1.
VERSION = 10901


def upgrade(nodes: Sequence[Node], version: int) -> None:
    """Upgrade nodes (inputs before users) that a version of MXNet wrote, in place."""
    if version < VERSION:
        _log.info(
            "Loading symbol saved by previous version v%d.%d.%d. Attempting to upgrade...",
            version // 10000,
            version // 100 % 100,
            version % 100,
        )
    for before, change in _CHANGES:
        if version < before:
            for node in nodes:
                change(node)


def _hide_attributes(node: Node) -> None:
    """``lr_mult`` becomes ``__lr_mult__``; ``weight_lr_mult`` of an operator moves to the variable it is about."""
    found = {}
    for key in list(node.attrs):
        if any(key.startswith(h) or key.endswith(h) for h in HIDDEN_KEYS):
            found[key] = node.attrs.pop(key)
    if node.op is not None:
        node.params = parse_params(node.op, node.attrs, node.name)
    for key, value in found.items():
        if key in HIDDEN_KEYS:
            node.attrs[f"__{key}__"] = value
        elif not _hand_down(node, key, value):
            node.attrs[key] = value


def _hand_down(node: Node, key: str, value: str) -> bool:
    """Move ``weight_lr_mult`` to the variable feeding ``weight``; False when there is none."""
    hidden = next((h for h in HIDDEN_KEYS if key.endswith(f"_{h}")), None)
    if hidden is None or node.op is None:
        return False
    owner = key[: -len(hidden) - 1]
    names = node.op.input_names(node.params)
    if owner not in names or names.index(owner) >= len(node.inputs):
        return False
    source = node.inputs[names.index(owner)][0]
    if not source.is_variable:
        return False
    source.attrs[f"__{hidden}__"] = value
    return True


def _add_missing_inputs(node: Node) -> None:
    """Auxiliary states were not in files before 0.9."""
    if node.op is None:
        return
    for name in node.op.input_names(node.params)[len(node.inputs) :]:
        node.inputs.append(missing_input(node.name, name, node.attrs))
        if node.in_versions:
            node.in_versions += (0,)


def _drop_former_defaults(node: Node) -> None:
    """Old files write out what was the default then; the meaning is that of today's default."""
    former = {} if node.op is None else node.op.former_defaults
    written = [name for name, value in former.items() if node.attrs.get(name) == value]
    if node.op is not None and written:
        for name in written:
            del node.attrs[name]
        node.params = parse_params(node.op, node.attrs, node.name)


# (versions before this one, what they need), in order.
_CHANGES: list[tuple[int, Callable[[Node], None]]] = [
    (VERSION, _hide_attributes),
    (900, _add_missing_inputs),
    (904, initialize_variables),
    (905, _drop_former_defaults),
]
