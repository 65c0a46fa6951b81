"""Recording of eager computations, and gradients of what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

from ._core import invoke as _invoke
from ._core import tape
from ._core.state import state
from .base import MXNetError

if TYPE_CHECKING:
    pass

__all__ = [
    "Function",
    "backward",
    "grad",
    "is_recording",
    "is_training",
    "mark_variables",
    "pause",
    "predict_mode",
    "record",
    "set_recording",
    "set_training",
    "train_mode",
]


def set_recording(is_recording: bool) -> bool:
    """Switch recording on or off in this thread; gives the previous state."""
    before, state.recording = state.recording, bool(is_recording)
    return before


def set_training(train_mode: bool) -> bool:
    """Switch between training and predicting in this thread; gives the previous state."""
    before, state.training = state.training, bool(train_mode)
    return before


def is_recording() -> bool:
    """Whether this thread is recording."""
    return state.recording


def is_training() -> bool:
    """Whether this thread is in training mode."""
    return state.training


class _Scope:
    """A ``with`` block that sets recording and mode (None: leave as is) and restores both."""

    __slots__ = ("_before", "_recording", "_training")

    def __init__(self, recording: bool | None, training: bool | None) -> None:
        self._recording = recording
        self._training = training
        self._before: list[tuple[bool, bool]] = []

    def __enter__(self) -> None:
        self._before.append((state.recording, state.training))
        if self._recording is not None:
            state.recording = self._recording
        if self._training is not None:
            state.training = self._training

    def __exit__(self, ptype: Any, value: Any, trace: Any) -> None:
        state.recording, state.training = self._before.pop()


def record(train_mode: bool = True) -> _Scope:
    """A ``with`` block in which operations on marked arrays are recorded for :func:`backward`.

    Parameters
    ----------
    train_mode : bool
        Whether operators with two behaviours (Dropout, BatchNorm) train.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.array([1, 2, 3])
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = (x * x).sum()
    >>> y.backward()
    >>> x.grad.asnumpy().tolist()
    [2.0, 4.0, 6.0]
    """
    return _Scope(True, train_mode)


def pause(train_mode: bool = False) -> _Scope:
    """A ``with`` block in which nothing is recorded."""
    return _Scope(False, train_mode)


def train_mode() -> _Scope:
    """A ``with`` block in training mode, recording or not as before."""
    return _Scope(None, True)


def predict_mode() -> _Scope:
    """A ``with`` block in prediction mode, recording or not as before."""
    return _Scope(None, False)


def _as_list(x: Any) -> list[Any]:
    return list(x) if isinstance(x, (list, tuple)) else [x]


def mark_variables(variables: Any, gradients: Any, grad_reqs: Any = "write") -> None:
    """Make arrays the variables of later recordings, with buffers for their gradients.

    Parameters
    ----------
    variables, gradients : NDArray or list of NDArray
    grad_reqs : str or list of str
        ``"write"``, ``"add"`` or ``"null"``.
    """
    variables, gradients = _as_list(variables), _as_list(gradients)
    if len(variables) != len(gradients):
        raise ValueError(f"{len(variables)} variables, but {len(gradients)} gradients")
    reqs = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    for x, g, req in zip(variables, gradients, reqs, strict=True):
        if g is not None and g.shape != x.shape:
            raise MXNetError(f"the gradient buffer has shape {g.shape}, its variable {x.shape}")
        tape.mark(x, g, req)


def backward(heads: Any, head_grads: Any = None, retain_graph: bool = False, train_mode: bool = True) -> None:
    """Compute the gradients of ``heads`` with respect to all marked variables they depend on.

    Parameters
    ----------
    heads : NDArray or list of NDArray
    head_grads : NDArray or list of (NDArray or None), optional
        Gradients to start from; ones where not given.
    retain_graph : bool
        Keep what was recorded for a further call.
    train_mode : bool
        The mode the backward computation runs in.
    """
    heads = _as_list(heads)
    if head_grads is not None:
        head_grads = _as_list(head_grads)
    tape.run_backward(heads, head_grads, retain_graph, train_mode)


def grad(
    heads: Any,
    variables: Any,
    head_grads: Any = None,
    retain_graph: bool | None = None,
    create_graph: bool = False,
    train_mode: bool = True,
) -> Any:
    """Gradients of ``heads`` with respect to ``variables``, as new arrays; gradient buffers stay as they are.

    With ``create_graph=True`` the result is recorded in turn, for gradients of higher order.

    Returns
    -------
    list of NDArray
        Also when ``variables`` is one array.
    """
    variables = _as_list(variables)
    if not variables:
        raise ValueError("variables must not be empty")
    heads = _as_list(heads)
    if head_grads is not None:
        head_grads = _as_list(head_grads)
    keep = create_graph if retain_graph is None else retain_graph
    found = tape.run_grad(heads, variables, head_grads, keep, create_graph, train_mode)
    arrays = [_invoke.wrap(g, v._ctx) for g, v in zip(found, variables)]
    return arrays


class Function:
    """A user's own differentiable function over arrays.

    Subclasses write ``forward(self, *inputs)`` and ``backward(self, *output_grads)``, both over NDArrays and neither
    recorded; ``save_for_backward`` keeps arrays between the two. Each call needs a fresh object.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Sigmoid(mx.autograd.Function):
    ...     def forward(self, x):
    ...         y = 1 / (1 + mx.nd.exp(-x))
    ...         self.save_for_backward(y)
    ...         return y
    ...     def backward(self, dy):
    ...         y, = self.saved_tensors
    ...         return dy * y * (1 - y)
    >>> Sigmoid()(mx.nd.zeros((1,))).item()
    0.5
    """

    _several: bool  # whether forward gave a list

    def __init__(self) -> None:
        self._used = False
        self._several = False
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *args: Any) -> None:
        """Keep arrays for ``backward``, which finds them in ``self.saved_tensors``."""
        self.saved_tensors = args

    def __call__(self, *inputs: Any) -> Any:
        if self._used:
            raise MXNetError("Each Function instance can only be called once. Please create another instance.")
        self._used = True
        if not state.recording:
            with pause(state.training):
                return self.forward(*inputs)
        with torch.enable_grad():
            results = _FunctionBridge.apply(self, inputs, *[x._t for x in inputs])
        arrays = [_invoke.wrap(r, inputs[0]._ctx) for r in results]
        return arrays if self._several else arrays[0]

    def forward(self, *inputs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError

    def backward(self, *output_grads: Any) -> Any:
        """Compute the gradient of each input."""
        raise NotImplementedError


class _FunctionBridge(torch.autograd.Function):
    """Runs a :class:`Function` as a node of torch's graph."""

    @staticmethod
    def forward(ctx: Any, function: Function, inputs: Any, *tensors: torch.Tensor) -> Any:
        contexts = [x._ctx for x in inputs]
        with pause(state.training):
            plain = [_invoke.wrap(t.detach(), c) for t, c in zip(tensors, contexts)]
            outputs = function.forward(*plain)
        function._several = isinstance(outputs, (list, tuple))
        ctx.function, ctx.contexts = function, contexts
        given = {id(p): t for p, t in zip(plain, tensors)}
        return tuple(o._t.clone() if id(o) in given else o._t for o in _as_list(outputs))

    @staticmethod
    def backward(ctx: Any, *grads: torch.Tensor) -> Any:
        with pause(state.training):
            result = _as_list(ctx.function.backward(*[_invoke.wrap(g, ctx.contexts[0]) for g in grads]))
        if len(result) != len(ctx.contexts):
            raise MXNetError(
                f"{type(ctx.function).__name__}.backward must return {len(ctx.contexts)} gradients, got {len(result)}"
            )
        return (None, None, *[None if g is None else g._t for g in result])
