"""The interface of key-value stores, and :func:`create`."""

from __future__ import annotations

from typing import Any

from ..base import MXNetError
from ._base import KVStoreBase, TestStore
from .kvstore import KVStore

__all__ = ["KVStoreBase", "create"]

for _public in (KVStoreBase, TestStore):
    _public.__module__ = __name__  # where pickles and MXNet's users look for them

# Parts of the names of stores within one process. They all sum on the devices: where MXNet chooses the CPU or a GPU for
# the sums by the name, there is nothing to gain by moving arrays to the CPU.
_ONE_PROCESS = ("local", "device", "nccl")
# Stores of several workers: what the names say of where sums are made, and of when they are sent, makes no difference.
_WORKERS = ("dist", "dist_sync", "dist_device_sync", "dist_sync_device", "p3")


def create(name: str = "local") -> Any:
    """Make a key-value store.

    Parameters
    ----------
    name : str
        ``"local"``, ``"device"``, ``"local_allreduce_cpu"``, ``"local_allreduce_device"``, ``"local_update_cpu"`` or
        ``"nccl"``: the devices of this process. ``"dist_sync"``, ``"dist_device_sync"``, ``"dist_sync_device"``,
        ``"dist"`` or ``"p3"``: all workers of a job, which torchrun, MXNet's ``DMLC_*`` variables, Open MPI or SLURM
        tell of each other. Or the name of a registered class.

    Raises
    ------
    MXNetError
        For any other name; for a store of workers where nothing says who they are, or one does not come in time.
    """
    if not isinstance(name, str):
        raise TypeError("name must be a string")
    name = name.lower()
    plugged_in = KVStoreBase.kv_registry.get(name)
    if plugged_in is not None:
        return plugged_in()
    if name in _WORKERS:
        from ._distributed import DistributedKVStore  # loads torch.distributed

        return DistributedKVStore(name)
    if "dist" in name or not any(part in name for part in _ONE_PROCESS):
        known = ", ".join(
            ["local", "device", "local_allreduce_cpu", "nccl", *_WORKERS, *sorted(KVStoreBase.kv_registry)]
        )
        why = "asynchronous updates are not there yet" if "async" in name else "unknown type"
        raise MXNetError(f"cannot create KVStore {name!r}: {why}; known here: {known}")
    return KVStore(name)
