"""Layers one after the other."""

from __future__ import annotations

import warnings
from collections import OrderedDict
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from .._types import Operand
from ..block import Block, HybridBlock


class _Stack:
    """What the containers share: children as a list. Mixed into a block."""

    _children: OrderedDict[str, Block]

    def add(self, *blocks: Block) -> None:
        """Append blocks at the end."""
        for block in blocks:
            self.register_child(block)  # type: ignore[attr-defined]

    def _empty(self) -> Any:
        """A new container with the same prefix and settings and nothing in it."""
        return type(self)(prefix=self._prefix)  # type: ignore[attr-defined, call-arg]

    def __getitem__(self, key: int | slice) -> Any:
        """One child, or for a slice a new container that shares the children."""
        chosen = list(self._children.values())[key]
        if not isinstance(chosen, list):
            return chosen
        part = self._empty()
        with part.name_scope():
            part.add(*chosen)
        return part

    def __len__(self) -> int:
        return len(self._children)

    def __iter__(self) -> Iterator[Block]:
        return iter(list(self._children.values()))

    def __repr__(self) -> str:
        rows = (f"  ({key}): {block!r}".replace("\n", "\n  ") for key, block in self._children.items())
        return f"{type(self).__name__}(\n{chr(10).join(rows)}\n)"


class Sequential(_Stack, Block):
    """A chain of blocks: each gets the output of the one before.

    Children can be indexed and sliced; a slice is a new container that shares them.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.nn.Sequential()
    >>> with net.name_scope():  # gives the children names that begin with the container's
    ...     net.add(mx.gluon.nn.Dense(10, activation="relu"), mx.gluon.nn.Dense(2))
    >>> net.initialize()
    >>> net(mx.nd.ones((4, 3))).shape
    (4, 2)
    """

    _is_layer = False

    def forward(self, x: Operand) -> Any:
        for block in self._children.values():
            x = block(x)
        return x

    def hybridize(self, active: bool = True, **kwargs: Any) -> None:
        """Hybridize all hybrid blocks in it; the chain itself stays plain Python.

        Warns when every child is hybrid: a :class:`HybridSequential` then runs as one program.
        """
        if self._children and all(isinstance(child, HybridBlock) for child in self._children.values()):
            warnings.warn(
                f"all children of {self.prefix!r} are HybridBlocks: a HybridSequential in place of this Sequential "
                "runs them as one program",
                stacklevel=2,
            )
        super().hybridize(active, **kwargs)


class HybridSequential(_Stack, HybridBlock):
    """A chain of hybrid blocks: each gets the output of the one before.

    Children can be indexed and sliced; a slice is a new container that shares them.

    Examples
    --------
    >>> import mxnet as mx
    >>> net = mx.gluon.nn.HybridSequential()
    >>> with net.name_scope():  # gives the children names that begin with the container's
    ...     net.add(mx.gluon.nn.Dense(10, activation="relu"), mx.gluon.nn.Dense(2))
    >>> net.initialize()
    >>> net.hybridize()
    >>> net(mx.nd.ones((4, 3))).shape
    (4, 2)
    """

    _is_layer = False

    def hybrid_forward(self, F: ModuleType, x: Operand) -> Any:
        for block in self._children.values():
            x = block(x)
        return x
