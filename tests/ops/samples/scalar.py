"""Operators on an array and a number."""

from tests.ops.rows import away, const, f, ints, row

_SMOOTH = "_plus _minus _rminus _mul _div _scatter_plus _scatter_minus".split()
_COMPARE = (
    "_equal _not_equal _greater _greater_equal _lesser _lesser_equal _logical_and _logical_or _logical_xor".split()
)
_POWERS = ("_power", "_rpower")
_REST = "_rdiv _mod _rmod _maximum _minimum _hypot".split()
_ALL = [*_SMOOTH, *_REST, *_POWERS, *_COMPARE]

ROWS = [row(f"{n}_scalar", (2, 3), scalar=s) for n in _SMOOTH for s in (2.5, -0.3)]
ROWS += [row(f"{n}_scalar", away(2, 3, low=0.3, high=4), scalar=s) for n in _REST for s in (1.5, -1.5)]
ROWS += [row(f"{n}_scalar", f(2, 3, low=0.3, high=3), scalar=s) for n in _POWERS for s in (2.0, 0.5)]
ROWS += [row("_power_scalar", away(2, 3, low=0.3), scalar=s) for s in (3.0, -2.0, 1.0)]
ROWS += [row("_plus_scalar", (2, 3)), row("_mul_scalar", (2, 3), scalar=3)]
ROWS += [
    row(f"_{n}_scalar", f(2, 3, dtype="float16"), scalar=s).set(numeric=False)
    for n in ("maximum", "minimum", "plus")
    for s in (1e10, -1e10)
]
# Ties, and values at which comparisons turn.
_TIES = const([-2.0, -1.0, 0.0, 1.0, 2.0])
ROWS += [
    row(f"{n}_scalar", _TIES, scalar=1.0).set(grad=n not in _COMPARE, numeric=False)
    for n in [*_COMPARE, "_maximum", "_minimum"]
]
ROWS += [row(f"{n}_scalar", _TIES, scalar=0.0).set(grad=False) for n in [*_COMPARE, "_mod", "_rmod", "_hypot", "_rdiv"]]
# Integers keep their type, and the number is made one of them.
ROWS += [
    row(f"{n}_scalar", ints(2, 4, low=1, high=9, dtype=t), scalar=s).set(grad=False)
    for n in _ALL
    for t, s in (("int32", 2.5), ("int8", 2.0), ("uint8", 3.7))
]
ROWS += [
    row(f"{n}_scalar", ints(2, 4, low=1, high=9, dtype="int32"), scalar=2.5, is_int=False).set(grad=False) for n in _ALL
]
ROWS += [
    row(f"{n}_scalar", const([0, 1, 1], "bool"), scalar=1.0, is_int=True).set(grad=False)
    for n in ("_plus", "_mul", "_equal", "_maximum")
]
ROWS += [
    row(f"{n}_scalar", ints(2, 4, low=-9, high=9, dtype="int32"), scalar=-3).set(grad=False)
    for n in ("_mod", "_div", "_rminus", "_greater")
]
ROWS += [
    row(f"{n}_scalar", f(2, 3, low=0.3, high=2, dtype="float16"), scalar=1.5).set(
        rtol=3e-3, atol=1e-3, numeric=False, grad=n not in _COMPARE
    )
    for n in _ALL
]
ROWS += [
    row(f"{n}_scalar", f(2, 3, low=0.3, high=2, dtype="float64"), scalar=1.3) for n in ("_plus", "_rdiv", "_power")
]

ROWS += [
    row("smooth_l1", f(3, 4, low=-3, high=3)),
    row("smooth_l1", f(3, 4, low=-3, high=3), scalar=2.0),
    row("smooth_l1", const([-0.25, 0.25, 0.0, 4.0]), scalar=2.0).set(numeric=False),
    row("smooth_l1", ints(3, 4, low=-5, high=5, dtype="int32"), scalar=1.0).set(grad=False),
    row("_plus_scalar", (2, 3), scalar="many").set(raises="scalar.*many"),
]
