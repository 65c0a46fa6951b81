"""Custom operators that stand in graphs of MXNet 1.9.1 for functions of NumPy which it has no operators for.

Files of symbols name them: ``mx.sym.np.resize`` is a node ``Custom`` with ``op_type="resize_fallback"``. They
are loaded when a graph asks for one. As in MXNet no gradient passes through them.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import importlib
from typing import Any, ClassVar

import numpy as onp

from . import numpy as _np
from .context import Context
from .operator import CustomOp, CustomOpProp
from .operator import register as _register


class _Forward(CustomOp):
    """An operator that computes its one output from its inputs by `_compute`, and has no gradient."""

    name: ClassVar[str]

    def forward(self, is_train: bool, req: Any, in_data: Any, out_data: Any, aux: Any) -> None:
        self.assign(out_data[0], req[0], self._compute(*(x.as_np_ndarray() for x in in_data)))

    def backward(self, req: Any, out_grad: Any, in_data: Any, out_data: Any, in_grad: Any, aux: Any) -> None:
        raise NotImplementedError(f"{self.name} has no gradient in graphs")

    def assign(self, dst: Any, req: str, src: Any) -> None:
        target = dst.as_np_ndarray()
        if req in ("write", "inplace"):
            target[...] = src
        elif req == "add":
            target[...] += src

    def _compute(self, *inputs: Any) -> Any:
        raise NotImplementedError


def register(op_name: str, imperative: bool = True, symbolic: bool = True) -> Any:
    """A decorator that registers a custom operator, and makes it a function of ``np._internal``.

    Parameters
    ----------
    op_name : str
    imperative, symbolic : bool
        Whether the function is there in ``mx.nd`` and in ``mx.sym``.
    """

    def do_register(prop_cls: Any) -> Any:
        for wanted, package in ((imperative, "ndarray"), (symbolic, "symbol")):
            if wanted:
                with contextlib.suppress(ModuleNotFoundError):
                    module = importlib.import_module(f"mxnet.{package}.numpy._internal")
                    setattr(module, op_name, functools.partial(module.Custom, op_type=op_name))
        return _register(op_name)(prop_cls)

    return do_register


class EmptyLike(_Forward):
    """An array like another; its values are not set by NumPy's function, and zeros here."""

    name = "empty_like"

    def __init__(self, dtype: Any, order: str, subok: bool, shape: Any) -> None:
        super().__init__()
        if subok or shape is not None or order not in ("C", "K"):
            raise NotImplementedError("empty_like supports order 'C', subok=False and shape=None")
        self._dtype = dtype

    def _compute(self, prototype: Any) -> Any:
        return _np.zeros_like(prototype, dtype=self._dtype)


@register("empty_like_fallback")
class EmptyLikeProp(CustomOpProp):
    """Makes :class:`EmptyLike`."""

    def __init__(self, dtype: str, order: str, subok: str, shape: str) -> None:
        super().__init__(need_top_grad=True)
        self._dtype = _np.utils._STR_2_DTYPE_[dtype]
        self._given = self._dtype, order, ast.literal_eval(subok), ast.literal_eval(shape)

    def list_arguments(self) -> list[str]:
        return ["prototype"]

    def infer_shape(self, in_shape: list[Any]) -> Any:
        return in_shape, [in_shape[0]], []

    def infer_type(self, in_type: list[Any]) -> Any:
        return in_type, [in_type[0] if self._dtype is None else self._dtype], []

    def create_operator(self, ctx: Context, in_shapes: Any, in_dtypes: Any) -> EmptyLike:
        return EmptyLike(*self._given)


class Resize(_Forward):
    """An array in another shape, its elements repeated or cut off."""

    name = "resize"

    def __init__(self, new_shape: Any) -> None:
        super().__init__()
        self._new_shape = new_shape

    def _compute(self, a: Any) -> Any:
        return _np.resize(a, self._new_shape)


@register("resize_fallback")
class ResizeProp(CustomOpProp):
    """Makes :class:`Resize`."""

    def __init__(self, new_shape: str) -> None:
        super().__init__(need_top_grad=True)
        self._new_shape = ast.literal_eval(new_shape)

    def list_arguments(self) -> list[str]:
        return ["a"]

    def infer_shape(self, in_shape: list[Any]) -> Any:
        return in_shape, [(self._new_shape,) if isinstance(self._new_shape, int) else self._new_shape], []

    def create_operator(self, ctx: Context, in_shapes: Any, in_dtypes: Any) -> Resize:
        return Resize(self._new_shape)


class Unravel_index(_Forward):
    """Positions along each axis, from those in a flattened array, stacked along a first axis."""

    name = "unravel_index"

    def __init__(self, shape: Any) -> None:
        super().__init__()
        self._shape = shape

    def _compute(self, indices: Any) -> Any:
        places = onp.unravel_index(indices.asnumpy().astype("int64"), self._shape)
        return _np.array(onp.stack(places), dtype=indices.dtype, ctx=indices.ctx)


@register("unravel_index_fallback")
class Unravel_indexProp(CustomOpProp):
    """Makes :class:`Unravel_index`."""

    def __init__(self, shape: str) -> None:
        super().__init__(need_top_grad=True)
        self._shape = ast.literal_eval(shape)

    def list_arguments(self) -> list[str]:
        return ["indices"]

    def infer_shape(self, in_shape: list[Any]) -> Any:
        axes = 1 if isinstance(self._shape, int) else len(self._shape)
        return in_shape, [(axes, *in_shape[0])], []

    def create_operator(self, ctx: Context, in_shapes: Any, in_dtypes: Any) -> Unravel_index:
        return Unravel_index(self._shape)


class MultivariateNormal(_Forward):
    """Draws from normal distributions with means and covariances."""

    name = "random.multivariate_normal"

    def __init__(self, size: Any = None) -> None:
        super().__init__()
        self._size = size

    def _compute(self, mean: Any, cov: Any) -> Any:
        return _np.random.multivariate_normal(mean, cov, self._size)


@register("mvn_fallback")
class MultivariateNormalProp(CustomOpProp):
    """Makes :class:`MultivariateNormal`."""

    def __init__(self, size: str | None = None) -> None:
        super().__init__(need_top_grad=True)
        found = None if size is None else ast.literal_eval(size)
        self._size = (found,) if isinstance(found, int) else found

    def list_arguments(self) -> list[str]:
        return ["mean", "cov"]

    def infer_shape(self, in_shape: list[Any]) -> Any:
        mean, cov = map(tuple, in_shape)
        if not mean or len(cov) < 2 or cov[-1] != cov[-2] or cov[-1] != mean[-1]:
            raise ValueError(f"mean and cov must have shapes (..., n) and (..., n, n), got {mean} and {cov}")
        return in_shape, [(*(self._size or ()), *onp.broadcast_shapes(mean, cov[:-1]))], []

    def create_operator(self, ctx: Context, in_shapes: Any, in_dtypes: Any) -> MultivariateNormal:
        return MultivariateNormal(self._size)
