"""Nested lists of arrays or symbols, as the functions of control flow take and give them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeAlias

from ..errors import OperatorTypeError, OperatorValueError

# 0 for a single array, and a list of structures for a list.
Structure: TypeAlias = Any


def flatten(value: object, kind: type, what: str) -> tuple[list[Any], Structure]:
    """The arrays of a nested list in order, and what :func:`regroup` needs to build such a list again.

    A symbol with several outputs counts as the list of them.

    Raises
    ------
    AssertionError
        When there is something else in it; the message says ``what``.
    """
    if isinstance(value, kind):
        heads = getattr(value, "_heads", None)
        if heads is None or len(heads) == 1:
            return [value], 0
        value = list(value)  # type: ignore[call-overload]
    if not isinstance(value, (list, tuple)):
        raise AssertionError(f"{what} must be (nested) list of {kind.__name__}, but got {value} of type {type(value)}")
    flat: list[Any] = []
    structure = []
    for item in value:
        items, inner = flatten(item, kind, what)
        flat += items
        structure.append(inner)
    return flat, structure


def regroup(values: Sequence[Any], structure: Structure) -> Any:
    """The inverse of :func:`flatten`: a single value, or lists of the same nesting.

    Raises
    ------
    TypeError, ValueError
        When ``structure`` is none, or has more places than there are values.
    """
    try:
        return _take(iter(values), structure)
    except StopIteration:
        raise OperatorValueError(f"{len(values)} values are fewer than the structure {structure} has places") from None


def _take(values: Iterator[Any], structure: Structure) -> Any:
    if structure == 0:
        return next(values)
    if not isinstance(structure, (list, tuple)):
        raise OperatorTypeError(f"structure must be 0, or a list of structures, got {structure!r}")
    return [_take(values, inner) for inner in structure]


def python_value(value: object, kind: type, what: str) -> Any:
    """A number, or an array of one element, as a Python value; ValueError, which says ``what``, when it is none."""
    if hasattr(value, "asscalar"):
        value = value.asscalar()
    try:
        return kind(value)
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"Cannot convert {what} to python {kind.__name__}") from None


def two_results(value: object, what: str) -> tuple[Any, Any]:
    """The outputs and the states that a body gave; ValueError, which says ``what``, when it gave something else."""
    if not isinstance(value, (list, tuple)) or len(value) != 2:
        raise ValueError(f"{what} must return two things, the outputs and the new states, but returned {value!r}")
    return value[0], value[1]
