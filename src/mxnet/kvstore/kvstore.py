"""The key-value store of one process: sums over its devices, with an optional updater."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch

from .. import optimizer as opt
from .._core.files import atomic_write
from .._core.sparse.storage import Rows
from ..base import MXNetError
from ..ndarray import NDArray
from ..ndarray.sparse import RowSparseNDArray
from ._base import KVStoreBase
from ._comm import GradientCompression, copy_into, total

__all__ = ["KVStore"]


def _pairs(keys: object, values: Any) -> list[tuple[Any, list[Any]]]:
    """Sort out the forms in which keys and arrays are given: one key or a list, and for each one array or a list.

    Raises
    ------
    AssertionError
        For a key that is neither int nor str, keys of both types, or as many values as there are not keys.
    """
    if isinstance(keys, (list, tuple)):
        assert len(keys) == len(values), f"{len(keys)} keys, but {len(values)} values"
        found = [pair for k, v in zip(keys, values) for pair in _pairs(k, v)]
        assert len({isinstance(k, str) for k, _ in found}) <= 1, "inconsistent types of keys detected."
        return found
    assert isinstance(keys, (int, str)), f"unexpected type for keys: {type(keys)}"
    values = [values] if isinstance(values, NDArray) else list(values)
    for v in values:
        assert isinstance(v, NDArray), f"values of key {keys!r} must be NDArrays, got {type(v)}"
    return [(keys, values)]


def _by_key(pairs: list[tuple[Any, list[Any]]]) -> dict[Any, list[Any]]:
    """All arrays of each key; keys without arrays are left out."""
    found = {k: values for k, values in pairs if values}
    if len(found) < len(pairs):  # some keys more than once
        found = {}
        for k, values in pairs:
            if values:
                found[k] = found.get(k, []) + values
    return found


def _alike(a: NDArray, b: NDArray) -> bool:
    """Whether two arrays are dense, of one type and on one device."""
    return a.stype == b.stype == "default" and a._t.dtype == b._t.dtype and a._t.device == b._t.device


class KVStore(KVStoreBase):
    """Arrays by key, shared by the devices of this process. Made by :func:`mxnet.kv.create`.

    :meth:`push` sums the arrays of a key; without an updater the sum becomes the key's value, with one the updater
    changes the value by the sum. :meth:`pull` copies the value out. Keys are all int or all str.

    Parameters
    ----------
    handle : str
        The type's name.

    Examples
    --------
    >>> import mxnet as mx
    >>> kv = mx.kv.create("local")
    >>> kv.init("w", mx.nd.zeros((2,)))
    >>> kv.push("w", [mx.nd.ones((2,), mx.cpu(i)) for i in range(3)])
    >>> out = mx.nd.zeros((2,))
    >>> kv.pull("w", out=out)
    >>> out.asnumpy().tolist()
    [3.0, 3.0]
    """

    def __init__(self, handle: str) -> None:
        self.handle = handle
        self._values: dict[Any, Any] = {}
        # The arrays that sums are written into: always the same ones, so that the updater's preparations hold.
        self._sums: dict[Any, Any] = {}
        self._updater: Any = None
        self._compression: GradientCompression | None = None

    def __del__(self) -> None:
        """Nothing is held outside Python's memory."""

    # ------------------------------------------------------------------ facts

    @property
    def type(self) -> str:
        return self.handle

    @property
    def rank(self) -> int:
        """The number of this worker: 0, there is one process."""
        return 0

    @property
    def num_workers(self) -> int:
        """How many workers there are: 1."""
        return 1

    def is_capable(self, capability: str) -> bool:
        """True for ``"optimizer"``, ValueError for anything unknown."""
        if capability.lower() == KVStoreBase.OPTIMIZER:
            return True
        raise ValueError(f"Unknown capability: {capability}")

    # ------------------------------------------------------------------ values

    def init(self, key: object, value: object) -> None:
        """Give keys their first values, which are copied. A key is initialized once.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray or list of NDArray
        """
        pairs = _pairs(key, value)
        fresh = [k for k, _ in pairs]
        for i, k in enumerate(fresh):
            self._check_key_type(k)
            if k in self._values or k in fresh[:i]:
                raise MXNetError(f"duplicate init of key {k}")
        for k, values in pairs:
            if len(values) != 1:
                raise MXNetError(f"duplicate init of key {k}: it was given {len(values)} arrays")
        for k, values in pairs:
            self._values[k] = values[0].copy()

    def _check_key_type(self, key: object) -> None:
        if self._values and isinstance(next(iter(self._values)), str) != isinstance(key, str):
            raise MXNetError(f"Mixed key types are not allowed: {key!r} in a store of the other type (int or str)")

    def _stored(self, key: object) -> Any:
        try:
            return self._values[key]
        except KeyError:
            self._check_key_type(key)
            raise MXNetError(f"key {key} doesn't exist. Did you init?") from None

    def push(self, key: object, value: object, priority: int = 0) -> None:
        """Sum the arrays of each key, and store the sum or hand it to the updater.

        Parameters
        ----------
        key : int, str or list of them
        value : NDArray, list of NDArray (one a device), or list of these
        priority : int
            Accepted and not used: operations run in the order of calls.
        """
        self._push(_by_key(_pairs(key, value)))

    def _check_shapes(self, pushed: dict[Any, list[Any]]) -> None:
        for k, values in pushed.items():
            shape = self._stored(k).shape
            for v in values:
                if v.shape != shape:
                    raise MXNetError(f"key {k} has shape {shape}, an array of shape {v.shape} was pushed")

    def _push(self, pushed: dict[Any, list[Any]]) -> None:
        self._check_shapes(pushed)
        if self._updater is None:
            self._replace(pushed)
        else:
            self._update([(k, self._sum(k, values)) for k, values in pushed.items()])

    def _sum(self, key: object, values: list[Any]) -> Any:
        kept = self._sums.get(key)
        s = total(values, kept) if self._compression is None else self._compression.reduce(key, values, kept)
        if s is not values[0] and s.stype == "default":
            self._sums[key] = s
        return s

    def _replace(self, pushed: dict[Any, list[Any]]) -> None:
        """Make the sums the stored values."""
        targets, arrays = [], []
        for k, values in pushed.items():
            stored, s = self._values[k], self._sum(k, values)
            if s is not values[0]:
                self._values[k] = s if s.stype == stored.stype else s.tostype(stored.stype)
            elif _alike(stored, s):
                targets.append(stored)
                arrays.append(s)
            else:  # a single array is the caller's, who may change it
                self._values[k] = s.copy() if s.stype == stored.stype else s.tostype(stored.stype)
        copy_into(targets, arrays)

    def _update(self, sums: list[tuple[Any, Any]]) -> None:
        """Hand the sums to the updater."""
        for k, s in sums:
            stored = self._values[k]
            if s.context.device != stored.context.device:  # the weight moves to where its gradients are
                self._values[k] = stored.as_in_context(s.context)
        updater = self._updater
        if isinstance(updater, opt.Updater):
            keys = [k for k, _ in sums]
            updater(keys, [s for _, s in sums], [self._values[k] for k in keys])
            return
        # The order of updates: ints by value, strings by initialization.
        place = {k: k if isinstance(k, int) else i for i, k in enumerate(self._values)}
        for k, s in sorted(sums, key=lambda pair: place[pair[0]]):
            updater(k.encode() if isinstance(k, str) else k, s, self._values[k])

    def pull(self, key: Any, out: object = None, priority: int = 0, ignore_sparse: bool = True) -> None:
        """Copy the values of keys into arrays.

        Parameters
        ----------
        key : int, str or list of them
        out : NDArray, list of NDArray, or list of these
        priority : int
            Accepted and not used.
        ignore_sparse : bool
            Leave sparse values and sparse arrays alone (use :meth:`row_sparse_pull`).
        """
        assert out is not None, "pull needs the arrays to write, out"
        self._pull(_pairs(key, out), ignore_sparse)

    def _pull(self, pairs: Sequence[tuple[Any, list[Any]]], ignore_sparse: bool) -> None:
        targets, values = [], []
        for k, outs in pairs:
            stored = self._stored(k)
            for o in outs:
                if ignore_sparse and (o.stype != "default" or stored.stype != "default"):
                    continue
                if o.shape != stored.shape:
                    raise MXNetError(f"key {k} has shape {stored.shape}, the array to pull into {o.shape}")
                targets.append(o)
                values.append(stored)
        copy_into(targets, values)

    def pushpull(self, key: Any, value: object, out: object = None, priority: int = 0) -> None:
        """:meth:`push`, then :meth:`pull` into ``out``, or back into ``value`` when that is not given."""
        pairs = _pairs(key, value)
        wanted = pairs if out is None else _pairs(key, out)
        pushed = _by_key(pairs)
        self._push(pushed)
        if out is None and self._updater is None and self._compression is None:
            wanted = [pair for pair in pushed.items() if len(pair[1]) > 1]  # a single array is its own sum
        self._pull(wanted, ignore_sparse=True)

    def broadcast(self, key: Any, value: object, out: object, priority: int = 0) -> None:
        """:meth:`init`, then :meth:`pull`."""
        outs = _pairs(key, out)
        self.init(key, value)
        self._pull(outs, ignore_sparse=True)

    def row_sparse_pull(self, key: Any, out: object = None, priority: int = 0, row_ids: object = None) -> None:
        """Copy some rows of values into ``row_sparse`` arrays.

        Parameters
        ----------
        key : int, str or list of them
        out : RowSparseNDArray, list of them, or list of these
        row_ids : NDArray or list of NDArray
            The rows for each array; one array of rows may serve a whole list.
        """
        assert out is not None, "row_sparse_pull needs the arrays to write, out"
        assert row_ids is not None, "row_sparse_pull needs the rows, row_ids"
        if isinstance(row_ids, NDArray):
            row_ids = [row_ids]
        assert isinstance(row_ids, list), f"row_ids must be NDArray or a list of them, got {type(row_ids)}"
        pairs = _pairs(key, out)
        count = sum(len(outs) for _, outs in pairs)
        rows = [r for group in row_ids for r in (group if isinstance(group, (list, tuple)) else [group])]
        if len(rows) == 1:
            rows = rows * count
        assert len(rows) == count, f"one row_ids for each of {count} arrays in out, got {len(rows)}"
        wanted = iter(rows)
        for k, outs in pairs:
            stored = self._stored(k)
            for o, ids in zip(outs, wanted):
                if o.stype != "row_sparse":
                    raise MXNetError(f"row_sparse_pull: out for key {k} must be row_sparse, got {o.stype}")
                o._replace(_rows(stored, ids))

    # ------------------------------------------------------------------ updates

    def set_gradient_compression(self, compression_params: dict[str, Any]) -> None:
        """Compress what devices exchange to two bits a number; errors are carried over to the next push.

        Parameters
        ----------
        compression_params : dict
            ``{"type": "2bit", "threshold": 0.5}``.

        Raises
        ------
        MXNetError
            For a store whose type does not contain ``device``.
        """
        if "device" not in self.type and "dist" not in self.type:
            raise MXNetError(f"gradients are compressed in stores of several devices, not in {self.type!r}")
        self._compression = GradientCompression.from_params(compression_params)

    def set_optimizer(self, optimizer: Any) -> None:
        """Have pushed gradients update the stored weights with an optimizer."""
        self._set_updater(opt.get_updater(optimizer))

    def _set_updater(self, updater: Callable[..., None]) -> None:
        """Have ``updater(key, pushed, stored)`` change the stored value in place; a str key arrives as bytes."""
        self._updater = updater
        self._sums.clear()  # so far they were the values themselves

    def save_optimizer_states(self, fname: str, dump_optimizer: bool = False) -> None:
        """Write the updater's states (and the optimizer itself: ``dump_optimizer``) to a file."""
        assert self._updater is not None, "Cannot save states without an optimizer: call set_optimizer first"
        with atomic_write(fname) as f:
            f.write(self._updater.get_states(dump_optimizer))

    def load_optimizer_states(self, fname: str) -> None:
        """Read the updater's states from a file.

        Raises
        ------
        MXNetError
            When they do not fit the optimizer or the values of the keys; the present ones are kept then.
        """
        assert self._updater is not None, "Cannot load states without an optimizer: call set_optimizer first"
        self._load_states(fname, self._values, complete=False)

    def _load_states(self, fname: str, weights: Mapping[Any, Any], complete: bool) -> None:
        """Read states, and check them against weights (``complete``: all there are) if the updater is one of ours."""
        with open(fname, "rb") as f:
            data = f.read()
        updater = self._updater
        if not isinstance(updater, opt.Updater):
            updater.set_states(data)
            return
        updater._take(updater._read(data, weights, complete))

    def _barrier(self) -> None:
        """Wait for all workers: there is one."""

    def _send_command_to_servers(self, head: int, body: str) -> None:
        """Send a command to the servers: there are none."""


def _rows(stored: RowSparseNDArray, ids: NDArray) -> Rows:
    """Some rows of a dense or row_sparse array; their numbers may come in any order, and more than once."""
    rows = ids._t.detach().reshape(-1).to(torch.int64).unique()
    if len(rows) and not (0 <= int(rows[0]) and int(rows[-1]) < stored.shape[0]):
        raise MXNetError(f"row_ids must be in [0, {stored.shape[0]}), got {int(rows[0])} to {int(rows[-1])}")
    if stored.stype == "row_sparse":
        rows = rows.to(stored._store.device)
        values = stored._store.at(rows)
    else:
        values = stored.tostype("default")._t.data
        rows = rows.to(values.device)
        values = values.index_select(0, rows)
    return Rows(stored.shape, values, rows)
