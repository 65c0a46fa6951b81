"""``mx.np.random``: parameters that no distribution has, and half precision."""

import numpy as onp
import pytest

from mxnet import np

R = np.random
MINUS = np.array([1.0, -1.0])


@pytest.mark.parametrize("wrong", [-1.0, MINUS], ids=["number", "array"])
@pytest.mark.parametrize(
    "draw",
    [
        lambda v: R.normal(0, v),
        lambda v: R.lognormal(0, v),
        lambda v: R.logistic(0, v),
        lambda v: R.gumbel(0, v),
        lambda v: R.exponential(v),
        lambda v: R.rayleigh(v),
        lambda v: R.weibull(v),
        lambda v: R.pareto(v),
        lambda v: R.power(v),
        lambda v: R.gamma(v, 1),
        lambda v: R.gamma(1, v),
        lambda v: R.chisquare(v),
        lambda v: R.beta(v, 1),
        lambda v: R.beta(1, v),
    ],
)
def test_negative_parameters(draw, wrong):
    with pytest.raises(ValueError, match="must (not be negative|be positive)"):
        draw(wrong)


def test_negative_chances():
    with pytest.raises(ValueError, match="choice: p must not be negative"):
        R.choice(3, (2,), p=np.array([-1.0, 1.0, 1.0]))


@pytest.mark.parametrize(
    ("draw", "mean"),
    [
        (lambda size: R.gamma(2, 3, size, dtype="float16"), 6),
        (lambda size: R.chisquare(3, size, dtype="float16"), 3),
        (lambda size: R.beta(1, 1, size, dtype="float16"), 0.5),
        (
            lambda size: R.multivariate_normal(
                np.array([1.0]).astype("float16"), np.array([[4.0]]).astype("float16"), size
            ),
            1,
        ),
    ],
)
def test_half_precision(draw, mean):
    drawn = draw((4000,))
    assert drawn.dtype == onp.float16
    assert abs(drawn.asnumpy().astype("float64").mean() - mean) < 0.2
