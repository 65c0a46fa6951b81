"""Random operators: distributions, shapes and types, seeds, threads, densities, refused parameters."""

import math
import threading

import numpy as np
import pytest

import mxnet as mx
from mxnet.test_utils import chi_square_check, gen_buckets_probs_with_ppf

stats = pytest.importorskip("scipy.stats")
nd = mx.nd

# A distribution: how it is drawn, its parameters, and SciPy's name for it.
CONTINUOUS = [
    ("uniform", {"low": -1.5, "high": 3.0}, stats.uniform(-1.5, 4.5)),
    ("normal", {"loc": 2.0, "scale": 0.5}, stats.norm(2.0, 0.5)),
    ("gamma", {"alpha": 9.0, "beta": 0.5}, stats.gamma(9.0, scale=0.5)),
    ("gamma", {"alpha": 0.5, "beta": 2.0}, stats.gamma(0.5, scale=2.0)),
    ("exponential", {"scale": 0.25}, stats.expon(scale=0.25)),
]
COUNTING = [
    ("poisson", {"lam": 4.0}, stats.poisson(4.0)),
    ("negative_binomial", {"k": 3, "p": 0.4}, stats.nbinom(3, 0.4)),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.3}, stats.nbinom(1 / 0.3, 1 / (2.0 * 0.3 + 1))),
    ("generalized_negative_binomial", {"mu": 2.0, "alpha": 0.0}, stats.poisson(2.0)),
]
EACH = CONTINUOUS + COUNTING
IDS = [f"{name}-{'-'.join(map(str, params.values()))}" for name, params, _ in EACH]
N = 100_000


def likelihood(samples, distribution):
    """The probability of samples that deviate as much, if they are of this distribution."""
    if hasattr(distribution.dist, "pmf"):
        values = list(range(12))
        buckets = [(v - 0.5, v + 0.5) for v in values] + [(11.5, math.inf)]
        probs = [distribution.pmf(v) for v in values] + [distribution.sf(11)]
        keep = [i for i, p in enumerate(probs) if p * len(samples) > 20]
        buckets, probs = [buckets[i] for i in keep], [probs[i] for i in keep]
        buckets[-1] = (buckets[-1][0], math.inf)
        probs[-1] += 1 - sum(probs)
    else:
        buckets, probs = gen_buckets_probs_with_ppf(distribution.ppf, 8)
    return chi_square_check(lambda n: samples, buckets, probs, len(samples))[0]


@pytest.mark.parametrize("name, params, distribution", EACH, ids=IDS)
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_numbers_as_parameters(ctx, name, params, distribution, dtype):
    found = getattr(nd.random, name)(**params, shape=(N // 10, 10), dtype=dtype, ctx=ctx)
    assert found.shape == (N // 10, 10) and found.dtype == np.dtype(dtype) and found.context == ctx
    if dtype != "float16" or name in ("poisson", "negative_binomial", "generalized_negative_binomial"):
        assert likelihood(found.asnumpy().astype("float64").ravel(), distribution) > 1e-4
    assert found.asnumpy().astype("float64").mean() == pytest.approx(distribution.mean(), abs=0.05)
    assert found.asnumpy().astype("float64").std() == pytest.approx(distribution.std(), abs=0.05)


@pytest.mark.parametrize("name, params, distribution", EACH, ids=IDS)
def test_like_an_array(ctx, name, params, distribution):
    if name == "exponential":
        params = {"lam": 1 / params["scale"]}
    data = nd.zeros((N,), ctx=ctx, dtype="float64")
    found = getattr(nd.random, f"{name}_like")(data=data, **params)
    assert found.shape == data.shape and found.dtype == np.float64
    assert likelihood(found.asnumpy(), distribution) > 1e-4


@pytest.mark.parametrize("name, params, distribution", EACH, ids=IDS)
def test_arrays_as_parameters(ctx, name, params, distribution):
    arrays = {k: nd.array([[v, v], [v, v]], ctx=ctx) for k, v in params.items()}
    found = getattr(nd.random, name)(**arrays, shape=(N // 4,))
    assert found.shape == (2, 2, N // 4) and found.dtype == np.float32
    assert likelihood(found.asnumpy().ravel(), distribution) > 1e-4
    assert found[0, 0].asnumpy().mean() == pytest.approx(distribution.mean(), rel=0.1)


def test_each_element_has_its_own_parameters():
    found = nd.random.normal(nd.array([0, 100]), nd.array([1, 10]), shape=(50, 40), dtype="float64").asnumpy()
    assert found.shape == (2, 50, 40) and found.dtype == np.float64
    np.testing.assert_allclose(found.mean((1, 2)), [0, 100], atol=1.5)
    np.testing.assert_allclose(found.std((1, 2)), [1, 10], rtol=0.1)
    assert nd.random.uniform(nd.array([1, 2]), nd.array([3, 4])).shape == (2,)
    halves = nd.random.poisson(nd.array([3, 5], dtype="float16"), shape=2)
    assert halves.dtype == np.float32  # whatever the type of the parameters


def test_randint(ctx):
    found = nd.random.randint(-1, 3, shape=(1000,), ctx=ctx)
    assert found.dtype == np.int32 and sorted(np.unique(found.asnumpy())) == [-1, 0, 1, 2]
    p, _, _ = chi_square_check(lambda n: nd.random.randint(0, 5, shape=n).asnumpy(), list(range(5)), [0.2] * 5, N)
    assert p > 1e-4
    large = nd.random.randint(2**40, 2**40 + 3, dtype="int64", shape=100).asnumpy()
    assert large.dtype == np.int64 and set(large - 2**40) == {0, 1, 2}
    out = nd.zeros((7,), dtype="int64", ctx=ctx)
    assert nd.random.randint(5, 6, out=out) is out and (out.asnumpy() == 5).all()


def test_shapes():
    assert nd.random.uniform().shape == (1,)
    assert nd.random.uniform(shape=4).shape == (4,)
    assert nd.random.randn(2, 3).shape == (2, 3)
    assert nd.random.randn(2, 3, loc=100.0, dtype="float64").asnumpy().min() > 90
    assert nd.uniform(0, 1, (2, 3)).shape == nd.random_normal(0, 1, (2, 3)).shape == (2, 3)
    out = nd.zeros((3, 2), dtype="float64")
    assert nd.random.normal(out=out) is out and (out.asnumpy() != 0).all()
    assert nd.random_uniform(5, 6, out=out) is out and (out.asnumpy() >= 5).all()
    with mx.cpu(3):
        assert nd.random.uniform().context == mx.cpu(3)
    assert nd.random.uniform(ctx=mx.cpu(2)).context == mx.cpu(2)


def test_multinomial(ctx):
    probs = nd.array([[0.1, 0.2, 0.3, 0.4], [0.4, 0.3, 0.2, 0.1]], ctx=ctx)
    found, logp = nd.random.multinomial(probs, shape=N, get_prob=True, dtype="uint8")
    assert found.shape == logp.shape == (2, N) and found.dtype == np.uint8 and logp.dtype == np.float32
    for row, p in zip(found.asnumpy(), probs.asnumpy()):
        assert chi_square_check(lambda n, row=row: row, [0, 1, 2, 3], list(p), N)[0] > 1e-4
    expected = np.log(np.take_along_axis(probs.asnumpy(), found.asnumpy().astype(int), 1))
    np.testing.assert_allclose(logp.asnumpy(), expected, rtol=1e-6)
    assert nd.random.multinomial(probs).shape == (2,)
    assert nd.random.multinomial(probs[0]).shape == (1,)
    assert nd.random.multinomial(probs, shape=(3, 2)).shape == (2, 3, 2)
    assert nd.random.multinomial(probs).dtype == np.int32


def test_multinomial_never_draws_what_is_impossible():
    probs = nd.array([0, 0, 0.5, 0, 0.5, 0])
    assert set(nd.random.multinomial(probs, shape=N).asnumpy()) == {2, 4}
    assert set(nd.random.multinomial(probs.astype("float16"), shape=1000).asnumpy()) == {2, 4}


def test_multinomial_gradient():
    probs = nd.array([0.2, 0.3, 0.5])
    probs.attach_grad()
    with mx.autograd.record():
        found, logp = nd.random.multinomial(probs, shape=40, get_prob=True)
        (logp * 5).backward()
    expected = np.bincount(found.asnumpy(), minlength=3) * 5 / probs.asnumpy()
    np.testing.assert_allclose(probs.grad.asnumpy(), expected, rtol=1e-5)


def test_draws_are_constants_to_gradients():
    scale = nd.array([1.0, 2.0])
    scale.attach_grad()
    with mx.autograd.record():
        noise = nd.random.normal(nd.zeros(2), scale)
        (noise * scale).sum().backward()
    np.testing.assert_array_equal(scale.grad.asnumpy(), noise.asnumpy())


def test_shuffle(ctx):
    data = nd.arange(12, ctx=ctx).reshape((4, 3))
    counts = {}
    for _ in range(600):
        found = nd.random.shuffle(data).asnumpy()
        assert (found - found[:, :1] == [0, 1, 2]).all()
        order = tuple((found[:, 0] / 3).astype(int))
        counts[order] = counts.get(order, 0) + 1
    assert len(counts) == 24 and max(counts.values()) < 60
    assert (data.asnumpy().ravel() == np.arange(12)).all()
    assert nd.random.shuffle(nd.arange(5, dtype="int32")).dtype == np.int32


def test_unique_zipfian():
    classes, tries = nd._internal._sample_unique_zipfian(1000, shape=(3, 200))
    assert classes.dtype == tries.dtype == np.int64 and classes.shape == (3, 200) and tries.shape == (3,)
    for row in classes.asnumpy():
        assert len(set(row)) == 200 and row.min() == 0 and row.max() < 1000
    assert (tries.asnumpy() > 250).all()
    every, _ = nd._internal._sample_unique_zipfian(4, shape=(1, 4))
    assert sorted(every.asnumpy()[0]) == [0, 1, 2, 3]


def test_zipfian_expectations():
    samples, expected_true, expected_sampled = nd.contrib.rand_zipfian(nd.array([0, 3]), 5000, 50)
    k = np.array([0, 3])
    np.testing.assert_allclose(expected_true.asnumpy(), np.log((k + 2) / (k + 1)) / np.log(51) * 5000)
    counts = np.bincount(samples.asnumpy(), minlength=4)
    np.testing.assert_allclose(counts[k], expected_true.asnumpy(), rtol=0.2)
    assert samples.dtype == np.int64 and expected_sampled.dtype == np.float64


# ---------------------------------------------------------------------- seeds


def draws(ctx=None, n=5):
    return nd.random.uniform(shape=(n,), ctx=ctx).asnumpy().tolist()


def test_seeds(ctx):
    mx.random.seed(3)
    first = draws(ctx)
    second = draws(ctx)
    assert first != second
    mx.random.seed(3)
    assert draws(ctx) == first
    mx.random.seed(4)
    assert draws(ctx) != first
    for seed in (-(2**31), np.int64(7), 2**40, True):
        mx.random.seed(seed)
    with pytest.raises(ValueError, match="seed_state must be int"):
        mx.random.seed("3")
    with pytest.raises(KeyError):
        mx.random.seed(3, ctx="toaster")


def test_seeds_of_contexts():
    mx.random.seed(3)
    zero, one = draws(mx.cpu(0)), draws(mx.cpu(1))
    assert zero != one  # seeded together, contexts still differ
    mx.random.seed(5, ctx=mx.cpu(0))
    mx.random.seed(5, ctx=mx.cpu(1))
    assert draws(mx.cpu(0)) == draws(mx.cpu(1))
    mx.random.seed(3)
    assert draws(mx.cpu(1)) == one and draws(mx.cpu(0)) == zero
    mx.random.seed(3)
    late = draws(mx.cpu(77))  # a context that is used for the first time after seeding
    mx.random.seed(3)
    assert draws(mx.cpu(77)) == late


def test_torch_and_numpy_are_left_alone():
    import torch

    torch.manual_seed(0)
    np.random.seed(0)
    expected = torch.rand(1).item(), np.random.rand()
    torch.manual_seed(0)
    np.random.seed(0)
    mx.random.seed(9)
    draws()
    assert (torch.rand(1).item(), np.random.rand()) == expected


def test_symbols_draw_from_the_same_generators(ctx):
    symbol = mx.sym.random.normal(2, 3, shape=(4,))
    executor = symbol.bind(ctx, {})
    mx.random.seed(8)
    first = executor.forward()[0].asnumpy()
    assert (executor.forward()[0].asnumpy() != first).all()
    mx.random.seed(8)
    assert (nd.random.normal(2, 3, shape=(4,), ctx=ctx).asnumpy() == first).all()


def test_threads_share_a_generator():
    found = []

    def work():
        found.extend([nd.random.uniform(shape=(1000,)).asnumpy() for _ in range(50)])

    threads = [threading.Thread(target=work) for _ in range(4)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    values = np.concatenate(found)
    assert len(values) == 200_000
    # Streams that overlapped would repeat whole arrays.
    assert len({x.tobytes() for x in found}) == 200


# ---------------------------------------------------------------------- symbols


def test_shapes_and_types_of_symbols():
    x = mx.sym.Variable("x")
    assert mx.sym.random.uniform(shape=(2, 3), dtype="float64").infer_type()[1] == [np.float64]
    assert mx.sym.random.randint(0, 3).infer_type()[1] == [np.int32]
    assert mx.sym.random.normal(x, mx.sym.Variable("y"), shape=2).infer_shape(x=(3, 4)) == (
        [(3, 4), (3, 4)],
        [(3, 4, 2)],
        [],
    )
    sampled = mx.sym.random.poisson(x, shape=2)
    assert sampled.infer_type(x="float64") == ([np.float64], [np.float32], [])
    both = mx.sym.random.multinomial(x, shape=(2,))
    assert both.infer_shape(x=(3, 4))[1] == [(3, 2), (3, 2)]
    assert both.infer_type(x="float64")[1] == [np.int32, np.float64]
    assert mx.sym.random.uniform_like(data=x).infer_type(x="float16")[1] == [np.float16]


def test_the_shape_may_follow_from_the_use():
    x = mx.sym.Variable("x")
    summed = mx.sym.random.uniform() + x
    assert summed.infer_shape(x=(3, 4)) == ([(3, 4)], [(3, 4)], [])
    found = summed.eval(x=nd.zeros((3, 4)))[0].asnumpy()
    assert found.shape == (3, 4) and len(np.unique(found)) == 12
    with pytest.raises(mx.MXNetError, match="shape"):
        mx.sym.random.uniform().eval()


# ---------------------------------------------------------------------- densities

DENSITIES = [
    ("uniform", [[0.0, 2.5], [1.0, 3.5]], lambda x, a, b: stats.uniform.logpdf(x, a, b - a), (0.2, 0.8)),
    ("normal", [[0.0, 2.5], [1.0, 3.7]], stats.norm.logpdf, (-3, 3)),
    ("gamma", [[0.5, 2.5], [1.0, 0.7]], lambda x, a, b: stats.gamma.logpdf(x, a, scale=1 / b), (0.1, 3)),
    ("exponential", [[1.0, 8.5]], lambda x, lam: stats.expon.logpdf(x, scale=1 / lam), (0.1, 3)),
    ("poisson", [[4.0, 0.5]], stats.poisson.logpmf, None),
    ("negative_binomial", [[3.0, 4.0], [0.4, 0.77]], stats.nbinom.logpmf, None),
    (
        "generalized_negative_binomial",
        [[2.0, 2.5], [1.0, 0.1]],
        lambda x, mu, alpha: stats.nbinom.logpmf(x, 1 / alpha, 1 / (mu * alpha + 1)),
        None,
    ),
]


@pytest.mark.parametrize("name, params, log_density, support", DENSITIES, ids=[d[0] for d in DENSITIES])
@pytest.mark.parametrize("is_log", [False, True])
def test_densities(name, params, log_density, support, is_log):
    rs = np.random.RandomState(0)
    shape = (2, 3, 4)
    sample = rs.randint(0, 6, shape).astype("float64") if support is None else rs.uniform(*support, shape)
    params = [np.array(p) for p in params]
    if name == "uniform":
        sample += params[0].reshape(2, 1, 1)
    expected = log_density(sample, *[p.reshape(2, 1, 1) for p in params])
    arrays = [nd.array(x, dtype="float64") for x in (sample, *params)]
    found = getattr(nd, f"random_pdf_{name}")(*arrays, is_log=is_log)
    np.testing.assert_allclose(found.asnumpy(), expected if is_log else np.exp(expected), rtol=1e-9)

    variables = [mx.sym.Variable(f"v{i}") for i in range(len(arrays))]
    symbol = getattr(mx.sym, f"random_pdf_{name}")(*variables, is_log=is_log)
    assert symbol.infer_shape(v0=(2, 3, 4), v1=(2,))[1] == [(2, 3, 4)]
    nodes = [f"v{i}" for i in range(len(arrays)) if i or support is not None]
    mx.test_utils.check_numeric_gradient(
        symbol, [sample, *params], grad_nodes=nodes, dtype=np.float64, rtol=1e-3, atol=1e-5
    )
    if support is None:  # counts have no gradient
        data = arrays[0]
        data.attach_grad()
        with mx.autograd.record():
            nd.sum(
                getattr(nd, f"random_pdf_{name}")(data, *arrays[1:]) * nd.ones((2, 3, 4), dtype="float64") + data * 0
            ).backward()
        assert (data.grad.asnumpy() == 0).all()


@pytest.mark.parametrize("is_log", [False, True])
def test_density_of_dirichlet(is_log):
    alpha = np.array([[0.5, 1.0, 2.0], [3.0, 1.5, 0.7]])
    sample = np.random.RandomState(0).dirichlet([1, 1, 1], (2, 5))
    expected = np.array([[stats.dirichlet.logpdf(x, a) for x in row] for row, a in zip(sample, alpha)])
    found = nd.random_pdf_dirichlet(nd.array(sample, dtype="float64"), nd.array(alpha, dtype="float64"), is_log=is_log)
    np.testing.assert_allclose(found.asnumpy(), expected if is_log else np.exp(expected), rtol=1e-9)
    symbol = mx.sym.random_pdf_dirichlet(mx.sym.Variable("a"), mx.sym.Variable("b"))
    assert symbol.infer_shape(a=(2, 5, 3), b=(2, 3))[1] == [(2, 5)]


# ---------------------------------------------------------------------- refused


@pytest.mark.parametrize(
    "call, error, message",
    [
        (lambda: nd.random.uniform(1, 0), mx.MXNetError, "low should be at most high.*1.0 and 0.0"),
        (lambda: nd.random.normal(0, 0), mx.MXNetError, "scale should be positive"),
        (lambda: nd.random.gamma(-1, 1), mx.MXNetError, "alpha parameter in gamma"),
        (lambda: nd.random.gamma(1, 0), mx.MXNetError, "beta parameter in gamma"),
        (lambda: nd.random.exponential(-1), mx.MXNetError, "lambda parameter in exponential"),
        (lambda: nd.random.exponential(0), ZeroDivisionError, "division by zero"),
        (lambda: nd.random.poisson(-1), mx.MXNetError, "lambda parameter in poisson"),
        (lambda: nd.random.negative_binomial(-1, 0.5), mx.MXNetError, "k should"),
        (lambda: nd.random.negative_binomial(1, 0), mx.MXNetError, "p should"),
        (lambda: nd.random.generalized_negative_binomial(-1, 1), mx.MXNetError, "mu should"),
        (lambda: nd.random.randint(3, 3), mx.MXNetError, "low must be less than high.*3 and 3"),
        (lambda: nd.random.randint(0, 2**40), mx.MXNetError, "do not fit the data type int32"),
        (lambda: nd.random.randint(nd.zeros(1), nd.ones(1)), TypeError, "randint takes numbers"),
        (lambda: nd.random.randint(0, 3, dtype="float32"), mx.MXNetError, "dtype"),
        (lambda: nd.random.uniform(dtype="int32"), mx.MXNetError, "dtype"),
        (lambda: nd.random.uniform(out=nd.zeros(3, dtype="int32")), mx.MXNetError, "Output type must be float"),
        (lambda: nd.random.uniform(shape=4, out=nd.zeros(3)), mx.MXNetError, "out has shape"),
        (lambda: nd.random.uniform(shape=()), mx.MXNetError, "is unknown"),
        (lambda: nd.random.uniform(shape=(2, -1)), ValueError, "shape"),
        (lambda: nd.random.uniform(shape=(2**40, 2**40)), ValueError, "elements"),
        (lambda: nd.random.uniform("a"), ValueError, "uniform: parameters must be NDArrays or numbers"),
        (lambda: nd.random.uniform(nd.zeros(1), 3), AssertionError, "uniform: parameters must have the same type"),
        (lambda: nd.random.uniform(1, nd.zeros(1)), AssertionError, "uniform: parameters must have the same type"),
        (lambda: nd.random.uniform(nd.zeros(2), nd.ones(3)), mx.MXNetError, "one shape and data type"),
        (lambda: nd.random.uniform(nd.zeros(2), nd.ones(2), shape=0), mx.MXNetError, "must be non-zero"),
        (lambda: nd.random.randn(shape=(2,)), TypeError, "by position"),
        (lambda: nd.random.uniform_like(nd.zeros(2, dtype="int32")), mx.MXNetError, "only floating point types"),
        (lambda: nd.random.multinomial(nd.zeros(2, dtype="int32")), mx.MXNetError, "only floating point types"),
        (lambda: nd.random.multinomial(nd.zeros(300), dtype="uint8"), mx.MXNetError, "300 classes"),
        (lambda: nd.random.multinomial(nd.zeros(2), dtype="int64"), mx.MXNetError, "dtype"),
        (lambda: nd._internal._sample_unique_zipfian(3, shape=(1, 5)), mx.MXNetError, "range_max"),
        (lambda: nd._internal._sample_unique_zipfian(3, shape=5), mx.MXNetError, "batch size"),
        (lambda: nd.random_pdf_normal(nd.zeros((2, 3)), nd.zeros(3), nd.ones(3)), mx.MXNetError, "must begin with"),
        (
            lambda: nd.random_pdf_normal(nd.zeros(3), nd.zeros(3), nd.ones(3, dtype="float64")),
            mx.MXNetError,
            "same floating-point",
        ),
    ],
)
def test_refused(call, error, message):
    with pytest.raises(error, match=message):
        call()


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), -1.0, 0.0])
def test_parameters_in_arrays_never_hang_or_crash(bad):
    one, wrong = nd.ones(4), nd.full((4,), bad)
    for name in ("uniform", "normal", "gamma", "negative_binomial", "generalized_negative_binomial"):
        assert getattr(nd.random, name)(one, wrong, shape=5).shape == (4, 5)
        assert getattr(nd.random, name)(wrong, one, shape=5).shape == (4, 5)
    for name in ("poisson", "exponential"):
        assert getattr(nd.random, name)(wrong, shape=5).shape == (4, 5)
    assert nd.random.multinomial(wrong, shape=9).asnumpy().max() < 4
