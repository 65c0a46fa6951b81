"""Operators that work element by element and keep zeros: they compute on the stored values."""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor

from ...registry import OpDef
from ...sparse.dispatch import Rule, add_rule, dense_gradients
from ...sparse.storage import Csr, Rows, Sparse, as_dense, convert, csr_from_keys, stype_of

_SPARSE = ("row_sparse", "csr")


def keywords(od: OpDef, p: SimpleNamespace) -> dict[str, Any]:
    """The parameters that an operator's function takes."""
    return {k: getattr(p, k) for k in od.takes}


# ---------------------------------------------------------------------- gradients


def _gradients(od: OpDef) -> Any:
    """The gradient of an elementwise operator: for one that comes as rows, only at these rows."""

    def backward(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace, needed: Any) -> Any:
        grad = grads[0]
        if not isinstance(grad, Rows):
            return NotImplemented
        rows = grad.indices
        parts = [_block(x, rows) for x in inputs]
        found = dense_gradients(od, parts, keywords(od, p), [grad.values], needed)
        return [None if g is None else Rows(grad.shape, g, rows) for g in found]

    return backward


def _block(x: object, rows: Tensor) -> Tensor:
    """Some rows of an array, dense."""
    return x.at(rows) if isinstance(x, Rows) else as_dense(x).index_select(0, rows)


def _flat_gradients(od: OpDef) -> Any:
    """The gradient of an elementwise operator that is flat at zero: only stored rows have any."""
    at_rows = _gradients(od)

    def backward(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace, needed: Any) -> Any:
        x, grad = inputs[0], grads[0]
        if isinstance(grad, Tensor) and isinstance(x, Rows):
            part = grad.index_select(0, x.indices)
            (found,) = dense_gradients(od, [x.values], keywords(od, p), [part], needed)
            return (None if found is None else x.with_values(found),)
        return at_rows(grads, inputs, outputs, p, needed)

    return backward


# ---------------------------------------------------------------------- one array


def _on_values(
    od: OpDef,
    keeps: Callable[[SimpleNamespace], bool] | None = None,
    flat: bool = False,
    stypes: tuple[str, ...] = _SPARSE,
    steep: bool = False,
) -> Rule:
    """A rule that applies the operator to the stored values.

    Parameters
    ----------
    keeps : callable, optional
        ``keeps(p)``: whether zeros stay zeros under these parameters; always when not given.
    flat : bool
        Whether the derivative at zero is zero.
    stypes : tuple of str
        The storage types it keeps.
    steep : bool
        Whether the derivative at zero is infinite: then the gradient is dense, whatever arrives.
    """

    def infer(given: tuple[str, ...], p: SimpleNamespace) -> Any:
        return given[0] if given[0] in stypes and (keeps is None or keeps(p)) else None

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        return inputs[0].with_values(od.fn(inputs[0].values, **keywords(od, p)))

    if steep:
        return Rule(infer, run)
    return Rule(infer, run, _flat_gradients(od) if flat else _gradients(od), _same_as_output)


def _same_as_output(grad: str, stypes: tuple[str, ...], p: SimpleNamespace) -> tuple[str, ...]:
    """Gradients are stored as the output's."""
    return tuple(grad if s == grad else "default" for s in stypes)


add_rule("relu abs sign round rint ceil floor trunc fix square", _on_values, flat=True)
add_rule(
    "negative log1p expm1 sin tan arcsin arctan degrees radians sinh tanh arcsinh arctanh "
    "_contrib_gradientmultiplier _contrib_round_ste _contrib_sign_ste",
    _on_values,
)
add_rule("sqrt cbrt", _on_values, steep=True)
add_rule("_mul_scalar _div_scalar _scatter_plus_scalar _scatter_minus_scalar", _on_values)
add_rule("_plus_scalar _minus_scalar", _on_values, lambda p: p.scalar == 0)
add_rule("clip", _on_values, lambda p: p.a_min <= 0 <= p.a_max)
add_rule("_contrib_quadratic", _on_values, lambda p: p.c == 0, stypes=("csr",))
for _name, _of_zero in (
    ("equal", lambda s: s == 0),
    ("not_equal", lambda s: s != 0),
    ("greater", lambda s: s < 0),
    ("greater_equal", lambda s: s <= 0),
    ("lesser", lambda s: s > 0),
    ("lesser_equal", lambda s: s >= 0),
):
    add_rule(f"_{_name}_scalar", _on_values, lambda p, of_zero=_of_zero: not of_zero(p.scalar), flat=True)


def _copies(od: OpDef, passes: bool) -> Rule:
    """A rule for copies; their gradient is the array's own, or that of the dense operator."""
    return Rule(
        lambda stypes, p: stypes[0] if stypes[0] in _SPARSE else None,
        lambda inputs, p: inputs[0].clone(),
        (lambda grads, inputs, outputs, p, needed: (grads[0],)) if passes else None,
        _same_as_output,
    )


add_rule("_copy _copyto", _copies, True)
add_rule("BlockGrad make_loss", _copies, False)


# ---------------------------------------------------------------------- two arrays


def _rows_together(a: Rows, b: Rows) -> tuple[Tensor, Tensor, Tensor]:
    """The row numbers that either array stores, and both arrays at these rows."""
    if a.indices.shape == b.indices.shape and bool((a.indices == b.indices).all()):
        return a.indices, a.values, b.values
    rows = torch.unique(torch.cat([a.indices, b.indices]))
    return rows, a.at(rows), b.at(rows)


def _elements_together(a: Csr, b: Csr) -> tuple[Tensor, Tensor, Tensor]:
    """The places that either matrix stores, in order, and the values of both there; those of one place add up."""
    count = a.values.numel()
    keys, inverse = torch.unique(torch.cat([a.keys(), b.keys()]), return_inverse=True)
    left = a.values.new_zeros(keys.numel()).index_add_(0, inverse[:count], a.values)
    right = b.values.new_zeros(keys.numel()).index_add_(0, inverse[count:], b.values)
    return keys, left, right


def _check_shapes(inputs: Sequence[Any]) -> None:
    first = tuple(inputs[0].shape)
    for i, x in enumerate(inputs):
        if tuple(x.shape) != first:
            raise ValueError(f"all inputs must have one shape, but input {i} has {tuple(x.shape)} and input 0 {first}")


def _joined(od: OpDef, a: Any, b: Any) -> Any:
    """An operator that gives zero for two zeros, on two arrays of one storage type."""
    if isinstance(a, Rows):
        rows, left, right = _rows_together(a, b)
        return Rows(a.shape, od.fn(left, right), rows)
    keys, left, right = _elements_together(a, b)
    return csr_from_keys(a.shape, od.fn(left, right), keys)


def _both(od: OpDef, steep: bool = False) -> Rule:
    """A rule for two arrays of one sparse storage type; for ``steep`` see :func:`_on_values`."""

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        _check_shapes(inputs)
        return _joined(od, *inputs)

    return Rule(_infer_same, run) if steep else Rule(_infer_same, run, _gradients(od), _same_as_output)


def _infer_same(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
    return stypes[0] if stypes[0] == stypes[1] and stypes[0] in _SPARSE else None


def _add_into(dense: Tensor, x: Any, sign: int = 1) -> Tensor:
    """Add an array of any storage type to a dense one, in place; what a place is given several times adds up."""
    if isinstance(x, Rows):
        x.check_places()
        return dense.index_add_(0, x.indices, x.values.to(dense.dtype), alpha=sign)
    if isinstance(x, Csr):
        values = x.values.to(dense.dtype)
        return dense.index_put_((x.rows(), x.indices), values if sign == 1 else -values, accumulate=True)
    return dense.add_(x, alpha=sign)


def _mixed_sum(a: Any, b: Any, sign: int) -> Tensor:
    """The sum or difference of a dense array and a sparse one."""
    if isinstance(a, Sparse):
        return _add_into(b.clone() if sign == 1 else -b, a)
    return _add_into(a.clone(), b, sign)


def _sum_rule(od: OpDef, sign: int) -> Rule:
    """A rule for a sum or difference: of one storage type, or of a dense array and a sparse one."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
        same = _infer_same(stypes, p)
        return "default" if same is None and "default" in stypes and stypes != ("default", "default") else same

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        _check_shapes(inputs)
        a, b = inputs
        if isinstance(a, Sparse) and isinstance(b, Sparse):
            return _joined(od, a, b)
        return _mixed_sum(a, b, sign)

    def backward(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace, needed: Any) -> Any:
        g = grads[0]
        return g, (g if sign == 1 else g.with_values(-g.values) if isinstance(g, Sparse) else -g)

    return Rule(infer, run, backward, _same_as_output)


def _product(od: OpDef) -> Rule:
    """The rule of a product: the stored places of one array suffice."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
        kinds = set(stypes) - {"default"}
        return kinds.pop() if len(kinds) == 1 else None

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        _check_shapes(inputs)
        a, b = inputs
        if isinstance(a, Sparse) and isinstance(b, Sparse):
            return _joined(od, a, b)
        sparse, dense = (a, b) if isinstance(a, Sparse) else (b, a)
        return sparse.with_values(sparse.values * _at_places(dense, sparse))

    return Rule(infer, run, _gradients(od), _same_as_output)


def _at_places(dense: Tensor, like: Any) -> Tensor:
    """The elements of a dense array at the places that a sparse array stores."""
    if isinstance(like, Rows):
        like.check_places()
        return dense.index_select(0, like.indices)
    return dense[like.rows(), like.indices]


add_rule("_grad_add _maximum _minimum", _both)
add_rule("_hypot", _both, steep=True)
add_rule("elemwise_add", _sum_rule, 1)
add_rule("elemwise_sub", _sum_rule, -1)
add_rule("elemwise_mul", _product)


def _broadcasts(dense: Tensor, shape: tuple[int, ...]) -> bool:
    """Whether a dense array can be broadcast to the shape of a matrix."""
    return dense.ndim <= 2 and all(n in (1, m) for n, m in zip(dense.shape[::-1], shape[::-1]))


def _broadcast_sum(od: OpDef, sign: int) -> Rule:
    """The sum or difference of a csr matrix and a dense array that is broadcast to its shape."""

    def run(inputs: Any, p: SimpleNamespace) -> Tensor:
        (sparse,) = (x for x in inputs if isinstance(x, Sparse))
        if not all(x is sparse or _broadcasts(x, sparse.shape) for x in inputs):
            return od.fn(*[as_dense(x) for x in inputs])
        left, right = (x if x is sparse else x.expand(sparse.shape) for x in inputs)
        return _mixed_sum(left, right, sign)

    return Rule(lambda stypes, p: "default" if set(stypes) == {"csr", "default"} else None, run)


add_rule("broadcast_add", _broadcast_sum, 1)
add_rule("broadcast_sub", _broadcast_sum, -1)


def _scaled(od: OpDef) -> Rule:
    """A csr matrix times or over a dense array that is broadcast to its shape."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
        return "csr" if stypes == ("csr", "default") else None

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        x, other = inputs
        if not _broadcasts(other, x.shape):
            raise ValueError(f"an array of shape {tuple(other.shape)} cannot be broadcast to {x.shape}")
        return x.with_values(od.fn(x.values, _at_places(other.expand(x.shape), x)))

    return Rule(infer, run)


add_rule("broadcast_mul broadcast_div", _scaled)


def _scattered_quotient(od: OpDef) -> Rule:
    """The quotient at the rows which the first array stores."""

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        _check_shapes(inputs)
        a, b = inputs
        return a.with_values(a.values / _block(b, a.indices))

    return Rule(lambda stypes, p: "row_sparse" if stypes[0] == "row_sparse" else None, run)


add_rule("_scatter_elemwise_div", _scattered_quotient)


# ---------------------------------------------------------------------- many arrays


def _sum_of_many(od: OpDef) -> Rule:
    """The sum of arrays: row-sparse if all are, else dense."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
        kinds = set(stypes)
        return "row_sparse" if kinds == {"row_sparse"} else "default" if kinds != {"default"} else None

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        _check_shapes(inputs)
        if all(isinstance(x, Rows) for x in inputs):
            sorted_inputs = [x.sorted() for x in inputs]
            rows, inverse = torch.unique(torch.cat([x.indices for x in sorted_inputs]), return_inverse=True)
            values = torch.cat([x.values for x in sorted_inputs])
            total = values.new_zeros((rows.numel(), *values.shape[1:])).index_add_(0, inverse, values)
            return Rows(inputs[0].shape, total, rows)
        first = next((x for x in inputs if isinstance(x, Tensor)), None)
        total = (
            torch.zeros(inputs[0].shape, dtype=inputs[0].dtype, device=inputs[0].device)
            if first is None
            else first.clone()
        )
        for x in inputs:
            if x is not first:
                _add_into(total, x.sorted() if isinstance(x, (Csr, Rows)) else x)
        return total

    def backward(grads: Any, inputs: Any, outputs: Any, p: SimpleNamespace, needed: Any) -> Any:
        return [grads[0]] * len(inputs)

    return Rule(infer, run, backward, _same_as_output)


add_rule("add_n", _sum_of_many)


def _like_rhs(od: OpDef) -> Rule:
    """A copy of the first array in the storage type of the second."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
        return stypes[1] if stypes != ("default", "default") else None

    def run(inputs: Any, p: SimpleNamespace) -> Any:
        return convert(inputs[0].clone(), stype_of(inputs[1]))

    return Rule(infer, run, lambda grads, inputs, outputs, p, needed: (grads[0], None))


add_rule("_identity_with_attr_like_rhs", _like_rhs)


def _batch_norm(od: OpDef) -> Rule:
    """BatchNorm computes on dense copies, but not with ``fix_gamma``."""

    def infer(stypes: tuple[str, ...], p: SimpleNamespace) -> Any:
        if p.fix_gamma and set(stypes) != {"default"}:
            raise ValueError("fix_gamma=True is not supported for sparse arrays")
        return None

    return Rule(infer, lambda inputs, p: None)


add_rule("BatchNorm", _batch_norm)
