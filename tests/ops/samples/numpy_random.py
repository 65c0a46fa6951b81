"""Random numbers with NumPy's semantics."""

from tests.ops.rows import const, row

# Each distribution: its parameters, and values of them.
_DISTRIBUTIONS = {
    "uniform": {"low": -1.5, "high": 3.0},
    "uniform_n": {"low": -1.5, "high": 3.0},
    "normal": {"loc": 10.0, "scale": 0.5},
    "normal_n": {"loc": 10.0, "scale": 0.5},
    "logistic": {"loc": 1.0, "scale": 0.5},
    "gumbel": {"loc": 1.0, "scale": 0.5},
    "gamma": {"shape": 2.0, "scale": 0.5},
    "exponential": {"scale": 0.5},
    "rayleigh": {"scale": 0.5},
    "weibull": {"a": 2.0},
    "pareto": {"a": 2.0},
    "powerd": {"a": 2.0},
}
_TYPED = ("uniform", "uniform_n", "normal", "normal_n", "gamma")


def _draw(*args, **kwargs):
    return row(*args, **kwargs).set(golden=False, grad=False, note="random")


ROWS = []
for _name, _numbers in _DISTRIBUTIONS.items():
    _op, _absent = f"_npi_{_name}", dict.fromkeys(_numbers)
    _arrays = [const([v, v + 1]) for v in _numbers.values()]
    ROWS += [_draw(_op, size=(2, 3), **_numbers), _draw(_op, size=3, **_numbers)]
    ROWS += [_draw(_op, *_arrays, **_absent), _draw(_op, *_arrays, size=(3, 2), **_absent)]
    ROWS += [_draw(_op, size=(2,), dtype=t, **_numbers) for t in ("float16", "float64") if _name in _TYPED]
    if _name[-2:] != "_n":
        ROWS += [row(_op, *_arrays, size=(3,), **_absent).set(raises="size")]
    _first, *_others = _numbers
    if _others:
        ROWS += [_draw(_op, _arrays[0], **{**_numbers, _first: None})]
        ROWS += [_draw(_op, _arrays[1], size=(2, 2), **{**_numbers, _others[0]: None})]

ROWS += [
    row("_npi_normal", loc=0.0, scale=-1.0, size=2).set(raises="must not be negative"),
    row("_npi_gamma", shape=0.0, scale=1.0, size=2).set(raises="must be positive"),
    _draw("_npi_bernoulli", prob=0.5, logit=None, is_logit=False, size=(2, 3)),
    _draw("_npi_bernoulli", prob=None, logit=0.5, is_logit=True, size=3, dtype="bool"),
    _draw("_npi_bernoulli", const([0.1, 0.9]), prob=None, logit=None, is_logit=False),
    _draw("_npi_bernoulli", const([-1.0, 2.0]), prob=None, logit=None, is_logit=True, size=(3, 2), dtype="int32"),
    row("_npi_bernoulli", prob=1.5, logit=None, is_logit=False, size=2).set(raises="between 0 and 1"),
    _draw("_npi_choice", a=5, size=(2, 2)),
    _draw("_npi_choice", a=5, size=(5,), replace=False),
    _draw("_npi_choice", (4,), a=None, size=(2,)),
    _draw("_npi_choice", const([0.2, 0.3, 0.5]), a=3, size=(2,), weighted=True),
    _draw("_npi_choice", (3,), const([0.2, 0.3, 0.5]), a=None, size=(2,), weighted=True, replace=False),
    row("_npi_choice", a=3, size=(5,), replace=False).set(raises="without replacement"),
    row("_npi_choice", const([0.5, 0.5]), a=3, size=(2,), weighted=True).set(raises="2 probabilities for 3"),
    _draw("_npi_multinomial", n=5, pvals=(0.2, 0.3, 0.5)),
    _draw("_npi_multinomial", const([0.2, 0.8]), n=5, size=(2, 3)),
    row("_npi_multinomial", n=5, pvals=(0.9, 0.9)).set(raises="more than 1"),
]
