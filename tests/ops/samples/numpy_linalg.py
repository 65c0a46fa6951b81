"""Linear algebra with NumPy's semantics."""

from tests.ops.rows import const, f, ints, row, spd

_ZERO = "MXNet gives no gradient: it is zero"
_CLASSIC = "MXNet infers no shapes of it without NumPy shapes"
_SYMMETRIC = "only a triangle is read, but the gradient is that of a symmetric matrix"
_SIGNS = "vectors may have either sign"
_SQUARE = f(2, 3, 3, low=1, high=2)
_NEAR_ONE = const([[2.0, 0.5, 0.1], [-0.3, 1.5, 0.2], [0.1, 0.4, 3.0]])
_TENSOR = const([[[3.0, 0.5], [0.2, 1.0]], [[0.1, 0.4], [2.0, 4.0]]])

ROWS = [
    row("_npi_norm", (2, 3), flag=-2).set(golden=False, note=_CLASSIC),
    row("_npi_norm", (2, 3), ord=1, axis=(1,)).set(golden=False, note=_CLASSIC),
    row("_npi_norm", (2, 3), ord=3, axis=(0,), keepdims=True).set(golden=False, note=_CLASSIC),
    row("_npi_norm", (2, 3), axis=(0, 1), flag=1),
    row("_npi_norm", (2, 3, 4), axis=(1, 2), flag=2),
    row("_npi_norm", (2, 3), ord=2, axis=(0, 1), flag=0).set(
        golden=False, note="its gradient is another multiple in MXNet"
    ),
    row("_npi_norm", (2, 3, 4), ord=-2, axis=(1, 2), flag=0, keepdims=True).set(
        golden=False, note="its gradient is another multiple in MXNet"
    ),
    row("_npi_norm", (2, 3), ord=1).set(golden=False, note=_CLASSIC),
    row("_npi_norm", (2, 3), ord=float("inf")).set(golden=False, note=_CLASSIC),
    row("_npi_norm", (2, 3), ord=3).set(raises="order 3"),
    row("_npi_norm", (2, 3), axis=(0,), flag=2).set(raises="in two axes"),
    row("_npi_norm", ints(2, 3, dtype="int32"), flag=-2).set(golden=False, grad=False, note="in integers in MXNet"),
    row("_npi_cholesky", spd(3, 3)).set(numeric=False, note=_SYMMETRIC),
    row("_npi_cholesky", spd(2, 2, 2, dtype="float64")).set(numeric=False, note=_SYMMETRIC),
    row("_npi_cholesky", const([[1.0, 2.0], [2.0, 1.0]])).set(raises="positive-definite"),
    row("_npi_svd", (2, 3)),
    row("_npi_svd", (2, 3, 3)),
    row("_npi_det", (3, 3)),
    row("_npi_det", (2, 3, 3)),
    row("_npi_slogdet", (3, 3)),
    row("_npi_slogdet", (2, 3, 3)),
    row("_npi_pinv_scalar_rcond", (2, 3)).set(grad=False, note=_ZERO),
    row("_npi_pinv_scalar_rcond", (2, 3, 2), rcond=0.1).set(grad=False, note=_ZERO),
    row("_npi_pinv", (2, 3, 2), const([0.1, 0.2])).set(grad=False, note=_ZERO),
    row("_npi_solve", _NEAR_ONE, (3, 2)),
    row("_npi_solve", _SQUARE, (2, 3, 1)).set(rtol=1e-3),
    row("_npi_solve", (2, 2), (3, 1)).set(raises="incompatible"),
    row("_npi_tensorinv", _TENSOR).set(raises="tensorinv"),
    row("_npi_tensorinv", _NEAR_ONE, ind=1),
    row("_npi_tensorsolve", _NEAR_ONE, (3,)),
    row("_npi_tensorsolve", const([[3.0, 0.5], [0.2, 1.0]]), (2,), a_axes=(0,)),
    row("_npi_eigh", spd(3, 3)).set(golden=False, grad=False, note=_SIGNS),
    row("_npi_eigh", spd(2, 2, 2), UPLO="U").set(golden=False, grad=False, note=_SIGNS),
    row("_npi_eigvalsh", spd(3, 3)).set(grad=False, note=_ZERO),
    row("_npi_eigvalsh", f(3, 3), UPLO="U").set(grad=False, note=_ZERO),
    row("_npi_eig", spd(3, 3)).set(grad=False, note=_ZERO),
    row("_npi_eigvals", spd(2, 3, 3)).set(grad=False, note=_ZERO),
    row("_npi_eigvals", const([[0.0, 1.0], [-1.0, 0.0]])).set(raises="complex"),
    row("_npi_eigvals", const([[2, 1], [1, 3]], "int32")).set(grad=False),
]
ROWS += [
    r.set(golden=False, grad=True, salt=1, note="for its gradient")
    for r in ROWS
    if r.note == _ZERO and r.op not in ("_npi_eigvalsh", "_npi_pinv")
]
