"""Attributes that all symbols made in a block of code get."""

from __future__ import annotations

from collections import defaultdict

from ._core.scopes import Scoped

__all__ = ["AttrScope"]


class AttrScope(metaclass=Scoped):
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

    def __exit__(self, ptype: object, value: object, trace: object) -> None:
        assert self._old_scope is not None
        AttrScope._current.value = self._old_scope
