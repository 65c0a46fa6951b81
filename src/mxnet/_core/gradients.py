"""Backward passes, and the delivery of the gradients that they compute to the buffers that users hold."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Lock, get_ident, local
from typing import Any
from weakref import WeakValueDictionary

import torch
from torch.utils.weak import WeakTensorKeyDictionary

from ..context import current_context
from .array import Array
from .state import state

# Torch carries such objects from the thread that starts a backward pass to the threads that work on it: one for each
# device but the CPU, and those that take over from a thread whose passes are nested 60 deep. It costs half a
# microsecond for each node of the graph, so passes that stay on their thread do without.
_carry = torch._C._stash_obj_in_tls
_carried = torch._C._get_obj_in_tls
_carries = torch._C._is_key_in_tls
_drop = torch._C._remove_obj_from_tls
_KEY = "mxnet backward pass"
_DEEP = 8


class _Thread(local):
    """The innermost pass that this thread has started, and not ended."""

    current: Pass | None = None


_here = _Thread()


@functools.cache
def _other_devices() -> bool:
    return torch.cuda.is_available() or torch.accelerator.is_available()


class Pass:
    """One backward pass, as the block of a ``with`` statement: what has arrived, and the settings of its caller.

    Nothing is written before the pass has ended, so that one that fails leaves all buffers as they were. What torch
    differentiates within a pass belongs to it; a user's code that runs backward within one starts a pass of its own.

    Parameters
    ----------
    training, recording : bool
        The modes in which it runs.

    Attributes
    ----------
    arrived : list of (GradientBuffer, Tensor or None)
        Gradients of marked variables (None: zero), several for one where it was used by several calls of graphs.
    """

    __slots__ = (
        "_before", "_carried", "_context", "_depth", "_outer", "_settings", "_thread", "arrived", "recording",
        "training",
    )  # fmt: skip
    _depth: int  # how many passes it is within

    def __init__(self, training: bool, recording: bool = False) -> None:
        self.training = training
        self.recording = recording
        self.arrived: list[tuple[GradientBuffer, torch.Tensor | None]] = []

    def __enter__(self) -> Pass:
        settings = vars(state)
        self._before = settings.get("recording", False), settings.get("training", False), _here.current
        settings["recording"], settings["training"] = self.recording, self.training
        self._outer = outer = current_pass()
        _here.current = self
        self._depth = 0 if outer is None else outer._depth + 1
        self._carried = self._depth >= _DEEP or _other_devices()
        if self._carried:
            self._settings = settings.copy()
            self._context = current_context()
            self._thread = get_ident()
            _carry(_KEY, self)
        return self

    def __exit__(self, *exc: object) -> None:
        state.recording, state.training, _here.current = self._before
        if self._carried:
            if self._outer is not None and self._outer._carried:
                _carry(_KEY, self._outer)
            else:
                # A thread that ends with an object of Python's comes back to Python to drop it when it counts as joined
                # already: a process that is forked meanwhile waits for ever for a lock of the interpreter's.
                _drop(_KEY)
        self._outer = None


def current_pass() -> Pass | None:
    """The pass that this thread works on, if any."""
    started = _here.current
    if (started is None or started._carried) and _carries(_KEY):
        return _carried(_KEY)
    return started


@contextmanager
def callers_settings() -> Iterator[None]:
    """Run a user's code with the modes, NumPy semantics and context of the thread that started the pass."""
    current = current_pass()
    if current is None or not current._carried or current._thread == get_ident():
        yield
        return
    settings = vars(state)
    before = settings.copy()
    settings.clear()
    settings.update(current._settings)
    here = Pass(state.training, state.recording)  # what the code changes holds for what it calls
    here.arrived = current.arrived
    try:
        with current._context, here:
            yield
    finally:
        settings.clear()
        settings.update(before)


# Leaves of torch's graph whose buffers are row-sparse: their gradients may come as rows.
leaves_of_rows = WeakTensorKeyDictionary()


class GradientBuffer:
    """Where the gradient of a marked variable goes: the user's array, and whether it is added to what is there."""

    __slots__ = ("_sparse", "add", "array")

    def __init__(self, array: Array, add: bool) -> None:
        self.array = array
        self.add = add
        self._sparse = array.stype != "default"

    def mark(self, leaf: torch.Tensor) -> None:
        """Have the gradients of a leaf of torch's graph arrive here."""
        leaf.requires_grad_(True)
        leaf.register_post_accumulate_grad_hook(self)
        if self.array.stype == "row_sparse":
            leaves_of_rows[leaf] = None

    def __call__(self, leaf: torch.Tensor) -> None:
        """What torch calls when the gradient has arrived at a leaf."""
        arrived = leaf.grad
        leaf.grad = None
        current = current_pass()
        (_foreign_pass() if current is None else current.arrived).append((self, arrived))


def buffer_of(leaf: torch.Tensor) -> GradientBuffer | None:
    """The buffer of a marked variable, which is among the hooks of its leaf; None for any other tensor."""
    hooks = leaf._post_accumulate_grad_hooks
    if hooks:
        for hook in hooks.values():
            if type(hook) is GradientBuffer:
                return hook
    return None


def receive(arrived: Sequence[tuple[GradientBuffer, torch.Tensor | None]]) -> None:
    """Take gradients (None: zero) on behalf of the pass that runs."""
    current = current_pass()
    (_foreign_pass() if current is None else current.arrived).extend(arrived)


_writing = Lock()  # threads may add to one buffer


class _Arrived(list[tuple["GradientBuffer", "torch.Tensor | None"]]):
    """What has arrived in a backward pass that a user has started in torch."""

    __slots__ = ("__weakref__",)


# By the number of torch's pass. Each is held by the callback that writes it at the end, which torch drops with a pass
# that fails.
_foreign: WeakValueDictionary[int, _Arrived] = WeakValueDictionary()


def _foreign_pass() -> _Arrived:
    """What has arrived so far in the pass that torch runs on behalf of others."""
    number = torch._C._current_graph_task_id()
    with _writing:
        found = _foreign.get(number)
        if found is None:
            found = _foreign[number] = _Arrived()
            torch.autograd.Variable._execution_engine.queue_callback(functools.partial(deliver, found))
    return found


# Calls that deliver the gradients of marked variables themselves, all at once, depend on this leaf.
anchor = torch.zeros((), requires_grad=True)


def deliver(arrived: Sequence[tuple[GradientBuffer, torch.Tensor | None]]) -> None:
    """Write the gradients of a backward pass; what has arrived for one buffer in several parts is summed."""
    if len(arrived) == 1:
        to, g = arrived[0]
        if g is not None and not (to.add or to._sparse or g.is_sparse):  # without the lists, which would take longer
            to.array._fresh = True
            with _writing:
                to.array._t.data.copy_(g)
            return
    parts = []
    seen = set()
    for to, g in arrived:
        array = to.array
        array._fresh = True
        parts.append((array if to._sparse else array._t.data, to.add or to in seen, g))
        seen.add(to)
    write(parts)


def write(parts: Iterable[tuple[Any, bool, torch.Tensor | None]]) -> None:
    """Write or add gradients to the memory of buffers, all in one call where that is possible.

    Parameters
    ----------
    parts : iterable of (Tensor or sparse array, bool, Tensor or None)
        The memory, whether to add, and the gradient: None is zero.
    """
    targets: list[torch.Tensor] = []
    values: list[torch.Tensor] = []
    with _writing:
        for target, add, value in parts:
            if not isinstance(target, torch.Tensor):
                target._deliver(value, add)
            elif value is None:
                if not add:
                    target.zero_()
            elif add:
                if targets:  # it may be added to one of them
                    torch._foreach_copy_(targets, values)
                    targets, values = [], []
                target.add_(value.to(target.dtype))
            elif value.is_sparse:
                target.copy_(value.to_dense())
            else:
                targets.append(target)
                values.append(value)
        if targets:
            torch._foreach_copy_(targets, values)
