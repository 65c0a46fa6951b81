"""What a program measures itself: tasks, frames, events, counters and moments, grouped by domains."""

from __future__ import annotations

from .._core.errors import ArgumentTypeError
from ..base import MXNetError
from ._recorder import Mark, Sample, now, recorder
from ._tables import SCOPES


class Domain:
    """A group of tasks, frames, counters and markers, under whose name they are shown.

    Parameters
    ----------
    name : str

    Examples
    --------
    >>> import mxnet as mx
    >>> loading = mx.profiler.Domain("loading")
    >>> with_labels = loading.new_task("labels")
    >>> with_labels.start()
    >>> with_labels.stop()
    """

    def __init__(self, name: str) -> None:
        self.name = _text("name", name)

    def __str__(self) -> str:
        return self.name

    def new_task(self, name: str) -> Task:
        """A task of this domain."""
        return Task(self, name)

    def new_frame(self, name: str) -> Frame:
        """A frame of this domain."""
        return Frame(self, name)

    def new_counter(self, name: str, value: float | None = None) -> Counter:
        """A counter of this domain, set to ``value`` when one is given."""
        return Counter(self, name, value)

    def new_marker(self, name: str) -> Marker:
        """A marker of this domain."""
        return Marker(self, name)


def _text(argument: str, value: object) -> str:
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{argument} must be a string, got {value!r}")
    return value


def _domain(value: object) -> Domain:
    if not isinstance(value, Domain):
        raise ArgumentTypeError(f"domain must be a Domain, got {value!r}")
    return value


class _Measured:
    """Something that begins and ends; it counts when it ends while a profile is taken."""

    def __init__(self, category: str, name: str) -> None:
        self.name = _text("name", name)
        self._category = category
        self._start: int | None = None

    def __str__(self) -> str:
        return self.name

    def start(self) -> None:
        """Begin now."""
        self._start = now()

    def stop(self) -> None:
        """End now; of what has not begun nothing is kept."""
        if self._start is not None and recorder.is_running:
            recorder.measured(self._category, self.name, self._start)
        self._start = None


class Task(_Measured):
    """A piece of work of a program, from :meth:`start` to :meth:`stop`.

    Parameters
    ----------
    domain : Domain
    name : str
    """

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(_domain(domain).name, name)


class Frame(_Measured):
    """One of a row of like pieces of work, such as the steps of a training loop.

    Parameters
    ----------
    domain : Domain
    name : str
    """

    def __init__(self, domain: Domain, name: str) -> None:
        super().__init__(f"{_domain(domain).name},frame", name)


class Event(_Measured):
    """Something that takes time, without a domain.

    Parameters
    ----------
    name : str
    """

    def __init__(self, name: str) -> None:
        super().__init__("event", name)


class Counter:
    """A number that changes, shown over time.

    Parameters
    ----------
    domain : Domain
    name : str
    value : number, optional
        What it is set to; 0 when not given, which is not shown.

    Examples
    --------
    >>> import mxnet as mx
    >>> waiting = mx.profiler.Domain("loading").new_counter("waiting", 3)
    >>> waiting += 2
    >>> waiting -= 1
    """

    def __init__(self, domain: Domain, name: str, value: float | None = None) -> None:
        self._category, self.name = _domain(domain).name, _text("name", name)
        self._value = 0
        if value is not None:
            self.set_value(value)

    def __str__(self) -> str:
        return self.name

    def set_value(self, value: float) -> None:
        """Set it to a whole number; digits behind the point are cut."""
        self._value = int(value)
        if recorder.is_running:
            recorder.samples.append(Sample(self._category, self.name, now(), self._value))

    def increment(self, delta: float = 1) -> None:
        """Add a whole number."""
        self.set_value(self._value + int(delta))

    def decrement(self, delta: float = 1) -> None:
        """Take a whole number off."""
        self.set_value(self._value - int(delta))

    def __iadd__(self, delta: float) -> Counter:
        self.increment(delta)
        return self

    def __isub__(self, delta: float) -> Counter:
        self.decrement(delta)
        return self


class Marker:
    """A moment in a program.

    Parameters
    ----------
    domain : Domain
    name : str
    """

    def __init__(self, domain: Domain, name: str) -> None:
        self._category, self.name = f"{_domain(domain).name},instant_marker", _text("name", name)

    def mark(self, scope: str = "process") -> None:
        """Note the present time.

        Parameters
        ----------
        scope : {"global", "process", "thread", "task", "marker"}
            How far a viewer draws the line.
        """
        if scope not in SCOPES:
            raise MXNetError(f"Marker {self.name}: scope must be one of {', '.join(SCOPES)}, got {scope!r}")
        if recorder.is_running:
            recorder.marks.append(Mark(self._category, self.name, now(), scope))
