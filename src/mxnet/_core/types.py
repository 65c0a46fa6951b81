"""Types of arguments that many signatures name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias, Union

import numpy.typing as npt

from ..context import Context

# What numpy.dtype takes, names such as "float32" among them; None stands for the default.
DTypeLike: TypeAlias = npt.DTypeLike
# One device, by object or name; several, for what is copied to each; None stands for the current one.
ContextLike: TypeAlias = Union[Context, str, None]
Contexts: TypeAlias = Union[Context, Sequence[Context], None]
# One length stands for a shape with one axis; one axis for a tuple of one, None for all axes.
ShapeLike: TypeAlias = Union[int, Sequence[int]]
Axes: TypeAlias = Union[int, Sequence[int], None]
# Of inputs, outputs or parameters; None for all there are, or for none of them.
Names: TypeAlias = Union[Sequence[str], None]
