"""The workers of one training job, on one machine or many, and what they tell each other, by :mod:`torch.distributed`.

Nothing that arrives is unpickled: workers exchange tensors only.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import zlib
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

import torch
import torch.distributed as dist

from .._core import env
from ..base import MXNetError

_BUCKET = 25 << 20  # bytes that are sent together
_NAMES = {
    "torchrun": ("RANK", "WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
    "MXNet": ("DMLC_WORKER_ID", "DMLC_NUM_WORKER", "DMLC_PS_ROOT_URI", "DMLC_PS_ROOT_PORT"),
    "Open MPI": ("OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE", "MASTER_ADDR", "MASTER_PORT"),
    "SLURM": ("SLURM_PROCID", "SLURM_NTASKS", "MASTER_ADDR", "MASTER_PORT"),
}


class _Place(NamedTuple):
    """Which worker this process is, and where the first one waits for the others."""

    launcher: str
    rank: int | None  # None: in the order of arrival
    size: int
    host: str
    port: int


def _place() -> _Place:
    """What the environment says.

    Raises
    ------
    MXNetError
        When it says nothing, or something is no number.
    """
    for launcher, names in _NAMES.items():
        rank, size, host, port = (os.environ.get(name) for name in names)
        if size is None or host is None or (rank is None and launcher != "MXNet"):
            continue
        try:
            return _Place(launcher, None if rank is None else int(rank), int(size), host, int(port or 29500))
        except ValueError:
            shown = ", ".join(f"{n}={os.environ.get(n)!r}" for n in names)
            raise MXNetError(f"kvstore: {launcher} has set {shown}, of which all but the host are numbers") from None
    known = "; ".join(f"{launcher}: {', '.join(names)}" for launcher, names in _NAMES.items())
    raise MXNetError(
        "kvstore: a distributed store needs workers that know of each other, and nothing in the environment says how "
        f"many there are and where. Start the program with `torchrun --nproc-per-node 2 program.py`, or set ({known})"
    )


class Workers:
    """All workers of the job, of which this process is one.

    Every worker calls the same methods in the same order; they wait for each other.

    Attributes
    ----------
    rank, size : int
        The number of this worker, and how many there are.
    """

    def __init__(self) -> None:
        self.timeout = timedelta(seconds=env.integer("MXNET_KVSTORE_TIMEOUT"))
        if not dist.is_available():
            raise MXNetError("kvstore: this build of PyTorch has no torch.distributed, which distributed stores need")
        if not dist.is_initialized():  # else the program has done so, and its group is used
            with self._talking("start"):
                self._join(_place())
        self.rank, self.size = dist.get_rank(), dist.get_world_size()

    def _join(self, place: _Place) -> None:
        backend = "cpu:gloo,cuda:nccl" if torch.cuda.is_available() else "gloo"
        if place.launcher == "torchrun":
            dist.init_process_group(backend, init_method="env://", timeout=self.timeout)
        else:
            store, rank = self._meet(place)
            dist.init_process_group(
                backend,
                store=dist.PrefixStore("mxnet", store),
                rank=rank,
                world_size=place.size,
                timeout=self.timeout,
            )
        atexit.register(_leave)

    def _meet(self, place: _Place) -> tuple[dist.TCPStore, int]:
        """The place where workers find each other, and the number of this one.

        Without numbers the first process that can have the port, on the host that is named, keeps the place.
        """
        if place.rank is not None:
            return self._store(place, place.rank == 0), place.rank
        try:
            store = self._store(place, is_first=True)
        except (RuntimeError, OSError):  # another worker has the port, or this is another machine
            store = self._store(place, is_first=False)
        return store, store.add("mxnet workers", 1) - 1

    def _store(self, place: _Place, is_first: bool) -> dist.TCPStore:
        return dist.TCPStore(place.host, place.port, place.size, is_first, timeout=self.timeout, wait_for_workers=False)

    @contextlib.contextmanager
    def _talking(self, what: str) -> Iterator[None]:
        """Errors say what was under way, and that another worker may be gone."""
        try:
            yield
        except (RuntimeError, ValueError) as e:
            if isinstance(e, MXNetError):
                raise
            me = f"worker {self.rank} of {self.size}" if hasattr(self, "size") else "this worker"
            seconds = self.timeout.total_seconds()
            raise MXNetError(
                f"kvstore: {me} cannot go on with {what}: another worker has ended, or did not answer within "
                f"{seconds:g} seconds (MXNET_KVSTORE_TIMEOUT). {e}"
            ) from e

    def check(self, what: str, tensors: Sequence[torch.Tensor]) -> None:
        """Make sure that all workers are about to do the same.

        Raises
        ------
        MXNetError
            On all workers, naming those that do something else than the first one.
        """
        signature = f"{what} {[(tuple(t.shape), str(t.dtype)) for t in tensors]}"
        mine = torch.tensor([zlib.crc32(signature.encode())])
        with self._talking(what):
            theirs = self._gathered(mine)
        others = [i for i, t in enumerate(theirs) if int(t) != int(theirs[0])]
        if others:
            shown = [tuple(t.shape) for t in tensors[:5]]
            raise MXNetError(
                f"kvstore: workers disagree: {others} do something else than worker 0. Worker {self.rank} is about to "
                f"{what}, of shapes {shown}{'...' if len(tensors) > 5 else ''}. All must push, pull and initialize the "
                "same keys in the same order, for as many batches"
            )

    def sum(self, what: str, tensors: Sequence[torch.Tensor]) -> None:
        """Replace each tensor by its sum over the workers, in place."""
        self.check(what, tensors)
        with self._talking(what):
            waiting = [(part, flat, dist.all_reduce(flat, async_op=True)) for part, flat in _buckets(tensors)]
            for part, flat, work in waiting:
                work.wait()
                _unflatten(flat, part)

    def take_first(self, what: str, tensors: Sequence[torch.Tensor]) -> None:
        """Replace each tensor by that of worker 0, in place."""
        self.check(what, tensors)
        with self._talking(what):
            for part, flat in _buckets(tensors):
                dist.broadcast(flat, src=0)
                _unflatten(flat, part)

    def gather_rows(self, what: str, indices: torch.Tensor, values: torch.Tensor) -> list[tuple[torch.Tensor, ...]]:
        """Numbers and values of the rows that each worker has; how many they are may differ."""
        self.check(what, [values[:0]])
        with self._talking(what):
            counts = [int(n) for n in self._gathered(torch.tensor([len(indices)]))]
            most = max(counts)
            padded = [t.new_zeros((most, *t.shape[1:])) for t in (indices, values)]
            for p, t in zip(padded, (indices, values)):
                p[: len(t)] = t
            found = [self._gathered(p) for p in padded]
        return [(i[:n], v[:n]) for n, i, v in zip(counts, *found)]

    def _gathered(self, t: torch.Tensor) -> list[torch.Tensor]:
        found = [torch.empty_like(t) for _ in range(self.size)]
        dist.all_gather(found, t)
        return found

    def barrier(self) -> None:
        """Wait for all workers."""
        with self._talking("barrier"):
            dist.barrier()


def _buckets(tensors: Sequence[torch.Tensor]) -> Iterator[tuple[list[torch.Tensor], torch.Tensor]]:
    """Tensors of one type and device, in the order given, and their elements in a row, up to some size."""
    part: list[torch.Tensor] = []
    size = 0
    for t in tensors:
        if part and (size + t.nbytes > _BUCKET or (t.dtype, t.device) != (part[0].dtype, part[0].device)):
            yield part, _flatten(part)
            part, size = [], 0
        part.append(t)
        size += t.nbytes
    if part:
        yield part, _flatten(part)


def _flatten(part: Sequence[torch.Tensor]) -> torch.Tensor:
    if len(part) == 1 and part[0].is_contiguous():
        return part[0].reshape(-1)
    return torch.cat([t.reshape(-1) for t in part])


def _unflatten(flat: torch.Tensor, part: Sequence[torch.Tensor]) -> None:
    """Write elements in a row back to where they come from."""
    if flat.data_ptr() != part[0].data_ptr():
        found = flat.split([t.numel() for t in part])
        torch._foreach_copy_(list(part), [f.reshape(t.shape) for f, t in zip(found, part)])


def _leave() -> None:
    if dist.is_initialized():
        dist.destroy_process_group()
