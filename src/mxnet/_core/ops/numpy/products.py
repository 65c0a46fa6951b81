"""Products of vectors and matrices, and diagonals."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace

import torch
from torch import Tensor

from ...integer_products import integer_product
from ...params import Shape
from ...registry import OpDef, op
from ...shapes import ShapeRule, TypeRule
from .families import all_of_one_type, of_one_type, promoted


def _of_two(registered: OpDef) -> None:
    """Declare that the result has the type to which those of the two inputs are promoted."""
    first, second = registered.inputs

    @registered.infer_type
    def _(t: TypeRule, p: SimpleNamespace) -> None:
        if t[first] is not None and t[second] is not None:
            t.unify(t.outputs[0], promoted(t[first], t[second]))


def _lengths(s: ShapeRule, p: SimpleNamespace) -> None:
    """The last axis of ``a`` is as long as the second last of ``b``, or its only one; so weights follow from data."""
    a, b = s["a"], s["b"]
    if not a or not b:
        return
    place = max(len(b) - 2, 0)
    s.unify("a", (*a[:-1], b[place]))
    s.unify("b", (*b[:place], a[-1], *b[place + 1 :]))
    if len(b) <= 2:  # else the two operators differ
        s.unify(s.outputs[0], (*a[:-1], *b[1:]))


def _contracted(a: Tensor, b: Tensor, of_a: Sequence[int], of_b: Sequence[int]) -> Tensor:
    """Sum of products over axes of equal lengths; of booleans, whether any product is true."""
    a, b = of_one_type(a, b)
    lengths = [x.shape[i] if -x.ndim <= i < x.ndim else -1 for x, axes in ((a, of_a), (b, of_b)) for i in axes]
    if -1 in lengths or len(of_a) != len(of_b) or lengths[: len(of_a)] != lengths[len(of_a) :]:
        # torch would broadcast axes of length 1
        one, other = (f"axes {tuple(axes)} of shape {tuple(x.shape)}" for x, axes in ((a, of_a), (b, of_b)))
        raise ValueError(f"{one} and {other} do not have the same lengths")
    return _counted(lambda x, y: torch.tensordot(x, y, dims=(list(of_a), list(of_b))), a, b)


def _counted(product: Callable[..., Tensor], *arrays: Tensor) -> Tensor:
    """A sum of products; of booleans, for which torch has none, whether any product is true."""
    if arrays[0].dtype != torch.bool:
        try:
            return product(*arrays)
        except RuntimeError:
            return integer_product(product, *arrays)
    return _counted(product, *[x.int() for x in arrays]) != 0


@op("_np_dot")
def dot(a: Tensor, b: Tensor) -> Tensor:
    """Sum of products over the last axis of ``a`` and the second last of ``b`` (the only one of a vector)."""
    a, b = of_one_type(a, b)
    if a.ndim == 0 or b.ndim == 0:
        return a * b
    if a.ndim < 3 and b.ndim < 3:
        return _counted(torch.matmul, a, b)
    return _contracted(a, b, [a.ndim - 1], [max(b.ndim - 2, 0)])


@op("_npi_matmul", outputs=("out",))
def matmul(a: Tensor, b: Tensor) -> Tensor:
    """Product of matrices, which lie in the last two axes; the other axes are broadcast."""
    a, b = of_one_type(a, b)
    if a.ndim == 0 or b.ndim == 0:
        raise ValueError("Multiplication by scalars is not allowed.")
    return _counted(torch.matmul, a, b)


@op("_npi_tensordot_int_axes")
def tensordot_int_axes(a: Tensor, b: Tensor, *, axes: int) -> Tensor:
    """Sum of products over the last ``axes`` axes of ``a`` and the first of ``b``."""
    return _contracted(a, b, range(a.ndim - axes, a.ndim), range(axes))


@op("_npi_tensordot")
def tensordot(a: Tensor, b: Tensor, *, a_axes_summed: Shape, b_axes_summed: Shape) -> Tensor:
    """Sum of products over axes of ``a`` and as many axes of ``b``."""
    return _contracted(a, b, a_axes_summed, b_axes_summed)


@op("_npi_polyval")
def polyval(p: Tensor, x: Tensor) -> Tensor:
    """Values of a polynomial at ``x``; its coefficients ``p`` begin with that of the highest power."""
    p, x = of_one_type(p, x)
    if p.ndim != 1:
        raise ValueError(f"p must have one axis, got shape {tuple(p.shape)}")
    found = torch.zeros_like(x)
    for coefficient in p:
        found = found * x + coefficient
    return found


for _registered in (dot, matmul, tensordot_int_axes, tensordot, polyval):
    _of_two(_registered)
for _registered in (dot, matmul):
    _registered.infer_shape(_lengths)


@op("_npi_einsum", variadic="num_args")
def einsum(*data: Tensor, subscripts: str = "", optimize: int = 0) -> Tensor:
    """Sum of products in Einstein's notation, such as ``"ij,jk->ik"``; ``optimize`` changes nothing."""
    arrays = all_of_one_type(data)
    found = _counted(lambda *x: torch.einsum(subscripts, *x), *arrays)
    return found.to(arrays[0].dtype)  # torch sums integers in int64


# ---------------------------------------------------------------------- diagonals


@op("_np_trace")
def trace(data: Tensor, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """Sum of a diagonal, in the plane of two axes."""
    return torch.diagonal(data, offset, axis1, axis2).sum(-1, dtype=data.dtype)


@op("_np_diag")
def diag(data: Tensor, *, k: int = 0) -> Tensor:
    """The ``k``-th diagonal of a matrix, or a matrix with a vector on it."""
    if data.ndim not in (1, 2):
        raise ValueError(f"Input must be 1- or 2-d, got {data.ndim} axes")
    return torch.diag(data, k)


@op("_np_diagflat")
def diagflat(data: Tensor, *, k: int = 0) -> Tensor:
    """A matrix with all elements of an array on its ``k``-th diagonal."""
    return torch.diagflat(data, k)


@op("_np_diagonal", aliases_input=True)
def diagonal(data: Tensor, *, offset: int = 0, axis1: int = 0, axis2: int = 1) -> Tensor:
    """A diagonal of the planes of two axes, as a new last axis."""
    return torch.diagonal(data, offset, axis1, axis2)


@op("_npi_tril")
def tril(data: Tensor, *, k: int = 0) -> Tensor:
    """With zeros above the ``k``-th diagonal."""
    return torch.tril(data if data.ndim > 1 else data.expand(data.shape[0], -1), k)
