"""``dot`` of matrices of which one is sparse: memory goes with what is stored and what comes out."""

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, Optional

import torch
from torch import Tensor

from ...sparse.dispatch import Rule, dense_gradients
from ...sparse.storage import Csr, Rows, Sparse, convert
from ..linalg.dot import dot

_NARROW = (torch.float16, torch.bfloat16)


def _natural(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
    """The storage type of the product where the caller does not ask for one; None where there is no kernel."""
    left, right = stypes
    if left == "csr" and right in ("default", "row_sparse") and not p.transpose_b:
        return "row_sparse" if p.transpose_a else "default"
    if left == "default" and right == "csr" and not p.transpose_a:
        return "csr"
    return None


def _infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Optional[str]:
    natural = _natural(stypes, p)
    if p.forward_stype is not None:
        # With forward_stype the result may be dense all along; what has no kernel is computed on dense copies and cast.
        return p.forward_stype if natural is not None or p.forward_stype != "default" else None
    return natural


def _run(inputs: Sequence[Any], p: SimpleNamespace) -> Any:
    left, right = inputs
    stypes = tuple(["default" if isinstance(x, Tensor) else x.stype for x in inputs])
    natural = _natural(stypes, p)
    wanted = p.forward_stype or natural or "default"
    if natural is None:
        dense = [x.dense() if isinstance(x, Sparse) else x for x in inputs]
        return convert(dot.fn(*dense, transpose_a=p.transpose_a, transpose_b=p.transpose_b), wanted)
    _check(left, right, p)
    if isinstance(right, Csr):
        made = _dense_csr(left, right, p.transpose_b, wanted)
    elif p.transpose_a:
        made = _transposed_csr(left, right)
        if wanted == "default":
            return made.dense()
    else:
        made = _csr_right(left, right)
    return convert(made, wanted)


def _check(left: Any, right: Any, p: SimpleNamespace) -> None:
    if left.ndim != 2 or right.ndim > 2:
        raise ValueError(
            f"dot of sparse arrays needs matrices, got shapes {tuple(left.shape)} and {tuple(right.shape)}"
        )
    inner = left.shape[0 if p.transpose_a else 1]
    if inner != right.shape[right.ndim - 1 if p.transpose_b else 0]:
        raise ValueError(f"dot shape error: {tuple(left.shape)} X {tuple(right.shape)}")


def _multiply(rows: Tensor, columns: Tensor, values: Tensor, shape: tuple[int, int], right: Tensor) -> Tensor:
    """A matrix, given by coordinates, times a dense one."""
    flat = right.ndim == 1
    matrix = right.unsqueeze(1) if flat else right
    if matrix.dtype in _NARROW or values.dtype in _NARROW:  # torch's kernels do not take them on every device
        wide = _multiply(rows, columns, values.float(), shape, matrix.float()).to(right.dtype)
        return wide.squeeze(1) if flat else wide
    coordinates = torch.sparse_coo_tensor(torch.stack([rows, columns]), values, shape, check_invariants=False)
    product = torch.sparse.mm(coordinates, matrix)
    return product.squeeze(1) if flat else product


def _csr_right(left: Csr, right: Any) -> Tensor:
    """csr times dense or rows: dense."""
    rows, columns, values = left.rows(), left.indices, left.values
    if isinstance(right, Rows):
        rows, columns, values = _met(rows, columns, values, right)
        right = right.values
    return _multiply(rows, columns, values, (left.shape[0], right.shape[0]), right)


def _met(kept: Tensor, summed: Tensor, values: Tensor, right: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """The elements that meet a stored row: their own place, the position of that row, and their values."""
    where, found = right.find(summed)
    return kept[found], where[found], values[found]


def _transposed_csr(left: Csr, right: Any) -> Rows:
    """The transpose of csr times dense or rows: the rows of the columns in which something is stored."""
    rows, columns, values = left.rows(), left.indices, left.values
    if isinstance(right, Rows):
        columns, rows, values = _met(columns, rows, values, right)
        right = right.values
    stored, position = torch.unique(columns, return_inverse=True)
    product = _multiply(position, rows, values, (stored.numel(), right.shape[0]), right)
    return Rows((left.shape[1], *product.shape[1:]), product, stored)


def _dense_csr(left: Tensor, right: Csr, transpose: bool, wanted: str) -> Any:
    """Dense times csr, or its transpose: csr that stores the columns which can be other than zero."""
    if transpose and wanted == "csr":  # MXNet multiplies dense copies here, which hold one value a place
        right = right.sorted()
    summed, kept = (right.indices, right.rows()) if transpose else (right.rows(), right.indices)
    width = right.shape[0 if transpose else 1]
    columns, position = torch.unique(kept, return_inverse=True)
    block = _multiply(position, summed, right.values, (columns.numel(), left.shape[1]), left.t()).t()
    height, count = block.shape
    if wanted == "default":
        dense = block.new_zeros((height, width))
        dense[:, columns] = block
        return dense
    starts = torch.arange(height + 1, device=block.device) * count
    return convert(Csr((height, width), block.reshape(-1), columns.repeat(height), starts), wanted)


def _backward(
    grads: Sequence[Any], inputs: Sequence[Any], outputs: Sequence[Any], p: SimpleNamespace, needed: Sequence[bool]
) -> Any:
    left, right = inputs
    grad = grads[0]
    if needed[0] or not isinstance(left, Csr) or isinstance(right, Csr) or p.transpose_b:
        plain = {"transpose_a": p.transpose_a, "transpose_b": p.transpose_b}
        return dense_gradients(dot, inputs, plain, grads, needed)
    if p.transpose_a:
        return None, _csr_right(left, grad)
    return None, _transposed_csr(left, grad)


def _infer_backward(grad: str, stypes: tuple[str, ...], p: SimpleNamespace) -> tuple[str, ...]:
    if stypes[0] == "csr" and stypes[1] in ("default", "row_sparse") and not p.transpose_b:
        return "default", "default" if p.transpose_a else "row_sparse"
    return ("default",) * 2


dot.sparse = Rule(
    _infer, _run, _backward, _infer_backward, makes_sparse=lambda p: p.forward_stype in ("csr", "row_sparse")
)
