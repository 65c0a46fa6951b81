"""Index arrays and ranges: conversion, bounds, and slices with negative steps."""

from typing import Any, Literal, NoReturn

import torch
from torch import Tensor

IndexMode = Literal["clip", "raise", "wrap"]


def out_of_bounds(index: Any, axis: int, size: int) -> NoReturn:
    """Raise the error for an index that an axis does not have."""
    raise IndexError(f"index {index} is out of bounds for axis {axis} with size {size}")


def check_bounds(index: Tensor, axis: int, size: int, low: int | None = None) -> None:
    """Raise IndexError for an index array with an element out of ``[low, size)`` (``low`` is ``-size`` when not given).

    Needed on every device: a GPU cannot raise, and an index out of range kills its process.
    """
    if index.is_meta or not index.numel():
        return
    # Not tolist(), which a recorder of kernel calls does not see: a traced step would lose the check.
    smallest, largest = (int(end.item()) for end in torch.aminmax(index))
    if smallest < (-size if low is None else low):
        out_of_bounds(smallest, axis, size)
    if largest >= size:
        out_of_bounds(largest, axis, size)


def positions(index: Tensor, axis: int, size: int, mode: str) -> Tensor:
    """Indices of any type as int64 positions on an axis; what is out of range is clipped, wrapped around or refused."""
    found = index.to(torch.int64)
    if mode == "raise":
        check_bounds(found, axis, size, low=0)
        return found
    if not size and index.numel():
        raise IndexError(f"cannot take from axis {axis}, which is empty")
    return found.clamp(0, size - 1) if mode == "clip" else found.remainder(size)


def forward_slice(start: int, count: int, step: int) -> slice:
    """The slice with a positive step over the same elements as ``count`` steps from ``start``."""
    if step < 0:
        start, step = start + (count - 1) * step, -step
    return slice(start, start + (count - 1) * step + 1, step) if count else slice(0, 0)


def split_direction(slices: list, shape: tuple) -> tuple[tuple, list]:
    """Slices with positive steps over the same elements, and the axes to flip afterwards."""
    forward, flips = [], []
    for axis, (s, n) in enumerate(zip(slices, shape)):
        start, stop, step = s.indices(n)
        count = len(range(start, stop, step))
        if step < 0 and count > 1:
            flips.append(axis)
        forward.append(forward_slice(start, count, step))
    return tuple(forward), flips
