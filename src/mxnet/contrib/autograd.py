"""The first interface to automatic differentiation, kept for old programs; new ones use :mod:`mxnet.autograd`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

from .. import autograd as _autograd
from ..autograd import mark_variables
from ..ndarray import NDArray, zeros_like

__all__ = [
    "TrainingStateScope",
    "backward",
    "compute_gradient",
    "grad",
    "grad_and_loss",
    "mark_variables",
    "set_is_training",
    "test_section",
    "train_section",
]


def set_is_training(is_train: bool) -> bool:
    """Switch recording and training mode on or off together; gives whether this thread was recording."""
    _autograd.set_training(is_train)
    return _autograd.set_recording(is_train)


class TrainingStateScope(_autograd._Scope):
    """A ``with`` block in which this thread records and trains, or does neither.

    Parameters
    ----------
    enter_state : bool
    """

    __slots__ = ()

    def __init__(self, enter_state: bool) -> None:
        super().__init__(enter_state, enter_state)


def train_section() -> TrainingStateScope:
    """A ``with`` block that records for :func:`compute_gradient`, in training mode."""
    return TrainingStateScope(True)


def test_section() -> TrainingStateScope:
    """A ``with`` block that neither records nor trains, within a :func:`train_section` for instance."""
    return TrainingStateScope(False)


def backward(
    outputs: Sequence[NDArray], out_grads: Sequence[NDArray | None] | None = None, retain_graph: bool = False
) -> None:
    """Fill the gradient buffers of the variables that the outputs depend on.

    Parameters
    ----------
    outputs : list of NDArray
    out_grads : list of (NDArray or None), optional
        Gradients to start from; ones where not given.
    retain_graph : bool
        Keep what was recorded for a further call.
    """
    assert isinstance(outputs, (list, tuple)), f"outputs must be a list of NDArray, got {type(outputs).__name__}"
    if out_grads is not None:
        assert len(out_grads) == len(outputs), f"{len(outputs)} outputs, but {len(out_grads)} out_grads"
    _autograd.backward(list(outputs), out_grads, retain_graph)


def compute_gradient(outputs: Sequence[NDArray]) -> None:
    """Compute the gradients of marked variables from a list of outputs."""
    backward(outputs)


def grad_and_loss(func: Callable[..., Any], argnum: int | list[int] | None = None) -> Callable[..., Any]:
    """A function that gives the gradients of another function's arguments, and its value.

    Parameters
    ----------
    func : function of NDArrays
    argnum : int or list of int, optional
        Which arguments to differentiate by; all by default.

    Returns
    -------
    function
        It gives a list of gradients, and what ``func`` gave.

    Examples
    --------
    >>> import mxnet as mx
    >>> square = mx.contrib.autograd.grad_and_loss(lambda x: x * x)
    >>> gradients, value = square(mx.nd.array([3]))
    >>> gradients[0].item(), value.item()
    (6.0, 9.0)
    """

    @functools.wraps(func)
    def wrapped(*args: Any) -> Any:
        positions = range(len(args)) if argnum is None else argnum if isinstance(argnum, list) else [argnum]
        variables = [args[i] for i in positions]
        for i, x in zip(positions, variables):
            assert isinstance(x, NDArray), f"argument {i} must be an NDArray to be differentiated by, got {x!r}"
        buffers = [zeros_like(x) for x in variables]
        mark_variables(variables, buffers)
        with train_section():
            value = func(*args)
        compute_gradient([value] if isinstance(value, NDArray) else value)
        return buffers, value

    return wrapped


def grad(func: Callable[..., Any], argnum: int | list[int] | None = None) -> Callable[..., Any]:
    """A function that gives the list of gradients of another function's arguments; see :func:`grad_and_loss`."""
    with_value = grad_and_loss(func, argnum)

    @functools.wraps(with_value)
    def wrapped(*args: Any) -> Any:
        return with_value(*args)[0]

    return wrapped
