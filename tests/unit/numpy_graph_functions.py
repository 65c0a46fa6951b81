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
