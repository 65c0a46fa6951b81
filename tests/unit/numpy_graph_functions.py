"""Calls of ``np.linalg`` and ``np.random`` for the suite of ``test_numpy_graphs.py``: name -> function of F, arrays."""

import numpy as np

A = np.array([[1.5, -2.0, 3.0], [0.5, 2.0, -1.0]], "float32")
W = np.array([[2.0, 0.5], [-1.0, 3.0]], "float32")
S = np.array([[2.0, 0.5, 0.1], [0.5, 1.0, 0.2], [0.1, 0.2, 3.0]], "float32")
B = np.stack([S, 2 * S + np.eye(3, dtype="float32")])
I = np.array([[2, 1], [1, 3]], "int32")  # noqa: E741
T = (np.arange(36).reshape(2, 3, 6) % 7 + 5 * np.eye(6).reshape(2, 3, 6)).astype("float32")
Z = np.array(-2.5, "float32")


def of(name):
    """The function of that name in ``F.np.linalg``."""
    return lambda F, *args: getattr(F.np.linalg, name)(*args)


def norms(*calls):
    """Several norms of one array."""
    return lambda F, x: [F.np.linalg.norm(x, *args, **kwargs) for args, kwargs in calls]


LINALG = {
    **{n: (of(n), [W]) for n in "det inv slogdet pinv".split()},
    **{f"{n} batch": (of(n), [B]) for n in "cholesky det inv slogdet pinv eigvalsh".split()},
    **{f"{n} integers": (of(n), [I]) for n in "cholesky det inv eigh eigvalsh eig eigvals norm pinv".split()},
    "eigenvalues": (lambda F, x: [F.np.linalg.eigvals(x), *F.np.linalg.eig(x)], [B]),
    "symmetric eigenvalues": (lambda F, x: [*F.np.linalg.eigh(x), *F.np.linalg.eigh(x, "U")], [S]),
    "upper triangle": (lambda F, x: F.np.linalg.eigvalsh(x, UPLO="U"), [W]),
    "svd": (lambda F, x: list(F.np.linalg.svd(x)), [A]),
    "svd of batch": (lambda F, x: list(F.np.linalg.svd(x)), [B]),
    "pinv number": (lambda F, x: F.np.linalg.pinv(x, 0.5), [A]),
    "pinv array": (lambda F, x, r: F.np.linalg.pinv(x, r), [B, np.array([0.1, 0.5], "float32")]),
    "solve": (of("solve"), [W, np.array([[1.0], [2.0]], "float32")]),
    "solve vector": (of("solve"), [W, np.array([1.0, 2.0], "float32")]),
    "solve types": (of("solve"), [W, np.array([1, 2], "int32")]),
    "tensorinv": (of("tensorinv"), [T]),
    "tensorinv one": (lambda F, x: F.np.linalg.tensorinv(x, 1), [W]),
    "tensorsolve": (of("tensorsolve"), [T, A]),
    "tensorsolve axes": (lambda F, x, y: F.np.linalg.tensorsolve(x, y, (0,)), [T.transpose(2, 0, 1).copy(), A]),
    "norm": (norms(((), {}), ((2,), {}), (("fro",), {}), (("nuc",), {}), (("inf",), {}), ((-1,), {"axis": 0})), [A]),
    "norm of vector": (norms(((), {}), ((3,), {}), ((0,), {}), (("fro",), {}), ((float("inf"),), {})), [A[0]]),
    "norm of batch": (norms(((), {}), ((1,), {}), (("nuc",), {}), ((2,), {"axis": (0, 2)}), (("f",), {})), [B]),
    "norm of number": (norms(((), {}), ((1,), {})), [Z]),
    "norm kept": (norms(((), {"keepdims": True}), (("-inf",), {"axis": 1, "keepdims": True})), [A]),
}

V = np.array([1.5, 2.0], "float32")
U = np.array([[2.5], [3.0]], "float32")
P = np.array([0.2, 0.8], "float32")


def draw(name, *args, space="np", **kwargs):
    """A function of ``F.np.random`` with numbers and the arrays given, the marks of which are None."""

    def call(F, *arrays):
        left = iter(arrays)
        given = [next(left) if a is None else a for a in args]
        return getattr(getattr(F, space).random, name)(*given, **kwargs)

    return call


RANDOM = {
    **{f"{n} arrays": (draw(n, None, None), [V, U]) for n in "uniform normal lognormal logistic gumbel gamma".split()},
    **{f"{n} number": (draw(n, 1, None, size=(3, 2)), [V]) for n in "uniform normal logistic gumbel gamma".split()},
    **{f"{n} second": (draw(n, None, 3), [V]) for n in "uniform normal lognormal logistic gumbel gamma".split()},
    **{f"{n} array": (draw(n, None), [V]) for n in "exponential rayleigh weibull pareto power chisquare".split()},
    **{f"{n} size": (draw(n, None, size=(3, 2)), [V]) for n in "exponential rayleigh weibull pareto power".split()},
    **{f"{n} float64": (draw(n, None, None, dtype="float64"), [V, U]) for n in "uniform normal gamma".split()},
    **{f"{n} batch": (draw(n, None, None, batch_shape=(2,), space="npx"), [V, U]) for n in ("uniform_n", "normal_n")},
    "beta": (draw("beta", None, None), [V, V + 1]),
    "bernoulli": (draw("bernoulli", None, space="npx"), [P]),
    "bernoulli logit": (lambda F, x: F.npx.random.bernoulli(logit=x, size=(3, 2), dtype="int32"), [P]),
    "multinomial": (draw("multinomial", 9, None, size=(2,)), [P]),
    "choice": (draw("choice", None, size=(4,)), [V]),
    "choice weighted": (draw("choice", None, 4, True, None), [V, P]),
    "choice of numbers": (lambda F, p: F.np.random.choice(2, 5, p=p), [P]),
    "nothing but numbers": (
        lambda F, x: [
            x + F.np.random.uniform(size=(2,)),
            x * F.np.random.normal(1, 2),
            x + F.np.random.rand(3, 2),
            x + F.np.random.exponential(2.0, size=(2,)),
            x + F.np.random.randint(0, 5, size=(2,)),
            x + F.np.random.choice(5, 2, False),
            x + F.np.random.multinomial(4, [0.5, 0.5]),
        ],
        [V],
    ),
}
