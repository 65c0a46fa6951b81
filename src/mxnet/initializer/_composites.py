"""Initializers that choose by the whole name of a parameter: saved values, patterns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from .. import ndarray
from .._core import logs
from ..ndarray import NDArray


class Load:
    """Initialize from saved parameters.

    Parameters
    ----------
    param : str or dict of str to NDArray
        A file, or arrays by name; prefixes ``arg:`` and ``aux:`` are dropped.
    default_init : Initializer, optional
        For parameters that were not saved.
    verbose : bool
        Whether to log where each parameter came from.
    """

    def __init__(self, param: Any, default_init: Any = None, verbose: bool = False) -> None:
        if isinstance(param, str):
            param = ndarray.load(param)
        if not isinstance(param, dict):
            raise AssertionError(f"param must be a file of named arrays or a dict, got {type(param).__name__}")
        self.param = {name[4:] if name.startswith(("arg:", "aux:")) else name: arr for name, arr in param.items()}
        self.default_init = default_init
        self.verbose = verbose

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill an array."""
        saved = self.param.get(name)
        if saved is None:
            if self.default_init is None:
                raise AssertionError(
                    f"Cannot Initialize {name}. Not found in loaded param and no default Initializer is provided."
                )
            self.default_init(name, arr)
        elif arr.shape != saved.shape:
            raise AssertionError(
                f"Parameter {name} cannot be initialized from loading. Shape mismatch, target "
                f"{arr.shape} vs loaded {saved.shape}"
            )
        else:
            arr[:] = saved
        if self.verbose:
            logs.root.info("Initialized %s by %s", name, "default" if saved is None else "loading")


class Mixed:
    """Initialize by the first of several initializers whose pattern matches the name.

    Parameters
    ----------
    patterns : list of str
        Regular expressions, which must match from the beginning of the name.
    initializers : list of Initializer

    Examples
    --------
    >>> import mxnet as mx
    >>> init = mx.init.Mixed(["bias", ".*"], [mx.init.Zero(), mx.init.Uniform(0.1)])
    """

    def __init__(self, patterns: Sequence[str], initializers: Sequence[Any]) -> None:
        if len(patterns) != len(initializers):
            raise AssertionError(f"{len(patterns)} patterns need as many initializers, got {len(initializers)}")
        self.map = [(re.compile(p), init) for p, init in zip(patterns, initializers)]

    def __call__(self, name: str, arr: NDArray) -> None:
        """Fill an array."""
        for pattern, init in self.map:
            if pattern.match(name):
                init(name, arr)
                return
        raise ValueError(
            f'Parameter name {name} did not match any pattern. Consider adding a ".*" pattern at the end '
            "with a default Initializer."
        )
