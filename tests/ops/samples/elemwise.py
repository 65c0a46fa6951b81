"""Elementwise operators of one array, and with a scalar."""

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
    "rsqrt": f(2, 3, low=0.2, high=9),
    "sqrt": f(2, 3, low=0.2, high=9),
}
_SMOOTH = (
    "arcsinh arctan cos cosh degrees erf exp expm1 negative radians sigmoid sin sinh softsign square tan tanh "
    "_copy _contrib_div_sqrt_dim"
).split()
_UNARY = [*_DOMAINS, *_SMOOTH]
_STEPS = "ceil fix floor rint round sign trunc".split()

# Kinks, poles, rounding ties, the ends of domains.
_EDGES = const([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, -1.5, 2.5, -2.5, 3.0, -3.0])
_SPECIAL = const([float("inf"), float("-inf"), float("nan"), 1e-30, -1e-30, 1e30])

ROWS = [row(name, _DOMAINS.get(name, f(2, 3))) for name in _UNARY]
ROWS += [row(name, f(3, 2, low=-3, high=3)) for name in _STEPS]
ROWS += [row(name, away(2, 3)) for name in ("relu", "logical_not")]
ROWS += [row(name, _EDGES).set(numeric=False) for name in [*_UNARY, *_STEPS, "relu", "logical_not"]]
ROWS += [row(name, _SPECIAL).set(grad=False) for name in [*_UNARY, *_STEPS, "relu", "logical_not"]]
ROWS += [
    row(name, ints(2, 3, low=-3, high=4, dtype=dtype)).set(grad=False, note="integers")
    for name in ("abs", "ceil", "floor", "negative", "relu", "sign", "square", "logical_not", "_copy")
    for dtype in ("int32", "int8")
]
ROWS += [row(name, f(2, 3, low=0.3, high=0.9, dtype="float16")).set(rtol=2e-3, atol=1e-3, numeric=False)
         for name in [*_UNARY, *_STEPS, "relu"] if name != "arccosh"]
ROWS += [row(name, f(2, 3, low=0.3, high=0.9, dtype="float64")) for name in ("exp", "relu", "sigmoid", "tanh", "erf")]
