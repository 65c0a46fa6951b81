"""Differences from MXNet 1.9.1 that the fuzz tool finds and that are meant."""

import fnmatch

# operator pattern, kind of difference, text in the case or the details, reason
KNOWN = (
    ("*", "it crashes", "", "MXNet ends the process"),
    ("*", "it refuses", "", "MXNet refuses what we compute"),
    ("*", "we refuse", "not in a computational graph", "indices and truth values carry no gradient"),
    ("*", "we refuse", "out of bounds", "MXNet reads or writes beyond the array"),
    ("amp_cast", "values", "", "MXNet's MKL-DNN path rounds floats to integers; its Cast, and ours, truncate"),
    ("_mod_scalar", "gradient", "scalar=0.0", "a remainder by zero is the constant 0, so its gradient is 0"),
    ("_contrib_allclose", "we refuse", "tol must be", "a negative tolerance is an error"),
    ("_square_sum", "values", "exclude=True", "MXNet ignores exclude for sparse arrays"),
    ("_square_sum", "results", "keepdims=True", "the result of a sum over rows is a dense array"),
    ("norm", "gradient", "instead of nan", "at zero the gradient is zero"),
    ("_arange", "values", "float16", "MXNet rounds start and step to whole numbers in float16"),
    ("_contrib_arange_like", "values", "float16", "MXNet rounds start and step to whole numbers in float16"),
    ("*power*", "gradient", "instead of nan", "the derivative of 0**x and of x**0 is zero"),
    (
        "_*_scalar",
        "values",
        "@uint8,scalar=-",
        "a negative number in an unsigned type wraps around; C++ leaves it open",
    ),
    ("clip", "values", "@uint8", "bounds outside of an integer type are brought into it; in MXNet they wrap around"),
    ("erf*", "values", "@", "not a number, and 1 - 1e-8, are no integers"),
    ("norm", "values", "@int", "MXNet rounds partial results to integers while it sums"),
    ("norm", "values", "@uint", "MXNet rounds partial results to integers while it sums"),
)


def explain(case, kind, details):
    """The reason for a difference; None when there is none."""
    shown = f"{case.id}: {details}"
    for op, known_kind, text, reason in KNOWN:
        if kind == known_kind and fnmatch.fnmatchcase(case.op, op) and text in shown:
            return reason
    return None
