"""Fluent methods: ``x.relu()`` for ``mx.nd.relu(x)`` and ``mx.sym.relu(x)``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

# Methods that only forward to the operator of the same name, for arrays and symbols alike.
NAMES = tuple(
    """abs arccos arccosh arcsin arcsinh arctan arctanh argmax argmax_channel argmin argsort broadcast_axes cbrt ceil
    clip cos cosh degrees depth_to_space exp expm1 fix flip floor log log10 log1p log2 log_softmax max mean
    min nanprod nansum norm one_hot ones_like pad pick prod radians rcbrt reciprocal relu repeat reshape_like rint round
    rsqrt shape_array sigmoid sign sin sinh size_array slice slice_axis slice_like softmax softmin sort space_to_depth
    split split_v2 sqrt square sum swapaxes take tan tanh tile topk transpose trunc zeros_like""".split()
)


def install(cls: type, find: Callable[[str], Any], array_type: str) -> None:
    """Give a class the fluent methods it does not define itself; ``find`` gives the function of a name."""
    for name in NAMES:
        if name not in vars(cls):
            setattr(cls, name, _method(name, find, array_type))


def _method(name: str, find: Callable[[str], Any], array_type: str) -> Any:
    fn: Any = None

    def method(self: Any, *args: Any, **kwargs: Any) -> Any:
        nonlocal fn
        if fn is None:
            fn = find(name)
        return fn(self, *args, **kwargs)

    method.__name__ = name
    method.__qualname__ = f"{array_type}.{name}"
    method.__doc__ = (
        f"``{name}`` of this {array_type}; the arguments are those of the function :func:`{name}` after the first."
    )
    return method
