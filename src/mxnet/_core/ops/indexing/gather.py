"""Operators that address elements by several coordinates at once, and the coordinates themselves."""

from types import SimpleNamespace
from typing import Optional

import torch
from torch import Tensor

from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from .places import check_bounds


def _coordinates(indices: Tensor, shape: tuple) -> tuple:
    """The rows of ``indices`` as one index array for each of the leading axes; negative ones count from the end."""
    if indices.ndim < 2:
        raise ValueError(f"indices must have at least 2 axes, got shape {tuple(indices.shape)}")
    if indices.shape[0] > len(shape):
        raise ValueError(f"indices have {indices.shape[0]} rows, more than the array of shape {tuple(shape)} has axes")
    rows = indices.to(torch.int64).unbind(0)
    if indices.device.type != "cpu":  # there torch raises itself
        for axis, row in enumerate(rows):
            check_bounds(row, axis, shape[axis])
    return rows


@op("gather_nd", aliases=("_npi_gather_nd", "_npx_gather_nd"), inert=("indices",), same_type=("data", "output"))
def gather_nd(data: Tensor, indices: Tensor) -> Tensor:
    """Pick elements or slices by coordinates: ``output[i] = data[indices[0, i], indices[1, i], ...]``.

    ``indices`` has the shape (number of coordinates, ...). The gradient of an element picked several times is the sum.

    Raises
    ------
    IndexError
        For a coordinate out of range.

    Examples
    --------
    >>> x = mx.nd.arange(6).reshape((2, 3))
    >>> mx.nd.gather_nd(x, mx.nd.array([[1, 0], [2, 1]])).asnumpy().tolist()
    [5.0, 1.0]
    """
    return data[_coordinates(indices, data.shape)]


def _check_values(values: Tensor, indices: Tensor, shape: tuple) -> None:
    needed = (*indices.shape[1:], *shape[indices.shape[0] :])
    if tuple(values.shape) != needed:
        raise ValueError(
            f"values must have the shape {needed} for indices of shape {tuple(indices.shape)} and the "
            f"result {tuple(shape)}, got {tuple(values.shape)}"
        )


@op("scatter_nd", inert=("indices",), same_type=("data", "output"))
def scatter_nd(data: Tensor, indices: Tensor, *, shape: Shape) -> Tensor:
    """An array of zeros with elements or slices at given coordinates; the reverse of ``gather_nd``.

    Of several values for one place, one is kept.
    """
    result = data.new_zeros(shape)
    rows = _coordinates(indices, shape)
    _check_values(data, indices, shape)
    return result.index_put(rows, data)


@scatter_nd.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.unify("output", p.shape)


@op("_scatter_set_nd", aliases=("_npi_scatter_set_nd",), no_gradient=True, same_type=("lhs", "rhs", "output"))
def scatter_set_nd(lhs: Tensor, rhs: Tensor, indices: Tensor, *, shape: Shape) -> Tensor:
    """A copy of ``lhs`` with elements or slices of ``rhs`` at given coordinates."""
    if tuple(lhs.shape) != shape:
        raise ValueError(f"lhs must have the shape {shape}, got {tuple(lhs.shape)}")
    rows = _coordinates(indices, shape)
    _check_values(rhs, indices, shape)
    return lhs.index_put(rows, rhs.to(lhs.dtype))


@scatter_set_nd.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.unify("lhs", p.shape)
    s.unify("output", p.shape)


def _check_grid(shape: Optional[tuple]) -> tuple:
    if not shape:
        raise ValueError("shape must be given and must not be empty")
    return shape


@op("_ravel_multi_index", display=Display(input_named=True), aliases=("ravel_multi_index",), differentiable=False)
def ravel_multi_index(data: Tensor, *, shape: Shape = None) -> Tensor:
    """Positions in row-major order of the coordinates in the columns of ``data`` (number of axes, n)."""
    shape = _check_grid(shape)
    if data.ndim != 2 or data.shape[0] != len(shape):
        raise ValueError(f"data must have the shape ({len(shape)}, n) for shape={shape}, got {tuple(data.shape)}")
    places = torch.zeros_like(data[0], dtype=torch.int64)
    for row, n in zip(data.to(torch.int64), shape):
        places = places * n + row
    return places.to(data.dtype)


@ravel_multi_index.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    shape = _check_grid(p.shape)
    s.unify("data", (len(shape), None))
    s.unify("output", s["data"][1:])
    s.unify("data", (len(shape), *s["output"]))


@op("_unravel_index", display=Display(input_named=True), aliases=("unravel_index",), differentiable=False)
def unravel_index(data: Tensor, *, shape: Shape = None) -> Tensor:
    """Coordinates, one row an axis, of positions in row-major order; the reverse of ``ravel_multi_index``."""
    shape = _check_grid(shape)
    rows = []
    rest = data.to(torch.int64)
    for n in shape[:0:-1]:
        rows.append(rest.fmod(n))
        rest = rest.div(n, rounding_mode="trunc")
    return torch.stack([rest, *rows[::-1]]).to(data.dtype)


@unravel_index.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    shape = _check_grid(p.shape)
    data, out = s["data"], s["output"]
    if data is not None:
        s.unify("output", (len(shape), *data))
    elif out is not None:
        s.unify("output", (len(shape), *out[1:]))
    if s["output"] is not None:
        s.unify("data", s["output"][1:])


@op(
    "_contrib_index_array",
    display=Display(input_named=True, output_named=True),
    differentiable=False,
    result_type=torch.int64,
)
def index_array(data: Tensor, *, axes: Optional[Shape] = None) -> Tensor:
    """The coordinates of every element, as int64: ``output[i, j] = (i, j)`` for an array of two axes.

    With ``axes`` only the coordinates along these, which may be negative.
    """
    shape = tuple(data.shape)
    chosen = range(len(shape)) if axes is None else [a % len(shape) for a in axes]
    result = torch.empty((*shape, len(chosen)), dtype=torch.int64, device=data.device)
    for place, axis in enumerate(chosen):
        along = torch.arange(shape[axis], device=data.device)
        result[..., place] = along.reshape(-1, *[1] * (len(shape) - axis - 1))
    return result
