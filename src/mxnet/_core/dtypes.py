"""One table of data types: names, MXNet's codes, NumPy types, torch types."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch

# bfloat16 has no NumPy type: MXNet shows it as a structured type over its 16 bits.
BFLOAT16_NP = np.dtype([("bfloat16", np.uint16)])

# name, code in files, NumPy type, torch type
_TABLE: list[tuple[str, int, Any, torch.dtype]] = [
    ("float32", 0, np.float32, torch.float32),
    ("float64", 1, np.float64, torch.float64),
    ("float16", 2, np.float16, torch.float16),
    ("uint8", 3, np.uint8, torch.uint8),
    ("int32", 4, np.int32, torch.int32),
    ("int8", 5, np.int8, torch.int8),
    ("int64", 6, np.int64, torch.int64),
    ("bool", 7, np.bool_, torch.bool),
    ("bfloat16", 12, BFLOAT16_NP, torch.bfloat16),
]

# Kinds of storage of arrays, as graphs and files number them.
STORAGE_TYPES = {"undefined": -1, "default": 0, "row_sparse": 1, "csr": 2}

CODE_TO_NP: dict[int | None, Any] = {code: np_type for _, code, np_type, _ in _TABLE}
CODE_TO_TORCH: dict[int, torch.dtype] = {code: t for _, code, _, t in _TABLE}
TORCH_TO_CODE: dict[torch.dtype, int] = {t: code for _, code, _, t in _TABLE}
TORCH_TO_NP: dict[torch.dtype, Any] = {t: np_type for _, _, np_type, t in _TABLE}
TORCH_TO_NAME: dict[torch.dtype, str] = {t: name for name, _, _, t in _TABLE}
NAME_TO_TORCH: dict[str, torch.dtype] = {name: t for name, _, _, t in _TABLE}

_SEEN: dict[Any, torch.dtype] = {t: t for _, _, _, t in _TABLE}
_SEEN.update({name: t for name, _, _, t in _TABLE})
_SEEN.update({np_type: t for _, _, np_type, t in _TABLE})
_SEEN.update({bool: torch.bool, float: torch.float64, int: torch.int64})


def torch_dtype(dtype: Any) -> torch.dtype:
    """The torch type of anything that names a data type.

    Accepts names, NumPy types and dtypes, and torch types.

    Raises
    ------
    TypeError
        When MXNet has no such type.
    """
    try:
        return _SEEN[dtype]
    except (KeyError, TypeError):
        pass
    try:
        # NumPy warns of some texts of subarrays, and evaluates others: no type here is spelled so.
        if isinstance(dtype, str) and not (dtype == "?" or dtype.lstrip("<>=|").isidentifier()):
            raise ValueError
        np_type = np.dtype(dtype)
        found = torch.bfloat16 if np_type == BFLOAT16_NP else NAME_TO_TORCH[np_type.name]
    except (TypeError, KeyError, ValueError, SyntaxError):  # what NumPy raises for texts that are no type
        raise TypeError(f"data type {dtype!r} is not one of {', '.join(NAME_TO_TORCH)}") from None
    try:
        _SEEN[dtype] = found
    except TypeError:  # an unhashable spelling, such as a list describing a structured type
        return found
    return found


def dtype_name(dtype: object) -> str:
    """MXNet's name of a data type, such as ``"float32"``."""
    return TORCH_TO_NAME[torch_dtype(dtype)]
