"""Numbers that stand for arrays, as MXNet's callbacks got them: scripts pass them through ``ctypes``."""

from __future__ import annotations

import ctypes
from typing import Any
from weakref import WeakValueDictionary

from ..base import MXNetError

_lent: WeakValueDictionary[int, Any] = WeakValueDictionary()
_made: dict[int, Any] = {}  # arrays that nobody but their handle knows yet


def lend(array: Any) -> ctypes.c_void_p:
    """A handle of an array, good for as long as the array lives."""
    _lent[id(array)] = array
    return ctypes.c_void_p(id(array))


def hand_over(array: Any) -> ctypes.c_void_p:
    """A handle of an array that lives until the handle is used."""
    _made[id(array)] = array
    return lend(array)


def lent(handle: ctypes.c_void_p) -> Any:
    """The array that a handle stands for.

    Raises
    ------
    MXNetError
        When there is none, or none any more.
    """
    array = _lent.get(handle.value or 0)
    _made.pop(handle.value or 0, None)
    if array is None:
        raise MXNetError(f"no array has the handle {handle.value}")
    return array
