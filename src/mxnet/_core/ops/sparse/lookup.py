"""Parts of sparse arrays: slices, rows picked by number, choices, and arrays put together."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Optional

import torch
from torch import Tensor

from ...registry import OpDef
from ...sparse.dispatch import Rule, add_rule
from ...sparse.storage import Csr, Rows
from ..indexing.places import positions
from ..indexing.select import where
from ..indexing.slice import slice_ as slice_op
from ..indexing.take import take
from ..shape.join import concat


def _picked(x: Csr, rows: Tensor) -> Csr:
    """The rows of these numbers, in this order."""
    x.check_places()
    counts = x.indptr.diff()[rows]
    starts = torch.zeros(rows.numel() + 1, dtype=torch.int64, device=x.device)
    torch.cumsum(counts, 0, out=starts[1:])
    # Where each element comes from: the start of its row, and its number in that row.
    total = int(starts[-1])
    source = torch.arange(total, device=x.device) + torch.repeat_interleave(x.indptr[rows] - starts[:-1], counts)
    return Csr((rows.numel(), x.shape[1]), x.values[source], x.indices[source], starts)


def _slice_bounds(p: SimpleNamespace, shape: tuple[int, ...]) -> list[tuple[int, int]]:
    """Where a slice of step one begins and ends on each axis, from the operator's own reading of its parameters."""
    found = []
    for axis, length in enumerate(shape):
        begin = p.begin[axis] if axis < len(p.begin) else None
        end = p.end[axis] if axis < len(p.end) else None
        start, stop, _ = slice(begin, end).indices(length)
        found.append((start, max(start, stop)))
    return found


def _infer_slice(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
    plain = all(s in (None, 1) for s in (p.step or ()))
    return "csr" if stypes[0] == "csr" and plain and len(p.begin) <= 2 else None


def _run_slice(inputs: Sequence[Any], p: SimpleNamespace) -> Csr:
    x = inputs[0]
    x.check_places()
    (top, bottom), (first, last) = _slice_bounds(p, x.shape)
    begin, end = int(x.indptr[top]), int(x.indptr[bottom])
    starts = x.indptr[top : bottom + 1] - begin
    values, columns = x.values[begin:end], x.indices[begin:end]
    shape = (bottom - top, last - first)
    if (first, last) == (0, x.shape[1]):
        return Csr(shape, values.clone(), columns.clone(), starts)
    inside = (columns >= first) & (columns < last)
    before = torch.zeros(inside.numel() + 1, dtype=torch.int64, device=x.device)
    torch.cumsum(inside, 0, out=before[1:])
    return Csr(shape, values[inside], columns[inside] - first, before[starts])


slice_op.sparse = Rule(_infer_slice, _run_slice)


def _infer_take(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
    return "csr" if stypes == ("csr", "default") and p.axis == 0 else None


def _run_take(inputs: Sequence[Any], p: SimpleNamespace) -> Csr:
    x, indices = inputs
    if indices.ndim != 1:
        raise ValueError(f"indices into a csr array must be a vector, got shape {tuple(indices.shape)}")
    return _picked(x, positions(indices, 0, x.shape[0], p.mode))


take.sparse = Rule(_infer_take, _run_take)


# ---------------------------------------------------------------------- embeddings


def _embedding(od: OpDef, always_rows: bool) -> Rule:
    """Rows of a row-sparse weight, and gradients that hold only the rows which were looked up."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
        return "default" if stypes in (("default", "row_sparse"), ("default", "default")) else None

    def run(inputs: Any, p: SimpleNamespace) -> Tensor:
        data, weight = inputs
        if tuple(weight.shape) != (p.input_dim, p.output_dim):
            raise ValueError(
                f"weight must have the shape (input_dim, output_dim) = {(p.input_dim, p.output_dim)}, got "
                f"{tuple(weight.shape)}"
            )
        rows = positions(data, 0, p.input_dim, "clip").reshape(-1)
        found = weight.at(rows) if isinstance(weight, Rows) else weight.index_select(0, rows)
        return found.reshape(*data.shape, p.output_dim)

    def backward(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace, needed: Any) -> Any:
        data, weight = inputs
        picked = positions(data, 0, p.input_dim, "clip").reshape(-1)
        rows, place = torch.unique(picked, return_inverse=True)
        grad = grads[0].reshape(-1, p.output_dim)
        total = grad.new_zeros((rows.numel(), p.output_dim)).index_add_(0, place, grad)
        return None, Rows(tuple(weight.shape), total, rows)

    def infer_backward(grad: str, stypes: tuple[str, ...], p: SimpleNamespace) -> tuple[str, ...]:
        return "default", "row_sparse" if always_rows or p.sparse_grad else "default"

    return Rule(infer, run, backward, infer_backward, strict=True)


add_rule("Embedding", _embedding, False)
add_rule("_contrib_SparseEmbedding", _embedding, True)


# ---------------------------------------------------------------------- several arrays


def _run_concat(inputs: Sequence[Any], p: SimpleNamespace) -> Csr:
    width = inputs[0].shape[1]
    for i, x in enumerate(inputs):
        if x.shape[1] != width or x.dtype != inputs[0].dtype:
            raise ValueError(
                f"Incompatible input shape: arg{i} is {x.shape} {x.dtype}, arg0 {inputs[0].shape} {inputs[0].dtype}; "
                "only axis 0 may differ"
            )
    starts, total = [inputs[0].indptr[:1]], 0
    for x in inputs:
        starts.append(x.indptr[1:] + total)
        total += x.values.numel()
    shape = (sum(x.shape[0] for x in inputs), width)
    values = torch.cat([x.values for x in inputs])
    return Csr(shape, values, torch.cat([x.indices for x in inputs]), torch.cat(starts))


concat.sparse = Rule(
    lambda stypes, p: "csr" if p.dim in (0, -2) and set(stypes) == {"csr"} else None,
    _run_concat,
)


def _run_where(inputs: Sequence[Any], p: SimpleNamespace) -> Tensor:
    condition, x, y = inputs
    if not condition.shape == tuple(x.shape) == tuple(y.shape):
        raise ValueError(
            f"a csr condition must have the shape of x and y, got {condition.shape}, {tuple(x.shape)} and "
            f"{tuple(y.shape)}"
        )
    rows, columns = condition.rows(), condition.indices
    chosen = condition.values != 0
    rows, columns = rows[chosen], columns[chosen]
    made = y.clone()
    made[rows, columns] = x[rows, columns]
    return made


where.sparse = Rule(lambda stypes, p: "default" if stypes == ("csr", "default", "default") else None, _run_where)
