"""Gluon in NumPy mode: kinds of arrays, unknown sizes, and hybridized blocks whose graph would compute otherwise."""

import pickle

import numpy as onp
import pytest

import mxnet as mx
from mxnet import autograd, gluon, np, npx
from mxnet.gluon import nn, rnn
from mxnet.test_utils import assert_almost_equal
from tests.conftest import Work


@pytest.fixture(autouse=True)
def numpy_mode():
    npx.set_np()
    yield
    npx.reset_np()


def kinds(x):
    """Whether all arrays in nested lists are mx.np ones."""
    return all(map(kinds, x)) if isinstance(x, (list, tuple)) else type(x) is np.ndarray


CONVOLUTIONS = [
    (nn.Conv1D, (3, -1, 3), (1, 2, 8), (1, 3, 6)),
    (nn.Conv2D, (3, -1, 3, 3), (1, 2, 8, 8), (1, 3, 6, 6)),
    (nn.Conv3D, (3, -1, 3, 3, 3), (1, 2, 8, 8, 8), (1, 3, 6, 6, 6)),
    (nn.Conv1DTranspose, (-1, 3, 3), (1, 2, 8), (1, 3, 10)),
    (nn.Conv2DTranspose, (-1, 3, 3, 3), (1, 2, 8, 8), (1, 3, 10, 10)),
    (nn.Conv3DTranspose, (-1, 3, 3, 3, 3), (1, 2, 4, 4, 4), (1, 3, 6, 6, 6)),
]


@pytest.mark.parametrize(("layer", "unknown", "given", "result"), CONVOLUTIONS)
def test_convolutions_have_unknown_sizes_of_minus_one(layer, unknown, given, result):
    net = layer(3, 3)
    assert net.weight.shape == unknown
    net.initialize()
    y = net(np.ones(given))
    assert kinds([y, net.weight.data(), net.weight.grad()]) and y.shape == result
    assert net.weight.shape == tuple(2 if n == -1 else n for n in unknown)


def test_convolutions_in_classic_mode_stay():
    npx.reset_np()
    assert nn.Conv2D(3, 3).weight.shape == (3, 0, 3, 3)


@pytest.mark.parametrize("name", ["squeezenet1.0", "mobilenet0.25"])
def test_model_zoo(name):
    net = gluon.model_zoo.vision.get_model(name)
    net.initialize()
    x = np.array(onp.random.RandomState(0).rand(1, 3, 64, 64), dtype="float32")
    plain = net(x) if "squeeze" not in name else net(np.ones((1, 3, 224, 224)))
    net.hybridize()
    again = net(x) if "squeeze" not in name else net(np.ones((1, 3, 224, 224)))
    assert net._cached_op is not None and kinds(again)
    assert_almost_equal(plain, again, rtol=1e-4, atol=1e-5)


def test_initializers_get_numpy_arrays():
    seen = []

    class Own(mx.init.Initializer):
        def _init_weight(self, name, arr):
            seen.append(type(arr))
            arr[:] = np.arange(arr.size).reshape(arr.shape)

    known, deferred = nn.Dense(2, in_units=3), nn.Dense(2)
    for net in (known, deferred):
        net.initialize(Own())
        net(np.ones((2, 3)))
        assert net.weight.data().tolist() == [[0, 1, 2], [3, 4, 5]]
    assert seen == [np.ndarray] * 2


def test_parameters_load_into_every_state_of_a_net(tmp_path):
    def make():
        net = nn.Sequential()
        net.add(nn.Dense(3), nn.BatchNorm())
        return net

    x = np.ones((2, 4))
    net = make()
    net.initialize()
    y = net(x)
    file = str(tmp_path / "net.params")
    net.save_parameters(file)
    deferred, used, fresh = make(), make(), make()
    deferred.initialize()
    used.initialize()
    used(x)
    for other in (deferred, used, fresh, net):
        other.load_parameters(file)
        assert kinds([p.data() for p in other.collect_params().values()])
        assert_almost_equal(other(x), y)
    assert kinds(net[0].weight.grad()) and kinds(net[0].weight._reduce())


def test_parameters_of_a_classic_file(tmp_path):
    npx.reset_np()
    net = nn.Dense(2, in_units=3)
    net.initialize()
    file = str(tmp_path / "net.params")
    net.save_parameters(file)
    npx.set_np()
    other = nn.Dense(2, in_units=3)
    other.load_parameters(file)
    assert kinds(other.weight.data())
    assert_almost_equal(other.weight.data().asnumpy(), net.weight.data().asnumpy())
    other.weight.set_data(net.weight.data())
    assert kinds(other.weight.data())


# ---------------------------------------------------------------------- data

X, Y = onp.arange(24).reshape(6, 4).astype("float32"), onp.arange(6).astype("int32")


@pytest.mark.parametrize("workers", [0, 1, "thread"])
@pytest.mark.parametrize("make", [lambda a: a, np.array, lambda a: a.tolist()], ids=["numpy", "np", "list"])
def test_loader_gives_numpy_arrays(make, workers):
    data = gluon.data.ArrayDataset(make(X), make(Y))
    options = {"num_workers": 1, "thread_pool": True} if workers == "thread" else {"num_workers": workers}
    batches = list(gluon.data.DataLoader(data, 4, **options))
    assert kinds(batches)
    assert_almost_equal(onp.concatenate([x.asnumpy() for x, _ in batches]), X)
    assert [n for _, y in batches for n in y.tolist()] == Y.tolist()


@pytest.mark.parametrize("workers", [0, 1])
def test_loader_of_big_and_of_scalar_samples(workers):
    big = gluon.data.SimpleDataset([np.full((64, 64), i, dtype="float32") for i in range(4)])
    small = gluon.data.SimpleDataset([np.array(i, dtype="float32") for i in range(4)])
    (x,) = gluon.data.DataLoader(big, 4, num_workers=workers)
    (y,) = gluon.data.DataLoader(small, 4, num_workers=workers)
    assert kinds([x, y]) and x.shape == (4, 64, 64) and y.tolist() == [0, 1, 2, 3]


def test_own_batchify_function_in_a_worker():
    def pair(samples):
        return np.array([s * 2 for s in samples]), len(samples)

    ((x, n), _) = gluon.data.DataLoader(gluon.data.SimpleDataset([1, 2, 3]), 2, batchify_fn=pair, num_workers=1)
    assert kinds(x) and x.tolist() == [2, 4] and n == 2


def test_split_and_load():
    contexts = [mx.cpu(0), mx.cpu(1)]
    for data in (np.ones((4, 2)), onp.ones((4, 2)), [[1, 2], [3, 4]]):
        for places in (contexts, contexts[:1]):
            parts = gluon.utils.split_and_load(data, places)
            assert kinds(parts) and [p.context for p in parts] == places


def test_rnn_states():
    for layer in (rnn.LSTM(3, 2, bidirectional=True), rnn.LSTMCell(3), rnn.GRU(3, layout="NTC")):
        assert kinds(layer.begin_state(batch_size=2))


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize(
    "make",
    [lambda: rnn.RNN(3), lambda: rnn.LSTM(3, 2), lambda: rnn.GRU(3, bidirectional=True)],
    ids=["rnn", "lstm", "gru"],
)
def test_rnn_layers(make, hybrid):
    net = make()
    net.initialize()
    x = np.array(onp.random.RandomState(0).rand(2, 2, 4), dtype="float32")
    expected = net(x)
    if hybrid:
        net.hybridize()
    y, states = net(x, net.begin_state(batch_size=2))
    assert kinds([y, states])
    assert_almost_equal(y, expected)


P = onp.arange(1, 7).reshape(2, 3).astype("float32") / 10
LOSSES = {
    "cosine": (gluon.loss.CosineEmbeddingLoss, (P, P * 2, onp.array([1, -1], "float32")), [0, 1]),
    "huber": (gluon.loss.HuberLoss, (P, P * 20), [3.3, 9]),
    "poisson": (lambda: gluon.loss.PoissonNLLLoss(from_logits=False, compute_full=True), (P, P), [0.6722]),
    "dense labels": (lambda: gluon.loss.SoftmaxCELoss(sparse_label=False), (P, P), [0.6412, 1.6329]),
    "l2": (gluon.loss.L2Loss, (P, P * 2), [0.0233, 0.1283]),
}


@pytest.mark.parametrize("hybrid", [False, True])
@pytest.mark.parametrize("name", LOSSES)
def test_losses(name, hybrid):
    make, args, expected = LOSSES[name]
    loss = make()
    if hybrid:
        loss.hybridize()  # without a warning: the graph is the same
    y = loss(*[np.array(a, dtype="float32") for a in args])
    assert kinds(y)
    assert_almost_equal(y.asnumpy().ravel(), onp.array(expected), rtol=1e-3, atol=1e-4)


def test_the_cross_entropy_of_a_matrix_costs_what_it_does_of_classic_arrays():
    loss = gluon.loss.SoftmaxCELoss(weight=0.5)
    pred, label = np.array(P), np.array([2, 7], dtype="int32")
    classic = loss(pred.as_nd_ndarray(), label.as_nd_ndarray())
    with Work(at_most=150) as work:
        loss(pred.as_nd_ndarray(), label.as_nd_ndarray())
    with Work(at_most=work.calls):
        found = loss(pred, label)
    assert kinds(found)
    assert_almost_equal(found.asnumpy(), classic.asnumpy(), rtol=0, atol=0)


def test_metrics():
    label, pred = np.array([0.0, 1.0, 1.0, 0.0]), np.array([[0.2, 0.8], [0.3, 0.7], [0.9, 0.1], [0.6, 0.4]])
    for name, expected in {"acc": 0.5, "ce": 1.1948808, "f1": 0.5, "perplexity": 3.3031642}.items():
        metric = mx.metric.create(name, **({"ignore_label": None} if name == "perplexity" else {}))
        metric.update([label], [pred])
        assert metric.get()[1] == pytest.approx(expected, rel=1e-5)
    loss = mx.metric.Loss()
    loss.update(None, [np.array(2.0), np.ones((3,))])
    assert loss.get() == ("loss", 1.25)


def test_training():
    net = nn.Sequential()
    net.add(nn.Dense(3, activation="relu"), nn.Dense(1))
    net.initialize(mx.init.One())
    trainer = gluon.Trainer(net.collect_params(), "sgd", {"learning_rate": 0.01})
    losses = []
    for _ in range(3):
        with autograd.record():
            loss = gluon.loss.L2Loss()(net(np.ones((2, 3))), np.ones((2, 1)))
        loss.backward()
        trainer.step(2)
        losses.append(float(loss.mean()))
    assert_almost_equal(onp.array(losses), onp.array([32.0, 12.652461, 6.513768]), rtol=1e-4)


# ---------------------------------------------------------------------- graphs


class Own(nn.HybridBlock):
    def __init__(self, function):
        super().__init__()
        self.function = function

    def hybrid_forward(self, F, x):
        return self.function(F, x)


GRAPHS = {
    "index": lambda F, x: x[0],
    "sum": lambda F, x: x.sum(),
    "greater": lambda F, x: x > 3,
    "equal": lambda F, x: x == 3,
    "cast and divide": lambda F, x: x.astype("int32") / 2,
    "flatten": lambda F, x: x.flatten(),
    "argmax": lambda F, x: x.argmax(),
    "argsort": lambda F, x: x.argsort(),
    "modulo": lambda F, x: x % 2,
    "power": lambda F, x: x**2,
    "npx": lambda F, x: F.npx.relu(x),
    "np": lambda F, x: F.np.dot(x, x.T),
    "inside": lambda F, x: F.relu(x) + x.max(),
    "arithmetic": lambda F, x: (x * 2 + 1) / x - x,
    "operators": lambda F, x: F.relu(x) + F.sigmoid(x),
    "broadcast": lambda F, x: x + F.sum(x, axis=0),
    "number first": lambda F, x: 7 - 2 / x,
    "negative": lambda F, x: -x,
    "several outputs": lambda F, x: [y * 2 for y in F.split(x, num_outputs=2, axis=1)],
    "classic": lambda F, x: x.as_nd_ndarray() * 2,
    "both kinds": lambda F, x: [x * 2, x.as_nd_ndarray().sum()],
    "slices": lambda F, x: [x[:, 1], x[-1], x[..., 0], x[None, 1:, ::-1], x[0, 1], x[..., None, -1], x[:0]],
    "parts": lambda F, x: F.np.split(x, 2, axis=1) + F.np.array_split(x, (1, 1)) + F.np.broadcast_arrays(x, x[0]),
    "products": lambda F, x: [
        F.np.inner(x, x),
        F.np.outer(x, x),
        x @ x,
        F.np.tensordot(x, x),
        F.np.einsum("ij,jk", x, x),
    ],
    "numbers": lambda F, x: [1.5 + x, 2 - x, x / 2, 7 % x, 2**x, F.np.maximum(x, 2.5), abs(-x), x != 2, 3 >= x],
    "mask": lambda F, x: F.np.where(x > 2, x, 0),
    "methods": lambda F, x: [
        x.std(),
        x.T,
        x.take(x * 0 + 1, axis=0),
        x.repeat(2),
        x.round(),
        x.cumsum(axis=0),
        x.copy(),
    ],
    "like another": lambda F, x: [F.np.zeros_like(x), F.np.ones_like(x[0], dtype="int32"), F.np.full_like(x, 2.5)],
    "nothing": lambda F, x: [x[1:1], x[1:1].sum(), F.np.tile(x, (2, 0)), *F.np.split(x[:0], (0, 1, 2))],
    "parts past the end": lambda F, x: F.np.split(x, (1, 5)) + F.np.hsplit(x, (0, -1, 7)) + F.np.array_split(x, 5),
    "other types": lambda F, x: [x * x.astype("float64"), x + (x > 1), F.np.concatenate([x, x > 1])],
}
NO_GRAPHS = {
    "shape": lambda F, x: x.reshape(x.shape[0], -1),
    "loop": lambda F, x: [y * 2 for y in x],
    "branch": lambda F, x: x * 2 if x.sum() > 3 else x,
    "in place": lambda F, x: x.__iadd__(0),
    "array of integers": lambda F, x: x[x.astype("int32") * 0],
}


def described(x):
    if isinstance(x, (list, tuple)):
        return [described(i) for i in x]
    return type(x), onp.dtype(x.dtype), x.shape, (x.asnumpy() * 1).round(5).tolist()


@pytest.mark.filterwarnings("ignore:.*as if it had not been hybridized")
@pytest.mark.parametrize("dtype", ["float32", "int32"])
@pytest.mark.parametrize("name", [*GRAPHS, *NO_GRAPHS])
def test_a_hybridized_block_computes_what_it_does_without_graph(name, dtype):
    block = Own({**GRAPHS, **NO_GRAPHS}[name])
    x = np.array([[1, 2], [3, 4]], dtype=dtype)
    expected = described(block(x))
    block.hybridize()
    for _ in range(4):
        assert described(block(x)) == expected


@pytest.mark.parametrize("name", NO_GRAPHS)
def test_one_warning_names_the_block_that_has_no_graph(name):
    block = Own(NO_GRAPHS[name])
    block.hybridize()
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    with pytest.warns(UserWarning, match=f"Own '{block.name}' runs on mx.np arrays as if it had not been hybridized"):
        block(x)
    block(x)
    assert block._cached_op is None


@pytest.mark.parametrize("name", GRAPHS)
def test_graphs_are_kept(name):
    block = Own(GRAPHS[name])
    block.hybridize()
    block(np.array([[1.0, 2.0], [3.0, 4.0]]))
    assert block._cached_op is not None


def test_integers_and_scalars_after_floats():
    block = Own(lambda F, x: x / 2)
    block.hybridize()
    assert block(np.array([1.0, 3.0])).tolist() == [0.5, 1.5]
    assert block(np.array([1, 3], dtype="int32")).tolist() == [0.5, 1.5]
    assert block(np.array(3.0)).shape == ()
    assert block(np.array([1.0, 3.0])).tolist() == [0.5, 1.5]


def test_gradients_through_a_block_inside_another():
    class Outer(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            self.inner = nn.HybridSequential()
            self.inner.add(nn.Dense(4, activation="relu"), nn.Dense(2))

        def hybrid_forward(self, F, x):
            y = self.inner(x)
            return y[:, 0] + y.sum(axis=1)

    net = Outer()
    net.initialize(mx.init.One())

    def run():
        with autograd.record():
            y = net(np.ones((2, 3)))
        y.backward()
        return y.tolist(), net.inner[0].weight.grad().tolist()

    expected = run()
    net.hybridize()
    for _ in range(4):
        assert run() == expected
    assert net._cached_op is not None


def test_a_graph_of_classic_arrays_is_not_used_for_numpy_ones():
    npx.reset_np()
    block = Own(lambda F, x: x[0] if isinstance(x, np.ndarray) else x * 2)
    block.hybridize()
    block(mx.nd.ones((2, 2)))
    npx.set_np()
    block = Own(lambda F, x: x + x)
    block.hybridize()
    block(mx.nd.ones((2, 2)))
    assert block(np.ones((2, 2))).tolist() == [[2, 2], [2, 2]]


def test_comparisons_have_a_gradient_of_zero_in_graphs_too():
    block = Own(lambda F, x: [x > 1, x.argmax()])
    block.hybridize()
    x = np.ones((2, 3))
    x.attach_grad()
    for _ in range(4):
        with autograd.record():
            found = block(x)
        x.grad[:] = 5
        autograd.backward(found)
        assert x.grad.tolist() == [[0] * 3] * 2


@pytest.mark.parametrize("dtype", ["int32", "bool", "float32"])
def test_views_of_integers_have_gradients(dtype):
    """What shares memory with an argument is copied at the end of a graph, with its place in torch's graph."""
    for function in (lambda F, x: F.np.transpose(x), lambda F, x: x[None], lambda F, x: x[:1], lambda F, x: x):
        block = Own(function)
        block.hybridize()
        x = np.ones((2, 2), dtype=dtype)
        x.attach_grad()
        with autograd.record():
            y = block(x)
        y.backward()
        assert x.grad.dtype == x.dtype and x.grad[0].tolist() == [1, 1]


@pytest.mark.parametrize("product", ["dot", "matmul"])
def test_sizes_of_weights_follow_from_products(product):
    class Linear(nn.HybridBlock):
        def __init__(self):
            super().__init__()
            self.w = self.params.get("w", shape=(-1, 4), allow_deferred_init=True)

        def hybrid_forward(self, F, x, w):
            return getattr(F.np, product)(x, w)

    net = Linear()
    net.initialize()
    net.hybridize()
    assert net(np.ones((2, 3))).shape == (2, 4) and net.w.shape == (3, 4)


def test_loops_and_branches():
    def loop(F, x):
        return F.contrib.foreach(lambda d, s: (d + s.sum(), s + d), x, x[0])

    def branch(F, x):
        return F.contrib.cond(x.sum() > 3, lambda: x + 1, lambda: x - 1)

    for function in (loop, branch):
        block = Own(function)
        x = np.array([[1.0, 2.0], [3.0, 4.0]])
        expected = described(block(x))
        block.hybridize()
        assert described(block(x)) == expected
        assert block._cached_op is not None


def test_imported_blocks_take_symbols_of_both_kinds(tmp_path):
    block = Own(lambda F, x: (x[0] + 1).sum())
    block.hybridize()
    x = np.array([[1.0, 2.0], [3.0, 4.0]])
    block(x)
    block.export(str(tmp_path / "net"))
    read = gluon.SymbolBlock.imports(str(tmp_path / "net-symbol.json"), ["data"])
    assert read(x).item() == 5 and kinds(read(x))
    inner = mx.sym.var("x")
    for given in (inner, inner.as_np_ndarray()):
        assert type(read(given)) is type(given)
    outer = gluon.SymbolBlock(read(inner.as_np_ndarray()) * 2, inner.as_np_ndarray())
    assert outer(x).item() == 10


def test_kinds_of_symbols():
    x = mx.sym.var("x").as_np_ndarray()
    assert type(x).__name__ == "_Symbol" and type(x.as_nd_ndarray()) is mx.sym.Symbol and x.as_np_ndarray() is x
    assert type(pickle.loads(pickle.dumps(x + 1))) is type(x)
    parts = mx.sym.np.split(x, 2)
    assert [type(p) for p in parts] == [type(x)] * 2 and type(mx.sym.Group(parts)) is mx.sym.Symbol
    group = mx.sym.Group(parts).as_np_ndarray()
    assert len(group) == 2 and group[1].list_outputs() == parts[1].list_outputs() and len(group[:1]._heads) == 1
    with pytest.raises(TypeError, match="not a list"):
        len(x)
    with pytest.raises(TypeError, match="not iterable"):
        list(x)
    with pytest.raises(TypeError, match="integers or slices"):
        group["x"]
    for key in ([0, 1], x, True, 1.5, "a", (0, x)):
        with pytest.raises(IndexError, match="symbols are indexed by integers, slices"):
            x[key]
    with pytest.raises(TypeError, match="symbols and arrays are not mixed"):
        x + np.ones((2,))
    with pytest.raises(TypeError, match="expected an mxnet.numpy.ndarray"):
        x + mx.sym.var("y")
    with pytest.raises(mx.base.NotImplementedForSymbol):
        x += 1
