"""What parameters hold may be kept by blocks and trainers, for speed: how they notice that it was exchanged."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(slots=True)
class VersionCounter:
    """How often any parameter got other arrays, or any block other parameters; whoever keeps some compares."""

    value: int = 0


parameters_version = VersionCounter()


def _counted(method: Callable[..., Any]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        parameters_version.value += 1
        return method(*args, **kwargs)

    return call


class VersionedList(list[Any]):
    """The arrays of a parameter, one a context."""

    __slots__ = ()


class VersionedDict(dict[str, Any]):
    """The parameters of a block, by attribute."""

    __slots__ = ()


for _cls, _methods in (
    (VersionedList, "__setitem__ __delitem__ __iadd__ __imul__ append clear extend insert pop remove reverse sort"),
    (VersionedDict, "__setitem__ __delitem__ __ior__ clear pop popitem setdefault update"),
):
    for _name in _methods.split():
        setattr(_cls, _name, _counted(getattr(_cls, _name)))


def versioned(arrays: Any) -> Any:
    """A list of arrays as one that counts its changes; None stays None."""
    return arrays if arrays is None or type(arrays) is VersionedList else VersionedList(arrays)
