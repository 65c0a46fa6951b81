"""Names and shapes of a module's inputs: what users may give, and what is wrong with it."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from ..io import DataDesc
from ..symbol import Symbol

Shapes = Sequence[DataDesc | tuple[str, Sequence[int]]]  # by input, as an iterator provides them
Settings = Mapping[str, Any] | Sequence[tuple[str, Any]]  # of an optimizer

# Endings of parameter names, which are never what a user meant as the name of an input.
_PARAMETER_ENDINGS = ("_weight", "_bias", "_gamma", "_beta")


def _check_input_names(symbol: Symbol, names: Sequence[str], typename: str, throw: bool) -> None:
    """Raise ValueError, or warn, when a name is not an argument of the symbol; the message lists candidates."""
    args = symbol.list_arguments()
    for name in names:
        if name in args:
            continue
        candidates = [a for a in args if not a.endswith(_PARAMETER_ENDINGS)]
        listed = "\n\t".join(candidates)
        message = (
            f"\033[91mYou created Module with Module(..., {typename}_names={names}) but input with name '{name}' is "
            f"not found in symbol.list_arguments(). Did you mean one of:\n\t{listed}\033[0m"
        )
        if throw:
            raise ValueError(message)
        warnings.warn(message, stacklevel=4)


def _check_names_match(names: Sequence[str], shapes: Sequence[DataDesc], what: str, throw: bool) -> None:
    """Raise ValueError, or warn, when descriptions are not those of the named inputs."""
    if sorted(names) == sorted(d.name for d in shapes):
        return
    message = (
        f"Data provided by {what}_shapes don't match names specified by {what}_names ({list(shapes)} vs. {list(names)})"
    )
    if throw:
        raise ValueError(message)
    warnings.warn(message, stacklevel=4)


def _as_desc(x: Any) -> DataDesc:
    desc = x if isinstance(x, DataDesc) else DataDesc(*x)
    shape = desc.shape
    if not isinstance(shape, (tuple, list)) or not all(isinstance(n, (int, np.integer)) for n in shape):
        raise TypeError(f"the shape of {desc.name} must be a tuple of int, got {type(shape).__name__}: {shape}")
    return desc


def _parse_data_desc(
    data_names: Sequence[str], label_names: Sequence[str], data_shapes: Shapes, label_shapes: Shapes | None
) -> tuple[list[DataDesc], list[DataDesc] | None]:
    """Descriptions from pairs or descriptions, checked against the inputs' names."""
    data = [_as_desc(x) for x in data_shapes]
    _check_names_match(data_names, data, "data", True)
    labels = None if label_shapes is None else [_as_desc(x) for x in label_shapes]
    _check_names_match(label_names, labels or [], "label", False)
    return data, labels
