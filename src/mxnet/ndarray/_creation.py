"""Making arrays: from Python and NumPy data, filled with values, from DLPack, by joining others."""

from __future__ import annotations

import ctypes
import warnings
from typing import Any

import numpy as np
import torch

from .._core import profiling
from .._core.array import require_array
from .._core.dtypes import torch_dtype
from .._core.host import tensor_of
from .._core.invoke import invoke
from .._core.native import offer, pointed
from .._core.ops.elemwise.scalar import held
from .._core.ops.image.codec import decode_planes
from .._core.ops.init.creation import allocated, known_shape
from .._core.params import Shape, codec_for
from .._core.registry import get_op
from .._core.types import ContextLike, DTypeLike, ShapeLike
from ..base import ArgumentTypeError, ArgumentValueError, MXNetError, OperatorValueError, mx_real_t
from ..context import PINNED, Context, chosen_context, current_context, placed
from . import _internal, op
from ._array import NDArray, from_torch, wrap
from ._handles import hand_over

_SHAPE = codec_for(Shape)


def _shape(shape: ShapeLike) -> tuple[int, ...]:
    """The sizes that a shape is given by: integers, alone, in a tuple or list, or as text.

    Raises
    ------
    MXNetError
        For anything else.
    """
    try:
        found = _SHAPE.decode(shape)
    except ValueError as e:
        raise MXNetError(f"shape: expected {e}") from None
    if any(n < 0 for n in found):
        raise OperatorValueError(f"lengths must not be negative, got shape {found}")
    return found


def _dtype(dtype: DTypeLike) -> torch.dtype:
    return torch.float32 if dtype is None else torch_dtype(dtype)


_OPERATORS: dict[float, str] = {0: "_zeros", 1: "_ones"}  # what profiles call arrays of one value


def _filled(shape: ShapeLike, value: float, ctx: ContextLike, dtype: DTypeLike, empty: bool = False) -> NDArray:
    ctx = chosen_context(ctx)
    shape = _shape(shape)
    if not shape or (0 in shape and not empty):
        known_shape(shape, ctx.device)
    given, kwargs = (torch.full, shape, value), {"dtype": _dtype(dtype), "device": ctx.device}
    if profiling.eager:
        t = profiling.call(_OPERATORS.get(value, "_full"), allocated, given, kwargs)
    else:
        t = allocated(*given, **kwargs)
    return wrap(t if ctx.device_typeid != PINNED else placed(t, ctx), ctx)


def array(source_array: Any, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """A new array with the values of a list, a NumPy array or another NDArray.

    Parameters
    ----------
    source_array : array-like
        Whatever NumPy can convert to numbers, text such as ``"1.5"`` among it. One-element arrays beside numbers in a
        list are numbers.
    ctx : Context, optional
        The current context when not given.
    dtype : optional
        When not given: that of an NDArray, else float32.

    Raises
    ------
    TypeError
        When the values are no numbers, or lists have different lengths.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.array([1, 2, 3]).dtype
    <class 'numpy.float32'>
    """
    ctx = chosen_context(ctx)
    if isinstance(source_array, NDArray):
        source_array = source_array.tostype("default")
        wanted = source_array._t.dtype if dtype is None else torch_dtype(dtype)
        return wrap(placed(source_array._t.detach().to(device=ctx.device, dtype=wanted, copy=True), ctx), ctx)
    if isinstance(source_array, torch.Tensor):
        t = source_array.detach()
        t = t.to(device=ctx.device, dtype=_dtype(dtype), copy=True)
        return wrap(placed(t.reshape(1) if t.ndim == 0 else t, ctx), ctx)
    wanted = _dtype(dtype)
    try:
        t = tensor_of(source_array, wanted)
    except TypeError as e:
        raise TypeError(f"source_array must be array like object: {e}") from None
    return wrap(placed(t, ctx), ctx)


def empty(shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """An array whose values are not set."""
    ctx = chosen_context(ctx)
    t = allocated(torch.empty, _shape(shape), dtype=_dtype(dtype), device=ctx.device)
    return wrap(t if ctx.device_typeid != PINNED else placed(t, ctx), ctx)


def zeros(shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None, **kwargs: Any) -> NDArray:
    """An array of zeros.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.zeros((1, 2), dtype="int32").asnumpy().tolist()
    [[0, 0]]
    """
    return _to_out(_filled(shape, 0, ctx, dtype), kwargs)


def ones(shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None, **kwargs: Any) -> NDArray:
    """An array of ones."""
    return _to_out(_filled(shape, 1, ctx, dtype), kwargs)


def full(
    shape: ShapeLike, val: Any, ctx: Context | None = None, dtype: DTypeLike = mx_real_t, out: NDArray | None = None
) -> NDArray:
    """An array of one value, or of array-like ``val``, broadcast."""
    if isinstance(val, (int, float)):
        return _to_out(_filled(shape, held(val, _dtype(dtype)), ctx, dtype, empty=True), {"out": out})
    made = _filled(shape, 0, ctx, dtype, empty=True)
    made[:] = val
    return _to_out(made, {"out": out})


def _to_out(made: NDArray, kwargs: dict[str, Any]) -> NDArray:
    out = kwargs.get("out")
    return made if out is None else made.copyto(out)


def arange(
    start: float,
    stop: float | None = None,
    step: float = 1.0,
    repeat: int = 1,
    infer_range: Any = None,
    ctx: Context | None = None,
    dtype: DTypeLike = mx_real_t,
) -> NDArray:
    """Evenly spaced values in ``[start, stop)``, each repeated ``repeat`` times.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.arange(2, 6, step=2, repeat=2).asnumpy().tolist()
    [2.0, 2.0, 4.0, 4.0]
    """
    if infer_range is not None:
        warnings.warn("`infer_range` means nothing for arrays", DeprecationWarning, stacklevel=2)
    return _internal._arange(
        start=start, stop=stop, step=step, repeat=repeat, dtype=dtype, ctx=str(chosen_context(ctx))
    )


def linspace(
    start: float, stop: float, num: int, endpoint: bool = True, ctx: Context | None = None, dtype: DTypeLike = mx_real_t
) -> NDArray:
    """``num`` evenly spaced values from ``start`` to ``stop``, which is included when ``endpoint`` is true."""
    return _internal._linspace(
        start=start, stop=stop, num=num, endpoint=endpoint, ctx=str(chosen_context(ctx)), dtype=dtype
    )


def eye(N: int, M: int = 0, k: int = 0, ctx: Context | None = None, dtype: DTypeLike = None, **kwargs: Any) -> NDArray:
    """A matrix of ``N`` rows and ``M`` columns (``N`` when 0) with ones on the ``k``-th diagonal."""
    dtype = mx_real_t if dtype is None else dtype
    return _internal._eye(N=N, M=M, k=k, ctx=str(chosen_context(ctx)), dtype=dtype, **kwargs)


def concatenate(arrays: list[NDArray], axis: int = 0, always_copy: bool = True) -> NDArray:
    """Join arrays along an axis. Of a single array gives the array itself when ``always_copy`` is false."""
    if not isinstance(arrays, (list, tuple)) or not arrays or not all(isinstance(a, NDArray) for a in arrays):
        raise ArgumentValueError("arrays must be a list of at least one NDArray")
    if not always_copy and len(arrays) == 1:
        return arrays[0]
    first = arrays[0]
    for i, a in enumerate(arrays):
        if a._t.dtype != first._t.dtype:
            raise ArgumentTypeError(f"all arrays must have one type: the first has {first.dtype}, number {i} {a.dtype}")
        if a.ndim != first.ndim or any(
            p != q for j, (p, q) in enumerate(zip(a.shape, first.shape)) if j != axis % first.ndim
        ):
            raise ArgumentValueError(f"cannot join shapes {first.shape} and {a.shape} along axis {axis}")
    return invoke(get_op("Concat"), [a.as_in_context(first._ctx) for a in arrays], {"dim": axis})


def moveaxis(tensor: NDArray, source: Any, destination: Any) -> NDArray:
    """Move axes to new places; the others keep their order."""
    sources = (source,) if isinstance(source, int) else tuple(source)
    destinations = (destination,) if isinstance(destination, int) else tuple(destination)
    n = require_array(tensor, "tensor", "moveaxis").ndim
    if len(sources) != len(destinations):
        raise ValueError("`source` and `destination` arguments must have the same number of elements")
    for a in (*sources, *destinations):
        if not -n <= a < n:
            raise ValueError(f"axis {a} is out of bounds for an array of {n} axes")
    moved = {d % n: s % n for s, d in zip(sources, destinations)}
    if len(moved) != len(sources) or len(set(moved.values())) != len(sources):
        raise ValueError("an axis occurs twice in `source` or `destination`")
    rest = iter([a for a in range(n) if a not in moved.values()])
    return tensor.transpose([moved[i] if i in moved else next(rest) for i in range(n)])


def histogram(a: NDArray, bins: Any = 10, range: Any = None) -> list[NDArray]:
    """Counts and edges of a histogram, as :func:`numpy.histogram`.

    The counts are int64; without ``bins`` as an array or a ``range`` both results are float32.
    """
    if isinstance(bins, NDArray):
        return _internal._histogram(data=a, bins=bins)
    if not isinstance(bins, int):
        raise ValueError("bins argument should be either an integer or an NDArray")
    require_array(a, "a", "histogram")
    if range is not None:
        return _internal._histogram(data=a, bin_cnt=bins, range=range)
    low, high = (float(x) for x in torch.aminmax(a._t)) if a.size else (0.0, 1.0)
    if low == high:
        low, high = low - 0.5, high + 0.5
    return [x.astype("float32") for x in _internal._histogram(a.astype("float64"), bin_cnt=bins, range=(low, high))]


def split_v2(ary: NDArray, indices_or_sections: Any, axis: int = 0, squeeze_axis: bool = False) -> Any:
    """Split along an axis into equal sections, or at the given indices."""
    require_array(ary, "ary", "split_v2")
    if isinstance(indices_or_sections, int):
        if indices_or_sections < 1 or ary.shape[axis] % indices_or_sections:
            raise ValueError(
                f"split_v2: axis {axis} of ary, of shape {ary.shape}, cannot be split into {indices_or_sections} equal "
                "parts (indices_or_sections)"
            )
        return _internal._split_v2(ary, (), axis, squeeze_axis, indices_or_sections)
    if isinstance(indices_or_sections, (tuple, list, set)):
        return _internal._split_v2(ary, (0, *indices_or_sections), axis, squeeze_axis)
    raise ValueError(
        f"split_v2: indices_or_sections must be an int, or a tuple, list or set, got {indices_or_sections!r}"
    )


def onehot_encode(indices: NDArray, out: NDArray) -> NDArray:
    """Write the one-hot rows of ``indices`` into ``out``."""
    require_array(indices, "indices", "onehot_encode")
    require_array(out, "out", "onehot_encode")
    return op.one_hot(indices, depth=out.shape[1], out=out)


def from_numpy(ndarray: np.ndarray, zero_copy: bool = True, array_cls: type = NDArray) -> NDArray:
    """An array of a NumPy array; with ``zero_copy`` it shares the memory, and the NumPy array becomes read-only."""
    if not isinstance(ndarray, np.ndarray):
        raise ArgumentTypeError(f"from_numpy: ndarray must be a numpy.ndarray, got {type(ndarray).__name__}")
    if not ndarray.flags["C_CONTIGUOUS"]:
        raise ValueError("Only C-contiguous numpy.ndarrays are supported; use `np.ascontiguousarray` first")
    dtype = torch_dtype(ndarray.dtype)
    if not zero_copy:
        ctx = current_context()
        return wrap(placed(tensor_of(ndarray, dtype), ctx), ctx)
    if not ndarray.dtype.isnative:
        raise ValueError(
            f"memory of type {ndarray.dtype.str!r}, in foreign byte order, can only be copied: zero_copy=False"
        )
    with warnings.catch_warnings():
        # An array that is read-only already is shared a second time: its owner has given it away.
        warnings.filterwarnings("ignore", message="The given NumPy array is not writ")
        # NumPy lets axes of length 1 have any stride; in another shape they have that of their place.
        shared = torch.from_numpy(ndarray.reshape(-1, 1)).reshape(ndarray.shape)
        ctx = current_context()
        made = wrap(shared, ctx if ctx.device_type.startswith("cpu") else Context("cpu", 0))
    ndarray.flags["WRITEABLE"] = False
    return made


def from_dlpack(dlpack: Any) -> NDArray:
    """An array on the memory of a DLPack capsule or of an object that speaks DLPack."""
    try:
        tensor = torch.utils.dlpack.from_dlpack(dlpack)
    except RuntimeError as e:
        raise ArgumentValueError(f"from_dlpack: {e}") from None
    return from_torch(tensor)


def _from_dlpack_pointer(managed: ctypes.c_void_p, out: object) -> int:
    """``MXNDArrayFromDLPack``: a handle of an array that takes over what a capsule points to."""
    handle = hand_over(from_dlpack(ctypes.pythonapi.PyCapsule_New(managed, b"dltensor", None)))
    pointed(out).value = handle.value
    return 0


offer("MXNDArrayFromDLPack", _from_dlpack_pointer)


def to_dlpack_for_read(data: NDArray) -> Any:
    """A DLPack capsule that shares an array's memory, for reading."""
    return require_array(data, "data", "to_dlpack_for_read").to_dlpack_for_read()


def to_dlpack_for_write(data: NDArray) -> Any:
    """A DLPack capsule that shares an array's memory, for writing."""
    return require_array(data, "data", "to_dlpack_for_write").to_dlpack_for_write()


def waitall() -> None:
    """Wait until all pending work on all devices is done."""
    if torch.cuda.is_available() and torch.cuda.is_initialized():
        for i in range(torch.cuda.device_count()):
            torch.cuda.synchronize(i)


def imdecode(
    str_img: bytes,
    clip_rect: tuple[int, int, int, int] = (0, 0, 0, 0),
    out: NDArray | None = None,
    index: int = 0,
    channels: int = 3,
    mean: NDArray | None = None,
) -> NDArray:
    """Decode an image to an array ``(1, channels, height, width)``, cut to ``clip_rect`` (x0, y0, x1, y1).

    The interface of MXNet 0.x; new code uses :func:`mxnet.image.imdecode`.
    """
    chw = decode_planes(bytes(str_img), channels, clip_rect, None if mean is None else mean._t)
    if out is None:
        return from_torch(chw[None])
    out[index] = from_torch(chw)
    return out


def get_indexing_dispatch_code(key: object) -> int:
    """Whether a key means basic (1) or advanced (2) indexing, or none that is known (-1)."""
    keys = key if isinstance(key, tuple) else (key,)
    kinds = set()
    for k in keys:
        if isinstance(k, (NDArray, np.ndarray, list, tuple)):
            kinds.add(2)
        elif isinstance(k, (int, np.integer, slice)) or k is None or k is Ellipsis:
            kinds.add(1)
        else:
            kinds.add(-1)
    return -1 if -1 in kinds else max(kinds, default=1)


def get_oshape_of_gather_nd_op(dshape: tuple[int, ...], ishape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape ``gather_nd`` gives for data and indices of these shapes."""
    if len(dshape) == 0 or len(ishape) == 0:
        raise ValueError("gather_nd needs data and indices with at least one axis")
    return tuple(ishape[1:]) + tuple(dshape[ishape[0] :])


def indexing_key_expand_implicit_axes(key: object, shape: tuple[int, ...]) -> tuple[Any, ...]:
    """Write an indexing key out in full: the ellipsis and missing trailing axes become slices."""
    keys = key if isinstance(key, tuple) else (key,)
    if sum(1 for k in keys if k is Ellipsis) > 1:
        raise IndexError("Cannot use more than one ellipsis (`...`) for indexing")
    used = sum(
        k.ndim if getattr(k, "dtype", None) in (np.bool_, bool) else 1
        for k in keys
        if k is not None and k is not Ellipsis
    )
    fill = (slice(None),) * (len(shape) - used)
    for i, k in enumerate(keys):
        if k is Ellipsis:
            return keys[:i] + fill + keys[i + 1 :]
    return keys + fill
