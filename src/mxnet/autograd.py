"""Recording of eager computations, and gradients of what was recorded."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch.autograd.function import FunctionCtx

from ._core import integers, tape
from ._core.grad_mode import grad_mode
from ._core.gradients import callers_settings
from ._core.history import in_graph, with_past
from ._core.state import state
from .base import ArgumentTypeError, ArgumentValueError, MXNetError
from .ndarray.ndarray import NDArray
from .symbol import Symbol
from .symbol._recorded import symbol_of

__all__ = [
    "Function",
    "NDArray",  # MXNet's users get it from here by `import *`
    "backward",
    "get_symbol",
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

    def __exit__(self, ptype: object, value: object, trace: object) -> None:
        state.recording, state.training = self._before.pop()


def record(train_mode: bool = True) -> _Scope:
    """A ``with`` block in which operations on marked arrays are recorded for :func:`backward`.

    Parameters
    ----------
    train_mode : bool
        Whether operators with two behaviors (Dropout, BatchNorm) train.

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


def _as_list(x: object, what: str) -> list[Any]:
    arrays = list(x) if isinstance(x, (list, tuple)) else [x]
    for i, a in enumerate(arrays):
        if a is not None and not isinstance(a, NDArray):
            raise ArgumentTypeError(f"{what} {i} must be an NDArray, got {type(a).__name__}")
    return arrays


def mark_variables(
    variables: NDArray | Sequence[NDArray],
    gradients: NDArray | Sequence[NDArray],
    grad_reqs: str | Sequence[str] = "write",
) -> None:
    """Make arrays the variables of later recordings, with buffers for their gradients.

    Parameters
    ----------
    variables, gradients : NDArray or list of NDArray
        As many of the one as of the other.
    grad_reqs : str or list of str
        ``"write"``, ``"add"`` or ``"null"``, for all or for each.
    """
    variables, gradients = _as_list(variables, "variable"), _as_list(gradients, "gradient")
    if len(variables) != len(gradients):
        raise ValueError(f"{len(variables)} variables, but {len(gradients)} gradients")
    reqs = [grad_reqs] * len(variables) if isinstance(grad_reqs, str) else list(grad_reqs)
    for x, g, req in zip(variables, gradients, reqs, strict=True):
        if g is not None and g.shape != x.shape:
            raise MXNetError(f"the gradient buffer has shape {g.shape}, its variable {x.shape}")
        tape.mark(x, g, req)


def backward(
    heads: NDArray | Sequence[NDArray],
    head_grads: NDArray | Sequence[NDArray | None] | None = None,
    retain_graph: bool = False,
    train_mode: bool = True,
) -> None:
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
    heads = _as_list(heads, "head")
    if head_grads is not None:
        head_grads = _as_list(head_grads, "head gradient")
    tape.run_backward(heads, head_grads, retain_graph, train_mode)


def grad(
    heads: NDArray | Sequence[NDArray],
    variables: NDArray | Sequence[NDArray],
    head_grads: NDArray | Sequence[NDArray | None] | None = None,
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
    variables = _as_list(variables, "variable")
    if not variables:
        raise ArgumentValueError("variables must not be empty")
    heads = _as_list(heads, "head")
    if head_grads is not None:
        head_grads = _as_list(head_grads, "head gradient")
    keep = create_graph if retain_graph is None else retain_graph
    found = tape.run_grad(heads, variables, head_grads, keep, create_graph, train_mode)
    return [with_past(v._wrap(g, v._ctx)) for g, v in zip(found, variables)]


def get_symbol(x: NDArray) -> Symbol:
    """The graph of the operators that an array was computed by while recording, as a symbol.

    Marked variables become variables named ``var0``, ``var1`` and so on; constants, and results of what is no operator
    (:class:`Function`, a few functions of ``mx.np``), ``null0`` and so on. A hybridized block is one ``_CachedOp`` node
    that holds its graph; blocks of at most two operators (``hybridize(inline_limit=...)``) are shown by these.

    Parameters
    ----------
    x : NDArray

    Raises
    ------
    MXNetError
        When it is neither a marked variable nor the result of a recorded operation.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.ones((1,))
    >>> x.attach_grad()
    >>> with mx.autograd.record():
    ...     y = x * x + x
    >>> mx.autograd.get_symbol(y).list_arguments()
    ['var0']
    """
    return symbol_of(x)


class Function:
    """A user's own differentiable function over arrays.

    Subclasses write ``forward(self, *inputs)`` and ``backward(self, *output_grads)``, both over NDArrays and neither
    recorded; ``save_for_backward`` keeps arrays between the two. ``forward`` gives an array or several; ``backward``
    gets a gradient for each of them, zeros for those that nothing depends on, and gives one for each input (None: no
    gradient). Each call needs a fresh object.

    Examples
    --------
    >>> import mxnet as mx
    >>> class Square(mx.autograd.Function):
    ...     def forward(self, side):
    ...         self.save_for_backward(side)
    ...         return side * side
    ...     def backward(self, grad):
    ...         (side,) = self.saved_tensors
    ...         return 2 * side * grad
    >>> length = mx.nd.array([3])
    >>> length.attach_grad()
    >>> with mx.autograd.record():
    ...     area = Square()(length)
    >>> area.backward()
    >>> length.grad.item()
    6.0
    """

    def __init__(self) -> None:
        self._used = False
        self.saved_tensors: tuple[Any, ...] = ()

    def save_for_backward(self, *args: Any) -> None:
        """Keep arrays for ``backward``, which finds them in ``self.saved_tensors``."""
        self.saved_tensors = args

    def __call__(self, *inputs: Any) -> Any:
        """Run :meth:`forward`, and record the call when recording."""
        name = type(self).__name__
        if self._used:
            raise AssertionError(
                f"{name}: this object was called before and keeps what that call saved; make a new one for each call"
            )
        self._used = True
        if not state.recording:
            return self.forward(*inputs)
        for i, x in enumerate(inputs):
            if not isinstance(x, NDArray):
                raise TypeError(f"{name}: input {i} must be an NDArray, got {type(x).__name__}")
        # A view of each input that carries the history of nothing; forward may give one of them back.
        plain = [x._wrap(x._t.detach(), x._ctx) for x in inputs]
        with pause(state.training):
            outputs = self.forward(*plain)
        several = isinstance(outputs, (list, tuple))
        found = list(outputs) if several else [outputs]
        for i, y in enumerate(found):
            if not isinstance(y, NDArray):
                raise TypeError(f"{name}.forward: output {i} must be an NDArray, got {type(y).__name__}")
        with grad_mode(True):
            results = _FunctionBridge.apply(self, found, inputs, *[in_graph(x) for x in inputs])
        arrays = [with_past(y._wrap(_standing_for(y._t, r), y._ctx)) for r, y in zip(results, found)]
        return type(outputs)(arrays) if several else arrays[0]

    def forward(self, *inputs: Any) -> Any:
        """Compute the outputs."""
        raise NotImplementedError

    def backward(self, *output_grads: Any) -> Any:
        """Compute the gradient of each input."""
        raise NotImplementedError


class _FunctionBridge(torch.autograd.Function):
    """A call of a :class:`Function`, which has been computed already, as a node of torch's graph."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, function: Function, outputs: list[Any], inputs: Sequence[NDArray], *tensors: torch.Tensor
    ) -> Any:
        ctx.function = function
        ctx.in_types = [x._t.dtype for x in inputs]
        ctx.kinds = [(y._wrap, y._ctx, y._t.dtype) for y in outputs]
        taken = {t.data_ptr() for t in tensors}
        # An output that is an input needs memory of its own, for a history of its own.
        values = [y._t.clone() if y._t.data_ptr() in taken else y._t.detach() for y in outputs]
        return tuple([t if t.is_floating_point() else integers.new_proxy(t) for t in values])

    @staticmethod
    def backward(ctx: FunctionCtx, *grads: torch.Tensor) -> Any:
        function = ctx.function
        name = f"{type(function).__name__}.backward"
        with callers_settings(), pause(state.training):
            heads = [wrap(integers.cut(g, dtype), c) for g, (wrap, c, dtype) in zip(grads, ctx.kinds)]
            result = _as_list(function.backward(*heads), f"{name}: gradient")
        if len(result) != len(ctx.in_types):
            raise MXNetError(f"{name} must return {len(ctx.in_types)} gradients, got {len(result)}")
        found = [None if g is None else g._t for g in result]
        for i, (g, dtype) in enumerate(zip(found, ctx.in_types)):
            if g is not None and not dtype.is_floating_point:
                found[i] = g.to(torch.float64)
        return (None, None, None, *found)


def _standing_for(value: torch.Tensor, result: torch.Tensor) -> torch.Tensor:
    """The output of a call: what stands for it in torch's graph, or the integers that it stands for."""
    return result if value.is_floating_point() else integers.attach(value.detach(), result)
