"""Contexts: the devices that arrays live on and operators run on."""

from __future__ import annotations

import threading
from typing import Any

import torch

from .base import MXNetError, OperatorTypeError, UnknownNameError

__all__ = ["Context", "cpu", "cpu_pinned", "current_context", "gpu", "gpu_memory_info", "num_gpus"]


PINNED = 3  # the number of the kind "cpu_pinned"


class _Stack(threading.local):
    """The contexts entered by ``with`` in this thread."""

    def __init__(self) -> None:
        self.entered: list[Context] = []


_stack = _Stack()


class _ContextType(type):
    """The type of :class:`Context`: holds what belongs to the class itself and can be set."""

    @property
    def default_ctx(cls) -> Context:
        """The context that is in force in this thread; setting it lasts until the enclosing ``with`` block ends."""
        return current_context()

    @default_ctx.setter
    def default_ctx(cls, ctx: Context) -> None:
        _stack.entered[-1:] = [Context(ctx)]


class Context(metaclass=_ContextType):
    """A device: its kind and its number.

    Distinct CPU numbers are distinct contexts on the same memory (as in MXNet), which makes code for several devices
    testable on one CPU. ``with mx.gpu(1):`` makes the context the default of the block.

    Parameters
    ----------
    device_type : str or Context
        ``"cpu"``, ``"gpu"``, ``"cpu_pinned"``, ``"cpu_shared"``, or ``"mps"`` where torch has it.
    device_id : int
        The number of the device.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.Context("cpu", 1) == mx.cpu(1)
    True
    >>> with mx.cpu(1):
    ...     mx.nd.ones((2,)).context
    cpu(1)
    """

    devtype2str = {1: "cpu", 2: "gpu", 3: "cpu_pinned", 5: "cpu_shared", 13: "mps"}
    devstr2type = {"cpu": 1, "gpu": 2, "cpu_pinned": 3, "cpu_shared": 5, "mps": 13}

    __slots__ = ("_device", "_old_ctx", "device_id", "device_typeid")

    def __init__(self, device_type: str | Context, device_id: int = 0) -> None:
        if isinstance(device_type, Context):
            self.device_typeid: int = device_type.device_typeid
            self.device_id: int = device_type.device_id
        else:
            try:
                self.device_typeid = self.devstr2type[device_type]
            except KeyError:
                kinds = ", ".join(self.devstr2type)
                raise UnknownNameError(f"device_type must be one of {kinds}, got {device_type!r}") from None
            self.device_id = int(device_id)
        self._device: torch.device | None = None
        self._old_ctx: Context | None = None

    @property
    def device_type(self) -> str:
        """The kind of device, such as ``"cpu"``."""
        return self.devtype2str[self.device_typeid]

    @property
    def device(self) -> torch.device:
        """The torch device behind this context.

        Raises
        ------
        MXNetError
            When there is no such device, naming how many there are.
        """
        if self._device is None:
            self._device = self._find_device()
        return self._device

    def _find_device(self) -> torch.device:
        kind = self.device_type
        if kind == "gpu":
            count = torch.cuda.device_count()
            if not 0 <= self.device_id < count:
                raise MXNetError(f"{self} is not available: torch sees {count} CUDA device{'s' if count != 1 else ''}")
            return torch.device("cuda", self.device_id)
        if kind == "mps":
            if not torch.backends.mps.is_available():
                raise MXNetError(f"{self} is not available: torch has no MPS device here")
            return torch.device("mps")
        return torch.device("cpu")

    def __hash__(self) -> int:
        return hash((self.device_typeid, self.device_id))

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, Context)
            and self.device_typeid == other.device_typeid
            and self.device_id == other.device_id
        )

    def __ne__(self, other: object) -> bool:
        return not self == other

    def __str__(self) -> str:
        return f"{self.device_type}({self.device_id})"

    __repr__ = __str__

    def __reduce__(self) -> Any:
        return Context, (self.device_type, self.device_id)

    def __enter__(self) -> Context:
        _stack.entered.append(self)
        return self

    def __exit__(self, ptype: object, value: object, trace: object) -> None:
        _stack.entered.pop()

    def empty_cache(self) -> None:
        """Give cached GPU memory back to the device; a no-op on the CPU."""
        if self.device.type == "cuda":
            with torch.cuda.device(self.device):
                torch.cuda.empty_cache()
        elif self.device.type == "mps":
            torch.mps.empty_cache()


_cpu0 = Context("cpu", 0)


def cpu(device_id: int = 0) -> Context:
    """The CPU. Different numbers are different contexts on the same memory."""
    return Context("cpu", device_id)


def cpu_pinned(device_id: int = 0) -> Context:
    """Page-locked CPU memory, from which copies to a GPU are fast and asynchronous."""
    return Context("cpu_pinned", device_id)


def cpu_shared(device_id: int = 0) -> Context:
    """CPU memory shared between processes."""
    return Context("cpu_shared", device_id)


def gpu(device_id: int = 0) -> Context:
    """A CUDA device."""
    return Context("gpu", device_id)


def mps(device_id: int = 0) -> Context:
    """The GPU of an Apple silicon machine."""
    return Context("mps", device_id)


def num_gpus() -> int:
    """How many CUDA devices torch sees."""
    return torch.cuda.device_count()


def gpu_memory_info(device_id: int = 0) -> tuple[int, int]:
    """Free and total memory of a CUDA device, in bytes."""
    return torch.cuda.mem_get_info(gpu(device_id).device)


def placed(tensor: torch.Tensor, ctx: Context) -> torch.Tensor:
    """A tensor where a context has its arrays: on its device, in page-locked memory where that is asked for."""
    if ctx.device_typeid == PINNED and torch.cuda.is_available():
        return tensor.cpu().pin_memory()
    return tensor.to(ctx.device)


def current_context() -> Context:
    """The context of the innermost ``with`` block of this thread, else ``cpu(0)``."""
    return _stack.entered[-1] if _stack.entered else _cpu0


def leave_all() -> None:
    """Make ``cpu(0)`` the current context of this thread: for a process that was forked within ``with`` blocks."""
    _stack.entered.clear()


def parse_context(text: str) -> Context:
    """Read ``"gpu(0)"``."""
    kind, _, rest = text.partition("(")
    number = rest.rstrip(")")
    if kind not in Context.devstr2type or (rest and not (number.isascii() and number.isdigit())):
        raise MXNetError(f"Invalid context string {text!r}, expected something like 'cpu(0)' or 'gpu(1)'")
    return Context(kind, int(number or 0))


def chosen_context(ctx: Context | str | None) -> Context:
    """The context that an argument names: the current one where it is None."""
    if isinstance(ctx, Context):
        return ctx
    if ctx is None:
        return current_context()
    if isinstance(ctx, str):
        return parse_context(ctx)
    raise OperatorTypeError(f"ctx must be a Context, got {ctx!r}")
