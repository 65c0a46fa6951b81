"""Axes given by the user: their range, and negative ones counted from the end."""

from collections.abc import Sequence


def check_axis(axis: int, ndim: int, name: str = "axis") -> int:
    """The axis as a number from 0; ValueError when an array of ``ndim`` axes does not have it."""
    if not -ndim <= axis < ndim:
        raise ValueError(f"{name} {axis} is out of bounds for an array of {ndim} axes")
    return axis % ndim


def check_axes(axes: Sequence[int], ndim: int, name: str = "axis") -> tuple[int, ...]:
    """Several axes as numbers from 0; ValueError for one that does not exist or is given twice."""
    found = tuple([check_axis(a, ndim, name) for a in axes])
    if len(set(found)) != len(found):
        raise ValueError(f"{name} {tuple(axes)} has an axis twice")
    return found
