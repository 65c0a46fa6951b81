"""Classes that differ from their base in the default values of the constructor."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from types import FunctionType
from typing import Any


def with_defaults(function: Callable[..., Any], defaults: dict[str, Any]) -> Callable[..., Any]:
    """A copy of ``function`` with other default values, or more of them."""
    assert isinstance(function, FunctionType)
    values = [defaults.get(p.name, p.default) for p in inspect.signature(function).parameters.values() if p.kind < 2]
    while inspect.Parameter.empty in values:
        del values[0]
    copy = FunctionType(function.__code__, function.__globals__, function.__name__, tuple(values), function.__closure__)
    copy.__qualname__, copy.__doc__ = function.__qualname__, function.__doc__
    copy.__annotations__ = dict(function.__annotations__)
    return copy


class Defaults:
    """Mixed into a class whose subclasses may name default values: ``class MAE(_ErrorMetric, name="mae")``."""

    def __init_subclass__(cls, **defaults: Any) -> None:
        super().__init_subclass__()
        if defaults:
            cls.__init__ = with_defaults(cls.__init__, defaults)  # type: ignore[method-assign]
