"""The values of a module's parameters on the host."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .. import ndarray as nd
from ..base import MXNetError
from ..symbol import Symbol

_ROW_SPARSE = "1"  # in a variable's __storage_type__


def _row_sparse_names(symbol: Symbol) -> set[str]:
    """The variables that are declared to be ``row_sparse``. Executors compute with dense arrays of them."""
    return {name for name, attrs in symbol.attr_dict().items() if attrs.get("__storage_type__") == _ROW_SPARSE}


def _zeros_like(names: Sequence[str], blocks: Sequence[Sequence[Any]], sparse: Collection[str] = ()) -> dict[str, Any]:
    """Arrays of zeros on the CPU, one for each parameter; ``row_sparse`` for those in ``sparse``."""
    return {
        name: nd.zeros(
            shape=block[0].shape, dtype=block[0].dtype, stype="row_sparse" if name in sparse else block[0].stype
        )
        for name, block in zip(names, blocks)
    }


def _check_params(own: dict[str, Any], given: dict[str, Any], allow_missing: bool) -> None:
    """Raise for values that are missing or have a wrong shape, before anything is changed."""
    missing = sorted(name for name in own if name not in given)
    if missing and not allow_missing:
        raise RuntimeError(f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} not presented")
    for name, target in own.items():
        if name in given and given[name].shape != target.shape:
            raise MXNetError(f"Parameter {name} has shape {target.shape} in the network, {given[name].shape} was given")


def _list_shapes(by_device: list[list[Any]]) -> list[tuple[int, ...]]:
    """The shapes of the inputs, when there is a list of arrays for each device."""
    assert by_device, "Encountered empty data batch"
    shapes = []
    for arrays in zip(*by_device):
        first = arrays[0].shape
        assert all(a.shape == first for a in arrays), "the devices' batches differ in shape"
        shapes.append((len(arrays) * first[0], *first[1:]))
    return shapes
