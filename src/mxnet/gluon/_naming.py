"""Names of blocks and parameters: each block has a prefix, which begins the names of what is made in its scope."""

from __future__ import annotations

import threading
from typing import Protocol

from .. import name as _name
from ._parameter_dict import ParameterDict


class Named(Protocol):
    """What a block is to its scope."""

    _empty_prefix: bool

    @property
    def prefix(self) -> str:
        """What the names in the scope begin with."""

    @property
    def params(self) -> ParameterDict:
        """The block's own parameters."""


class _Current(threading.local):
    value: _BlockScope | None = None


class _BlockScope:
    """The ``with`` block of :meth:`Block.name_scope`: blocks made in it are named after its block."""

    _current = _Current()

    def __init__(self, block: Named) -> None:
        self._block = block
        self._counter: dict[str, int] = {}
        # A scope may be entered again before it is left, by recursion.
        self._entered: list[tuple[_BlockScope | None, _name.Prefix]] = []

    @staticmethod
    def create(prefix: str | None, params: ParameterDict | None, hint: str) -> tuple[str, ParameterDict]:
        """The full prefix and the parameter dictionary of a new block.

        Without a prefix that the user has asked for it is a number behind the hint. Shared parameters are looked up in
        ``params``.
        """
        if not (prefix is None or isinstance(prefix, str)):
            raise TypeError(f"{hint}: prefix must be a string, got {prefix!r}")
        if not (params is None or isinstance(params, ParameterDict)):
            raise TypeError(f"{hint}: params must be a ParameterDict, got {params!r}")
        scope = _BlockScope._current.value
        if scope is None:
            if prefix is None:
                prefix = _name.NameManager._current.value.get(None, hint) + "_"
            return prefix, ParameterDict(prefix) if params is None else ParameterDict(params.prefix, params)
        if prefix is None:
            number = scope._counter.get(hint, 0)
            scope._counter[hint] = number + 1
            prefix = f"{hint}{number}_"
        parent = scope._block.params
        own = (parent.prefix + prefix, parent._shared) if params is None else (params.prefix, params)
        return scope._block.prefix + prefix, ParameterDict(*own)

    def __enter__(self) -> _BlockScope:
        if not self._block._empty_prefix:
            names = _name.Prefix(self._block.prefix)
            self._entered.append((_BlockScope._current.value, names))
            _BlockScope._current.value = self
            names.__enter__()
        return self

    def __exit__(self, ptype: object, value: object, trace: object) -> None:
        if not self._block._empty_prefix:
            before, names = self._entered.pop()
            names.__exit__(ptype, value, trace)
            _BlockScope._current.value = before
