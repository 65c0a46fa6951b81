"""Threads that work for an object, and end with it.

:mod:`concurrent.futures` has pools too, but to end one takes locks and waits: garbage collection, which may run inside
the very code that holds these locks, must do neither. Here everything a finalizer does is to put marks into a queue.
"""

from __future__ import annotations

import atexit
import os
import queue
import threading
import time
import weakref
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

from .backend import flush_denormals

# How long the end of the interpreter waits for threads: they may be in the middle of code that must not be torn apart.
_AT_EXIT = 2.0
_running: weakref.WeakSet[threading.Thread] = weakref.WeakSet()
_pools: weakref.WeakSet[Workers] = weakref.WeakSet()
_ending = threading.Event()


class Workers:
    """Some threads which run functions in the order they were given.

    Parameters
    ----------
    count : int
    name : str
        What the threads are called.

    Examples
    --------
    >>> workers = Workers(2, "example")
    >>> workers.submit(pow, 2, 10).result()
    1024
    >>> workers.close()
    """

    def __init__(self, count: int, name: str) -> None:
        self._jobs: queue.SimpleQueue[Any] = queue.SimpleQueue()  # its ``put`` may be interrupted by a ``put``
        self._threads = []
        self._end = weakref.finalize(self, _dismiss, self._jobs, count)
        self._process = os.getpid()
        _pools.add(self)
        for i in range(count):
            thread = threading.Thread(target=_serve, args=(self._jobs,), name=f"{name}-{i}", daemon=True)
            thread.start()
            _running.add(thread)
            self._threads.append(thread)

    def submit(self, function: Callable[..., Any], *args: Any) -> Future[Any]:
        """Have a thread call a function.

        Raises
        ------
        RuntimeError
            When the threads have been told to end, or belong to another process.
        """
        self.check()
        future: Future[Any] = Future()
        self._jobs.put((future, function, args))
        return future

    def check(self) -> None:
        """Raise RuntimeError when there are no threads to wait for: they have ended, or stayed in the parent."""
        if not self._end.alive:
            raise RuntimeError("the threads of this object have ended")
        if self._process != os.getpid():
            raise RuntimeError("this object was made before a fork, its threads are the parent's: make it anew here")

    def close(self) -> None:
        """Have the threads end when they have done what they were given. Does not wait, and takes no lock."""
        self._end()

    def join(self, timeout: float | None = None) -> None:
        """Wait for the threads to end; not for the one that asks."""
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(timeout)


def _dismiss(jobs: queue.SimpleQueue[Any], count: int) -> None:
    for _ in range(count):
        jobs.put(None)


def _serve(jobs: queue.SimpleQueue[Any]) -> None:
    flush_denormals()
    while True:
        job = jobs.get()
        if job is None:
            return
        future, function, args = job
        if _ending.is_set():
            future.cancel()
            continue
        try:
            future.set_result(function(*args))
        except BaseException as e:  # noqa: BLE001 (whoever asks for the result gets it)
            future.set_exception(e)
        del job, future, function, args  # nothing is kept alive by a thread that waits


@atexit.register
def _wait_at_exit() -> None:
    """Let threads come to an end before the interpreter is taken down under them."""
    _ending.set()
    for pool in list(_pools):
        pool.close()
    deadline = time.monotonic() + _AT_EXIT
    for thread in list(_running):
        thread.join(max(0.0, deadline - time.monotonic()))
