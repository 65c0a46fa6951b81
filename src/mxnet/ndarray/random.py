"""Random arrays: distributions with numbers or arrays as parameters, permutations (``mx.nd.random``)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .._core.array import require_array
from .._core.frontend.distributions import make_functions
from .._core.frontend.namespaces import install
from .._core.types import DTypeLike, ShapeLike
from ..base import ArgumentTypeError, ArgumentValueError, MXNetError, _Null, _NullType, numeric_types
from ..context import Context
from . import _internal
from ._array import NDArray, make_function

if TYPE_CHECKING:
    from ._stubs.random import *  # noqa: F403


def _draw(
    distribution: str,
    parameters: dict[str, Any],
    /,
    shape: ShapeLike | _NullType | None,
    dtype: DTypeLike | _NullType,
    ctx: Context | str | None,
    out: NDArray | None,
    **kwargs: Any,
) -> NDArray:
    """Draw with one set of parameters when they are numbers, or for each of their elements when they are arrays."""
    values = list(parameters.values())
    first = values[0]
    kind = NDArray if isinstance(first, NDArray) else numeric_types
    if kind is numeric_types and not isinstance(first, numeric_types):
        raise ArgumentValueError(f"{distribution}: parameters must be NDArrays or numbers, got {type(first)}")
    for other in values[1:]:
        if not isinstance(other, kind):
            raise ArgumentValueError(
                f"{distribution}: parameters must have the same type, got {type(first)} and {type(other)}"
            )
    if kind is NDArray:
        sampler = getattr(_internal, f"_sample_{distribution}")
        return sampler(*values, shape=shape, dtype=dtype, out=out, **kwargs)
    if out is not None:
        shape, dtype = _as_out(out, shape, dtype)
        ctx = out.context if ctx is None else ctx
    elif shape is _Null:
        shape = 1
    if ctx is not None:
        kwargs["ctx"] = str(ctx)
    sampler = getattr(_internal, f"_random_{distribution}")
    return sampler(**parameters, shape=shape, dtype=dtype, out=out, **kwargs)


def _as_out(out: NDArray, shape: ShapeLike | _NullType | None, dtype: DTypeLike | _NullType) -> tuple[Any, Any]:
    """Shape and type of the numbers to write into ``out``."""
    require_array(out, "out", "the random function")
    if shape is _Null:
        shape = out.shape
    if dtype is not _Null and dtype is not None:
        return shape, dtype
    kind = out._t.dtype
    if not kind.is_floating_point:
        raise MXNetError(f"Output type must be float16, float32, float64: out has the type {str(kind)[6:]}")
    return shape, kind if kind.itemsize > 2 else "float32"  # the numbers are rounded to a smaller type when written


def uniform(
    low: float | NDArray = 0,
    high: float | NDArray = 1,
    shape: ShapeLike | _NullType | None = _Null,
    dtype: DTypeLike | _NullType = _Null,
    ctx: Context | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Draw uniformly from the half-open interval ``[low, high)``.

    Parameters
    ----------
    low, high : float or NDArray
        The interval. With arrays, ``shape`` numbers are drawn for each pair of their elements.
    shape : int or tuple of int, optional
        The shape of the result (by default ``(1,)``, or that of ``out``), which with arrays comes after their own.
    dtype : {"float16", "float32", "float64"}, optional
        float32 when not given.
    ctx : Context, optional
        Where to draw; the current context when not given. Arrays draw where they are.
    out : NDArray, optional
        The array to write into.

    Returns
    -------
    NDArray

    Raises
    ------
    MXNetError
        When ``low`` is larger than ``high``.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.random.uniform(0, 1, shape=(2, 3)).shape
    (2, 3)
    >>> mx.nd.random.uniform(mx.nd.array([0, 10]), mx.nd.array([1, 11]), shape=5).shape
    (2, 5)
    """
    return _draw("uniform", {"low": low, "high": high}, shape, dtype, ctx, out, **kwargs)


def randn(*shape: int, **kwargs: Any) -> NDArray:
    """Draw from the normal distribution, in the shape given by position.

    Parameters
    ----------
    *shape : int
    loc, scale : float or NDArray
        Mean and standard deviation, 0 and 1 when not given.
    dtype, ctx, out
        As for :func:`uniform`.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.random.randn(2, 3, loc=5).shape
    (2, 3)
    """
    if "shape" in kwargs:
        raise TypeError("randn takes the shape by position: randn(2, 3)")
    return normal(shape=shape, **kwargs)  # noqa: F405


def exponential(
    scale: float | NDArray = 1,
    shape: ShapeLike | _NullType | None = _Null,
    dtype: DTypeLike | _NullType = _Null,
    ctx: Context | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Draw from the exponential distribution with mean ``scale``; see :func:`uniform`."""
    if not isinstance(scale, (NDArray, *numeric_types)):
        raise ValueError(f"exponential: scale must be an NDArray or a number, got {type(scale)}")
    return _draw("exponential", {"lam": 1.0 / scale}, shape, dtype, ctx, out, **kwargs)


def multinomial(
    data: NDArray,
    shape: Any = _Null,
    get_prob: bool = False,
    out: NDArray | None = None,
    dtype: DTypeLike = "int32",
    **kwargs: Any,
) -> Any:
    """Draw class numbers with the probabilities in the last axis of ``data``.

    Parameters
    ----------
    data : NDArray
        Probabilities of shape ``(k,)`` or ``(..., k)``, which should add up to 1 along the last axis.
    shape : int or tuple of int, optional
        How many numbers to draw from each distribution; one when not given.
    get_prob : bool
        Give the logarithm of the probability of each draw too; gradients flow through it to ``data``.
    out : NDArray or list of NDArray, optional
        The arrays to write into.
    dtype : type
        The type of the numbers.

    Returns
    -------
    NDArray, or list of two

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.random.multinomial(mx.nd.array([[0, 1], [1, 0]]), shape=3).asnumpy().tolist()
    [[1, 1, 1], [0, 0, 0]]
    """
    return _internal._sample_multinomial(data, shape=shape, get_prob=get_prob, out=out, dtype=dtype, **kwargs)


def shuffle(data: NDArray, **kwargs: Any) -> NDArray:
    """The slices of ``data`` along its first axis in random order."""
    return _internal._shuffle(data, **kwargs)


def randint(
    low: int,
    high: int,
    shape: ShapeLike | _NullType | None = _Null,
    dtype: DTypeLike | _NullType = _Null,
    ctx: Context | None = None,
    out: NDArray | None = None,
    **kwargs: Any,
) -> NDArray:
    """Draw whole numbers from ``low`` up to but without ``high``.

    Parameters
    ----------
    low, high : int
    shape : int or tuple of int, optional
        ``(1,)`` when not given, or that of ``out``.
    dtype : {"int32", "int64"}, optional
        int32 when not given, or that of ``out``.
    ctx : Context, optional
    out : NDArray, optional
    """
    for value in (low, high):
        if not isinstance(value, numeric_types):
            raise ArgumentTypeError(f"randint takes numbers for low and high, but got {type(value)}")
    if out is not None:
        shape = out.shape if shape is _Null else shape
        dtype = out.dtype if dtype is _Null else dtype
    return _draw("randint", {"low": low, "high": high}, shape, dtype, ctx, out, **kwargs)


if not TYPE_CHECKING:  # the stub has them
    globals().update(make_functions(__name__, _draw, ctx=None, out=None))

install(__name__, "random", make_function)
