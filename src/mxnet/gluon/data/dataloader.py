"""DataLoader: reads a dataset in batches, with the help of worker processes or threads."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
import torch
import torch.multiprocessing  # which teaches ForkingPickler to share the memory of tensors

from ... import context
from ..._core.dtypes import NAME_TO_TORCH
from ..._core.grad_mode import grad_mode
from ...ndarray import ndarray as nd
from ...ndarray import op
from ...ndarray.ndarray import NDArray
from ..utils import in_mode
from . import sampler as _sampler
from ._pool_batches import (  # which programs that make loaders import from here
    _MultiWorkerIter,
    _thread_worker_fn,
    _thread_worker_initializer,
    _worker_fn,
    _worker_initializer,
)
from ._pool_batches import as_in_context as _as_in_context
from ._processes import ProcessPool
from ._transport import IN_BLOCK, empty
from ._workers import ThreadPool

__all__ = ["DataLoader"]

_FOR_LOADERS = (_MultiWorkerIter, _worker_fn, _worker_initializer, _thread_worker_fn, _thread_worker_initializer)


def rebuild_ndarray(tensor: torch.Tensor, device_type: str, device_id: int) -> NDArray:
    """The array that :func:`reduce_ndarray` has taken apart."""
    return nd.wrap(tensor, context.Context(device_type, device_id))


def reduce_ndarray(data: NDArray) -> Any:
    """Take an array apart for the queues of ``multiprocessing``, which then share its memory between processes."""
    ctx = data.context
    kind = "cpu_shared" if ctx.device_type == "cpu" else ctx.device_type
    return rebuild_ndarray, (data._t.detach(), kind, ctx.device_id)


ForkingPickler.register(NDArray, reduce_ndarray)


def _batchify(data: Any, ctx: context.Context | None) -> Any:
    first = data[0]
    if isinstance(first, tuple):
        return [_batchify(part, ctx) for part in zip(*data)]
    return in_mode(_stacked(data, ctx))


def _stacked(data: Any, ctx: context.Context | None) -> NDArray:
    """One array with samples along a new first axis."""
    first = data[0]
    if isinstance(first, NDArray) and type(first) is not NDArray and first.stype == "default":
        data = [x.as_nd_ndarray() for x in data]
        if first._t.dim() == 0:
            return nd.wrap(torch.stack([x._t for x in data]), ctx or first.context)
        first = data[0]
    if type(first) in (np.ndarray, NDArray) and (stacked := _stack_in_place(data, ctx)) is not None:
        return stacked
    if isinstance(first, NDArray):
        found = op.stack(*data)
        return found if ctx is None or found._t.is_cuda else nd.wrap(found._t, ctx)
    values = np.asarray(data)
    return nd.array(values, dtype=values.dtype, ctx=ctx)


def _stack_in_place(data: list, ctx: context.Context | None) -> NDArray | None:
    """A batch of big arrays, written to where it will be read; None where that is not possible or does not pay."""
    first = data[0]
    if first.size * len(data) < IN_BLOCK:
        return None
    shape, dtype, kind = first.shape, first.dtype, type(first)
    if any(type(x) is not kind or x.shape != shape or x.dtype != dtype for x in data):
        return None
    if kind is NDArray:
        if first._t.device.type != "cpu":
            return None
        out = empty((len(data), *shape), first._t.dtype)
        with grad_mode(False):
            torch.stack([x._t for x in data], out=out)
        return nd.wrap(out, ctx or first.context)
    ctx = ctx or context.current_context()
    if dtype.name not in NAME_TO_TORCH or not dtype.isnative or ctx.device.type != "cpu":
        return None
    out = empty((len(data), *shape), NAME_TO_TORCH[dtype.name])
    np.stack(data, out=out.numpy())
    return nd.wrap(out, ctx)


def default_batchify_fn(data: Any) -> Any:
    """Put samples together to a batch.

    Parameters
    ----------
    data : list
        Samples: arrays of one shape, numbers, or tuples of them.

    Returns
    -------
    NDArray or list
        One array with the samples along a new first axis, of the samples' own data type; for tuples a list of what
        this gives for each of their places.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.gluon.data.dataloader.default_batchify_fn([1, 2, 3]).shape
    (3,)
    """
    return _batchify(data, None)


def default_mp_batchify_fn(data: Any) -> Any:
    """What :func:`default_batchify_fn` does, with arrays in the context ``cpu_shared(0)``, as workers give them."""
    return _batchify(data, context.cpu_shared(0))


class DataLoader:
    """Batches of a dataset; each iteration over it is an epoch.

    Parameters
    ----------
    dataset : Dataset
        Or an array, a list, anything with ``len()`` and ``[]``.
    batch_size : int
        Samples in a batch; needed unless there is a ``batch_sampler``.
    shuffle : bool
        Read the samples in another random order in each epoch.
    sampler : Sampler
        The order of the samples, instead of ``shuffle``.
    last_batch : {"keep", "discard", "rollover"}
        What becomes of samples at the end that do not fill a batch: a shorter batch (the default), nothing, or the
        beginning of the next epoch.
    batch_sampler : Sampler
        Gives lists of indices, in place of the four parameters before.
    batchify_fn : callable
        Makes a batch of a list of samples; by default :func:`default_batchify_fn`, or :func:`default_mp_batchify_fn`
        if there are workers.
    num_workers : int
        How many processes (or threads) read samples. With 0, this thread does when it asks for a batch.
    pin_memory : bool
        Give batches in page-locked memory, from which copies to a GPU are faster.
    pin_device_id : int
        The number of the ``cpu_pinned`` context.
    prefetch : int
        How many batches workers may be ahead, ``2 * num_workers`` by default.
    thread_pool : bool
        Use threads in place of processes: good where reading waits for disks, or releases Python's lock.
    timeout : float
        Seconds to wait for a batch from the workers.
    auto_reload : bool
        Begin to load the next epoch when one ends, and the first one now.

    Raises
    ------
    ValueError
        For parameters that contradict each other.
    Exception
        In iterating, what the dataset raises; from a worker with a text that says at which sample. ``MXNetError`` when
        a worker process dies, ``multiprocessing.TimeoutError`` when a batch takes longer than ``timeout``. Afterwards,
        the loader may be iterated again.

    Notes
    -----
    Workers are started here and used for all epochs; several iterators may share them. They have the dataset as it is
    now. In each batch, a worker's global random generators (``random``, ``np.random``, ``mx.random``) are seeded with
    numbers which follow from the seeds that are in force now.

    Examples
    --------
    >>> import mxnet as mx
    >>> loader = mx.gluon.data.DataLoader(mx.gluon.data.ArrayDataset([[0, 1], [2, 3], [4, 5]], [7, 8, 9]), 2)
    >>> [(x.shape, y.asnumpy().tolist()) for x, y in loader]
    [((2, 2), [7, 8]), ((1, 2), [9])]
    """

    _worker_pool: ThreadPool | ProcessPool | None = None
    _iter: Any = None

    def __init__(
        self,
        dataset: Any,
        batch_size: int | None = None,
        shuffle: bool = False,
        sampler: _sampler.Sampler | None = None,
        last_batch: str | None = None,
        batch_sampler: Any = None,
        batchify_fn: Callable[[list], Any] | None = None,
        num_workers: int = 0,
        pin_memory: bool = False,
        pin_device_id: int = 0,
        prefetch: int | None = None,
        thread_pool: bool = False,
        timeout: float = 120,
        auto_reload: bool = False,
    ) -> None:
        if timeout <= 0:
            raise AssertionError(f"timeout must be positive, given {timeout}")
        if batch_sampler is None:
            batch_sampler = _batch_sampler(dataset, batch_size, shuffle, sampler, last_batch)
        elif batch_size is not None or shuffle or sampler is not None or last_batch is not None:
            raise ValueError(
                "DataLoader: batch_sampler makes the batches; no batch_size, shuffle, sampler or last_batch with it"
            )
        self._dataset, self._batch_sampler = dataset, batch_sampler
        self._pin_memory, self._pin_device_id = pin_memory, pin_device_id
        self._thread_pool, self._timeout = thread_pool, timeout
        self._num_workers = max(0, num_workers)
        self._prefetch = max(0, int(prefetch) if prefetch is not None else 2 * self._num_workers)
        self._batchify_fn = batchify_fn or (default_mp_batchify_fn if self._num_workers else default_batchify_fn)
        if self._num_workers:
            pool = ThreadPool if thread_pool else ProcessPool
            self._worker_pool = pool(self._num_workers, dataset, self._batchify_fn)
        self.auto_reload = auto_reload
        if auto_reload:
            self.refresh()

    def __iter__(self) -> Iterator[Any]:
        if self._iter is None:
            self.refresh()
        batches, self._iter = self._iter, None  # what was loaded ahead belongs to one iteration only
        yield from batches
        if self._iter is None and self.auto_reload:
            self.refresh()

    def __len__(self) -> int:
        return len(self._batch_sampler)

    def refresh(self) -> None:
        """Begin a new epoch: with workers, they start loading it."""
        pool = self._worker_pool
        if pool is None:
            self._iter = _own_batches(self._dataset, self._batchify_fn, self._batch_sampler, self._pinned)
        else:
            self._iter = _WorkerBatches(pool, self._batch_sampler, self._prefetch, self._timeout, self._pinned)

    @property
    def _pinned(self) -> context.Context | None:
        """Where batches are given, if not where they are made."""
        return context.cpu_pinned(self._pin_device_id) if self._pin_memory else None

    def clean(self) -> None:
        """Drop what was loaded ahead."""
        self._iter = None

    def __del__(self) -> None:
        # Iterators keep the workers, not the loader.
        self.clean()


def _batch_sampler(
    dataset: Sequence[object], batch_size: Any, shuffle: bool, sampler: Any, last_batch: str | None
) -> Any:
    if batch_size is None:
        raise ValueError("DataLoader needs batch_size or batch_sampler")
    if sampler is None:
        sampler = (_sampler.RandomSampler if shuffle else _sampler.SequentialSampler)(len(dataset))
    elif shuffle:
        raise ValueError("DataLoader: shuffle has no meaning with a sampler, which decides on the order")
    return _sampler.BatchSampler(sampler, batch_size, last_batch or "keep")


def _own_batches(
    dataset: Sequence[object], batchify_fn: Callable[..., Any], batch_sampler: Any, pinned: context.Context | None
) -> Iterator[Any]:
    """The batches of an epoch, read when they are asked for."""
    for indices in batch_sampler:
        samples = []
        index: Any = None
        try:
            for index in indices:
                samples.append(dataset[index])
        except Exception as e:
            if hasattr(e, "add_note"):
                e.add_note(f"The DataLoader was reading sample {index} of the dataset.")
            raise
        batch = batchify_fn(samples)
        yield batch if pinned is None else _as_in_context(batch, pinned)


class _WorkerBatches:
    """The batches of an epoch in order, some of them loaded ahead by workers."""

    def __init__(self, pool: Any, batch_sampler: Any, prefetch: int, timeout: float, pinned: Any) -> None:
        self._pool = pool
        self._indices = iter(batch_sampler)
        self._timeout, self._pinned = timeout, pinned
        self._tasks: deque[Any] = deque()
        for indices in itertools.islice(self._indices, prefetch):
            self._tasks.append(pool.submit(indices))

    def __iter__(self) -> _WorkerBatches:
        return self

    def __next__(self) -> Any:
        for indices in itertools.islice(self._indices, 1):
            self._tasks.append(self._pool.submit(indices))
        if not self._tasks:
            raise StopIteration
        batch = self._pool.result(self._tasks[0], self._timeout)
        self._tasks.popleft()
        return batch if self._pinned is None else _as_in_context(batch, self._pinned)

    def __del__(self) -> None:
        for task in self._tasks:
            task.forget()


DataLoaderV1 = DataLoader  # the name of the loader of MXNet 1.4
