"""The array below the operators: what every kind of array holds, and what needs no operator.

``mxnet.ndarray`` and ``mxnet.numpy`` derive their classes from :class:`Array` and add the methods that need operators.
The core works with this class only. It makes arrays by the ``_wrap`` and ``_wrap_value`` of another array, or of a
class that it is given, so that results are of the same kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ..context import Context, current_context
from .dtypes import TORCH_TO_NP
from .errors import ArgumentTypeError


class Array:
    """A tensor on a context, with what autograd knows about it."""

    __slots__ = ("__weakref__", "_ctx", "_fresh", "_grad", "_grad_req", "_origin", "_t")

    _t: torch.Tensor
    _plain: torch.Tensor  # the same, but missing on sparse arrays, whose ``_t`` is a dense copy
    _store: Any  # of sparse arrays: the parts
    _ctx: Context
    _grad: Any  # the gradient buffer, an array, or None
    _grad_req: str
    _origin: Any  # how it was computed while recording, see history.Origin
    _fresh: bool  # of a gradient buffer: whether a gradient has arrived since the flag was cleared
    _wrap: Callable[[torch.Tensor, Context], Any]  # makes an array of this kind
    _wrap_value: Callable[[Any, Context], Any]  # the same, or a sparse array of the parts of one

    @property
    def shape(self) -> tuple[int, ...]:
        """The length along each axis."""
        return tuple(self._t.shape)

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self._t.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._t.numel()

    @property
    def dtype(self) -> Any:
        """The data type as a NumPy type, such as ``numpy.float32``."""
        return TORCH_TO_NP[self._t.dtype]

    @property
    def context(self) -> Context:
        """The context the array lives on."""
        return self._ctx

    ctx = context

    @property
    def stype(self) -> str:
        """The storage type: ``"default"`` for dense arrays."""
        return "default"

    @property
    def _value(self) -> Any:
        """What the array holds: a tensor, or the parts of a sparse array."""
        return self._t


Array._plain = Array.__dict__["_t"]


def require_array(x: Any, argument: str, name: str, kind: type[Array] = Array) -> Any:
    """An argument of the function ``name``, which must be an array of a kind."""
    if not isinstance(x, kind):
        shown = "NDArray" if kind is Array else kind.__name__
        got = f"an {type(x).__name__}; use its as_np_ndarray()" if isinstance(x, Array) else repr(x)
        raise ArgumentTypeError(f"Argument {argument} of {name} must have {shown} type, but got {got}")
    return x


def context_of(t: torch.Tensor) -> Context:
    """The context of a tensor's device."""
    if t.device.type == "cuda":
        return Context("gpu", t.device.index or 0)
    if t.device.type == "mps":
        return Context("mps", 0)
    ctx = current_context()
    return ctx if ctx.device_type.startswith("cpu") else Context("cpu", 0)
