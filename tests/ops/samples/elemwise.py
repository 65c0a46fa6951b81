"""Elementwise operators of one array, and copies."""

from tests.ops.rows import away, const, f, ints, row

# Where the function is smooth; edges come below.
_DOMAINS = {
    "abs": away(2, 3),
    "arccos": f(2, 3, low=-0.9, high=0.9),
    "arccosh": f(2, 3, low=1.1, high=4),
    "arcsin": f(2, 3, low=-0.9, high=0.9),
    "arctanh": f(2, 3, low=-0.9, high=0.9),
    "cbrt": away(2, 3, low=0.2, high=9),
    "erfinv": f(2, 3, low=-0.9, high=0.9),
    "gamma": f(2, 3, low=0.3, high=5),
    "gammaln": f(2, 3, low=0.3, high=9),
    "log": f(2, 3, low=0.1, high=9),
    "log10": f(2, 3, low=0.1, high=9),
    "log1p": f(2, 3, low=-0.9, high=9),
    "log2": f(2, 3, low=0.1, high=9),
    "rcbrt": away(2, 3, low=0.2, high=9),
    "reciprocal": away(2, 3, low=0.2, high=3),
    "relu": away(2, 3),
    "rsqrt": f(2, 3, low=0.2, high=9),
    "softsign": away(2, 3),
    "sqrt": f(2, 3, low=0.2, high=9),
}
_SMOOTH = (
    "arcsinh arctan cos cosh degrees erf exp expm1 negative radians sigmoid sin sinh square tan tanh "
    "_copy _contrib_div_sqrt_dim"
).split()
_UNARY = [*_DOMAINS, *_SMOOTH]
_STEPS = "ceil fix floor rint round sign trunc".split()
_ALL = [*_UNARY, *_STEPS, "logical_not"]

# Kinks, poles, rounding ties, the ends of domains.
_EDGES = const([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.0, -3.0])
_SPECIAL = const([float("inf"), float("-inf"), float("nan"), 1e-30, -1e-30, 1e30])
# MXNet's digamma is +inf at its poles, and the gradient of rsqrt has the sign of a negative zero.
_WRONG_AT_EDGES = ("gamma", "gammaln", "rsqrt")

ROWS = [row(name, _DOMAINS.get(name, f(2, 3))) for name in _UNARY]
ROWS += [row(name, f(3, 2, low=-3, high=3)) for name in _STEPS]
ROWS += [row(name, _EDGES).set(numeric=False, grad=name not in (*_WRONG_AT_EDGES, "logical_not")) for name in _ALL]
ROWS += [row(name, _SPECIAL).set(grad=False) for name in _ALL]
ROWS += [
    row(name, ints(2, 3, low=-3, high=4, dtype=dtype)).set(grad=False)
    for name in "abs cbrt ceil exp floor negative relu rint sigmoid sign square tan logical_not _copy".split()
    for dtype in ("int32", "int8")
]
ROWS += [
    row(name, ints(2, 3, low=1, high=30, dtype="int64")).set(grad=False)
    for name in "sqrt rsqrt log gammaln reciprocal degrees".split()
]
ROWS += [
    row(name, f(2, 3, low=0.3, high=0.9, dtype="float16")).set(rtol=2e-3, atol=1e-3, numeric=False)
    for name in [*_UNARY, *_STEPS]
    if name != "arccosh"
]
ROWS += [row(name, f(2, 3, low=0.3, high=0.9, dtype="float64")) for name in "exp relu sigmoid tanh erf cbrt".split()]
ROWS += [
    row(name, (2, 0, 3)).set(
        golden=False, grad=False, symbol=False, note="MXNet has no arrays of size 0 without NumPy shapes"
    )
    for name in ("exp", "round")
]

ROWS += [
    row("hard_sigmoid", f(3, 4, low=-4, high=4)),
    row("hard_sigmoid", f(3, 4, low=-4, high=4), alpha=0.5, beta=0.25),
    row("hard_sigmoid", const([-2.5, 2.5, 0.0])).set(numeric=False),
    row("hard_sigmoid", ints(3, dtype="int32")).set(raises="floating point"),
    row("_contrib_quadratic", (2, 3), a=2.0, b=-3.0, c=0.5),
    row("_contrib_quadratic", (2, 3)),
    row("_contrib_round_ste", f(2, 3, low=-3, high=3)).set(numeric=False),
    row("_contrib_sign_ste", f(2, 3, low=-3, high=3)).set(numeric=False),
    row("_contrib_gradientmultiplier", (2, 3), scalar=-0.5).set(numeric=False),
    row("_contrib_div_sqrt_dim", (2, 3, 4)),
    row("clip", f(3, 4, low=-3, high=3), a_min=-1.0, a_max=1.5),
    row("clip", const([-2.0, -1.0, 0.0, 1.0, 2.0]), a_min=-1.0, a_max=1.0).set(numeric=False),
    row("clip", f(3, 4, low=-3, high=3), a_min=1.0, a_max=-1.0).set(
        numeric=False, note="bounds in the wrong order", grad=False
    ),
    row("clip", ints(3, 4, low=-9, high=9, dtype="int32"), a_min=-2.5, a_max=3.5).set(grad=False),
    row("clip", f(3, 4, dtype="float16"), a_min=-1e10, a_max=1e10).set(numeric=False),
    row("clip", ints(3, 4, high=9, dtype="uint8"), a_min=-3.0, a_max=1e9).set(grad=False),
    row("clip", (2,), a_min=0.0).set(raises="a_max"),
    row("BlockGrad", (2, 3)).set(numeric=False),
    row("BlockGrad", ints(2, 3, dtype="int32")),
    row("make_loss", (2, 3)).set(numeric=False),
    row("_copyto", (2, 3)).set(golden=False, note="MXNet's wants out"),
    row("_CrossDeviceCopy", data=f(2, 3)).set(golden=False, note="MXNet has no kernel of this name to call"),
    row("amp_cast", (2, 3), dtype="float16").set(numeric=False, rtol=1e-3, atol=1e-3),
    row("amp_cast", f(2, 3, dtype="float16"), dtype="float32").set(numeric=False, rtol=1e-3, atol=1e-3),
    row("amp_cast", ints(2, 3, dtype="int32"), dtype="float16"),
    row("amp_cast", (2, 3), dtype="bfloat16").set(
        golden=False, numeric=False, note="MXNet's frontend does not know the name"
    ),
    row("amp_multicast", (2, 3), f(4), num_outputs=2),
    row("amp_multicast", f(2, 3, dtype="float16"), (4,), num_outputs=2).set(
        golden=False, numeric=False, note="MXNet's MKL-DNN path refuses float16"
    ),
    row("amp_multicast", (2, 3), f(4, dtype="float16"), ints(2, dtype="int8"), num_outputs=3, cast_narrow=True).set(
        golden=False, numeric=False, note="MXNet's MKL-DNN path refuses float16"
    ),
]
_VALUES = const([1.9, -1.9, 0.0, 0.5, 100.7, -100.7])
ROWS += [
    row("Cast", _VALUES, dtype=t).set(numeric=False) for t in "float16 float32 float64 int8 int32 int64 bool".split()
]
ROWS += [row("Cast", const([0.0, 1.9, 200.5]), dtype="uint8")]
ROWS += [row("Cast", ints(2, 3, dtype=t), dtype="float32").set(grad=False) for t in "int8 uint8 int32 int64".split()]
ROWS += [
    row("Cast", const([[1, 0], [0, 1]], "bool"), dtype="int32"),
    row("Cast", (2, 3), dtype="complex64").set(raises="dtype.*complex64"),
]
