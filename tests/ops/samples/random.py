"""Operators that draw random numbers, and densities."""

from tests.ops.rows import const, f, ints, row

# Each distribution: parameters as numbers, and as arrays.
_DISTRIBUTIONS = {
    "uniform": ({"low": -1.5, "high": 3.0}, ([0.0, -2.0], [1.0, 5.0])),
    "normal": ({"loc": 10.0, "scale": 0.5}, ([0.0, -2.0], [1.0, 5.0])),
    "gamma": ({"alpha": 9.0, "beta": 0.5}, ([0.5, 3.0], [1.0, 5.0])),
    "exponential": ({"lam": 4.0}, ([0.5, 3.0],)),
    "poisson": ({"lam": 4.0}, ([0.5, 30.0],)),
    "negative_binomial": ({"k": 3, "p": 0.4}, ([2.0, 5.0], [0.3, 0.9])),
    "generalized_negative_binomial": ({"mu": 2.0, "alpha": 0.3}, ([2.0, 5.0], [0.3, 0.9])),
}


def _draw(*args, **kwargs):
    return row(*args, **kwargs).set(golden=False, grad=False, note="random")


ROWS = []
for _name, (_numbers, _arrays) in _DISTRIBUTIONS.items():
    _given = [const(a) for a in _arrays]
    ROWS += [_draw(f"_random_{_name}", shape=(2, 3), dtype=t, **_numbers) for t in ("float16", "float32", "float64")]
    ROWS += [_draw(f"_random_{_name}", shape=4), row(f"_random_{_name}", dtype="int32", shape=2).set(raises="dtype")]
    ROWS += [row(f"_random_{_name}", **_numbers).set(raises="is unknown")]
    ROWS += [_draw(f"_random_{_name}_like", f(2, 3, dtype=t), **_numbers) for t in ("float16", "float32", "float64")]
    ROWS += [row(f"_random_{_name}_like", ints(2, 3, dtype="int32")).set(raises="floating point")]
    ROWS += [_draw(f"_sample_{_name}", *_given, shape=s) for s in ((), 3, (2, 3))]
    ROWS += [_draw(f"_sample_{_name}", *_given, shape=2, dtype=t) for t in ("float16", "float64")]
    ROWS += [row(f"_sample_{_name}", *_given, shape=(2, 0)).set(raises="non-zero")]
    if len(_given) == 2:
        ROWS += [row(f"_sample_{_name}", _given[0], (3,)).set(raises="one shape and data type")]

ROWS += [
    row("_random_uniform", low=2, high=1, shape=2).set(raises="low should be at most high"),
    row("_random_normal", scale=0, shape=2).set(raises="scale should be positive"),
    row("_random_gamma", alpha=0, shape=2).set(raises="alpha parameter"),
    row("_random_gamma", beta=-1, shape=2).set(raises="beta parameter"),
    row("_random_exponential", lam=0, shape=2).set(raises="lambda parameter"),
    row("_random_poisson", lam=-1, shape=2).set(raises="lambda parameter"),
    row("_random_negative_binomial", k=-1, shape=2).set(raises="k should not be negative"),
    row("_random_negative_binomial", p=0, shape=2).set(raises=r"p should be in \(0, 1\]"),
    row("_random_generalized_negative_binomial", mu=-1, shape=2).set(raises="mu should not be negative"),
    row("_random_generalized_negative_binomial", alpha=-1, shape=2).set(raises="alpha should not be negative"),
    _draw("_random_randint", low=-5, high=5, shape=(2, 3)),
    _draw("_random_randint", low=-5, high=2**40, shape=(2, 3), dtype="int64"),
    row("_random_randint", low=3, high=3, shape=2).set(raises="low must be less than high"),
    row("_random_randint", low=0, high=2**40, shape=2).set(raises="do not fit"),
    row("_random_randint", shape=2).set(raises="low"),
    _draw("_sample_multinomial", const([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]])),
    _draw("_sample_multinomial", const([[0.1, 0.2, 0.7], [0.5, 0.5, 0.0]]), shape=(2, 2), dtype="uint8"),
    _draw("_sample_multinomial", const([0.1, 0.2, 0.7], dtype="float64"), shape=4, get_prob=True),
    row("_sample_multinomial", ints(3, dtype="int32")).set(raises="floating point"),
    row("_sample_multinomial", (300,), dtype="uint8").set(raises="300 classes"),
    _draw("_shuffle", (5, 2)),
    _draw("_shuffle", ints(6, dtype="int64")),
    _draw("_sample_unique_zipfian", range_max=20, shape=(2, 5)),
    row("_sample_unique_zipfian", range_max=4, shape=(2, 5)).set(raises="range_max"),
    row("_sample_unique_zipfian", range_max=4, shape=5).set(raises="batch size"),
]

# Densities: the samples' kind, then the parameters. Counts have no gradient, so there are no finite differences either.
_COUNTS = {"low": 0, "high": 6}
_DENSITIES = {
    "uniform": (f(2, 3, low=0.1, high=0.9), [0.0, -1.0], [1.0, 2.0]),
    "normal": (f(2, 3, low=-2, high=2), [0.0, 1.0], [1.0, 0.7]),
    "gamma": (f(2, 3, low=0.2, high=3), [0.7, 2.5], [1.0, 0.7]),
    "exponential": (f(2, 3, low=0.2, high=3), [1.0, 2.5]),
    "poisson": (ints(2, 3, **_COUNTS), [1.0, 2.5]),
    "negative_binomial": (ints(2, 3, **_COUNTS), [2.0, 5.0], [0.3, 0.8]),
    "generalized_negative_binomial": (ints(2, 3, **_COUNTS), [2.0, 5.0], [0.3, 0.8]),
}
ROWS += [
    row(f"_random_pdf_{name}", sample, *[const(p) for p in params], is_log=is_log).set(
        numeric=name in ("uniform", "normal", "gamma", "exponential"), atol=2e-5
    )
    for name, (sample, *params) in _DENSITIES.items()
    for is_log in (False, True)
]
_POINTS = const([[[0.2, 0.3, 0.5], [0.1, 0.8, 0.1]], [[0.6, 0.2, 0.2], [0.3, 0.3, 0.4]]])
_ALPHA = const([[0.7, 1.5, 2.0], [3.0, 1.0, 0.5]])
ROWS += [row("_random_pdf_dirichlet", _POINTS, _ALPHA, is_log=is_log) for is_log in (False, True)]
ROWS += [
    row("_random_pdf_normal", f(2, 3, dtype="float64"), const([0, 1], "float64"), const([1, 2], "float64")),
    row("_random_pdf_normal", (2, 3), (3,), (3,)).set(raises="must begin with"),
    row("_random_pdf_normal", (2, 3), f(2, dtype="float64"), f(2, dtype="float64")).set(raises="same floating-point"),
    row("_random_pdf_dirichlet", (2, 3, 4), (2, 3)).set(raises="must begin with"),
]
