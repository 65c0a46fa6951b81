"""Reductions, positions of extrema, cumulative sums, histograms."""

from tests.ops.rows import away, const, distinct, f, ints, row

_NAMES = "sum mean prod nansum nanprod max min".split()
_AXES = (
    {}, {"axis": 1}, {"axis": (0, 2)}, {"axis": -1, "keepdims": True}, {"axis": (0, -1), "exclude": True},
    {"axis": 1, "exclude": True, "keepdims": True}, {"keepdims": True}, {"axis": ()}, {"axis": (0, 1, 2)},
    {"axis": (), "exclude": True}, {"axis": (0, 1, 2), "exclude": True},
)  # fmt: skip
_NAN = const([[1.0, float("nan"), 3.0], [-2.0, 0.5, float("nan")], [float("nan")] * 3])
_ZEROS = const([[0.0, 2.0, 3.0], [0.0, 0.0, 4.0], [1.0, 2.0, 3.0]])
_TIES = const([[1.0, 3.0, 3.0], [2.0, 2.0, 2.0]])


def _data(name, *shape):
    return distinct(*shape) if name in ("max", "min") else away(*shape, low=0.5, high=1.5)


ROWS = [row(name, _data(name, 2, 3, 4), **axes) for name in _NAMES for axes in _AXES]
ROWS += [row(name, _NAN, axis=(0, 1), exclude=True).set(grad=False) for name in ("nansum", "nanprod")]
ROWS += [row(name, _NAN, axis=1).set(numeric=False, grad=name in ("nansum", "nanprod")) for name in _NAMES]
ROWS += [row(name, _TIES, **axes).set(numeric=False) for name in ("max", "min") for axes in ({}, {"axis": 1})]
ROWS += [
    row(name, _ZEROS, axis=1).set(grad=False, note="MXNet's gradient is NaN at zeros") for name in ("prod", "nanprod")
]
ROWS += [
    row(name, ints(3, 4, low=-5, high=60, dtype=t), axis=1).set(grad=False)
    for name in _NAMES
    for t in ("int8", "int32", "int64")
]
ROWS += [row(name, ints(3, 4, high=90, dtype="uint8")).set(grad=False) for name in _NAMES]
ROWS += [row(name, const([[1, 0], [0, 0]], "bool"), axis=1).set(grad=False) for name in _NAMES]
ROWS += [
    row(name, f(3, 4, low=0.5, high=1.5, dtype="float16"), axis=0).set(rtol=5e-3, atol=2e-3, numeric=False)
    for name in _NAMES
]
ROWS += [row(name, f(3, 4, low=0.5, high=1.5, dtype="float64"), axis=0) for name in _NAMES]
ROWS += [row(name, (5,), axis=0) for name in _NAMES]
ROWS += [row(name, (2, 3), axis=2).set(raises="axis 2 is out of range") for name in _NAMES]
ROWS += [row(name, (2, 3), axis=(0, -2)).set(raises="twice") for name in _NAMES]

_NORM = ({}, {"axis": 1}, {"axis": (0, 1)}, {"axis": (0, 2), "keepdims": True}, {"keepdims": True}, {"axis": -1})
ROWS += [row("norm", away(2, 3, 4), **axes) for axes in _NORM]
ROWS += [row("norm", away(2, 3, 4), ord=1, **axes) for axes in _NORM]
ROWS += [
    row("norm", const([[0.0, 0.0], [3.0, 4.0]]), axis=1).set(grad=False, note="MXNet's gradient is NaN at zero"),
    row("norm", const([[0.0, 0.0], [3.0, 4.0]]), ord=1, axis=1).set(numeric=False),
    row("norm", f(3, 4, low=0.2, high=2, dtype="float64")),
    row("norm", ints(3, 4, high=9, dtype="int32"), axis=1).set(golden=False, note="MXNet rounds while it sums"),
    row("norm", (2, 3), out_dtype="float64").set(golden=False, numeric=False, note="MXNet fails on another out_dtype"),
    row("norm", (2, 3), ord=3).set(raises="ord must be 1 or 2"),
    row("_square_sum", (3, 4), axis=1).set(golden=False, note="MXNet's takes row_sparse arrays only"),
    row("_square_sum", f(3, 4, stype="row_sparse"), axis=1).set(grad=False),
    row("moments", (2, 3, 4), axes=(0, 2)),
    row("moments", (2, 3, 4), axes=1, keepdims=True),
    row("moments", (2, 3, 4), axes=(0, 1, 2)),
    row("moments", (2, 3, 4), axes=-1),
    row("moments", ints(3, 4, high=90, dtype="int32"), axes=1).set(grad=False),
    row("moments", (2, 3)).set(raises="axes"),
]

for _name in ("argmax", "argmin"):
    ROWS += [
        row(_name, distinct(2, 3, 4), **p).set(grad=False)
        for p in ({}, {"axis": 1}, {"axis": -1, "keepdims": True}, {"keepdims": True}, {"axis": 0})
    ]
    ROWS += [
        row(_name, _TIES, axis=1).set(grad=False),
        row(_name, _NAN, axis=1).set(grad=False),
        row(_name, distinct(5), axis=0).set(grad=False),
        row(_name, ints(3, 4, high=90, dtype="int32"), axis=1).set(grad=False),
        row(_name, f(3, 4, dtype="float16"), axis=1).set(grad=False),
        row(_name, (2, 3), axis=2).set(raises="out of range"),
    ]
ROWS += [
    row("argmax_channel", distinct(2, 3, 4)).set(grad=False),
    row("argmax_channel", distinct(3, 4)).set(grad=False),
    row("argmax_channel", (4,)).set(raises="2 dimensions"),
]

ROWS += [row("cumsum", (2, 3, 4), **p) for p in ({}, {"axis": 0}, {"axis": 1}, {"axis": 2})]
ROWS += [
    row("cumsum", (2, 3), axis=-1).set(golden=False, note="MXNet refuses negative axes though it documents them"),
    row("cumsum", ints(3, 4, high=60, dtype="int8"), axis=1).set(grad=False),
    row("cumsum", ints(3, 4, high=60, dtype="int8"), axis=1, dtype="float32").set(grad=False),
    row("cumsum", const([[1, 0], [1, 1]], "bool"), axis=1).set(grad=False),
    row("cumsum", (2, 3), axis=2).set(raises="out of range"),
    row("_histogram", f(20, low=0, high=5), bin_cnt=5, range=(0.0, 5.0)).set(grad=False),
    row("_histogram", const([0.0, 1.0, 1.0, 2.0, 5.0, -1.0, 7.0]), bin_cnt=5, range=(0.0, 5.0)).set(grad=False),
    row("_histogram", f(20, low=0, high=5), const([0.0, 1.0, 2.5, 4.0])).set(grad=False),
    row("_histogram", const([0.0, 1.0, 4.0, 2.5, 5.0]), const([0.0, 1.0, 2.5, 4.0])).set(grad=False),
    row("_histogram", ints(4, 5, high=9, dtype="int32"), bin_cnt=3, range=(0, 9)).set(grad=False),
    row("_histogram", ints(20, low=-4, high=9, dtype="int32"), bin_cnt=7, range=(0, 5)).set(grad=False),
    row("_histogram", (4,), bin_cnt=3).set(raises="range"),
    row("_histogram", (4,), (1,)).set(raises="at least 2"),
    row("_histogram", (4,), bin_cnt=3, range=(2.0, 1.0)).set(raises="increasing"),
    row("_contrib_allclose", const([1.0, 2.0]), const([1.0, 2.00001])).set(grad=False, infer=False),
    row("_contrib_allclose", const([1.0, 2.0]), const([1.0, 2.1]), rtol=0.001).set(grad=False, infer=False),
    row("_contrib_allclose", const([float("nan")]), const([float("nan")])).set(grad=False, infer=False),
    row("_contrib_allclose", const([float("nan")]), const([float("nan")]), equal_nan=False).set(
        grad=False, infer=False
    ),
    row("_contrib_allclose", (2,), (3,)).set(raises="same shape"),
]
