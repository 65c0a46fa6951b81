"""Making arrays of any storage type, and array files."""

from __future__ import annotations

from typing import Any

from .._core import serialization
from .._core.types import DTypeLike, ShapeLike
from ..context import Context
from ..util import is_np_shape
from . import _creation, sparse
from ._array import NDArray

__all__ = ["array", "empty", "load", "load_frombuffer", "save", "zeros"]


def zeros(
    shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None, stype: str | None = None, **kwargs: Any
) -> NDArray:
    """An array of zeros.

    Parameters
    ----------
    shape : int or tuple of int
    ctx : Context, optional
        The current context when not given.
    dtype : optional
        float32 when not given.
    stype : {"default", "csr", "row_sparse"}, optional
        The storage type; sparse arrays have no entries.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.zeros((2, 3), stype="csr").stype
    'csr'
    """
    if stype in (None, "default"):
        return _creation.zeros(shape, ctx, dtype, **kwargs)
    return sparse.zeros(stype, shape, ctx, dtype, **kwargs)


def empty(shape: ShapeLike, ctx: Context | None = None, dtype: DTypeLike = None, stype: str | None = None) -> NDArray:
    """An array whose values are not set; one with sparse storage has no entries."""
    if stype in (None, "default"):
        return _creation.empty(shape, ctx, dtype)
    return sparse.empty(stype, shape, ctx, dtype)


def array(source_array: Any, ctx: Context | None = None, dtype: DTypeLike = None) -> NDArray:
    """A new array with the values of a list, a NumPy array, an NDArray or a SciPy CSR matrix.

    Sparse sources give sparse arrays.

    Parameters
    ----------
    source_array : array-like
    ctx : Context, optional
        The current context when not given.
    dtype : optional
        When not given: that of an NDArray, else float32.

    Examples
    --------
    >>> import mxnet as mx
    >>> mx.nd.array([[1, 2], [3, 4]]).shape
    (2, 2)
    """
    if (isinstance(source_array, NDArray) and source_array.stype != "default") or (
        # A SciPy matrix exists only where SciPy is imported already, so it need not be imported to ask.
        getattr(source_array, "format", None) == "csr" and hasattr(source_array, "indptr")
    ):
        return sparse.array(source_array, ctx=ctx, dtype=dtype)
    return _creation.array(source_array, ctx=ctx, dtype=dtype)


def save(fname: str, data: Any) -> None:
    """Save arrays to a file, in MXNet's format to the byte.

    Parameters
    ----------
    fname : str
        The file, which appears whole or not at all.
    data : NDArray, list of NDArray, or dict of str to NDArray
        A single array is saved as a list of one.

    Raises
    ------
    TypeError, ValueError
        When ``data`` is anything else.
    MXNetError
        When the file cannot be written.

    Examples
    --------
    >>> import mxnet as mx, tempfile, os
    >>> path = os.path.join(tempfile.mkdtemp(), "x.params")
    >>> mx.nd.save(path, {"w": mx.nd.ones((2, 3))})
    >>> mx.nd.load(path)["w"].shape
    (2, 3)
    """
    if not isinstance(fname, str):
        raise TypeError(f"fname required to be a string, got {type(fname).__name__}")
    if isinstance(data, NDArray):
        data = [data]
    if isinstance(data, dict):
        names, arrays = list(data), list(data.values())
    elif isinstance(data, list):
        names, arrays = [], data
    else:
        raise ValueError(f"save: data must be an NDArray, a list or a dict (str to NDArray), got {type(data).__name__}")
    for item, kind in ((names, str), (arrays, NDArray)):
        for x in item:
            if not isinstance(x, kind):
                raise TypeError(f"save: expected {kind.__name__} in data, got {type(x).__name__}")
    serialization.write_list(fname, arrays, names, is_np_shape())


def load(fname: str) -> Any:
    """Load the arrays of a file that any version of MXNet wrote.

    Parameters
    ----------
    fname : str

    Returns
    -------
    list of NDArray, or dict of str to NDArray
        As it was saved. Arrays from a GPU return to that GPU where there is one, else they are on the CPU.

    Raises
    ------
    MXNetError
        When the file cannot be opened or is damaged; the message says at which offset.
    """
    if not isinstance(fname, str):
        raise TypeError(f"fname required to be a string, got {type(fname).__name__}")
    with serialization.open_reader(fname) as reader:
        return _named(reader)


def load_frombuffer(buf: bytes | str) -> Any:
    """Load arrays from the content of a file; see :func:`load`."""
    if not isinstance(buf, (str, bytes)):
        raise TypeError(f"buf required to be a string or bytes, got {type(buf).__name__}")
    return _named(serialization.buffer_reader(buf.encode() if isinstance(buf, str) else buf))


def _named(reader: serialization.Reader) -> Any:
    arrays, names = serialization.read_list(reader, NDArray)
    return dict(zip(names, arrays)) if names else arrays
