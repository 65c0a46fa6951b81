"""Comparing arrays, and saying in detail where they differ."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..ndarray import NDArray
from ._defaults import Tolerance, get_atol, get_etol, get_rtol, get_tols

__all__ = [
    "almost_equal",
    "assert_allclose",
    "assert_almost_equal",
    "assert_almost_equal_ignore_nan",
    "assert_almost_equal_with_err",
    "checkShapes",
    "compare_ndarray_tuple",
    "locationError",
    "same",
    "same_array",
]


def as_numpy(x: object) -> Any:
    """A NumPy array of an NDArray (bfloat16 becomes float32); anything else as it is."""
    if not isinstance(x, NDArray):
        return x
    return x._t.detach().float().cpu().numpy() if x._t.dtype == torch.bfloat16 else x.asnumpy()


def same(a: Any, b: Any) -> bool:
    """Whether two NumPy arrays have the same shape and elements."""
    return np.array_equal(a, b)


def same_array(array1: NDArray, array2: NDArray) -> bool:
    """Whether two NDArrays are the same memory, element for element."""
    if array1.stype != "default" or array2.stype != "default":
        return array1 is array2  # sparse arrays get new parts as they are written
    a, b = array1._t, array2._t
    return a.shape == b.shape and a.device == b.device and a.stride() == b.stride() and a.data_ptr() == b.data_ptr()


def checkShapes(a: Any, b: Any) -> None:
    """Raise AssertionError when two arrays have different shapes."""
    if a.shape != b.shape:
        text = f"a.shape = {a.shape} and b.shape = {b.shape} are not equal"
        raise AssertionError(np.testing.build_err_msg([as_numpy(a), as_numpy(b)], err_msg=text))


def almost_equal(
    a: Any,
    b: Any,
    rtol: float | None = None,
    atol: float | None = None,
    equal_nan: bool = False,
    use_broadcast: bool = True,
) -> bool:
    """Whether ``|a - b| <= atol + rtol * |b|`` everywhere (tolerances of float64 where none are given)."""
    if not use_broadcast:
        checkShapes(a, b)
    limits = {"rtol": get_rtol(rtol), "atol": get_atol(atol)}
    return np.allclose(a, b, equal_nan=equal_nan, **limits)


def locationError(a: Any, b: Any, index: tuple[int, ...], names: tuple[str, str], maxError: bool = False) -> str:
    """Text that names a place where two arrays differ, and their values there."""
    kind = "maximum error" if maxError else "error"
    place = tuple([int(i) for i in index])
    return f"Location of {kind}: {place}, {names[0]}={a[index]:.8f}, {names[1]}={b[index]:.8f}"


def assert_almost_equal(
    a: Any,
    b: Any,
    rtol: Tolerance | None = None,
    atol: Tolerance | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    use_broadcast: bool = True,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Assert that ``|a - b| <= atol + rtol * |b|`` everywhere.

    Parameters
    ----------
    a, b : NDArray, numpy.ndarray or number
    rtol, atol : float or dict of numpy.dtype to float, optional
        Tolerances; those of the less precise data type when not given.
    names : tuple of str
        What the report calls the arrays.
    equal_nan : bool
        Whether NaN equals NaN.
    use_broadcast : bool
        Whether the arrays may have different shapes that broadcast.
    mismatches : tuple of int
        How many differences to print, and how many to count (0 counts all).

    Raises
    ------
    AssertionError
        With the largest violation of the tolerance, its place, and the share of elements that differ.

    Examples
    --------
    >>> import numpy as np
    >>> from mxnet.test_utils import assert_almost_equal
    >>> assert_almost_equal(np.float32([1, 2]), np.float32([1, 2.0001]))
    """
    if not use_broadcast:
        checkShapes(a, b)
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = as_numpy(a), as_numpy(b)
    if getattr(a, "dtype", None) == np.bool_ and getattr(b, "dtype", None) == np.bool_:
        np.testing.assert_equal(a, b)
    elif not almost_equal(a, b, rtol, atol, equal_nan):
        raise AssertionError(_report(a, b, rtol, atol, names, equal_nan, mismatches))


def assert_allclose(
    a: Any, b: Any, rtol: Tolerance | None = 1e-07, atol: Tolerance | None = 0, equal_nan: bool = True
) -> None:
    """:func:`assert_almost_equal` with the defaults of ``numpy.testing.assert_allclose``."""
    assert_almost_equal(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)


def assert_almost_equal_with_err(
    a: Any,
    b: Any,
    rtol: Tolerance | None = None,
    atol: Tolerance | None = None,
    etol: float | None = None,
    names: tuple[str, str] = ("a", "b"),
    equal_nan: bool = False,
    mismatches: tuple[int, int] = (10, 10),
) -> None:
    """Assert that at most a share ``etol`` of the elements differs by more than the tolerance.

    The other arguments are those of :func:`assert_almost_equal`, which this is when ``etol`` is 0 or None.
    """
    etol = get_etol(etol)
    if etol <= 0:
        assert_almost_equal(a, b, rtol=rtol, atol=atol, names=names, equal_nan=equal_nan, mismatches=mismatches)
        return
    rtol, atol = get_tols(a, b, rtol, atol)
    a, b = as_numpy(a), as_numpy(b)
    close = np.isclose(a, b, rtol=rtol, atol=atol, equal_nan=equal_nan)
    if 1 - np.count_nonzero(close) / close.size > etol:
        raise AssertionError(_report(a, b, rtol, atol, names, equal_nan, mismatches))


def assert_almost_equal_ignore_nan(
    a: Any, b: Any, rtol: Tolerance | None = None, atol: Tolerance | None = None, names: tuple[str, str] = ("a", "b")
) -> None:
    """:func:`assert_almost_equal` where neither array is NaN."""
    a, b = np.copy(as_numpy(a)), np.copy(as_numpy(b))
    missing = np.isnan(a) | np.isnan(b)
    a[missing] = 0
    b[missing] = 0
    assert_almost_equal(a, b, rtol, atol, names)


def compare_ndarray_tuple(t1: object, t2: object, rtol: Tolerance | None = None, atol: Tolerance | None = None) -> None:
    """:func:`assert_almost_equal` over nested tuples of arrays; None equals anything."""
    if isinstance(t1, tuple) and isinstance(t2, tuple):
        for pair in zip(t1, t2):
            compare_ndarray_tuple(*pair, rtol, atol)
    elif t1 is not None and t2 is not None:
        assert_almost_equal(t1, t2, rtol, atol)


def _violations(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    """How many times the tolerance two arrays differ, element for element."""
    # The constant keeps a tolerance of zero from dividing by zero.
    with np.errstate(invalid="ignore", over="ignore"):
        return np.where(a == b, 0, np.abs(a - b)) / (atol + rtol * np.abs(b) + 1e-20)


def _report(
    a: Any, b: Any, rtol: float, atol: float, names: tuple[str, str], equal_nan: bool, mismatches: tuple[int, int]
) -> str:
    """Print the worst differences, and give the message of the error."""
    limits = f"rtol={rtol:e}, atol={atol:e}"
    shown_a, shown_b = np.broadcast_arrays(a, b)
    if not np.issubdtype(shown_a.dtype, np.floating) and not np.issubdtype(shown_b.dtype, np.floating):
        compared_a, compared_b = shown_a.astype(np.float64), shown_b.astype(np.float64)  # unsigned numbers wrap around
    else:
        compared_a, compared_b = shown_a, shown_b
    violations = _violations(compared_a, compared_b, rtol, atol)
    if shown_a.ndim == 0:
        text = f"Error {violations:f} exceeds tolerance {limits}.\n"
        return np.testing.build_err_msg([a, b], err_msg=text)

    wrong = np.flatnonzero(~np.isclose(shown_a, shown_b, rtol=rtol, atol=atol, equal_nan=equal_nan))
    flat = violations.reshape(-1)[wrong]
    order = np.argsort(-np.where(np.isnan(flat), np.inf, flat), kind="stable")
    print(f"\n*** Maximum errors for vector of size {shown_a.size}:  rtol={rtol}, atol={atol}\n")
    shown, counted = mismatches
    limit = shown if counted <= 0 else min(shown, counted)
    places = [np.unravel_index(i, shown_a.shape) for i in wrong[order[: max(limit, 1)]]]
    for i, place in enumerate(places[:limit], 1):
        print(f"{i:3d}: Error {violations[place]:f}  {locationError(shown_a, shown_b, place, names)}")
    # Counting stops one past the limit.
    more = 0 < counted < len(wrong)
    share = 100 * (counted + 1 if more else len(wrong)) / shown_a.size
    text = (
        f"Error {violations[places[0]]:f} exceeds tolerance {limits} "
        f"(mismatch {'at least ' if more else ''}{share:f}%).\n"
        f"{locationError(shown_a, shown_b, places[0], names, maxError=True)}"
    )
    with np.printoptions(threshold=4, suppress=True):
        return np.testing.build_err_msg([a, b], err_msg=text)
