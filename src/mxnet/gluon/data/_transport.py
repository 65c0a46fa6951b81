"""How batches come from worker processes: small ones through the socket, the memory of big arrays in blocks.

A block is a file without a name that lies in memory, mapped by worker and parent. The worker makes arrays in it, the
parent's arrays are views of it, and when the last of them is gone, the worker gets the block back for another batch.
So a batch is written once and never copied, no memory has to be zeroed page by page for every batch (which takes
longer than the writing), nothing is left behind however a process ends, and the size of ``/dev/shm`` does not matter.
"""

from __future__ import annotations

import io
import mmap
import os
import pickle
import socket
import tempfile
import weakref
from collections import deque
from collections.abc import Iterable
from multiprocessing.connection import Connection
from typing import Any

import numpy as np
import torch

from ...context import Context
from ...ndarray.ndarray import NDArray, wrap

HAS_BLOCKS = hasattr(socket, "send_fds")
IN_BLOCK = 1 << 14  # what has so many bytes goes through a block
_KEPT = 32  # blocks of a worker that are used again; more exist only while a program holds on to many batches

_cpu_shared = Context("cpu_shared", 0)


def _rebuild(data: object, dtype: torch.dtype, shape: tuple[int, ...], numpy: bool) -> NDArray:
    t = torch.frombuffer(data, dtype=dtype).view(shape) if all(shape) else torch.empty(shape, dtype=dtype)
    made = wrap(t, _cpu_shared)
    return made.as_np_ndarray() if numpy else made


class _Pickler(pickle.Pickler):
    """Pickles arrays as buffers."""

    def reducer_override(self, obj: object) -> Any:
        if not isinstance(obj, NDArray) or obj.stype != "default":
            return NotImplemented
        t = obj._t.detach().cpu().contiguous()
        content = t.reshape(-1).view(torch.uint8).numpy()
        return _rebuild, (pickle.PickleBuffer(content), t.dtype, tuple(t.shape), type(obj) is not NDArray)


def _pickled(value: object) -> tuple[memoryview, list[Any]]:
    """A pickle, and the memory of the big arrays, which it leaves out."""
    file = io.BytesIO()
    apart: list[Any] = []

    def keep(buffer: pickle.PickleBuffer) -> bool:
        raw = buffer.raw()
        if raw.nbytes < IN_BLOCK:
            return True
        apart.append(raw)
        return False

    # Not a method of the pickler: in a circle of references it would keep all arrays, and their blocks, for a while.
    _Pickler(file, 5, buffer_callback=keep if HAS_BLOCKS else None).dump(value)
    return file.getbuffer(), apart


# ---------------------------------------------------------------------- blocks


class _Block:
    """Memory that two processes share, and that is lent out to arrays of one of them after the other."""

    def __init__(self, number: int, fd: int, size: int) -> None:
        self.number = number
        self.size = size
        if os.path.isdir("/proc/self/fd"):
            self._memory: Any = torch.from_file(
                f"/proc/self/fd/{fd}", shared=True, size=size, dtype=torch.uint8
            ).numpy()
        else:
            self._memory = mmap.mmap(fd, size)
        self._lent: Any = None

    def lend(self, length: int) -> np.ndarray:
        """The first bytes as an array; the block is in use until that array and all views of it are gone."""
        lent = np.frombuffer(memoryview(self._memory)[:length], np.uint8)
        self._lent = weakref.ref(lent)
        return lent

    @property
    def in_use(self) -> bool:
        return self._lent is not None and self._lent() is not None


def _memory_file(size: int) -> int:
    if hasattr(os, "memfd_create"):
        fd = os.memfd_create("remx-batch")
    else:
        with tempfile.TemporaryFile() as file:
            fd = os.dup(file.fileno())
    os.ftruncate(fd, size)
    return fd


class Sender:
    """The worker's end of its connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._count = 0
        self._free: list[_Block] = []
        self._away: dict[int, _Block] = {}  # number -> block that the parent uses
        self._taken: dict[int, _Block] = {}  # address -> block of the batch in the making
        self._new: dict[int, int] = {}  # number -> file descriptor of a block that the parent does not know yet

    def take_back(self, reusable: Iterable[int], others: Iterable[int]) -> None:
        """Take back blocks whose arrays are gone in the parent, some of them to be used again."""
        self._free.extend([self._away.pop(number) for number in reusable])
        for number in others:
            del self._away[number]

    def allocate(self, length: int) -> np.ndarray:
        """Bytes in a block, for an array of the batch in the making."""
        fitting = [block for block in self._free if block.size >= length and not block.in_use]
        if fitting:
            block = min(fitting, key=lambda b: b.size)
            self._free.remove(block)
        else:
            fd = _memory_file(length)
            block = _Block(self._count, fd, length)
            self._new[block.number] = fd
            self._count += 1
        found = block.lend(length)
        self._taken[_address(found)] = block
        return found

    def send(self, value: object) -> None:
        """Send a result."""
        body: Any
        body, apart = _pickled(value)
        if HAS_BLOCKS and body.nbytes >= IN_BLOCK:
            apart.append(body)
            body = None
        used: dict[int, _Block] = {}
        lengths = []
        for part in apart:
            block = self._holding(part, used)
            used[block.number] = block
            lengths.append(part.nbytes)
        new = {number: used[number].size for number in self._new if number in used}
        message = list(zip(used, lengths)), new, None if body is None else bytes(body)
        self._connection.send_bytes(pickle.dumps(message))
        for number in new:
            fd = self._new.pop(number)
            with _socket(self._connection) as s:
                socket.send_fds(s, [b"\0"], [fd])
            os.close(fd)
        self._away.update(used)
        self._free.extend([block for block in self._taken.values() if block.number not in used])
        self._taken.clear()

    def _holding(self, part: memoryview, used: dict[int, _Block]) -> _Block:
        """The block that an array was made in, or one with a copy of it."""
        content = np.frombuffer(part, np.uint8)
        block = self._taken.get(_address(content))
        if block is None or block.number in used or block.size < part.nbytes:
            copy = self.allocate(part.nbytes)
            copy[:] = content
            block = self._taken[_address(copy)]
        return block


class Receiver:
    """The parent's end of a worker's connection."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._blocks: dict[int, _Block] = {}
        self._unused: deque[int] = deque()

    def unused(self) -> tuple[list[int], list[int]]:
        """Blocks whose arrays are gone since the last call: those which the worker may use again, and others."""
        reusable, others = [], []
        while self._unused:
            number = self._unused.popleft()
            if len(self._blocks) > _KEPT:
                del self._blocks[number]
                others.append(number)
            else:
                reusable.append(number)
        return reusable, others

    def receive(self) -> tuple[Any, list[memoryview]]:
        """The next result: a pickle and its buffers. EOFError or OSError when the worker is gone."""
        parts, new, body = pickle.loads(self._connection.recv_bytes())
        for number, size in new.items():
            with _socket(self._connection) as s:
                found = socket.recv_fds(s, 1, 1)[1]
            if not found:
                raise EOFError
            self._blocks[number] = _Block(number, found[0], size)
            os.close(found[0])
        buffers = []
        for number, length in parts:
            lent = self._blocks[number].lend(length)
            weakref.finalize(lent, self._unused.append, number).atexit = False
            buffers.append(lent.data)
        if body is None:
            body = buffers.pop()
        return body, buffers


def _address(x: np.ndarray) -> int:
    return x.__array_interface__["data"][0]


def _socket(connection: Connection) -> socket.socket:
    return socket.socket(fileno=os.dup(connection.fileno()))


# ---------------------------------------------------------------------- arrays of a batch

# In a worker, where arrays of the batch in the making come from.
_sender: Sender | None = None


def serve(connection: Connection) -> Sender:
    """Make this process a worker, which sends its batches over a connection."""
    global _sender
    _sender = Sender(connection)
    return _sender


def empty(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    """An array for a batch: in a worker, in memory that goes to the parent without being copied."""
    length = dtype.itemsize
    for n in shape:
        length *= n
    if _sender is None or not HAS_BLOCKS or length < IN_BLOCK:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(_sender.allocate(length), dtype=dtype).view(shape)
