"""Operators under their names in ``mx.npx``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from .._core.types import ShapeLike
from ..numpy._array import _row_major
from ..numpy._calls import function
from ._calls import operator

if TYPE_CHECKING:
    from ._stubs._op import *  # noqa: F403

# Name here -> operator.
_OPERATORS = {
    "activation": "Activation",
    "arange_like": "_contrib_arange_like",
    "batch_dot": "batch_dot",
    "batch_flatten": "Flatten",
    "batch_norm": "BatchNorm",
    "cast": "Cast",
    "convolution": "Convolution",
    "deconvolution": "Deconvolution",
    "dropout": "Dropout",
    "embedding": "Embedding",
    "erf": "erf",
    "erfinv": "erfinv",
    "fully_connected": "FullyConnected",
    "gamma": "gamma",
    "gammaln": "gammaln",
    "gather_nd": "gather_nd",
    "layer_norm": "LayerNorm",
    "leaky_relu": "LeakyReLU",
    "log_softmax": "log_softmax",
    "multibox_detection": "_contrib_MultiBoxDetection",
    "multibox_prior": "_contrib_MultiBoxPrior",
    "multibox_target": "_contrib_MultiBoxTarget",
    "one_hot": "one_hot",
    "pick": "pick",
    "pooling": "Pooling",
    "relu": "relu",
    "reshape_like": "reshape_like",
    "rnn": "RNN",
    "roi_pooling": "ROIPooling",
    "sequence_mask": "SequenceMask",
    "shape_array": "shape_array",
    "sigmoid": "sigmoid",
    "slice": "slice",
    "smooth_l1": "smooth_l1",
    "softmax": "softmax",
    "topk": "topk",
}
globals().update({shown: operator(name, shown, "mxnet.numpy_extension") for shown, name in _OPERATORS.items()})


@function
def nonzero(a: Tensor) -> Tensor:
    """Positions of the elements other than zero, one row an element, as int64."""
    return torch.nonzero(torch.atleast_1d(a))


@function
def constraint_check(x: Tensor, msg: str) -> Tensor:
    """True when all elements are; raises ValueError with ``msg`` otherwise."""
    if not bool((x != 0).all()):
        raise ValueError(msg)
    return torch.ones((), dtype=torch.bool, device=x.device)


def _target(shape: tuple[int, ...], codes: tuple[int, ...]) -> tuple[int, ...]:
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


@function
def reshape(a: Tensor, newshape: ShapeLike, reverse: bool = False, order: str = "C") -> Tensor:
    """The same elements in another shape, which may be given by codes.

    Parameters
    ----------
    a : ndarray
    newshape : int or tuple of int
        -1 is a length that follows from the others; -2 keeps that of an axis, -3 drops an axis of length 1, -4 keeps
        all axes that are left, -5 joins two axes, -6 splits one into the next two lengths (one may be -1).
    reverse : bool
        Read the codes from the right.
    """
    _row_major(order)
    codes = (newshape,) if isinstance(newshape, int) else tuple(newshape)
    if not reverse:
        return a.reshape(_target(tuple(a.shape), codes))
    return a.reshape(tuple(reversed(_target(tuple(reversed(a.shape)), _mirrored(codes)))))


def _mirrored(codes: tuple[int, ...]) -> tuple[int, ...]:
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


__all__ = ["constraint_check", "nonzero", "reshape", *_OPERATORS]
