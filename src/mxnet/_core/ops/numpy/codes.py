"""Reshaping by codes that stand for axes."""

from collections.abc import Sequence

from torch import Tensor

from ...params import Shape
from ...registry import op
from .shape import lengths, row_major


def _target(shape: Sequence[int], codes: Sequence[int]) -> tuple[int, ...]:
    """The shape that codes ask for; see :func:`reshape`."""
    left = list(shape)
    target: list[int] = []
    todo = list(codes)

    def take(code: int) -> int:
        if not left:
            raise ValueError(f"code {code} in newshape {codes} finds no axis left of shape {shape}")
        return left.pop(0)

    while todo:
        code = todo.pop(0)
        if code == -2:
            target.append(take(code))
        elif code == -3:
            if take(code) != 1:
                raise ValueError(f"code -3 in newshape {codes} drops an axis of length 1, but shape is {shape}")
        elif code == -4:
            target += left
            left = []
        elif code == -5:
            target.append(take(code) * take(code))
        elif code == -6:
            if len(todo) < 2:
                raise ValueError(f"code -6 in newshape {codes} needs two lengths behind it")
            n, a, b = take(code), todo.pop(0), todo.pop(0)
            a, b = (n // b if b > 0 else a, b) if a == -1 else (a, n // a if b == -1 and a > 0 else b)
            if a * b != n:
                raise ValueError(f"newshape {codes} splits a length of {n} into {a} and {b}")
            target += [a, b]
        elif code >= -1:
            target.append(code)
            if left:
                left.pop(0)
        else:
            raise ValueError(f"newshape {codes} has the unknown code {code}")
    return tuple(target)


@op("_npx_reshape", aliases=("_npi_reshape",), aliases_input=True)
def reshape(a: Tensor, *, newshape: Shape, reverse: bool = False, order: str = "C") -> Tensor:
    """The same elements in another shape, which may be given by codes.

    Parameters
    ----------
    a : Tensor
    newshape : int or tuple of int
        -1 is a length that follows from the others; -2 keeps that of an axis, -3 drops an axis of length 1, -4 keeps
        all axes that are left, -5 joins two axes, -6 splits one into the next two lengths (one may be -1).
    reverse : bool
        Read the codes from the right.
    """
    row_major(order)
    codes = lengths(newshape)
    if not reverse:
        return a.reshape(_target(tuple(a.shape), codes))
    return a.reshape(tuple(reversed(_target(tuple(reversed(a.shape)), _mirrored(codes)))))


def _mirrored(codes: Sequence[int]) -> tuple[int, ...]:
    """Codes from right to left; -6 stays before its two lengths."""
    found: list[int] = []
    todo = list(codes)
    while todo:
        code = todo.pop(0)
        if code == -6 and len(todo) > 1:
            first, second = todo.pop(0), todo.pop(0)
            found[:0] = [-6, second, first]
        else:
            found.insert(0, code)
    return tuple(found)
