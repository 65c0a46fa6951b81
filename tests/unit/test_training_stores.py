"""Training over all kinds of stores: the weights after some steps do not depend on them. Recorded from MXNet 1.9.1."""

from __future__ import annotations

import numpy as np
import pytest

import mxnet as mx
from mxnet import autograd, gluon

POINTS = np.random.RandomState(3).uniform(-1, 1, (6, 3)).astype("float32")
TARGETS = (POINTS @ np.array([[1.0], [-2.0], [0.5]])).astype("float32")

SETTINGS = {
    "sgd": {"learning_rate": 0.5, "momentum": 0.9},
    "adam": {"learning_rate": 0.1},
    "lamb": {"learning_rate": 0.1},
}
# After four steps, the same in MXNet for each store, one or two contexts, with or without saving and loading states.
AFTER_FOUR = {
    "sgd": "-0.454015 -0.497946 -0.312325 -0.332651 -0.684566 -0.109653 -0.074305 -0.063934 0.391795 0.958737 0.850663",
    "adam": "-0.130263 -0.57659 0.015177 -0.451445 -0.255171 -0.143981 0.294908 0.138345 0.425046 0.273717 0.279652",
    "lamb": "-0.36446 -0.33321 -0.217819 -0.542261 -0.179228 -0.289751 -0.02455 0.162261 0.063391 -0.056336 -0.067731",
}
# SGD after six steps with gradients of two bits, by threshold and number of contexts.
COMPRESSED = {
    (0.05, 1): "-0.473473 -0.271958 -0.337786 -0.44697 -0.239449 -0.154439 -0.008688 0.146034 0.113107 -0.006515 "
    "-0.028942",
    (0.05, 2): "-0.473473 -0.318808 -0.338123 -0.450345 -0.169326 -0.165731 -0.082978 0.220324 0.074275 0.067775 "
    "-0.103233",
    (0.5, 1): "-0.420719 -0.745338 -0.274077 -0.365995 -0.376861 -0.154439 0.252397 0.220324 0.78172 0.662098 0.639671",
    (0.5, 2): "-0.420719 -0.866172 -0.274077 -0.407661 -0.47624 -0.154439 0.230943 0.162612 0.78172 0.662098 -0.103233",
}
# An Embedding of six rows with row_sparse gradients, or a row_sparse Parameter, after four steps on two contexts.
SPARSE = {
    "sgd": "0 0.072 0.0288 0.0432 0.1296 0.162 0.54 0.63 0.56 0.63 1 1.1",
    "adam": "0 -0.057522 -0.048145 0.031451 0.118197 0.21764 0.525586 0.625586 0.736118 0.836118 1 1.1",
    "adagrad": "0 0 0.027478 0.105971 0.188004 0.283511 0.5 0.6 0.7 0.8 1 1.1",
}
# A Module after two epochs of three batches: SGD; Adam; SGD with gradients of two bits on one context, and on two.
MODULE = {
    "sgd": "-0.331916 0.221167 -0.510189 0.160548 0.077353 0.713554 -0.068718 -0.15395 -0.30967 -0.482203 -0.264616 "
    "-0.065807 -0.053601 0.253965 0.837186 0.998079 0.304516 0.46648 0.10749 1.010228 0.080289 -0.85746 0.110559 "
    "-0.483276 -0.626478 0.747884",
    "adam": "-0.392962 0.515397 -0.754672 0.090968 0.294043 0.654018 0.011367 0.145932 -0.040541 -0.061343 -0.027964 "
    "0.091876 0.086429 0.370336 0.466225 0.76362 0.475393 0.295602 0.068493 0.403161 -0.128523 -0.852177 0.149556 "
    "0.12379 -0.417666 0.742601",
    1: "-0.333048 0.415617 -0.472612 0.132968 -0.045478 0.370324 -0.349886 -0.197667 -0.278244 -0.332661 -0.31374 "
    "-0.116939 -0.103233 0.113817 0.144195 0.410219 0.413889 0.357107 -0.007695 0.28369 -0.209613 -0.414398 0.225745 "
    "0.243262 -0.336576 0.304823",
    2: "-0.333048 0.415617 -0.510112 0.132968 -0.045478 0.370324 -0.349886 -0.197667 -0.278244 -0.370161 -0.31374 "
    "-0.154439 -0.103233 0.113817 0.181695 0.410219 0.376389 0.394607 -0.007695 0.24619 -0.247113 -0.414398 0.225745 "
    "0.280762 -0.299076 0.304823",
}
STORES = [None, "local", "device", "store"]  # the last one: a KVStore, not its name


def numbers(text):
    return np.array(text.split(), dtype="float64")


def contexts(count):
    return [mx.cpu(i) for i in range(count)]


def store(kind):
    return mx.kv.create("device") if kind == "store" else kind


def network(ctx):
    net = gluon.nn.HybridSequential(prefix="n_")
    with net.name_scope():
        net.add(gluon.nn.Dense(2, activation="tanh", in_units=3), gluon.nn.Dense(1, in_units=2))
    net.initialize(ctx=ctx)
    random = np.random.RandomState(1)
    parameters = net.collect_params()
    for name in sorted(parameters.keys()):
        parameters[name].set_data(mx.nd.array(random.uniform(-0.5, 0.5, parameters[name].shape)))
    return net


def backward(net, ctx):
    points, targets = (gluon.utils.split_and_load(mx.nd.array(a), ctx) for a in (POINTS, TARGETS))
    with autograd.record():
        losses = [gluon.loss.L2Loss()(net(x), y) for x, y in zip(points, targets)]
    autograd.backward(losses)


def weights(net, ctx):
    """All parameters in a row; they must be the same on all contexts."""
    rows = [np.concatenate([p.data(c).asnumpy().ravel() for p in net.collect_params().values()]) for c in ctx]
    for row in rows[1:]:
        np.testing.assert_array_equal(row, rows[0])
    return rows[0]


# Kinds of stores, numbers of contexts, and where updates happen: what makes sense together.
MODES = [
    (kind, count, on_store)
    for kind in STORES
    for count in (1, 2)
    for on_store in (None, True, False)
    if kind is not None or (count == 1 and not on_store)
]


@pytest.mark.parametrize("optimizer", SETTINGS)
@pytest.mark.parametrize(("kind", "count", "on_store"), MODES)
def test_all_stores_train_alike(kind, count, on_store, optimizer, tmp_path):
    ctx = contexts(count)

    def make(net, optimizer):
        parameters, settings = net.collect_params(), SETTINGS[optimizer]
        return gluon.Trainer(parameters, optimizer, settings, kvstore=store(kind), update_on_kvstore=on_store)

    for reload in (False, True):
        net = network(ctx)
        trainer = make(net, optimizer)
        for i in range(4):
            if reload and i == 2:
                trainer.save_states(str(tmp_path / "states"))
                trainer = make(net, optimizer)
                trainer.load_states(str(tmp_path / "states"))
            backward(net, ctx)
            trainer.step(6)
        np.testing.assert_allclose(weights(net, ctx), numbers(AFTER_FOUR[optimizer]), atol=3e-6)


@pytest.mark.parametrize(("kind", "count", "on_store"), [m for m in MODES if m[2] is False])
def test_steps_in_two_halves(kind, count, on_store):
    ctx = contexts(count)
    net = network(ctx)
    trainer = gluon.Trainer(net.collect_params(), "sgd", SETTINGS["sgd"], kvstore=store(kind), update_on_kvstore=False)
    for _ in range(4):
        backward(net, ctx)
        trainer.allreduce_grads()
        grads = [p.list_grad() for p in net.collect_params().values()]
        assert all(np.array_equal(g[0].asnumpy(), other.asnumpy()) for g in grads for other in g[1:])
        trainer.update(6)
    np.testing.assert_allclose(weights(net, ctx), numbers(AFTER_FOUR["sgd"]), atol=3e-6)


def test_states_move_between_stores(tmp_path):
    """What one kind of store saves, another one loads."""
    states = str(tmp_path / "states")
    net = network(contexts(2))
    trainer = gluon.Trainer(net.collect_params(), "adam", SETTINGS["adam"], update_on_kvstore=True)
    for _ in range(2):
        backward(net, contexts(2))
        trainer.step(6)
    trainer.save_states(states)
    values = {name: p.data(mx.cpu(0)) for name, p in net.collect_params().items()}
    for kind, count, on_store in ((None, 1, None), ("device", 2, False), ("store", 1, True)):
        ctx = contexts(count)
        other = network(ctx)
        for name, p in other.collect_params().items():
            p.set_data(values[name])
        trainer = gluon.Trainer(
            other.collect_params(), "adam", {"learning_rate": 9.0}, kvstore=store(kind), update_on_kvstore=on_store
        )
        trainer.load_states(states)
        assert trainer.learning_rate == 0.1, "the optimizer is in the file"
        for _ in range(2):
            backward(other, ctx)
            trainer.step(6)
        np.testing.assert_allclose(weights(other, ctx), numbers(AFTER_FOUR["adam"]), atol=3e-6)


@pytest.mark.parametrize(("threshold", "count"), COMPRESSED)
@pytest.mark.parametrize("on_store", [None, False])
def test_gradients_of_two_bits(threshold, count, on_store):
    ctx = contexts(count)
    net = network(ctx)
    trainer = gluon.Trainer(
        net.collect_params(),
        "sgd",
        SETTINGS["sgd"],
        kvstore=store("store"),
        update_on_kvstore=on_store,
        compression_params={"type": "2bit", "threshold": threshold},
    )
    for _ in range(6):
        backward(net, ctx)
        trainer.step(6)
    np.testing.assert_allclose(weights(net, ctx), numbers(COMPRESSED[threshold, count]), atol=3e-6)


@pytest.mark.parametrize("optimizer", SPARSE)
@pytest.mark.parametrize("kind", ["local", "device", "store"])
@pytest.mark.parametrize("form", ["gradient", "weight"])
def test_rows(form, kind, optimizer):
    ctx = contexts(2)
    start = np.arange(12, dtype="float32").reshape(6, 2) / 10
    if form == "gradient":
        forward = gluon.nn.Embedding(6, 2, sparse_grad=True)
        weight = forward.weight
    else:
        weight = gluon.Parameter("w", shape=(6, 2), stype="row_sparse", grad_stype="row_sparse")

        def forward(x):
            rows = weight.row_sparse_data(x)
            return mx.nd.Embedding(x, rows, input_dim=6, output_dim=2, sparse_grad=True)

    weight.initialize(mx.init.Zero(), ctx=ctx)
    settings = {"sgd": {"learning_rate": 0.1, "momentum": 0.9}}.get(optimizer, {"learning_rate": 0.1})
    trainer = gluon.Trainer([weight], optimizer, settings, kvstore=store(kind))
    weight.set_data(mx.nd.array(start).tostype("default" if form == "gradient" else "row_sparse"))
    for ids in ([[0, 1], [1, 2]], [[2, 2], [3, 1]], [[0, 4], [4, 4]], [[1, 1], [2, 1]]):
        with autograd.record():
            losses = [(forward(mx.nd.array(i, ctx=c)) ** 2).sum() for i, c in zip(ids, ctx)]
        autograd.backward(losses)
        trainer.step(2)
    for c in ctx:
        found = weight.data(c) if form == "gradient" else weight.row_sparse_data(mx.nd.arange(6, ctx=c))
        np.testing.assert_allclose(found.asnumpy().ravel(), numbers(SPARSE[optimizer]), atol=1e-5)


def test_one_context_needs_no_store():
    """A name of a store is not looked at when there is nothing to sum."""
    for name in ("local", "device", "nccl"):
        net = network(contexts(1))
        trainer = gluon.Trainer(net.collect_params(), "sgd", SETTINGS["sgd"], kvstore=name)
        backward(net, contexts(1))
        trainer.step(6)
        assert trainer._kvstore is None


# ---------------------------------------------------------------------- modules


def module(count, compression=None):
    x = mx.sym.FullyConnected(mx.sym.var("data"), num_hidden=4, name="a")
    x = mx.sym.FullyConnected(mx.sym.Activation(x, act_type="tanh"), num_hidden=2, name="b")
    net = mx.sym.SoftmaxOutput(x, name="softmax")
    mod = mx.mod.Module(net, context=contexts(count), compression_params=compression)
    mod.bind([("data", (4, 3))], [("softmax_label", (4,))])
    random = np.random.RandomState(1)
    shapes = {"a_weight": (4, 3), "a_bias": (4,), "b_weight": (2, 4), "b_bias": (2,)}
    mod.init_params(arg_params={k: mx.nd.array(random.uniform(-0.5, 0.5, shape)) for k, shape in shapes.items()})
    return mod


def trained(mod, kind, optimizer, settings):
    points = np.random.RandomState(3).uniform(-1, 1, (12, 3)).astype("float32")
    data = mx.io.NDArrayIter(points, (points.sum(1) > 0).astype("float32"), 4)
    mod.init_optimizer(store(kind), optimizer, dict(settings))
    for _ in range(2):
        data.reset()
        for batch in data:
            mod.forward_backward(batch)
            mod.update()
    values, _ = mod.get_params()
    return np.concatenate([values[name].asnumpy().ravel() for name in sorted(values)])


@pytest.mark.parametrize("on_store", ["0", "1"])
@pytest.mark.parametrize("count", [1, 2])
@pytest.mark.parametrize("kind", STORES)
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_modules_train_alike(optimizer, kind, count, on_store, monkeypatch):
    if kind is None and count == 2:
        pytest.skip("without a store nothing is summed")
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", on_store)
    found = trained(module(count), kind, optimizer, SETTINGS[optimizer])
    np.testing.assert_allclose(found, numbers(MODULE[optimizer]), atol=1e-5)


@pytest.mark.parametrize("on_store", ["0", "1"])
@pytest.mark.parametrize("count", [1, 2])
def test_modules_with_gradients_of_two_bits(count, on_store, monkeypatch):
    monkeypatch.setenv("MXNET_UPDATE_ON_KVSTORE", on_store)
    mod = module(count, {"type": "2bit", "threshold": 0.3})
    np.testing.assert_allclose(trained(mod, "store", "sgd", {"learning_rate": 0.5}), numbers(MODULE[count]), atol=3e-6)


class Halted(mx.optimizer.SGD):
    """Looks parameters up by number, as subclasses of MXNet's optimizers do."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seen = []

    def update(self, index, weight, grad, state):
        self.seen.append(self.idx2name[index])
        super().update(index, weight, grad * 0, state)


@pytest.mark.parametrize("kvstore", ["local", "device", None, "own"])
@pytest.mark.parametrize("contexts", [1, 2])
def test_update_of_a_subclass_gets_numbers_from_every_store(kvstore, contexts, monkeypatch):
    monkeypatch.setitem(mx.optimizer.Optimizer.opt_registry, "halted", Halted)
    net = mx.sym.SoftmaxOutput(mx.sym.FullyConnected(mx.sym.Variable("data"), num_hidden=2, name="fc"), name="softmax")
    module = mx.mod.Module(net, context=[mx.cpu(i) for i in range(contexts)])
    module.bind([("data", (4, 3))], [("softmax_label", (4,))])
    module.init_params(mx.init.One())
    module.init_optimizer(mx.kv.create("local") if kvstore == "own" else kvstore, "halted", {"learning_rate": 1.0})
    module.forward_backward(mx.io.DataBatch([mx.nd.ones((4, 3))], [mx.nd.ones((4,))]))
    module.update()
    assert set(module._optimizer.seen) == {"fc_weight", "fc_bias"}
    assert module.get_params()[0]["fc_weight"].asnumpy().tolist() == [[1, 1, 1]] * 2
