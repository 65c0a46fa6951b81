"""Expressions over symbols of ``mx.sym.np``. Needs NumPy alone, so that MXNet's environment can read them too."""

import numpy as np

EXPRESSIONS = """
x + y; x + 1; 1.5 - x; x / y; x**2; x > y; x != 1; -x; x[0]; x[:, 1]; x[1:, ::2]; x[::-1]
x.sum(); x.sum(axis=1, keepdims=True); x.mean(axis=0); x.max(axis=1); x.std(axis=0); x.var(); x.cumsum(axis=1)
x.astype("int32") / 2; x.flatten(); x.argmax(axis=1); x.argsort(); x.T; x.reshape(3, 2); x.clip(0, 1); x.round()
x.take(np.argmax(x, axis=1), axis=1); np.concatenate([x, y], axis=1); np.stack([x, y]); np.where(x > 0, x, y)
np.where(x > 0, x, 2); np.split(x, 3, axis=1)[1]; np.hsplit(x, 3)[1]; np.inner(x, y); np.outer(x, y)
np.tensordot(x, y); np.einsum("ij,kj->ik", x, y); np.maximum(x, y); np.maximum(x, 0); np.exp(x); np.tile(x, (2, 1))
np.flip(x, 0); np.roll(x, 1); np.average(x, axis=0); np.diff(x); np.expand_dims(x, 0); np.matmul(x, y.T)
np.squeeze(x); np.trace(x); np.broadcast_to(x, (2, 2, 3)); npx.softmax(x); npx.relu(x); npx.reshape(x, (-5,))
npx.topk(x, k=2, ret_typ="value"); npx.one_hot(x.argmax(axis=1), 3)
npx.fully_connected(x, y, num_hidden=2, no_bias=True); npx.layer_norm(x, y[0], y[1])
x + np.zeros((2, 3)); x + np.ones(3); np.full_like(x, 2); np.zeros_like(x); np.full((2,), 3); np.arange(1, 5, 0.5)
np.arange(1, 5, 0.5, dtype="int32"); np.linspace(0, 1, 5); np.logspace(0, 1, 3); np.eye(2, 3, 1); np.identity(2)
np.indices((2, 2)); np.hanning(5); np.hamming(4); np.arange(3)
np.insert(x, 1, 2); np.insert(x, 1, y[0]); np.ediff1d(x)
np.insert(x, slice(0, 3), y[0]); np.ediff1d(x, 1, 2); np.ediff1d(x, y, 2)
np.pad(x, ((1, 0), (0, 2)), "edge")
np.percentile(x, 50); np.percentile(x, np.square(y)[0], axis=1); np.quantile(x, 0.5)
np.diag_indices_from(x[:, 1:])
"""
LINALG = """
np.linalg.norm(x); np.linalg.norm(x, 2); np.linalg.norm(x, "fro", axis=(0, 1)); np.linalg.norm(x, "nuc", axis=(0, 1))
np.linalg.norm(x, 1, axis=1); np.linalg.norm(x, 3, axis=0, keepdims=True)
np.linalg.svd(x)[1]; np.linalg.svd(x)[2]; np.linalg.cholesky(s); np.linalg.inv(s); np.linalg.solve(s, x)
np.linalg.pinv(x); np.linalg.pinv(x, 0.5); np.linalg.tensorinv(s, 1); np.linalg.tensorsolve(s, x[:, 0])
np.linalg.tensorsolve(s, x[:, 0], (0,)); np.linalg.eig(s)[0]; np.linalg.eigh(s)[0]; np.linalg.eigvals(s)
np.linalg.eigvalsh(s, "U")
"""
CASES = [e.strip() for line in (EXPRESSIONS + LINALG).strip().splitlines() for e in line.split(";") if e]
ARRAYS = {
    "x": np.array([[1.5, -2, 3], [0.5, 2, -1]], "float32"),
    "y": np.array([[2, 1, 0.5], [-1, 3, 2]], "float32"),
    "s": np.array([[2, 0.5], [0.5, 1]], "float32"),
}


def made(mx, case):
    """The symbol of an expression."""
    names = {name: mx.sym.var(name).as_np_ndarray() for name in ARRAYS}
    with mx.name.NameManager():
        return eval(case, {"np": mx.sym.np, "npx": mx.sym.npx, **names})


def values(mx, symbol):
    """What it computes from the arrays above."""
    arguments = {name: mx.nd.array(ARRAYS[name]) for name in symbol.list_arguments()}
    return [x.asnumpy() for x in symbol.bind(mx.cpu(), arguments).forward()]


def record(mx, case):
    """The file of an expression, the names of its outputs and their values."""
    with mx.util.np_shape(True), mx.util.np_array(True):
        symbol = made(mx, case)
        found = [[str(v.dtype), v.tolist()] for v in values(mx, symbol)]
        return {"json": symbol.tojson(), "outputs": symbol.list_outputs(), "values": found}
