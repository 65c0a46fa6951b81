"""Classes whose instances a ``with`` block puts in force, in the current thread."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable
from typing import Any


class Current(threading.local):
    """The instance in force in this thread, made on first use."""

    def __init__(self, make: Callable[[], Any]) -> None:
        self.value: Any = make()


class Scoped(type):
    """Their metaclass: it keeps what is in force in ``_current``, which subclasses share.

    It also offers the deprecated class property ``current``.
    """

    _current: Current

    def __init__(cls, name: str, bases: tuple[type, ...], members: dict[str, Any]) -> None:
        super().__init__(name, bases, members)
        if not any(isinstance(base, Scoped) for base in bases):
            cls._current = Current(cls)

    @property
    def current(cls) -> Any:
        """What is in force; deprecated, use the ``with`` statement."""
        cls._warn()
        return cls._current.value

    @current.setter
    def current(cls, value: Any) -> None:
        cls._warn()
        cls._current.value = value

    def _warn(cls) -> None:
        message = f"{cls.__name__}.current is deprecated: enter one by `with`"
        warnings.warn(message, DeprecationWarning, stacklevel=3)
