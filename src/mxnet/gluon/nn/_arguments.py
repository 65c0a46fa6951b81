"""What the layers' constructors share: checks of arguments, and layouts."""

from __future__ import annotations

import inspect
import operator
from collections.abc import Sequence
from typing import Any, Union

from ..._core.defaults import with_defaults
from ...base import ArgumentTypeError, ArgumentValueError
from ...initializer import Initializer

Size = Union[int, Sequence[int]]  # one number for all axes, or one an axis
InitLike = Union[str, Initializer, None]

# Layouts by the number of spatial axes; the first is the default.
LAYOUTS = {1: ("NCW", "NWC"), 2: ("NCHW", "NHWC"), 3: ("NCDHW", "NDHWC")}


def integer(layer: str, name: str, value: Any, least: int) -> int:
    """``value`` as an int of at least ``least``; layers name themselves and the argument in errors."""
    try:
        number = operator.index(value)
    except TypeError:
        raise ArgumentTypeError(f"{layer}: {name} must be an integer, got {value!r}") from None
    if number < least:
        raise ArgumentValueError(f"{layer}: {name} must be at least {least}, got {number}")
    return number


def per_axis(layer: str, name: str, value: Size, count: int) -> tuple[int, ...]:
    """``value`` for each of ``count`` axes: a number is repeated, a sequence must have that many.

    >>> per_axis("Conv2D", "kernel_size", 3, 2)
    (3, 3)
    """
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        pass
    else:
        return (number,) * count
    try:
        sizes = tuple(operator.index(v) for v in value)  # type: ignore[union-attr]
    except TypeError:
        raise ArgumentTypeError(f"{layer}: {name} must be a number or {count} numbers, got {value!r}") from None
    if len(sizes) != count:
        raise ArgumentValueError(f"{layer}: {name} must be a number or {count} numbers, got {len(sizes)}: {value!r}")
    return sizes


def one_of(layer: str, name: str, value: object, choices: Sequence[Any]) -> Any:
    """``value`` when it is one of ``choices``."""
    if value not in choices:
        raise ArgumentValueError(f"{layer}: {name} must be {' or '.join(map(repr, choices))}, got {value!r}")
    return value


class PerDimension:
    """Mixed into layers that exist by number of spatial axes: ``class Conv2D(_SpatialConv, axes=2)`` is a row.

    A row gets the code of its base, the layouts and default values that go with its number of axes, and the base's
    description of the parameters, in which ``{layouts}`` stands for the layouts.
    """

    _axes = 0
    _layouts: tuple[str, ...] = ()
    _repeated: tuple[str, ...] = ()  # constructor arguments whose default becomes a tuple, one number an axis

    def __init_subclass__(
        cls, axes: int = 0, layouts: tuple[str, ...] = (), defaults: dict[str, Any] | None = None, **kwargs: Any
    ) -> None:
        super().__init_subclass__(**kwargs)
        if not axes:
            return
        cls._axes, cls._layouts = axes, layouts or LAYOUTS[axes]
        init: Any = cls.__init__
        values: dict[str, Any] = {"layout": cls._layouts[0]}
        if axes > 1:
            for name in cls._repeated:
                values[name] = (inspect.signature(init).parameters[name].default,) * axes
        cls.__init__ = with_defaults(init, values | (defaults or {}))  # type: ignore[method-assign]
        shown = " or ".join(f'``"{layout}"``' for layout in cls._layouts)
        cls.__doc__ = cls.__doc__ and cls.__doc__.replace("{layouts}", shown)
