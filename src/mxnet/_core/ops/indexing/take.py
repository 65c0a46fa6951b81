"""Operators that pick by an index along one axis."""

from types import SimpleNamespace
from typing import Annotated, Any, Literal, Optional

import torch
import torch.nn.functional as F
from torch import Tensor

from ...params import Double, DTypeOf
from ...registry import Display, op
from ...shapes import ShapeRule, TypeRule
from ...sparse.storage import wants_rows
from ..axes import check_axis
from ..elemwise.scalar import held
from .places import IndexMode, check_bounds, positions

ValueType = Annotated[Any, DTypeOf("bfloat16", "float16", "float32", "float64", "int32", "int64", "int8", "uint8")]


@op("take", methods=True, aliases=("_npi_take",), inert=("indices",), same_type=("a", "output"))
def take(a: Tensor, indices: Tensor, *, axis: int = 0, mode: IndexMode = "clip") -> Tensor:
    """Pick slices of an array along an axis; the axes of ``indices`` replace that axis.

    ``mode`` says what happens to indices out of range: ``"clip"`` moves them to the nearest end (a negative one to the
    first element), ``"wrap"`` counts on from the other end, ``"raise"`` refuses them. The gradient of an element
    picked several times is the sum.

    Parameters
    ----------
    mode
        What becomes of indices out of range: ``clip``, ``wrap`` or ``raise``.

    Raises
    ------
    IndexError
        With ``mode="raise"`` for an index out of range.
    """
    axis = check_axis(axis, a.ndim)
    where = positions(indices, axis, a.shape[axis], mode)
    picked = a.index_select(axis, where.reshape(-1))
    return picked if indices.ndim == 1 else picked.reshape(a.shape[:axis] + indices.shape + a.shape[axis + 1 :])


@op("batch_take", no_gradient=True)
def batch_take(a: Tensor, indices: Tensor) -> Tensor:
    """Pick one element of each row: ``output[i] = a[i, indices[i]]``. Superseded by ``pick``."""
    if a.ndim < 2 or indices.numel() * a.shape[-1] != a.numel():
        raise ValueError(f"indices must have one element a row of a {tuple(a.shape)}, got {tuple(indices.shape)}")
    if indices.dtype != torch.int32:
        raise TypeError(f"indices must be of type int32, got {str(indices.dtype)[6:]}")
    rows = a.reshape(-1, a.shape[-1])
    where = positions(indices, 1, a.shape[-1], "clip").reshape(-1, 1)
    return rows.gather(1, where).reshape(indices.shape)


@batch_take.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("indices", "output")


@batch_take.infer_type
def _(t: TypeRule, p: SimpleNamespace) -> None:
    t.same("a", "output")
    t.unify("indices", torch.int32)


def _without(shape: tuple, axis: int) -> tuple:
    """The shape without an axis; an only axis becomes one of length 1."""
    return (*shape[:axis], *shape[axis + 1 :]) or (1,)


def _pick_axis(axis: Optional[int], ndim: int) -> int:
    if axis is None:
        raise ValueError("axis=None is not supported by pick; an axis must be given")
    return check_axis(axis, ndim)


@op(
    "pick", methods=True, aliases=("choose_element_0index", "_npx_pick"), inert=("index",), same_type=("data", "output")
)
def pick(
    data: Tensor,
    index: Tensor,
    *,
    axis: Optional[int] = -1,
    keepdims: bool = False,
    mode: Literal["clip", "wrap"] = "clip",
) -> Tensor:
    """Pick one element along an axis for each place on the other axes: ``output[i] = data[i, index[i]]``.

    ``index`` has the shape of ``data`` without the axis, or with length 1 there. Indices out of range are clipped or
    wrapped around.

    Parameters
    ----------
    mode
        What becomes of indices out of range: ``clip`` or ``wrap``.
    """
    axis = _pick_axis(axis, data.ndim)
    kept = (*data.shape[:axis], 1, *data.shape[axis + 1 :])
    gone = _without(tuple(data.shape), axis)
    if tuple(index.shape) not in (kept, gone):
        raise ValueError(
            f"index must have the shape {gone} or {kept} for data of shape {tuple(data.shape)} and axis "
            f"{axis}, got {tuple(index.shape)}"
        )
    picked = data.gather(axis, positions(index, axis, data.shape[axis], mode).reshape(kept))
    return picked if keepdims else picked.reshape(gone)


@pick.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data, index = s["data"], s["index"]
    if data is None:
        return
    axis = _pick_axis(p.axis, len(data))
    kept = (*data[:axis], 1, *data[axis + 1 :])
    gone = _without(data, axis)
    s.unify("output", kept if p.keepdims else gone)
    s.unify("index", kept if index is not None and len(index) == len(data) else gone)


def embedding(
    data: Tensor,
    weight: Tensor,
    *,
    input_dim: int,
    output_dim: int,
    dtype: ValueType = torch.float32,
    sparse_grad: bool = False,
) -> Tensor:
    """Look up rows of ``weight`` (input_dim, output_dim) by the indices in ``data``; out of range is clipped.

    The result has the shape of ``data`` and one more axis of length ``output_dim``. ``sparse_grad`` asks for a
    ``row_sparse`` gradient of the weight.
    """
    if tuple(weight.shape) != (input_dim, output_dim):
        raise ValueError(
            f"weight must have the shape (input_dim, output_dim) = {(input_dim, output_dim)}, got {tuple(weight.shape)}"
        )
    return F.embedding(positions(data, 0, input_dim, "clip"), weight, sparse=sparse_grad and wants_rows(weight))


def _sparse_embedding(
    data: Tensor,
    weight: Tensor,
    *,
    input_dim: int,
    output_dim: int,
    dtype: ValueType = torch.float32,
    sparse_grad: bool = False,
    deterministic: bool = False,
) -> Tensor:
    """``Embedding`` whose weight always has a ``row_sparse`` gradient. Superseded by ``Embedding(sparse_grad=True)``.

    ``deterministic`` makes no difference: gradients are always added up in the same order.

    Parameters
    ----------
    deterministic
        Taken for compatibility, without an effect.
    """
    return embedding(data, weight, input_dim=input_dim, output_dim=output_dim, sparse_grad=True)


def _embedding_shapes(s: ShapeRule, p: SimpleNamespace) -> None:
    s.unify("weight", (p.input_dim, p.output_dim))
    data, out = s["data"], s["output"]
    if data is not None:
        s.unify("output", (*data, p.output_dim))
    elif out is not None:
        s.unify("data", out[:-1])


def _embedding_types(t: TypeRule, p: SimpleNamespace) -> None:
    t.same("weight", "output")
    if t["weight"] is None and t["data"] is not None:
        t.unify("weight", p.dtype)


_ARGUMENTS = ("data", "weight", "input_dim", "output_dim", "dtype", "sparse_grad")

for _opdef in (
    op("Embedding", aliases=("_npx_embedding", "_sparse_Embedding"), inert=("data",))(embedding),
    op("_contrib_SparseEmbedding", arg_order=_ARGUMENTS, inert=("data",), display=Display(listed=_ARGUMENTS))(
        _sparse_embedding
    ),
):
    _opdef.infer_shape(_embedding_shapes)
    _opdef.infer_type(_embedding_types)


@op(
    "one_hot",
    methods=True,
    display=Display(input_named=True),
    aliases=("_npx_one_hot",),
    differentiable=False,
    result_type="dtype",
)
def one_hot(
    indices: Tensor, *, depth: int, on_value: Double = 1.0, off_value: Double = 0.0, dtype: ValueType = torch.float32
) -> Tensor:
    """A vector of length ``depth`` for each index: ``on_value`` at the index, ``off_value`` elsewhere.

    An index out of range gives a vector of ``off_value`` only.

    Parameters
    ----------
    depth
        The length of each vector.
    on_value, off_value
        The element at the index, and all others.
    """
    if depth < 0:
        raise ValueError(f"depth must be a non-negative integer, got {depth}")
    on_value, off_value = (held(value, dtype) for value in (on_value, off_value))
    vectors = torch.full((*indices.shape, depth), off_value, dtype=dtype, device=indices.device)
    if not depth:
        return vectors
    places = indices.to(torch.int64).unsqueeze(-1)
    within = places.clamp(0, depth - 1)
    return vectors.scatter_(-1, within, torch.where(within == places, on_value, off_value).to(dtype))


@op("_onehot_encode", no_gradient=True, display=Display(input_type="NDArray"), same_type=("rhs", "output"))
def onehot_encode(lhs: Tensor, rhs: Tensor) -> Tensor:
    """One-hot vectors for the indices ``lhs``, in the shape (n, depth) of ``rhs``. Superseded by ``one_hot``."""
    if lhs.ndim != 1 or rhs.ndim != 2 or lhs.shape[0] != rhs.shape[0]:
        raise ValueError(f"lhs must be of shape (n,) and rhs (n, depth), got {tuple(lhs.shape)} and {tuple(rhs.shape)}")
    return one_hot(lhs, depth=rhs.shape[1], dtype=rhs.dtype)


@op("fill_element_0index", no_gradient=True, display=Display(input_type="NDArray"), same_type=("lhs", "output"))
def fill_element_0index(lhs: Tensor, mhs: Tensor, rhs: Tensor) -> Tensor:
    """A copy of the matrix ``lhs`` with ``mhs[i]`` at row ``i`` and column ``rhs[i]``.

    Parameters
    ----------
    mhs
        The new elements, one a row.
    """
    if lhs.ndim != 2 or mhs.shape != rhs.shape or tuple(mhs.shape) != (lhs.shape[0],):
        raise ValueError(
            f"lhs must be a matrix and mhs and rhs have one element a row, got shapes {tuple(lhs.shape)}, "
            f"{tuple(mhs.shape)} and {tuple(rhs.shape)}"
        )
    columns = rhs.to(torch.int64)
    check_bounds(columns, 1, lhs.shape[1], low=0)
    return lhs.scatter(1, columns.unsqueeze(1), mhs.to(lhs.dtype).unsqueeze(1))
