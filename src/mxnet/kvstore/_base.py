"""The interface of key-value stores and the registry of plug-ins."""

from __future__ import annotations

from typing import Any

from ..optimizer import Optimizer
from ..registry import warn_of_another


class KVStoreBase:
    """What a key-value store offers. To plug in another communication library, subclass it and :meth:`register` that.

    Examples
    --------
    >>> import mxnet as mx
    >>> @mx.kv.KVStoreBase.register
    ... class MyStore(mx.kv.KVStoreBase):
    ...     pass
    >>> type(mx.kv.create("mystore")).__name__
    'MyStore'
    """

    OPTIMIZER = "optimizer"
    kv_registry: dict[str, type] = {}

    def broadcast(self, key: Any, value: object, out: object, priority: int = 0) -> None:
        """Initialize a key with the value of the first worker, and copy it into every array of ``out``."""
        raise NotImplementedError

    def pushpull(self, key: Any, value: object, out: object = None, priority: int = 0) -> None:
        """Sum ``value`` over devices and workers, and copy the result into ``out`` (or back into ``value``)."""
        raise NotImplementedError

    def set_optimizer(self, optimizer: Optimizer | str) -> None:
        """Have the store update its values with an optimizer."""
        raise NotImplementedError

    def is_capable(self, capability: str) -> bool:
        """Whether the store can do something, such as ``KVStoreBase.OPTIMIZER``."""
        raise NotImplementedError

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the optimizer's states to a file."""
        raise NotImplementedError

    def load_optimizer_states(self, fname: str) -> None:
        """Read the optimizer's states from a file."""
        raise NotImplementedError

    @property
    def type(self) -> str:
        """The name the store was created by."""
        raise NotImplementedError

    @property
    def rank(self) -> int:
        """The number of this worker."""
        raise NotImplementedError

    @property
    def num_workers(self) -> int:
        """How many workers there are."""
        raise NotImplementedError

    @staticmethod
    def register(klass: Any) -> Any:
        """Make a class known to :func:`create` by its lower-case name. A class decorator."""
        assert isinstance(klass, type), f"a class is expected, got {klass!r}"
        name = klass.__name__.lower()
        warn_of_another("kvstore", klass, KVStoreBase.kv_registry.get(name))
        KVStoreBase.kv_registry[name] = klass
        return klass


def _listed(x: object) -> list[Any]:
    return x if isinstance(x, list) else [x]


def _write(out: object, value: object) -> None:
    for o in _listed(out):
        o[:] = value


@KVStoreBase.register
class TestStore(KVStoreBase):
    """The smallest complete store: it keeps nothing, sums and copies. For tests of what uses a store."""

    __test__ = False  # not a test case, whatever pytest makes of the name

    def broadcast(self, key: Any, value: object, out: object, priority: int = 0) -> None:
        """Copy ``value`` into every array of ``out``."""
        _write(out, value)

    def pushpull(self, key: Any, value: Any, out: object = None, priority: int = 0) -> None:
        """Sum a list of arrays into ``out`` (or back into all of them)."""
        total = value
        if isinstance(value, (list, tuple)):
            ctx = value[0].context
            total = sum(v.as_in_context(ctx) for v in value)
        if out is not None or isinstance(value, (list, tuple)):
            _write(list(value) if out is None else out, total)

    @staticmethod
    def is_capable(capability: str) -> bool:
        """False for an optimizer, ValueError for anything unknown."""
        if capability.lower() == KVStoreBase.OPTIMIZER:
            return False
        raise ValueError(f"Unknown capability: {capability}")

    @property
    def type(self) -> str:
        """``"teststore"``."""
        return "teststore"

    @property
    def rank(self) -> int:
        """Always 0."""
        return 0

    @property
    def num_workers(self) -> int:
        """Always 1."""
        return 1
