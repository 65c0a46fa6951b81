"""Operators on sparse arrays: what they give, in which storage type, and with which gradients."""

from tests.ops.rows import const, f, ints, row

_VALUES = [[0.5, 0, -1.5, 0], [0, 0, 0, 0], [2, 0.25, 0, -0.75]]
_OTHER = [[0, 1.25, 0.5, 0], [0, -2, 0, 0], [0, 0, 0, 0]]
_IN_UNIT = [[0.5, 0, -0.25, 0], [0, 0, 0, 0], [0.75, 0.25, 0, -0.75]]

CSR, ROWS_OF = const(_VALUES, stype="csr"), const(_VALUES, stype="row_sparse")
OTHER_CSR, OTHER_ROWS = const(_OTHER, stype="csr"), const(_OTHER, stype="row_sparse")
DENSE = f(3, 4, low=0.5, high=2)
BOTH = (CSR, ROWS_OF)
_STYPES = ("default", "row_sparse", "csr")
_PAIRS = [
    (a, b)
    for a in (CSR, ROWS_OF, DENSE)
    for b in (OTHER_CSR, OTHER_ROWS, DENSE)
    if (a.stype, b.stype) != ("default", "default")
]

ROWS = [
    row("cast_storage", const(_VALUES), stype="csr"),
    row("cast_storage", const(_VALUES), stype="row_sparse"),
    row("cast_storage", const([[[0, 0], [0, 0]], [[0, 1], [2, 0]]]), stype="row_sparse"),
    row("cast_storage", const(_VALUES), stype="default"),
    row("cast_storage", CSR, stype="default"),
    row("cast_storage", CSR, stype="csr"),
    row("cast_storage", ROWS_OF, stype="default"),
    row("cast_storage", ROWS_OF, stype="row_sparse"),
    row("cast_storage", CSR, stype="row_sparse").set(raises="storage types"),
    row("cast_storage", (2, 3, 4), stype="csr").set(raises="only a matrix can be stored as csr"),
    row("cast_storage", (2, 3), stype="coo").set(raises="stype"),
    row("_sparse_retain", ROWS_OF, const([0, 1])).set(grad=False),
    row("_sparse_retain", ROWS_OF, const([2], dtype="int64")).set(grad=False),
    row("_sparse_retain", ROWS_OF, const([3])).set(raises="out of range"),
    row("_sparse_retain", (3, 4), const([0])).set(raises="RowSparse"),
    row("_sparse_retain", CSR, const([0])).set(raises="storage types"),
    row("_contrib_getnnz", CSR).set(grad=False),
    row("_contrib_getnnz", CSR, axis=1).set(grad=False),
    row("_contrib_getnnz", CSR, axis=0).set(grad=False, golden=False, note="MXNet has no kernel for it"),
    row("_contrib_getnnz", CSR, axis=2).set(raises="axis"),
    row("_contrib_getnnz", (3, 4)).set(raises="CSRNDArray"),
    row("_contrib_edge_id", CSR, const([0, 0, 2, 1]), const([0, 1, 3, 3])).set(grad=False),
    row("_contrib_edge_id", CSR, const([5]), const([0])).set(raises="out of range"),
    row("_contrib_edge_id", (3, 4), const([0]), const([0])).set(raises="CSRNDArray"),
]

# One array.
ROWS += [
    row(name, const(_IN_UNIT, stype=stype)).set(numeric=False, grad=False)
    for name in (
        "relu abs sign round rint ceil floor trunc fix square negative log1p expm1 sin tan arcsin arctan degrees "
        "radians sinh tanh arcsinh arctanh sqrt cbrt _copy BlockGrad make_loss _contrib_round_ste _contrib_sign_ste "
        "zeros_like ones_like cos exp sigmoid"
    ).split()
    for stype in ("csr", "row_sparse")
]
ROWS += [
    row(name, x, scalar=scalar).set(grad=False)
    for name in (
        "_plus_scalar _minus_scalar _rminus_scalar _mul_scalar _div_scalar _scatter_plus_scalar _scatter_minus_scalar "
        "_equal_scalar _not_equal_scalar _greater_scalar _greater_equal_scalar _lesser_scalar _lesser_equal_scalar"
    ).split()
    for x in BOTH
    for scalar in ((0.0, 0.5) if name != "_div_scalar" else (0.5,))
]
ROWS += [
    row("_copyto", CSR).set(grad=False, golden=False, note="MXNet wants an array to copy to"),
    row("_contrib_gradientmultiplier", CSR, scalar=2.0).set(grad=False),
    row("_contrib_gradientmultiplier", ROWS_OF, scalar=2.0).set(grad=False),
    row("clip", CSR, a_min=-0.5, a_max=1).set(grad=False),
    row("clip", ROWS_OF, a_min=-0.5, a_max=1).set(grad=False),
    row("clip", CSR, a_min=0.5, a_max=1).set(grad=False, golden=False, note="MXNet refuses it"),
    row("_contrib_quadratic", CSR, a=2.0, b=0.5).set(grad=False),
    row("_contrib_quadratic", CSR, a=2.0, b=0.5, c=1.0).set(grad=False),
    row("sum", CSR, axis=(0,)).set(grad=False),
    row("sum", CSR, axis=(1,)).set(grad=False),
    row("sum", CSR, axis=(1,), keepdims=True).set(grad=False),
    row("mean", CSR, axis=(0,)).set(grad=False),
    row("mean", CSR, axis=(1,)).set(grad=False),
    row("norm", CSR).set(grad=False),
    row("norm", ROWS_OF).set(grad=False),
    row("norm", CSR, ord=1).set(grad=False),
    row("_square_sum", ROWS_OF, axis=(0,)).set(grad=False),
    row("_square_sum", ROWS_OF, axis=(1,)).set(grad=False),
    row("_square_sum", ROWS_OF, axis=(0,), keepdims=True).set(grad=False),
    row("_square_sum", ROWS_OF, axis=(1,), keepdims=True).set(grad=False),
    row("_square_sum", CSR, axis=(0,)).set(raises="storage types"),
    row("slice", CSR, begin=(1,), end=(3,)).set(grad=False),
    row("slice", CSR, begin=(0, 1), end=(3, 3)).set(grad=False),
    row("slice", CSR, begin=(0, -2), end=(None, None)).set(grad=False),
    row("slice", CSR, begin=(0,), end=(3,), step=(2,)).set(grad=False),
    row("take", CSR, const([2, 0, 0, 1])).set(grad=False),
    row("take", CSR, const([-1, 5]), mode="wrap").set(grad=False),
    row("take", CSR, const([-1, 5]), mode="clip").set(grad=False),
    row("take", CSR, const([3]), mode="raise").set(raises="range|bounds"),
    row("BatchNorm", ROWS_OF, (4,), (4,), (4,), (4,)).set(raises="fix_gamma"),
]

# Two arrays and more.
ROWS += [
    row(name, a, b).set(grad=False)
    for name in (
        "elemwise_add",
        "elemwise_sub",
        "_grad_add",
        "elemwise_mul",
        "_maximum",
        "_minimum",
        "_hypot",
        "broadcast_add",
        "broadcast_sub",
        "add_n",
    )
    for a, b in _PAIRS
]
ROWS += [
    row("broadcast_mul", CSR, f(*shape, low=0.5, high=2)).set(grad=False)
    for shape in ((1, 4), (3, 1), (4,), (1,), (3, 4))
]
ROWS += [
    row(name, *pair).set(grad=False)
    for name in ("broadcast_add", "broadcast_sub")
    for shape in ((1, 4), (3, 1), (4,), (1,))
    for pair in ((CSR, f(*shape)), (f(*shape), CSR))
]
ROWS += [row("norm", CSR, axis=axis).set(grad=False) for axis in (0, 1, -1)]
ROWS += [
    row("broadcast_div", CSR, f(*shape, low=0.5, high=2)).set(grad=False) for shape in ((1, 4), (3, 1), (4,), (1,))
]
ROWS += [
    row("_scatter_elemwise_div", ROWS_OF, DENSE).set(grad=False),
    row("_scatter_elemwise_div", CSR, DENSE).set(grad=False),
    row("elemwise_add", CSR, f(3, 3)).set(raises="shape"),
    row("elemwise_add", ROWS_OF, const([[0, 1], [2, 3]], stype="row_sparse")).set(raises="shape"),
    row("add_n", ROWS_OF, OTHER_ROWS, ROWS_OF).set(grad=False),
    row("add_n", DENSE, CSR, DENSE).set(grad=False),
    row("Concat", CSR, OTHER_CSR, dim=0).set(grad=False),
    row("Concat", CSR, OTHER_CSR, dim=1).set(grad=False),
    row("where", CSR, (3, 4), (3, 4)).set(grad=False),
    row("_identity_with_attr_like_rhs", const(_VALUES), OTHER_CSR).set(grad=False),
    row("LinearRegressionOutput", (3, 4), CSR).set(grad=False),
    row("LogisticRegressionOutput", (3, 4), CSR).set(grad=False),
    row("FullyConnected", (2, 4), ROWS_OF, num_hidden=3, no_bias=True).set(
        grad=False, golden=False, note="MXNet takes only weights that store all rows"
    ),
    row("Embedding", ints(2, 3, high=3), ROWS_OF, input_dim=3, output_dim=4, sparse_grad=True).set(grad=False),
    row("_contrib_SparseEmbedding", ints(2, 3, high=3), ROWS_OF, input_dim=3, output_dim=4).set(grad=False),
    row("Embedding", ints(2, 3, high=3), CSR, input_dim=3, output_dim=4).set(raises="storage types"),
]

# Products. MXNet computes others on dense copies.
_THIN, _WIDE = (f(*s) for s in ((4, 2), (3, 2)))
ROWS += [
    row("dot", CSR, _THIN).set(grad=False),
    row("dot", CSR, _WIDE, transpose_a=True).set(grad=False),
    row("dot", CSR, f(2, 4), transpose_b=True).set(grad=False),
    row("dot", CSR, const([[0, 0], [1, 2], [0, 0], [3, 4]], stype="row_sparse")).set(grad=False),
    row("dot", CSR, const([[1, 2], [0, 0], [0, 0]], stype="row_sparse"), transpose_a=True).set(grad=False),
    row("dot", CSR, OTHER_CSR, transpose_b=True).set(grad=False),
    row("dot", (2, 3), CSR).set(grad=False),
    row("dot", (2, 4), CSR, transpose_b=True).set(grad=False),
    row("dot", (3, 2), CSR, transpose_a=True).set(grad=False),
    row("dot", ROWS_OF, _THIN).set(grad=False),
    row("dot", CSR, f(3, 2)).set(raises="shape"),
    row("dot", CSR, f(4, 2, 2)).set(raises="matrices|shape"),
]
ROWS += [
    row("dot", a, b, transpose_a=transpose, forward_stype=stype).set(grad=False)
    for a, b, transpose in ((CSR, _THIN, False), (CSR, _WIDE, True), (f(2, 3), CSR, False), (f(3, 4), _THIN, False))
    for stype in _STYPES
]

# Updates; with lazy_update only the rows of the gradient change.
_WEIGHT = f(3, 4, stype="row_sparse")
_STATE = f(3, 4, low=0.1)
for _lazy in (True, False):
    _update = {"lr": 0.1, "wd": 0.01, "lazy_update": _lazy, "clip_gradient": 1.0}
    for _weight in (f(3, 4), _WEIGHT):
        ROWS += [
            row("sgd_update", _weight, OTHER_ROWS, **_update),
            row("sgd_mom_update", _weight, OTHER_ROWS, _STATE, momentum=0.9, **_update),
            row("adam_update", _weight, OTHER_ROWS, _STATE, _STATE, **_update),
        ]
_SPARSE_STATE = f(3, 4, low=0.1, stype="row_sparse")
ROWS += [
    row("sgd_mom_update", _WEIGHT, OTHER_ROWS, _SPARSE_STATE, lr=0.1, momentum=0.9),
    row("ftrl_update", _WEIGHT, OTHER_ROWS, _SPARSE_STATE, _SPARSE_STATE, lr=0.1, wd=0.01),
    row("ftrl_update", (3, 4), OTHER_ROWS, _STATE, _STATE, lr=0.1, wd=0.01),
    row("_sparse_adagrad_update", (3, 4), OTHER_ROWS, _STATE, lr=0.1),
    row("_sparse_adagrad_update", _WEIGHT, OTHER_ROWS, _SPARSE_STATE, lr=0.1),
    row("_sparse_adagrad_update", (3, 4), OTHER_ROWS, _STATE, lr=0.1, wd=0.1).set(raises="wd"),
    row("_contrib_group_adagrad_update", (3, 4), OTHER_ROWS, f(3, 1, low=0.1), lr=0.1),
    row("sgd_update", (3, 4), const(_OTHER[:2], stype="row_sparse"), lr=0.1).set(raises="shape"),
]
ROWS = [
    r.set(grad=False, golden=False, note="MXNet wants out=weight; tests/unit/test_sparse_ops.py has recorded values")
    if r.op.endswith("_update") and not r.raises
    else r
    for r in ROWS
]
