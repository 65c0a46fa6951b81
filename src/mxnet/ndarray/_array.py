"""The NDArray: an n-dimensional array on a device, a thin shell around one torch tensor."""

from __future__ import annotations

import ctypes
import functools
import importlib
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from .._core import integers, layout, tape
from .._core.array import Array, context_of, require_array
from .._core.dtypes import CODE_TO_NP, TORCH_TO_CODE, torch_dtype
from .._core.errors import NotAScalarError
from .._core.frontend import nd
from .._core.host import numpy_copy
from .._core.invoke import derive, invoke
from .._core.ops.shape.reshape import infer_reshape
from .._core.registry import OpDef, get_op
from .._core.serialization import dump_array, load_array
from .._core.sparse.storage import STYPES, empty
from .._core.state import state
from .._core.types import Axes, DTypeLike, ShapeLike
from ..base import ArgumentValueError
from ..context import Context, current_context
from ._copies import converted, copied_into, moved
from ._handles import lend, lent

_DTYPE_MX_TO_NP: dict[Any, Any] = {-1: None, **CODE_TO_NP}
_DTYPE_NP_TO_MX: dict[Any, int | None] = {None: -1, **{v: k for k, v in CODE_TO_NP.items()}}
_RESHAPE = get_op("Reshape")
_GRAD_REQ_MAP = {"null": 0, "write": 1, "add": 3}

if TYPE_CHECKING:
    from ._stubs.fluent import Fluent
else:
    Fluent = object  # the methods are installed by the modules that import this one


class NDArray(Array, Fluent):
    """A dense array of one data type on one context.

    Arrays are made by functions (:func:`mxnet.nd.array`, :func:`mxnet.nd.zeros`, operators), not by calling the class.
    Operations run as soon as they are called; on a GPU they are queued, and :meth:`asnumpy` or :meth:`wait_to_read`
    wait for the result.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.nd.array([[1, 2], [3, 4]])
    >>> (x * 2 + 1).asnumpy().tolist()
    [[3.0, 5.0], [7.0, 9.0]]
    """

    __slots__ = ()

    # NumPy leaves mixed arithmetic to the array's own operators.
    __array_priority__ = 1000.0

    _grad: NDArray | None

    def __init__(self, handle: Any, writable: bool = True) -> None:
        if handle is None:
            handle = torch.empty(0)
        elif isinstance(handle, NDArray):
            handle = handle._t
        elif isinstance(handle, ctypes.c_void_p):
            handle = lent(handle)._t
        elif not isinstance(handle, torch.Tensor):
            raise TypeError(f"NDArray wraps a torch.Tensor, got {type(handle).__name__}; use mx.nd.array to convert")
        self._t = handle
        self._ctx = context_of(handle)

    # ------------------------------------------------------------------ facts

    @property
    def handle(self) -> torch.Tensor:
        """The torch tensor behind this array."""
        return self._t

    @property
    def _as_parameter_(self) -> ctypes.c_void_p:
        """What ``ctypes`` takes for this array: ``NDArray(ctypes.cast(x, NDArrayHandle))`` shares its memory."""
        return lend(self)

    @property
    def writable(self) -> bool:
        """Always true: arrays that must not change do not exist here."""
        return True

    @property
    def T(self) -> NDArray:
        """The array with its axes reversed (itself when it has fewer than two)."""
        return self if self.ndim < 2 else self.transpose()

    @property
    def grad(self) -> NDArray | None:
        """The gradient buffer of :meth:`attach_grad`, or None."""
        return getattr(self, "_grad", None)

    @property
    def _fresh_grad(self) -> bool:
        """Whether a gradient has arrived in the buffer since this was set to False, as trainers do after a step."""
        buffer = self.grad
        return buffer is not None and buffer._fresh

    @_fresh_grad.setter
    def _fresh_grad(self, value: bool) -> None:
        if self.grad is not None:
            self.grad._fresh = bool(value)

    # ------------------------------------------------------------------ Python protocols

    def __repr__(self) -> str:
        shape = "x".join(str(n) for n in self.shape)
        return f"\n{self.asnumpy()!s}\n<{type(self).__name__} {shape} @{self._ctx}>"

    def __len__(self) -> int:
        return self._t.shape[0]

    def __bool__(self) -> bool:
        n = self._t.numel()
        if n == 1:
            return bool(self._t.item())
        if n == 0:
            return False
        raise ValueError(f"the truth value of an NDArray with {n} elements is ambiguous")

    __nonzero__ = __bool__

    def __hash__(self) -> int:
        return id(self) >> 4

    def _number(self) -> Any:
        if self._t.numel() != 1:
            raise NotAScalarError(f"only arrays of one element can be converted to a number, got shape {self.shape}")
        return self._t.item()

    def __float__(self) -> float:
        return float(self._number())

    def __int__(self) -> int:
        return int(self._number())

    def __format__(self, spec: str) -> str:
        return format(self.item(), spec) if spec and self._t.numel() == 1 else super().__format__(spec)

    def __index__(self) -> int:
        if self._t.is_floating_point() or self._t.numel() != 1:
            raise TypeError("only integer arrays with one element can be used as an index")
        return int(self._t.item())

    def __iter__(self) -> Any:
        return (self[i] for i in range(self._t.shape[0]))

    def __array__(self, dtype: DTypeLike = None, copy: bool | None = None) -> np.ndarray:
        found = self.asnumpy()
        return found if dtype is None else found.astype(dtype, copy=False)

    def __dlpack__(self, **kwargs: Any) -> Any:
        return self._t.detach().__dlpack__(**kwargs)

    def __dlpack_device__(self) -> Any:
        return self._t.__dlpack_device__()

    def __getstate__(self) -> dict[str, Any]:
        return {"handle": bytearray(dump_array(self))}

    def __setstate__(self, saved: dict[str, Any]) -> None:
        handle = saved["handle"]
        if handle is None:
            self._t, self._ctx = torch.empty(0), current_context()
            return
        other = load_array(handle, NDArray)
        self._t, self._ctx = other._t, other._ctx

    def __reduce__(self) -> Any:
        return type(self), (None,), self.__getstate__()

    def __copy__(self) -> NDArray:
        return self.copy()

    def __deepcopy__(self, memo: dict[int, Any]) -> NDArray:
        return self.copy()

    # ------------------------------------------------------------------ to and from the outside

    def asnumpy(self) -> np.ndarray:
        """A NumPy array with a copy of the data; waits for pending work."""
        return numpy_copy(self._t)

    def asscalar(self) -> Any:
        """The one element of an array of size 1, as a NumPy scalar; as a NumPy array where there are two axes or more.

        Raises
        ------
        ValueError
            When the size is not 1.
        """
        if self._t.numel() != 1:
            raise ValueError("The current array is not a scalar")
        found = self.asnumpy()
        return found[0] if found.ndim == 1 else found[()]

    def item(self) -> Any:
        """The one element of an array of size 1, as a Python number."""
        if self._t.numel() != 1:
            raise ValueError("The current array is not a scalar")
        return self._t.item()

    def as_torch(self) -> torch.Tensor:
        """The torch tensor behind this array, sharing its memory."""
        return self._t

    def as_nd_ndarray(self) -> NDArray:
        """This array itself."""
        return self

    def as_np_ndarray(self) -> Any:
        """A :class:`mxnet.numpy.ndarray` on the same memory, with the same past and the same gradient buffer."""
        numpy = importlib.import_module("mxnet.numpy._array")  # which stands on this module, and is loaded on first use
        return numpy.as_kind(numpy.ndarray, self)

    _least_shape: tuple[int, ...] = (1,)  # of one element

    def _part(self, t: torch.Tensor) -> NDArray:
        """An array of what indexing has selected; there are no arrays without axes."""
        return wrap(t if t.ndim else t.reshape(self._least_shape), self._ctx)

    def to_dlpack_for_read(self) -> Any:
        """A DLPack capsule that shares the memory; what is written through it shows here."""
        return torch.utils.dlpack.to_dlpack(self._t.detach())

    to_dlpack_for_write = to_dlpack_for_read

    def wait_to_read(self) -> None:
        """Wait until pending work on this array's device is done."""
        if self._t.is_cuda:
            torch.cuda.synchronize(self._t.device)

    wait_to_write = wait_to_read

    # ------------------------------------------------------------------ copies, types and contexts

    def copy(self) -> NDArray:
        """A copy on the same context."""
        return invoke(get_op("_copy"), (self,), {})

    def copyto(self, other: NDArray | Context) -> NDArray:
        """Copy into another array of the same shape (converting the type), or into a new array on a context."""
        if isinstance(other, NDArray):
            if other is self:
                raise RuntimeError("copyto: the target is the array itself")
            if other._t.shape != self._t.shape:
                raise ValueError(f"cannot copy an array of shape {self.shape} to one of shape {other.shape}")
            return copied_into(other, self)
        if isinstance(other, Context):
            return moved(self, other)
        raise TypeError(f"copyto does not support type {type(other)}")

    def as_in_context(self, context: Context) -> NDArray:
        """This array on another context: itself when it is there already, else a copy."""
        return self if context == self._ctx else moved(self, context)

    as_in_ctx = as_in_context

    def astype(self, dtype: DTypeLike, copy: bool = True) -> NDArray:
        """A copy with another data type; itself when the type is right already and ``copy`` is false."""
        wanted = torch_dtype(np.float32 if dtype is None else dtype)
        if not copy and wanted == self._t.dtype:
            return self
        return converted(self, wanted)

    def tostype(self, stype: str) -> NDArray:
        """This array with another storage type (``"default"``, ``"csr"``, ``"row_sparse"``)."""
        return self if stype == self.stype else _op_function("cast_storage")(self, stype)

    def detach(self) -> NDArray:
        """An array on the same memory that later recordings take for a constant."""
        return self._wrap(self._t.detach(), self._ctx)

    # ------------------------------------------------------------------ gradients

    def attach_grad(self, grad_req: str = "write", stype: str | None = None) -> None:
        """Make this array a variable of later recordings and give it a gradient buffer of zeros.

        Parameters
        ----------
        grad_req : {"write", "add", "null"}
            What a gradient that arrives does to the buffer.
        stype : str, optional
            The storage type of the buffer; that of this array when not given.
        """
        stype = self.stype if stype is None else stype
        if stype not in STYPES:
            raise ValueError(f"unknown storage type: {stype!r}")
        tape.mark(self, self._buffer(stype), grad_req)

    def _buffer(self, stype: str) -> Any:
        """A gradient buffer of a storage type for this array."""
        if stype == "default":
            return self._wrap(torch.zeros_like(self._t, requires_grad=False), self._ctx)
        return self._wrap_value(empty(stype, self.shape, self._t.dtype, self._t.device), self._ctx)

    def backward(self, out_grad: NDArray | None = None, retain_graph: bool = False, train_mode: bool = True) -> None:
        """Compute the gradients of this array with respect to the marked variables it was computed from.

        Parameters
        ----------
        out_grad : NDArray, optional
            The gradient to start from; ones when not given.
        retain_graph : bool
            Keep what was recorded for a further call.
        train_mode : bool
            The mode the backward computation runs in.
        """
        tape.run_backward((self,), None if out_grad is None else (out_grad,), retain_graph, train_mode)

    # ------------------------------------------------------------------ shapes

    def reshape(self, *shape: Any, **kwargs: Any) -> NDArray:
        """A view with another shape, on the same memory.

        Parameters
        ----------
        *shape : ints or one tuple
            The new lengths, with MXNet's codes: 0 keeps a length, -1 infers it, -2 copies all remaining, -3 merges two,
            -4 splits one into the next two.
        reverse : bool
            Read the codes from the right.
        """
        if not shape:
            shape = kwargs.pop("shape", None)
            if shape is None:
                raise ArgumentValueError("Shape must be provided.")
        elif len(shape) == 1 and isinstance(shape[0], (tuple, list)):
            shape = tuple(shape[0])
        reverse = bool(kwargs.pop("reverse", False))
        if kwargs:
            raise TypeError(
                f"Got unknown keywords in reshape: {', '.join(kwargs)}. Accepted keyword arguments are "
                "'shape' and 'reverse'."
            )
        if isinstance(shape, int):
            shape = (shape,)
        target = infer_reshape(self.shape, tuple(shape), reverse)
        return self._reshaped(target)

    def _reshaped(self, target: tuple[int, ...]) -> NDArray:
        """A view in another shape."""
        if not state.recording:
            layout.restore_order(self._t)
        t = self._t
        if not integers.in_graph(t).requires_grad:
            return self._wrap(t.reshape(target), self._ctx)
        return derive(self, torch.Tensor.reshape, (target,), self._same_kind, _RESHAPE, {"shape": target})

    def _same_kind(self, t: torch.Tensor) -> Any:
        return self._wrap(t, self._ctx)

    def reshape_like(self, *args: Any, **kwargs: Any) -> NDArray:
        """Reshape to the shape of another array."""
        return _op_function("reshape_like")(self, *args, **kwargs)

    def expand_dims(self, axis: int, inplace: bool = False) -> NDArray:
        """Insert an axis of length 1; ``inplace=True`` gives a view on the same memory."""
        if not inplace:
            return _op_function("expand_dims")(self, axis=axis)
        n = self.ndim
        if not -n - 1 <= axis <= n:
            raise ValueError(f"axis {axis} is out of bounds for an array of {n} axes")
        shape = self.shape
        axis %= n + 1
        return self._reshaped((*shape[:axis], 1, *shape[axis:]))

    def squeeze(self, axis: Axes = None, inplace: bool = False) -> NDArray:
        """Drop axes of length 1; ``inplace=True`` gives a view on the same memory."""
        if not inplace:
            return _op_function("squeeze")(self, axis=axis)
        axes = range(self.ndim) if axis is None else ((axis,) if isinstance(axis, int) else tuple(axis))
        n = self.ndim
        for a in axes:
            if not -n <= a < n:
                raise ValueError(f"axis {a} is out of bounds for an array of {n} axes")
            if axis is not None and self.shape[a] != 1:
                raise ValueError(f"cannot squeeze axis {a}, whose length is {self.shape[a]}")
        drop = {a % n for a in axes if self.shape[a] == 1}
        target = [d for i, d in enumerate(self.shape) if i not in drop] or [1]
        return self._reshaped(tuple(target))

    def flatten(self, inplace: bool = False) -> NDArray:
        """Collapse all axes but the first; ``inplace=True`` gives a view on the same memory."""
        if not inplace:
            return _op_function("Flatten")(self)
        return self._reshaped((self.shape[0], -1))

    def transpose(self, *axes: Any, **kwargs: Any) -> NDArray:
        """Permute the axes (reverse them when none are given)."""
        if axes:
            kwargs["axes"] = axes[0] if len(axes) == 1 and (axes[0] is None or np.iterable(axes[0])) else axes
            if kwargs["axes"] is None:
                kwargs["axes"] = ()
        return _op_function("transpose")(self, **kwargs)

    def diag(self, k: int = 0, **kwargs: Any) -> NDArray:
        """A diagonal of a matrix, or a matrix with this diagonal."""
        return _op_function("diag")(self, k, **kwargs)

    def broadcast_to(self, shape: ShapeLike) -> NDArray:
        """Repeat axes of length 1 until the array has ``shape``."""
        cur, new = self.shape, tuple(shape) if not isinstance(shape, int) else (shape,)
        if len(new) < len(cur):
            raise ValueError(f"cannot broadcast an array of shape {cur} to {new}: too few axes")
        full = (1,) * (len(new) - len(cur)) + cur
        wrong = [i for i, (c, n) in enumerate(zip(full, new)) if c != n and c != 1 and n != 0]
        if wrong:
            raise ValueError(f"cannot broadcast an array of shape {cur} to {new}: axis {wrong[0]} differs")
        source = self if full == cur else self.reshape(full)
        return _op_function("broadcast_to")(source, shape=tuple(c if n == 0 else n for c, n in zip(full, new)))

    def broadcast_like(self, other: NDArray) -> NDArray:
        """Broadcast to the shape of another array."""
        return self.broadcast_to(require_array(other, "other", "broadcast_like").shape)

    def slice_assign(self, rhs: NDArray, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write ``rhs`` into a slice of this array."""
        return _op_function("_slice_assign")(self, rhs, begin=begin, end=end, step=step or (), out=self)

    def slice_assign_scalar(self, value: float, begin: Any, end: Any, step: Any = ()) -> NDArray:
        """Write a number into a slice of this array."""
        return _op_function("_slice_assign_scalar")(self, scalar=value, begin=begin, end=end, step=step or (), out=self)


_new = NDArray.__new__


def wrap(tensor: torch.Tensor, ctx: Context) -> NDArray:
    """An NDArray of a tensor; nothing is copied or checked."""
    array = _new(NDArray)
    array._t = tensor
    array._ctx = ctx
    return array


NDArray._wrap = staticmethod(wrap)
NDArray.__module__ = "mxnet.ndarray.ndarray"  # where pickles and MXNet's users look for it


def from_torch(tensor: torch.Tensor) -> NDArray:
    """An NDArray on the memory of a torch tensor.

    Raises
    ------
    TypeError
        When MXNet has no such data type.
    """
    if tensor.dtype not in TORCH_TO_CODE:
        raise TypeError(f"MXNet has no data type for {tensor.dtype}")
    return wrap(torch.atleast_1d(tensor.detach()), context_of(tensor))


def make_function(od: OpDef, shown: str) -> Any:
    """The function of an operator over NDArrays."""
    return nd.make_function(od, shown, NDArray)


@functools.cache
def _op_function(name: str) -> Any:
    return make_function(get_op(name), name)
