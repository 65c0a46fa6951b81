"""Operators of ``mx.npx`` that no classic one serves (but ``_npx_reshape``), masks and cutting."""

from tests.ops.rows import away, const, f, ints, row

_MASK = const([[True, False, True], [False, True, False]], "bool")
_REPLACES = {"golden": False, "note": "MXNet writes to its input only"}

ROWS = [
    row("_npx_relu", away(2, 3)),
    row("_npx_relu", const([float("inf"), float("-inf"), float("nan"), -0.0, 2.5])).set(grad=False),
    row("_npx_relu", ints(2, 3, low=-3, high=3, dtype="int32")).set(grad=False),
    row("_npx_sigmoid", f(2, 3, low=-4, high=4)),
    row("_npx_sigmoid", const([float("inf"), float("-inf"), float("nan"), 90.0, -90.0])).set(grad=False),
    # How many rows there are is known only when the values are: nothing can be inferred.
    row("_npx_nonzero", const([[1, 0, 2], [0, 0, 3]])).set(grad=False, infer=False),
    row("_npx_nonzero", const([[1, 0], [0, -1]], "int32")).set(grad=False, infer=False),
    row("_npx_constraint_check", ints(2, 3, low=1, high=4), msg="unmet").set(
        golden=False, grad=False, note="MXNet takes nothing but booleans, which rows do not draw"
    ),
]
ROWS += [
    row("_npi_boolean_mask_assign_scalar", (2, 3), _MASK, value=7.5, start_axis=0).set(**_REPLACES),
    row("_npi_boolean_mask_assign_scalar", (4, 2, 3), _MASK, value=-1.0, start_axis=1).set(**_REPLACES),
    row("_npi_boolean_mask_assign_tensor", (2, 3), _MASK, (3,), start_axis=0).set(**_REPLACES),
    row("_npi_boolean_mask_assign_tensor", (2, 2, 3), _MASK, (2, 1), start_axis=1).set(**_REPLACES),
    row("_npi_share_memory", (2, 3), (2, 3)).set(grad=False),
    row("_npi_hsplit", (2, 4), indices=(), axis=1, sections=2),
    row("_npi_hsplit", (5,), indices=(0, 1, 3), axis=1, sections=0),
    row("_npi_dsplit", (2, 3, 4), indices=(0, 1), axis=2, sections=0),
]

# Those of MXNet 2.
_NEW = {"golden": False, "note": "MXNet 1.9.1 does not have it"}
ROWS += [
    row("_npx_masked_softmax", (2, 3), _MASK).set(**_NEW),
    row("_npx_masked_softmax", (2, 3), const([[True], [False]], "bool"), axis=0, temperature=2.0).set(**_NEW),
    row("_npx_masked_log_softmax", (2, 3), const([[True, True, True]], "bool"), temperature=0.5).set(**_NEW),
    row("_npx_index_add", (2, 3), const([[0, 1, 0], [1, 2, 1]], "int32"), (3,)).set(**_NEW),
    row("_npx_index_add", (2, 3), const([[-1, 0]], "int64"), (3,)).set(**_NEW),
    row("_npx_index_update", (4, 3), const([[0, 2]], "int32"), (2, 3)).set(**_NEW),
    row("_npx_index_update", (2, 3), const([[0, 1], [1, 2]], "int32"), (1,)).set(**_NEW),
]
