"""MXNet's conventions for the axes of a reduction."""

from torch import Tensor


def reduced_axes(ndim: int, axis: tuple[int, ...] | None, exclude: bool = False) -> tuple[int, ...]:
    """The axes to reduce, in order.

    Parameters
    ----------
    ndim : int
    axis : tuple of int or None
        None and ``()`` mean all axes.
    exclude : bool
        Reduce the axes that are not in ``axis``.

    Raises
    ------
    ValueError
        For an axis out of range or named twice.
    """
    if not axis:
        return tuple(range(ndim))
    if len(axis) == 1 and not exclude and -ndim <= axis[0] < ndim:
        return axis  # the usual case, without any work
    found = set()
    for a in axis:
        if not -ndim <= a < ndim:
            raise ValueError(f"axis {a} is out of range for an array of {ndim} dimensions")
        found.add(a % ndim)
    if len(found) < len(axis):
        raise ValueError(f"axis {axis} names an axis twice")
    return tuple(i for i in range(ndim) if (i in found) is not exclude)


def one_axis(ndim: int, axis: int) -> int:
    """An axis, not negative; ValueError when it is out of range."""
    if not -ndim <= axis < ndim:
        raise ValueError(f"axis {axis} is out of range for an array of {ndim} dimensions")
    return axis % ndim


def at_least_1d(result: Tensor) -> Tensor:
    """There are no arrays without dimensions: a single number has the shape ``(1,)``."""
    return result if result.dim() else result.reshape(1)
