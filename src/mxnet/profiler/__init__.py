"""Profiles: how long operators take and how much memory is used, as tables and for trace viewers.

A profile is taken by :mod:`torch.profiler`. While one is taken, graphs run operator by operator, not traced, so that
each is seen; gradients count for the operator they are the gradient of, as ``_backward_`` and its name.

Examples
--------
>>> import mxnet as mx
>>> mx.profiler.set_config(profile_all=True, filename="profile.json")
>>> mx.profiler.set_state("run")
>>> y = mx.nd.dot(mx.nd.ones((8, 8)), mx.nd.ones((8, 8)))
>>> mx.profiler.set_state("stop")
>>> "dot" in mx.profiler.dumps()
True
"""

from __future__ import annotations

import atexit
import contextlib
import json
import threading
import warnings
from collections.abc import Iterator
from typing import Any, Literal

from .._core import env
from .._core.errors import ArgumentValueError, UnknownNameError
from .._core.files import atomic_write, local_path
from .._core.params import codec_for
from ..base import MXNetError
from . import _tables
from ._objects import Counter, Domain, Event, Frame, Marker, Task, _Measured
from ._recorder import recorder

__all__ = [
    "Counter",
    "Domain",
    "Event",
    "Frame",
    "Marker",
    "Task",
    "dump",
    "dump_profile",
    "dumps",
    "pause",
    "profiler_set_config",
    "profiler_set_state",
    "resume",
    "scope",
    "set_config",
    "set_kvstore_handle",
    "set_state",
]

# Option -> its type and default.
_OPTIONS: dict[str, tuple[type, Any]] = {
    "filename": (str, "profile.json"),
    "profile_all": (bool, False),
    "profile_symbolic": (bool, True),
    "profile_imperative": (bool, True),
    "profile_memory": (bool, True),
    "profile_api": (bool, True),
    "continuous_dump": (bool, False),
    "dump_period": (float, 1.0),
    "aggregate_stats": (bool, False),
    "profile_process": (str, "worker"),
}
_PROCESSES = ("worker", "server")
_STATES = ("stop", "run")

_config = {name: default for name, (_, default) in _OPTIONS.items()}


class _Status:
    was_run = False
    is_paused = False


def set_config(**kwargs: Any) -> None:
    """Say what a profile is to contain, and where it goes.

    Parameters
    ----------
    filename : str
        Where :func:`dump` writes the events; ``profile.json`` by default.
    profile_all : bool
        Everything, whatever the following say.
    profile_symbolic, profile_imperative : bool
        Operators of graphs, and those that are called on arrays.
    profile_memory : bool
        The use of memory, counted from the start of the profile, when it is begun in the main thread. Only that thread
        is then seen, with its backward passes; else all threads are.
    continuous_dump : bool
        Write the file when the process ends too.
    profile_api, dump_period, aggregate_stats : bool, float, bool
        Have no effect: there is no C interface, files are written whole, and totals are always there.
    profile_process : {"worker", "server"}
        Servers have no profile here.

    Raises
    ------
    MXNetError
        For an unknown option, or a value that does not fit.
    """
    decoded = {}
    for name, value in kwargs.items():
        if name not in _OPTIONS:
            listed = ", ".join(_OPTIONS)
            raise MXNetError(f"set_config: Cannot find argument '{name}', expected one of {listed}")
        codec = codec_for(_OPTIONS[name][0])
        try:
            decoded[name] = codec.decode(value)
        except (ValueError, TypeError) as e:
            raise MXNetError(f"set_config: parameter {name} expects {e}") from None
    _check_process(decoded.get("profile_process", "worker"), MXNetError)
    _config.update(decoded)


def _check_process(process: str, kind: type[Exception]) -> None:
    if process not in _PROCESSES:
        raise kind(f"profile_process must be one of {', '.join(_PROCESSES)}, got {process!r}")
    if process == "server":
        raise MXNetError("profile_process='server': profiles of servers are not supported, only of this process")


def set_state(state: Literal["stop", "run"] = "stop", profile_process: str = "worker") -> None:
    """Begin to take a profile (``"run"``), or stop.

    Raises
    ------
    MXNetError
        For another state, which is a ``KeyError`` too; for stopping in a thread, when the use of memory is recorded.
    """
    if state not in _STATES:
        raise UnknownNameError(f"state must be one of {', '.join(_STATES)}, got {state!r}")
    _check_process(profile_process, UnknownNameError)
    _Status.is_paused = False
    if state == "stop":
        _stop()
    else:
        _start()


def _start() -> None:
    everything = _config["profile_all"]
    if not _Status.was_run:
        _Status.was_run = True
        atexit.register(_end)
    recorder.start(
        everything or _config["profile_imperative"],
        everything or _config["profile_symbolic"],
        everything or _config["profile_memory"],
    )


def _stop() -> None:
    try:
        recorder.stop()
    except RuntimeError as e:
        raise MXNetError(f"profiler: {e}") from None


def pause(profile_process: str = "worker") -> None:
    """Record nothing until :func:`resume`; has no effect when no profile is taken."""
    _check_process(profile_process, UnknownNameError)
    if recorder.is_running:
        _stop()
        _Status.is_paused = True


def resume(profile_process: str = "worker") -> None:
    """Go on after :func:`pause`."""
    _check_process(profile_process, UnknownNameError)
    if _Status.is_paused:
        _Status.is_paused = False
        _start()


@contextlib.contextmanager
def _up_to_now() -> Iterator[None]:
    """What has been recorded up to now is there; a profile that is taken goes on afterwards."""
    was_running = recorder.is_running
    _stop()
    try:
        yield
    finally:
        if was_running:
            _start()


def dump(finished: bool = True, profile_process: str = "worker") -> None:
    """Write all events to the file, for chrome://tracing or https://ui.perfetto.dev.

    Parameters
    ----------
    finished : bool
        Whether the profile ends with it, so that the next one begins anew.
    profile_process : {"worker"}

    Raises
    ------
    MXNetError
        When no profile has been taken.
    """
    _check_process(profile_process, UnknownNameError)
    if not _Status.was_run:
        raise MXNetError("dump: no profile has been taken; set_config and set_state('run') come first")
    with _up_to_now(), atomic_write(local_path(_config["filename"]), "w", encoding="utf-8") as file:
        json.dump(_tables.trace(recorder), file)
    if finished:
        recorder.clear()


def dumps(reset: bool = False, format: str = "table", sort_by: str = "total", ascending: bool = False) -> str:
    """Totals by name: count, sum, smallest, largest and mean, of times and of memory in use.

    Parameters
    ----------
    reset : bool
        Forget what has been recorded, once the text is made.
    format : {"table", "json"}
    sort_by : {"total", "avg", "min", "max", "count"}
    ascending : bool

    Returns
    -------
    str

    Raises
    ------
    AssertionError
        For another format or order; it is an MXNetError.
    """
    for name, value, choices in (("format", format, ("table", "json")), ("sort_by", sort_by, _tables.SORT_KEYS)):
        if value not in choices:
            raise ArgumentValueError(f"dumps: {name} must be one of {', '.join(choices)}, got {value!r}")
    with _up_to_now():
        found = _tables.totals(recorder, sort_by, bool(ascending))
    if reset:
        recorder.clear()
    return _tables.as_text(found) if format == "table" else _tables.as_json(found)


class _Scopes(threading.local):
    def __init__(self) -> None:
        self.names: list[str] = []


_scopes = _Scopes()


@contextlib.contextmanager
def scope(name: str = "<unk>:", append_mode: bool = True) -> Iterator[None]:
    """A part of the program, shown as an event of its own under the category ``scope``.

    Parameters
    ----------
    name : str
    append_mode : bool
        Put the names of the scopes around it before its own.
    """
    names = _scopes.names
    names.append("".join([*(names[-1:] if append_mode else []), name if name.endswith(":") else f"{name}:"]))
    part = _Measured("scope", names[-1])
    part.start()
    try:
        yield
    finally:
        part.stop()
        names.pop()


def set_kvstore_handle(handle: object) -> None:
    """Has no effect: there are no servers whose profiles could be taken."""


def profiler_set_config(mode: str = "symbolic", filename: str = "profile.json") -> None:
    """Deprecated: use :func:`set_config`. ``mode`` is ``"symbolic"`` or ``"all"``."""
    warnings.warn("profiler.profiler_set_config is deprecated: use profiler.set_config", stacklevel=2)
    set_config(profile_symbolic=mode in ("symbolic", "all"), profile_imperative=mode == "all", filename=filename)


def profiler_set_state(state: Literal["stop", "run"] = "stop") -> None:
    """Deprecated: use :func:`set_state`."""
    warnings.warn("profiler.profiler_set_state is deprecated: use profiler.set_state", stacklevel=2)
    set_state(state)


def dump_profile() -> None:
    """Deprecated: use :func:`dump`."""
    warnings.warn("profiler.dump_profile is deprecated: use profiler.dump", stacklevel=2)
    dump(True)


def _start_with_import() -> None:
    """What ``MXNET_PROFILER_AUTOSTART`` asks for."""
    set_config(profile_all=env.flag("MXNET_PROFILER_MODE"), profile_imperative=False, continuous_dump=True)
    set_state("run")


def _end() -> None:
    """Stop when the process ends, which torch does not survive in the midst of a profile, and write the file."""
    _stop()
    if _config["continuous_dump"] and recorder.spans:
        dump(True)
