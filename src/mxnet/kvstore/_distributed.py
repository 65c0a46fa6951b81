"""The key-value store of several workers."""

from __future__ import annotations

from typing import Any

from .._core.sparse.storage import Rows
from ..base import MXNetError
from ._comm import copy_into, total
from ._workers import Workers
from .kvstore import KVStore, _by_key, _pairs


class DistributedKVStore(KVStore):
    """Arrays by key, of which every worker has a copy: :meth:`push` sums over the workers, and all copies change alike.

    All workers make the same calls in the same order. Without an updater a key's value becomes the sum of what all
    workers push; with an optimizer each worker updates its copy by that sum. Made by :func:`mxnet.kv.create`.

    Parameters
    ----------
    handle : str
        The type's name.
    """

    def __init__(self, handle: str) -> None:
        super().__init__(handle)
        self._workers = Workers()

    @property
    def rank(self) -> int:
        """The number of this worker, from 0."""
        return self._workers.rank

    @property
    def num_workers(self) -> int:
        """How many workers there are."""
        return self._workers.size

    def init(self, key: object, value: object) -> None:
        """Give keys their first values, those of worker 0. A key is initialized once.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray or list of NDArray
            Of the same shape and type on all workers.
        """
        super().init(key, value)
        fresh = [k for k, _ in _pairs(key, value)]
        dense = [k for k in fresh if self._values[k].stype == "default"]
        if dense:
            self._workers.take_first(f"init {_shown(dense)}", [self._values[k]._t.data for k in dense])
        for k in fresh:
            if k not in dense:
                self._values[k] = self._gathered(k, self._values[k], "init")[0]

    def _push(self, pushed: dict[Any, list[Any]]) -> None:
        self._check_shapes(pushed)
        sums = {k: self._own_sum(k, values) for k, values in pushed.items()}
        dense = [k for k, s in sums.items() if s.stype == "default"]
        if dense:
            self._workers.sum(f"push {_shown(dense)}", [sums[k]._t.data for k in dense])
        for k, s in sums.items():
            if s.stype != "default":
                sums[k] = total(self._gathered(k, s, "push"))
        if self._updater is not None:
            self._update(list(sums.items()))
            return
        alike = [k for k, s in sums.items() if s.stype == self._values[k].stype == "default"]
        copy_into([self._values[k] for k in alike], [sums[k] for k in alike])
        for k in sums.keys() - set(alike):
            self._values[k] = sums[k].tostype(self._values[k].stype)

    def _own_sum(self, key: object, values: list[Any]) -> Any:
        """The sum over this worker's devices, in memory that is the store's."""
        s = self._sum(key, values)
        if s is not values[0] or s.stype != "default":
            return s
        kept = self._sums.get(key)
        if kept is None or kept.shape != s.shape or kept.dtype != s.dtype or kept.context != s.context:
            kept = self._sums[key] = s.copy()
        else:
            copy_into([kept], [s])
        return kept

    def _gathered(self, key: object, array: Any, what: str) -> list[Any]:
        """The row-sparse arrays that all workers have for a key."""
        store = array._store
        if not isinstance(store, Rows):
            raise MXNetError(f"{what}: key {key} is a {array.stype} array, stores of workers take dense and row_sparse")
        found = self._workers.gather_rows(f"{what} {_shown([key])}", store.indices, store.values)
        return [array._wrap_value(Rows(store.shape, v, i), array._ctx) for i, v in found]

    def pushpull(self, key: Any, value: object, out: object = None, priority: int = 0) -> None:
        """:meth:`push`, then :meth:`pull` into ``out``, or back into ``value`` when that is not given."""
        pairs = _pairs(key, value)
        wanted = pairs if out is None else _pairs(key, out)
        self._push(_by_key(pairs))
        self._pull(wanted, ignore_sparse=True)

    def _barrier(self) -> None:
        """Wait for all workers."""
        self._workers.barrier()


def _shown(keys: list[Any]) -> str:
    """Keys in messages, and in what workers compare."""
    return f"{', '.join([repr(k) for k in keys[:5]])}{f' and {len(keys) - 5} more' if len(keys) > 5 else ''}"
