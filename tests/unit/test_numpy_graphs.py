"""Functions of ``mx.np`` in graphs: eager calls, hybridized blocks, and files give the same values and gradients."""

import json
from pathlib import Path

import numpy as onp
import pytest

import mxnet as mx
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn

from . import numpy_graph_cases as cases
from . import numpy_graph_functions as functions


@pytest.fixture(autouse=True)
def numpy_mode():
    npx.set_np()
    yield
    npx.reset_np()


class Calls(nn.HybridBlock):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def hybrid_forward(self, F, *args):
        return self.function(F, *args)


A = onp.array([[1.5, -2.0, 3.0], [0.5, 2.0, -1.0]], "float32")
B = onp.array([[2.0, 1.0, 0.5], [-1.0, 3.0, 2.0]], "float32")
V = onp.array([3.0, 1.0, 2.0], "float32")
I = onp.array([[3, 1, 2], [4, 6, 5]], "int32")  # noqa: E741
J = onp.array([[1, 1, 2], [3, 2, 5]], "int32")
M = onp.array([[True, False, True], [False, False, True]])
Z = onp.array(2.5, "float32")
E = onp.zeros((0, 3), "float32")
C = onp.arange(24, dtype="float32").reshape(2, 3, 4)
S = onp.array([[2.0, 0.5], [0.5, 1.0]], "float32")

UNARY = """
    sin cos arctan sinh cosh tanh arcsinh exp expm1 cbrt reciprocal degrees radians rad2deg deg2rad absolute abs fabs
    negative sign square rint ceil floor trunc fix logical_not isnan isinf isposinf isneginf isfinite
""".split()
POSITIVE = "log log2 log10 log1p sqrt".split()
BINARY = "add subtract multiply true_divide divide mod remainder power maximum minimum hypot arctan2 copysign".split()
COMPARING = "equal not_equal greater greater_equal less less_equal".split()
BITS = "bitwise_and bitwise_or bitwise_xor lcm".split()


def of(name):
    return lambda F, *args: getattr(F.np, name)(*args)


CASES = {
    **{f"{n} {k}": (of(n), [x]) for n in UNARY for k, x in {"matrix": A, "number": Z, "empty": E}.items()},
    **{f"{n} {k}": (of(n), [x]) for n in POSITIVE for k, x in {"matrix": abs(A), "number": Z}.items()},
    **{n: (of(n), [A / 4]) for n in ("arcsin", "arccos", "arctanh")},
    **{n: (of(n), [I]) for n in ("exp", "square", "negative", "bitwise_not", "invert", "isnan", "sign")},
    "tan": (of("tan"), [A]),
    "arccosh": (of("arccosh"), [abs(A) + 1]),
    **{f"{n} arrays": (of(n), [abs(A), B]) for n in BINARY},
    **{f"{n} broadcast": (of(n), [abs(A), V]) for n in BINARY},
    **{
        f"{n} integers": (of(n), [I, J]) for n in BINARY + BITS + COMPARING if n not in ("hypot", "copysign", "arctan2")
    },
    **{f"{n} types": (of(n), [abs(A), I]) for n in BINARY if n not in ("maximum", "minimum")},
    **{f"{n} number": (lambda F, x, n=n: [getattr(F.np, n)(x, 2), getattr(F.np, n)(2, x)], [abs(A)]) for n in BINARY},
    **{f"{n} bits": (of(n), [M, ~M]) for n in BITS if n != "lcm"},
    **{f"{n} arrays": (of(n), [A, B]) for n in COMPARING},
    **{f"{n} number": (lambda F, x, n=n: [getattr(F.np, n)(x, 2), getattr(F.np, n)(1.5, x)], [I]) for n in COMPARING},
    "ldexp": (of("ldexp"), [A, V]),
    **{
        f"{n} {k}": (lambda F, x, n=n, axis=axis, keep=keep: getattr(F.np, n)(x, axis=axis, keepdims=keep), [x])
        for n in "sum prod mean std var max min amax amin any all sometrue".split()
        for k, x, axis, keep in [
            ("all", A, None, False),
            ("axis", A, 1, False),
            ("kept", A, (0, 1), True),
            ("last", C, -1, True),
            ("integers", I, 0, False),
            ("number", Z, None, False),
        ]
    },
    "sum of nothing": (of("sum"), [E]),
    "sum dtype": (lambda F, x: F.np.sum(x, dtype="float64"), [I]),
    "mean integers": (lambda F, x: x.mean(), [I]),
    "mean truth": (lambda F, x: [F.np.mean(x, dtype=bool), F.np.mean(x * 0, 1, dtype=bool)], [I]),
    "var ddof": (lambda F, x: F.np.var(x, axis=1, ddof=1), [A]),
    "argmax": (lambda F, x: [F.np.argmax(x), F.np.argmax(x, axis=1), x.argmin(), F.np.argmin(x, 0)], [A]),
    "cumsum": (lambda F, x: [F.np.cumsum(x), F.np.cumsum(x, axis=1, dtype="float64")], [A]),
    "average": (lambda F, x: F.np.average(x, axis=0), [A]),
    "weighted": (lambda F, x, w: F.np.average(x, 1, w, returned=True), [A, V]),
    "dot": (of("dot"), [A, V]),
    "matmul": (of("matmul"), [A, B.T.copy()]),
    "inner": (of("inner"), [A, B]),
    "outer": (of("outer"), [A, V]),
    "vdot": (of("vdot"), [A, B]),
    "tensordot": (of("tensordot"), [A, B]),
    "tensordot axes": (lambda F, a, b: F.np.tensordot(a, b, ([1], [1])), [A, B]),
    "einsum": (lambda F, a, b: F.np.einsum("ij,kj->ik", a, b), [A, B]),
    "polyval": (of("polyval"), [V, A]),
    "diag": (lambda F, x: [F.np.diag(x), F.np.diag(x[0], 1), F.np.diagflat(x), F.np.diagonal(x, 1)], [A]),
    "trace": (lambda F, x: [F.np.trace(x), F.np.tril(x)], [A]),
    "where": (of("where"), [M, A, B]),
    "where numbers": (lambda F, m, x: [F.np.where(m, x, 0), F.np.where(m, 1, x), F.np.where(m, 1, 2.5)], [M, A]),
    "take": (lambda F, x, i: [F.np.take(x, i), F.np.take(x, i, axis=1, mode="wrap"), x.take(i, 0, "clip")], [A, J]),
    "sort": (lambda F, x: [F.np.sort(x), x.sort(axis=0), F.np.argsort(x), x.argsort(axis=0)], [A]),
    "clip": (lambda F, x: [F.np.clip(x, 0, 2), F.np.clip(x, None, 1), x.clip(0.5)], [A]),
    "round": (lambda F, x: [F.np.around(x), F.np.round(x / 3, 1), F.np.round_(x), x.round(), round(x, 1)], [A]),
    "nan_to_num": (of("nan_to_num"), [onp.array([onp.nan, 1, onp.inf], "float32")]),
    "diff": (lambda F, x: [F.np.diff(x), F.np.diff(x, 1, 0)], [A]),
    "reshape": (
        lambda F, x: [F.np.reshape(x, (3, -1)), x.reshape(3, 2), x.reshape(-1), F.np.ravel(x), x.flatten()],
        [A],
    ),
    "transpose": (lambda F, x: [F.np.transpose(x), x.transpose(2, 0, 1), x.T, F.np.swapaxes(x, 0, 2)], [C]),
    "moveaxis": (lambda F, x: [F.np.moveaxis(x, 0, 2), F.np.moveaxis(x, (0, 1), (-1, -2)), F.np.rot90(x)], [C]),
    "axes": (lambda F, x: [F.np.expand_dims(x, 1), F.np.squeeze(x[None]), F.np.squeeze(x[:, None], 1)], [A]),
    "concatenate": (
        lambda F, x, y: [F.np.concatenate([x, y], 1), F.np.concatenate((x, y), None), F.np.append(x, y)],
        [A, B],
    ),
    "concatenate types": (lambda F, x, y: F.np.concatenate([x, y]), [A, I]),
    "stack": (
        lambda F, x, y: [getattr(F.np, n)([x, y]) for n in "stack vstack hstack dstack column_stack".split()],
        [A, B],
    ),
    "row_stack": (lambda F, x, y: [F.np.row_stack([x, y]), F.np.stack([x, y], -1)], [A, B]),
    "at least": (lambda F, x: [F.np.atleast_1d(x), F.np.atleast_2d(x), F.np.atleast_3d(x)], [Z]),
    "at least several": (lambda F, x, y: F.np.atleast_2d(x, y), [Z, A]),
    "split": (
        lambda F, x: [F.np.split(x, 3, 1), F.np.array_split(x, 2, 1), F.np.split(x, (1,)), F.np.split(x, 1)],
        [A],
    ),
    "split ways": (lambda F, x: [F.np.hsplit(x, 3), F.np.vsplit(x, 2), F.np.dsplit(x, (1, 3))], [C]),
    "repeat": (lambda F, x: [F.np.repeat(x, 2), x.repeat(2, 1), F.np.tile(x, 2), F.np.tile(x, (2, 1, 2))], [A]),
    "turn": (
        lambda F, x: [
            F.np.flip(x),
            F.np.flip(x, 0),
            F.np.fliplr(x),
            F.np.flipud(x),
            F.np.roll(x, 1),
            F.np.roll(x, 2, 1),
        ],
        [A],
    ),
    "broadcast": (
        lambda F, x, y: [F.np.broadcast_to(y, (2, 3)), F.np.broadcast_arrays(x, y), y.broadcast_like(x)],
        [A, V],
    ),
    "copy": (lambda F, x: [F.np.copy(x), x.copy(), x.astype("float64"), x.astype(bool)], [A]),
    "filled": (
        lambda F, x: [F.np.full_like(x, 2.5), F.np.zeros_like(x), F.np.ones_like(x, dtype="int32"), F.np.full(3, x[0])],
        [A],
    ),
    "filled integers": (lambda F, x: [F.np.full_like(x, 2.5), F.np.full_like(x, 2.5, dtype="float64")], [I]),
    "delete": (
        lambda F, x: [
            F.np.delete(x, 1),
            F.np.delete(x, -1, axis=1),
            F.np.delete(x, slice(0, 3, 2), 1),
            F.np.delete(x, slice(None, None, -1), 0),
        ],
        [A],
    ),
    "insert": (
        lambda F, x, y: [
            F.np.insert(x, 1, 2.5),
            F.np.insert(x, -1, y),
            F.np.insert(x, 1, y, axis=0),
            F.np.insert(x, 2, 7, axis=1),
            F.np.insert(x, slice(0, 2), 7, axis=1),
            F.np.insert(x, slice(0, 3), y),
            F.np.insert(x, slice(2, None, -1), y, axis=1),
        ],
        [A, V],
    ),
    "insert at positions": (
        lambda F, x, i, y: [F.np.insert(x, i, y), F.np.insert(x, i, 9), F.np.insert(x, i, 9, axis=1)],
        [A, onp.array([2, 0, 1]), V],
    ),
    "insert integers": (lambda F, x, y: [F.np.insert(x, 1, 2.5), F.np.insert(x, 0, y)], [I, V]),
    "ediff1d": (
        lambda F, x, y: [
            F.np.ediff1d(x),
            F.np.ediff1d(x, 9, -9),
            F.np.ediff1d(x, y, 1),
            F.np.ediff1d(x, 2, y),
            F.np.ediff1d(x, y, y),
        ],
        [A, V],
    ),
    "pad": (
        lambda F, x: [
            F.np.pad(x, 1),
            F.np.pad(x, (1, 2), constant_values=3),
            F.np.pad(x, ((1, 0), (0, 2))),
            *[F.np.pad(x, ((0, 0), (4, 3)), mode) for mode in "edge reflect symmetric wrap maximum minimum".split()],
            F.np.pad(x, ((0, 0), (0, 0)), "edge"),
        ],
        [A],
    ),
    "pad integers": (lambda F, x: [F.np.pad(x, 1, constant_values=2.5), F.np.pad(x, 1, "edge")], [I]),
    "percentile": (
        lambda F, x: [
            F.np.percentile(x, 30),
            F.np.percentile(x, 50, axis=0, interpolation="higher"),
            F.np.percentile(x, 50.0, axis=(0, 1), keepdims=True),
            F.np.quantile(x, 0.25, axis=-1, keepdims=True),
        ],
        [A],
    ),
    "percentiles": (
        lambda F, x, q: [F.np.percentile(x, q), F.np.percentile(x, q, axis=1, keepdims=True), F.np.quantile(x, q / 9)],
        [A, V],
    ),
    "percentile integers": (lambda F, x: F.np.percentile(x, 30), [I]),
    "percentile number": (lambda F, x: F.np.percentile(x, 30), [Z]),
    "resize": (lambda F, x: [F.np.resize(x, (2, 4)), F.np.resize(x, 2), F.np.resize(x, (0, 2))], [A]),
    "resize nothing": (lambda F, x: F.np.resize(x, (2, 2)), [E]),
    "meshgrid": (
        lambda F, x, y: [
            F.np.meshgrid(x, y),
            F.np.meshgrid(x, y, indexing="ij"),
            F.np.meshgrid(x),
            F.np.meshgrid(x, y, x),
        ],
        [V, A],
    ),
    "tile to nothing": (lambda F, x: [F.np.tile(x, 0), F.np.tile(x, (2, 0, 1)), F.np.tile(x, (0, 2))], [A]),
    "unravel_index": (lambda F, x: F.np.unravel_index(x, (3, 4)), [I]),
    "made of numbers": (
        lambda F, x: [
            x + F.np.zeros(3),
            F.np.zeros((2, 3), dtype="float64"),
            F.np.zeros(()),
            F.np.zeros((0, 2)),
            x + F.np.ones((2, 1)),
            F.np.full((2,), 7, dtype="int32"),
            F.np.full((2,), True),
            F.np.eye(2),
            F.np.eye(2, 4, 1, dtype="int32"),
            F.np.identity(3, dtype=bool),
            F.np.arange(4),
            F.np.arange(1, 5, 0.5, dtype="int32"),
            F.np.arange(5, 1),
            F.np.linspace(0, 1, 5),
            F.np.linspace(1, 0, 4, endpoint=False, dtype="float64"),
            F.np.logspace(0, 2, 3),
            F.np.logspace(1, 2, 3, endpoint=False, base=2),
            F.np.indices((2, 3)),
            F.np.hanning(5),
            F.np.hamming(4, dtype="float64"),
            F.np.blackman(0),
        ],
        [A],
    ),
    "operators": (
        lambda F, x, y: [x + y, x - y, x * y, x / y, x % y, x @ y.T, -x, abs(x), x + 1, 1.5 - x, 2 / x, 3 * x, x**2],
        [A, B],
    ),
    "comparisons": (lambda F, x, y: [x == y, x != y, x > y, x >= 1, x < 2, 0 <= y], [A, B]),
    "integers": (
        lambda F, x, y: [x + y, x / y, x % y, x**2, 2**x, x & y, x | y, x ^ 3, ~x, -x, 7 - x, x * 1.5, x > 2.5],
        [I, J],
    ),
    "bits": (lambda F, x: [~x, x & ~x, x | x, x ^ True, x + 1, x.sum(), x.mean(), x.astype("int32") / 2], [M]),
    "parts": (
        lambda F, x: [
            x[0],
            x[-1],
            x[1:],
            x[:, 1],
            x[:, -2:],
            x[::-1],
            x[0, 1],
            x[..., 0],
            x[..., 1:3],
            x[None],
            x[:, None, 1],
            x[..., None],
            x[1, ..., -1],
            x[0, :, None, 2],
            x[:0],
            x[..., ::2],
            x[()],
            x[1, None, ..., None],
        ],
        [C],
    ),
    "one axis": (lambda F, x: [x[1], x[-1], x[1:], x[::2], x[None], x[..., 1], x[:, None]], [V]),
    "npx": (
        lambda F, x: [
            F.npx.relu(x),
            F.npx.sigmoid(x),
            F.npx.softmax(x),
            F.npx.log_softmax(x, axis=0),
            F.npx.one_hot(x[0], 3),
            F.npx.topk(x, ret_typ="both"),
            F.npx.reshape(x, (-5,)),
            F.npx.batch_flatten(x),
            F.npx.erf(x),
        ],
        [A],
    ),
}
CASES |= functions.LINALG | functions.RANDOM


def arrays_of(values):
    return [np.array(v, dtype=v.dtype) for v in values]


def described(found):
    if isinstance(found, (list, tuple)):
        return [x for f in found for x in described(f)]
    assert type(found) is np.ndarray
    return [(found.shape, onp.dtype(found.dtype), found.asnumpy())]


def run(block, given):
    """What a block gives, and the gradients of the floats among its arguments."""
    npx.random.seed(1)
    floats = [x for x in given if x.dtype.kind == "f"]
    for x in floats:
        x.attach_grad()
    with autograd.record():
        found = block(*given)
        heads = [(y * y + y).sum() for y in flattened(found) if y.dtype.kind == "f"] + [(x * 0).sum() for x in floats]
    if floats:
        autograd.backward(heads)
    return described(found) + described([x.grad for x in floats])


def flattened(found):
    return [x for f in found for x in flattened(f)] if isinstance(found, (list, tuple)) else [found]


def same(found, expected):
    assert [f[:2] for f in found] == [e[:2] for e in expected]
    for (_, _, a), (_, _, b) in zip(found, expected):
        onp.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


OPEN = {
    "delete positions": (lambda F, x, i: F.np.delete(x, i), [A, onp.array([1, 7, -1])]),
    "bincount": (lambda F, x: [F.np.bincount(x), F.np.bincount(x, minlength=9)], [I[0]]),
    "bincount weights": (lambda F, x, w: F.np.bincount(x, w), [I[0], V]),
    "unique": (lambda F, x: F.np.unique(x), [J]),
    "unique and more": (lambda F, x: list(F.np.unique(x, True, True, True)), [A]),
    "unique rows": (lambda F, x: list(F.np.unique(x, return_counts=True, axis=0)), [J]),
    "nonzero": (lambda F, x: F.npx.nonzero(x), [M]),
}
"""Those whose shapes depend on values, so that nothing can be inferred."""


@pytest.mark.parametrize("name", [*CASES, *OPEN])
def test_hybridized_exported_and_imported(name, tmp_path):
    """Every function gives in a graph what it gives eagerly: values, shapes, types, gradients."""
    function, values = {**CASES, **OPEN}[name]
    expected = run(Calls(function), arrays_of(values))
    block = Calls(function)
    block.hybridize()
    for _ in range(3):  # the third call is traced
        same(run(block, arrays_of(values)), expected)
    assert block._cached_op is not None
    block.export(str(tmp_path / "net"))
    names = ["data"] if len(values) == 1 else [f"data{i}" for i in range(len(values))]
    read = gluon.SymbolBlock.imports(str(tmp_path / "net-symbol.json"), names)
    same(run(read, arrays_of(values)), expected)


@pytest.mark.parametrize("name", CASES)
def test_inference(name):
    """Shapes and types are inferred as they come out."""
    function, values = CASES[name]
    expected = described(Calls(function)(*arrays_of(values)))
    variables = [mx.sym.var(f"x{i}").as_np_ndarray() for i in range(len(values))]
    made = mx.sym.Group(flattened(Calls(function)(*variables)))
    _, shapes, _ = made.infer_shape(**{f"x{i}": v.shape for i, v in enumerate(values)})
    _, types, _ = made.infer_type(**{f"x{i}": v.dtype for i, v in enumerate(values)})
    assert [(s, onp.dtype(t)) for s, t in zip(shapes, types)] == [e[:2] for e in expected]


RECORDED = json.loads((Path(__file__).parent.parent / "golden" / "numpy_graphs" / "graphs.json").read_text())


@pytest.mark.parametrize("case", cases.CASES)
def test_graphs_of_mxnet(case):
    """A file that MXNet wrote gives its values, and the same expression the same operators, names and values."""
    recorded = RECORDED[case]
    read, own = mx.sym.load_json(recorded["json"]), cases.made(mx, case)
    assert read.list_outputs() == recorded["outputs"]
    for symbol in (read, own):
        found = cases.values(mx, symbol)
        assert [str(v.dtype) for v in found] == [dtype for dtype, _ in recorded["values"]]
        for v, (_, expected) in zip(found, recorded["values"]):
            onp.testing.assert_allclose(v, onp.array(expected), rtol=1e-5, atol=1e-6)
    if case != "-x":  # which MXNet multiplies by -1.0: so integers become floats
        assert nodes(own.tojson()) == nodes(recorded["json"])
        assert own.list_outputs() == recorded["outputs"]
    assert json.loads(own.tojson())["attrs"] == json.loads(recorded["json"])["attrs"]


def nodes(text):
    return [(n["op"], n["name"], n["inputs"]) for n in json.loads(text)["nodes"]]
