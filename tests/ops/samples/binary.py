"""Operators on two arrays, of one shape and broadcasting."""

from tests.ops.rows import away, const, f, ints, row

_WORDS = {
    "add": "elemwise_add", "sub": "elemwise_sub", "mul": "elemwise_mul", "div": "elemwise_div", "mod": "_mod",
    "power": "_power", "maximum": "_maximum", "minimum": "_minimum", "hypot": "_hypot",
}  # fmt: skip
_COMPARE = "equal not_equal greater greater_equal lesser lesser_equal logical_and logical_or logical_xor".split()
_BOTH = {**_WORDS, **{w: f"_{w}" for w in _COMPARE}}
_SHAPES = (
    ((2, 3), (2, 3)),
    ((2, 3), (1, 3)),
    ((2, 1, 3), (1, 4, 1)),
    ((3,), (2, 3)),
    ((2, 3, 2), (1,)),
    ((1,), (3, 2)),
)


def _left(word, *shape):
    return f(*shape, low=0.3, high=3) if word == "power" else away(*shape, low=0.3, high=3)


def _right(word, *shape):
    return away(*shape, low=0.4, high=2)


ROWS = [row(name, _left(w, 2, 3), _right(w, 2, 3)) for w, name in _WORDS.items()]
ROWS += [row(f"broadcast_{w}", _left(w, *a), _right(w, *b)) for w in _WORDS for a, b in _SHAPES]
_A, _B = ints(3, 4, low=-2, high=3), ints(3, 4, low=-2, high=3)
ROWS += [
    row(name, _A, _B).set(grad=w not in (*_COMPARE, "mod")) for w, name in _BOTH.items() if w not in ("div", "power")
]
ROWS += [row(f"broadcast_{w}", _A, ints(4, low=-2, high=3)).set(grad=False) for w in _COMPARE]
# Ties of extrema: the left input gets the gradient.
_TIED = const([[1.0, 2.0, 3.0]]), const([[1.0, 3.0, 3.0], [1.0, 2.0, 0.0]])
ROWS += [row(f"broadcast_{w}", *_TIED).set(numeric=False) for w in ("maximum", "minimum")]
ROWS += [row(f"_{w}", _TIED[1], const([[1.0, 2.0, 3.0]] * 2)).set(numeric=False) for w in ("maximum", "minimum")]
ROWS += [
    row(name, ints(2, 4, low=-9, high=9, dtype=t), ints(2, 4, low=1, high=5, dtype=t)).set(grad=False)
    for name in [*_BOTH.values(), *(f"broadcast_{w}" for w in _BOTH)]
    for t in ("int32", "int8")
]
ROWS += [row("_mod", ints(9, low=-5, high=5, dtype="int32"), ints(9, low=-2, high=2, dtype="int32")).set(grad=False)]
ROWS += [
    row(name, f(2, 3, low=0.3, high=2, dtype="float16"), f(2, 3, low=0.3, high=2, dtype="float16")).set(
        rtol=4e-3, atol=2e-3, numeric=False, grad=w not in _COMPARE
    )
    for w, name in _BOTH.items()
]
ROWS += [
    row(name, f(2, 3, low=0.3, high=2, dtype="float64"), f(2, 3, low=0.3, high=2, dtype="float64"))
    for w, name in _WORDS.items()
]

ROWS += [
    row("_grad_add", (2, 3), (2, 3)).set(grad=False),
    row("_scatter_elemwise_div", (2, 3), away(2, 3, low=0.5)),
    row("_identity_with_attr_like_rhs", (2, 3), (2, 3)),
    row("add_n", (2, 3)),
    row("add_n", (2, 3), (2, 3)),
    row("add_n", (2, 3), (2, 3), (2, 3), (2, 3)),
    row("add_n", *[ints(2, 3, dtype="int32")] * 3),
    row("add_n", (2, 3), (1, 3)).set(raises="same shape"),
    row("add_n", (2, 3), f(2, 3, dtype="float16")).set(raises="same data type"),
    row("broadcast_add", (2, 3), (2, 4)).set(raises="shape|size"),
    row("broadcast_add", (2, 3), f(2, 3, dtype="float64")).set(raises="same data type"),
    row("broadcast_equal", (2, 3), f(2, 3, dtype="float16")).set(raises="same data type"),
]
ROWS += [row(name, (2, 3), (1, 3)).set(raises="same shape") for name in _BOTH.values()]
ROWS += [row(name, (2, 3), f(2, 3, dtype="float16")).set(raises="same data type") for name in _BOTH.values()]

ROWS += [
    row("broadcast_to", (2, 1, 3), shape=(2, 4, 3)),
    row("broadcast_to", (2, 1, 1), shape=(0, 4, 0)),
    row("broadcast_to", (1,), shape=(5,)),
    row("broadcast_to", (2, 3), shape=(2, 3)),
    row("broadcast_to", ints(1, 3, dtype="int32"), shape=(2, 3)),
    row("broadcast_to", (2, 3), shape=(4, 3)).set(raises="cannot be broadcast"),
    row("broadcast_to", (3,), shape=(2, 3)).set(raises="rank"),
    row("broadcast_axis", (2, 1, 3, 1), axis=(1, 3), size=(2, 3)),
    row("broadcast_axis", (1, 3), axis=0, size=4),
    row("broadcast_axis", (2, 3)),
    row("broadcast_axis", (2, 3), axis=1, size=4).set(raises="axis 1"),
    row("broadcast_axis", (1, 3), axis=0, size=(4, 5)).set(raises="same length"),
    row("broadcast_axis", (1, 3), axis=7, size=4).set(raises="out of range"),
    row("broadcast_like", (1, 3), (4, 3)),
    row("broadcast_like", (1, 2, 3), (5, 7), lhs_axes=(0,), rhs_axes=(1,)),
    row("broadcast_like", (2, 1, 1), (5, 7), lhs_axes=(-1, 1), rhs_axes=(0, -1)),
    row("broadcast_like", (1, 3), ints(4, 3, dtype="int32")),
    row("broadcast_like", (1, 3), (4,)).set(raises="rank"),
    row("broadcast_like", (2, 3), (4, 3)).set(raises="cannot be broadcast"),
]
