"""What the values of a file may look like: hashable keys, and structures that are cheap to walk."""

from __future__ import annotations

import pickle
from typing import Any, NamedTuple

import numpy as np

# Ints as keys that no crafted file makes collide often enough to matter: hashes of ints are the ints themselves.
_SMALL = 1 << 24
_LONGEST_KEY = 8
# How many keys of other kinds (large ints, floats, tuples) a file may have; even if all collide, that is little work.
_ODD_KEYS = 1000
# How deep values are nested, and how often each may be met when shared ones are walked at every reference.
_DEEPEST = 100
_SHARING = 16
_FEW = 100_000
_PLAIN = (type(None), bool, int, float, complex, str, bytes)


def is_plain(value: object) -> bool:
    """Whether a value holds no other values (and hashing it runs no foreign code)."""
    return type(value) in _PLAIN or isinstance(value, np.generic)


class Keys:
    """Lets those keys of dicts and elements of sets pass that can be hashed without risk."""

    def __init__(self) -> None:
        self._odd = 0

    def check(self, key: Any) -> Any:
        """The key itself.

        Raises
        ------
        pickle.UnpicklingError
            For a container or object, or when there are too many keys whose hashes a file can choose.
        """
        kind = type(key)
        if kind is str or kind is bytes or (kind is int and -_SMALL < key < _SMALL):
            return key
        if not is_plain(key) and not (kind is tuple and len(key) <= _LONGEST_KEY and all(map(is_plain, key))):
            raise pickle.UnpicklingError(f"a {kind.__name__} is a key, where text and numbers are expected")
        self._odd += 1
        if self._odd > _ODD_KEYS:
            raise pickle.UnpicklingError(f"it has more than {_ODD_KEYS} keys that are neither text nor small numbers")
        return key


class Bases(NamedTuple):
    """The classes whose objects, and whose subclasses' objects, states are made of."""

    array: type[Any]
    optimizer: type[Any]
    scheduler: type[Any]


def _parts(value: object, classes: Bases) -> Any:
    """The values that a container or object consists of."""
    kind = type(value)
    if kind is tuple or kind is list:
        return value
    if isinstance(value, classes.array):
        if not hasattr(value, "_ctx"):
            raise pickle.UnpicklingError("an array has no content")
        return ()
    if is_plain(value) or isinstance(value, bytearray):
        return ()
    if isinstance(value, dict):
        return value.values()
    if isinstance(value, (set, frozenset)):
        return value
    if isinstance(value, classes[1:]):
        return getattr(value, "__dict__", {}).values()
    name = value.__name__ if isinstance(value, type) else type(value).__name__
    raise pickle.UnpicklingError(f"it holds {name} where a value is expected")


def check_shape_of(root: object, classes: Bases) -> None:
    """Raise unless a value is a tree of plain data, arrays, optimizers and schedulers that is cheap to walk.

    Without recursion: parts in parts in parts would overflow the stack of whoever recurses, and parts that are referred
    to twice on every level make exponential work of little data.

    Raises
    ------
    pickle.UnpicklingError
        When it holds anything else, holds itself, is nested too deeply, or shares too much.
    """
    # By identity: depth and size of what has been walked, size counting shared parts each time. None: being walked.
    done: dict[int, tuple[int, int] | None] = {}
    total = 0
    todo: list[tuple[Any, Any]] = [(root, None)]
    while todo:
        value, parts = todo.pop()
        if parts is None:
            if id(value) in done:
                if done[id(value)] is None and isinstance(value, (dict, list, tuple)):
                    raise pickle.UnpicklingError(f"a {type(value).__name__} contains itself")
                continue
            parts = _parts(value, classes)
            if not parts:
                done[id(value)] = 0, 1
                continue
            done[id(value)] = None
            total += len(parts)
            todo.append((value, parts))
            todo += [(p, None) for p in parts if not is_plain(p)]
            continue
        measured = [done[id(p)] or (0, 1) for p in parts if not is_plain(p)]
        depth = 1 + max((d for d, _ in measured), default=0)
        size = 1 + len(parts) + sum(s for _, s in measured)
        if depth > _DEEPEST:
            raise pickle.UnpicklingError(f"values are nested more than {_DEEPEST} deep")
        done[id(value)] = depth, size
    measured_root = done[id(root)]
    if measured_root is not None and measured_root[1] > _FEW + _SHARING * total:
        raise pickle.UnpicklingError("the same values are referred to too often")
