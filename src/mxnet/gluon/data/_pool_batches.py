"""Batches out of a ``multiprocessing`` pool that the caller has made, for loaders that programs build themselves.

:class:`DataLoader` has better workers of its own. What is here has the names and arguments that GluonCV and others
subclass and call.
"""

from __future__ import annotations

import io
import multiprocessing
import pickle
from collections.abc import Callable, Iterator
from multiprocessing.reduction import ForkingPickler
from typing import Any

from ... import context
from ...ndarray.ndarray import NDArray
from ...util import set_np
from .dataset import Dataset

_worker_dataset: Any = None  # of a worker process


def _worker_initializer(dataset: object, active_shape: bool, active_array: bool) -> None:
    """What a worker process begins with: it keeps the dataset, and has the parent's NumPy mode."""
    global _worker_dataset
    _worker_dataset = dataset
    set_np(active_shape, active_array)


def _worker_fn(samples: Any, batchify_fn: Callable[[list], Any], dataset: object | None = None) -> bytes:
    """A batch of the worker's dataset, pickled such that big arrays stay in shared memory."""
    file = io.BytesIO()
    ForkingPickler(file, pickle.HIGHEST_PROTOCOL).dump(batchify_fn([_worker_dataset[i] for i in samples]))
    return file.getvalue()


def _thread_worker_initializer(active_shape: bool, active_array: bool) -> None:
    """What a worker thread begins with."""
    set_np(active_shape, active_array)


def _thread_worker_fn(samples: Any, batchify_fn: Callable[[list], Any], dataset: Dataset) -> Any:
    """A batch of a dataset."""
    return batchify_fn([dataset[i] for i in samples])


def as_in_context(data: Any, ctx: context.Context) -> Any:
    """Arrays, in whatever lists, moved to a context."""
    if isinstance(data, NDArray):
        return data.as_in_context(ctx)
    if isinstance(data, (list, tuple)):
        return [as_in_context(part, ctx) for part in data]
    return data


class _MultiWorkerIter:
    """The batches of an epoch, some of them loaded ahead by a pool.

    Subclasses hand out work in :meth:`_push_next`: it stores what ``apply_async`` gives in ``_data_buffer`` under the
    number ``_sent_idx``, and counts that. ``worker_fn`` is called in the pool with indices, ``batchify_fn`` and
    ``dataset``, which is given with threads only: they return batches as they are, processes return pickles. The first
    ``prefetch`` batches are begun at once, and ``data_loader`` is kept alive. The rest is as for :class:`DataLoader`.
    """

    def __init__(
        self,
        worker_pool: Any,
        batchify_fn: Callable[[list], Any],
        batch_sampler: Any,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        worker_fn: Callable[..., Any] = _worker_fn,
        prefetch: int = 0,
        dataset: Any = None,
        data_loader: Any = None,
        timeout: float = 120,
    ) -> None:
        self._worker_pool, self._worker_fn, self._timeout = worker_pool, worker_fn, timeout
        self._batchify_fn, self._batch_sampler = batchify_fn, batch_sampler
        self._pin_memory, self._pin_device_id = pin_memory, pin_device_id
        self._dataset, self._data_loader = dataset, data_loader
        self._iter = iter(batch_sampler)
        self._data_buffer: dict[int, Any] = {}
        self._sent_idx = self._rcvd_idx = 0
        for _ in range(prefetch):
            self._push_next()

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def __iter__(self) -> Iterator[Any]:
        return self

    def _push_next(self) -> None:
        """Have one more batch loaded, if there is one."""
        indices = next(self._iter, None)
        if indices is not None:
            arguments = (indices, self._batchify_fn, self._dataset)
            self._data_buffer[self._sent_idx] = self._worker_pool.apply_async(self._worker_fn, arguments)
            self._sent_idx += 1

    def __next__(self) -> Any:
        self._push_next()
        if self._rcvd_idx == self._sent_idx:
            raise StopIteration
        task = self._data_buffer.pop(self._rcvd_idx)
        try:
            found = task.get(self._timeout)
        except multiprocessing.TimeoutError:
            raise multiprocessing.TimeoutError(
                f"a batch was not loaded within {self._timeout} seconds; slow datasets want a longer timeout"
            ) from None
        except Exception:
            self._worker_pool.terminate()
            raise
        batch = pickle.loads(found) if self._dataset is None else found
        self._rcvd_idx += 1
        return as_in_context(batch, context.cpu_pinned(self._pin_device_id)) if self._pin_memory else batch

    next = __next__
