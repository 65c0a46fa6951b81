"""Rows of the operators that pick elements out of arrays, or put elements in."""

from tests.ops.rows import const, f, ints, row

ROWS = []

for begin, end, step in [
    ((0, 1), (1, 3), ()),
    ((None, 1), (None, None), ()),
    ((-1,), (None,), ()),
    ((-5,), (7,), ()),
    ((0, 2), (2, 0), (1, -1)),
    ((None, None, None), (None, None, None), (-1, -2, 2)),
    ((1, 5, None), (None, 0, -1), (None, -1, 3)),
    ((), (), ()),
]:
    ROWS.append(row("slice", (2, 3, 4), begin=begin, end=end, step=step))
ROWS += [
    row("slice", ints(2, 3, high=2, dtype=t), begin=(0, 1), end=(2, 3)).set(grad=False)
    for t in ("float64", "float16", "int8", "bool")
]
ROWS += [
    row("slice", (2, 3), begin=(1,), end=(1,)).set(grad=False, symbol=False, infer=False, note="an empty result"),
    row("slice", (2, 3), begin=(0,), end=(1,), step=(0,)).set(raises="step cannot be 0"),
    row("slice", (2, 3), begin=(0,), end=(1, 2)).set(raises="same length"),
    row("slice", (2, 3), begin=(0, 0, 0), end=(1, 1, 1)).set(raises="more numbers"),
    row("slice", (2, 3), begin=(0, 0), end=(1, 1), step=(1,)).set(raises="step and begin"),
    row("slice_axis", (2, 3, 4), axis=1, begin=0, end=2),
    row("slice_axis", (2, 3, 4), axis=-1, begin=-3, end=None),
    row("slice_axis", (2, 3, 4), axis=0, begin=1, end=2),
    row("slice_axis", (2, 3, 4), axis=2, begin=-4, end=-1),
    row("slice_axis", (2, 3), axis=1, begin=1, end=1).set(raises="begin=1, end=1 is no range"),
    row("slice_axis", (2, 3), axis=1, begin=0, end=4).set(raises="no range"),
    row("slice_axis", (2, 3), axis=1, begin=-4, end=2).set(raises="no range"),
    row("slice_axis", (2, 3), axis=2, begin=0, end=1).set(raises="axis 2 is out of bounds"),
    row("slice_like", (3, 4), (2, 3)),
    row("slice_like", (3, 4, 2), (2, 5, 1), axes=(0, -1)),
    row("slice_like", (3, 4, 2), (2, 3), axes=(0, 1)),
    row("slice_like", (3, 4), (2, 5)).set(raises="axis 1 of shape_like is longer"),
    row("slice_like", (3, 4), (2,)).set(raises="without axes they must agree"),
    row("slice_like", (3, 4), (2,), axes=(1,)).set(raises="shape_like has no axis 1"),
    row("_slice_assign", (2, 3, 4), (1, 2, 4), begin=(0, 1), end=(1, 3)).set(grad=False),
    row("_slice_assign", (3, 4), (3, 2), begin=(None, None), end=(None, None), step=(-1, -2)).set(grad=False),
    row("_slice_assign", (3, 4), (3, 3), begin=(0,), end=(2,)).set(raises="region's shape"),
    row("_slice_assign_scalar", (2, 3, 4), scalar=2.5, begin=(0, 1), end=(1, 3)).set(grad=False),
    row("_slice_assign_scalar", (3, 4), begin=(None, 3), end=(None, 0), step=(2, -2)).set(grad=False),
    row("_slice_assign_scalar", ints(3, 4, dtype="int32"), scalar=7, begin=(1,), end=(2,)).set(grad=False),
    row("_slice_assign_scalar", ints(3, 4, dtype="uint8"), scalar=300, begin=(1,), end=(2,)).set(grad=False),
]

PLACES = const([[0, 2, 9], [-1, 1, 2]])
ROWS += [
    row("take", (3, 4), PLACES),
    row("take", (3, 4), PLACES, axis=1, mode="wrap"),
    row("take", (2, 3, 2), const([0, 0, 2, 7, -8]), axis=1),
    row("take", (2, 3, 2), const([0, 0, 2, 7, -8]), axis=-2, mode="wrap"),
    row("take", (3, 4), const([2, 0]), mode="raise"),
    row("take", (5,), const([4])),
    row("take", (3, 2), const([0.9, 1.2, -0.5])),
    row("take", ints(3, 2, dtype="int8"), const([1, 0], dtype="uint8")).set(grad=False),
    row("take", ints(3, 2, high=2, dtype="bool"), const([1, 0], dtype="int64")).set(grad=False),
    row("take", f(3, 2, dtype="float16"), const([1, 0], dtype="int32")).set(grad=False),
    row("take", (3, 4), const([3]), mode="raise").set(raises="take.*index 3 is out of bounds"),
    row("take", (3, 4), const([-1]), mode="raise").set(raises="index -1 is out of bounds"),
    row("take", (3, 4), const([1]), axis=2).set(raises="axis 2 is out of bounds"),
    row("batch_take", (3, 4), const([0, 3, 1], dtype="int32")).set(grad=False),
    row("batch_take", (3, 4), const([-1, 9, 1], dtype="int32")).set(grad=False),
    row("batch_take", (3, 4), const([0, 1, 1])).set(raises="int32"),
    row("batch_take", (3, 4), const([0, 1], dtype="int32")).set(raises="one element a row"),
    row("pick", (3, 4), const([0, 3, 1])),
    row("pick", (3, 4), const([-2, 9, 1])),
    row("pick", (3, 4), const([-2, 9, 1]), mode="wrap"),
    row("pick", (3, 4), const([[0], [3], [1]]), keepdims=True),
    row("pick", (3, 4), const([0, 2, 1, 1]), axis=0),
    row("pick", (2, 3, 4), const([[0, 1, 2, 0], [1, 1, 2, 2]]), axis=1),
    row("pick", (2, 3, 4), const([[0, 1, 2], [3, 3, 0]]), keepdims=True),
    row("pick", (4,), const([2]), axis=0),
    row("pick", ints(3, 4, dtype="int32"), const([0, 3, 1], dtype="int64")).set(grad=False),
    row("pick", (3, 4), const([0, 3])).set(raises="index must have the shape"),
    row("pick", (3, 4), const([0, 3, 1]), axis=2).set(raises="axis 2 is out of bounds"),
    row("pick", (3, 4), const([0, 3, 1]), axis=None).set(raises="axis=None"),
    row("one_hot", const([0, 2, 5, -1]), depth=3).set(grad=False),
    row("one_hot", ints(2, 3, high=4, dtype="int32"), depth=4, on_value=2.5, off_value=-1).set(grad=False),
    row("one_hot", const([[0, 1]]), depth=2, dtype="int32", on_value=7).set(grad=False),
    row("one_hot", const([0, 1]), depth=2, dtype="float16").set(grad=False),
    row("one_hot", const([0, 1]), depth=2, dtype="uint8").set(grad=False),
    row("one_hot", const([0, 1]), depth=-1).set(raises="depth"),
    row("_onehot_encode", const([0, 2, 1]), (3, 3)).set(grad=False, symbol=False, infer=False),
    row("fill_element_0index", (3, 4), (3,), const([0, 3, 1])).set(grad=False, symbol=False, infer=False),
    row("fill_element_0index", (3, 4), (3,), const([0, 4, 1])).set(raises="index 4 is out of bounds"),
]
NO_INDEX_GRADIENT = "MXNet refuses to compute a gradient of float indices"
for name in ("Embedding", "_contrib_SparseEmbedding"):
    ROWS += [
        row(name, ints(2, 3, high=5), (5, 4), input_dim=5, output_dim=4).set(grad=False, note=NO_INDEX_GRADIENT),
        row(name, const([0, 0, 4, 2], dtype="int32"), (5, 2), input_dim=5, output_dim=2),
    ]
ROWS = [r.set(grad=False) if r.op == "_contrib_SparseEmbedding" else r for r in ROWS]
ROWS += [
    row("Embedding", const([0, 9, -1], dtype="int32"), (3, 2), input_dim=3, output_dim=2),
    row("Embedding", const([1, 2], dtype="int32"), f(3, 2, dtype="float64"), input_dim=3, output_dim=2),
    row("Embedding", const([1, 2]), f(3, 2, dtype="float16"), input_dim=3, output_dim=2).set(grad=False),
    row("Embedding", const([1, 2]), (3, 2), input_dim=4, output_dim=2).set(raises="weight must have the shape"),
]

ROWS += [
    row("gather_nd", (2, 3, 2), const([[0, 1, 1], [1, 2, 2]])),
    row("gather_nd", (2, 3), const([[0, 1], [1, 2]])),
    row("gather_nd", (3, 2), const([[0, 2, 2]])),
    row("gather_nd", (3, 2), const([[[0, 2], [1, 1]]], dtype="int32")),
    row("gather_nd", ints(3, 2, dtype="int8"), const([[0, 2]])).set(grad=False),
    row("gather_nd", (3, 2), const([[-1, 0]])).set(grad=False, note="MXNet's gradient writes out of bounds"),
    row("gather_nd", (3, 2), const([[3]])).set(raises="index 3 is out of bounds"),
    row("gather_nd", (3, 2), const([0, 1])).set(raises="at least 2 axes"),
    row("gather_nd", (3,), const([[0], [1]])).set(raises="more than the array"),
    row("scatter_nd", (3,), const([[0, 1, 1], [1, 0, 2]]), shape=(2, 3)),
    row("scatter_nd", (2, 3), const([[1, 0]]), shape=(3, 3)),
    row("scatter_nd", (2, 1, 2), const([[[1], [0]], [[0], [2]]]), shape=(2, 3, 2)),
    row("scatter_nd", (2,), const([[0, 1], [1, 2]]), shape=(2, 2)).set(raises="out of bounds"),
    row("scatter_nd", (3,), const([[0, 1], [1, 1]]), shape=(2, 2)).set(raises="values must have the shape"),
    row("_scatter_set_nd", (2, 3), (2,), const([[0, 1], [1, 2]]), shape=(2, 3)).set(
        grad=False, golden=False, note="MXNet works in place only"
    ),
    row("_scatter_set_nd", (2, 3), (2,), const([[0, 1], [1, 2]]), shape=(3, 3)).set(raises="lhs must have the shape"),
    row("_ravel_multi_index", const([[3, 6, 6], [4, 5, 1]]), shape=(7, 6)).set(grad=False),
    row("_ravel_multi_index", const([[1, 0], [2, 1], [0, 3]], dtype="int64"), shape=(2, 3, 4)).set(grad=False),
    row("_ravel_multi_index", const([[1, 0], [2, 1]]), shape=(-1, 6)).set(grad=False),
    row("_ravel_multi_index", const([[1, 0], [2, 1]]), shape=(2, 3, 4)).set(raises="data must have the shape"),
    row("_ravel_multi_index", const([[1, 0], [2, 1]])).set(raises="shape must be given"),
    row("_unravel_index", const([22, 41, 37]), shape=(7, 6)).set(grad=False),
    row("_unravel_index", const([22, 7], dtype="int64"), shape=(2, 3, 4)).set(grad=False),
    row("_unravel_index", const([22, 41]), shape=(-1, 6)).set(grad=False),
    row("_contrib_index_array", (3, 2)).set(grad=False),
    row("_contrib_index_array", (3, 2, 2), axes=(1, -1)).set(grad=False),
]

ROWS += [
    row("where", const([[1, 0], [0, 2]]), (2, 2), (2, 2)),
    row("where", const([1, 0, -1]), (3, 2), (3, 2)),
    row("where", const([1, 0], dtype="int8"), ints(2, 2, dtype="int32"), ints(2, 2, dtype="int32")).set(grad=False),
    row("where", const([1, 0]), (3, 2), (3, 2)).set(raises="condition must have the shape"),
    row("where", const([1, 0]), (2, 2), (2, 3)).set(raises="x and y must have the same shape"),
    row("where", const([1, 0]), (2,), f(2, dtype="float64")).set(raises="x and y must have the same type"),
    row("_contrib_boolean_mask", (3, 2), const([1, 0, 2])).set(symbol=False, infer=False),
    row("_contrib_boolean_mask", ints(3, 2, dtype="int32"), const([0, 1, 1], dtype="bool")).set(
        grad=False, symbol=False, infer=False
    ),
    row("_contrib_boolean_mask", (3, 2), const([0, 0, 0])).set(grad=False, symbol=False, infer=False),
    row("_contrib_boolean_mask", (3, 2), const([0, 1])).set(raises="index must have the shape"),
    row("_contrib_index_copy", (4, 2), const([2, 0]), (2, 2)),
    row("_contrib_index_copy", (4, 2, 2), const([3], dtype="int64"), (1, 2, 2)),
    row("_contrib_index_copy", (4, 2), const([4]), (1, 2)).set(raises="index 4 is out of bounds"),
    row("_contrib_index_copy", (4, 2), const([1, 2]), (1, 2)).set(raises="one row of old_tensor's for each index"),
]
