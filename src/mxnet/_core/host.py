"""Between NumPy and tensors: everything that users call array-like becomes a tensor here, and tensors NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

from ..base import OperatorTypeError, numeric_types
from .dtypes import BFLOAT16_NP
from .text import quoted

# ---------------------------------------------------------------------- from NumPy and Python


def number(name: str, value: Any) -> Any:
    """A setting that is a number: out of an array of one element, as ``lengths.sum()`` gives, or a text. None stays."""
    if value is None or isinstance(value, numeric_types):
        return value
    try:
        return float(value.item() if hasattr(value, "item") else value)
    except (TypeError, ValueError):
        got = f"an array of shape {value.shape}" if hasattr(value, "shape") else quoted(value)
        raise OperatorTypeError(f"{name} must be a number, got {got}") from None


def host_array(source: object) -> np.ndarray:
    """Anything array-like as a NumPy array; of lists, it may hold objects and text.

    One-element arrays that stand beside numbers in a list are numbers, as in ``[1.0, loss]``.

    Raises
    ------
    TypeError
        When it is not array-like: lists of different lengths, complex numbers, arrays with fields.
    """
    try:
        found = np.asarray(source)
    except ValueError as e:
        try:
            found = np.asarray(_with_scalars(source))
        except ValueError:
            raise TypeError(str(e)) from None
    if found.dtype.kind == "V" and found.dtype != BFLOAT16_NP:
        raise TypeError(f"arrays of {found.dtype} are not numbers")
    if found.dtype.kind == "c" and not isinstance(source, np.ndarray):
        raise TypeError("complex numbers have no place in arrays of real ones")
    return found


def _with_scalars(value: object) -> Any:
    """Nested lists with scalars in the place of arrays of one element."""
    if isinstance(value, (list, tuple)):
        return [_with_scalars(v) for v in value]
    if hasattr(value, "__array__") and getattr(value, "size", 0) == 1:
        return np.asarray(value).reshape(())[()]
    return value


def tensor_of(source: object, dtype: torch.dtype) -> torch.Tensor:
    """A new tensor on the host with the values of anything array-like, converted to a type as NumPy converts.

    Whatever NumPy can store is fine: any strides and byte order, read-only memory, text and objects that are numbers.

    Raises
    ------
    TypeError
        When the source is not array-like, or its elements are no numbers.
    """
    values = host_array(source)
    if dtype == torch.bfloat16:  # NumPy does not know it
        if values.dtype == BFLOAT16_NP:
            return tensor_of(np.ascontiguousarray(values).view(np.int16), torch.int16).view(dtype)
        return tensor_of(values, torch.float32).to(dtype)
    if values.dtype == BFLOAT16_NP:
        return tensor_of(values, torch.bfloat16).to(dtype)
    made = torch.empty(values.shape, dtype=dtype)
    memory = made.numpy()
    if values.dtype == memory.dtype:
        memory[...] = values
        return made
    try:
        with np.errstate(invalid="ignore", over="ignore"):  # MXNet is silent about infinities and NaN, too
            np.copyto(memory, values, casting="unsafe")
    except (TypeError, ValueError, OverflowError) as e:
        raise TypeError(str(e)) from None
    return made


# ---------------------------------------------------------------------- to NumPy


def numpy_copy(t: torch.Tensor) -> np.ndarray:
    """A NumPy array with a row-major copy of a tensor; waits for pending work."""
    t = t.detach()
    if t.dtype == torch.bfloat16:
        return t.cpu().contiguous().view(torch.int16).numpy().view(np.uint16).copy().view(BFLOAT16_NP)
    found = t.numpy().copy(order="C") if t.device.type == "cpu" else t.cpu().contiguous().numpy()
    return found.view(array) if _STRICT and found.size == 1 and found.ndim else found


def _numpy_is_strict() -> bool:
    """Whether this NumPy refuses to make a number of an array with one element and an axis (2.4 does)."""
    import warnings

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        try:
            float(np.zeros(1))
        except TypeError:
            return True
    return False


_STRICT = _numpy_is_strict()


class array(np.ndarray):
    """A NumPy array with one element, which is a number where one is wanted.

    MXNet's scripts print ``"%f" % loss.asnumpy()``, and losses have shape ``(1,)``. NumPy took such arrays for numbers
    up to 2.3. (It shows the name of the class, so this one bears that of its function.)
    """

    def __float__(self) -> float:
        return float(self.item())

    def __int__(self) -> int:
        return int(self.item())

    def __complex__(self) -> complex:
        return complex(self.item())

    def __array_wrap__(self, result: np.ndarray, context: object = None, return_scalar: bool = False) -> Any:
        if not result.ndim:
            return result[()]
        return result.view(array) if result.size == 1 else np.asarray(result)

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return np.asarray(part) if isinstance(part, array) and (part.size != 1 or not part.ndim) else part

    def __reduce__(self) -> Any:
        return self.view(np.ndarray).__reduce__()
