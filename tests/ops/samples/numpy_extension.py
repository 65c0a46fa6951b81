"""Operators of ``mx.npx`` that no classic one serves; ``numpy.py`` has the row of ``_npx_reshape``."""

from tests.ops.rows import away, const, f, ints, row

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
