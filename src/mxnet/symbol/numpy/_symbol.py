"""The symbol of ``mx.sym.np``, with the methods and operators of ``mxnet.numpy.ndarray``."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from ..._core.dtypes import torch_dtype
from ..._core.frontend.namespaces import split_name
from ..._core.frontend.operands import GraphOperand, in_graphs
from ..._core.ops.elemwise.copying import cast
from ..._core.ops.numpy.shape import copy as copy_op
from ..._core.registry import OpDef
from ..._core.types import DTypeLike
from ...base import NotImplementedForSymbol
from ...numpy import _methods
from ...numpy._array import ndarray
from .._create import create
from .._symbol import Symbol
from ._indexing import part


class _Symbol(Symbol, GraphOperand):
    """A symbol that stands for an array of ``mx.np``: its operators, indices and methods mean what they do there.

    Examples
    --------
    >>> import mxnet as mx
    >>> x = mx.sym.var("x").as_np_ndarray()
    >>> (x[0] > 3).eval(x=mx.np.array([[2, 4], [6, 8]]))[0].asnumpy().tolist()
    [False, True]
    """

    __slots__ = ()
    __module__ = "mxnet.symbol.numpy"  # where pickles look for it, as MXNet's do
    __hash__ = None  # type: ignore[assignment]  # comparing gives a graph

    @classmethod
    def _apply(cls, od: OpDef, inputs: Sequence[Any], params: dict[str, Any]) -> Any:
        given = {name: value for name, value in params.items() if value is not None or name not in _LEFT_OUT}
        return create(od, inputs, {}, given, hint=_hint(od), kind=cls)

    def _outputs(self) -> Any:
        return list(self) if len(self._heads) > 1 else self

    # ------------------------------------------------------------------ parts

    def __getitem__(self, key: Any) -> Any:
        """A part of the array; of a group of symbols one of them, or some.

        Raises
        ------
        IndexError
            When the key is made of anything but integers, slices, None and Ellipsis.
        """
        if len(self._heads) == 1:
            return part(self, key)
        if not isinstance(key, (int, slice)):
            raise TypeError(f"indices of symbol group must be integers or slices, not {type(key)}")
        return super().__getitem__(key)

    def __len__(self) -> int:
        if len(self._heads) == 1:
            raise TypeError(f"{self!r} is not a list and does not support len().")
        return super().__len__()

    def __iter__(self) -> Iterator[Symbol]:
        if len(self._heads) == 1:
            raise TypeError(f"'{self!r}' is not iterable.")
        return super().__iter__()

    # ------------------------------------------------------------------ other kinds and types

    def as_nd_ndarray(self) -> Symbol:
        """The same for a classic array, with its methods."""
        return Symbol(self._heads)

    def as_np_ndarray(self) -> _Symbol:
        """This symbol itself."""
        return self

    @property
    def T(self) -> Any:
        """The array with its axes reversed."""
        return self.transpose()

    def astype(
        self, dtype: DTypeLike, order: str = "K", casting: str = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The array in another data type; ``copy`` has no effect, the others are those of arrays."""
        if order not in ("K", "C") or casting != "unsafe" or subok is not True:
            raise NotImplementedError(
                "astype supports order 'K' or 'C', casting 'unsafe' and subok True; "
                f"got {order!r}, {casting!r}, {subok!r}"
            )
        return self._apply(cast, [self], {"dtype": torch_dtype(dtype)})

    def copy(self, order: str = "C") -> Any:
        """A copy."""
        return self._apply(copy_op, [self], {})


_LEFT_OUT = ("dtype", "initial")  # parameters that files do not hold where they are None


@functools.cache
def _hint(od: OpDef) -> str:
    """What automatic names of nodes begin with: the name of the operator in the NumPy interface."""
    for name in (od.name, *od.aliases):
        space, shown = split_name(name)
        if space.startswith("numpy"):
            return shown
    return od.hint


_methods.install(_Symbol)


def over_symbols(functions: dict[str, Any]) -> dict[str, Any]:
    """Functions that make arrays of nothing but numbers, as functions that make nodes."""
    return {name: _making_nodes(name, fn) for name, fn in functions.items()}


def _making_nodes(name: str, fn: Callable[..., Any]) -> Any:
    def refuse(result: Any) -> None:
        if isinstance(result, ndarray):
            raise NotImplementedForSymbol(name, None)

    return in_graphs(fn, _Symbol, refuse)
