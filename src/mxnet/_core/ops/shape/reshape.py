"""Operators that give an array another shape over the same elements."""

import math
from types import SimpleNamespace
from typing import Optional

import torch
from torch import Tensor

from ...errors import OperatorValueError
from ...params import Shape
from ...registry import Display, op
from ...shapes import ShapeRule
from ..axes import check_axes


def infer_reshape(shape: tuple, codes: tuple, reverse: bool = False) -> tuple:
    """The shape that MXNet's reshape codes mean for an array of ``shape``; unknown lengths are None on both sides.

    A positive code is a length; 0 keeps the length at its place, -1 takes what is left over, -2 copies all remaining
    lengths, -3 merges the next two, -4 splits the next one into the two codes that follow. ``reverse`` reads both
    shapes from the right.

    Raises
    ------
    ValueError
        When the codes do not fit the shape or the numbers of elements differ.
    """
    source, wanted = (shape[::-1], codes[::-1]) if reverse else (shape, codes)
    result: list = []
    inferred = None  # position of the -1
    at = 0  # next axis of the source
    i = 0

    def take(count: int) -> tuple:
        nonlocal at
        if at + count > len(source):
            raise OperatorValueError(f"shape {codes} needs more axes than the array of shape {shape} has")
        at += count
        return source[at - count : at]

    while i < len(wanted):
        code = wanted[i]
        i += 1
        if code == 0:
            result += take(1)
        elif code == -1:
            if inferred is not None:
                raise OperatorValueError(f"shape {codes} has more than one -1")
            inferred = len(result)
            result.append(1)
            at += 1
        elif code == -2:
            result += source[at:]
            at = max(at, len(source))
        elif code == -3:
            a, b = take(2)
            result.append(None if a is None or b is None else a * b)
        elif code == -4:
            if i + 2 > len(wanted):
                raise OperatorValueError(f"shape {codes}: -4 must be followed by two lengths")
            result += _split_length(take(1)[0], wanted[i], wanted[i + 1], codes)
            i += 2
        elif code is not None and code > 0:
            result.append(code)
            at += 1
        else:
            raise OperatorValueError(f"shape {codes} has the unknown code {code}")

    size = None if None in shape else math.prod(shape)
    if inferred is not None:
        rest = None if None in result else math.prod(result)
        if size is None or rest is None:
            result[inferred] = None
        elif rest == 0:
            result[inferred] = 0
        elif size % rest:
            raise OperatorValueError(
                f"cannot reshape an array of shape {shape} to {codes}: {size} elements are not a multiple of {rest}"
            )
        else:
            result[inferred] = size // rest
    elif size is not None and None not in result and math.prod(result) != size:
        raise OperatorValueError(
            f"cannot reshape an array of shape {shape} ({size} elements) to {codes} ({math.prod(result)} elements)"
        )
    return tuple(result[::-1] if reverse else result)


def _split_length(length: Optional[int], left: int, right: int, codes: tuple) -> tuple:
    if left == -1 and right == -1:
        raise OperatorValueError(f"shape {codes}: the two lengths after -4 cannot both be -1")
    if length is not None:
        if left == -1:
            left = length // max(right, 1)
        elif right == -1:
            right = length // max(left, 1)
        if left * right != length:
            raise OperatorValueError(
                f"shape {codes}: the lengths {left} and {right} do not divide an axis of length {length}"
            )
    return (None if left == -1 else left, None if right == -1 else right)


def _legacy_target(shape: tuple, target: tuple, keep_highest: bool) -> tuple:
    """The meaning of ``target_shape``, which is older than ``shape``: its one 0 is inferred."""
    result = list(target)
    if keep_highest:
        result[0] = shape[0]
    free = [i for i in range(int(keep_highest), len(result)) if result[i] == 0]
    if len(free) > 1:
        raise ValueError(f"target_shape {target} leaves more than one length open")
    if None in shape:
        return tuple([None if i in free else n for i, n in enumerate(result)])
    for i in free:
        rest = math.prod(n for j, n in enumerate(result) if j != i)
        result[i] = math.prod(shape) // rest if rest else 0
    if math.prod(result) != math.prod(shape):
        raise ValueError(f"cannot reshape an array of shape {shape} to target_shape {target}")
    return tuple(result)


def _target(shape: tuple, p_shape: tuple, reverse: bool, target_shape: tuple, keep_highest: bool) -> tuple:
    if p_shape:
        return infer_reshape(shape, p_shape, reverse)
    if target_shape:
        return _legacy_target(shape, target_shape, keep_highest)
    raise ValueError("shape must be given")


@op("Reshape", aliases=("reshape",), aliases_input=True)
def reshape(
    data: Tensor, *, shape: Shape = (), reverse: bool = False, target_shape: Shape = (), keep_highest: bool = False
) -> Tensor:
    """Give an array another shape over the same elements, in row-major order.

    In ``shape`` a positive number is a length, and there are codes: ``0`` keeps the input's length at this place,
    ``-1`` (once) takes what is left over, ``-2`` copies all remaining lengths, ``-3`` merges the next two axes,
    ``-4`` splits the next axis into the two numbers that follow (one of them may be -1). ``reverse=True`` reads shape
    and codes from the right. ``target_shape`` is the older spelling, where one 0 is what is left over; with
    ``keep_highest`` its first number is replaced by the input's.

    Parameters
    ----------
    reverse
        Whether codes are read from the right.
    target_shape, keep_highest
        The older spelling.

    Examples
    --------
    >>> mx.nd.zeros((2, 3, 4)).reshape(shape=(-3, 0)).shape
    (6, 4)
    >>> mx.nd.reshape(mx.nd.zeros((2, 3, 4)), shape=(0, -4, 1, -1, 0)).shape
    (2, 1, 3, 4)
    """
    return data.reshape(_target(tuple(data.shape), shape, reverse, target_shape, keep_highest))


@reshape.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if data is None:
        return
    target = _target(data, p.shape, p.reverse, p.target_shape, p.keep_highest)
    # The one unknown length on either side follows from the number of elements.
    s.unify("output", target)
    _balance(s, "data", "output")
    _balance(s, "output", "data")


def _balance(s: ShapeRule, known: str, other: str) -> None:
    """Fill the only unknown length of ``other`` from the number of elements of ``known``."""
    full, partial = s[known], s[other]
    if full is None or partial is None or None in full or partial.count(None) != 1:
        return
    rest = math.prod(n for n in partial if n is not None)
    if rest and math.prod(full) % rest == 0:
        s.unify(other, tuple([math.prod(full) // rest if n is None else n for n in partial]))


@op("Flatten", aliases=("flatten", "_npx_batch_flatten"), aliases_input=True)
def flatten(data: Tensor) -> Tensor:
    """Merge all axes but the first: ``(n, a, b, ...)`` becomes ``(n, a * b * ...)``."""
    return data.reshape(data.shape[0], math.prod(data.shape[1:]))


@op("expand_dims", aliases=("_npi_expand_dims",), aliases_input=True)
def expand_dims(data: Tensor, *, axis: int) -> Tensor:
    """Insert an axis of length 1 before position ``axis``; negative positions count from the end of the result."""
    if not -data.ndim - 1 <= axis <= data.ndim:
        raise ValueError(f"axis must be in the range [{-data.ndim - 1}, {data.ndim}], got {axis}")
    return data.unsqueeze(axis)


@expand_dims.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data, out = s["data"], s["output"]
    ndim = len(data) if data is not None else len(out) - 1 if out is not None else None
    if ndim is None:
        return
    if not -ndim - 1 <= p.axis <= ndim:
        raise ValueError(f"axis must be in the range [{-ndim - 1}, {ndim}], got {p.axis}")
    at = p.axis % (ndim + 1)
    data = data or (None,) * ndim
    s.unify("output", (*data[:at], 1, *data[at:]))
    out = s["output"]
    s.unify("data", (*out[:at], *out[at + 1 :]))


@op("squeeze", display=Display(input_named=True), aliases_input=True)
def squeeze(data: Tensor, *, axis: Optional[Shape] = None) -> Tensor:
    """Drop axes of length 1: those in ``axis``, or all of them. At least one axis stays.

    Raises
    ------
    ValueError
        When an axis named in ``axis`` is longer than 1.
    """
    if axis is None:
        result = data.squeeze()
    else:
        axes = check_axes(axis, data.ndim)
        for a in axes:
            if data.shape[a] != 1:
                raise ValueError(f"cannot squeeze axis {a} of shape {tuple(data.shape)}: its length is not 1")
        result = data.squeeze(axes) if axes else data
    return result if result.ndim else result.reshape(1)


@op(
    "reshape_like",
    methods=True,
    aliases=("_npx_reshape_like",),
    inert=("rhs",),
    aliases_input=True,
    same_type=("lhs", "output"),
)
def reshape_like(
    lhs: Tensor,
    rhs: Tensor,
    *,
    lhs_begin: Optional[int] = None,
    lhs_end: Optional[int] = None,
    rhs_begin: Optional[int] = None,
    rhs_end: Optional[int] = None,
) -> Tensor:
    """Reshape ``lhs`` to the shape of ``rhs``, or a range of its axes to a range of those of ``rhs``.

    Parameters
    ----------
    lhs_begin, lhs_end
        The range of axes of ``lhs``; all when not given.
    rhs_begin, rhs_end
        The range of axes of ``rhs``; all when not given.
    """
    return lhs.reshape(_like(tuple(lhs.shape), tuple(rhs.shape), lhs_begin, lhs_end, rhs_begin, rhs_end))


def _like(
    lhs: tuple,
    rhs: tuple,
    lhs_begin: Optional[int],
    lhs_end: Optional[int],
    rhs_begin: Optional[int],
    rhs_end: Optional[int],
) -> tuple:
    a, b = _axis_range("lhs", len(lhs), lhs_begin, lhs_end)
    c, d = _axis_range("rhs", len(rhs), rhs_begin, rhs_end)
    result = (*lhs[:a], *rhs[c:d], *lhs[b:])
    if None not in lhs and None not in result and math.prod(lhs) != math.prod(result):
        raise ValueError(f"cannot reshape lhs of shape {lhs} to {result}: the numbers of elements differ")
    return result


def _axis_range(side: str, ndim: int, begin: Optional[int], end: Optional[int]) -> tuple:
    first = 0 if begin is None else begin + ndim if begin < 0 else begin
    last = ndim if end is None else end + ndim if end < 0 else end
    if not 0 <= first <= ndim or not first <= last <= ndim:
        raise ValueError(f"{side}_begin={begin}, {side}_end={end} is no range of the {ndim} axes of {side}")
    return first, last


@reshape_like.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    if s["rhs"] is None:
        return
    ranges = (p.lhs_begin, p.lhs_end, p.rhs_begin, p.rhs_end)
    if s["lhs"] is not None:
        s.unify("output", _like(s["lhs"], s["rhs"], *ranges))
    elif ranges == (None,) * 4:
        s.unify("output", s["rhs"])


@op("shape_array", methods=True, aliases=("_npx_shape_array",), differentiable=False, result_type=torch.int64)
def shape_array(data: Tensor) -> Tensor:
    """The shape as an int64 array of one axis."""
    return torch.tensor(data.shape, dtype=torch.int64, device=data.device)


@op("size_array", methods=True, differentiable=False, result_type=torch.int64)
def size_array(data: Tensor) -> Tensor:
    """The number of elements as an int64 array of shape (1,)."""
    return torch.tensor([data.numel()], dtype=torch.int64, device=data.device)
