"""Symbols and the functions that make them."""

from __future__ import annotations

from ._arithmetic import hypot, maximum, minimum, pow, power
from ._create import create
from ._creation import (
    Variable,
    arange,
    eye,
    fromjson,
    full,
    histogram,
    linspace,
    load,
    load_json,
    ones,
    split_v2,
    var,
    zeros,
)
from ._symbol import Group, Symbol

__all__ = [
    "Group",
    "Symbol",
    "Variable",
    "arange",
    "eye",
    "full",
    "histogram",
    "hypot",
    "linspace",
    "load",
    "load_json",
    "maximum",
    "minimum",
    "ones",
    "pow",
    "power",
    "split_v2",
    "var",
    "zeros",
]

_NOT_IN_ALL = (create, fromjson)  # for the library itself, and an older name of load_json
