"""Changing the storage type, keeping rows, and counting what is stored."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Literal, Optional

import torch
from torch import Tensor

from ...registry import OpDef, op
from ...shapes import ShapeRule
from ...sparse.dispatch import Rule, add_rule, run_rule
from ...sparse.storage import Rows, Sparse, cast, empty

StorageType = Literal["csr", "default", "row_sparse"]


@op("cast_storage", aliases=("_sparse_cast_storage",), same_shape=True)
def cast_storage(data: Tensor, *, stype: StorageType) -> Any:
    """The array in another storage type; between the two sparse types it must go by way of the dense one.

    Parameters
    ----------
    stype
        ``default``, ``row_sparse`` or ``csr``.

    Examples
    --------
    >>> mx.nd.cast_storage(mx.nd.array([[0, 1], [0, 0]]), "csr").data.asnumpy().tolist()
    [1.0]
    """
    if stype == "default" or data.is_meta:
        return data.clone()
    return run_rule(cast_storage, [data], SimpleNamespace(stype=stype), {"stype": stype})


def _infer_cast(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
    return p.stype if p.stype in (stypes[0], "default") or stypes[0] == "default" else None


def _run_cast(inputs: Sequence[Any], p: SimpleNamespace) -> Any:
    made = cast(inputs[0], p.stype)
    return made.clone() if made is inputs[0] else made


def _pass_on(
    grads: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], p: SimpleNamespace, needed: Sequence[bool]
) -> Any:
    return (grads[0],)


cast_storage.sparse = Rule(
    _infer_cast,
    _run_cast,
    _pass_on,
    lambda grad, stypes, p: (grad,),
    strict=True,
    makes_sparse=lambda p: p.stype != "default",
)


@op("_sparse_retain", same_type=("data", "output"))
def retain(data: Tensor, indices: Tensor) -> Tensor:
    """The rows of a row-sparse array that ``indices`` names; no others are stored.

    Rows that were not stored are stored as zeros.

    Examples
    --------
    >>> x = mx.nd.sparse.row_sparse_array(([[1, 2], [3, 4]], [0, 2]), shape=(3, 2))
    >>> mx.nd.sparse.retain(x, mx.nd.array([0])).asnumpy().tolist()
    [[1.0, 2.0], [0.0, 0.0], [0.0, 0.0]]
    """
    raise TypeError("data must be a RowSparseNDArray")


@retain.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("data", "output")


def _run_retain(inputs: Sequence[Any], p: SimpleNamespace) -> Rows:
    data, indices = inputs
    wanted = _row_numbers(indices, data.shape[0])
    return Rows(data.shape, data.at(wanted), wanted)


def _row_numbers(indices: Tensor, bound: int) -> Tensor:
    """Numbers of rows, ascending, each once."""
    if indices.ndim != 1:
        raise ValueError(f"indices must be a vector, got shape {tuple(indices.shape)}")
    wanted = torch.unique(indices.detach().to(torch.int64))
    if wanted.numel() and (int(wanted[0]) < 0 or int(wanted[-1]) >= bound):
        raise IndexError(f"an index is out of range [0, {bound})")
    return wanted


def _retain_gradient(
    grads: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], p: SimpleNamespace, needed: Sequence[bool]
) -> Any:
    grad, rows = grads[0], outputs[0].indices
    values = grad.at(rows) if isinstance(grad, Rows) else grad.index_select(0, rows)
    return Rows(outputs[0].shape, values, rows), None


retain.sparse = Rule(
    lambda stypes, p: "row_sparse" if stypes == ("row_sparse", "default") else None,
    _run_retain,
    _retain_gradient,
    lambda grad, stypes, p: ("row_sparse", "default"),
    strict=True,
)


@op("_contrib_getnnz", differentiable=False, result_type=torch.int64)
def getnnz(data: Tensor, *, axis: Optional[int] = None) -> Tensor:
    """How many elements a csr matrix stores, zeros among them included, as int64.

    ``axis=1`` counts those of each row, ``axis=0`` those of each column.
    """
    raise TypeError("data must be a CSRNDArray")


@getnnz.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    data = s["data"]
    if p.axis is None:
        s.unify("output", (1,))
    elif data is not None:
        s.unify("output", (data[1 - _axis(p.axis)],))


def _axis(axis: int) -> int:
    if not -2 <= axis < 2:
        raise ValueError(f"axis must be 0 or 1, got {axis}")
    return axis % 2


def _run_getnnz(inputs: Sequence[Any], p: SimpleNamespace) -> Tensor:
    x = inputs[0]
    x.check_places()
    if p.axis is None:
        return x.indptr[-1:].clone()
    return x.indptr.diff() if _axis(p.axis) else torch.bincount(x.indices, minlength=x.shape[1])


getnnz.sparse = Rule(lambda stypes, p: "default" if stypes == ("csr",) else None, _run_getnnz, strict=True)


@op("_contrib_edge_id", differentiable=False, same_type=("data", "output"))
def edge_id(data: Tensor, u: Tensor, v: Tensor) -> Tensor:
    """The values of a csr matrix at rows ``u`` and columns ``v``; -1 where nothing is stored.

    Parameters
    ----------
    u, v
        Rows and columns, vectors of one length.
    """
    raise TypeError("data must be a CSRNDArray")


@edge_id.infer_shape
def _(s: ShapeRule, p: SimpleNamespace) -> None:
    s.same("u", "v", "output")


def _run_edge_id(inputs: Sequence[Any], p: SimpleNamespace) -> Tensor:
    x, u, v = inputs
    if u.ndim != 1 or u.shape != v.shape:
        raise ValueError(f"u and v must be vectors of one length, got shapes {tuple(u.shape)} and {tuple(v.shape)}")
    rows, columns = u.to(torch.int64), v.to(torch.int64)
    for name, index, bound in (("u", rows, x.shape[0]), ("v", columns, x.shape[1])):
        if index.numel() and (int(index.min()) < 0 or int(index.max()) >= bound):
            raise IndexError(f"an index of {name} is out of range [0, {bound})")
    keys, order = x.keys().sort()
    found = torch.full(u.shape, -1, dtype=x.dtype, device=x.device)
    if keys.numel():
        wanted = rows * x.shape[1] + columns
        where = torch.searchsorted(keys, wanted).clamp_(max=keys.numel() - 1)
        hit = keys[where] == wanted
        found[hit] = x.values[order[where[hit]]]
    return found


edge_id.sparse = Rule(
    lambda stypes, p: "default" if stypes == ("csr", "default", "default") else None, _run_edge_id, strict=True
)


def _zeros(od: OpDef) -> Rule:
    """Zeros in the storage type of the input."""

    def run(inputs: Any, p: SimpleNamespace) -> Sparse:
        x = inputs[0]
        return empty(x.stype, x.shape, x.dtype, x.device)

    return Rule(
        lambda stypes, p: stypes[0] if stypes[0] != "default" else None,
        run,
        lambda grads, inputs, outputs, p, needed: (None,),
    )


add_rule("zeros_like", _zeros)
