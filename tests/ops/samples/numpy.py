"""Operators with NumPy's semantics."""

from tests.ops.rows import away, const, distinct, f, ints, row

# ---------------------------------------------------------------------- one array

# Where the function is smooth.
_DOMAINS = {
    "absolute": away(2, 3),
    "arccos": f(2, 3, low=-0.9, high=0.9),
    "arccosh": f(2, 3, low=1.1, high=4),
    "arcsin": f(2, 3, low=-0.9, high=0.9),
    "arctanh": f(2, 3, low=-0.9, high=0.9),
    "cbrt": away(2, 3, low=0.2, high=9),
    "log": f(2, 3, low=0.1, high=9),
    "log10": f(2, 3, low=0.1, high=9),
    "log1p": f(2, 3, low=-0.9, high=9),
    "log2": f(2, 3, low=0.1, high=9),
    "reciprocal": away(2, 3, low=0.2, high=3),
    "sqrt": f(2, 3, low=0.2, high=9),
}
_SMOOTH = "arcsinh arctan cos cosh degrees exp expm1 negative radians sin sinh square tan tanh".split()
_STEPS = "ceil fix floor rint sign trunc".split()
_TESTS = "logical_not isfinite isinf isnan isneginf isposinf".split()
_SPECIAL = const([float("inf"), float("-inf"), float("nan"), 0.0, -2.7, 3.0])

ROWS = [row(f"_npi_{name}", _DOMAINS.get(name, f(2, 3))) for name in [*_DOMAINS, *_SMOOTH]]
ROWS += [row(f"_npi_{name}", f(3, 2, low=-3, high=3)) for name in _STEPS]
ROWS += [row(f"_npi_{name}", _SPECIAL).set(grad=False) for name in [*_STEPS, *_TESTS, "exp", "absolute"]]
ROWS += [
    row(f"_npi_{name}", ints(2, 3, low=1, high=5, dtype="int32")).set(grad=False)
    for name in "absolute bitwise_not negative sign square rint exp".split()
]

# ---------------------------------------------------------------------- two arrays, an array and a number

_SIGNED = away(2, 3, low=0.3, high=3)
_POSITIVE = f(2, 3, low=0.3, high=3)
_POSITIVE3 = f(3, 2, low=0.3, high=3)
_COMPARISONS = "equal not_equal greater greater_equal less less_equal".split()
_WITH_REFLECTION = "subtract true_divide mod power arctan2 copysign ldexp".split()
_OWN_GRADIENTS = ("copysign", "rcopysign", "rarctan2")  # MXNet's fail, or are wrong
_NO_SCALAR_GRADIENT = ("mod", "rmod")  # kinks

for _name in ("add", "subtract", "multiply", "true_divide", "arctan2", "copysign", "ldexp", "hypot"):
    ROWS += [row(f"_npi_{_name}", (2, 3), _SIGNED), row(f"_npi_{_name}", (2, 1), away(3, low=0.3, high=3))]
ROWS += [
    row("_npi_mod", _SIGNED, away(2, 3, low=1, high=2)).set(numeric=False),
    row("_npi_power", _POSITIVE, _SIGNED),
    row("_npi_add", (2, 3), f(2, 3, dtype="float64")).set(grad=False, numeric=False),
    row("_npi_multiply", (2, 3), ints(2, 3, dtype="int32")).set(grad=False),
    row("_npi_subtract", ints(2, 3, dtype="int32"), ints(2, 3, dtype="int32")).set(grad=False),
    row("_npi_true_divide", ints(2, 3, dtype="int32"), ints(2, 3, low=1, dtype="int32")).set(grad=False),
    row("_npi_add_scalar", ints(2, 3, dtype="int32"), scalar=1.5).set(grad=False),
    row("_npi_true_divide_scalar", ints(2, 3, dtype="int32"), scalar=2.0).set(grad=False),
]
ROWS += [row(f"_npi_{name}", ints(2, 3, high=3), ints(2, 3, high=3)).set(grad=False) for name in _COMPARISONS]
ROWS += [row(f"_npi_{name}_scalar", ints(2, 3, high=3), scalar=1.0).set(grad=False) for name in _COMPARISONS]
ROWS += [
    row(f"_npi_{name}", ints(2, 3, dtype="int32"), ints(2, 3, dtype="int32")).set(grad=False)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "lcm")
]
ROWS += [
    row(f"_npi_{name}_scalar", ints(2, 3, dtype="int32"), scalar=6.0).set(grad=False)
    for name in ("bitwise_and", "bitwise_or", "bitwise_xor", "lcm")
]
ROWS += [
    row(f"_npi_{name}_scalar", _POSITIVE, scalar=1.7).set(numeric=name not in _NO_SCALAR_GRADIENT)
    for name in ["add", "multiply", *_WITH_REFLECTION, *[f"r{name}" for name in _WITH_REFLECTION]]
    if name not in _OWN_GRADIENTS
]

for _name in _OWN_GRADIENTS:
    ROWS += [
        row(f"_npi_{_name}_scalar", _POSITIVE, scalar=1.7).set(grad=False),
        row(f"_npi_{_name}_scalar", _POSITIVE3, scalar=1.7).set(golden=False, note="for its gradient"),
    ]

# ---------------------------------------------------------------------- reductions

for _name in ("_np_sum", "_np_prod", "_npi_mean"):
    ROWS += [
        row(_name, _POSITIVE),
        row(_name, _POSITIVE, axis=(1,)),
        row(_name, f(2, 3, 2), axis=(0, -1), keepdims=True).set(rtol=1e-3),
    ]
ROWS += [
    row("_np_sum", (2, 3), initial=2.0).set(golden=False, note="MXNet refuses initial"),
    row("_np_sum", ints(2, 3, dtype="int32"), dtype="float64").set(grad=False),
    row("_npi_mean", ints(2, 3, dtype="int32")).set(grad=False),
]
for _name in ("_npi_var", "_npi_std"):
    ROWS += [
        row(_name, _POSITIVE).set(grad=False),  # which is zero in MXNet
        row(_name, _POSITIVE, axis=(1,), ddof=1, keepdims=True).set(grad=False),
        row(_name, _POSITIVE3, axis=(0,)).set(golden=False, note="for its gradient"),
    ]
for _name in ("_np_max", "_np_min"):
    ROWS += [row(_name, distinct(2, 3)), row(_name, distinct(2, 3), axis=(0,), keepdims=True)]
ROWS += [
    row(_name, distinct(2, 3), axis=axis, initial=0.1).set(golden=False, grad=False, note="MXNet refuses initial")
    for _name in ("_np_max", "_np_min", "_np_prod")
    for axis in (None, (1,))
]
ROWS += [row("_np_max", f(0, 3), axis=(0,), initial=2.0).set(golden=False, grad=False, note="MXNet refuses initial")]
for _name in ("_np_all", "_np_any"):
    ROWS += [
        row(_name, ints(2, 3, high=2)).set(grad=False),
        row(_name, ints(3, 2, high=2), axis=(1,), keepdims=True).set(grad=False),
    ]
for _name in ("_npi_argmax", "_npi_argmin"):
    ROWS += [
        row(_name, distinct(2, 3)).set(grad=False),
        row(_name, distinct(2, 3), axis=1).set(grad=False),
        row(_name, distinct(2, 3), axis=0, keepdims=True).set(grad=False),
    ]
ROWS += [
    row("_npi_average", (2, 3), axis=(1,), weighted=False).set(golden=False, note="MXNet cannot infer its shape"),
    row("_npi_average", (2, 3), _POSITIVE, axis=(1,)),
    row("_npi_average", (2, 3), _POSITIVE, returned=True).set(grad=False),  # MXNet forgets that of the sum
    row("_npi_average", (3, 2), _POSITIVE3, returned=True).set(golden=False, note="for its gradient"),
]

# ---------------------------------------------------------------------- shapes, joining, turning

ROWS += [
    row("_np_reshape", (2, 3), newshape=(3, -1)),
    row("_np_reshape", (1, 1), newshape=()),
    row("_npx_reshape", (2, 3, 4), newshape=(-2, -5)),
    row("_npx_reshape", (2, 3, 4), newshape=(-5, -2), reverse=True),
    row("_np_transpose", (2, 3, 2)),
    row("_np_transpose", (2, 3, 2), axes=(1, 0, 2)),
    row("_np_moveaxis", (2, 3, 2), source=(0,), destination=(2,)),
    row("_np_squeeze", (1, 3, 1)),
    row("_np_squeeze", (1, 3, 1), axis=(-1,)),
    row("_npi_broadcast_to", (2, 1), shape=(3, 2, 4)),
    row("_np_copy", (2, 3)),
    row("_npi_concatenate", (2, 3), (2, 1), axis=1),
    row("_npi_stack", (2, 3), (2, 3), axis=1),
    row("_npi_vstack", (3,), (2, 3)),
    row("_npi_hstack", (2, 3), (2, 1)),
    row("_npi_dstack", (2, 3), (2, 3)),
    row("_npi_column_stack", (2,), (2, 2)),
    row("_npi_concatenate", (2, 2), f(2, 2, dtype="float64"), axis=0).set(
        golden=False, grad=False, note="MXNet takes arrays of one type only"
    ),
    row("_npi_flip", (2, 3), axis=(1,)),
    row("_npi_flip", (2, 3), axis=(0, 1)),
    row("_np_roll", (2, 3), shift=(1,)),
    row("_np_roll", (2, 3), shift=(1, -1), axis=(0, 1)),
]

# ---------------------------------------------------------------------- products and diagonals

ROWS += [
    row("_np_dot", (2, 3), (3, 2)),
    row("_np_dot", (3,), (3,)),
    row("_npi_matmul", (2, 2, 3), (3, 2)),
    row("_npi_matmul", (3,), (3, 2)),
    row("_npi_tensordot_int_axes", (2, 3), (3, 2), axes=1),
    row("_npi_tensordot_int_axes", (2,), (3,), axes=0),
    row("_npi_tensordot", (2, 3), (2, 3), a_axes_summed=(0,), b_axes_summed=(0,)),
    row("_npi_polyval", (3,), (2, 3)),
    row("_npi_einsum", (2, 3), (3, 2), subscripts="ij,jk->ik"),
    row("_npi_einsum", (3, 3), subscripts="ii->i"),
    row("_np_trace", (3, 3)),
    row("_np_trace", (2, 3, 4), offset=1, axis1=1, axis2=2),
    row("_np_diag", (3, 3), k=1),
    row("_np_diag", (3,), k=-1),
    row("_np_diagflat", (2, 2), k=1),
    row("_np_diagonal", (2, 3, 4), offset=1, axis1=1, axis2=2),
    row("_npi_tril", (3, 3), k=1),
    row("_npi_tril", (3,), k=-1),
]

# ---------------------------------------------------------------------- choosing and rounding

_CONDITION = const([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0]])
ROWS += [
    row("_npi_where", _CONDITION, (2, 3), (2, 3)),
    row("_npi_where_scalar2", _CONDITION, x=1.0, y=2.5).set(grad=False),
    row("_npi_around", f(2, 3, low=-30, high=30), decimals=1).set(numeric=False),
    row("_npi_around", f(2, 3, low=-30, high=30)),
    row("_npi_nan_to_num", const([[1.0, float("nan"), float("inf")], [-2.0, float("-inf"), 0.5]])).set(numeric=False),
    row("_npi_nan_to_num", const([1.0, float("nan"), float("inf")]), nan=2.0, posinf=3.0).set(numeric=False),
    row("_npi_diff", (2, 4)),
    row("_npi_diff", (4, 2), n=2, axis=0),
]

# ---------------------------------------------------------------------- like another array

ROWS += [
    row("_npi_full_like", (2, 0), fill_value=1.0, dtype="int32").set(grad=False),
    row("_npi_full_like", ints(2, 3, dtype="int32"), fill_value=-1.7).set(grad=False),
]

# ---------------------------------------------------------------------- gradients that are zero or wrong in MXNet

for _row in (
    row("_npi_rot90", (2, 3), k=1, axes=(0, 1)),
    row("_np_atleast_1d", (2, 3), (2,)),
    row("_np_atleast_2d", (3,)),
    row("_np_atleast_3d", (2, 3), (2,)),
    row("_npi_where_lscalar", _CONDITION, (2, 3), scalar=2.5),
    row("_npi_where_rscalar", _CONDITION, (2, 3), scalar=2.5),
):
    ROWS += [_row.set(grad=False), _row.set(golden=False, salt=1, note="for its gradient")]

# ---------------------------------------------------------------------- editing and counting

_INTO = const([0, 2], "int64")
_OPEN = {"infer": False}  # the shape depends on values
_EDITS = [
    row("_npi_delete", (2, 3), int_ind=1),
    row("_npi_delete", (2, 3), int_ind=-1, axis=1),
    row("_npi_delete", (2, 3), start=0, stop=3, step=2, axis=1),
    row("_npi_delete", (2, 3), _INTO).set(**_OPEN),
    row("_npi_insert_scalar", (2, 3), int_ind=1, val=2.5),
    row("_npi_insert_scalar", (2, 3), (3,), int_ind=1, axis=0),
    row("_npi_insert_slice", (2, 3), (2,), start=0, stop=2, step=1),
    row("_npi_insert_slice", (2, 3), (2, 1), start=0, stop=2, step=1, axis=1),
    row("_npi_insert_tensor", (2, 3), (2,), _INTO).set(**_OPEN),
]
for _row in _EDITS:  # MXNet has no gradients of them
    ROWS += [_row.set(grad=False), _row.set(golden=False, salt=1, note="for its gradient")]
ROWS += [
    row("_npi_delete", (3,), int_ind=5).set(raises="out of bounds"),
    row("_npi_delete", (2, 3), int_ind=0, axis=2).set(raises="axis 2"),
    row("_npi_insert_scalar", (3,), int_ind=9, val=1.0).set(raises="out of bounds"),
    row("_npi_ediff1d", (2, 3)),
    row("_npi_ediff1d", (2, 3), to_begin_scalar=1.5, to_end_scalar=-2.0),
    row("_npi_ediff1d", (2, 3), (2,), to_begin_arr_given=True, to_end_scalar=-2.0),
    row("_npi_ediff1d", (2, 3), (2,), to_end_arr_given=True),
    row("_npi_ediff1d", (2, 3), (2,), (1, 2), to_begin_arr_given=True, to_end_arr_given=True),
    row("_npi_pad", (2, 3), pad_width=((1, 0), (0, 2))),
    row("_npi_pad", (2, 3), pad_width=((1, 0), (0, 2)), constant_value=2.5),
    row("_npi_pad", (2, 3), pad_width=((0, 0), (0, 2)), mode="median").set(raises="mode"),
    row("_npi_pad", (2, 3), pad_width=((-1, 0), (0, 2))).set(raises="negative"),
    row("_npi_pad", (2, 3), pad_width=((1, 0), (0, 2)), reflect_type="odd").set(raises="even"),
    row("_npi_percentile", (2, 3), q_scalar=30.0).set(grad=False),
    row("_npi_percentile", (2, 3), q_scalar=50.0, axis=(1,), keepdims=True, interpolation="lower").set(grad=False),
    row("_npi_percentile", (2, 3), f(4, low=0, high=100), axis=(0,)).set(grad=False),
    row("_npi_percentile", ints(2, 3, dtype="int32"), q_scalar=30.0).set(grad=False),
    row("_npi_percentile", distinct(2, 3), q_scalar=30.0, axis=(1,)).set(golden=False, note="for its gradient"),
    row("_npi_percentile", (2, 3), q_scalar=130.0).set(raises="between 0 and 100"),
    row("_npi_bincount", ints(6, high=4, dtype="int32"), minlength=3).set(grad=False, **_OPEN),
    row("_npi_bincount", ints(6, high=4, dtype="int32"), (6,), has_weights=True).set(grad=False, **_OPEN),
    row("_npi_bincount", ints(6, high=4, dtype="int64"), (6,), has_weights=True).set(
        golden=False, note="for its gradient", **_OPEN
    ),
    row("_npi_bincount", (6,)).set(raises="integers"),
    row("_npi_unique", ints(2, 5, high=4)).set(grad=False, **_OPEN),
    row("_npi_unique", ints(2, 5, high=4), return_index=True, return_inverse=True, return_counts=True).set(
        grad=False, **_OPEN
    ),
    row("_npi_unique", ints(5, 2, high=2), return_index=True, axis=0).set(grad=False, **_OPEN),
    row("_npi_diag_indices_from", (3, 3)).set(grad=False),
    row("_npi_diag_indices_from", (2, 3)).set(raises="one length"),
]
for _mode in ("edge", "reflect", "symmetric", "maximum", "minimum"):
    _row = row("_npi_pad", distinct(2, 3), pad_width=((1, 0), (2, 2)), mode=_mode)
    ROWS += [_row.set(grad=False), _row.set(golden=False, salt=1, note="for its gradient")]
