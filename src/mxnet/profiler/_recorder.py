"""Taking a profile with :mod:`torch.profiler`, and reading spans of operators and the use of memory out of it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

import torch
from torch.profiler import ProfilerActivity, profile

from .._core import profiling

_BACKWARD = "autograd::engine::evaluate_function: "
_MEMORY = "[memory]"


class Span(NamedTuple):
    """Something that took time; times are nanoseconds of the system's clock."""

    category: str
    name: str
    start: int
    end: int
    thread: int
    spent: int  # what of it counts in tables: a user's class without the operators that it calls
    instance: int  # spans of one instance are one call, such as the nodes of an operator's gradient
    is_measured: bool = False  # by the program, with a Task, a Frame or an Event


class Sample(NamedTuple):
    """The value of a counter at a time; bytes, of memory."""

    category: str
    name: str
    time: int
    value: float


class Mark(NamedTuple):
    """A moment."""

    category: str
    name: str
    time: int
    scope: str


class Recorder:
    """The profile of this process.

    Attributes
    ----------
    spans, samples, marks : list
        What has been recorded up to now.
    """

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self.samples: list[Sample] = []
        self.marks: list[Mark] = []
        self._profile: profile | None = None
        self._is_bound = False  # to the main thread
        self._memory: dict[str, int] = {}  # in use, by device, counted from the start
        self._calls: dict[tuple[int, int], tuple[str, int]] = {}  # by node of torch's graph: the operator and its call
        self._instances = 0

    @property
    def is_running(self) -> bool:
        """Whether anything is recorded now."""
        return self._profile is not None

    def start(self, eager: bool, graphs: bool, memory: bool) -> None:
        """Begin or go on.

        Operators of all threads count, or with ``memory`` those of the main thread, as torch sees the use of memory in
        one thread only; backward passes belong to the thread that starts them.
        """
        if self._profile is not None:
            return
        memory = memory and threading.current_thread() is threading.main_thread()
        self._is_bound = memory
        os.environ.setdefault("KINETO_LOG_LEVEL", "6")  # else torch's library writes lines to stderr
        activities = [ProfilerActivity.CPU]
        if torch.cuda.is_available():
            activities.append(ProfilerActivity.CUDA)
        self._profile = profile(
            activities=activities,
            profile_memory=memory,
            experimental_config=None if memory else torch._C._profiler._ExperimentalConfig(profile_all_threads=True),
        )
        self._profile.start()
        profiling.eager, profiling.graphs = eager, graphs

    def stop(self) -> None:
        """Stop, and keep what was recorded.

        Raises
        ------
        RuntimeError
            In another thread, when the use of memory is recorded.
        """
        running = self._profile
        if running is None:
            return
        if self._is_bound and threading.current_thread() is not threading.main_thread():
            raise RuntimeError("a profile of the use of memory is stopped, or read, by the main thread only")
        profiling.eager = profiling.graphs = False
        self._profile = None
        running.stop()
        self._read(running.profiler.kineto_results.events())

    def measured(self, category: str, name: str, start: int) -> None:
        """Keep what a program has measured, up to now."""
        end = now()
        span = Span(category, name, start, end, threading.get_ident(), end - start, self._next(), is_measured=True)
        self.spans.append(span)

    def clear(self) -> None:
        """Forget what was recorded."""
        self.spans.clear()
        self.samples.clear()
        self.marks.clear()
        self._calls.clear()

    # ------------------------------------------------------------------ what torch has recorded

    def _read(self, events: Sequence[Any]) -> None:
        ranges: list[tuple[int, int, int, Any]] = []
        for event in events:
            name = event.name()
            if name == _MEMORY:
                self._read_memory(event)
            elif event.device_type() == torch.autograd.DeviceType.CPU:
                begin = event.start_ns()
                ranges.append((event.start_thread_id(), begin, -event.duration_ns(), event))
        ranges.sort(key=lambda r: r[:3])
        kernels = _kernel_times(events)
        open_ranges: list[_Range] = []
        thread = None
        found: list[_Range] = []
        for number, begin, minus, event in ranges:
            if number != thread:
                thread = number
                open_ranges = []
            while open_ranges and open_ranges[-1].end <= begin:
                open_ranges.pop()
            parent = open_ranges[-1] if open_ranges else None
            made = self._range(event, parent, begin, begin - minus, number)
            if made is not None:
                made.device_time = kernels.get(event.correlation_id(), 0)
                open_ranges.append(made)
                found.append(made)
            elif parent is not None:
                parent.device_time += kernels.get(event.correlation_id(), 0)
        for r in found:
            if not r.is_shown:
                r.outermost.device_time += r.device_time
        self.spans += [r.span() for r in found if r.is_shown]

    def _read_memory(self, event: Any) -> None:
        kind = "cpu" if event.device_type() == torch.autograd.DeviceType.CPU else "gpu"
        device = f"Memory: {kind}/{max(event.device_index(), 0)}"
        self._memory[device] = self._memory.get(device, 0) + event.nbytes()
        self.samples.append(Sample("Device Storage", device, event.start_ns(), max(self._memory[device], 0)))

    def _range(self, event: Any, parent: _Range | None, begin: int, end: int, thread: int) -> _Range | None:
        """The range of an event that is one of ours, or of a gradient; notes nodes of torch's graph."""
        name = event.name()
        if name.startswith(profiling.OPERATOR):
            return _Range.of_operator(name.removeprefix(profiling.OPERATOR), parent, begin, end, thread, self._next())
        if name.startswith(profiling.CUSTOM):
            user = name.removeprefix(profiling.CUSTOM)
            return _Range("Custom Operator", f"{user}::pure_python", begin, end, thread, self._next(), user)
        node = event.sequence_nr()
        if name.startswith(_BACKWARD):
            operator, call = self._calls.get((event.fwd_thread_id(), node), ("", 0))
            if not operator:  # recorded before the profile, or not by an operator: a gradient that is delivered
                return None
            return _Range("operator", f"_backward_{operator}", begin, end, thread, -call)
        if node >= 0 and parent is not None and event.fwd_thread_id() == 0:
            top = parent.outermost
            self._calls[thread, node] = top.name, top.instance  # of calls that show a number the last one has made it
        return None

    def _next(self) -> int:
        self._instances += 1
        return self._instances


class _Range:
    """A span while those inside it are still looked at."""

    def __init__(
        self, category: str, name: str, start: int, end: int, thread: int, instance: int, user: str = ""
    ) -> None:
        self.category, self.name = category, name
        self.start, self.end, self.thread = start, end, thread
        self.instance = instance
        self.user = user  # the user's class whose code this is
        self.inside = 0  # time of operators that are called in it and shown themselves
        self.device_time = 0
        self.is_shown = True
        self.outermost = self

    @classmethod
    def of_operator(cls, name: str, parent: _Range | None, start: int, end: int, thread: int, instance: int) -> _Range:
        """The range of an operator: part of another one, or a call of its own, perhaps of a user's class."""
        if parent is not None and parent.user:
            made = cls("Custom Operator", f"{parent.user}::{name}", start, end, thread, instance)
            parent.inside += end - start
            return made
        made = cls("operator", name, start, end, thread, instance)
        if parent is not None:
            made.is_shown = False
            made.outermost = parent.outermost
        return made

    def span(self) -> Span:
        """What is kept of it. On a device that works by itself its time counts, not that of the call."""
        spent = self.device_time or self.end - self.start - self.inside
        return Span(self.category, self.name, self.start, self.end, self.thread, spent, self.instance)


def _kernel_times(events: Sequence[Any]) -> dict[int, int]:
    """By the number that connects them with a call: how long kernels ran on devices."""
    found: dict[int, int] = {}
    for event in events:
        if event.device_type() != torch.autograd.DeviceType.CPU and event.name() != _MEMORY:
            call = event.linked_correlation_id()
            found[call] = found.get(call, 0) + event.duration_ns()
    return found


def now() -> int:
    """The time, as spans have it."""
    return time.time_ns()


recorder = Recorder()
