"""Whether a graph computes on ``mx.np`` arrays what a block computes without one.

Graphs are made of classic operators. Those take ``mx.np`` arrays as they are, and give the same in a graph. Methods
and Python's operators do not: ``x[0]``, ``x > 3``, ``x.sum()`` or ``x / 2`` of integers have NumPy's meaning for
arrays, and another one for symbols. So blocks are traced with symbols that refuse all of these but arithmetic, which
is the same for floating types; whether that is what it was used on is looked up afterwards.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .._core.dtypes import torch_dtype
from .._core.registry import get_op
from ..base import MXNetError
from ..ndarray import NDArray
from ..numpy import ndarray
from ..symbol import Symbol
from ..symbol._symbol import create
from ._block import Block
from ._flatten import flatten

# Operators of two symbols (which broadcast, as NumPy's), of a symbol and a number, of a number and a symbol.
_ARITHMETIC = {
    "add": ("broadcast_add", "_plus_scalar", "_plus_scalar"),
    "sub": ("broadcast_sub", "_minus_scalar", "_rminus_scalar"),
    "mul": ("broadcast_mul", "_mul_scalar", "_mul_scalar"),
    "truediv": ("broadcast_div", "_div_scalar", "_rdiv_scalar"),
}


class Differs(Exception):
    """Something in a block has another meaning for arrays than in a graph."""


class NumpySymbol(Symbol):
    """A symbol that stands for an ``mx.np`` array in a block that is traced."""

    __slots__ = ()

    def __getitem__(self, index: Any) -> Symbol:
        if len(self._heads) == 1:  # else a list of outputs, which an operator gives for arrays too
            raise Differs("indexing of arrays")
        return super().__getitem__(index)

    def __iter__(self) -> Any:
        if len(self._heads) == 1:
            raise Differs("iteration over an array")
        return super().__iter__()

    def __len__(self) -> int:
        if len(self._heads) == 1:
            raise Differs("len() of an array")
        return super().__len__()

    def as_nd_ndarray(self) -> Symbol:
        """The same for a classic array, with its methods."""
        return Symbol(self._heads)

    __hash__ = None  # type: ignore[assignment]


def _refusal(name: str) -> Any:
    def method(self: Symbol, *args: Any, **kwargs: Any) -> Any:
        raise Differs(f"the method {name}" if name[:2] != "__" else f"the operator {name}")

    return method


def _arithmetic(two: str, number: str, reflected: bool) -> Any:
    def method(self: Symbol, other: object) -> Any:
        if type(other) is NumpySymbol:
            return _noted(create(get_op(two), (other, self) if reflected else (self, other), {}, {}))
        if type(other) in (int, float):
            return _noted(create(get_op(number), (self,), {}, {"scalar": other}))
        raise Differs(f"arithmetic with {type(other).__name__}")

    return method


_trace = threading.local()  # what Python's operators have been used on, while a block is traced


def _noted(result: Symbol) -> Symbol:
    operands = getattr(_trace, "operands", None)
    if operands is not None:
        operands += result._heads[0][0].inputs
    return result


def _install() -> None:
    for name in dir(Symbol):
        known = getattr(ndarray, name, None)
        public = not name.startswith("_") or name in _OPERATORS
        if public and known is not None and known is not getattr(NDArray, name, None) and name not in vars(NumpySymbol):
            setattr(NumpySymbol, name, _refusal(name))
    for name, (two, right, left) in _ARITHMETIC.items():
        setattr(NumpySymbol, f"__{name}__", _arithmetic(two, right, False))
        setattr(NumpySymbol, f"__r{name}__", _arithmetic(two, left, True))
    setattr(NumpySymbol, "__neg__", lambda self: self * -1.0)  # noqa: B010  (operators are installed here)


_OPERATORS = frozenset(
    f"__{prefix}{name}__"
    for name in "abs neg bool nonzero eq ne gt ge lt le add sub mul truediv div mod pow matmul".split()
    for prefix in ("", "r", "i")
)
_install()


def as_kind(kind: type[Symbol], symbol: Symbol) -> Symbol:
    """A symbol as a classic one or as one that stands for an ``mx.np`` array."""
    return symbol if type(symbol) is kind else kind(symbol._heads)


def kind_of(args: Any) -> type[Symbol]:
    """The kind of the first symbol in nested arguments."""
    for a in args:
        if isinstance(a, Symbol):
            return type(a)
        if isinstance(a, (list, tuple)) and a:
            return kind_of(a)
    return Symbol


class Answers:
    """Whether the graph of a block serves for ``mx.np`` arrays, by types and emptiness of the arrays."""

    def __init__(self) -> None:
        self.known: dict[Any, bool] = {}
        self.graph: Any = None  # what was traced
        self.operands: list[Any] = []  # entries that Python's operators were used on
        self.reason = ""  # why there is no graph

    def __call__(self, block: Block, trace: Callable[..., Any], args: Sequence[Any]) -> bool:
        """The answer for these arguments; ``trace`` makes the graph.

        A warning says the first time that there is no graph, and why.
        """
        arrays = [a for a in flatten(args, "input")[0] if a is not None]
        if not any(isinstance(a, ndarray) for a in arrays):
            return True
        key = tuple([(a._t.dtype, a._t.dim() == 0 or a._t.numel() == 0) for a in arrays])
        found = self.known.get(key)
        if found is None:
            reason = self._difference(trace, args, arrays)
            found = self.known[key] = not reason
            if reason and not block._told_of_numpy:
                warnings.warn(
                    f"{type(block).__name__} {block.name!r} runs on mx.np arrays as if it had not been hybridized: "
                    f"{reason} would mean something else in a graph. The results are those of the block without graph.",
                    stacklevel=6,
                )
                block.apply(_told)
        return found

    def _difference(self, trace: Callable[..., Any], args: Sequence[Any], arrays: Sequence[NDArray]) -> str:
        if self.graph is None and not self.reason:
            before = getattr(_trace, "operands", None)
            _trace.operands = self.operands = []
            try:
                self.graph = trace(*args, kind=NumpySymbol)
            except Exception as e:  # noqa: BLE001 (it will be raised again, where it is no matter of graphs)
                self.reason = str(e) if isinstance(e, Differs) else f"what raises {type(e).__name__} ({e})"
            finally:
                _trace.operands = before
        return self.reason or _difference(self.graph[0], self.operands, arrays)


def some_classic(outputs: list[NDArray], classic: list[bool]) -> Any:
    """Outputs, those as classic arrays that ``as_nd_ndarray`` was called on in the block."""
    found = [o.as_nd_ndarray() if c else o for o, c in zip(outputs, classic)]
    return found[0] if len(found) == 1 else found


def _told(block: Block) -> None:
    block._told_of_numpy = True


def _difference(inputs: Sequence[Symbol], operands: Sequence[Any], arrays: Sequence[NDArray]) -> str:
    """What a graph would do otherwise than the block for these arrays, in words; empty when there is nothing."""
    if any(a._t.dim() == 0 or a._t.numel() == 0 for a in arrays):
        return "an array without axes or elements"
    if not operands:
        return ""
    known = {v.name: np.dtype(a.dtype) for v, a in zip(inputs, arrays)}
    heads = Symbol(operands)
    names = set(heads.list_arguments())
    try:
        types = heads.infer_type_partial(**{k: v for k, v in known.items() if k in names})[1]
    except MXNetError as e:
        return f"arithmetic of types that cannot be told ({e})"
    found = {None if t is None else torch_dtype(t) for t in types or [None]}
    if any(t is None or not t.is_floating_point for t in found):
        return "arithmetic of integers"
    return "arithmetic of several types" if len(found) > 1 else ""
