"""What the workers of a DataLoader have in common, and those that are threads; ``_processes`` has the others."""

from __future__ import annotations

import contextlib
import multiprocessing
import pickle
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from ..._core.state import state
from ..._core.threads import Workers
from ...base import MXNetError
from ...util import set_np


@dataclass(eq=False, slots=True)
class Task:
    """A batch that is to be loaded, and then its result."""

    indices: Sequence[Any]
    wanted: bool = True
    done: bool = False
    result: Any = None

    def finish(self, result: object) -> None:
        """Keep a batch, or the :class:`Failure` to load it, if anybody still asks for it."""
        self.result = result if self.wanted else None
        self.done = True

    def forget(self) -> None:
        """Nobody will ask for the result."""
        self.wanted = False
        self.result = None

    def deliver(self) -> Any:
        """The batch; raises what the dataset or the batchify function has raised."""
        found, self.result = self.result, None
        if isinstance(found, Failure):
            found.throw()
        return found

    def timed_out(self, timeout: float, doing: str = "") -> multiprocessing.TimeoutError:
        """The error to raise when the result has not come in time."""
        return multiprocessing.TimeoutError(
            f"DataLoader: no batch of {samples(self.indices)} after {timeout} seconds{doing}. A larger timeout allows "
            "datasets and transformations to be slower."
        )


@dataclass(eq=False)
class Failure:
    """What went wrong in a worker, in a form that survives the journey to another process."""

    kind: type[BaseException]
    text: str
    error: BaseException | None = None

    @classmethod
    def of(cls, error: BaseException, doing: str) -> Failure:
        """An error that was raised in doing something."""
        trace = "".join(traceback.format_exception(type(error), error, error.__traceback__))
        return cls(type(error), f"{error}\n\nThe DataLoader was {doing}:\n\n{trace}", error)

    def __reduce__(self) -> Any:
        return _restored_failure, (_pickled(self.kind), self.text, _pickled(self.error))

    def throw(self) -> None:
        """Raise an error of the same type whose text says where it happened; the first error is its cause."""
        kind = self.kind
        if issubclass(kind, StopIteration):
            kind = RuntimeError  # raised by an iterator, the other would only end a loop
        try:
            error = kind(_Text(self.text))
        except Exception:  # noqa: BLE001 (a type that wants other arguments)
            error = MXNetError(self.text)
        raise error from self.error


class _Text(str):
    """A text that KeyError, which shows a representation, shows as it is."""

    def __repr__(self) -> str:
        return str(self)


def _pickled(value: object) -> bytes | None:
    """A pickle of what can be pickled and read again, else None."""
    try:
        found = pickle.dumps(value)
        pickle.loads(found)
    except Exception:  # noqa: BLE001 (whatever a user's class does there)
        return None
    return found


def _restored_failure(kind: bytes | None, text: str, error: bytes | None) -> Failure:
    failure = Failure(MXNetError, text)
    with contextlib.suppress(Exception):  # a class that only the worker has
        if kind is not None:
            failure.kind = pickle.loads(kind)
        if error is not None:
            failure.error = pickle.loads(error)
    return failure


def load(dataset: Any, batchify_fn: Callable[[list], Any], indices: Sequence[Any], progress: Any, at: int = 0) -> Any:
    """A batch; ``progress[at]`` says which of its samples is being read (their number: the batch is being made)."""
    found = []
    for i, index in enumerate(indices):
        progress[at] = i
        found.append(dataset[index])
    progress[at] = len(indices)
    return batchify_fn(found)


def doing(indices: Sequence[Any], position: int) -> str:
    """In words, what :func:`load` was doing when it got so far."""
    if 0 <= position < len(indices):
        return f"reading sample {indices[position]} of the dataset"
    return f"making a batch of {samples(indices)}"


def samples(indices: Sequence[Any]) -> str:
    """Indices as part of a message."""
    shown = ", ".join(str(i) for i in indices[:16])
    return f"samples {shown}, ..." if len(indices) > 16 else f"samples {shown}"


class ThreadPool:
    """Threads which load batches; they end with the pool."""

    def __init__(self, count: int, dataset: Any, batchify_fn: Callable[[list], Any]) -> None:
        self._changed = threading.Condition()
        self._setup = self._changed, dataset, batchify_fn, state.np_shape, state.np_array
        self._workers = Workers(count, "DataLoader")

    def submit(self, indices: Sequence[Any]) -> Task:
        """Have a batch loaded."""
        task = Task(indices)
        self._workers.submit(_load, task, *self._setup)
        return task

    def result(self, task: Task, timeout: float) -> Any:
        """The batch, as soon as it is there."""
        with self._changed:
            if not self._changed.wait_for(lambda: task.done, timeout):
                raise task.timed_out(timeout)
        return task.deliver()

    def close(self) -> None:
        """End the threads."""
        self._workers.close()


def _load(
    task: Task,
    changed: threading.Condition,
    dataset: object,
    batchify_fn: Callable[[list], Any],
    np_shape: bool,
    np_array: bool,
) -> None:
    """Load the batch of a task, in a thread."""
    if not task.wanted:
        return
    set_np(np_shape, np_array)
    progress = [0]
    try:
        found = load(dataset, batchify_fn, task.indices, progress)
    except Exception as e:  # noqa: BLE001 (whatever a dataset raises)
        found = Failure.of(e, doing(task.indices, progress[0]))
    with changed:
        task.finish(found)
        changed.notify_all()
