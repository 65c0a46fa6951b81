"""Types of arguments that many blocks name."""

from __future__ import annotations

from typing import TypeAlias, Union

from ..initializer import Initializer
from ..ndarray import NDArray
from ..symbol import Symbol

# What hybrid_forward computes with: arrays in an eager call, symbols when its graph is made.
Operand: TypeAlias = Union[NDArray, Symbol]
# An initializer, or its name; None leaves the choice to what the parameter belongs to.
InitializerLike: TypeAlias = Union[Initializer, str, None]
