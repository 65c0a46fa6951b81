"""Attributes that all symbols made in a block of code get."""

from __future__ import annotations

import threading
import warnings
from collections import defaultdict
from typing import Any

__all__ = ["AttrScope"]


class _Current(threading.local):
    """The scope in force in this thread."""

    def __init__(self) -> None:
        self.value: AttrScope = AttrScope()


class _CurrentProperty(type):
    """Metaclass that offers the deprecated ``AttrScope.current`` as a settable class property."""

    @property
    def current(cls) -> AttrScope:
        """The scope in force; deprecated, use the ``with`` statement."""
        _warn_deprecated()
        return AttrScope._current.value

    @current.setter
    def current(cls, value: AttrScope) -> None:
        _warn_deprecated()
        AttrScope._current.value = value


def _warn_deprecated() -> None:
    warnings.warn(
        "AttrScope.current is deprecated: enter a scope by `with`",
        DeprecationWarning,
        stacklevel=3,
    )


class AttrScope(metaclass=_CurrentProperty):
    """Gives attributes to every symbol made inside a ``with`` block.

    Scopes nest: the inner one adds to and overrides the outer one. Attributes of a symbol itself win.

    Parameters
    ----------
    **kwargs : str
        The attributes. ValueError when one is not a string.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.AttrScope(ctx_group="stage1"):
    ...     data = mx.sym.var("data")
    >>> data.attr("ctx_group")
    'stage1'
    """

    _current: _Current
    _subgraph_names: defaultdict[str, int] = defaultdict(int)

    def __init__(self, **kwargs: str) -> None:
        for value in kwargs.values():
            if not isinstance(value, str):
                raise ValueError("Attributes need to be string")
        self._attr = kwargs
        self._old_scope: AttrScope | None = None

    def get(self, attr: dict[str, str] | None) -> dict[str, str]:
        """The attributes of a new symbol: those of the scope, overridden by its own."""
        if not self._attr:
            return attr or {}
        return {**self._attr, **(attr or {})}

    def __enter__(self) -> AttrScope:
        self._old_scope = AttrScope._current.value
        self._attr = {**self._old_scope._attr, **self._attr}
        AttrScope._current.value = self
        return self

    def __exit__(self, ptype: Any, value: object, trace: Any) -> None:
        assert self._old_scope is not None
        AttrScope._current.value = self._old_scope


AttrScope._current = _Current()
