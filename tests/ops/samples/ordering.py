"""Rows of the operators that sort."""

from tests.ops.rows import const, distinct, ints, row

TIES = const([[1, 2, 1, 2, 1], [3, 3, 3, 0, 0]])

ROWS = []
for kind in ("value", "indices", "mask", "both"):
    ROWS += [
        row("topk", distinct(3, 5), k=2, ret_typ=kind),
        row("topk", distinct(3, 5), k=2, ret_typ=kind, is_ascend=True),
        row("topk", distinct(4, 3), k=2, ret_typ=kind, axis=0),
        row("topk", distinct(2, 3, 2), k=0, ret_typ=kind, axis=1),
        row("topk", distinct(2, 4), k=3, ret_typ=kind, axis=None),
        row("topk", TIES, k=2, ret_typ=kind).set(grad=False),
    ]
ROWS += [
    row("topk", distinct(2, 4), k=2, ret_typ="both", dtype=t).set(grad=False)
    for t in ("uint8", "int32", "int64", "float16", "float64")
]
ROWS += [
    row("topk", ints(2, 6, high=50, dtype=t), k=6, ret_typ="both").set(grad=False)
    for t in ("int32", "int64", "uint8", "int8", "float64", "float16")
]
ROWS = [r.set(grad=False) if r.params.get("ret_typ") in ("indices", "mask") else r for r in ROWS]
ROWS += [
    row("topk", distinct(3, 5)).set(grad=False),
    row("topk", (3, 5), k=6).set(raises="k must not be greater"),
    row("topk", (3, 5), axis=2).set(raises="axis 2 is out of bounds"),
    row("topk", (3, 5), ret_typ="all").set(raises="ret_typ"),
]

BACKWARD = "MXNet's backward of sort fails with an axis (it is given an empty text for it)"
for name in ("sort", "argsort"):
    differentiable = name == "sort"
    ROWS += [
        row(name, distinct(3, 5)).set(grad=False, note=BACKWARD),
        row(name, distinct(3, 5), is_ascend=False).set(grad=False, note=BACKWARD),
        row(name, distinct(4, 3), axis=0).set(grad=False, note=BACKWARD),
        row(name, distinct(2, 3, 2), axis=-2).set(grad=False, note=BACKWARD),
        row(name, distinct(2, 4), axis=None).set(grad=differentiable),
        row(name, TIES).set(grad=False),
        row(name, TIES, is_ascend=False).set(grad=False),
        row(name, ints(2, 5, dtype="int32")).set(grad=False),
        row(name, ints(2, 5, dtype="uint8")).set(grad=False),
        row(name, (3, 5), axis=2).set(raises="axis 2 is out of bounds"),
    ]
ROWS += [
    row("argsort", distinct(2, 4), dtype=t).set(grad=False) for t in ("uint8", "int32", "int64", "float16", "float64")
]
