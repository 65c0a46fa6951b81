"""The array of ``mxnet.numpy``: an NDArray with NumPy's semantics.

What works on any array (contexts, gradients, copies) is inherited; arithmetic and the methods that have a function of
the same name are installed by ``_methods.py`` from tables.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as onp
import torch

from .._core.array import Array
from .._core.dtypes import torch_dtype
from .._core.history import constant, with_past
from .._core.host import tensor_of
from .._core.invoke import derive
from .._core.registry import get_op
from .._core.types import DTypeLike
from ..context import Context, current_context, parse_context
from ..ndarray._array import NDArray
from ..ndarray._indexing import getitem, setitem

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ._stubs.fluent import Fluent
else:
    Fluent = NDArray  # the methods are installed by _methods.py


class ndarray(Fluent):
    """An n-dimensional array with the semantics of NumPy's.

    Unlike :class:`mxnet.ndarray.NDArray` it may have no axes or no elements, comparisons give booleans, and types of
    operands that differ are promoted. The two kinds share memory through :meth:`as_nd_ndarray` and
    :meth:`as_np_ndarray`, and are never mixed in one operation.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.np.array([[1, 2], [3, 4]])
    >>> x.sum()
    array(10.)
    >>> x[x > 2]
    array([3., 4.])
    """

    __slots__ = ()

    def __init__(self, handle: Any, writable: bool = True) -> None:
        super().__init__(handle, writable)

    # ------------------------------------------------------------------ facts

    @property
    def dtype(self) -> Any:
        """The data type as a :class:`numpy.dtype`."""
        return onp.dtype(super().dtype)

    @property
    def T(self) -> ndarray:
        """The array with its axes reversed."""
        return self.transpose()

    # ------------------------------------------------------------------ Python protocols

    def __repr__(self) -> str:
        text = onp.array2string(self.asnumpy(), separator=", ", prefix="array(")
        if self._t.numel() == 0 and self.ndim > 1:
            text = f"[], shape={self.shape}"
        suffix = "" if self._t.dtype in (torch.float32, torch.bool) else f", dtype={self.dtype.name}"
        where = "" if self._t.device.type == "cpu" else f", ctx={self._ctx}"
        return f"array({text}{suffix}{where})"

    def __str__(self) -> str:
        return str(self.asnumpy())

    def __format__(self, fmt: str) -> str:
        return format(self.item(), fmt) if self.ndim == 0 else object.__format__(self, fmt)

    def __len__(self) -> int:
        if not self.ndim:
            raise TypeError("len() of unsized object")
        return self._t.shape[0]

    def __bool__(self) -> bool:
        n = self._t.numel()
        if n > 1:
            raise ValueError(f"the truth value of an ndarray with {n} elements is ambiguous")
        return bool(self._t.item()) if n else False

    __nonzero__ = __bool__
    __hash__ = NDArray.__hash__

    def __iter__(self) -> Iterator[ndarray]:
        if not self.ndim:
            raise TypeError("iteration over a 0-d array")
        return (self[i] for i in range(self._t.shape[0]))

    def __reduce__(self) -> Any:
        return _restored, (self.asnumpy(), str(self._ctx))

    def __getstate__(self) -> Any:
        raise TypeError("mxnet.numpy.ndarray is pickled through __reduce__")

    # ------------------------------------------------------------------ indexing

    def __getitem__(self, key: object) -> ndarray:
        if _has_truth(key):
            source, key = _truths_as_axes(self, key)
            return getitem(source, key)  # type: ignore[return-value]  # of the kind of the source
        if not self._t.ndim:
            _check_scalar_key(key)
            if key is None or key == (None,):
                return self.reshape(1)
        return getitem(self, key)  # type: ignore[return-value]

    def __setitem__(self, key: object, value: object) -> None:
        if type(value) is NDArray:
            raise TypeError("cannot assign an mxnet.ndarray.NDArray; give its as_np_ndarray()")
        if _has_truth(key):
            target, key = _truths_as_axes(self, key)
            setitem(target, key, value)
            return
        if not self._t.ndim:
            _check_scalar_key(key)
            key = ()
        setitem(self, key, value)

    _least_shape = ()

    def _part(self, t: torch.Tensor) -> ndarray:
        """An array of what indexing has selected."""
        return wrap(t, self._ctx)

    # ------------------------------------------------------------------ to and from the outside

    def as_nd_ndarray(self) -> NDArray:
        """An :class:`mxnet.ndarray.NDArray` on the same memory, with the same past and the same gradient buffer."""
        return as_kind(NDArray, self)

    def as_np_ndarray(self) -> ndarray:
        """This array itself."""
        return self

    def item(self, *args: Any) -> Any:
        """One element as a Python number: the only one, or that at a flat position or at one position an axis."""
        if not args:
            if self._t.numel() != 1:
                raise ValueError("can only convert an array of size 1 to a Python scalar")
            return self._t.item()
        place = args[0] if len(args) == 1 else args
        if isinstance(place, tuple):
            if len(place) != self.ndim:
                raise ValueError(f"item takes {self.ndim} positions for an array of shape {self.shape}, got {place}")
            return self[place].item()
        n = self._t.numel()
        if not -n <= place < n:
            raise IndexError(f"index {place} is out of bounds for size {n}")
        return self._t.reshape(-1)[place].item()

    def tolist(self) -> Any:
        """The elements as nested lists of Python numbers (one number for an array without axes)."""
        return self._t.tolist()

    # ------------------------------------------------------------------ copies and types

    def copy(self, order: str = "C") -> ndarray:
        _row_major(order)
        return derive(self, _row_major_copy, (), self._same_kind, get_op("_copy"), {})

    def astype(  # type: ignore[override]  # NumPy's order of arguments
        self, dtype: DTypeLike, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """A copy with another data type; itself when the type is right already and ``copy`` is false.

        ``order``, ``casting`` and ``subok`` are NumPy's, of which only ``"K"`` or ``"C"``, ``"unsafe"`` and True are
        supported.
        """
        if order not in ("K", "C") or casting != "unsafe" or subok is not True:
            raise NotImplementedError(
                "astype supports order 'K' or 'C', casting 'unsafe' and subok True; "
                f"got {order!r}, {casting!r}, {subok!r}"
            )
        return super().astype(dtype, copy)

    def as_in_ctx(self, ctx: Context) -> Any:
        return super().as_in_context(ctx)

    def attach_grad(self, grad_req: str = "write") -> None:  # type: ignore[override]  # no storage type
        """Make this array a variable of later recordings and give it a gradient buffer of zeros.

        Parameters
        ----------
        grad_req : {"write", "add", "null"}
            What a gradient that arrives does to the buffer.
        """
        super().attach_grad(grad_req)

    def reshape_view(self, *shape: Any, **kwargs: Any) -> Any:
        """A view with another shape, on the same memory; 0 in ``shape`` is a length like any other."""
        if not shape:
            shape = (kwargs.pop("shape", ()),)
        if kwargs:
            raise TypeError(f"reshape_view got unknown keywords: {', '.join(kwargs)}")
        return self._reshaped(tuple(shape[0] if isinstance(shape[0], (tuple, list)) else shape))


_new = ndarray.__new__


def wrap(tensor: torch.Tensor, ctx: Context) -> ndarray:
    """An ndarray of a tensor; nothing is copied or checked."""
    array = _new(ndarray)
    array._t = tensor
    array._ctx = ctx
    return array


ndarray._wrap = staticmethod(wrap)
ndarray.__module__ = "mxnet.numpy"  # where MXNet's users look for it


def as_kind(kind: type[Any], x: NDArray) -> Any:
    """The same array as another kind: one memory, one past, one gradient buffer."""
    if type(x) is kind:
        return x
    if x.stype != "default":
        raise ValueError(f"as_np_ndarray needs a dense array, got one of storage type {x.stype!r}")
    array: Any = object.__new__(kind)
    for slot in Array.__slots__[1:]:
        if hasattr(x, slot):
            setattr(array, slot, getattr(x, slot))
    buffer = getattr(array, "_grad", None)
    if buffer is not None and buffer.stype == "default":
        array._grad = as_kind(kind, buffer)
    return with_past(array)


def _restored(values: onp.ndarray, ctx: str) -> ndarray:
    """What unpickling calls: the array on its context, or on the current one where there is no such device."""
    where = parse_context(ctx)
    if where.device_type == "gpu" and where.device_id >= torch.cuda.device_count():
        where = current_context()
    return wrap(tensor_of(values, torch_dtype(values.dtype)).to(where.device), where)


def _check_scalar_key(key: object) -> None:
    """Raise for a key that does not fit an array without axes."""
    for item in key if isinstance(key, tuple) else (key,):
        if item is not None and item is not Ellipsis:
            raise IndexError(
                "scalar tensor can only accept `()` as index: an array without axes has no elements to choose"
            )


def _is_truth(item: object) -> bool:
    """Whether a part of a key is a mask without axes."""
    kind = type(item)
    if kind is int or kind is slice:
        return False
    if isinstance(item, NDArray):
        item = item._t
    if isinstance(item, (torch.Tensor, onp.ndarray)):
        return not item.ndim and item.dtype in (torch.bool, onp.bool_)
    return isinstance(item, (bool, onp.bool_))


def _has_truth(key: Any) -> bool:
    kind = type(key)
    if kind is int or kind is slice:
        return False
    return any(map(_is_truth, key)) if kind is tuple else _is_truth(key)


def _truths_as_axes(x: ndarray, key: Any) -> tuple[ndarray, tuple[Any, ...]]:
    """A view of the array with an axis of length 1 for each mask without axes, and the key with indices in their place.

    True chooses the one element of its axis, False none; either takes part in the broadcasting of index arrays.
    """
    items = key if isinstance(key, tuple) else (key,)
    widths = [_axes_of(i) for i in items]
    ndim = x.ndim
    plain: list[Any] = []
    axis = 0
    for item, width in zip(items, widths):
        if item is Ellipsis:
            width = ndim - sum(widths)
        elif _is_truth(item):
            x = derive(x, torch.Tensor.unsqueeze, (axis,), x._same_kind, *constant()[:2])
            item, width = onp.zeros(1 if item else 0, onp.int64), 1
        plain.append(item)
        axis += width
    return x, tuple(plain)


def _axes_of(item: Any) -> int:
    """How many axes of the array a part of a key stands for."""
    if item is None or item is Ellipsis or _is_truth(item):
        return 0
    found = getattr(item, "_t", onp.asarray(item) if isinstance(item, (list, tuple)) else item)
    return found.ndim if getattr(found, "dtype", None) in (torch.bool, onp.bool_) else 1


def _row_major_copy(t: torch.Tensor) -> torch.Tensor:
    return t.clone(memory_format=torch.contiguous_format)


def _row_major(order: str) -> None:
    if order not in ("C", "K"):
        raise NotImplementedError(f"only row-major order (C) is supported, got {order!r}")
