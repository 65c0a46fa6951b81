"""What training loops share: values that are exchanged with a key-value store, and callbacks."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from . import kvstore
from . import ndarray as nd
from ._core import env
from .executor_manager import DataParallelExecutorManager
from .kvstore import KVStore

BatchEndParam = namedtuple("BatchEndParam", ["epoch", "nbatch", "eval_metric", "locals"], module="mxnet.model")
BatchEndParam.__doc__ = "What callbacks at the end of a batch are told; ``locals`` are the caller's variables."

# ------------------------------------------------------------------ key-value stores


def _create_kvstore(kv: Any, num_device: int, arg_params: dict[str, Any]) -> tuple[Any, bool]:
    """Decide on the store, and on whether it or the devices run the optimizer.

    One device needs no store. ``MXNET_UPDATE_ON_KVSTORE=0`` keeps updates on the devices, as do very large parameters
    with ``"local"``.
    """
    update_on_kvstore = env.flag("MXNET_UPDATE_ON_KVSTORE")
    if isinstance(kv, str):
        if num_device == 1 and "dist" not in kv:
            return None, False
        name, kv = kv, kvstore.create(kv)
        if name == "local" and max((p.size for p in arg_params.values()), default=0) > 1024 * 1024 * 16:
            update_on_kvstore = False
    elif kv is None:
        return None, False
    elif not isinstance(kv, kvstore.KVStoreBase):
        raise TypeError(f"kvstore must be KVStore, str or None, got {type(kv).__name__}")
    return kv, update_on_kvstore and kv.is_capable(kvstore.KVStoreBase.OPTIMIZER)


def _create_sparse_kvstore(kv: Any) -> tuple[Any, bool]:
    """The store that training with row-sparse weights needs; it runs the optimizer."""
    if isinstance(kv, str):
        kv = kvstore.create(kv)
    if not isinstance(kv, kvstore.KVStore):
        raise TypeError(f"Cannot create '{kv}' KVStore with row_sparse parameters. The type must be KVStore or str.")
    return kv, True


def _initialize_kvstore(
    kvstore: KVStore,
    param_arrays: Sequence[Sequence[Any]],
    arg_params: dict[str, Any],
    param_names: Sequence[str],
    update_on_kvstore: bool,
) -> None:
    """Give the store the parameters' first values, and with ``update_on_kvstore`` all devices the store's."""
    for name, on_devices in zip(param_names, param_arrays):
        keeps_values = hasattr(kvstore, "init")  # plug-ins need not
        if keeps_values and (not update_on_kvstore or arg_params[name].stype != "default"):
            kvstore.init(name, arg_params[name])
        else:
            kvstore.broadcast(name, arg_params[name], out=on_devices)


class Updates:
    """What every step updates, worked out once: the parameters that have a gradient, by name and by device.

    Parameters
    ----------
    param_arrays, grad_arrays : list of list of NDArray
        For each parameter, the devices' arrays; gradients may be None.
    param_names : list of str
    num_device : int
    """

    def __init__(
        self,
        param_arrays: Sequence[Sequence[Any]],
        grad_arrays: Sequence[Sequence[Any]],
        param_names: Sequence[str],
        num_device: int,
    ) -> None:
        kept = [i for i, grads in enumerate(grad_arrays) if grads[0] is not None]
        self.names = [param_names[i] for i in kept]
        self.weights = [list(param_arrays[i]) for i in kept]
        self.grads = [list(grad_arrays[i]) for i in kept]
        self.places = kept
        # Each device has optimizer states of its own, under an index of its own.
        self.by_device = [
            ([i * num_device + k for i in kept], [g[k] for g in self.grads], [w[k] for w in self.weights])
            for k in range(num_device)
        ]

    def _dense(self, j: int) -> bool:
        return self.grads[j][0].stype == "default" and self.weights[j][0].stype == "default"

    def _exchange(self, store: Any, outs: list[list[Any]] | None) -> None:
        """Push the gradients and pull what the store makes of them, into ``outs`` or back into the gradients."""
        if isinstance(store, kvstore.KVStore):  # takes all keys at once; plug-ins may know single keys only
            if self.names:
                store.pushpull(self.names, self.grads, out=outs)
            return
        for j, (name, place) in enumerate(zip(self.names, self.places)):
            out = self.grads[j] if outs is None else outs[j]
            if self._dense(j):
                extra = {} if outs is None else {"out": out}
                store.pushpull(name, self.grads[j], priority=-place, **extra)
            else:
                store.push(name, self.grads[j], priority=-place)
                store.pull(name, out=out, priority=-place)

    def on_kvstore(self, store: Any) -> None:
        """Push gradients to a store that updates the weights, and pull the weights."""
        self._exchange(store, self.weights)

    def on_devices(self, updater: Callable[..., None], store: Any = None) -> None:
        """Sum gradients over the devices with a store, if there is one, and update each device's weights."""
        if store:
            self._exchange(store, None)
        if self.names:
            for indices, grads, weights in self.by_device:
                updater(indices, grads, weights)


def _update_params_on_kvstore(
    param_arrays: Any, grad_arrays: Any, kvstore: KVStore | str, param_names: Sequence[str]
) -> None:
    """Push gradients to a store that updates the weights, and pull the weights."""
    Updates(param_arrays, grad_arrays, param_names, 1).on_kvstore(kvstore)


def _update_params(
    param_arrays: Any,
    grad_arrays: Any,
    updater: Callable[..., None],
    num_device: int,
    kvstore: KVStore | str | None = None,
    param_names: Sequence[str] | None = None,
) -> None:
    """Sum gradients with a store, if there is one, and update each device's weights."""
    names = range(len(param_arrays)) if param_names is None else param_names
    Updates(param_arrays, grad_arrays, names, num_device).on_devices(updater, kvstore)  # type: ignore[arg-type]


# ------------------------------------------------------------------ FeedForward


def _multiple_callbacks(callbacks: Any, *args: Any, **kwargs: Any) -> None:
    """Call what a user gave as callbacks: a list of functions, one, or None."""
    for callback in callbacks if isinstance(callbacks, list) else [callbacks]:
        if callback:
            callback(*args, **kwargs)


def _evaluate(
    manager: DataParallelExecutorManager,
    epoch: int,
    eval_data: Any,
    eval_metric: Any,
    eval_batch_end_callback: Any,
    eval_end_callback: Any,
) -> None:
    """Score a data set with the executors that are being trained."""
    eval_metric.reset()
    eval_data.reset()
    count = 0
    for nbatch, eval_batch in enumerate(eval_data):
        manager.load_data_batch(eval_batch)
        manager.forward(is_train=False)
        manager.update_metric(eval_metric, eval_batch.label)
        count = nbatch + 1
        _multiple_callbacks(eval_batch_end_callback, BatchEndParam(epoch, nbatch, eval_metric, locals()))
    _multiple_callbacks(eval_end_callback, BatchEndParam(epoch, count, eval_metric, locals()))
    eval_data.reset()


def one_label_a_row(y: Any, rows: int, needed: bool) -> Any:
    """Labels as an array with one axis; zeros when none are given and none are needed.

    Raises
    ------
    ValueError
        Where there are none that are needed, or another number.
    TypeError
        When they are no array.
    """
    if y is None and not needed:
        return np.zeros(rows)
    if y is None:
        raise ValueError("y, the labels of X, is needed")
    if not isinstance(y, (np.ndarray, nd.NDArray)):
        raise TypeError(f"y must be an array as X is, got {type(y).__name__}")
    if len(y) != rows:
        raise ValueError(f"X has {rows} rows, y {len(y)}")
    if y.ndim > 2 or (y.ndim == 2 and y.shape[1] != 1):
        raise ValueError(f"y must have one label a row, got shape {y.shape}")
    return y.reshape((-1,))
