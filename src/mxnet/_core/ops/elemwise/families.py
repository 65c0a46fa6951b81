"""Helpers that register families of elementwise operators."""

from collections.abc import Callable
from typing import Any

from torch import Tensor

from ...registry import OpDef, op


def same_type(result: Tensor, data: Tensor) -> Tensor:
    """The result in the type of the data: integers are computed as floats and rounded toward zero."""
    return result if result.dtype is data.dtype else result.to(data.dtype)


def unary(name: str, fn: Callable[..., Any], doc: str, *aliases: str, sparse: bool = False, **options: Any) -> OpDef:
    """Register an operator on one array which keeps shape and type.

    Parameters
    ----------
    name : str
    fn : callable
        From a tensor to a tensor. Of integers it may make floats; these are rounded toward zero.
    doc : str
    aliases : str
    sparse : bool
        Whether it is in ``mx.nd.sparse`` too.
    **options
        Those of :func:`op`.
    """

    def run(data: Tensor) -> Tensor:
        result = fn(data)
        return result if result.dtype is data.dtype else result.to(data.dtype)

    run.__doc__ = doc
    names = (*aliases, f"_sparse_{name}") if sparse else aliases
    return op(name, aliases=names, same_shape=True, **options)(run)
