"""Automatic names for symbols."""

from __future__ import annotations

from ._core.scopes import Scoped

__all__ = ["NameManager", "Prefix"]


class NameManager(metaclass=Scoped):
    """Names symbols that the user does not name: ``convolution0``, ``convolution1``, ...

    Each manager counts from 0. Used as a context manager it is in force in the block, in the current thread.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.name.NameManager():
    ...     mx.sym.Activation(mx.sym.var("x"), act_type="relu").name
    'activation0'
    """

    def __init__(self) -> None:
        self._counter: dict[str, int] = {}
        self._old_manager: NameManager | None = None

    def get(self, name: str | None, hint: str) -> str:
        """The name of a new symbol: the given one, else a number behind the hint.

        Parameters
        ----------
        name : str or None
            What the user asked for.
        hint : str
            What to build a name from, usually the operator's lower-case name.
        """
        if name:
            return name
        number = self._counter.get(hint, 0)
        self._counter[hint] = number + 1
        return f"{hint}{number}"

    def __enter__(self) -> NameManager:
        self._old_manager = NameManager._current.value
        NameManager._current.value = self
        return self

    def __exit__(self, ptype: object, value: object, trace: object) -> None:
        assert self._old_manager is not None
        NameManager._current.value = self._old_manager


class Prefix(NameManager):
    """A name manager that puts a prefix before every name, given or automatic.

    Examples
    --------
    >>> import mxnet as mx
    >>> with mx.name.Prefix("mynet_"):
    ...     net = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=10, name="fc1")
    >>> net.list_arguments()
    ['data', 'mynet_fc1_weight', 'mynet_fc1_bias']
    """

    def __init__(self, prefix: str) -> None:
        super().__init__()
        self._prefix = prefix

    def get(self, name: str | None, hint: str) -> str:
        """The name with the prefix before it."""
        return self._prefix + super().get(name, hint)
