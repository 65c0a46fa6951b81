"""How the fuzz tool compares operators that draw random numbers: whether many draws can be of one distribution."""

from dataclasses import replace
from typing import Any

import numpy as np

MANY = 4000


def is_random(row: Any) -> bool:
    """Whether outcomes of the row can be compared as distributions only."""
    return row.note == "random"


def many(row: Any, rng: Any) -> Any:
    """The row with so many draws that two distributions can be told apart."""
    if row.op == "_shuffle":
        return row
    if row.op.endswith("_like"):
        shape = rng.choice([(MANY,), (40, 100), (2, 2, 1000)])
        return row.set(inputs=(replace(row.inputs[0], shape=shape),))
    params = dict(row.params)
    if row.op == "_sample_unique_zipfian":
        params["shape"] = (MANY // 4, rng.randint(1, 4))
    elif params.get("shape") not in (None, ()) or rng.random() < 0.9:
        params["shape"] = rng.choice([MANY, (MANY,), (40, 100), (2, 1, 2000)])
    return row.set(params=params)


def difference(row: Any, ours: Any, theirs: Any) -> tuple[str, Any] | None:
    """What differs between the draws of both packages: a kind and details; None when nothing does."""
    if sorted(ours) != sorted(theirs):
        return "results", f"{sorted(ours)} instead of {sorted(theirs)}"
    for name, want in theirs.items():
        got = ours[name]
        if got.shape != want.shape or got.dtype != want.dtype:
            return "shape", f"{name}: {got.shape} {got.dtype} instead of {want.shape} {want.dtype}"
        # Parameters in arrays, and rows of probabilities, have a distribution each.
        groups = _groups(row, want)
        for i, (a, b) in enumerate(zip(got.reshape(groups, -1), want.reshape(groups, -1))):
            distance, bound = _distance(*[np.round(x.astype(float), 5) for x in (a, b)])
            if distance > bound:
                moments = f"mean {a.mean():.4g}, deviation {a.std():.4g} instead of {b.mean():.4g}, {b.std():.4g}"
                return "values", f"{name}, distribution {i}: {moments} (distance {distance:.3f})"
    return None


def _groups(row: Any, result: Any) -> Any:
    if not row.op.startswith("_sample_") or row.op == "_sample_unique_zipfian":
        return 1
    shape = row.inputs[0].shape
    count = int(np.prod(shape[:-1] if row.op == "_sample_multinomial" else shape))
    return count if result.size % count == 0 else 1


def _distance(a: Any, b: Any) -> Any:
    """The distance of Kolmogorov and Smirnov, and what it stays under but for one case in a million."""
    places = np.sort(np.concatenate([a, b]))
    below = [np.searchsorted(np.sort(x), places, side="right") / len(x) for x in (a, b)]
    return np.abs(below[0] - below[1]).max(), 2.7 * np.sqrt((len(a) + len(b)) / (len(a) * len(b)))
