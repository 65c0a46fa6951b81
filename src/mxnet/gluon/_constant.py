"""Constants: parameters that are not learned."""

from __future__ import annotations

import warnings
from typing import Any

from .. import initializer, ndarray
from ..ndarray import NDArray
from ._parameter import Parameter


class Constant(Parameter):
    """A parameter that is not learned: its values change by :meth:`set_data` only.

    Parameters
    ----------
    name : str
    value : NDArray or array-like

    Examples
    --------
    >>> import mxnet as mx
    >>> class Shift(mx.gluon.HybridBlock):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.shift = self.params.get_constant("shift", mx.nd.array([1, 2]))
    ...     def hybrid_forward(self, F, x, shift):
    ...         return x + shift
    >>> block = Shift()
    >>> block.initialize()
    >>> block(mx.nd.zeros((2,))).asnumpy().tolist()
    [1.0, 2.0]
    """

    def __init__(self, name: str, value: Any) -> None:
        if not isinstance(value, NDArray):
            value = ndarray.array(value)
        self.value = value
        super().__init__(name, grad_req="null", shape=value.shape, dtype=value.dtype, init=_ConstantInit(value))

    @property
    def grad_req(self) -> str:
        """Always ``"null"``."""
        return "null"

    @grad_req.setter
    def grad_req(self, req: str) -> None:
        self._grad_req = "null"
        if req != "null":
            warnings.warn(
                f'a constant has no gradient: grad_req of "{self.name}" stays "null", "{req}" is ignored', stacklevel=2
            )


class _ConstantInit(initializer.Constant):
    """Fills an array with a constant's values; its text form holds the values."""

    def __init__(self, value: NDArray) -> None:
        super().__init__(value)
        self._values = value

    def _init_weight(self, _: object, arr: NDArray) -> None:
        self._values.copyto(arr)

    def dumps(self) -> str:
        return initializer.Constant(self._values.asnumpy().tolist()).dumps()

    def __eq__(self, other: object) -> Any:
        return self is other

    __hash__ = None  # type: ignore[assignment]
