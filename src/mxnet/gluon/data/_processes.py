"""Worker processes of a DataLoader.

Every worker has a connection of its own, on which it gets tasks and sends results, in order. Nothing is shared between
workers, so one that dies takes no lock with it: the parent sees its end, fails the batch it was loading, and starts
another one for the rest.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import random
import signal
import sys
import threading
import time
import warnings
import weakref
import zlib
from collections import deque
from collections.abc import Callable, Sequence
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

import numpy as np
import torch

from ... import context
from ..._core import env, rng
from ..._core.backend import compute_alone
from ..._core.state import state
from ...base import MXNetError
from ...util import set_np
from ._transport import HAS_BLOCKS, Receiver, serve
from ._workers import Failure, Task, doing, load, samples

# How much may be under way to a worker: as it reads nothing while it sends a result, this must fit into the socket, or
# both sides might wait for the other one to read. What is more stays with the parent for a while.
_MOST_TASKS, _MOST_BYTES = (16, 1 << 14) if HAS_BLOCKS else (1, 0)
_ORPHAN_CHECK = 5.0  # seconds
_ENDING = 10.0  # seconds: how long a process that has closed its connection may take to end
_NONE = -1  # instead of the number of a task
_MOST_STARTS = 3  # for one task, of workers that are killed before they take it
# How long dropping a loader may wait for its processes.
_MOMENT = 0.5


class _Message(NamedTuple):
    """A task on its way to a worker."""

    task: Task
    number: int
    content: bytes


class _Setup(NamedTuple):
    """What a worker needs besides its connection."""

    dataset: Any
    batchify_fn: Callable[[list], Any]
    progress: Any  # by worker: the position of the sample it is at
    taken: Any  # by worker: the number of the task it has taken last
    seeds: tuple[int, int, int]
    np_shape: bool
    np_array: bool


class _Worker:
    """A worker process as the parent sees it."""

    def __init__(self, process: Any, connection: Connection) -> None:
        self.process = process
        self.connection = connection
        self.receiver = Receiver(connection)
        self.under_way: deque[_Message] = deque()
        self.backlog: deque[_Message] = deque()
        self.bytes = 0  # under way
        self.failed_starts = 0  # of those that it replaces, one after the other


# The parent's ends of all connections. Forked workers inherit copies and close them: otherwise one worker would not
# notice the end of the parent while another one lives.
_parent_ends: weakref.WeakSet[Connection] = weakref.WeakSet()


class ProcessPool:
    """Processes which load batches; they end with the pool.

    On Linux workers are forked, so that datasets and functions need not be picklable, unless the program has chosen
    another way with :func:`multiprocessing.set_start_method`. Elsewhere Python's own choice holds.
    """

    def __init__(self, count: int, dataset: Any, batchify_fn: Callable[[list], Any]) -> None:
        self._context: Any = multiprocessing.get_context(
            multiprocessing.get_start_method(allow_none=True) or ("fork" if sys.platform == "linux" else None)
        )
        # Batches draw numbers of their own, which follow from the state of the generators now and from how many
        # batches there were before, but not from which worker loads them. The generators themselves are left alone.
        seeds = (_digest(np.random.get_state()), _digest(random.getstate()), rng.base_seed())
        self._progress = self._context.RawArray("q", count)
        self._taken = self._context.RawArray("q", count)
        self._setup = _Setup(dataset, batchify_fn, self._progress, self._taken, seeds, state.np_shape, state.np_array)
        self._submitted = 0
        self._changed = threading.Condition()
        self._receiving = False
        self._workers: list[_Worker] = []
        self._finalizer = weakref.finalize(self, _stop, self._workers, os.getpid())
        for i in range(count):
            self._workers.append(self._start(i))

    def _start(self, i: int) -> _Worker:
        self._taken[i] = _NONE
        ours, theirs = self._context.Pipe()
        _parent_ends.add(ours)
        process = self._context.Process(
            target=_work, args=(i, theirs, self._setup), name=f"DataLoader-{i}", daemon=True
        )
        with warnings.catch_warnings():
            # Python warns of forks beside threads. What makes them dangerous is dealt with in _settle.
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        theirs.close()
        return _Worker(process, ours)

    def submit(self, indices: Sequence[Any]) -> Task:
        """Have a batch loaded, by the worker that has least to do."""
        content = pickle.dumps(indices)
        with self._changed:
            self._check_running()
            worker = min(self._workers, key=lambda w: len(w.under_way) + len(w.backlog))
            task = Task(indices)
            worker.backlog.append(_Message(task, self._submitted, content))
            self._submitted += 1
            self._feed(worker)
        return task

    def _check_running(self) -> None:
        if not self._workers:
            raise MXNetError("the workers of this DataLoader have been stopped")

    def _feed(self, worker: _Worker) -> None:
        """Send a worker as much of its backlog as may be under way."""
        while worker.backlog:
            message = worker.backlog[0]
            if message.task.wanted:
                size = len(message.content)
                if worker.under_way and (len(worker.under_way) >= _MOST_TASKS or worker.bytes + size > _MOST_BYTES):
                    return
                worker.under_way.append(message)
                worker.bytes += size
                with contextlib.suppress(OSError):  # a worker that is gone is noticed when results are waited for
                    worker.connection.send_bytes(
                        pickle.dumps((message.number, message.content, worker.receiver.unused()))
                    )
            worker.backlog.popleft()

    def result(self, task: Task, timeout: float) -> Any:
        """The batch, as soon as it is there; raises what the dataset or the batchify function has raised.

        TimeoutError (of ``multiprocessing``) when it does not come in time, MXNetError when the worker has died.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while not task.done:
                self._check_running()
                left = deadline - time.monotonic()
                if left <= 0:
                    raise task.timed_out(timeout, self._doing(task))
                if self._receiving:  # another thread is, for all
                    self._changed.wait(left)
                else:
                    self._wait(left)
        return task.deliver()

    def _doing(self, task: Task) -> str:
        for i, worker in enumerate(self._workers):
            if worker.under_way and worker.under_way[0].task is task and self._has_taken(i, worker.under_way[0]):
                return f" (worker process {worker.process.pid} is {doing(task.indices, self._progress[i])})"
        return ""

    def _wait(self, timeout: float) -> None:
        """Wait until any worker has sent something or has died. The lock is held before and after, not during it."""
        by_handle: dict[Any, int] = {}
        for i, worker in enumerate(self._workers):
            by_handle[worker.connection] = by_handle[worker.process.sentinel] = i
        self._receiving = True
        self._changed.release()
        try:
            ready = wait(list(by_handle), timeout)
        finally:
            self._changed.acquire()
            self._receiving = False
            self._changed.notify_all()
        for i in {by_handle[handle] for handle in ready}:
            if i < len(self._workers):  # not stopped meanwhile
                self._receive(i)

    def _has_taken(self, i: int, message: _Message) -> bool:
        """Whether a worker has begun with a task, and not with a later one."""
        return self._taken[i] == message.number

    def _receive(self, i: int) -> None:
        worker = self._workers[i]
        alive = self._take_results(worker)
        if alive and not worker.process.is_alive():
            alive = False
            self._take_results(worker)  # what it has sent between the last look and its end
        if alive:
            self._feed(worker)
        else:
            self._replace(i)

    def _take_results(self, worker: _Worker) -> bool:
        """Receive what a worker has sent. Whether the connection is intact."""
        try:
            while worker.connection.poll():
                body, buffers = worker.receiver.receive()
                message = worker.under_way.popleft()
                worker.bytes -= len(message.content)
                message.task.finish(_unpickled(message.task, body, buffers))
        except (EOFError, OSError):
            return False
        return True

    def _replace(self, i: int) -> None:
        """Start another worker for one that has died. The batch it was loading has failed, the others go on.

        All results that it has sent have been received, and what it has noted changes no more: so the first task that
        is left is the one it has taken, or it has taken none of them.
        """
        dead = self._workers[i]
        dead.process.join(_ENDING)
        code, pid = dead.process.exitcode, dead.process.pid
        _end(dead)
        waiting = dead.under_way
        failed_starts = dead.failed_starts + 1 if self._taken[i] == _NONE else 0
        failing = ""
        if waiting and self._has_taken(i, waiting[0]):
            failing = doing(waiting[0].task.indices, self._progress[i])
        elif waiting and failed_starts and (failed_starts >= _MOST_STARTS or (code is not None and code >= 0)):
            # Killed, it may have been idle. But one that cannot even begin must not be tried for ever.
            failing = f"starting, to load {samples(waiting[0].task.indices)}"
        if failing:
            text = f"DataLoader: worker process {pid} {_how(code)} while {failing}"
            waiting.popleft().task.finish(Failure(MXNetError, text))
        worker = self._workers[i] = self._start(i)
        worker.failed_starts = failed_starts
        worker.backlog.extend((*waiting, *dead.backlog))
        self._feed(worker)

    def close(self) -> None:
        """End the processes."""
        with self._changed:
            self._finalizer()


def _unpickled(task: Task, body: Any, buffers: list[memoryview]) -> Any:
    if not task.wanted:
        return None
    try:
        return pickle.loads(body, buffers=buffers)
    except Exception as e:  # noqa: BLE001 (of a user's class)
        return Failure.of(e, f"receiving a batch of {samples(task.indices)}")


def _digest(generator_state: object) -> int:
    return zlib.crc32(pickle.dumps(generator_state))


def _how(code: int | None) -> str:
    """In words, how a process has ended."""
    if code is None:
        return "stopped answering"
    if code >= 0:
        return f"exited with code {code}"
    try:
        name = signal.Signals(-code).name
    except ValueError:
        name = "unknown"
    return f"was killed by signal {-code} ({name})" + (", perhaps for want of memory," if name == "SIGKILL" else "")


def _stop(workers: list[_Worker], pid: int) -> None:
    """End all workers; in a process forked from the one that has started them, nothing is done.

    Garbage collection calls this, anywhere: it takes no lock, and what it waits for, a moment at most, is the kernel,
    which needs nobody's help to end processes that were killed.
    """
    if os.getpid() != pid:
        return
    processes = []
    while workers:
        worker = workers.pop()
        _parent_ends.discard(worker.connection)
        worker.process.kill()
        worker.connection.close()
        processes.append(worker.process)
    deadline = time.monotonic() + _MOMENT
    for process in processes:
        process.join(max(0.0, deadline - time.monotonic()))
        if not process.is_alive():
            process.close()


def _end(worker: _Worker) -> None:
    _parent_ends.discard(worker.connection)
    worker.connection.close()
    worker.process.join(1.0)
    if worker.process.is_alive():
        worker.process.kill()
        worker.process.join()
    worker.process.close()


# ---------------------------------------------------------------------- in the worker


def _work(i: int, connection: Connection, setup: _Setup) -> None:
    """Load batches until the parent is gone."""
    parent = os.getppid()
    _settle(setup)
    progress = setup.progress
    sender = serve(connection)
    while True:
        while not connection.poll(_ORPHAN_CHECK):
            if os.getppid() != parent:
                return
        try:
            number, content, unused = pickle.loads(connection.recv_bytes())
        except (EOFError, OSError):
            return
        progress[i] = 0
        setup.taken[i] = number
        sender.take_back(*unused)
        indices = pickle.loads(content)
        _seed(setup.seeds, number)
        try:
            result = load(setup.dataset, setup.batchify_fn, indices, progress, i)
        except Exception as e:  # noqa: BLE001 (whatever a dataset raises)
            result = Failure.of(e, doing(indices, progress[i]))
        try:
            sender.send(result)
        except OSError as e:
            if isinstance(e, (BrokenPipeError, ConnectionError)):
                return
            sender.send(Failure.of(e, doing(indices, len(indices))))
        except Exception as e:  # noqa: BLE001 (a batch that cannot be pickled)
            sender.send(Failure.of(e, f"sending a batch of {samples(indices)}"))
        del result


def _settle(setup: _Setup) -> None:
    """Undo what a forked process should not have inherited."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's affair
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    for end in list(_parent_ends):
        end.close()
    compute_alone()  # started otherwise, too: there are as many workers as the machine is to have threads
    if "cv2" in sys.modules:
        sys.modules["cv2"].setNumThreads(env.integer("MXNET_MP_OPENCV_NUM_THREADS"))
    # Having freed so much, glibc keeps 64 MB of what is freed for the next samples, and fetches no pages anew.
    np.empty((32 << 20) - (1 << 16), np.uint8)
    state.recording = state.training = False
    context.leave_all()  # devices do not work in a forked process
    rng.forget_devices()
    set_np(setup.np_shape, setup.np_array)


def _seed(seeds: tuple[int, int, int], number: int) -> None:
    """Seed all global generators for a batch."""
    for_numpy, for_python, for_arrays = ((seed + number * 0x9E3779B1) & 0xFFFFFFFF for seed in seeds)
    np.random.seed(for_numpy)
    random.seed(for_python)
    rng.seed_all(for_arrays)
    torch.default_generator.manual_seed(for_arrays)
