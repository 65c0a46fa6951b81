"""Libraries of operators for MXNet's own engine, which cannot be loaded here."""

from __future__ import annotations

import os

from .base import MXNetError

__all__ = ["load"]


def load(path: str, verbose: bool = True) -> None:
    """Load a compiled library of operators.

    Parameters
    ----------
    path : str
        The library file.
    verbose : bool
        Ignored.

    Raises
    ------
    MXNetError
        Always: saying that there is no such file, that the path is not absolute or has no ending of a library, or else
        that such a library needs MXNet's engine.
    """
    if not os.path.exists(path):
        raise MXNetError(f"library.load: there is no file {path!r}")
    if not os.path.isabs(path):
        raise MXNetError(f"library.load: expected an absolute path, got {path!r}")
    if not path.endswith((".so", ".dll")):
        raise MXNetError(f"library.load: expected a library (.so or .dll), got {path!r}")
    raise MXNetError(
        f"library.load: {path!r} is made for MXNet's engine; remx has none. Write the operator in Python "
        "(mx.operator.CustomOp), or over torch tensors (x.as_torch())"
    )
