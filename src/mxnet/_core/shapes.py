"""Partial shapes and types: what is known about an array before it exists.

A shape is a tuple whose unknown dimensions are None; None stands for a shape of unknown rank. Knowledge only grows:
two partial shapes are merged by :func:`unify`, which raises when they contradict each other. Operators say how their
inputs and outputs constrain each other through rules over :class:`ShapeRule` and :class:`TypeRule`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, TypeAlias

import torch

from .dtypes import TORCH_TO_NAME, torch_dtype
from .errors import MXNetError, shown_as_mxnet_error

PartialShape: TypeAlias = tuple[Any, ...] | None


@shown_as_mxnet_error
class Conflict(MXNetError):
    """Two statements about one array contradict each other."""


def is_known(shape: PartialShape) -> bool:
    """Whether the rank and every dimension are known."""
    return shape is not None and None not in shape


def show(shape: PartialShape) -> str:
    """A partial shape as text, ``?`` for what is unknown."""
    if shape is None:
        return "?"
    dims = ",".join("?" if d is None else str(d) for d in shape)
    return f"({dims},)" if len(shape) == 1 else f"({dims})"


def unify(a: PartialShape, b: PartialShape) -> PartialShape:
    """Merge two partial shapes.

    Raises
    ------
    ValueError
        When they differ in rank or in a known dimension.

    Examples
    --------
    >>> unify((None, 10), (12, None))
    (12, 10)
    """
    if a is None or a == b:
        return b
    if b is None:
        return a
    if len(a) != len(b):
        raise ValueError(f"{show(a)} and {show(b)} differ in rank")
    merged = []
    for x, y in zip(a, b):
        if x is None:
            x = y
        elif y is not None and x != y:
            raise ValueError(f"{show(a)} and {show(b)} differ")
        merged.append(x)
    return tuple(merged)


def unify_dim(*dims: int | None) -> int | None:
    """Merge what is known about one dimension; ValueError when two known values differ."""
    found = None
    for d in dims:
        if found is None:
            found = d
        elif d is not None and d != found:
            raise ValueError(f"dimensions {found} and {d} differ")
    return found


class _Rule:
    """The inputs and outputs of one node by name, each holding partial knowledge."""

    __slots__ = ("_slots", "_values", "inputs", "outputs", "subgraphs")

    def __init__(
        self, inputs: Sequence[str], outputs: Sequence[str], values: Iterable[Any], subgraphs: Sequence[Any] = ()
    ) -> None:
        self.inputs = inputs
        self.outputs = outputs
        # For the bodies of a control-flow operator: body(known inputs, known outputs) -> (inputs, outputs).
        self.subgraphs = subgraphs
        self._values = list(values)
        # An input wins where an output has the same name.
        self._slots = {n: i + len(inputs) for i, n in enumerate(outputs)}
        self._slots.update({n: i for i, n in enumerate(inputs)})

    def __getitem__(self, name: str) -> Any:
        return self._values[self._slots[name]]

    def __contains__(self, name: str) -> bool:
        return name in self._slots

    def values(self) -> tuple[Any, ...]:
        """What is known now, inputs first."""
        return tuple(self._values)

    def same(self, *names: str) -> None:
        """State that these arrays agree (all of them when none is named)."""
        chosen = names or (*self.inputs, *self.outputs)
        known = None
        for _ in range(2):  # the second round brings what later arrays knew to the earlier ones
            for name in chosen:
                self.unify(name, known)
                known = self[name]

    def unify(self, name: str | int, value: Any) -> None:
        """Merge knowledge into an input or output: by name, or by number, where outputs follow the inputs."""
        raise NotImplementedError

    def _slot(self, name: str | int) -> int:
        return name if isinstance(name, int) else self._slots[name]

    def _name(self, name: str | int) -> str:
        return (*self.inputs, *self.outputs)[name] if isinstance(name, int) else name


class ShapeRule(_Rule):
    """What a shape rule works on: ``s["data"]`` reads, ``s.unify("weight", (8, None))`` adds knowledge.

    ``s.inputs`` and ``s.outputs`` are the names that are present.
    """

    __slots__ = ()

    def unify(self, name: str | int, value: Sequence[int | None] | None) -> None:
        """Merge a partial shape into an input or output.

        Raises
        ------
        Conflict
            When it contradicts what is known; the message has both shapes.
        """
        if value is None:
            return
        slot = self._slot(name)
        known = self._values[slot]
        inferred = tuple(value)
        if known is inferred:
            return
        try:
            self._values[slot] = unify(known, inferred)
        except ValueError:
            raise Conflict(
                f"Shape inconsistent, Provided = {show(known)}, inferred shape={show(inferred)}, of {self._name(name)}"
            ) from None


class TypeRule(_Rule):
    """What a type rule works on: ``t["data"]`` is a ``torch.dtype`` or None."""

    __slots__ = ()

    def unify(self, name: str | int, value: Any) -> None:
        """Merge a data type into an input or output; None adds nothing.

        Raises
        ------
        Conflict
            When it contradicts what is known.
        """
        if value is None:
            return
        slot = self._slot(name)
        known = self._values[slot]
        inferred = value if isinstance(value, torch.dtype) else torch_dtype(value)
        if known is None:
            self._values[slot] = inferred
        elif known != inferred:
            raise Conflict(
                f"Type inconsistent, Provided = {TORCH_TO_NAME[known]}, "
                f"inferred type={TORCH_TO_NAME[inferred]}, of {self._name(name)}"
            )
